//! What can be wrong with a checkpoint.

use std::io;
use std::path::{Path, PathBuf};

use crate::score::ModelFileError;

/// The format of checkpoints that this version writes, and the newest that it reads.
pub const FORMAT_VERSION: u32 = 1;

/// What is wrong with a checkpoint, and where.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum CheckpointError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: not a checkpoint: {problem}")]
    Malformed { path: PathBuf, problem: String },
    #[error("{path}: cut short or altered (its SHA-256 is not the one in state.json)")]
    Altered { path: PathBuf },
    #[error(
        "{path}: written in format {found}, this version reads up to {FORMAT_VERSION}: use a newer lindiff"
    )]
    Newer { path: PathBuf, found: u32 },
    #[error("{path}: the optimiser's record: {problem}")]
    Optimizer { path: PathBuf, problem: String },
    #[error(transparent)]
    Model(#[from] ModelFileError),
}

impl CheckpointError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// The error of the file system, if there was one.
    pub fn io_error(&self) -> Option<&io::Error> {
        match self {
            Self::Io { source, .. } => Some(source),
            Self::Model(error) => error.io_error(),
            _ => None,
        }
    }

    /// Whether this process may not read the checkpoint. Its content may then be intact.
    pub fn is_forbidden(&self) -> bool {
        self.io_error()
            .is_some_and(|error| error.kind() == io::ErrorKind::PermissionDenied)
    }

    pub(crate) fn optimizer(path: &Path, problem: impl ToString) -> Self {
        Self::Optimizer {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }

    pub(crate) fn malformed(path: &Path, problem: impl ToString) -> Self {
        Self::Malformed {
            path: path.to_owned(),
            problem: problem.to_string(),
        }
    }
}
