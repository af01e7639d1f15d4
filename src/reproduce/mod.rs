//! Do the paper's results hold (Merger and Goldt, arXiv 2505.24769)? Each claim is a figure with its data, its charts
//! and a verdict. Theory is drawn as lines, trained networks as points.
//!
//! What is measured is kept (`kept`), so that a command goes on where it was stopped, and several processes share it out.
//! A figure is made in four steps (`figure`): the plan of its runs; the measurements, each beside its prediction and a
//! control; the judgement of the claim; the charts. [`Agreement`] is the test of the predictions: its equations are
//! documented there. [`reproduce`] takes the names of figures, and writes data, charts and a report into a folder.
//! [`Measurements`] reads the data again. The equations of the measurements are documented in `figures`.

mod agreement;
mod case;
mod draw;
mod figure;
mod figures;
mod finding;
mod folder;
mod group;
mod kept;
mod lab;
mod loss_pair;
mod measurements;
mod page;
mod pixel_rows;
mod points;
mod report;
mod seeds;
mod sources;
mod study;
mod verdict;

use std::path::{Path, PathBuf};
use std::sync::atomic::AtomicBool;

use serde::Serialize;

use self::figure::{Maker, Share};
use self::figures::FIGURES;
use self::finding::Finding;
use self::kept::KeptParts;
use self::lab::Lab;
use self::report::{About, HTML, MARKDOWN};
use crate::config::is_pipe;
use crate::run::RunError;
use crate::text::quoted;

pub use self::agreement::{Agreement, Compared, GroupResult};
pub(crate) use self::folder::ReportFolder;
pub use self::group::{Group, Regime};
pub use self::measurements::{Measurements, MeasurementsError};
pub(crate) use self::page::{figure as page_figure, scrolled, whole_page};
pub use self::verdict::Verdict;

/// The names of the figures.
pub fn figure_names() -> impl Iterator<Item = &'static str> {
    FIGURES.iter().map(|figure| figure.name)
}

/// What to reproduce, and where the results go.
pub struct ReproduceOptions<'a> {
    /// The names of figures; all figures if there are none.
    pub figures: &'a [String],
    /// Whether to make the small and fast set, at d = 40.
    pub quick: bool,
    /// Data files beside the digits.
    pub data: &'a [PathBuf],
    /// The folder for the results.
    pub out: &'a Path,
    /// Whether to replace files that `reproduce` did not make.
    pub overwrite: bool,
    /// `(I, K)` to measure the I-th, from 0, of K parts alone; `None` for everything.
    pub shard: Option<(usize, usize)>,
    /// The command as it was typed, for the report.
    pub command: &'a str,
    /// If this is raised, the work stops.
    pub interrupt: &'a AtomicBool,
    /// Called with each part that is done.
    pub tell: &'a dyn Fn(&str),
}

/// A summary of a figure.
#[derive(Debug, Clone, Serialize)]
pub struct FindingSummary {
    /// The name of the figure.
    pub figure: &'static str,
    /// The verdict.
    pub verdict: Verdict,
    /// What was measured, in sentences with their numbers.
    pub measured: String,
    /// How the points agree with theory; absent if none has a prediction.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Agreement>,
}

/// What was made.
#[derive(Debug, Clone, Serialize)]
#[serde(untagged)]
pub enum Reproduced {
    /// The figures and the report.
    Report {
        /// The figures.
        figures: Vec<FindingSummary>,
    },
    /// The share of a process, which left parts for others.
    Share {
        /// How many parts are not measured yet.
        parts_left: usize,
    },
}

/// Makes the figures and the report. What is measured is kept in the folder, and not measured again. Of several processes
/// with a share each, the one that ends last makes the report.
///
/// # Errors
/// A name that is not a figure's; a file that exists and that `reproduce` did not make; data that cannot be used;
/// files that cannot be written; an interruption.
pub fn reproduce(options: &ReproduceOptions<'_>) -> Result<Reproduced, RunError> {
    let figures = figures_of(options.figures)?;
    check_data(options.data)?;
    let lab = Lab {
        quick: options.quick,
        data: options.data,
        interrupt: options.interrupt,
        tell: options.tell,
    };
    let folder = ReportFolder::new(options.out, options.overwrite);
    let files = figures.iter().flat_map(|figure| figure.files(&lab));
    for file in [MARKDOWN, HTML].map(str::to_owned).into_iter().chain(files) {
        folder.check(&file)?;
    }
    let kept = KeptParts::new(options.out, options.quick, options.data)?;
    kept.create()?;
    if let Some(shard) = options.shard {
        let parts_left = measure_share(&figures, &lab, &kept, shard)?;
        if parts_left > 0 {
            return Ok(Reproduced::Share { parts_left });
        }
    }
    let mut findings: Vec<Finding> = Vec::new();
    for figure in figures {
        let finding = (figure.make)(&lab, &kept)?;
        let _writing = kept.writing()?;
        folder.write_figure(&finding)?;
        findings.push(finding);
    }
    let about = About {
        command: options.command.to_owned(),
        flags: flags(options),
        seconds: findings.iter().map(|finding| finding.seconds).sum(),
        machine: machine(),
        quick: options.quick,
        trained: lab.trained(),
    };
    let _writing = kept.writing()?;
    folder.write(MARKDOWN, report::markdown(&findings, &about).as_bytes())?;
    folder.write(HTML, page::html(&findings, &about).as_bytes())?;
    let figures = findings.into_iter().map(summary).collect();
    Ok(Reproduced::Report { figures })
}

/// Measures the parts of a process. Returns how many parts are left for others.
fn measure_share(
    figures: &[Maker],
    lab: &Lab<'_>,
    kept: &KeptParts,
    shard: (usize, usize),
) -> Result<usize, RunError> {
    let mut share = Share::new(shard);
    for figure in figures {
        (figure.measure_share)(lab, kept, &mut share)?;
    }
    let left = figures.iter().map(|figure| (figure.left)(lab, kept));
    left.sum()
}

/// The flags that change what a figure shows.
fn flags(options: &ReproduceOptions<'_>) -> String {
    let quick = options.quick.then(|| " --quick".to_owned());
    let data = options.data.iter();
    let data = data.map(|path| format!(" --data {}", quoted(path)));
    quick.into_iter().chain(data).collect()
}

fn summary(finding: Finding) -> FindingSummary {
    FindingSummary {
        figure: finding.name,
        verdict: finding.verdict(),
        measured: finding.measured(),
        agreement: finding.agreement,
    }
}

/// The figures of these names, in the order of the report.
fn figures_of(names: &[String]) -> Result<Vec<Maker>, RunError> {
    if let Some(name) = names
        .iter()
        .find(|name| !figure_names().any(|known| known == *name))
    {
        let known: Vec<&str> = figure_names().collect();
        let problem = format!("{name} is not a figure: there are {}", known.join(", "));
        return Err(RunError::Invalid(problem));
    }
    let is_wanted = |figure: &&Maker| names.is_empty() || names.iter().any(|n| n == figure.name);
    Ok(FIGURES.iter().filter(is_wanted).copied().collect())
}

/// Refuses data files that are missing or can be read only once.
fn check_data(files: &[PathBuf]) -> Result<(), RunError> {
    if let Some(missing) = files.iter().find(|path| !path.exists()) {
        let source = std::io::ErrorKind::NotFound.into();
        return Err(RunError::io(missing)(source));
    }
    if let Some(pipe) = files.iter().find(|path| is_pipe(path)) {
        return Err(RunError::Pipe {
            path: pipe.clone(),
            reads: "several figures read it",
        });
    }
    Ok(())
}

/// The architecture, the number of threads, and the name of the processor if the system says it.
fn machine() -> String {
    let cpus = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = cpus
        .lines()
        .find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let name = name.map_or(std::env::consts::ARCH, |(_, name)| name);
    format!("{} threads of {name}", rayon::current_num_threads())
}
