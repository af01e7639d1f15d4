//! Reading an experiment.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Origin, Problem};
use super::read::read;
use super::setting::Setting;
use super::written::Written;
use crate::config::{CheckedExperiment, Experiment};

/// An experiment, and what its reader should be told.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub experiment: CheckedExperiment,
    /// Such as `data.exponent is ignored: data.source is "digits"`.
    pub notes: Vec<String>,
}

/// The text of an experiment, read once, from which experiments with different settings are made.
#[derive(Debug, Clone)]
pub struct Draft {
    text: String,
    file: Origin,
    /// Where the relative paths of the text start from.
    base_dir: PathBuf,
    /// What it is called if it gives itself no name.
    stem: Option<String>,
    /// Laid over the text before other settings.
    given: Vec<Setting>,
}

/// The name of an experiment file without its ending; `k=0.5` has none.
fn name_of(file: &OsStr) -> String {
    let name = file.to_string_lossy();
    name.strip_suffix(".toml").unwrap_or(&name).to_owned()
}

impl Draft {
    /// Reads an experiment file. Its relative paths start from its folder, and it is called by its name.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let file = Origin::File(path.to_owned());
        let text = std::fs::read_to_string(path).map_err(|error| {
            let reason = error.to_string();
            Problem::Unreadable { reason }.at(file.clone())
        })?;
        Ok(Self {
            text,
            file,
            base_dir: path.parent().unwrap_or(Path::new("")).to_owned(),
            stem: path.file_name().map(name_of),
            given: Vec::new(),
        })
    }

    /// One of which only the data are known: `digits`, or the path of a file or folder, by which it is called.
    pub fn of_data(source: &Path) -> Result<Self, ConfigError> {
        if source == Path::new("digits") {
            let given = vec![Setting::new("data.source", "digits")];
            return Ok(Self {
                given,
                ..Self::empty()
            });
        }
        let given = vec![
            Setting::new("data.source", "file"),
            Setting::path("data.path", source)?,
        ];
        // What a shell makes of `<(command)` has a number for a name.
        let pipe = source.starts_with("/dev/fd") || source.starts_with("/proc");
        let name = match source.file_stem() {
            Some(stem) if !pipe => stem.to_string_lossy().into_owned(),
            _ => "pipe".to_owned(),
        };
        Ok(Self {
            given,
            stem: Some(name),
            ..Self::empty()
        })
    }

    /// One in which nothing is written.
    pub fn empty() -> Self {
        Self {
            text: String::new(),
            file: Origin::Experiment,
            base_dir: PathBuf::new(),
            stem: None,
            given: Vec::new(),
        }
    }

    /// The experiment with settings laid over it, the last of a key being the one that counts. Relative paths in a setting
    /// start from the current directory.
    pub fn with(&self, settings: &[Setting]) -> Result<Loaded, ConfigError> {
        let (file, base_dir) = (self.file.clone(), &self.base_dir);
        let settings = [&self.given, settings].concat();
        let written = Written::parse(&self.text, file, base_dir, &settings)?;
        let (experiment, notes) = read(&written, self.stem.as_deref())?;
        Ok(Loaded { experiment, notes })
    }
}

impl Experiment {
    /// Reads an experiment file with `KEY=VALUE` settings laid over it.
    pub fn load(path: &Path, sets: &[String]) -> Result<Loaded, ConfigError> {
        Draft::read(path)?.with(&Setting::all_typed(sets)?)
    }

    /// Reads a text with `KEY=VALUE` settings laid over it, whose relative paths start from `base_dir`. An experiment without a name is called
    /// by its source.
    pub fn from_toml(text: &str, base_dir: &Path, sets: &[String]) -> Result<Loaded, ConfigError> {
        let draft = Draft {
            text: text.to_owned(),
            base_dir: base_dir.to_owned(),
            ..Draft::empty()
        };
        draft.with(&Setting::all_typed(sets)?)
    }
}
