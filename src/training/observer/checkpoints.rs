//! Writes checkpoints: at each evaluation, at least once a minute, and at the end.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::{Event, Observer, ObserverError};
use crate::training::checkpoint::{Checkpoint, CheckpointError, CheckpointFolder};
use crate::training::state::State;

const LONGEST_WAIT: Duration = Duration::from_secs(60);

/// Writes checkpoints, and removes all but the last `count` and the best.
pub struct Checkpoints {
    folder: PathBuf,
    count: usize,
    written: Instant,
}

impl Checkpoints {
    /// Writes into `folder`, which must exist.
    pub fn new(folder: &Path, count: usize) -> Self {
        Self {
            folder: folder.to_owned(),
            count: count.max(1),
            written: Instant::now(),
        }
    }

    /// Writes the checkpoint of an epoch with `write` if it is due: after an evaluation, at a stop, or if the last one
    /// is a minute old. Removes those that are too many.
    pub fn after_epoch(
        &mut self,
        state: &State,
        due: bool,
        write: impl FnOnce(&Path) -> Result<(), CheckpointError>,
    ) -> Result<(), ObserverError> {
        if !due && self.written.elapsed() < LONGEST_WAIT {
            return Ok(());
        }
        write(&checkpoint_path(&self.folder, state.epoch))?;
        self.written = Instant::now();
        self.prune(state.best.map(|best| best.epoch))
    }

    fn prune(&self, best: Option<usize>) -> Result<(), ObserverError> {
        let epochs = checkpoint_epochs(&self.folder).map_err(ObserverError::io(&self.folder))?;
        let superfluous = epochs.len().saturating_sub(self.count);
        for &epoch in epochs[..superfluous].iter().filter(|e| Some(**e) != best) {
            let path = checkpoint_path(&self.folder, epoch);
            // A link belongs to the user, and so does its target.
            if !path.is_symlink() {
                CheckpointFolder::remove(&path)?;
            }
        }
        Ok(())
    }
}

impl Observer for Checkpoints {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
        let due = event.evaluation.is_some() || event.stop.is_some();
        let (state, network) = (event.state, event.network);
        self.after_epoch(state, due, |path| {
            Checkpoint::write(path, network.snapshot(), Some(network.optimizer()), state)
        })
    }
}

/// The path of the checkpoint of an epoch.
pub fn checkpoint_path(folder: &Path, epoch: usize) -> PathBuf {
    folder.join(format!("epoch-{epoch:06}"))
}

/// The epoch of the checkpoint with this name.
pub fn checkpoint_epoch(name: &OsStr) -> Option<usize> {
    let epoch = name.to_str()?.strip_prefix("epoch-")?.parse().ok()?;
    // `epoch-7` and `epoch-000007` are different folders, and only one of them belongs to a checkpoint.
    (checkpoint_path(Path::new(""), epoch).as_os_str() == name).then_some(epoch)
}

/// The epochs of the checkpoints in a folder, in order.
pub fn checkpoint_epochs(folder: &Path) -> std::io::Result<Vec<usize>> {
    let mut epochs = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if let Some(epoch) = checkpoint_epoch(&entry.file_name())
            && CheckpointFolder::is_at(&entry.path())
        {
            epochs.push(epoch);
        }
    }
    epochs.sort_unstable();
    Ok(epochs)
}
