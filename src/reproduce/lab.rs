//! The means of all figures: the size of the set, the user's data, and how to stop.

use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::run::RunError;

pub(super) struct Lab<'a> {
    /// Whether to make the small set of figures: few dimensions, repeats and epochs.
    pub quick: bool,
    /// Data files, as images or rows.
    pub data: &'a [PathBuf],
    pub interrupt: &'a AtomicBool,
    pub tell: &'a dyn Fn(&str),
}

impl Lab<'_> {
    /// The dimension of synthetic data.
    pub fn dim(&self) -> usize {
        if self.quick { 40 } else { 200 }
    }

    /// The number of training sets of a point.
    pub fn repeats(&self) -> usize {
        if self.quick { 60 } else { 24 }
    }

    /// On how many of them a network is trained by autodiff.
    pub fn trained(&self) -> usize {
        if self.quick { 1 } else { 4 }
    }

    /// The number of epochs of a point that has `full` of them in the full set.
    pub fn epochs(&self, full: usize) -> usize {
        if self.quick { full / 4 } else { full }
    }

    /// An error once the user has asked to stop.
    pub fn check(&self) -> Result<(), RunError> {
        check(self.interrupt)
    }
}

/// [`Lab::check`] of the flag alone, which threads share.
pub(super) fn check(interrupt: &AtomicBool) -> Result<(), RunError> {
    if interrupt.load(Ordering::Relaxed) {
        return Err(RunError::Stopped);
    }
    Ok(())
}

/// N = `ratio` d, at least 2.
pub(super) fn samples(dim: usize, ratio: f64) -> usize {
    ((dim as f64 * ratio).round() as usize).max(2)
}
