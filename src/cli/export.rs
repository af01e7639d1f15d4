//! `lindiff export`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::output::Output;
use crate::experiment::{RunDirectory, export};

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

#[derive(Serialize)]
struct Done {
    files: Vec<PathBuf>,
}

impl Export {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let directory = RunDirectory::open(&self.run)?;
        let written = export(&directory, self.checkpoint, &self.out, self.overwrite)?;
        let done = Done { files: written };
        output.result(&done, |_| {
            let paths = done.files.iter().map(|path| path.display().to_string());
            paths.collect::<Vec<_>>().join("\n")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
