//! The question of a sweep, and its progress.

use std::path::Path;
use std::sync::atomic::AtomicBool;

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
