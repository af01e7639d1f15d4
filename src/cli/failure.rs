//! How a command ends that does not end well.

use std::io;

use super::screen::Screen;
use crate::run::RunError;

/// Why there is no result, or nobody has it.
#[derive(Debug)]
pub(super) enum Failure {
    Run(RunError),
    /// The result could not be written to stdout.
    Unwritten(io::Error),
    /// A signal stopped it.
    Interrupted(Interrupted),
}

/// The signal, by its number, and what can be done now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Interrupted {
    pub(super) signal: i32,
    pub(super) told: String,
}

impl<E: Into<RunError>> From<E> for Failure {
    fn from(error: E) -> Self {
        Self::Run(error.into())
    }
}

impl Failure {
    /// The exit status: 1 it failed while running, 2 the input is wrong, 128 and its number for a signal.
    pub(super) fn status(&self) -> u8 {
        match self {
            Self::Run(error) if error.is_input() => 2,
            Self::Run(_) | Self::Unwritten(_) => 1,
            Self::Interrupted(interrupted) => interrupted.status(),
        }
    }

    /// Says what happened; nothing where the reader of the result went away (`| head`).
    pub(super) fn tell(&self, screen: &Screen) {
        match self {
            Self::Run(RunError::Io { source, .. }) if is_closed(source) => {}
            Self::Run(error) => screen.fail(&error.to_string(), self.status()),
            Self::Unwritten(error) if is_closed(error) => {}
            Self::Unwritten(error) => {
                let problem = "the result could not be written to standard output";
                screen.fail(&format!("{problem}: {error}"), self.status());
            }
            Self::Interrupted(interrupted) => screen.stop(&interrupted.told, interrupted.status()),
        }
    }
}

/// Whether the reader of a pipe went away, or of a FIFO that a result is written into.
fn is_closed(error: &io::Error) -> bool {
    error.kind() == io::ErrorKind::BrokenPipe
}

impl Interrupted {
    pub(super) fn status(&self) -> u8 {
        status_of(self.signal)
    }
}

/// The status of a program that a signal stopped, as shells report it: 130 for Ctrl-C, 143 for SIGTERM, 129 for SIGHUP.
pub(super) fn status_of(signal: i32) -> u8 {
    u8::try_from(128 + signal).unwrap_or(u8::MAX)
}
