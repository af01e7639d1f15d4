//! Where data come from, named in one word on the command line.

use std::path::Path;

use super::output::Output;
use crate::config::Experiment;
use crate::experiment::RunError;

/// The experiment that a source amounts to: `digits`, a config (`.toml`), or a file or folder of data.
pub(super) fn experiment_of(
    source: &str,
    sets: &[String],
    output: &Output,
) -> Result<Experiment, RunError> {
    let path = Path::new(source);
    let loaded = if path.extension().is_some_and(|e| e == "toml") {
        Experiment::load(path, sets)?
    } else {
        let mut all = match source {
            "digits" => vec!["data.source=\"digits\"".to_owned()],
            _ => vec![
                "data.source=\"file\"".to_owned(),
                format!("data.path={source:?}"),
                format!(
                    "name={:?}",
                    path.file_stem().unwrap_or_default().to_string_lossy()
                ),
            ],
        };
        all.extend_from_slice(sets);
        Experiment::from_toml("", Path::new(""), &all)?
    };
    for note in &loaded.notes {
        output.note(format!("note: {note}"));
    }
    Ok(loaded.experiment)
}
