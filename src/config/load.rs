//! Reading an experiment.

use std::path::Path;

use super::Experiment;
use super::check::check;
use super::error::{ConfigError, Origin, Problem};
use super::written::Written;

/// An experiment, and what its reader should be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub experiment: Experiment,
    /// Such as `data.exponent is ignored: data.source is "digits"`.
    pub notes: Vec<String>,
}

impl Experiment {
    /// Reads an experiment file with `KEY=VALUE` settings laid over it.
    ///
    /// Relative paths in the file start from its folder, those in a setting from the current directory. An
    /// experiment without a name is called by its file.
    pub fn load(path: &Path, sets: &[String]) -> Result<Loaded, ConfigError> {
        let file = Origin::File(path.to_owned());
        let text = std::fs::read_to_string(path).map_err(|error| {
            let reason = error.to_string();
            Problem::Unreadable { reason }.at(file.clone())
        })?;
        let base_dir = path.parent().unwrap_or(Path::new(""));
        Self::parse(&text, file, base_dir, sets)
    }

    /// The same from a text whose relative paths start from `base_dir`. An experiment without a name is called
    /// by its source.
    pub fn from_toml(text: &str, base_dir: &Path, sets: &[String]) -> Result<Loaded, ConfigError> {
        Self::parse(text, Origin::Experiment, base_dir, sets)
    }

    fn parse(
        text: &str,
        file: Origin,
        base_dir: &Path,
        sets: &[String],
    ) -> Result<Loaded, ConfigError> {
        let stem = file.stem();
        let written = Written::parse(text, file, base_dir, sets)?;
        let (experiment, notes) = check(&written, stem.as_deref())?;
        Ok(Loaded { experiment, notes })
    }
}
