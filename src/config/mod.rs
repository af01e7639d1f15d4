//! What is asked for? An experiment as plain values: data, noise levels, network, training, sampler, backend.
//!
//! An [`Experiment`] consists of sections, each with a `Default` and setters. [`Experiment::check`] turns it into a
//! [`CheckedExperiment`], which cannot be wrong; the algorithms take only these. The room [`file`](mod@file) above
//! this one reads experiments from text and writes them out again.
//!
//! An experiment is about a linear network, of which everything is known exactly, or about one that is not
//! ([`NeuralConfig`]). [`Experiment::check_neural`] makes the second a [`CheckedNeural`], and [`Checked`] is either. No
//! algorithm takes the one for the other.
//!
//! The pages of the sections list their keys with defaults and ranges: [`Experiment`] (the keys outside of any
//! table), [`DataConfig`], [`ScheduleConfig`], [`ModelConfig`], [`TrainingConfig`], [`SamplingConfig`],
//! [`BackendConfig`]. `lindiff keys` prints all of them.
//!
//! A key that counts only under another choice (such as `data.exponent` with `data.source = "digits"`) is ignored
//! with a note. The table `training.early_stopping` turns early stopping on; without it there is none.

mod backend;
mod data;
mod experiment;
pub mod file;
mod model;
mod names;
mod neural;
mod penalties;
mod reading;
mod row_weights;
mod sampling;
mod schedule;
mod source;
mod training;

pub use crate::diffusion::Target;
pub use backend::{BackendConfig, BackendName, Precision};
pub use data::{DataConfig, Draw, Mean, Samples};
pub use experiment::{Checked, CheckedExperiment, CheckedNeural, Experiment, IsChecked};
pub use file::{ConfigError, Origin, Problem, is_pipe};
#[cfg(feature = "files")]
pub use file::{Draft, KEYS, Key, Loaded, LoadedAny, Only, Setting, keys_named};
pub use model::{ModelConfig, ModelKind};
pub use names::Named;
pub use neural::{NeuralConfig, NeuralKind};
pub use penalties::Penalties;
pub use reading::{Color, Columns, Decimal, Delimiter, Header, Reading};
pub use row_weights::RowWeights;
pub use sampling::{SamplerKind, SamplingConfig, Variance};
pub use schedule::{ScheduleConfig, ScheduleKind};
pub use source::{RealData, RowsOrigin, Scale, Source};
pub use training::{
    Basis, EarlyStopping, Evaluate, NoiseDraws, Objective, Optimizer, RateSchedule, TrainingConfig,
};
