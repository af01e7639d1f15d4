//! What happens at each epoch: a list of observers, told in order.

mod checkpoints;
mod metrics;

use std::io;
use std::path::PathBuf;

pub use checkpoints::{Checkpoints, checkpoint_epoch, checkpoint_epochs, checkpoint_path};
pub use metrics::{Metrics, first_missing};

use super::checkpoint::CheckpointError;
use super::evaluation::Evaluation;
use super::learner::{Learner, Stop};

/// An epoch that is done.
pub struct Event<'a> {
    pub epoch: usize,
    pub epochs: usize,
    /// The learning rate of its steps.
    pub rate: f64,
    /// The mean of the objective over the epoch, per component; none at epoch 0.
    pub objective: Option<f64>,
    /// Exact losses, at the epochs at which they are evaluated.
    pub evaluation: Option<&'a Evaluation>,
    /// Why this is the last epoch, if it is.
    pub stop: Option<Stop>,
    pub learner: &'a Learner<'a>,
}

/// Something that is told of each epoch.
pub trait Observer {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError>;
}

/// An observer could not do what it is for.
#[derive(Debug, thiserror::Error)]
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
