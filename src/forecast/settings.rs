//! The settings of a forecast.

use super::ForecastError;
use super::question::Question;
#[cfg(feature = "files")]
use crate::config::{
    CheckedExperiment, ConfigError, ModelKind, Named, Objective, Optimizer, RealData, Target,
};
use crate::config::{SamplerKind, Scale, Variance};
use crate::diffusion::Schedule;
use crate::gaussian::Covariance;
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
/// | `groups` | each row by itself |
/// | `covariances` | none are compared |
/// | `init` | 0 |
/// | `curve` | no |
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
    pub(super) groups: Option<Vec<usize>>,
    pub(super) covariances: Vec<Covariance>,
    pub(super) init: f64,
    pub(super) curve: bool,
    pub(super) seed: u64,
    /// Why the best ridge and time are not those of the network that is to be trained.
    pub(super) other_network: Option<String>,
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
            groups: None,
            covariances: Vec::new(),
            init: 0.0,
            curve: false,
            seed: 1,
            other_network: None,
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
            groups: None,
            covariances: Vec::new(),
            init: experiment.model.init,
            curve: false,
            seed: experiment.seed,
            other_network: other_network(experiment),
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

    /// The group of each row, as a number. Rows of one group are left out together.
    pub fn groups(self, groups: &[usize]) -> Self {
        let groups = Some(groups.to_vec());
        Self { groups, ..self }
    }

    /// The covariances on which denoisers are built, beside the sample's with the best ridge. They are compared on tenths
    /// of the rows that are left out in turn (with groups: whole groups), each with the ridge of these settings. A given
    /// matrix is in the units and columns of the rows.
    pub fn covariances(self, covariances: &[Covariance]) -> Self {
        let covariances = covariances.to_vec();
        Self {
            covariances,
            ..self
        }
    }

    /// The factor of the identity from which training starts: the best time to stop depends on it.
    pub fn init(self, init: f64) -> Self {
        Self { init, ..self }
    }

    /// Whether to forecast for many numbers of rows, from few to many, for a picture.
    pub fn curve(self, curve: bool) -> Self {
        Self { curve, ..self }
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

    /// The question to `rows` rows in d dimensions.
    pub(super) fn question(&self, rows: usize) -> Question {
        let others = match &self.samples[..] {
            [] => vec![2 * rows, 10 * rows],
            given => given.to_vec(),
        };
        Question {
            levels: self.schedule.iter().map(|step| step.level()).collect(),
            ridge: self.ridge,
            covariance_ridge: self.covariance_ridge,
            curve: if self.curve {
                curve(rows, &others)
            } else {
                Vec::new()
            },
            now: rows - 1,
            others,
        }
    }
}

/// Numbers of rows at equal ratios, from an eighth of those that are given, or the least that is asked for, to 1.5
/// times the largest that is asked for.
fn curve(rows: usize, others: &[usize]) -> Vec<usize> {
    const POINTS: usize = 32;
    let least = others.iter().fold(rows / 8, |a, &b| a.min(b)).max(3) as f64;
    let largest = 1.5 * others.iter().fold(rows, |a, &b| a.max(b)) as f64;
    let point = |k: usize| least * (largest / least).powf(k as f64 / (POINTS - 1) as f64);
    let mut points: Vec<usize> = (0..POINTS).map(|k| point(k).round() as usize).collect();
    points.dedup();
    points
}

/// Why a network is not one map a step that predicts the noise, trained on the loss averaged over the noise.
#[cfg(feature = "files")]
fn other_network(experiment: &CheckedExperiment) -> Option<String> {
    let (model, training) = (&experiment.model, &experiment.training);
    let decoupled =
        matches!(training.optimizer, Optimizer::AdamW { .. }) && training.weight_decay > 0.0;
    let what = if model.kind != ModelKind::PerStep {
        format!("model.kind = \"{}\"", model.kind.name())
    } else if model.target != Target::Eps {
        format!("model.target = \"{}\"", model.target.name())
    } else if matches!(training.objective, Objective::Frozen(_)) {
        "training.objective = \"frozen\"".to_owned()
    } else if decoupled {
        "the decoupled decay of training.optimizer = \"adamw\"".to_owned()
    } else {
        return None;
    };
    Some(format!(
        "{what} is not in the forecast: its losses are of one map a step that predicts the noise, trained on the average \
         over the noise. No ridge and no time to stop is advised, because they would be of that network"
    ))
}
