//! `lindiff reproduce`

mod script;

use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use clap::Args;

use super::failure::Failure;
use super::output::Output;
use super::script::ScriptFlags;
use super::shard::Shard;
use crate::reproduce::{ReproduceOptions, Reproduced, figure_names, reproduce};
use crate::text::quoted;

/// How long a signal waits for a part that can stop by itself.
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
  lindiff reproduce --script slurm --shards 16 --out artifacts/paper

What is measured is kept in DIR/parts: the same command goes on where it was stopped, and a second time it only draws. Remove
that folder to measure anew. On a cluster the parts are shared out among the tasks, and the last one makes the report.")]
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
    /// Measure the I-th of K parts alone; the process that ends last makes the report
    #[arg(long, value_name = "I/K", conflicts_with = "script")]
    shard: Option<Shard>,
    /// With --script: the number of tasks (default: as many as figures)
    #[arg(long, value_name = "K", requires = "script")]
    shards: Option<NonZero<usize>>,
    #[command(flatten)]
    cluster: ScriptFlags,
}

impl Reproduce {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        if let Some(scheduler) = self.cluster.script {
            return self.hand_over(scheduler, output);
        }
        output.interrupts.work_is_saved();
        output.interrupts.raise_for(
            PATIENCE,
            "stopping; the same command goes on with the parts that are left",
        );
        let options = ReproduceOptions {
            figures: &self.figures,
            quick: self.quick,
            data: &self.data,
            out: &self.out,
            overwrite: self.overwrite,
            shard: self.shard.map(Shard::counted_from_zero),
            command: &command(),
            interrupt: output.interrupts.flag(),
            tell: &|part| output.note(part),
        };
        let reproduced = reproduce(&options)?;
        output.result(&reproduced, |_| self.text(&reproduced))?;
        Ok(ExitCode::SUCCESS)
    }

    fn text(&self, reproduced: &Reproduced) -> String {
        match reproduced {
            Reproduced::Report { figures } => {
                let lines = figures
                    .iter()
                    .map(|t| format!("{}: {}\n  {}\n", t.figure, t.verdict.text(), t.measured));
                format!(
                    "{}\n{}",
                    lines.collect::<String>(),
                    self.out.join("report.html").display()
                )
            }
            Reproduced::Share { parts_left } => {
                format!("{parts_left} parts are left for other shards")
            }
        }
    }
}

/// The command as it was typed, without the shard: the report is of all.
fn command() -> String {
    let mut words = std::env::args_os().skip(1);
    let mut kept = vec!["lindiff".to_owned()];
    while let Some(word) = words.next() {
        match word.to_str() {
            Some("--shard") => drop(words.next()),
            Some(word) if word.starts_with("--shard=") => {}
            _ => kept.push(quoted(Path::new(&word))),
        }
    }
    kept.join(" ")
}
