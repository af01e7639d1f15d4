//! A study: networks of one case with different training sets, beside their theory.

use faer::Mat;

use crate::config::ModelKind;
use crate::denoiser::{CommutingDenoiser, mean};
use crate::gaussian::{Gaussian, KlPair, kl};
use crate::run::{Predicted, RunError, RunTheory, Setup};
use crate::theory::{Ensemble, Network, PredictedLosses, Progress, TrainedModel, refined};
use crate::training::State;

/// The train and test loss, per component.
#[derive(Debug, Clone, Copy)]
pub(super) struct LossPair {
    pub train_loss: f64,
    pub test_loss: f64,
}

/// One network at each of the looks.
pub(super) struct TrainedRun {
    pub setup: Setup,
    pub denoisers: Vec<CommutingDenoiser>,
}

impl TrainedRun {
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

/// The networks of one case, and their theory.
pub(super) struct Study {
    pub theory: RunTheory,
    /// The learning rate.
    pub rate: f64,
    /// The number of epochs at each look.
    pub epochs: Vec<usize>,
    pub runs: Vec<TrainedRun>,
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
    pub fn each<T>(&self, measure: impl Fn(&TrainedRun) -> T) -> Vec<T> {
        self.runs.iter().map(measure).collect()
    }

    /// A measurement of every run that can fail.
    pub fn try_each<T>(
        &self,
        measure: impl Fn(&TrainedRun) -> Result<T, RunError>,
    ) -> Result<Vec<T>, RunError> {
        self.runs.iter().map(measure).collect()
    }

    /// The training time tau at a look.
    pub fn tau(&self, look: usize) -> f64 {
        self.rate * self.epochs[look] as f64
    }

    fn state(&self, look: usize) -> State {
        State {
            epoch: self.epochs[look],
            tau: self.tau(look),
            ..State::at_start(self.rate)
        }
    }

    /// The predicted losses and divergences at a look.
    pub fn predicted(&self, look: usize) -> Result<Predicted, RunError> {
        Ok(self.theory.at(self.setup(), &self.state(look))?)
    }

    /// The predicted losses at a look, averaged over the steps.
    pub fn predicted_losses(&self, look: usize) -> Result<PredictedLosses, RunError> {
        let found = self.theory.losses_at(&self.state(look))?;
        Ok(found.expect("descent on the exact objective"))
    }

    /// The predicted losses of one step at a look.
    pub fn predicted_step(&self, step: usize, look: usize) -> Result<PredictedLosses, RunError> {
        let progress = Progress::Descent(vec![(self.rate, self.epochs[look])]);
        self.step_losses_after(step, progress)
    }

    /// The predicted losses of the optimum of one step.
    pub fn optimum_step(&self, step: usize) -> Result<PredictedLosses, RunError> {
        self.step_losses_after(step, Progress::Converged)
    }

    fn step_losses_after(
        &self,
        step: usize,
        progress: Progress,
    ) -> Result<PredictedLosses, RunError> {
        let ensemble = self.ensemble()?;
        let setup = self.setup();
        let of_schedule = setup.schedule().step(step);
        let ridge = setup
            .experiment()
            .training
            .penalties()
            .of(ModelKind::PerStep)
            .at(of_schedule.alpha_bar);
        let model = TrainedModel {
            steps: vec![(of_schedule.level(), ridge)],
            target: setup.experiment().model.target,
            network: Network::PerStep {
                init: setup.experiment().model.init,
            },
            progress,
        };
        let (found, _) = refined(&ensemble, |lens| model.losses(&ensemble, lens))?;
        Ok(found.value)
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
