//! A data source that is named by one word on the command line.

use std::path::Path;

use super::output::Output;
use crate::config::{CheckedExperiment, ConfigError, Draft, Setting};

/// The experiment of a source: `digits`, a config (`.toml`), or a file or folder of data.
pub(super) fn experiment_of(
    source: &Path,
    sets: &[String],
    output: &Output,
) -> Result<CheckedExperiment, ConfigError> {
    let draft = if source.extension().is_some_and(|ending| ending == "toml") {
        Draft::read(source)?
    } else {
        Draft::of_data(source)?
    };
    let loaded = draft.with(&Setting::all_typed(sets)?)?;
    output.notes(&loaded.notes);
    Ok(loaded.experiment)
}
