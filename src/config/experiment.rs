//! A whole experiment, before and after it is checked.

use std::ops::Deref;

use super::names::setters;
use super::{
    BackendConfig, DataConfig, Draw, Mean, ModelConfig, RowWeights, Samples, SamplingConfig,
    ScheduleConfig, Source, TrainingConfig,
};

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
    /// The network.
    pub model: ModelConfig,
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
        /// The score network.
        model: ModelConfig,
        /// How it is trained.
        training: TrainingConfig,
        /// How it is sampled.
        sampling: SamplingConfig,
        /// The backend and its precision.
        backend: BackendConfig,
    }
}

/// An experiment that can be run: every value is in its range, and no two values contradict each other.
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
