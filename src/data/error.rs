//! Everything that can be wrong with data. All of it is user input.

use std::io;
#[cfg(feature = "files")]
use std::path::Path;
use std::path::PathBuf;

#[cfg(feature = "files")]
use super::FormatError;
use crate::gaussian::EigenError;
use crate::memory::OutOfMemory;

/// What is wrong with the data of an experiment, and where.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum DataError {
    #[error("{}: {source}", .path.display())]
    Io { path: PathBuf, source: io::Error },
    /// The content of a file, with its place (line and column, row, or byte).
    #[cfg(feature = "files")]
    #[error("{}: {source}", .path.display())]
    Format { path: PathBuf, source: FormatError },
    /// A list of numbers.
    #[error("{}: {problem}", .path.display())]
    Content { path: PathBuf, problem: String },
    #[error(
        "data.samples = {samples}: {rows} rows were read; give fewer, or \"all\" (then there is no truth and no test set)"
    )]
    TooManySamples { samples: usize, rows: usize },
    /// In a build without the feature `files`.
    #[cfg(not(feature = "files"))]
    #[error("{}: this build has no readers of files: build it with the feature `files`", .path.display())]
    WithoutReaders { path: PathBuf },
    #[error("row {row}, column {column}: {value} is not finite")]
    NotFinite {
        row: usize,
        column: usize,
        value: f64,
    },
    #[error("{key}: {problem}")]
    Setting { key: &'static str, problem: String },
    #[error(transparent)]
    Eigen(#[from] EigenError),
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
}

impl DataError {
    pub(super) fn setting(key: &'static str, problem: impl Into<String>) -> Self {
        Self::Setting {
            key,
            problem: problem.into(),
        }
    }
}

/// What readers say.
#[cfg(feature = "files")]
impl DataError {
    pub(super) fn io(path: &Path) -> impl FnOnce(io::Error) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Io { path, source }
    }

    pub(super) fn format(path: &Path) -> impl Fn(FormatError) -> Self + use<> {
        let path = path.to_owned();
        move |source| Self::Format {
            path: path.clone(),
            source,
        }
    }

    pub(super) fn content(path: &Path, problem: impl Into<String>) -> Self {
        Self::Content {
            path: path.to_owned(),
            problem: problem.into(),
        }
    }
}
