//! The settings of a forecast.

use super::ForecastError;
#[cfg(feature = "files")]
use crate::config::{CheckedExperiment, ConfigError, ModelKind, RealData};
use crate::config::{SamplerKind, Scale, Variance};
use crate::diffusion::{NoiseLevel, Schedule};
use crate::theory::TheoryError;

/// The settings of a forecast. Everything has a default.
///
/// | setting | default |
/// |---|---|
/// | `source` | "rows" |
/// | `scale` | [`Scale::Trace`] |
/// | `min_variance` | 1e-12 |
/// | `schedule` | linear, beta from 1e-4 to 1e-2 in 1000 steps |
/// | `sampler` | ancestral |
/// | `ridge`, `covariance_ridge` | 0 |
/// | `samples` | twice and ten times as many rows |
/// | `seed` | 1 |
#[derive(Debug, Clone, PartialEq)]
pub struct Settings {
    pub(super) source: String,
    pub(super) scale: Scale,
    pub(super) min_variance: f64,
    pub(super) schedule: Schedule,
    pub(super) sampler: SamplerKind,
    pub(super) ridge: f64,
    pub(super) covariance_ridge: f64,
    pub(super) samples: Vec<usize>,
    pub(super) seed: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            source: "rows".to_owned(),
            scale: Scale::Trace,
            min_variance: 1e-12,
            schedule: Schedule::linear(1000, 1e-4, 1e-2).expect("a schedule"),
            sampler: SamplerKind::Ddpm(Variance::Beta),
            ridge: 0.0,
            covariance_ridge: 0.0,
            samples: Vec::new(),
            seed: 1,
        }
    }
}

impl Settings {
    /// The settings of an experiment on rows.
    #[cfg(feature = "files")]
    pub(super) fn of(experiment: &CheckedExperiment, real: &RealData) -> Result<Self, ConfigError> {
        Ok(Self {
            source: experiment.name.clone(),
            scale: real.scale,
            min_variance: real.min_variance,
            schedule: experiment.schedule.build()?,
            sampler: experiment.sampling.kind,
            ridge: experiment.training.penalties().of(ModelKind::PerStep).ridge,
            covariance_ridge: experiment.training.covariance_ridge,
            samples: Vec::new(),
            seed: experiment.seed,
        })
    }

    /// The name of the rows.
    pub fn source(self, source: impl Into<String>) -> Self {
        let source = source.into();
        Self { source, ..self }
    }

    /// The scale in which losses are measured.
    pub fn scale(self, scale: Scale) -> Self {
        Self { scale, ..self }
    }

    /// Directions with less than this times the mean variance are dropped.
    pub fn min_variance(self, min_variance: f64) -> Self {
        Self {
            min_variance,
            ..self
        }
    }

    /// The noise levels of training and sampling.
    pub fn schedule(self, schedule: Schedule) -> Self {
        Self { schedule, ..self }
    }

    /// The sampler.
    pub fn sampler(self, sampler: SamplerKind) -> Self {
        Self { sampler, ..self }
    }

    /// The ridge gamma of every step.
    pub fn ridge(self, ridge: f64) -> Self {
        Self { ridge, ..self }
    }

    /// The covariance ridge c: it adds `alpha_bar_t c` to the ridge of step t.
    pub fn covariance_ridge(self, covariance_ridge: f64) -> Self {
        Self {
            covariance_ridge,
            ..self
        }
    }

    /// Other numbers of rows to forecast for, each at least 3.
    pub fn samples(self, samples: &[usize]) -> Self {
        let samples = samples.to_vec();
        Self { samples, ..self }
    }

    /// The seed of the parts that are left out, and of the random directions of the kurtosis.
    pub fn seed(self, seed: u64) -> Self {
        Self { seed, ..self }
    }

    /// Refuses settings out of their range.
    ///
    /// # Errors
    /// Fewer than 3 samples; a ridge or a least variance that is negative or not finite.
    pub(super) fn check(&self) -> Result<(), ForecastError> {
        if let Some(&samples) = self.samples.iter().find(|samples| **samples < 3) {
            return Err(ForecastError::FewSamples { samples });
        }
        for (name, value) in [
            ("ridge", self.ridge),
            ("covariance ridge", self.covariance_ridge),
            ("min_variance", self.min_variance),
        ] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(TheoryError::Negative { name, value }.into());
            }
        }
        Ok(())
    }

    /// Each noise level with its ridge: `gamma_t = ridge + alpha_bar_t covariance_ridge`.
    pub(super) fn steps(&self) -> Vec<(NoiseLevel, f64)> {
        let ridge = |alpha_bar: f64| self.ridge + alpha_bar * self.covariance_ridge;
        self.schedule
            .iter()
            .map(|step| (step.level(), ridge(step.alpha_bar)))
            .collect()
    }

    /// The numbers of rows to forecast for. The first is that of the given rows.
    pub(super) fn samples_from(&self, rows: usize) -> Vec<usize> {
        match &self.samples[..] {
            [] => vec![rows, 2 * rows, 10 * rows],
            given => std::iter::once(rows).chain(given.iter().copied()).collect(),
        }
    }
}
