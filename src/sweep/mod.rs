//! How do results depend on the keys of an experiment? A grid of runs, which goes on where it was stopped.
//!
//! A sweep takes an experiment, axes (a key and its values each) and a number of repeats, and gives two tables:
//! `results.csv`, a row a run, and `summary.csv`, means and standard errors over the repeats.
//!
//! Every run has a name of its own, a digest of what it is; its row lies under that name, written whole or not at all. So
//! any number of processes may do parts of one grid in one folder, be killed, and go on; a larger grid finds what a
//! smaller one left.

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
    pub runs: usize,
    pub done: usize,
    pub failed: usize,
    /// Runs of other shards, and those that an interruption left.
    pub left: usize,
    pub interrupted: bool,
    pub results: PathBuf,
    pub summary: PathBuf,
}

/// Runs what is left of this process's share of a grid, then writes the tables of all that is there.
///
/// A run that fails is a row with its error; the others go on. Where files cannot be read or written it stops.
///
/// # Errors
/// A folder that no sweep made; a sweep there with runs that are not in this grid, unless it is to be overwritten; files
/// that cannot be read or written; rows that are not what their names say.
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
    {
        let _writing = directory.writing()?;
        if options.overwrite {
            start_anew(&directory, &runs, options)?;
        } else {
            manifest.check(options.root)?;
        }
        manifest.write(options.root)?;
    }
    let rows = RowFolder::open(&directory)?;
    Jobs::of_share(&runs, &rows, options)?.run()?;
    write_tables(axes, &runs, &rows, &directory, &manifest, options)
}

/// Removes what a sweep wrote, and tells of what else is there.
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

/// Writes the tables of all rows that are there; one process at a time.
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
    // Where another process has extended the grid in the meantime, the tables are its own to write.
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
