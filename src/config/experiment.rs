//! A whole experiment, before and after it is checked.

use std::ops::Deref;

use super::names::setters;
use super::{
    BackendConfig, DataConfig, Draw, Mean, ModelConfig, NeuralConfig, NeuralKind, RowWeights,
    Samples, SamplingConfig, ScheduleConfig, Source, TrainingConfig,
};
#[cfg(feature = "files")]
use super::{Objective, Optimizer};

/// An experiment before it is checked. Every part except the data has a default. [`check`](Self::check) makes it one
/// that can be run.
///
/// ```
/// # #[cfg(not(feature = "files"))]
/// # fn main() {}
/// # #[cfg(feature = "files")]
/// # fn main() -> Result<(), lindiff::config::ConfigError> {
/// use lindiff::config::{Experiment, Optimizer, ScheduleConfig, Source, TrainingConfig};
///
/// let experiment = Experiment::new(Source::power_law(200, 1.0), 400)
///     .seed(3)
///     .schedule(ScheduleConfig::cosine(1000).keep(100))
///     .training(TrainingConfig::default().epochs(200).ridge(1e-3))
///     .check()?;
/// assert_eq!(experiment.training.epochs, 200);
///
/// let wrong = TrainingConfig::default().optimizer(Optimizer::adam(-1.0));
/// let error = Experiment::new(Source::power_law(200, 1.0), 400).training(wrong).check().unwrap_err();
/// assert_eq!(
///     error.to_string(),
///     "the experiment: training.learning_rate = -1.0: must be a number above 0, or, for sgd, \"auto\""
/// );
/// # Ok(())
/// # }
/// ```
#[doc = include_str!("tables/experiment.md")]
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// The name of the run and of its folder.
    pub name: String,
    /// The seed of every random number of a run.
    pub seed: u64,
    /// The data.
    pub data: DataConfig,
    /// The noise levels.
    pub schedule: ScheduleConfig,
    /// The linear network.
    pub model: ModelConfig,
    /// A network that is not linear, in the place of `model`.
    pub network: Option<NeuralConfig>,
    /// The training.
    pub training: TrainingConfig,
    /// The sampler.
    pub sampling: SamplingConfig,
    /// The backend.
    pub backend: BackendConfig,
}

impl Experiment {
    /// An experiment on a number of samples of a source. Everything else has its default. The source also names it.
    pub fn new(source: Source, samples: impl Into<Samples>) -> Self {
        Self::of(DataConfig::new(source, samples))
    }

    /// An experiment on data. Everything else has its default.
    pub fn of(data: DataConfig) -> Self {
        Self {
            name: data.source.name().to_owned(),
            seed: 1,
            data,
            schedule: ScheduleConfig::default(),
            model: ModelConfig::default(),
            network: None,
            training: TrainingConfig::default(),
            sampling: SamplingConfig::default(),
            backend: BackendConfig::default(),
        }
    }

    /// The name of the run and of its folder.
    #[must_use]
    pub fn name(mut self, name: impl Into<String>) -> Self {
        self.name = name.into();
        self
    }

    /// How the training set is taken from the source.
    #[must_use]
    pub fn draw(mut self, draw: Draw) -> Self {
        self.data.draw = draw;
        self
    }

    /// The weights of drawn rows.
    #[must_use]
    pub fn row_weights(mut self, row_weights: RowWeights) -> Self {
        self.data.row_weights = row_weights;
        self
    }

    /// A network that is not linear, trained as such networks are if nothing else is said: Adam on drawn noise in
    /// minibatches, and 1000 samples at the end. Other settings are to be given after it.
    #[must_use]
    pub fn network(mut self, network: NeuralConfig) -> Self {
        network.kind.train_by_default(&mut self.training);
        self.sampling.draws = NeuralConfig::DRAWS;
        self.network = Some(network);
        self
    }

    /// Whether the mean of the training set is fitted.
    #[must_use]
    pub fn mean(mut self, mean: Mean) -> Self {
        self.data.mean = mean;
        self
    }

    setters! {
        /// The seed of every random number of a run.
        seed: u64,
        /// Where the truth comes from, and how the training set is taken from it.
        data: DataConfig,
        /// The noise levels.
        schedule: ScheduleConfig,
        /// The linear network.
        model: ModelConfig,
        /// How it is trained.
        training: TrainingConfig,
        /// How it is sampled.
        sampling: SamplingConfig,
        /// The backend and its precision.
        backend: BackendConfig,
    }
}

/// An experiment with a linear network that can be run: every value is in its range, and no two values contradict
/// each other.
///
/// It can be read like an [`Experiment`], but not changed. [`into_params`](Self::into_params) gives the parts back,
/// to be changed and checked again.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedExperiment(Experiment);

impl CheckedExperiment {
    /// Marks parts that have been checked.
    #[cfg(feature = "files")]
    pub(super) fn of_checked(experiment: Experiment) -> Self {
        Self(experiment)
    }

    /// The parts, to be changed and checked again.
    pub fn into_params(self) -> Experiment {
        self.0
    }
}

impl Deref for CheckedExperiment {
    type Target = Experiment;

    fn deref(&self) -> &Experiment {
        &self.0
    }
}

/// An experiment with a network that is not linear, checked as a [`CheckedExperiment`] is.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedNeural {
    experiment: Experiment,
    network: NeuralConfig,
    learning_rate: f64,
    batch_size: Option<usize>,
}

impl CheckedNeural {
    /// Marks parts that have been checked; `None` unless they are those of a network that is trained by Adam on drawn
    /// noise.
    #[cfg(feature = "files")]
    pub(super) fn of_checked(experiment: Experiment) -> Option<Self> {
        let training = &experiment.training;
        let (Some(network), Objective::Sampled(draws), Optimizer::Adam { learning_rate }) =
            (experiment.network, training.objective, training.optimizer)
        else {
            return None;
        };
        Some(Self {
            network,
            learning_rate,
            batch_size: draws.batch_size,
            experiment,
        })
    }

    /// The parts, to be changed and checked again.
    pub fn into_params(self) -> Experiment {
        self.experiment
    }

    /// The network.
    pub fn network(&self) -> &NeuralConfig {
        &self.network
    }

    /// The kind of network.
    pub fn kind(&self) -> NeuralKind {
        self.network.kind
    }

    /// The number of networks.
    pub fn members(&self) -> usize {
        self.network.ensemble
    }

    /// The learning rate at the start of training.
    pub fn learning_rate(&self) -> f64 {
        self.learning_rate
    }

    /// The rows of a minibatch of a training set of `samples` rows.
    pub fn batch_rows(&self, samples: usize) -> usize {
        self.batch_size.unwrap_or(samples).min(samples)
    }
}

impl Deref for CheckedNeural {
    type Target = Experiment;

    fn deref(&self) -> &Experiment {
        &self.experiment
    }
}

/// An experiment that can be run, with either kind of network.
#[derive(Debug, Clone, PartialEq)]
pub enum Checked {
    /// A linear network, of which everything is known exactly.
    Linear(CheckedExperiment),
    /// A network that is not linear.
    Neural(CheckedNeural),
}

impl Deref for Checked {
    type Target = Experiment;

    fn deref(&self) -> &Experiment {
        match self {
            Checked::Linear(experiment) => experiment,
            Checked::Neural(experiment) => experiment,
        }
    }
}

/// An experiment that was checked, with whatever network.
pub trait IsChecked: Deref<Target = Experiment> {}

impl IsChecked for CheckedExperiment {}
impl IsChecked for CheckedNeural {}
impl IsChecked for Checked {}
