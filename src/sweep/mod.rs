//! How do results depend on the keys of an experiment? A grid of runs that goes on where it was stopped.
//!
//! A sweep takes an experiment, axes (a key and its values each) and a number of repeats. It gives two tables:
//! `results.csv`, with a row for each run, and `summary.csv`, with means and standard errors over the repeats.
//!
//! Every run has its own name, a digest of its identity. Its row is a line in the log of the process that did it, there
//! completely or not at all. So several processes can do parts of one grid in one folder, be killed, and go on. A larger
//! grid reuses the rows of a smaller one.

mod data_digests;
mod directory;
mod grid;
mod identity;
mod jobs;
#[cfg(feature = "parquet")]
mod lists;
mod log;
mod manifest;
mod options;
#[cfg(feature = "parquet")]
mod parquet;
mod prepared;
mod row;
mod rows;
mod run_set;
mod shape;
mod status;
mod tables;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::atomic::Ordering;

use serde::Serialize;

use self::directory::{RESULTS, RESULTS_PARQUET, SUMMARY, SweepDirectory};
use self::identity::GridRun;
use self::jobs::Jobs;
use self::log::Header;
use self::manifest::Manifest;
use self::prepared::Prepared;
use self::row::{Ended, RunRow};
use self::rows::Rows;
use crate::run::RunError;

pub use grid::{Axis, GridPoint, grid_points};
pub use options::{ListColumn, MoreTables, SweepOptions, SweepProgress};
pub use prepared::prepare;
pub use status::{FailedRuns, ProcessStatus, RunSeconds, ShardStatus, SweepStatus, status};

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
    /// The path of `results.parquet`, if it was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parquet: Option<PathBuf>,
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
    options.tables.check()?;
    let Prepared {
        runs,
        data,
        mut manifest,
    } = Prepared::of(axes, points)?;
    let base = runs.first().map(GridRun::settings).unwrap_or_default();
    let header = Header::of(options.shard, data, base);
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
    let rows = Rows::read(options.root)?;
    Jobs::of_share(&runs, &rows, header, options).run()?;
    drop((rows, runs, manifest));
    let result = write_tables(options.root, options.tables)?;
    Ok(SweepResult {
        interrupted: options.interrupt.load(Ordering::Relaxed),
        ..result
    })
}

/// Writes the tables of all rows that are there, while processes are at work or after.
///
/// # Errors
/// A folder that no sweep of this version made; files that cannot be read or written.
pub fn write_tables(root: &Path, more: &MoreTables) -> Result<SweepResult, RunError> {
    more.check()?;
    let directory = SweepDirectory::open_existing(root)?;
    let _writing = directory.writing()?;
    let sweep = Manifest::of_sweep(root)?;
    let rows = Rows::<RunRow>::read(root)?;
    tables::write(root, &sweep, &rows)?;
    #[cfg(feature = "parquet")]
    if more.parquet {
        parquet::write(root, &sweep, &rows, &more.lists)?;
    }
    let ended = || sweep.runs.iter().filter_map(|&run| rows.of(run));
    let failed = ended().filter(|row| row.has_failed()).count();
    let done = ended().count() - failed;
    let runs = sweep.runs.len();
    Ok(SweepResult {
        runs,
        done,
        failed,
        left: runs - done - failed,
        interrupted: false,
        results: root.join(RESULTS),
        summary: root.join(SUMMARY),
        parquet: more.parquet.then(|| root.join(RESULTS_PARQUET)),
    })
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
