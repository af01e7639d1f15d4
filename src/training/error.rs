//! Why training could not go on.

use super::checkpoint::CheckpointError;
use super::observer::ObserverError;
use crate::gaussian::EigenError;
use crate::score::SnapshotError;

/// Why training cannot go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum TrainingError {
    #[error("{}", non_finite_message(*epoch, *step, *rate, *stable))]
    NonFinite {
        epoch: usize,
        /// The step of the schedule, from 1.
        step: usize,
        rate: f64,
        /// The largest stable learning rate, for sgd.
        stable: Option<f64>,
    },
    #[error(
        "the checkpoint has no weights in the eigenbasis: it was made with training.basis = \"data\", go on with that"
    )]
    NoDiagonal,
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Eigen(#[from] EigenError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Observer(#[from] ObserverError),
}

fn non_finite_message(epoch: usize, step: usize, rate: f64, stable: Option<f64>) -> String {
    let what = format!(
        "the loss is not a finite number at epoch {epoch}, step {step}, with the learning rate {rate:e}"
    );
    match stable {
        Some(stable) if rate > stable => {
            format!("{what}; the largest stable rate is {stable:.6e}: lower training.learning_rate")
        }
        Some(stable) => format!("{what}; the largest stable rate is {stable:.6e}"),
        None => format!("{what}: lower training.learning_rate"),
    }
}
