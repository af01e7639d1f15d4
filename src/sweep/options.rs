//! The question of a sweep, and its progress.

use std::path::Path;
use std::str::FromStr;
use std::sync::atomic::AtomicBool;

use crate::run::RunError;

/// The part of a grid that this process does, and how.
pub struct SweepOptions<'a> {
    /// The folder of the sweep.
    pub root: &'a Path,
    /// The number of runs at a time.
    pub jobs: usize,
    /// `(i, k)`: every k-th run from the i-th, from 0.
    pub shard: (usize, usize),
    /// Keep only the rows, not the folders of the runs.
    pub slim: bool,
    /// Do the runs that failed again.
    pub retry_failed: bool,
    /// The tables that are written at the end.
    pub tables: &'a MoreTables,
    /// Start anew: first remove what a sweep wrote in the folder.
    pub overwrite: bool,
    /// Called with each file that `overwrite` leaves alone.
    pub left_alone: &'a (dyn Fn(&Path) + Sync),
    /// If this is raised, the sweep stops.
    pub interrupt: &'a AtomicBool,
    /// Called with the progress, from several threads.
    pub progress: &'a (dyn Fn(SweepProgress) + Sync),
    /// Called once if the file system has no locks.
    pub warn: &'a (dyn Fn(&str) + Sync),
    /// Called once with each note on how the data were read, from several threads.
    pub note: &'a (dyn Fn(&str) + Sync),
}

/// The progress of this process's share of a sweep.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepProgress {
    /// Runs that are done.
    pub done: usize,
    /// Runs that failed.
    pub failed: usize,
    /// Runs that remain.
    pub left: usize,
    /// Those of the done runs that were there before.
    pub found: usize,
}

/// The tables that are written beside `results.csv` and `summary.csv`.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct MoreTables {
    /// `results.parquet`: the results with types. It needs the feature `parquet`.
    pub parquet: bool,
    /// Further columns of `results.parquet`: lists of numbers from the folders of the runs.
    pub lists: Vec<ListColumn>,
}

impl MoreTables {
    /// Refuses what this build cannot write.
    pub(super) fn check(&self) -> Result<(), RunError> {
        if self.parquet && !cfg!(feature = "parquet") {
            let problem = "--parquet: this build writes no Parquet. Build lindiff with --features parquet, or let DuckDB turn \
                           results.csv into it";
            return Err(RunError::Invalid(problem.to_owned()));
        }
        Ok(())
    }
}

/// Lists of numbers that a table can hold for each run whose folder was kept.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ListColumn {
    /// The eigenvalues of the true covariance and of that of the training set, largest first.
    Spectra,
    /// The losses of the last epoch at each noise level that was evaluated.
    LossesByStep,
}

impl FromStr for ListColumn {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "spectra" => Ok(Self::Spectra),
            "losses-by-step" => Ok(Self::LossesByStep),
            _ => Err(format!("{text:?} is neither spectra nor losses-by-step")),
        }
    }
}
