//! `lindiff reproduce`

mod script;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::output::Output;
use super::script::ScriptFlags;
use crate::reproduce::{FindingSummary, ReproduceOptions, figure_names, reproduce};
use crate::text::quoted;

/// How long a signal waits for a figure that can stop by itself.
const PATIENCE: Duration = Duration::from_secs(1);

/// The paper's results, each as data, a figure and a verdict
#[derive(Debug, Args)]
#[command(after_help = "\
Figures: spectra, losses-vs-n, losses-vs-noise, ridge, early-stopping, kl-vs-n, kl-universality, directions, consistency,
rows, copying, structured, nonlinear. Each leaves NAME.csv, NAME-repeats.csv, NAME.svg and NAME.png; report.md and report.html say what holds, and by which test.

Examples:
  lindiff reproduce --quick
  lindiff reproduce kl-vs-n ridge
  lindiff reproduce --data t10k-images-idx3-ubyte.gz --out artifacts/paper
  lindiff reproduce --script slurm --cpus 4 --out artifacts/paper

On a cluster each figure is a task, with a report in a folder of its own. A figure that was stopped begins anew.")]
pub(super) struct Reproduce {
    /// The figures (default: all)
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(figure_names()))]
    figures: Vec<String>,
    /// Small and fast: d = 40, one or two minutes
    #[arg(long)]
    quick: bool,
    /// Data beside the digits, for spectra, kl-universality, rows, copying and structured
    #[arg(long, value_name = "FILE")]
    data: Vec<PathBuf>,
    /// Where figures and report go
    #[arg(long, value_name = "DIR", default_value = "artifacts/reproduce")]
    out: PathBuf,
    /// Replace files that are in the way and were not made by `reproduce`
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    cluster: ScriptFlags,
}

#[derive(Serialize)]
struct Done {
    figures: Vec<FindingSummary>,
}

impl Reproduce {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        if let Some(scheduler) = self.cluster.script {
            return self.hand_over(scheduler, output);
        }
        output.interrupts.raise_for(PATIENCE, "stopping");
        let words = std::env::args_os().skip(1);
        let words: Vec<String> = words.map(|word| quoted(Path::new(&word))).collect();
        let command = format!("lindiff {}", words.join(" "));
        let options = ReproduceOptions {
            figures: &self.figures,
            quick: self.quick,
            data: &self.data,
            out: &self.out,
            overwrite: self.overwrite,
            command: &command,
            interrupt: output.interrupts.flag(),
            tell: &|part| output.note(part),
        };
        let told = reproduce(&options)?;
        let done = Done { figures: told };
        output.result(&done, |_| {
            let lines = done
                .figures
                .iter()
                .map(|t| format!("{}: {}\n  {}\n", t.figure, t.verdict.text(), t.measured));
            format!(
                "{}\n{}",
                lines.collect::<String>(),
                self.out.join("report.html").display()
            )
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
