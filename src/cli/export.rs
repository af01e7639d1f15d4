//! `lindiff export`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::output::Output;
use crate::experiment::{RunDirectory, RunError, export};

/// Weights, schedule, moments and metrics as .npy and .csv, for Python, R or Julia
#[derive(Debug, Args)]
#[command(after_help = "Example:
  lindiff export artifacts/digits --out digits-arrays")]
pub(super) struct Export {
    /// The run directory
    run: PathBuf,
    /// The folder to write into
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    /// The epoch of the checkpoint (default: the last)
    #[arg(long, value_name = "EPOCH")]
    checkpoint: Option<usize>,
    /// Replace the files of an earlier export
    #[arg(long)]
    overwrite: bool,
}

impl Export {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, RunError> {
        let directory = RunDirectory::open(&self.run)?;
        let written = export(&directory, self.checkpoint, &self.out, self.overwrite)?;
        output.result(&written, || {
            let paths = written.iter().map(|path| path.display().to_string());
            paths.collect::<Vec<_>>().join("\n")
        });
        Ok(ExitCode::SUCCESS)
    }
}
