//! A whole experiment: its parts as they are put together, and as they are once they have been checked.

use std::ops::Deref;

use super::names::setters;
use super::{
    BackendConfig, DataConfig, Draw, Mean, ModelConfig, Samples, SamplingConfig, ScheduleConfig,
    Source, TrainingConfig,
};

/// An experiment as it is put together. Every part but the data has a default; [`check`](Self::check) makes it one that can
/// be run.
///
/// ```
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
/// # Ok::<(), lindiff::config::ConfigError>(())
/// ```
#[doc = include_str!("tables/experiment.md")]
#[derive(Debug, Clone, PartialEq)]
pub struct Experiment {
    /// What the run, and its folder, are called.
    pub name: String,
    /// Every random number of a run follows from it.
    pub seed: u64,
    pub data: DataConfig,
    pub schedule: ScheduleConfig,
    pub model: ModelConfig,
    pub training: TrainingConfig,
    pub sampling: SamplingConfig,
    pub backend: BackendConfig,
}

impl Experiment {
    /// An experiment on a number of samples of a source, with the defaults for all else. It is called by its source.
    pub fn new(source: Source, samples: impl Into<Samples>) -> Self {
        Self {
            name: source.name().to_owned(),
            seed: 1,
            data: DataConfig::new(source, samples),
            schedule: ScheduleConfig::default(),
            model: ModelConfig::default(),
            training: TrainingConfig::default(),
            sampling: SamplingConfig::default(),
            backend: BackendConfig::default(),
        }
    }

    /// What the run, and its folder, are called.
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

    /// Whether the mean of the training set is fitted.
    #[must_use]
    pub fn mean(mut self, mean: Mean) -> Self {
        self.data.mean = mean;
        self
    }

    setters! {
        /// Every random number of a run follows from it.
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
        /// What computes, and how precisely.
        backend: BackendConfig,
    }
}

/// An experiment that can be run: every value is in its range, and no two contradict each other.
///
/// It is read like an [`Experiment`] and cannot be changed. [`into_params`](Self::into_params) gives the parts back, to be
/// changed and checked again.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedExperiment(Experiment);

impl CheckedExperiment {
    /// Of parts that have been checked.
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
