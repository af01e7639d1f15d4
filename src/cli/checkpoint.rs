//! The checkpoint that a command uses.

use super::output::Output;
use crate::run::{RunDirectory, RunError, WhichCheckpoint};

/// The requested checkpoint, or the default one. Says so if that is not the last.
pub(super) fn usual_or(
    asked: Option<WhichCheckpoint>,
    directory: &RunDirectory,
    output: &Output,
) -> Result<WhichCheckpoint, RunError> {
    if let (None, Some((best, last))) = (asked, directory.best_of_early_stop()?) {
        output.note(format!(
            "note: the run stopped early: this is the checkpoint of its lowest test loss, epoch {best} (--checkpoint last: \
             epoch {last})"
        ));
    }
    Ok(asked.unwrap_or_default())
}
