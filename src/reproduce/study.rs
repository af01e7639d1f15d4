//! A study: networks of one case with different training sets, beside their theory.

use faer::Mat;

use crate::denoiser::{CommutingDenoiser, mean};
use crate::gaussian::{Gaussian, KlPair, kl};
use crate::run::{Predicted, RunError, RunTheory, Setup};
use crate::theory::{Ensemble, PredictedLosses, Progress};
use crate::training::State;

use super::group::Regime;
use super::loss_pair::LossPair;
use super::points::LossesAgainst;

/// The learning rate of the figures, as a share of the largest rate that theory can follow.
const RATE_SHARE: f64 = 0.5;
/// The learning rate of the figures.
pub(super) fn rate(theory: &RunTheory) -> Result<f64, RunError> {
    Ok(RATE_SHARE * theory.largest_rate()?)
}

/// One network at each of the looks.
pub(super) struct DescentRun {
    pub setup: Setup,
    pub denoisers: Vec<CommutingDenoiser>,
}

impl DescentRun {
    /// The law that the training set was drawn from.
    pub fn truth(&self) -> &Gaussian {
        truth(&self.setup)
    }

    /// The losses at a look, averaged over the steps.
    pub fn losses(&self, look: usize) -> LossPair {
        let (train, test) = self.losses_by_step(look);
        LossPair {
            train_loss: mean(&train),
            test_loss: mean(&test),
        }
    }

    /// The losses of each step at a look.
    pub fn step_losses(&self, look: usize) -> Vec<LossPair> {
        let (train, test) = self.losses_by_step(look);
        let pairs = train.into_iter().zip(test);
        pairs
            .map(|(train_loss, test_loss)| LossPair {
                train_loss,
                test_loss,
            })
            .collect()
    }

    fn losses_by_step(&self, look: usize) -> (Vec<f64>, Vec<f64>) {
        let evaluator = self.setup.evaluator();
        let (train, test) = evaluator.losses(&self.denoisers[look]);
        (train, test.expect("a truth to test on"))
    }

    /// The law of the samples of the network at a look.
    pub fn generated(&self, look: usize) -> Gaussian {
        let sampled = self.setup.evaluator().sampled(&self.denoisers[look]);
        sampled.expect("a recursion of scalars decomposes nothing")
    }

    /// The divergences between the truth and the samples at a look, in nats per dimension.
    pub fn kl(&self, look: usize) -> KlPair {
        kl(self.truth(), &self.generated(look))
    }
}

fn truth(setup: &Setup) -> &Gaussian {
    setup.evaluator().truth().expect("data with a known truth")
}

/// The Gaussian of the training set, which is the law of an ideal sampler.
pub(super) fn training_law(setup: &Setup) -> Result<Gaussian, RunError> {
    Ok(setup.laws().train.law()?)
}

/// The Gaussian of the training set, with a ridge added to its covariance.
pub(super) fn ridged_training_law(setup: &Setup, ridge: f64) -> Result<Gaussian, RunError> {
    let train = &setup.laws().train;
    let dim = train.covariance.nrows();
    let covariance = &train.covariance + faer::Scale(ridge) * Mat::<f64>::identity(dim, dim);
    let law = Gaussian::from_covariance(train.mean.clone(), covariance.as_ref());
    Ok(law?)
}

/// The divergences between the truth and the Gaussian of the training set, in nats per dimension.
pub(super) fn ideal_kl(setup: &Setup) -> Result<KlPair, RunError> {
    Ok(kl(truth(setup), &training_law(setup)?))
}

/// Each loss in the place of the other: a control that knows no gap between them.
pub(super) fn swapped(losses: PredictedLosses) -> PredictedLosses {
    PredictedLosses {
        train_loss: losses.test_loss,
        test_loss: losses.train_loss,
    }
}

/// The networks of one case, and their theory.
pub(super) struct Study {
    pub theory: RunTheory,
    /// The learning rate.
    pub rate: f64,
    /// The number of epochs at each look.
    pub epochs: Vec<usize>,
    /// The largest difference between the weights of a network trained by autodiff and the exact law of descent, over
    /// the largest weight.
    pub departure: Option<f64>,
    pub runs: Vec<DescentRun>,
}

impl Study {
    /// The parts of the first run.
    pub fn setup(&self) -> &Setup {
        &self.runs[0].setup
    }

    pub fn ensemble(&self) -> Result<Ensemble<'_>, RunError> {
        Ok(self.theory.ensemble()?)
    }

    /// A measurement of every run.
    pub fn each<T>(&self, measure: impl Fn(&DescentRun) -> T) -> Vec<T> {
        self.runs.iter().map(measure).collect()
    }

    /// A measurement of every run that can fail.
    pub fn try_each<T>(
        &self,
        measure: impl Fn(&DescentRun) -> Result<T, RunError>,
    ) -> Result<Vec<T>, RunError> {
        self.runs.iter().map(measure).collect()
    }

    /// The training time tau at a look.
    pub fn tau(&self, look: usize) -> f64 {
        self.rate * self.epochs[look] as f64
    }

    fn state(&self, look: usize) -> State {
        self.state_after(self.epochs[look])
    }

    fn state_after(&self, epoch: usize) -> State {
        State {
            epoch,
            tau: self.rate * epoch as f64,
            ..State::at_start(self.rate)
        }
    }

    /// The predicted losses and divergences after so many epochs.
    pub fn predicted_after(&self, epochs: usize) -> Result<Predicted, RunError> {
        Ok(self.theory.at(self.setup(), &self.state_after(epochs))?)
    }

    /// The losses at the last look and those of the optimum that another theory predicts.
    pub fn losses_by(&self, theory: &RunTheory) -> Result<[PredictedLosses; 2], RunError> {
        let found = theory.losses_at(&self.state(self.epochs.len() - 1))?;
        let optimum = theory.losses_after(Progress::Converged)?;
        Ok([found.expect("descent on the exact objective"), optimum])
    }

    /// The predicted losses and divergences at a look.
    pub fn predicted(&self, look: usize) -> Result<Predicted, RunError> {
        self.predicted_by(&self.theory, look)
    }

    /// The losses and divergences that another theory predicts at a look.
    pub fn predicted_by(&self, theory: &RunTheory, look: usize) -> Result<Predicted, RunError> {
        Ok(theory.at(self.setup(), &self.state(look))?)
    }

    /// The losses that a theory of this study predicts at the last look, if networks had `samples` and were trained as
    /// these are: for the same number of epochs, at the same share of the largest rate.
    pub fn losses_with(
        &self,
        theory: &RunTheory,
        samples: usize,
    ) -> Result<PredictedLosses, RunError> {
        let found = theory
            .with_samples(samples)
            .losses_at(&self.end_with(samples)?)?;
        Ok(found.expect("descent on the exact objective"))
    }

    /// The losses and divergences of such networks.
    pub fn predicted_with(&self, samples: usize) -> Result<Predicted, RunError> {
        let theory = self.theory.with_samples(samples);
        Ok(theory.at(self.setup(), &self.end_with(samples)?)?)
    }

    fn end_with(&self, samples: usize) -> Result<State, RunError> {
        let epoch = *self.epochs.last().expect("epochs to look at");
        let rate = rate(&self.theory.with_samples(samples))?;
        Ok(State {
            epoch,
            tau: rate * epoch as f64,
            ..State::at_start(rate)
        })
    }

    /// The regime of the number of samples.
    pub fn regime(&self) -> Result<Regime, RunError> {
        let ensemble = self.ensemble()?;
        Ok(Regime::of(ensemble.samples() / ensemble.dim() as f64))
    }

    /// What the losses that a theory of this study predicts at a look are compared with. The control is the theory of
    /// half as many samples; where N > d, which changes a train loss too little to be seen, each loss is the control of
    /// the other.
    pub fn losses_against(
        &self,
        theory: &RunTheory,
        look: usize,
    ) -> Result<LossesAgainst, RunError> {
        let at_look = |theory: &RunTheory| -> Result<PredictedLosses, RunError> {
            let found = theory.losses_at(&self.state(look))?;
            Ok(found.expect("descent on the exact objective"))
        };
        let regime = self.regime()?;
        let predicted = at_look(theory)?;
        let (control_is, control) = if regime == Regime::Many {
            ("no gap: the other loss", swapped(predicted))
        } else {
            let samples = self.ensemble()?.samples() as usize / 2;
            (
                "half as many samples",
                at_look(&theory.with_samples(samples))?,
            )
        };
        Ok(LossesAgainst {
            regime,
            predicted,
            control,
            control_is,
        })
    }

    /// The predicted losses of the optimum of one step.
    pub fn optimum_step(&self, step: usize) -> Result<PredictedLosses, RunError> {
        let theory = self.theory.of_step(step);
        Ok(theory.losses_after(Progress::Converged)?)
    }

    /// The kept step whose `alpha_bar` is nearest.
    pub fn step_near(&self, alpha_bar: f64) -> usize {
        let schedule = self.setup().schedule();
        let distance = |i: &usize| (schedule.step(*i).alpha_bar - alpha_bar).abs();
        let steps = 0..schedule.len();
        steps
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .expect("a step")
    }
}
