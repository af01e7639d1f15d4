//! Why a run cannot be made, read or resumed, and what would be right.

use std::io;
use std::path::{Path, PathBuf};

use super::layout::CONFIG;
use crate::config::ConfigError;
use crate::data::DataError;
use crate::denoiser::DrawsError;
use crate::forecast::ForecastError;
use crate::gaussian::{EigenError, EstimateError};
use crate::memory::OutOfMemory;
use crate::neural::TrainerError;
use crate::predict::PredictError;
use crate::report::PlotError;
use crate::sampling::RulesError;
use crate::score::{BackendError, ModelFileError, SnapshotError};
use crate::text::{FileError, is_of_user, quoted};
use crate::training::observer::ObserverError;
use crate::training::{CheckpointError, TrainingError};

/// Why a run cannot be made, read or resumed.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum RunError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "{path} exists: choose another --out, replace the run there with --overwrite, or go on with it by\n  {}",
        resume_command(path, None)
    )]
    Exists { path: PathBuf },
    #[error(
        "{path}: its network is not linear (model.kind = {kind:?}): its samples have no exact law, and no theory predicts \
         its losses (train, evaluate, sample, inspect and export take such a run)"
    )]
    NotLinear { path: PathBuf, kind: &'static str },
    #[error("{path}: not a run directory: no `lindiff train` made it")]
    NotARun { path: PathBuf },
    #[error(
        "{path}: holds files that no run wrote, and is not a run directory: choose another --out"
    )]
    Foreign { path: PathBuf },
    #[error(
        "{path}: {key} is {now}, and the run was begun with {then}: put {then} back, or {}",
        instead_of_an_edit(key, now)
    )]
    Edited {
        path: PathBuf,
        key: String,
        then: String,
        now: String,
    },
    #[error("{source}; {}", before(run, *previous))]
    Damaged {
        source: CheckpointError,
        run: PathBuf,
        /// The last earlier checkpoint that can be read.
        previous: Option<usize>,
    },
    #[error(
        "{path}: the rows of epoch {epoch} are missing, and no checkpoint before it is left. {}",
        gap_remedies(path, *last)
    )]
    Gap {
        path: PathBuf,
        epoch: usize,
        /// The checkpoint from which the run would resume without these rows.
        last: usize,
    },
    #[error("{path}: another process is at work on this run{}", named(by.as_deref()))]
    Locked {
        path: PathBuf,
        /// Which one, where a file stands in for the system's lock.
        by: Option<String>,
    },
    #[error(
        "{path}: no checkpoint of epoch {epoch}; there are those of {}",
        list(there)
    )]
    NoCheckpoint {
        path: PathBuf,
        epoch: usize,
        there: Vec<usize>,
    },
    #[error("{path}: no checkpoint yet: go on with `lindiff train --resume`")]
    NoCheckpoints { path: PathBuf },
    #[error(
        "{path}: no best checkpoint: it is that of the lowest test loss, and the run has no test set or no checkpoint yet"
    )]
    NoBest { path: PathBuf },
    #[error("{path}: {problem}")]
    Data { path: PathBuf, problem: String },
    #[error(
        "{path} is a pipe, which can be read once, and {reads}: write what comes through it to a file"
    )]
    Pipe {
        path: PathBuf,
        /// What would read it more than once.
        reads: &'static str,
    },
    #[error("{path}: the data are not the data that this run was begun with")]
    DataChanged { path: PathBuf },
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    File(FileError),
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Source(#[from] DataError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Model(#[from] ModelFileError),
    #[error(transparent)]
    Training(#[from] TrainingError),
    #[error(transparent)]
    Networks(#[from] TrainerError),
    #[error(transparent)]
    Observer(#[from] ObserverError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Eigen(#[from] EigenError),
    #[error(transparent)]
    Draws(#[from] DrawsError),
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    #[error(transparent)]
    Theory(#[from] crate::theory::TheoryError),
    #[error(transparent)]
    Forecast(#[from] ForecastError),
    #[error(transparent)]
    Predict(#[from] PredictError),
    #[error("stopped")]
    Stopped,
    #[error("plots: {0}")]
    Plot(PlotError),
}

impl From<FileError> for RunError {
    fn from(error: FileError) -> Self {
        match error {
            FileError::Io { path, source } => Self::Io { path, source },
            other => Self::File(other),
        }
    }
}

impl From<PlotError> for RunError {
    fn from(error: PlotError) -> Self {
        match error {
            PlotError::File(error) => error.into(),
            other => Self::Plot(other),
        }
    }
}

impl From<RulesError> for RunError {
    fn from(error: RulesError) -> Self {
        RunError::Invalid(error.to_string())
    }
}

impl RunError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Whether training itself gave numbers that are not finite. Resuming would give them again.
    pub fn is_divergence(&self) -> bool {
        matches!(
            self,
            RunError::Training(TrainingError::NonFinite { .. })
                | RunError::Networks(TrainerError::NotFinite { .. })
        )
    }

    /// Whether files could not be read or written, as on a full disk. Another attempt may succeed.
    pub fn is_of_files(&self) -> bool {
        match self {
            RunError::Io { .. }
            | RunError::Training(TrainingError::Observer(ObserverError::Io { .. })) => true,
            RunError::Model(error) => error.io_error().is_some(),
            RunError::Checkpoint(error)
            | RunError::Training(
                TrainingError::Checkpoint(error)
                | TrainingError::Observer(ObserverError::Checkpoint(error)),
            ) => error.io_error().is_some(),
            _ => false,
        }
    }

    /// Whether the cause is the user's input, not the run.
    pub fn is_input(&self) -> bool {
        match self {
            RunError::Training(_)
            | RunError::Networks(_)
            | RunError::Observer(_)
            | RunError::Stopped => false,
            RunError::Forecast(error) => error.is_input(),
            RunError::Eigen(_) | RunError::Draws(_) | RunError::Estimate(_) | RunError::Plot(_) => {
                false
            }
            RunError::Io { source, .. } => is_of_user(source),
            RunError::File(error) => error.is_input(),
            RunError::Checkpoint(error) => error.io_error().is_none_or(is_of_user),
            RunError::Model(error) => error.io_error().is_none_or(is_of_user),
            _ => true,
        }
    }
}

fn before(run: &Path, previous: Option<usize>) -> String {
    match previous {
        Some(epoch) => format!(
            "the checkpoint before it is that of epoch {epoch}. This makes the later ones again:\n  {}\nThe other commands \
             take --checkpoint {epoch} too.",
            resume_command(run, Some(epoch))
        ),
        None => "there is no checkpoint before it: train the run again with --overwrite".to_owned(),
    }
}

fn named(process: Option<&str>) -> String {
    process.map_or_else(String::new, |process| format!(": {process}"))
}

/// The command that resumes a run.
pub fn resume_command(run: &Path, checkpoint: Option<usize>) -> String {
    let from = checkpoint.map_or_else(String::new, |epoch| format!(" --checkpoint {epoch}"));
    format!("lindiff train --resume {}{from}", quoted(run))
}

fn gap_remedies(path: &Path, last: usize) -> String {
    let root = path.parent().unwrap_or(Path::new("."));
    let (run, config) = (quoted(root), quoted(&root.join(CONFIG)));
    format!(
        "This trains from the start and makes them again:\n  lindiff train {config} --out {run} --overwrite\nThis goes on \
         without them:\n  {}",
        resume_command(root, Some(last))
    )
}

/// The command that does what an edit was meant to do.
fn instead_of_an_edit(key: &str, now: &str) -> String {
    match key {
        "training.epochs" => format!("train on to more epochs with --resume DIR --epochs {now}"),
        _ => format!("train another run with {now}"),
    }
}

fn list(epochs: &[usize]) -> String {
    let words: Vec<String> = epochs.iter().map(usize::to_string).collect();
    words.join(", ")
}
