//! Writes `metrics.csv` and `losses_by_step.csv` of a linear run at each evaluation.

use std::path::Path;

use super::table::{EpochTable, OpenTable, cell};
use super::{Event, Observer, ObserverError};
use crate::diffusion::Schedule;
use crate::sampling::Evaluation;
use crate::training::state::State;

/// The table of the epochs that were evaluated.
pub const METRICS_FILE: &str = "metrics.csv";
/// The table of their steps.
pub const BY_STEP_FILE: &str = "losses_by_step.csv";
const METRICS: &str = "epoch,tau,train_loss,test_loss,oracle_loss,predicted_train_loss,\
                       predicted_test_loss,kl_true_sampled,kl_sampled_true,seconds";
const BY_STEP: &str = "epoch,step,alpha_bar,train_loss,test_loss,oracle_loss";

/// The predicted train and test loss for a state of training, if there is a prediction.
pub type Predict<'a> = dyn Fn(&State) -> Option<(f64, f64)> + 'a;

/// The two tables of a run directory.
pub struct Metrics<'a> {
    metrics: OpenTable,
    by_step: OpenTable,
    schedule: Schedule,
    /// Whether training has a time tau (gradient descent).
    timed: bool,
    predict: &'a Predict<'a>,
}

impl<'a> Metrics<'a> {
    /// Begins both tables, or continues them after the rows up to `epoch`. Rows of later epochs, and a row that was
    /// cut short, are removed, because they are made again.
    pub fn open(
        folder: &Path,
        after: Option<usize>,
        schedule: &Schedule,
        timed: bool,
        predict: &'a Predict<'a>,
    ) -> Result<Self, ObserverError> {
        let [metrics, by_step] = tables(folder, schedule.len());
        Ok(Self {
            metrics: metrics.open(after)?,
            by_step: by_step.open(after)?,
            schedule: schedule.clone(),
            timed,
            predict,
        })
    }
}

impl Observer for Metrics<'_> {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
        match event.evaluation {
            Some(evaluation) => self.write(event.state, evaluation),
            None => Ok(()),
        }
    }
}

impl Metrics<'_> {
    /// Adds the rows of an evaluation at the state's epoch.
    pub fn write(&mut self, state: &State, evaluation: &Evaluation) -> Result<(), ObserverError> {
        let mut rows = String::new();
        for (index, step) in self.schedule.iter().enumerate() {
            let at = |losses: &Option<Vec<f64>>| cell(losses.as_ref().map(|l| l[index]));
            rows += &format!(
                "{},{},{},{},{},{}\n",
                state.epoch,
                self.schedule.original_step(index),
                step.alpha_bar,
                cell(Some(evaluation.train[index])),
                at(&evaluation.test),
                at(&evaluation.oracle),
            );
        }
        self.by_step.append(&rows)?;
        let kl = evaluation.kl;
        let predicted = (self.predict)(state);
        let row = format!(
            "{},{},{},{},{},{},{},{},{},{:.3}\n",
            state.epoch,
            cell(self.timed.then_some(state.tau)),
            cell(Some(evaluation.train_loss())),
            cell(evaluation.test_loss()),
            cell(evaluation.oracle_loss()),
            cell(predicted.map(|losses| losses.0)),
            cell(predicted.map(|losses| losses.1)),
            cell(kl.map(|kl| kl.true_sampled.value())),
            cell(kl.map(|kl| kl.sampled_true.value())),
            state.seconds,
        );
        self.metrics.append(&row)
    }
}

/// The tables of a linear run, with `steps` rows of the second for each evaluation.
pub fn tables(folder: &Path, steps: usize) -> [EpochTable; 2] {
    [
        EpochTable::new(folder.join(METRICS_FILE), METRICS, 1),
        EpochTable::new(folder.join(BY_STEP_FILE), BY_STEP, steps),
    ]
}
