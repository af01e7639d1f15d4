//! `lindiff compare`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::output::Output;
use crate::run::{Comparison, compare};
use crate::text::Page;
use crate::text::{Table, number};

/// Several runs side by side: what differs in their experiments, losses, divergences
#[derive(Debug, Args)]
#[command(after_help = "Example:
  lindiff compare artifacts/digits artifacts/digits-few")]
pub(super) struct Compare {
    /// The run directories
    #[arg(required = true, num_args = 2..)]
    runs: Vec<PathBuf>,
}

impl Compare {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let comparison = compare(&self.runs)?;
        output.result(&comparison, |page| text(&comparison, page))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn text(comparison: &Comparison, page: Page) -> String {
    let runs = &comparison.runs;
    let names = runs.iter().map(|run| run.run.display().to_string());
    let header: Vec<String> = std::iter::once(String::new()).chain(names).collect();
    let mut table = Table::new(header.clone());
    let mut line = |name: &str, value: &dyn Fn(usize) -> String| {
        let cells = (0..runs.len()).map(value);
        table.row(std::iter::once(name.to_owned()).chain(cells));
    };
    let summary = |i: usize| &runs[i].summary;
    line("epoch", &|i| summary(i).epoch.to_string());
    line("train loss", &|i| number(summary(i).loss.train_loss));
    line("test loss", &|i| number(summary(i).loss.test_loss));
    line("test loss, predicted", &|i| {
        number(summary(i).predicted.map(|predicted| predicted.test_loss))
    });
    line("oracle loss", &|i| number(summary(i).loss.oracle_loss));
    line("KL(true||sampled)", &|i| {
        number(summary(i).kl.map(|kl| kl.true_sampled.value()))
    });
    line("KL(sampled||true)", &|i| {
        number(summary(i).kl.map(|kl| kl.sampled_true.value()))
    });
    line("sqrt(W2^2/d)", &|i| number(summary(i).w2));
    let mut differences = Table::new(header);
    for difference in &comparison.differences {
        let value = |v: &Option<String>| v.clone().unwrap_or_else(|| "-".to_owned());
        let cells = difference.values.iter().map(value);
        differences.row(std::iter::once(difference.key.clone()).chain(cells));
    }
    format!("{}\n{}", table.on(page), differences.on(page))
}
