//! What is wrong with an experiment, where, and what would be right.

use std::fmt;
use std::path::PathBuf;

use crate::diffusion::ScheduleError;

/// An experiment that cannot be run as it is written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("{origin}: {problem}")]
pub struct ConfigError {
    /// Where it was written.
    pub origin: Origin,
    /// The problem. It is boxed because it is much larger than a result without error.
    pub problem: Box<Problem>,
}

/// The place where the wrong text was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The file.
    File(PathBuf),
    /// `--set` on the command line.
    Set,
    /// An experiment that does not come from a file.
    Experiment,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Origin::File(path) => write!(f, "{}", path.display()),
            Origin::Set => write!(f, "--set"),
            Origin::Experiment => write!(f, "the experiment"),
        }
    }
}

/// The problem. `key` has dots, as in `training.epochs`; a value is shown as it would be written.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
#[non_exhaustive]
pub enum Problem {
    #[error("cannot be read: {reason}")]
    Unreadable { reason: String },
    #[error("line {line}, column {column}: {message}")]
    Syntax {
        line: usize,
        column: usize,
        message: String,
    },
    #[error("{argument} is not a setting: needs KEY=VALUE, such as training.epochs=100")]
    Setting { argument: String },
    #[error("{key} is unknown{}", suggestion(nearest, known))]
    UnknownKey {
        key: String,
        nearest: Option<String>,
        /// The keys of that table, for the case that none is near.
        known: Vec<String>,
    },
    #[error("{key} is missing: needs {allowed}; write it in the file or give --set {key}=VALUE")]
    Missing { key: &'static str, allowed: String },
    #[error("{key} = {value}: must be {allowed}{}", suggestion(nearest, &[]))]
    Invalid {
        key: String,
        value: String,
        allowed: String,
        nearest: Option<String>,
    },
    /// Settings that are valid separately but contradict each other.
    #[error("{key} = {value}: {reason}")]
    Conflict {
        key: &'static str,
        value: String,
        reason: String,
    },
    #[error("schedule: {0}")]
    Schedule(#[from] ScheduleError),
    #[error("{key} = {}: it is not UTF-8, as the paths of an experiment must be: rename it", path.display())]
    NotUtf8 { key: &'static str, path: PathBuf },
    #[error("schedule.path = {}: {reason}", path.display())]
    ScheduleFile { path: PathBuf, reason: String },
}

fn suggestion(nearest: &Option<String>, known: &[String]) -> String {
    match nearest {
        Some(nearest) => format!("; did you mean {nearest}?"),
        None if known.is_empty() => String::new(),
        None => format!("; known here: {}", known.join(", ")),
    }
}

impl Problem {
    /// The key, or the table, of the problem.
    #[cfg(feature = "files")]
    pub(super) fn key(&self) -> Option<&str> {
        match self {
            Problem::UnknownKey { key, .. } | Problem::Invalid { key, .. } => Some(key),
            Problem::Missing { key, .. }
            | Problem::Conflict { key, .. }
            | Problem::NotUtf8 { key, .. } => Some(key),
            Problem::Schedule(_) => Some("schedule"),
            Problem::ScheduleFile { .. } => Some("schedule.path"),
            Problem::Unreadable { .. } | Problem::Syntax { .. } | Problem::Setting { .. } => None,
        }
    }

    /// Adds the place of the problem.
    pub(super) fn at(self, origin: Origin) -> ConfigError {
        ConfigError {
            origin,
            problem: Box::new(self),
        }
    }
}
