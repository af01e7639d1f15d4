//! How do results depend on the keys of an experiment? A grid of runs that goes on where it was stopped.
//!
//! A sweep takes an experiment, axes (a key and its values each) and a number of repeats. It gives two tables:
//! `results.csv`, with a row for each run, and `summary.csv`, with means and standard errors over the repeats.
//!
//! Every run has its own name, a digest of its identity. Its row is stored under that name, completely or not at all.
//! So several processes can do parts of one grid in one folder, be killed, and go on. A larger grid reuses the rows
//! of a smaller one.

mod data_digests;
mod directory;
mod grid;
mod identity;
mod jobs;
mod manifest;
mod options;
mod row;
mod run_set;
mod tables;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use serde::Serialize;

use self::data_digests::DataDigests;
use self::directory::{RESULTS, SUMMARY, SweepDirectory};
use self::identity::GridRun;
use self::jobs::Jobs;
use self::manifest::Manifest;
use self::row::{RowFolder, RunRow};
use self::run_set::RunSet;
use self::tables::RunResult;
use crate::run::RunError;
use crate::text::write_whole;

pub use grid::{Axis, GridPoint, grid_points};
pub use options::{SweepOptions, SweepProgress};

/// The state of the whole grid at the end of a sweep.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SweepResult {
    /// All runs of the grid.
    pub runs: usize,
    /// Runs that are done.
    pub done: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that remain, for other shards or because of an interruption.
    pub left: usize,
    /// Whether the sweep was interrupted.
    pub interrupted: bool,
    /// The path of `results.csv`.
    pub results: PathBuf,
    /// The path of `summary.csv`.
    pub summary: PathBuf,
}

/// Does the remaining runs of this process's share of a grid, then writes the tables of all existing rows.
///
/// A run that fails is a row with its error; the others go on. If files cannot be read or written, the sweep stops.
///
/// # Errors
/// A folder that no sweep made; a sweep there with runs that this grid does not have, unless it is to be overwritten;
/// files that cannot be read or written; rows that do not belong to their names.
pub fn sweep(
    axes: &[Axis],
    points: Vec<GridPoint>,
    options: &SweepOptions<'_>,
) -> Result<SweepResult, RunError> {
    let mut digests = DataDigests::default();
    let runs: Vec<GridRun> = points
        .into_iter()
        .map(|point| GridRun::new(point, &mut digests))
        .collect::<Result<_, _>>()?;
    let run_set = RunSet::of(runs.iter().map(GridRun::settings));
    let mut manifest = Manifest::new(digests.known, run_set);
    let directory = SweepDirectory::open(options.root)?;
    if let Some(warning) = directory.lock_warning() {
        (options.warn)(&warning);
    }
    {
        let _writing = directory.writing()?;
        if options.overwrite {
            start_anew(&directory, &runs, options)?;
        } else {
            manifest.check(options.root)?;
        }
        manifest.write(options.root)?;
    }
    let rows = RowFolder::open(options.root)?;
    Jobs::of_share(&runs, &rows, options)?.run()?;
    write_tables(axes, &runs, &rows, &directory, &manifest, options)
}

/// Removes what a sweep wrote, and reports the other files.
fn start_anew(
    directory: &SweepDirectory,
    runs: &[GridRun],
    options: &SweepOptions<'_>,
) -> Result<(), RunError> {
    let inputs = runs
        .iter()
        .flat_map(|run| run.point.experiment.input_files());
    let inputs: BTreeSet<&Path> = inputs.collect();
    let inputs: Vec<&Path> = inputs.into_iter().collect();
    for path in directory.clear(&inputs)? {
        (options.left_alone)(&path);
    }
    Ok(())
}

/// Writes the tables of all existing rows, one process at a time.
fn write_tables(
    axes: &[Axis],
    runs: &[GridRun],
    rows: &RowFolder,
    directory: &SweepDirectory,
    manifest: &Manifest,
    options: &SweepOptions<'_>,
) -> Result<SweepResult, RunError> {
    let _writing = directory.writing()?;
    let all: Vec<RunResult> = runs
        .iter()
        .map(|run| {
            let row = rows.read(run)?;
            Ok(RunResult { run, row })
        })
        .collect::<Result<_, RunError>>()?;
    let (results, summary) = (directory.path(RESULTS), directory.path(SUMMARY));
    // If another process has extended the grid in the meantime, that process writes the tables.
    if manifest.covers_that_of(options.root)? {
        write_whole(&results, &tables::results(axes, &all))?;
        write_whole(&summary, &tables::summary(axes, &all))?;
    }
    let count = |wanted: fn(&RunRow) -> bool| {
        let rows = all.iter().filter_map(|result| result.row.as_ref());
        rows.filter(|row| wanted(row)).count()
    };
    let done = count(|row| row.error.is_none());
    let failed = count(|row| row.error.is_some());
    Ok(SweepResult {
        runs: all.len(),
        done,
        failed,
        left: all.len() - done - failed,
        interrupted: options.interrupt.load(Ordering::Relaxed),
        results,
        summary,
    })
}
