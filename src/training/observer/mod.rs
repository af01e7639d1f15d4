//! What happens at each epoch? The learner calls a list of observers in order.

mod checkpoints;
mod metrics;
mod table;

use std::io;
use std::path::PathBuf;

pub use checkpoints::{Checkpoints, checkpoint_epoch, checkpoint_epochs, checkpoint_path};
pub use metrics::{BY_STEP_FILE, METRICS_FILE, Metrics, tables};
pub use table::{EpochTable, OpenTable, cell, first_missing};

use burn::optim::ModuleOptimizer;

use super::checkpoint::CheckpointError;
use super::state::{State, Stop};
use crate::denoiser::CommutingDenoiser;
use crate::sampling::Evaluation;
use crate::score::Snapshot;

/// The questions that an observer can ask a network in training.
pub trait InTraining {
    /// The current parameters on the host.
    fn snapshot(&self) -> Snapshot;

    /// The network as one coefficient for each eigenvector of the training law, if it is trained in the eigenbasis.
    /// Then scalar recursions replace matrix products.
    fn commuting(&self) -> Option<CommutingDenoiser>;

    /// The optimiser, with its moments.
    fn optimizer(&self) -> &ModuleOptimizer;

    /// The largest stable learning rate, if one is known (sgd).
    fn stable_rate(&self) -> Option<f64>;
}

/// A finished epoch.
pub struct Event<'a> {
    /// The progress of training; `state.epoch` is the finished epoch.
    pub state: &'a State,
    /// The number of epochs of the whole run.
    pub epochs: usize,
    /// The learning rate of the epoch's steps.
    pub rate: f64,
    /// The mean of the objective over the epoch, per component; `None` at epoch 0.
    pub objective: Option<f64>,
    /// Exact losses, if this epoch was evaluated.
    pub evaluation: Option<&'a Evaluation>,
    /// Why this is the last epoch, if it is.
    pub stop: Option<Stop>,
    /// The network.
    pub network: &'a dyn InTraining,
}

/// Something that is called at each epoch.
pub trait Observer {
    /// Called after each epoch.
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError>;
}

/// Why an observer could not do its work.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum ObserverError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
}

impl ObserverError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }
}
