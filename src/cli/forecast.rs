//! `lindiff forecast`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::output::Output;
use super::progress::Waiting;
use super::source::experiment_of;
use crate::forecast::{Basis, Forecast, Forecasted, WithSamples, forecast};
use crate::text::Page;
use crate::text::{Table, number};

/// From your own rows alone: are they enough, which ridge, when to stop, what would more rows bring
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff forecast expression.csv
  lindiff forecast images.npy --samples 1000,10000
  lindiff forecast digits --set schedule.keep=50 --json
Every value is marked 'identified' by the rows, or 'assumes the tail' of the spectrum, which they do not show.")]
pub(super) struct ForecastOf {
    /// A file or folder of data, `digits`, or a config that names rows
    data: PathBuf,
    /// Other numbers of rows (default: twice and ten times as many)
    #[arg(long, value_name = "N", value_delimiter = ',')]
    samples: Vec<usize>,
    /// Sets a key of the experiment, such as data.columns or training.ridge
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed of the parts for cross-validation
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
}

impl ForecastOf {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let mut sets = self.set.clone();
        sets.extend(self.seed.map(|seed| format!("seed={seed}")));
        let experiment = experiment_of(&self.data, &sets, output)?;
        let waiting = Waiting::new(output, "forecasting");
        let found = forecast(&experiment, &self.samples);
        drop(waiting);
        let found = found?;
        output.notes(&found.notes);
        output.result(&found, |page| text(&found, page))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn text(found: &Forecast, page: Page) -> String {
    let mut text = format!(
        "{}: {} rows in {}, {} noise levels, ridge {}\n\n",
        found.source,
        found.rows,
        found.dimensions,
        found.steps,
        number(found.ridge)
    );
    let mut table = Table::new([
        "rows",
        "test loss",
        "excess over the oracle",
        "2-Wasserstein",
        "",
    ]);
    for with in std::iter::once(&found.now).chain(&found.with_samples) {
        let WithSamples {
            samples,
            test_loss,
            excess_loss,
            w2,
            ..
        } = with;
        let basis = basis_text(&[test_loss, excess_loss, w2]);
        table.row([
            samples.to_string(),
            cell(test_loss),
            cell(excess_loss),
            cell(w2),
            basis,
        ]);
    }
    text += &table.on(page);
    let check = &found.cross_validation;
    text += &format!(
        "\n{}-fold cross-validation of the closed form, {} rows: {} ± {}; forecast for as many: {}\n",
        check.folds,
        check.samples,
        number(check.test_loss),
        number(check.standard_error),
        number(check.forecast)
    );
    if let Some(tail) = found.tail {
        text += &format!(
            "The rows show eigenvalues down to about {}; below, a power law nu^-{:.2} is assumed.\n",
            number(tail.least_effective_ridge),
            tail.exponent
        );
    }
    text += "\n";
    for sentence in &found.verdict {
        text += &format!("{sentence}\n");
    }
    for warning in &found.warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

fn cell(value: &Forecasted) -> String {
    let mark = match value.basis {
        Basis::Identified => "",
        Basis::AssumesTheTail => "*",
    };
    format!(
        "{}{mark} [{}, {}]",
        number(value.value),
        number(value.low),
        number(value.high)
    )
}

fn basis_text(values: &[&Forecasted]) -> String {
    if values.iter().all(|v| v.basis == Basis::Identified) {
        "identified".to_owned()
    } else {
        "* assumes the tail".to_owned()
    }
}
