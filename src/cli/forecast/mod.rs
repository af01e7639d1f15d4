//! `lindiff forecast`

mod view;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use self::view::{chart, text};
use super::failure::Failure;
use super::output::Output;
use super::progress::Waiting;
use super::source::experiment_of;
use crate::data::read_covariance;
use crate::forecast::{Progress, forecast};
use crate::gaussian::Covariance;
use crate::report::ChartFiles;
use crate::text::number;

/// From your own rows alone: are they enough, which ridge, when to stop, what would more rows bring
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff forecast expression.csv
  lindiff forecast images.npy --samples 1000,10000 --plot images
  lindiff forecast digits --set schedule.keep=50 --json
  lindiff forecast expression.csv --covariance all
The loss with your rows is measured by leave-one-out. Others are 'identified' by the rows, or 'extrapolated' to directions
that they do not show.")]
pub(super) struct ForecastOf {
    /// A file or folder of data, `digits`, or a config that names rows
    data: PathBuf,
    /// Other numbers of rows (default: twice and ten times as many)
    #[arg(long, value_name = "N", value_delimiter = ',')]
    samples: Vec<usize>,
    /// Compare denoisers that are built on these covariances: empirical, ledoit-wolf, oas, quadratic-inverse, all of
    /// them (`all`), or a file that holds one, in the columns and units of the data
    #[arg(long, value_name = "NAME", value_delimiter = ',')]
    covariance: Vec<String>,
    /// Sets a key of the experiment, such as data.columns or training.ridge
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed of the tenths of the rows that are left out for the intervals
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// Draw the test loss against the number of rows into FILE.svg and .png
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Replace the files of --plot if they exist
    #[arg(long, requires = "plot")]
    overwrite: bool,
}

fn said(
    Progress {
        done,
        all,
        test_loss,
    }: &Progress,
) -> String {
    match test_loss {
        Some(loss) => format!(
            "forecasting: {done} of {all}, test loss {} with these rows",
            number(*loss)
        ),
        None => format!("forecasting: {done} of {all}"),
    }
}

impl ForecastOf {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let plot = self.plot.as_ref();
        let plot = plot.map(|file| ChartFiles::new(file, self.overwrite));
        let plot = plot.transpose()?;
        let mut sets = self.set.clone();
        sets.extend(self.seed.map(|seed| format!("seed={seed}")));
        let experiment = experiment_of(&self.data, &sets, output)?;
        let covariances = covariances(&self.covariance)?;
        let waiting = Waiting::new(output, "forecasting");
        let mut tell = |at| waiting.tell(said(&at));
        let found = forecast(
            &experiment,
            &self.samples,
            plot.is_some(),
            &covariances,
            &mut tell,
        );
        drop(waiting);
        let found = found?;
        if let Some(files) = plot {
            files.save(&chart(&found))?;
        }
        output.notes(&found.notes);
        output.result(&found, |page| text(&found, page))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// The covariances with some names, each once. What is no name is a file.
fn covariances(names: &[String]) -> Result<Vec<Covariance>, Failure> {
    let mut found: Vec<Covariance> = Vec::new();
    for name in names {
        let path = Path::new(name);
        let named = match Covariance::named(name) {
            _ if name == "all" => Covariance::ESTIMATORS.to_vec(),
            Some(covariance) => vec![covariance],
            None if path.exists() => vec![read_covariance(path)?],
            None => {
                let known = Covariance::ESTIMATORS
                    .map(|c| c.name().to_owned())
                    .join(", ");
                return Err(Failure::of_input(format!(
                    "--covariance {name}: neither {known}, all, nor a file"
                )));
            }
        };
        found.extend(
            named
                .into_iter()
                .filter(|c| !found.contains(c))
                .collect::<Vec<_>>(),
        );
    }
    Ok(found)
}
