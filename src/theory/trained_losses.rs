//! The losses after a finite time of training.

use faer::c64;

use super::lens::{Estimated, Lens, OnLens, Weighting};
use super::{Ensemble, ExpectedLosses, PredictedLosses, TheoryError, TrainedModel};
use crate::diffusion::NoiseLevel;

impl TrainedModel {
    /// Train and test loss, averaged over the steps, per component: the equivalents of their averages over training
    /// sets.
    ///
    /// ```text
    /// train = 1 - 2 r T1[w] + T1[w^2 (ab s + 1 - ab)]
    /// test = 1 - 2 r T1[w] + ab (1 + delta/N) T2[w^2] + (1 - ab) T1[w^2]
    /// ```
    ///
    /// # Errors
    /// A learning rate of descent above [`TrainedModel::largest_rate`]: use the flow there.
    pub fn losses(
        &self,
        ensemble: &Ensemble,
        lens: &Lens,
    ) -> Result<Estimated<PredictedLosses>, TheoryError> {
        self.check_rate(ensemble)?;
        let (mut train, mut test, mut error) = (0.0, 0.0, 0.0f64);
        for parts in self.parts(lens) {
            let found = parts.traces(|kind, f| lens.trace(kind, f));
            train += 1.0 + found.value.train_loss;
            test += 1.0 + found.value.test_loss;
            error = error.max(found.error);
        }
        let count = self.steps.len() as f64;
        Ok(Estimated {
            value: PredictedLosses {
                train_loss: train / count,
                test_loss: test / count,
            },
            error,
        })
    }

    /// The losses of [`TrainedModel::losses`] with their corrections ([`Lens::correction`]), averaged over training sets.
    ///
    /// # Errors
    /// The errors of [`TrainedModel::losses`].
    pub fn expected_losses(
        &self,
        ensemble: &Ensemble,
        lens: &Lens,
    ) -> Result<Estimated<ExpectedLosses>, TheoryError> {
        self.check_rate(ensemble)?;
        let mut total = ExpectedLosses::ZERO;
        for parts in self.parts(lens) {
            let found = parts.traces(|kind, f| lens.trace(kind, f));
            let more = parts.traces(|kind, f| lens.correction(kind, f));
            let losses = PredictedLosses {
                train_loss: 1.0 + found.value.train_loss,
                test_loss: 1.0 + found.value.test_loss,
            };
            let oracle = ensemble.spectrum().oracle_loss(&parts.level);
            total += ensemble.expected(losses, more.value, oracle);
            total.error = total.error.max(found.error + more.error);
        }
        let value = total.over(self.steps.len());
        Ok(Estimated {
            value,
            error: value.error,
        })
    }

    /// What the losses of every step are traces of.
    fn parts(&self, lens: &Lens) -> impl Iterator<Item = LossParts> {
        let points: Vec<c64> = lens.points().collect();
        let steps = self.on(lens).into_iter().zip(&self.steps);
        steps.map(move |(weights, &(level, _))| {
            let (signal, noise) = (level.alpha_bar(), level.noise_variance());
            let square = weights.map(|w| w * w, weights.zero * weights.zero);
            let noised = square.nodes.iter().zip(&points);
            let noised = OnLens {
                nodes: noised.map(|(w2, s)| w2 * (signal * s + noise)).collect(),
                zero: square.zero * noise,
            };
            LossParts {
                level,
                weights,
                square,
                noised,
            }
        })
    }
}

/// The functions of `Sigma_N` whose traces are the losses of one step.
struct LossParts {
    level: NoiseLevel,
    /// w
    weights: OnLens,
    /// `w^2`
    square: OnLens,
    /// `w^2 (ab s + 1 - ab)`
    noised: OnLens,
}

impl LossParts {
    /// Both losses minus 1, or their corrections, from a rule for the traces.
    fn traces(
        &self,
        trace: impl Fn(Weighting, &OnLens) -> Estimated<f64>,
    ) -> Estimated<PredictedLosses> {
        let (signal, noise) = (self.level.alpha_bar(), self.level.noise_variance());
        let linear = trace(Weighting::Plain, &self.weights);
        let own = trace(Weighting::Plain, &self.noised);
        let plain = trace(Weighting::Plain, &self.square);
        let spread = trace(Weighting::Sigma, &self.square);
        let mean = trace(Weighting::MeanError, &self.square);
        let cross = 2.0 * noise.sqrt() * linear.value;
        Estimated {
            value: PredictedLosses {
                train_loss: own.value - cross,
                test_loss: signal * (spread.value + mean.value) + noise * plain.value - cross,
            },
            error: 2.0 * linear.error + own.error + plain.error + spread.error + mean.error,
        }
    }
}
