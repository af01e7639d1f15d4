//! The command line, in this process.

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

use pyo3::prelude::*;

/// Runs the command of some words, and gives its exit status. A process runs it once: it listens to signals.
#[pyfunction]
pub fn run_command(py: Python<'_>, words: Vec<OsString>) -> u8 {
    let status = py.detach(|| {
        let status = lindiff::cli::run(words);
        // The interpreter does not know of this stream. A reader that has gone away has what it wanted.
        let _ = io::stdout().flush();
        status
    });
    let same = |number: &u8| ExitCode::from(*number) == status;
    (0..=u8::MAX).find(same).unwrap_or(1)
}
