//! Losses of the optimum on a training set, averaged over training sets.

use serde::{Deserialize, Serialize};

use super::{EffectiveRidge, Ensemble, TheoryError};
use crate::diffusion::NoiseLevel;
use crate::gaussian::Spectrum;
use crate::theory::ensemble::non_negative;

/// Train and test loss, per component.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct PredictedLosses {
    /// The loss on the training set.
    pub train_loss: f64,
    /// The loss on new samples of the truth.
    pub test_loss: f64,
}

/// The traces of the resolvent `G = (Sigma_N + z)^-1` that make up losses and divergences, averaged over training
/// sets, in inverse units of the eigenvalues.
///
/// ```text
/// m1 = (1/d) tr G         = (kappa/z) (1/d) sum 1/(lambda + kappa)
/// g1 = (1/d) tr Sigma G   = (kappa/z) df1/d
/// g2 = (1/d) tr Sigma G^2 = (1/A) (kappa/z)^2 kappa' (1/d) sum lambda/(lambda + kappa)^2
/// m2 = (1/d) tr G^2       = (B d/N) g2 (1/d) sum 1/(lambda + kappa) + (kappa/z) kappa' (1/d) sum 1/(lambda + kappa)^2
/// ```
///
/// Here A and B are 1 (known mean) or `N/(N-1)` (fitted mean) for Gaussian rows, else those of the
/// [`EffectiveRidge`]. All terms are positive, so nothing cancels.
/// Source: Merger and Goldt (arXiv 2505.24769) for a known mean; a fitted mean and weights are past the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Traces {
    /// `(1/d) tr G`
    pub m1: f64,
    /// `(1/d) tr Sigma G`
    pub g1: f64,
    /// `(1/d) tr Sigma G^2`
    pub g2: f64,
    /// `(1/d) tr G^2`
    pub m2: f64,
}

impl EffectiveRidge {
    /// The traces in `dim` dimensions. They are infinite where `Sigma_N + z` has no inverse.
    pub(super) fn traces(&self, dim: f64) -> Traces {
        let factor = self.derivative / (self.survival * dim);
        Traces {
            m1: self.inverse / (self.survival * dim),
            g1: self.df1 / (self.survival * dim),
            g2: factor / (self.survival * self.first) * self.weighted,
            m2: factor * (self.slope / self.survival * self.inverse + self.inverse_square),
        }
    }

    /// The losses of the optimum at the noise-to-signal ratio a, `z = a + ridge`.
    pub(super) fn losses(&self, noise: f64, ridge: f64, dim: f64) -> PredictedLosses {
        let Traces { m1, g2, m2, .. } = self.traces(dim);
        PredictedLosses {
            // 1 - z m1 = df1/d: this form subtracts no nearly equal numbers.
            train_loss: self.df1 / dim + ridge * (m1 - noise * m2),
            test_loss: 1.0 - 2.0 * noise * m1
                + noise * noise * m2
                + noise * (1.0 + self.mean_spread) * g2,
        }
    }
}

impl Ensemble<'_> {
    /// The traces at a ridge.
    pub fn traces(&self, at: &EffectiveRidge) -> Traces {
        at.traces(self.dim() as f64)
    }

    /// The averages along an eigenvector u of the truth with the eigenvalue lambda.
    pub(super) fn along(&self, at: &EffectiveRidge, lambda: f64) -> Along {
        let inverse = 1.0 / (lambda + at.kappa);
        let survival = at.survival;
        let weighted = lambda * inverse * inverse * at.derivative / (survival * survival);
        Along {
            resolvent: inverse / survival,
            weighted_square: weighted / at.first,
            square: (at.slope / survival + inverse) * at.derivative * inverse / survival,
        }
    }

    /// The train and test loss of the optimum `W = r S^-1`, `S = alpha_bar Sigma_N + (1 - alpha_bar + gamma) I`, per
    /// component, averaged over training sets; `gamma` is the ridge of the step.
    ///
    /// ```text
    /// z = (1 - ab + gamma)/ab,   a = (1 - ab)/ab
    /// train = 1 - a m1 - (gamma/ab) a m2,    test = 1 - 2 a m1 + a^2 m2 + a g2 (1 + delta/N)
    /// ```
    ///
    /// Here delta = 1 with a fitted mean, else 0; with weights `delta/N` is [`EffectiveRidge::mean_spread`].
    /// Corrections are of relative order 1/d.
    /// Source: Merger and Goldt (arXiv 2505.24769) for a known mean; a fitted mean and weights are past the paper.
    ///
    /// # Errors
    /// A ridge below 0.
    pub fn losses(&self, level: &NoiseLevel, gamma: f64) -> Result<PredictedLosses, TheoryError> {
        let ridge = non_negative("gamma", gamma)? / level.alpha_bar();
        let noise = level.noise_to_signal();
        let at = self.effective_ridge(noise + ridge)?;
        Ok(at.losses(noise, ridge, self.dim() as f64))
    }

    /// The averages of both losses over training sets minus their equivalents, at the noise-to-signal ratio a,
    /// `z = a + ridge`.
    pub(super) fn loss_corrections(
        &self,
        at: &EffectiveRidge,
        noise: f64,
        ridge: f64,
    ) -> PredictedLosses {
        let part = self.corrections(at);
        let scale = noise / self.dim() as f64;
        let spread = (1.0 + at.mean_spread) * part.weighted_square;
        PredictedLosses {
            train_loss: -scale * (part.resolvent + ridge * part.square),
            test_loss: scale * (noise * part.square + spread - 2.0 * part.resolvent),
        }
    }

    /// The test loss along each eigenvector of the truth, largest eigenvalue first, per component. Their mean is the
    /// test loss.
    ///
    /// ```text
    /// loss_k = 1 - 2 a G_k + a^2 (G^2)_k + a (1 + delta/N) (G Sigma G)_k
    /// ```
    ///
    /// Past the paper.
    ///
    /// # Errors
    /// The errors of [`Ensemble::losses`].
    pub fn losses_by_direction(
        &self,
        level: &NoiseLevel,
        gamma: f64,
    ) -> Result<Vec<f64>, TheoryError> {
        let ridge = non_negative("gamma", gamma)? / level.alpha_bar();
        let noise = level.noise_to_signal();
        let at = self.effective_ridge(noise + ridge)?;
        let loss = |&lambda: &f64| self.test_loss_along(&at, noise, lambda);
        Ok(self.eigenvalues().iter().map(loss).collect())
    }

    fn test_loss_along(&self, at: &EffectiveRidge, noise: f64, lambda: f64) -> f64 {
        let along = self.along(at, lambda);
        let spread = noise * along.weighted_square * (1.0 + at.mean_spread);
        1.0 - 2.0 * noise * along.resolvent + noise * noise * along.square + spread
    }
}

/// Averages along an eigenvector u of the truth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Along {
    /// `u' G u`
    pub resolvent: f64,
    /// `u' G Sigma G u`
    pub weighted_square: f64,
    /// `u' G^2 u`
    pub square: f64,
}

impl Spectrum {
    /// The loss of the optimum with infinitely many samples, per component:
    /// `1 - (1/d) sum (1 - ab)/(ab lambda + 1 - ab)`.
    pub fn oracle_loss(&self, level: &NoiseLevel) -> f64 {
        let noise = level.noise_to_signal();
        let total = super::numeric::sum(self.eigenvalues(), |lambda| lambda / (lambda + noise));
        total / self.dim() as f64
    }
}
