//! Checkpoints of linear networks.

mod error;
mod folder;

use std::path::{Path, PathBuf};

use burn::optim::{ModuleOptimizer, OptimizerRecord};

pub use error::CheckpointError;
use folder::OPTIMIZER;
pub use folder::{CheckpointFolder, MODEL, MOMENTS, TRAINED};

use super::state::State;
use crate::score::{Snapshot, read_model, write_model};

/// A checkpoint that was read from files.
pub struct Checkpoint {
    /// The network.
    pub snapshot: Snapshot,
    /// The state of training.
    pub state: State,
    /// The record of the optimiser.
    optimizer: PathBuf,
}

impl Checkpoint {
    /// Writes a checkpoint at `path`, and replaces one that is there.
    pub fn write(
        path: &Path,
        snapshot: Snapshot,
        optimizer: Option<&ModuleOptimizer>,
        state: &State,
    ) -> Result<(), CheckpointError> {
        CheckpointFolder::write(path, state, |folder| {
            write_model(&folder.join(MODEL), &snapshot)?;
            // The record of the optimiser is another copy of at least this size: not both at once.
            drop(snapshot);
            let Some(optimizer) = optimizer else {
                return Ok(vec![MODEL]);
            };
            let file = folder.join(OPTIMIZER);
            let saved = optimizer.save(&file);
            saved.map_err(|e| CheckpointError::optimizer(&file, e))?;
            Ok(vec![MODEL, OPTIMIZER])
        })
    }

    /// Reads a checkpoint and checks its digests.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let folder = CheckpointFolder::read(path)?;
        Ok(Self {
            snapshot: read_model(&folder.file(MODEL))?,
            optimizer: folder.file(OPTIMIZER),
            state: folder.state,
        })
    }

    /// Gives an optimiser the state that was saved.
    pub fn restore_optimizer(
        &self,
        optimizer: ModuleOptimizer,
    ) -> Result<ModuleOptimizer, CheckpointError> {
        let failed = |problem| CheckpointError::optimizer(&self.optimizer, problem);
        let record = OptimizerRecord::load(&self.optimizer).map_err(|e| failed(e.to_string()))?;
        let held = record.len();
        let optimizer = optimizer.load_record(record);
        // burn skips a state that it cannot rebuild; training would go on from a blank one.
        let restored = optimizer.to_record().len();
        if restored == held {
            Ok(optimizer)
        } else {
            Err(failed(format!(
                "{restored} of its {held} tensors are this optimiser's"
            )))
        }
    }
}
