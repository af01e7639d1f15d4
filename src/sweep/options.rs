//! What a sweep is asked, and what it tells while it runs.

use std::path::Path;
use std::sync::atomic::AtomicBool;

/// Which part of a grid this process does, and how.
pub struct SweepOptions<'a> {
    pub root: &'a Path,
    /// Runs at a time.
    pub jobs: usize,
    /// `(i, k)`: every k-th run from the i-th, from 0.
    pub shard: (usize, usize),
    /// Keep rows alone, no folder a run.
    pub slim: bool,
    /// Start anew: remove what a sweep wrote there before.
    pub overwrite: bool,
    /// Told of what `overwrite` leaves alone.
    pub left_alone: &'a (dyn Fn(&Path) + Sync),
    /// Raised when the sweep is to stop.
    pub interrupt: &'a AtomicBool,
    /// Told of what is done, from several threads.
    pub progress: &'a (dyn Fn(SweepProgress) + Sync),
    /// Told once of each thing that the user should know of how the data were read, from several threads.
    pub note: &'a (dyn Fn(&str) + Sync),
}

/// How far this process's share of a sweep has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepProgress {
    pub done: usize,
    pub failed: usize,
    pub left: usize,
    /// Those among the done that were there before.
    pub found: usize,
}
