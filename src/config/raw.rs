//! An experiment as it may be written: every key optional, nothing checked but its type.

use serde::Deserialize;

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawExperiment {
    pub name: Option<String>,
    pub seed: Option<u64>,
    pub data: RawData,
    pub schedule: RawSchedule,
    pub model: RawModel,
    pub training: RawTraining,
    pub sampling: RawSampling,
    pub backend: RawBackend,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawData {
    pub source: Option<String>,
    pub dim: Option<usize>,
    pub exponent: Option<f64>,
    pub spikes: Option<Vec<f64>>,
    pub path: Option<String>,
    pub array: Option<String>,
    pub columns: Option<String>,
    pub group: Option<usize>,
    pub header: Option<String>,
    pub delimiter: Option<String>,
    pub decimal: Option<String>,
    pub color: Option<String>,
    pub pool: Option<usize>,
    pub scale: Option<String>,
    pub min_variance: Option<f64>,
    pub samples: Option<CountOrWord>,
    pub draw: Option<String>,
    pub mean: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSchedule {
    pub kind: Option<String>,
    pub steps: Option<usize>,
    pub beta_start: Option<f64>,
    pub beta_end: Option<f64>,
    pub path: Option<String>,
    pub keep: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawModel {
    pub kind: Option<String>,
    pub basis: Option<usize>,
    pub width: Option<usize>,
    pub init: Option<f64>,
    pub target: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawTraining {
    pub objective: Option<String>,
    pub noise_draws: Option<usize>,
    pub batch_size: Option<usize>,
    pub optimizer: Option<String>,
    pub momentum: Option<f64>,
    pub learning_rate: Option<NumberOrWord>,
    pub lr_schedule: Option<String>,
    pub epochs: Option<usize>,
    pub tau: Option<f64>,
    pub weight_decay: Option<f64>,
    pub ridge: Option<f64>,
    pub covariance_ridge: Option<f64>,
    pub evaluate: Option<CountOrWord>,
    pub basis: Option<String>,
    pub checkpoints: Option<usize>,
    pub early_stopping: Option<RawEarlyStopping>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawEarlyStopping {
    pub patience: Option<usize>,
    pub min_delta: Option<f64>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawSampling {
    pub kind: Option<String>,
    pub variance: Option<String>,
    pub draws: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct RawBackend {
    pub name: Option<String>,
    pub precision: Option<String>,
}

/// Such as `samples = 400` or `samples = "all"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum CountOrWord {
    Count(usize),
    Word(String),
}

/// Such as `learning_rate = 0.1` or `learning_rate = "auto"`.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
pub(super) enum NumberOrWord {
    Number(f64),
    Word(String),
}
