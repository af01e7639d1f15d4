//! `lindiff completions`

use std::process::ExitCode;

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::Arguments;
use super::output::Output;
use crate::experiment::RunError;

/// Completions for a shell, on stdout
#[derive(Debug, Args)]
#[command(after_help = "Example:
  lindiff completions bash > ~/.local/share/bash-completion/completions/lindiff")]
pub(super) struct Completions {
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, _output: &Output) -> Result<ExitCode, RunError> {
        let mut command = Arguments::command();
        clap_complete::generate(self.shell, &mut command, "lindiff", &mut std::io::stdout());
        Ok(ExitCode::SUCCESS)
    }
}
