//! Which checkpoint of a run is meant?

use std::path::Path;
use std::str::FromStr;

use super::{RunDirectory, RunError};
use crate::training::observer::checkpoint_path;
use crate::training::{Checkpoint, CheckpointError, CheckpointFolder, State};

/// A checkpoint of a run: `last`, `best` (the lowest test loss), or that of an epoch.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum WhichCheckpoint {
    /// The last checkpoint; for a run that stopped early the best, for which it stopped.
    #[default]
    Usual,
    /// The last checkpoint.
    Last,
    /// The checkpoint of the lowest test loss.
    Best,
    /// The checkpoint of this epoch.
    Epoch(usize),
}

impl FromStr for WhichCheckpoint {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text {
            "last" => Ok(Self::Last),
            "best" => Ok(Self::Best),
            epoch => epoch
                .parse()
                .map(Self::Epoch)
                .map_err(|_| "give the number of an epoch, \"last\" or \"best\"".to_owned()),
        }
    }
}

impl RunDirectory {
    /// Reads the checkpoint of a linear network.
    ///
    /// # Errors
    /// No such checkpoint; `Best` of a run without a test set; the errors of
    /// [`find_checkpoint`](Self::find_checkpoint).
    pub fn checkpoint(&self, which: WhichCheckpoint) -> Result<Checkpoint, RunError> {
        self.checkpoint_by(which, &Checkpoint::read)
    }

    /// Reads the checkpoint with `read`.
    pub(super) fn checkpoint_by<C>(
        &self,
        which: WhichCheckpoint,
        read: &dyn Fn(&Path) -> Result<C, CheckpointError>,
    ) -> Result<C, RunError> {
        let none = || RunError::NoCheckpoints {
            path: self.root().to_owned(),
        };
        let epoch = self.epoch_of(which)?;
        self.find_by(epoch, read)?.ok_or_else(none)
    }

    /// The epoch of the checkpoint; `None` means the last.
    pub fn epoch_of(&self, which: WhichCheckpoint) -> Result<Option<usize>, RunError> {
        match which {
            WhichCheckpoint::Last => Ok(None),
            WhichCheckpoint::Epoch(epoch) => Ok(Some(epoch)),
            WhichCheckpoint::Usual => Ok(self.best_of_early_stop()?.map(|(best, _)| best)),
            WhichCheckpoint::Best => {
                let none = || RunError::NoBest {
                    path: self.root().to_owned(),
                };
                let best = self.last_state().and_then(|state| state.best);
                Ok(Some(best.ok_or_else(none)?.epoch))
            }
        }
    }

    /// The epochs of the best and of the last checkpoint of a run that stopped early, if they differ.
    pub fn best_of_early_stop(&self) -> Result<Option<(usize, usize)>, RunError> {
        let Some(state) = self.last_state() else {
            return Ok(None);
        };
        let early = state.stopped_early(&self.any_experiment()?.training);
        let best = state.best.filter(|best| early && best.epoch != state.epoch);
        Ok(best.map(|best| (best.epoch, state.epoch)))
    }

    /// The state of the last checkpoint; `None` if it cannot be read. Reading the checkpoint reports why.
    pub(super) fn last_state(&self) -> Option<State> {
        let last = *self.checkpoint_epochs().last()?;
        CheckpointFolder::read_state(&checkpoint_path(&self.checkpoints(), last)).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_checkpoint_is_named_by_its_epoch_or_by_a_word() {
        assert_eq!("best".parse(), Ok(WhichCheckpoint::Best));
        assert_eq!("last".parse(), Ok(WhichCheckpoint::Last));
        assert_eq!("12".parse(), Ok(WhichCheckpoint::Epoch(12)));
        for wrong in ["", "-1", "1.5", "Best", "epoch-12"] {
            assert!(wrong.parse::<WhichCheckpoint>().is_err(), "{wrong}");
        }
    }
}
