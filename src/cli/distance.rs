//! `lindiff distance`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::output::Output;
use super::progress::Waiting;
use super::source::experiment_of;
use crate::config::Source;
use crate::distance::{
    FileFeatures, FrechetDistance, Settings, frechet, read_features, read_statistics,
};
use crate::text::{Page, Table, number};

/// How far two sets of features are apart: the Fréchet distance (FID) without the bias of few rows
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff distance real.npy generated.npy
  lindiff distance train.csv test.csv --set data.columns=2..10 --json
  lindiff distance generated.npy reference.npz
A and B are files of rows, a row for each image or item and a column for each
feature: what `lindiff forecast` reads. Or an .npz with mu and sigma, as
pytorch-fid writes it: that law is taken for known. At least 1.25 d + 2 rows are
needed in d dimensions.")]
pub(super) struct DistanceOf {
    /// A file or folder of features, an .npz with mu and sigma, `digits`, or a config that names rows
    a: PathBuf,
    /// The other set of features, with the same columns
    b: PathBuf,
    /// Sets how both files are read, such as data.columns, data.array, or data.group
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Seed of the fifths of the rows that are left out for the interval
    #[arg(long, value_name = "S", default_value_t = 1)]
    seed: u64,
}

impl DistanceOf {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let a = self.features(&self.a, output)?;
        let b = self.features(&self.b, output)?;
        let names = [&self.a, &self.b].map(|path| path.display().to_string());
        let settings = Settings::default().seed(self.seed);
        let settings = settings.names(&names[0], &names[1]);
        let waiting = Waiting::new(output, "measuring the distance");
        let mut tell = |done, all| waiting.tell(format!("measuring the distance: {done} of {all}"));
        let found = frechet(&a.features(), &b.features(), &settings, &mut tell);
        drop(waiting);
        let mut found = found?;
        for (name, features) in names.iter().zip([&a, &b]) {
            let notes = features.notes().iter();
            found
                .notes
                .extend(notes.map(|note| format!("{name}: {note}")));
        }
        output.notes(&found.notes);
        output.result(&found, |page| text(&found, page))?;
        Ok(ExitCode::SUCCESS)
    }

    fn features(&self, source: &Path, output: &Output) -> Result<FileFeatures, Failure> {
        if let Some(statistics) = read_statistics(source)? {
            return Ok(statistics);
        }
        let experiment = experiment_of(source, &self.set, output)?;
        match &experiment.data.source {
            Source::Real(real) => Ok(read_features(real)?),
            _ => Err(Failure::of_input(format!(
                "{}: a distance is of rows, and this is a synthetic spectrum",
                source.display()
            ))),
        }
    }
}

fn text(found: &FrechetDistance, page: Page) -> String {
    let mut text = format!(
        "{} and {}: {} dimensions{}\n\n",
        found.a.source,
        found.b.source,
        found.dim,
        match found.constant {
            0 => String::new(),
            1 => " (1 constant column)".to_owned(),
            constant => format!(" ({constant} constant columns)"),
        }
    );
    let mut table = Table::new(["squared distance", "value", "95 % interval"]);
    let mut row = |name: &str, value: Option<f64>, interval: String| {
        table.row([name.to_owned(), number(value), interval]);
    };
    let interval = match (found.low, found.high) {
        (Some(low), Some(high)) => format!("[{}, {}]", number(low), number(high)),
        _ => number(None),
    };
    row("without bias", Some(found.value), interval);
    row("- of the means", Some(found.mean_difference), String::new());
    let covariances = found.value - found.mean_difference;
    row("- of the covariances", Some(covariances), String::new());
    row("plain (FID)", Some(found.plain), String::new());
    row("its bias", Some(found.bias), String::new());
    row("jackknife", found.jackknife, String::new());
    text += &table.on(page);
    text += "\n";
    for sentence in &found.verdict {
        text += &format!("{sentence}\n");
    }
    for warning in &found.warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}
