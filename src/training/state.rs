//! How far training has come, and why it ended.

use serde::{Deserialize, Serialize};

use crate::config::{Optimizer, TrainingConfig};

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All epochs are done.
    Finished,
    /// The test loss reached no new lowest value in `patience` evaluations.
    Early,
    /// It was asked to stop.
    Interrupted,
}

/// Everything of a run but its weights and the optimiser's moments.
///
/// Random numbers have no state: they are streams derived from the seed by epoch and row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// Epochs done.
    pub epoch: usize,
    /// The time of training: the sum of the learning rates of the steps so far over 1 - momentum (`time` in older runs).
    #[serde(alias = "time")]
    pub tau: f64,
    /// Seconds of training so far.
    pub seconds: f64,
    /// The rate that the rate schedule starts from.
    pub learning_rate: f64,
    pub best: Option<Best>,
    /// Evaluations since the best.
    pub stale: usize,
    /// Whether the run ended here: all epochs are done, or it stopped early.
    pub finished: bool,
}

impl State {
    /// Before the first epoch.
    pub fn at_start(learning_rate: f64) -> Self {
        Self {
            epoch: 0,
            tau: 0.0,
            seconds: 0.0,
            learning_rate,
            best: None,
            stale: 0,
            finished: false,
        }
    }

    /// Whether the run ended because `patience` evaluations in a row brought no new lowest test loss.
    pub fn stopped_early(&self, training: &TrainingConfig) -> bool {
        let stopping = training.early_stopping;
        self.finished && stopping.is_some_and(|stopping| self.stale >= stopping.patience)
    }

    /// Whether the run ended here for good: a run that was given more epochs afterwards did not.
    pub fn is_over(&self, training: &TrainingConfig) -> bool {
        let solved = training.optimizer == Optimizer::ClosedForm;
        let ended = solved || training.ends_at(self.epoch, self.tau);
        self.finished && (ended || self.stopped_early(training))
    }
}

/// The lowest test loss so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    pub epoch: usize,
    pub test_loss: f64,
}
