//! Checkpoints of networks that are not linear: their parameters, the moving average of these, and
//! the moments of the optimiser.

use std::path::Path;

use crate::neural::{Networks, Trainer, TrainerState, read_networks, write_networks};
use crate::score::TensorDevice;
use crate::training::{CheckpointError, CheckpointFolder, MODEL, MOMENTS, State, TRAINED};

/// A checkpoint that was read from files.
pub struct NeuralCheckpoint {
    /// The moving average of the parameters, which is evaluated and sampled.
    pub average: Networks,
    folder: CheckpointFolder,
}

impl NeuralCheckpoint {
    /// Writes a checkpoint at `path`, and replaces one that is there.
    pub fn write(path: &Path, trainer: &Trainer, state: &State) -> Result<(), CheckpointError> {
        CheckpointFolder::write(path, state, |folder| {
            let now = trainer.state();
            write_networks(&folder.join(MODEL), &now.average)?;
            write_networks(&folder.join(TRAINED), &now.networks)?;
            for (name, moments) in MOMENTS.into_iter().zip(&now.moments) {
                write_networks(&folder.join(name), moments)?;
            }
            Ok(vec![MODEL, TRAINED, MOMENTS[0], MOMENTS[1]])
        })
    }

    /// Reads a checkpoint and checks its digests.
    pub fn read(path: &Path, device: &TensorDevice) -> Result<Self, CheckpointError> {
        let folder = CheckpointFolder::read(path)?;
        Ok(Self {
            average: read_networks(&folder.file(MODEL), &device.inner())?,
            folder,
        })
    }

    /// The state of training.
    pub fn state(&self) -> &State {
        &self.folder.state
    }

    /// What training goes on from, after that many steps.
    pub fn resumed(
        &self,
        steps: u64,
        device: &TensorDevice,
    ) -> Result<TrainerState, CheckpointError> {
        let read = |name| read_networks(&self.folder.file(name), &device.inner());
        Ok(TrainerState {
            steps,
            networks: read(TRAINED)?,
            average: self.average.clone(),
            moments: [read(MOMENTS[0])?, read(MOMENTS[1])?],
        })
    }
}
