//! The progress of training, and why it ended.

use std::sync::atomic::{AtomicBool, Ordering};

use serde::{Deserialize, Serialize};

use crate::config::{EarlyStopping, Optimizer, TrainingConfig};

/// Why a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// All epochs are done.
    Finished,
    /// The test loss reached no new lowest value in `patience` evaluations.
    Early,
    /// The run was interrupted.
    Interrupted,
}

/// The state of a run, apart from its weights and the optimiser's moments.
///
/// Random numbers have no state: their streams are derived from the seed, the epoch and the row.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct State {
    /// The number of epochs done.
    pub epoch: usize,
    /// The training time tau: the sum of the learning rates of the steps so far, over 1 - momentum (`time` in older
    /// runs).
    #[serde(alias = "time")]
    pub tau: f64,
    /// The seconds of training so far.
    pub seconds: f64,
    /// The learning rate at the start of the rate schedule.
    pub learning_rate: f64,
    /// The best evaluation so far.
    pub best: Option<Best>,
    /// The number of evaluations since the best.
    pub stale: usize,
    /// Whether the run ended here, because all epochs are done or because it stopped early.
    pub finished: bool,
}

impl State {
    /// The state before the first epoch.
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

    /// Keeps the best test loss, and returns whether to stop early. A loss that is NaN is never the best.
    pub fn track(&mut self, test_loss: Option<f64>, stopping: Option<EarlyStopping>) -> bool {
        let Some(test_loss) = test_loss else {
            return false;
        };
        let epoch = self.epoch;
        let min_delta = stopping.map_or(0.0, |s| s.min_delta);
        let better = match self.best {
            None => !test_loss.is_nan(),
            Some(best) => test_loss < best.test_loss - min_delta,
        };
        if better {
            self.best = Some(Best { epoch, test_loss });
            self.stale = 0;
        } else {
            self.stale += 1;
        }
        stopping.is_some_and(|s| self.stale >= s.patience)
    }

    /// Records whether the run ends at this epoch, and says why it stops: it `ends` there, it ends `early`, or the flag
    /// is raised.
    pub fn stop(
        &mut self,
        early: bool,
        ends: bool,
        interrupt: Option<&AtomicBool>,
    ) -> Option<Stop> {
        let stop = match (ends, early) {
            (true, _) => Some(Stop::Finished),
            (false, true) => Some(Stop::Early),
            (false, false) => None,
        };
        self.finished = stop.is_some();
        let raised = interrupt.is_some_and(|flag| flag.load(Ordering::Relaxed));
        stop.or(raised.then_some(Stop::Interrupted))
    }

    /// Whether the run ended because `patience` evaluations in a row gave no new lowest test loss.
    pub fn stopped_early(&self, training: &TrainingConfig) -> bool {
        let stopping = training.early_stopping;
        self.finished && stopping.is_some_and(|stopping| self.stale >= stopping.patience)
    }

    /// Whether the run is over: it ended here, and was not given more epochs afterwards.
    pub fn is_over(&self, training: &TrainingConfig) -> bool {
        let solved = training.optimizer == Optimizer::ClosedForm;
        let ended = solved || training.ends_at(self.epoch, self.tau);
        self.finished && (ended || self.stopped_early(training))
    }
}

/// The lowest test loss so far.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Its epoch.
    pub epoch: usize,
    /// The test loss.
    pub test_loss: f64,
}
