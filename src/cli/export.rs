//! `lindiff export`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::checkpoint::usual_or;
use super::evaluate::refuse_member;
use super::failure::Failure;
use super::output::Output;
use crate::run::{RunDirectory, WhichCheckpoint, export, export_neural};

/// Weights, schedule, moments and metrics as .npy and .csv, for Python, R or Julia; networks that are not linear with a
/// program in PyTorch
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
    /// One of several networks that are not linear, counted from 0 (default: all of them)
    #[arg(long, value_name = "I")]
    member: Option<usize>,
}

#[derive(Serialize)]
struct Done {
    files: Vec<PathBuf>,
}

impl Export {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let directory = RunDirectory::open(&self.run)?;
        let checkpoint = usual_or(self.checkpoint, &directory, output)?;
        let written = if directory.neural_experiment()?.is_some() {
            export_neural(
                &directory,
                checkpoint,
                self.member,
                &self.out,
                self.overwrite,
            )?
        } else {
            refuse_member(self.member)?;
            export(&directory, checkpoint, &self.out, self.overwrite)?
        };
        let done = Done { files: written };
        output.result(&done, |_| {
            let paths = done.files.iter().map(|path| path.display().to_string());
            paths.collect::<Vec<_>>().join("\n")
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
