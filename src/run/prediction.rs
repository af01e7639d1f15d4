//! What does theory say about a run, from the truth's spectrum alone?

use serde::{Deserialize, Serialize};

use super::{RunError, Setup};
use crate::config::{Objective, Optimizer, Penalties, Target, TrainingConfig};
use crate::data::row_weights;
use crate::diffusion::NoiseLevel;
use crate::gaussian::{Divergence, KlPair, RowWeights, Spectrum};
use crate::predict::theory_network;
use crate::theory::{
    Descent, Ensemble, Mean, Minimum, Network, PredictedLosses, Progress, Query, TheoryError,
    TrainedModel, frozen_losses,
};
use crate::training::{LearningRate, State};

/// The law of training that a prediction follows.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum PredictedPath {
    /// Gradient descent with the actual learning rates and momentum.
    Descent,
    /// Gradient flow for the same time, where theory cannot integrate descent: near its stability bound, after many
    /// steps with momentum, and with row weights that have no bound. Such weights leave no stable learning rate for all
    /// training sets, so descent has no finite average.
    Flow,
    /// The optimum of the objective, whatever the progress of training.
    Converged,
}

impl PredictedPath {
    /// The name in tables and JSON.
    pub fn name(self) -> &'static str {
        match self {
            PredictedPath::Descent => "descent",
            PredictedPath::Flow => "flow",
            PredictedPath::Converged => "converged",
        }
    }
}

/// Predictions beside a measurement: losses per component, divergences in nats per dimension, averaged over training
/// sets.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Predicted {
    /// The train loss; absent if only the test loss is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_loss: Option<f64>,
    /// The test loss.
    pub test_loss: f64,
    /// KL(true || sampled).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_true_sampled: Option<Divergence>,
    /// KL(sampled || true).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_sampled_true: Option<Divergence>,
    /// The law of training behind the prediction.
    pub path: PredictedPath,
}

impl Predicted {
    /// Both losses; `None` if only the test loss is known.
    pub fn losses(&self) -> Option<PredictedLosses> {
        Some(PredictedLosses {
            train_loss: self.train_loss?,
            test_loss: self.test_loss,
        })
    }
}

/// The predictions for a run. They are made from the truth's spectrum and the experiment, not from the data.
#[derive(Clone)]
pub struct RunTheory {
    spectrum: Spectrum,
    samples: usize,
    row_weights: Option<RowWeights>,
    mean: Mean,
    steps: Vec<(NoiseLevel, f64)>,
    training: TrainingConfig,
    target: Target,
    /// The constant ridge on W_t. Decay is a part of it only for per-step networks.
    penalties: Penalties,
    network: Network,
}

impl RunTheory {
    /// `None` if there is no prediction: without a truth; if the given initial weights are not a multiple of the
    /// identity; if the fixed point of training is not known (adamw with weight decay); and for two layers narrower
    /// than the data, whose choice of directions is not a smooth function of the spectrum.
    pub fn of(setup: &Setup, given_weights: bool) -> Result<Option<Self>, RunError> {
        let experiment = setup.experiment();
        let training = &experiment.training;
        let decoupled = matches!(training.optimizer, Optimizer::AdamW { .. });
        let Some(truth) = &setup.laws().truth else {
            return Ok(None);
        };
        if given_weights || (decoupled && training.weight_decay != 0.0) {
            return Ok(None);
        }
        let Some(network) =
            theory_network(&experiment.model, training, setup.schedule(), truth.dim())
        else {
            return Ok(None);
        };
        let penalties = training.penalties().of(experiment.model.kind);
        let steps = setup.schedule().iter();
        let spectrum = Spectrum::from_eigenvalues(truth.variances()).map_err(TheoryError::from)?;
        Ok(Some(Self {
            spectrum,
            samples: setup.laws().train.count,
            row_weights: row_weights(experiment.data.row_weights)?,
            mean: experiment.data.mean,
            steps: steps
                .map(|step| (step.level(), penalties.at(step.alpha_bar)))
                .collect(),
            training: training.clone(),
            target: experiment.model.target,
            penalties,
            network,
        }))
    }

    /// The truth's spectrum.
    pub fn spectrum(&self) -> &Spectrum {
        &self.spectrum
    }

    /// All training sets of the run's size.
    pub fn ensemble(&self) -> Result<Ensemble<'_>, TheoryError> {
        let ensemble = Ensemble::new(&self.spectrum, self.samples, self.mean)?;
        Ok(ensemble.with_row_weights(self.row_weights.as_ref()))
    }

    /// A question about the optimum, with a constant ridge instead of the run's.
    fn query<'a>(&self, levels: &'a [NoiseLevel], ridge: f64) -> Query<'a> {
        Query {
            levels,
            ridge,
            covariance_ridge: self.penalties.covariance_ridge,
            target: self.target,
            network: self.network.clone(),
            time: None,
            rules: None,
        }
    }

    /// The noise levels of the trained steps.
    pub fn levels(&self) -> Vec<NoiseLevel> {
        self.steps.iter().map(|step| step.0).collect()
    }

    /// The constant ridge gamma that minimises the predicted test loss at the end of training, and that loss. The
    /// second number is the loss for the run's own ridge.
    pub fn best_ridge(&self) -> Result<(Minimum, f64), TheoryError> {
        const LEVELS: usize = 60;
        // A basis of time needs at least as many levels as functions.
        let needed = match &self.network {
            Network::TimeBasis { phi, .. } => 2 * phi[0].len(),
            _ => 0,
        };
        let count = self.steps.len().min(LEVELS.max(needed));
        let index = |i: usize| (2 * i + 1) * self.steps.len() / (2 * count);
        let levels: Vec<NoiseLevel> = (0..count).map(|i| self.steps[index(i)].0).collect();
        let ensemble = self.ensemble()?;
        let mut own = self.query(&levels, self.penalties.ridge);
        if let Network::TimeBasis { phi, .. } = &mut own.network {
            *phi = (0..count).map(|i| phi[index(i)].clone()).collect();
        }
        Ok((
            ensemble.best_ridge(&own)?,
            ensemble.query_losses(&own)?.losses.test_loss,
        ))
    }

    /// The losses of the optimum, and bounds on their standard deviations over training sets, if these are known.
    pub fn converged(&self) -> Result<(PredictedLosses, Option<PredictedLosses>), TheoryError> {
        let levels = self.levels();
        let query = self.query(&levels, self.penalties.ridge);
        let ensemble = self.ensemble()?;
        let known = query.is_resolvent();
        let deviations = known
            .then(|| ensemble.loss_deviations(&query))
            .transpose()?;
        Ok((ensemble.query_losses(&query)?.losses, deviations))
    }

    /// The largest learning rate at which theory can follow descent.
    pub fn largest_rate(&self) -> Result<f64, TheoryError> {
        let (model, _) = self.model(&self.ensemble()?, &State::at_start(0.0))?;
        Ok(model.largest_rate(&self.ensemble()?))
    }

    /// The state at the end of training with a learning rate.
    pub fn end_state(&self, learning_rate: f64) -> State {
        let training = &self.training;
        let rate = LearningRate::new(learning_rate, training.lr_schedule, training.epochs);
        let momentum = training.optimizer.momentum();
        let mut state = State::at_start(learning_rate);
        while !training.ends_at(state.epoch, state.tau) {
            state.tau += rate.at(state.epoch) / (1.0 - momentum);
            state.epoch += 1;
        }
        state
    }

    /// Whether the losses are predicted at every epoch.
    fn follows_training(&self) -> bool {
        self.training.stays_diagonal() && self.with(Progress::Flow(0.0)).check().is_ok()
    }

    fn with(&self, progress: Progress) -> TrainedModel {
        TrainedModel {
            steps: self.steps.clone(),
            target: self.target,
            network: self.network.clone(),
            progress,
        }
    }

    /// The losses at an epoch, if training follows a known law.
    pub fn losses_at(&self, state: &State) -> Result<Option<PredictedLosses>, TheoryError> {
        if !self.follows_training() {
            return Ok(None);
        }
        let ensemble = self.ensemble()?;
        let (model, _) = self.model(&ensemble, state)?;
        let found = model.refined(&ensemble, |lens| model.expected_losses(&ensemble, lens))?;
        Ok(Some(found.value.losses))
    }

    /// The losses after another progress of training than the run's.
    pub fn losses_after(&self, progress: Progress) -> Result<PredictedLosses, TheoryError> {
        let (ensemble, model) = (self.ensemble()?, self.with(progress));
        let found = model.refined(&ensemble, |lens| model.expected_losses(&ensemble, lens))?;
        Ok(found.value.losses)
    }

    /// The theory of one of the steps alone.
    pub(crate) fn of_step(&self, index: usize) -> Self {
        let mut one = self.clone();
        one.steps = vec![self.steps[index]];
        one
    }

    /// The theory of the same run with another number of samples.
    pub(crate) fn with_samples(&self, samples: usize) -> Self {
        let mut changed = self.clone();
        changed.samples = samples;
        changed
    }

    /// The theory of the same run without any ridge.
    pub(crate) fn without_ridge(&self) -> Self {
        let mut changed = self.clone();
        changed.penalties.ridge = 0.0;
        for step in &mut changed.steps {
            step.1 = changed.penalties.at(step.0.alpha_bar());
        }
        changed
    }

    /// The whole prediction at an epoch: along the path of training if that is known, else for its end.
    pub fn at(&self, setup: &Setup, state: &State) -> Result<Predicted, TheoryError> {
        let ensemble = self.ensemble()?;
        if let Objective::Frozen(draws) = self.training.objective {
            return self.frozen(draws.noise_draws);
        }
        let (model, path) = self.model(&ensemble, state)?;
        let found = model.refined(&ensemble, |lens| model.expected_losses(&ensemble, lens))?;
        let losses = found.value.losses;
        let rules = setup.evaluator().rules();
        let divergences = model.refined(&ensemble, |lens| {
            model.expected_divergences(&ensemble, lens, rules)
        });
        let kl: Option<KlPair> = match divergences {
            Ok(found) => Some(found.value.kl),
            Err(TheoryError::ZeroInContour) => None,
            Err(error) => return Err(error),
        };
        Ok(Predicted {
            train_loss: Some(losses.train_loss),
            test_loss: losses.test_loss,
            kl_true_sampled: kl.map(|kl| kl.true_sampled),
            kl_sampled_true: kl.map(|kl| kl.sampled_true),
            path,
        })
    }

    /// The test loss of least squares on one frozen draw for each sample, without a ridge.
    fn frozen(&self, draws: usize) -> Result<Predicted, TheoryError> {
        let dim = self.spectrum.dim();
        let every_map = match self.network {
            Network::PerStep { .. } => true,
            Network::TwoLayer { decay, .. } => decay == 0.0,
            Network::TimeBasis { .. } => false,
        };
        let bare = self.steps.iter().all(|step| step.1 == 0.0) && draws == 1 && every_map;
        let bare = bare && self.row_weights.is_none();
        let test = |(level, _): &(NoiseLevel, f64)| {
            let oracle = self.spectrum.oracle_loss(level);
            frozen_losses(oracle, dim, self.samples, self.mean).map(|losses| losses.1)
        };
        let total: Option<f64> = self.steps.iter().map(test).sum();
        match total.filter(|_| bare) {
            Some(total) => Ok(Predicted {
                train_loss: None,
                test_loss: total / self.steps.len() as f64,
                kl_true_sampled: None,
                kl_sampled_true: None,
                path: PredictedPath::Converged,
            }),
            None => Err(TheoryError::Unsupported {
                what: "frozen noise draws",
                needs: "Gaussian rows, one draw for each sample, no ridge, a separate map for every step, and more samples than dimensions",
            }),
        }
    }

    fn model(
        &self,
        ensemble: &Ensemble<'_>,
        state: &State,
    ) -> Result<(TrainedModel, PredictedPath), TheoryError> {
        if !self.follows_training() {
            return Ok((self.with(Progress::Converged), PredictedPath::Converged));
        }
        let flow = || (self.with(Progress::Flow(state.tau)), PredictedPath::Flow);
        let Optimizer::Sgd { momentum, .. } = self.training.optimizer else {
            return Ok(flow());
        };
        if !matches!(self.network, Network::PerStep { .. }) {
            return Ok(flow());
        }
        let rate = LearningRate::new(
            state.learning_rate,
            self.training.lr_schedule,
            self.training.epochs,
        );
        let descent = self.with(Progress::Descent(Descent {
            rates: runs((0..state.epoch).map(|epoch| rate.at(epoch))),
            momentum,
        }));
        let follows = rate.base() < descent.largest_rate(ensemble);
        Ok(if follows && descent.angle(ensemble).is_ok() {
            (descent, PredictedPath::Descent)
        } else {
            flow()
        })
    }
}

/// Runs of equal consecutive numbers, with their lengths.
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
