//! The result of a training: its summary, verdict and cost.

use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::cli::evaluate::summary_text;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::run::{Evaluations, RidgeAdvice, RunDirectory, Trained, verdict};
use crate::training::{State, Stop};

/// How training ended, and what it cost.
#[derive(Serialize)]
pub(super) struct Ended {
    run: PathBuf,
    stop: &'static str,
    epochs: usize,
    /// The seconds of training.
    seconds: f64,
    /// The seconds of the whole command.
    total_seconds: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    peak_memory_bytes: Option<u64>,
}

impl Ended {
    pub(super) fn of(output: &Output, root: &Path, stop: Stop, state: &State) -> Self {
        Self {
            run: root.to_owned(),
            stop: match stop {
                Stop::Early => "early",
                _ => "finished",
            },
            epochs: state.epoch,
            seconds: state.seconds,
            total_seconds: output.seconds(),
            peak_memory_bytes: peak_memory(),
        }
    }
}

#[derive(Serialize)]
struct Done<'a> {
    #[serde(flatten)]
    ended: Ended,
    verdict: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    best_ridge: Option<RidgeAdvice>,
    #[serde(flatten)]
    evaluations: &'a Evaluations,
}

pub(super) fn report(
    output: &Output,
    directory: &RunDirectory,
    trained: &Trained,
) -> Result<(), Failure> {
    let Trained {
        stop,
        state,
        evaluations,
        ..
    } = trained;
    let done = Done {
        ended: Ended::of(output, directory.root(), *stop, state),
        verdict: verdict(trained),
        best_ridge: trained.ridge,
        evaluations,
    };
    output.result(&done, |page| {
        let mut text = summary_text(&evaluations.last, page);
        text += "\n";
        for sentence in &done.verdict {
            text += &format!("{sentence}\n");
        }
        text + &cost_text(&done.ended)
    })
}

pub(super) fn cost_text(ended: &Ended) -> String {
    let memory = ended.peak_memory_bytes.map_or_else(String::new, |bytes| {
        format!(", peak memory {} MB", bytes / 1_000_000)
    });
    format!(
        "\n{} epochs in {:.1} s of training, {:.1} s in all{memory}. In {}: plots/, metrics.csv, summary.json, checkpoints/\n",
        ended.epochs,
        ended.seconds,
        ended.total_seconds,
        ended.run.display()
    )
}

/// The most memory that this process has held so far, if the system says.
fn peak_memory() -> Option<u64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"))?;
    let kilobytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    Some(kilobytes * 1024)
}
