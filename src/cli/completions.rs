//! `lindiff completions`

use std::process::ExitCode;

use clap::Args;
use clap_complete::Shell;

use super::failure::Failure;
use super::output::Output;

/// Completions for a shell, on stdout
#[derive(Debug, Args)]
#[command(after_help = "Example:
  lindiff completions bash > ~/.local/share/bash-completion/completions/lindiff")]
pub(super) struct Completions {
    shell: Shell,
}

impl Completions {
    /// Prints the completions of a command line.
    pub(super) fn run(
        self,
        mut command: clap::Command,
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut command, "lindiff", &mut script);
        output.print(&String::from_utf8_lossy(&script))?;
        Ok(ExitCode::SUCCESS)
    }
}
