//! `lindiff export`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::checkpoint::usual_or;
use super::failure::Failure;
use super::output::Output;
use crate::run::{RunDirectory, WhichCheckpoint, export};

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
    /// The checkpoint: an epoch, "last" or "best" (default: the last; the best of a run that stopped early)
    #[arg(long, value_name = "EPOCH|best|last")]
    checkpoint: Option<WhichCheckpoint>,
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
        let checkpoint = usual_or(self.checkpoint, &directory, output)?;
        let written = export(&directory, checkpoint, &self.out, self.overwrite)?;
        let done = Done { files: written };
        output.result(&done, |_| {
            let paths = done.files.iter().map(|path| path.display().to_string());
            paths.collect::<Vec<_>>().join("\n")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
