//! `lindiff spectrum`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::failure::Failure;
use super::output::Output;
use super::progress::Waiting;
use super::source::experiment_of;
use crate::forecast::{SpectrumReport, spectrum_report};
use crate::report::{Axis, Chart, ChartFiles, Dash, Hue, KeyOf, Quantity};
use crate::text::Page;
use crate::text::{Table, number};

/// The covariance spectrum of data: rank, power law, effective dimensions, samples needed, how Gaussian
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff spectrum digits
  lindiff spectrum images.npy --plot spectrum.png
  lindiff spectrum train-images-idx3-ubyte.gz --set data.pool=2 \\
      --set data.min_variance=0.01
  lindiff spectrum configs/power-law.toml --json")]
pub(super) struct SpectrumOf {
    /// `digits`, a file or folder of data, or a config
    source: PathBuf,
    /// Sets a key of the experiment, such as data.columns or data.pool
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Draw the eigenvalues against their rank into FILE.svg and FILE.png
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Replace the files of --plot if they exist
    #[arg(long, requires = "plot")]
    overwrite: bool,
}

impl SpectrumOf {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let plot = self.plot.as_ref();
        let plot = plot.map(|file| ChartFiles::new(file, self.overwrite));
        let plot = plot.transpose()?;
        let experiment = experiment_of(&self.source, &self.set, output)?;
        let waiting = Waiting::new(output, "computing the spectrum");
        let report = spectrum_report(&experiment);
        drop(waiting);
        let report = report?;
        if let Some(files) = plot {
            files.save(&chart(&report))?;
        }
        output.notes(&report.notes);
        output.result(&report, |page| text(&report, page))?;
        Ok(ExitCode::SUCCESS)
    }
}

fn text(report: &SpectrumReport, page: Page) -> String {
    let rows = report
        .rows
        .map_or_else(String::new, |rows| format!(" of {rows} rows"));
    let mut text = format!(
        "{}: covariance{rows} in {}, rank {}\n\n",
        report.source, report.dimensions, report.rank
    );
    let mut table = Table::new(["", "value"]);
    let mut row = |name: &str, value: String| table.row([name.to_owned(), value]);
    row("trace", number(report.trace));
    row("largest eigenvalue", number(report.eigenvalues[0]));
    row(
        "smallest positive",
        number(report.eigenvalues[report.rank - 1]),
    );
    if let Some(fit) = report.power_law {
        row("power law: exponent", number(fit.exponent));
        row("power law: R^2", number(fit.r_squared));
    }
    row("participation ratio", number(report.participation_ratio));
    row("entropy dimension", number(report.entropy_dimension));
    for effective in &report.effective_dimensions {
        let name = format!("df1 at {} of the mean eigenvalue", effective.relative_ridge);
        row(&name, number(effective.df1));
    }
    for needed in &report.samples_for_kl {
        let name = format!("samples for KL(true||sampled) = {}", needed.kl_true_sampled);
        row(&name, needed.samples.to_string());
    }
    text += &table.on(page);
    if let Some(gaussianity) = &report.gaussianity {
        text += &format!("\n{}\n", gaussianity.sentence);
    }
    for warning in &report.warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

fn chart(report: &SpectrumReport) -> Chart {
    let ranks = || (1..=report.eigenvalues.len()).map(|nu| nu as f64);
    let eigenvalues = ranks().zip(report.eigenvalues.iter().copied());
    let title = format!("{}: covariance spectrum", report.source);
    let chart = Chart::new(title, Axis::log("rank"), Axis::log("eigenvalue"))
        .key(KeyOf::Points, "eigenvalues");
    match report.power_law {
        None => chart.with(Quantity::new("", Hue::Blue).points(eigenvalues)),
        Some(fit) => {
            let name = format!("power law, k = {:.2}", fit.exponent);
            let quantity = Quantity::new(name, Hue::Blue).points(eigenvalues);
            chart
                .key(KeyOf::Line(Dash::Solid), "fit")
                .with(quantity.line(ranks().map(|nu| (nu, fit.at(nu)))))
        }
    }
}
