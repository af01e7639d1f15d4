//! What theory says of a run, from the truth's spectrum alone.

use serde::Serialize;

use super::{RunError, Setup};
use crate::config::{Objective, Optimizer, TrainingConfig};
use crate::data::Spectrum;
use crate::diffusion::NoiseLevel;
use crate::gaussian::{Divergence, KlPair};
use crate::theory::{
    Ensemble, Mean, Minimum, PredictedLosses, Progress, Query, TheoryError, TrainedModel,
    frozen_losses, refined,
};
use crate::training::{LearningRate, State};

/// Which law of training a prediction follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum PredictedPath {
    /// Gradient descent with the rates that were taken.
    Descent,
    /// Gradient flow for the same time: with momentum, and where descent is not a function that can be integrated.
    Flow,
    /// The optimum of the objective, wherever training stands.
    Converged,
}

/// Predictions beside a measurement: losses per component, divergences in nats per dimension, averaged over training
/// sets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Predicted {
    /// Absent where only the test loss is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train: Option<f64>,
    pub test: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_true_sampled: Option<Divergence>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_sampled_true: Option<Divergence>,
    pub path: PredictedPath,
}

/// The predictions of a run: made from the truth's spectrum and the experiment, not from its data.
pub struct RunTheory {
    spectrum: Spectrum,
    samples: usize,
    mean: Mean,
    steps: Vec<(NoiseLevel, f64)>,
    training: TrainingConfig,
    init: f64,
}

impl RunTheory {
    /// `None` without a truth, with weights to start from that are no multiple of the identity, and where the fixed point
    /// of training is not known (adamw with weight decay).
    pub fn of(setup: &Setup, given_weights: bool) -> Result<Option<Self>, RunError> {
        let experiment = &setup.experiment;
        let training = &experiment.training;
        let decoupled = matches!(training.optimizer, Optimizer::AdamW { .. });
        let Some(truth) = &setup.laws().truth else {
            return Ok(None);
        };
        if given_weights || (decoupled && training.weight_decay != 0.0) {
            return Ok(None);
        }
        let steps = setup.schedule.iter();
        let spectrum = Spectrum::from_eigenvalues(truth.variances()).map_err(TheoryError::from)?;
        Ok(Some(Self {
            spectrum,
            samples: setup.laws().train.count,
            mean: match experiment.data.center {
                true => Mean::Fitted,
                false => Mean::Known,
            },
            steps: steps
                .map(|step| (NoiseLevel::from(&step), training.total_ridge(&step)))
                .collect(),
            training: training.clone(),
            init: experiment.model.init,
        }))
    }

    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    pub fn ensemble(&self) -> Result<Ensemble<'_>, TheoryError> {
        Ensemble::new(&self.spectrum, self.samples, self.mean)
    }

    pub fn levels(&self) -> Vec<NoiseLevel> {
        self.steps.iter().map(|step| step.0).collect()
    }

    /// The constant ridge gamma that minimises the predicted test loss when trained to the end, and that loss; then the
    /// loss of the run's own ridge.
    pub fn best_ridge(&self) -> Result<(Minimum, f64), TheoryError> {
        const LEVELS: usize = 60;
        let count = self.steps.len().min(LEVELS);
        let index = |i: usize| (2 * i + 1) * self.steps.len() / (2 * count);
        let levels: Vec<NoiseLevel> = (0..count).map(|i| self.steps[index(i)].0).collect();
        let query = |ridge| Query {
            levels: &levels,
            ridge,
            covariance_ridge: self.training.covariance_ridge,
            time: None,
            rules: None,
        };
        let ensemble = self.ensemble()?;
        let own = query(self.training.constant_ridge());
        Ok((
            ensemble.best_ridge(&own)?,
            ensemble.query_losses(&own)?.0.test,
        ))
    }

    /// Losses of the optimum, and their standard deviations over training sets (at most).
    pub fn converged(&self) -> Result<(PredictedLosses, PredictedLosses), TheoryError> {
        let levels = self.levels();
        let query = Query {
            levels: &levels,
            ridge: self.training.constant_ridge(),
            covariance_ridge: self.training.covariance_ridge,
            time: None,
            rules: None,
        };
        let ensemble = self.ensemble()?;
        Ok((
            ensemble.query_losses(&query)?.0,
            ensemble.loss_deviations(&query)?,
        ))
    }

    /// The largest rate at which theory can follow descent.
    pub fn largest_rate(&self) -> Result<f64, TheoryError> {
        let (model, _) = self.model(&self.ensemble()?, &State::at_start(0.0))?;
        Ok(model.largest_rate(&self.ensemble()?))
    }

    /// The state at the end of training from a learning rate.
    pub fn end_state(&self, learning_rate: f64) -> State {
        let training = &self.training;
        let rate = LearningRate::new(learning_rate, training.lr_schedule, training.epochs);
        let momentum = match training.optimizer {
            Optimizer::Sgd { momentum, .. } => momentum,
            _ => 0.0,
        };
        let rates = (0..training.epochs).map(|epoch| rate.at(epoch));
        State {
            epoch: training.epochs,
            time: rates.sum::<f64>() / (1.0 - momentum),
            ..State::at_start(learning_rate)
        }
    }

    /// Whether the losses are predicted epoch by epoch.
    fn follows_training(&self) -> bool {
        matches!(self.training.optimizer, Optimizer::Sgd { .. })
            && self.training.objective == Objective::Exact
    }

    /// The losses at an epoch, where training follows a law that is known.
    pub fn losses_at(&self, state: &State) -> Result<Option<PredictedLosses>, TheoryError> {
        if !self.follows_training() {
            return Ok(None);
        }
        let ensemble = self.ensemble()?;
        let (model, _) = self.model(&ensemble, state)?;
        let (found, _) = refined(&ensemble, |lens| model.losses(&ensemble, lens))?;
        Ok(Some(found.value))
    }

    /// Everything at an epoch: on the way of training where that is known, else converged.
    pub fn at(&self, setup: &Setup, state: &State) -> Result<Predicted, TheoryError> {
        let ensemble = self.ensemble()?;
        if let Objective::Frozen(draws) = self.training.objective {
            return self.frozen(draws.noise_draws);
        }
        let (model, path) = self.model(&ensemble, state)?;
        let (losses, _) = refined(&ensemble, |lens| model.losses(&ensemble, lens))?;
        let rules = setup.evaluator.rules();
        let kl: Option<KlPair> =
            match refined(&ensemble, |lens| model.divergences(&ensemble, lens, rules)) {
                Ok((found, _)) => Some(found.value),
                Err(TheoryError::ZeroInContour) => None,
                Err(error) => return Err(error),
            };
        Ok(Predicted {
            train: Some(losses.value.train),
            test: losses.value.test,
            kl_true_sampled: kl.map(|kl| kl.true_sampled),
            kl_sampled_true: kl.map(|kl| kl.sampled_true),
            path,
        })
    }

    /// The test loss of least squares on one frozen draw a sample, without a ridge.
    fn frozen(&self, draws: usize) -> Result<Predicted, TheoryError> {
        let dim = self.spectrum.dim();
        let bare = self.steps.iter().all(|step| step.1 == 0.0) && draws == 1;
        let test = |(level, _): &(NoiseLevel, f64)| {
            let oracle = self.spectrum.oracle_loss(level);
            frozen_losses(oracle, dim, self.samples, self.mean).map(|losses| losses.1)
        };
        let total: Option<f64> = self.steps.iter().map(test).sum();
        match total.filter(|_| bare) {
            Some(total) => Ok(Predicted {
                train: None,
                test: total / self.steps.len() as f64,
                kl_true_sampled: None,
                kl_sampled_true: None,
                path: PredictedPath::Converged,
            }),
            None => Err(TheoryError::Unsupported {
                what: "frozen noise draws",
                needs: "one draw a sample, no ridge, and more samples than dimensions",
            }),
        }
    }

    fn model(
        &self,
        ensemble: &Ensemble<'_>,
        state: &State,
    ) -> Result<(TrainedModel, PredictedPath), TheoryError> {
        let model = |progress| TrainedModel {
            steps: self.steps.clone(),
            init: self.init,
            progress,
        };
        if !self.follows_training() {
            return Ok((model(Progress::Converged), PredictedPath::Converged));
        }
        let flow = || (model(Progress::Flow(state.time)), PredictedPath::Flow);
        let Optimizer::Sgd { momentum: 0.0, .. } = self.training.optimizer else {
            return Ok(flow());
        };
        let rate = LearningRate::new(
            state.learning_rate,
            self.training.lr_schedule,
            self.training.epochs,
        );
        let descent = model(Progress::Descent(runs(
            (0..state.epoch).map(|epoch| rate.at(epoch)),
        )));
        Ok(match rate.base() < descent.largest_rate(ensemble) {
            true => (descent, PredictedPath::Descent),
            false => flow(),
        })
    }
}

/// Equal numbers one after the other, counted.
fn runs(values: impl Iterator<Item = f64>) -> Vec<(f64, usize)> {
    let mut runs: Vec<(f64, usize)> = Vec::new();
    for value in values {
        match runs.last_mut() {
            Some((last, count)) if *last == value => *count += 1,
            _ => runs.push((value, 1)),
        }
    }
    runs
}
