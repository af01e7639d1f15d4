//! How a command fails.

use std::io;

use super::screen::Screen;
use crate::config::ConfigError;
use crate::data::DataError;
use crate::distance::DistanceError;
use crate::forecast::ForecastError;
use crate::predict::PredictError;
use crate::probe::ProbeError;
use crate::report::PlotError;
#[cfg(feature = "burn")]
use crate::run::RunError;
#[cfg(feature = "burn")]
use crate::script::ScriptError;
#[cfg(feature = "serve")]
use crate::serve::ServeError;
use crate::text::FileError;

/// Why there is no result, or why it reached nobody.
#[derive(Debug)]
pub(super) enum Failure {
    /// What the library says, and whether the input is wrong.
    Library { message: String, of_input: bool },
    /// The reader of a pipe that the result is written into has gone away.
    Closed,
    /// The result could not be written to stdout.
    Unwritten(io::Error),
    /// The library stopped because it was asked to.
    #[cfg(feature = "burn")]
    Stopped,
    /// A signal stopped the command.
    Interrupted(Interrupted),
}

/// The number of the signal, whether the command can go on from what it saved, and what the user can do now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interrupted {
    pub(super) signal: i32,
    pub(super) saved: bool,
    pub(super) told: String,
}

impl Failure {
    /// The input is wrong.
    pub(super) fn of_input(message: impl Into<String>) -> Self {
        let message = message.into();
        let of_input = true;
        Self::Library { message, of_input }
    }

    /// The exit status: 1 if it failed while running, 2 if the input is wrong, [`status_of`] a signal.
    pub(super) fn status(&self) -> u8 {
        match self {
            Self::Library { of_input: true, .. } => 2,
            Self::Interrupted(interrupted) => interrupted.status(),
            _ => 1,
        }
    }

    /// Says what happened. Says nothing if the reader of the result has gone away (`| head`).
    pub(super) fn tell(&self, screen: &Screen) {
        match self {
            Self::Closed => {}
            Self::Library { message, .. } => screen.fail(message, self.status()),
            #[cfg(feature = "burn")]
            Self::Stopped => screen.fail("stopped", self.status()),
            Self::Unwritten(error) if is_closed(error) => {}
            Self::Unwritten(error) => {
                let problem = "the result could not be written to standard output";
                screen.fail(&format!("{problem}: {error}"), self.status());
            }
            Self::Interrupted(interrupted) => screen.stop(&interrupted.told, interrupted.status()),
        }
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::of_input(error.to_string())
    }
}

impl From<DataError> for Failure {
    fn from(error: DataError) -> Self {
        Self::of_input(error.to_string())
    }
}

impl From<PredictError> for Failure {
    fn from(error: PredictError) -> Self {
        Self::of_input(error.to_string())
    }
}

impl From<ForecastError> for Failure {
    fn from(error: ForecastError) -> Self {
        Self::Library {
            message: error.to_string(),
            of_input: error.is_input(),
        }
    }
}

impl From<ProbeError> for Failure {
    fn from(error: ProbeError) -> Self {
        Self::Library {
            message: error.to_string(),
            of_input: error.is_input(),
        }
    }
}

impl From<DistanceError> for Failure {
    fn from(error: DistanceError) -> Self {
        Self::Library {
            message: error.to_string(),
            of_input: error.is_input(),
        }
    }
}

#[cfg(feature = "burn")]
impl From<ScriptError> for Failure {
    fn from(error: ScriptError) -> Self {
        Self::Library {
            message: error.to_string(),
            of_input: error.is_input(),
        }
    }
}

#[cfg(feature = "serve")]
impl From<ServeError> for Failure {
    fn from(error: ServeError) -> Self {
        Self::Library {
            message: error.to_string(),
            of_input: error.is_input(),
        }
    }
}

impl From<FileError> for Failure {
    fn from(error: FileError) -> Self {
        match &error {
            FileError::Io { source, .. } if is_closed(source) => Self::Closed,
            _ => Self::Library {
                message: error.to_string(),
                of_input: error.is_input(),
            },
        }
    }
}

impl From<PlotError> for Failure {
    fn from(error: PlotError) -> Self {
        match error {
            PlotError::File(error) => error.into(),
            error => Self::Library {
                message: format!("plots: {error}"),
                of_input: false,
            },
        }
    }
}

#[cfg(feature = "burn")]
impl From<RunError> for Failure {
    fn from(error: RunError) -> Self {
        match &error {
            RunError::Stopped => Self::Stopped,
            RunError::Io { source, .. } if is_closed(source) => Self::Closed,
            _ => Self::Library {
                message: error.to_string(),
                of_input: error.is_input(),
            },
        }
    }
}

/// Whether the reader of a pipe went away, or of a FIFO that a result is written into.
fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

impl Interrupted {
    pub(super) fn status(&self) -> u8 {
        status_of(self.signal, self.saved)
    }
}

/// The number of SIGTERM, which schedulers send.
const TERMINATE: i32 = 15;
/// EX_TEMPFAIL of sysexits.h: a failure that passes, so the user is invited to try again.
pub(super) const TRY_AGAIN: u8 = 75;

/// The status of a program that a signal stopped. SIGTERM is how a scheduler takes a machine back: it gives 75 where
/// the command goes on from what it saved. Otherwise the convention of shells: 130 for Ctrl-C, 143 for SIGTERM, 129 for
/// SIGHUP.
pub(super) fn status_of(signal: i32, saved: bool) -> u8 {
    if saved && signal == TERMINATE {
        return TRY_AGAIN;
    }
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
