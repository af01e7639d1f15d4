//! The tables of a run of networks that are not linear: `metrics.csv` has the means over members and steps,
//! `losses_by_step.csv` a row for each member and step.

use std::path::Path;

use super::losses::{LevelLosses, LossMeasure, NeuralLosses};
use crate::training::State;
use crate::training::observer::{
    BY_STEP_FILE, EpochTable, METRICS_FILE, ObserverError, OpenTable, cell,
};

const METRICS: &str =
    "epoch,train_loss,test_loss,oracle_loss,linear_train_loss,linear_test_loss,objective,seconds";
const BY_STEP: &str = "epoch,member,step,alpha_bar,train_loss,test_loss,oracle_loss,linear_train_loss,linear_test_loss";

/// Both tables, for the numbers of members and of steps of the schedule.
pub fn tables(folder: &Path, members: usize, steps: usize) -> [EpochTable; 2] {
    let rows = members * LossMeasure::levels(steps);
    [
        EpochTable::new(folder.join(METRICS_FILE), METRICS, 1),
        EpochTable::new(folder.join(BY_STEP_FILE), BY_STEP, rows),
    ]
}

/// Both tables, open to be written.
pub struct NeuralMetrics {
    metrics: OpenTable,
    by_step: OpenTable,
}

impl NeuralMetrics {
    /// Begins the tables, or continues them after the rows up to an epoch.
    pub fn open(tables: [EpochTable; 2], after: Option<usize>) -> Result<Self, ObserverError> {
        let [metrics, by_step] = tables;
        Ok(Self {
            metrics: metrics.open(after)?,
            by_step: by_step.open(after)?,
        })
    }

    /// Adds the rows of an evaluation: the losses of each member at each step, and the mean of what was minimised in
    /// the epoch.
    pub fn write(
        &mut self,
        state: &State,
        losses: &[Vec<LevelLosses>],
        objective: Option<f64>,
    ) -> Result<(), ObserverError> {
        let mut rows = String::new();
        for (member, levels) in losses.iter().enumerate() {
            for level in levels {
                let LevelLosses {
                    step, alpha_bar, ..
                } = level;
                let cells = cells(&level.loss);
                rows += &format!("{},{member},{step},{alpha_bar},{cells}\n", state.epoch);
            }
        }
        self.by_step.append(&rows)?;
        let cells = cells(&overall(losses));
        let (objective, seconds) = (cell(objective), state.seconds);
        let row = format!("{},{cells},{objective},{seconds:.3}\n", state.epoch);
        self.metrics.append(&row)
    }
}

/// The means over members and steps.
pub fn overall(losses: &[Vec<LevelLosses>]) -> NeuralLosses {
    let all: Vec<NeuralLosses> = losses.iter().flatten().map(|level| level.loss).collect();
    NeuralLosses::mean_of(&all)
}

fn cells(loss: &NeuralLosses) -> String {
    let cells = [
        Some(loss.train_loss),
        loss.test_loss,
        loss.oracle_loss,
        Some(loss.linear_train_loss),
        loss.linear_test_loss,
    ];
    cells.map(cell).join(",")
}
