//! The paper's results (Merger and Goldt, arXiv 2505.24769), each as data, a figure and a verdict: theory as lines,
//! trained networks as points.

mod consistency;
mod directions;
mod divergences;
mod finding;
mod lab;
mod losses;
mod made;
mod regularised;
mod report;
mod spectra;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use serde::Serialize;

use self::lab::{Lab, names_of};
use self::made::Made;
use self::report::About;
use self::spectra::eigenvectors_of;
use crate::config::is_pipe;
use crate::run::RunError;

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

/// What the names of a figure's charts end in; none has all.
const CHARTS: [&str; 6] = ["", "-ridge", "-noise-095", "-kl", "-loss", "-variance"];
const REPORTS: [&str; 2] = ["report.md", "report.html"];

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
    /// Replace files that `reproduce` did not make.
    pub overwrite: bool,
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
/// A name that is no figure's, a file that exists and that `reproduce` did not make, data that cannot be used, files that cannot be written, and an interruption.
pub fn reproduce(options: &ReproduceOptions<'_>) -> Result<Vec<Told>, RunError> {
    for name in options.figures {
        if !figure_names().any(|known| known == name) {
            let known: Vec<&str> = figure_names().collect();
            let problem = format!("{name} is not a figure: there are {}", known.join(", "));
            return Err(RunError::Invalid(problem));
        }
    }
    if let Some(missing) = options.data.iter().find(|path| !path.exists()) {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(RunError::io(missing)(source));
    }
    if let Some(pipe) = options.data.iter().find(|path| is_pipe(path)) {
        return Err(RunError::Pipe {
            path: pipe.clone(),
            reads: "several figures read it",
        });
    }
    let out = options.out;
    let wanted =
        |name: &str| options.figures.is_empty() || options.figures.iter().any(|f| f == name);
    let made = Made::in_folder(out, options.overwrite);
    for name in file_names(wanted, options.data) {
        made.check(&name)?;
    }
    std::fs::create_dir_all(out).map_err(RunError::io(out))?;
    let start = Instant::now();
    let lab = Lab {
        quick: options.quick,
        data: options.data,
        made: &made,
        interrupt: options.interrupt,
        tell: options.tell,
    };
    let mut findings = Vec::new();
    for (name, draw) in FIGURES.iter().filter(|figure| wanted(figure.0)) {
        let finding = draw(&lab)?;
        made.write(&format!("{name}.csv"), &finding.table.csv())?;
        for (ending, chart) in &finding.charts {
            made.save(&format!("{name}{ending}"), chart)?;
        }
        findings.push(finding);
    }
    let about = About {
        command: options.command.to_owned(),
        seconds: start.elapsed().as_secs_f64(),
        machine: machine(),
        quick: options.quick,
    };
    made.write(REPORTS[0], report::markdown(&findings, &about).as_bytes())?;
    let page = report::html(&findings, &about, out).map_err(RunError::io(out))?;
    made.write(REPORTS[1], page.as_bytes())?;
    Ok(findings
        .into_iter()
        .map(|finding| Told {
            figure: finding.name,
            verdict: finding.verdict.text(),
            measured: finding.measured,
        })
        .collect())
}

/// The files that figures and reports are made into.
fn file_names(wanted: impl Fn(&str) -> bool, data: &[PathBuf]) -> Vec<String> {
    let mut names = REPORTS.map(str::to_owned).to_vec();
    for (figure, _) in FIGURES.iter().filter(|figure| wanted(figure.0)) {
        names.push(format!("{figure}.csv"));
        for part in CHARTS {
            names.extend(["svg", "png"].map(|ending| format!("{figure}{part}.{ending}")));
        }
    }
    if wanted("spectra") {
        names.push(eigenvectors_of("digits"));
        names.extend(names_of(data).iter().map(|name| eigenvectors_of(name)));
    }
    names
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
