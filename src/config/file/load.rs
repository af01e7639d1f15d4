//! Reads experiments.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use super::error::{ConfigError, Origin, Problem};
use super::read::{placed, read};
use super::setting::Setting;
use super::written::Written;
use crate::config::{Checked, CheckedExperiment, Experiment};

/// An experiment with a linear network, and notes for its reader.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// The experiment.
    pub experiment: CheckedExperiment,
    /// Notes such as `data.exponent is ignored: data.source is "digits"`.
    pub notes: Vec<String>,
}

/// An experiment with either kind of network, and notes for its reader.
#[derive(Debug, Clone, PartialEq)]
pub struct LoadedAny {
    /// The experiment.
    pub experiment: Checked,
    /// Notes such as `data.exponent is ignored: data.source is "digits"`.
    pub notes: Vec<String>,
}

/// The text of an experiment, read once. Experiments with different settings are made from it.
#[derive(Debug, Clone)]
pub struct Draft {
    text: String,
    file: Origin,
    /// The folder from which relative paths of the text start.
    base_dir: PathBuf,
    /// The name of the experiment, if it does not give one.
    stem: Option<String>,
    /// Settings that come before all others.
    given: Vec<Setting>,
}

/// The name of an experiment file without its ending; `k=0.5` has no ending.
fn name_of(file: &OsStr) -> String {
    let name = file.to_string_lossy();
    name.strip_suffix(".toml").unwrap_or(&name).to_owned()
}

impl Draft {
    /// Reads an experiment file. Its relative paths start from its folder. The default name is that of the file.
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

    /// An experiment of which only the data are given: `digits`, or the path of a file or folder, which also names
    /// it.
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
        // A shell gives `<(command)` a number as its name.
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

    /// An experiment in which nothing is written.
    pub fn empty() -> Self {
        Self {
            text: String::new(),
            file: Origin::Experiment,
            base_dir: PathBuf::new(),
            stem: None,
            given: Vec::new(),
        }
    }

    /// The experiment with settings on top of it. The last setting of a key counts. Relative paths in a setting start
    /// from the current directory.
    ///
    /// # Errors
    /// A network that is not linear, and anything wrong with the text.
    pub fn with(&self, settings: &[Setting]) -> Result<Loaded, ConfigError> {
        let (written, LoadedAny { experiment, notes }) = self.read_with(settings)?;
        let linear = experiment.linear();
        let experiment = linear.map_err(|problem| placed(problem, &written))?;
        Ok(Loaded { experiment, notes })
    }

    /// As [`with`](Self::with), for either kind of network.
    ///
    /// # Errors
    /// Anything wrong with the text.
    pub fn any_with(&self, settings: &[Setting]) -> Result<LoadedAny, ConfigError> {
        Ok(self.read_with(settings)?.1)
    }

    fn read_with(&self, settings: &[Setting]) -> Result<(Written, LoadedAny), ConfigError> {
        let (file, base_dir) = (self.file.clone(), &self.base_dir);
        let settings = [&self.given, settings].concat();
        let written = Written::parse(&self.text, file, base_dir, &settings)?;
        let (experiment, notes) = read(&written, self.stem.as_deref())?;
        Ok((written, LoadedAny { experiment, notes }))
    }
}

impl Experiment {
    /// Reads an experiment file of either kind of network, with `KEY=VALUE` settings on top of it.
    pub fn load_any(path: &Path, sets: &[String]) -> Result<LoadedAny, ConfigError> {
        Draft::read(path)?.any_with(&Setting::all_typed(sets)?)
    }

    /// Reads an experiment file of a linear network, with `KEY=VALUE` settings on top of it.
    pub fn load(path: &Path, sets: &[String]) -> Result<Loaded, ConfigError> {
        Draft::read(path)?.with(&Setting::all_typed(sets)?)
    }

    /// Reads a text with `KEY=VALUE` settings on top of it. Its relative paths start from `base_dir`. An experiment
    /// without a name is named after its source.
    pub fn from_toml(text: &str, base_dir: &Path, sets: &[String]) -> Result<Loaded, ConfigError> {
        draft_of(text, base_dir).with(&Setting::all_typed(sets)?)
    }

    /// As [`from_toml`](Self::from_toml), for either kind of network.
    pub fn any_from_toml(
        text: &str,
        base_dir: &Path,
        sets: &[String],
    ) -> Result<LoadedAny, ConfigError> {
        draft_of(text, base_dir).any_with(&Setting::all_typed(sets)?)
    }
}

fn draft_of(text: &str, base_dir: &Path) -> Draft {
    Draft {
        text: text.to_owned(),
        base_dir: base_dir.to_owned(),
        ..Draft::empty()
    }
}
