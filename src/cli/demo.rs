//! `lindiff demo`

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand};
use serde::Serialize;

use super::failure::Failure;
use super::output::Output;
use crate::demo::{DEMONSTRATIONS, DemoOptions, Demonstration, Memorise, memorise_or_generalise};

/// How long a signal waits for a demonstration that can stop by itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// Ready demonstrations for teachers, each one page
#[derive(Debug, Args)]
#[command(after_help = "Without a name the demonstrations are listed.

Examples:
  lindiff demo
  lindiff demo memorise-or-generalise
  lindiff demo memorise-or-generalise --out lecture")]
pub(super) struct Demo {
    #[command(subcommand)]
    demonstration: Option<Named>,
}

#[derive(Debug, Subcommand)]
enum Named {
    MemoriseOrGeneralise(To),
}

/// Pairs of networks on few and on many digits: samples, twins, nearest training rows, losses
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff demo memorise-or-generalise
  lindiff demo memorise-or-generalise --out lecture --json")]
struct To {
    /// Where the page, its picture and its numbers go
    #[arg(long, value_name = "DIR", default_value = "artifacts/demo")]
    out: PathBuf,
    /// Replace files that are in the way and were not made by `demo`
    #[arg(long)]
    overwrite: bool,
}

#[derive(Serialize)]
struct Listed {
    demonstrations: [Demonstration; DEMONSTRATIONS.len()],
}

#[derive(Serialize)]
struct Done {
    page: PathBuf,
    #[serde(flatten)]
    found: Memorise,
}

impl Demo {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let Some(Named::MemoriseOrGeneralise(To { out, overwrite })) = self.demonstration else {
            let listed = Listed {
                demonstrations: DEMONSTRATIONS,
            };
            output.result(&listed, |_| {
                let lines =
                    DEMONSTRATIONS.map(|d| format!("lindiff demo {}\n  {}\n", d.name, d.shows));
                lines.concat()
            })?;
            return Ok(ExitCode::SUCCESS);
        };
        output.interrupts.raise_for(PATIENCE, "stopping");
        let found = memorise_or_generalise(&DemoOptions {
            out: &out,
            overwrite,
            interrupt: output.interrupts.flag(),
            tell: &|part| output.note(part),
        })?;
        let done = Done {
            page: out.join("memorise-or-generalise.html"),
            found,
        };
        output.result(&done, |_| {
            let said = done
                .found
                .sizes
                .iter()
                .map(|size| format!("{}\n", size.sentence));
            format!(
                "{}\nThe page, in {:.0} s: {}",
                said.collect::<String>(),
                done.found.seconds,
                done.page.display()
            )
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
