//! The paper's results (Merger and Goldt, arXiv 2505.24769), each as data, a figure and a verdict: theory as lines,
//! trained networks as points.

mod consistency;
mod directions;
mod divergences;
mod finding;
mod lab;
mod losses;
mod regularised;
mod report;
mod spectra;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde::Serialize;

use self::lab::Lab;
use self::report::About;
use super::RunError;
use super::files::{ChartFiles, write_whole};

pub use finding::{Finding, Verdict};

type Draw = fn(&Lab<'_>) -> Result<Finding, RunError>;

/// Every figure by its name, in the order of the report.
const FIGURES: [(&str, Draw); 9] = [
    ("spectra", spectra::spectra),
    ("losses-vs-n", losses::losses_vs_n),
    ("losses-vs-noise", losses::losses_vs_noise),
    ("ridge", regularised::ridge),
    ("early-stopping", regularised::early_stopping),
    ("kl-vs-n", divergences::kl_vs_n),
    ("kl-universality", divergences::kl_universality),
    ("directions", directions::directions),
    ("consistency", consistency::consistency),
];

/// The names of the figures.
pub fn figure_names() -> impl Iterator<Item = &'static str> {
    FIGURES.iter().map(|figure| figure.0)
}

/// What is to be reproduced, and where it goes.
pub struct ReproduceOptions<'a> {
    /// All, if none are named.
    pub figures: &'a [String],
    /// Small and fast: every figure, at d = 40.
    pub quick: bool,
    /// Data files beside the digits.
    pub data: &'a [PathBuf],
    pub out: &'a Path,
    /// The command that was typed, for the report.
    pub command: &'a str,
    pub interrupt: &'a AtomicBool,
    /// Told of each part that is done.
    pub tell: &'a dyn Fn(&str),
}

/// A figure in brief.
#[derive(Debug, Clone, Serialize)]
pub struct Told {
    pub figure: &'static str,
    pub verdict: &'static str,
    pub measured: String,
}

/// Makes the figures, and the report.
///
/// # Errors
/// A name that is no figure's, data that cannot be used, files that cannot be written, and an interruption.
pub fn reproduce(options: &ReproduceOptions<'_>) -> Result<Vec<Told>, RunError> {
    for name in options.figures {
        if !figure_names().any(|known| known == name) {
            let known: Vec<&str> = figure_names().collect();
            let problem = format!("{name:?} is no figure: there are {}", known.join(", "));
            return Err(RunError::Invalid(problem));
        }
    }
    if let Some(missing) = options.data.iter().find(|path| !path.exists()) {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(RunError::io(missing)(source));
    }
    let out = options.out;
    std::fs::create_dir_all(out).map_err(RunError::io(out))?;
    let start = Instant::now();
    let lab = Lab {
        quick: options.quick,
        data: options.data,
        out,
        interrupt: options.interrupt,
        tell: options.tell,
    };
    let wanted =
        |name: &str| options.figures.is_empty() || options.figures.iter().any(|f| f == name);
    let mut findings = Vec::new();
    for (name, draw) in FIGURES.iter().filter(|figure| wanted(figure.0)) {
        let finding = draw(&lab)?;
        let csv = out.join(format!("{name}.csv"));
        write_whole(&csv, &finding.table.csv())?;
        for (ending, chart) in &finding.charts {
            ChartFiles::new(&out.join(format!("{name}{ending}")), true)?.save(chart)?;
        }
        findings.push(finding);
    }
    let about = About {
        command: options.command.to_owned(),
        seconds: start.elapsed().as_secs_f64(),
        machine: machine(),
        quick: options.quick,
    };
    let write = |name: &str, text: String| write_whole(&out.join(name), text.as_bytes());
    write("report.md", report::markdown(&findings, &about))?;
    write(
        "report.html",
        report::html(&findings, &about, out).map_err(RunError::io(out))?,
    )?;
    Ok(findings
        .into_iter()
        .map(|finding| Told {
            figure: finding.name,
            verdict: finding.verdict.text(),
            measured: finding.measured,
        })
        .collect())
}

/// Architecture, threads, and the processor's name where the system tells.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or(std::env::consts::ARCH, |(_, name)| name);
    format!("{} threads of {name}", rayon::current_num_threads())
}
