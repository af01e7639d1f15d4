//! Why there is no script, or why it was not submitted.

use std::io;
use std::path::PathBuf;

/// Why a script was not made or not submitted.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum ScriptError {
    #[error("{path}: the path is not UTF-8, which a script is: give it another name")]
    NotUtf8 { path: PathBuf },
    #[error("{flag} {line:?}: {problem}")]
    Line {
        flag: &'static str,
        line: String,
        problem: &'static str,
    },
    #[error("{flag}: {problem}")]
    Unsupported {
        flag: &'static str,
        problem: &'static str,
    },
    #[error("{program}: {source}. Without {program} the script can be printed: leave out --submit")]
    NotStarted {
        program: &'static str,
        source: io::Error,
    },
    #[error("{program} refused the script: {said}{before}")]
    Refused {
        program: &'static str,
        said: String,
        before: String,
    },
}

impl ScriptError {
    /// Whether the user's input is at fault.
    pub fn is_input(&self) -> bool {
        !matches!(self, Self::Refused { .. })
    }
}
