//! The run directory: what is in it, and who may write there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use crate::config::{ConfigError, Experiment};
use crate::data::DataError;
use crate::gaussian::{EigenError, EstimateError};
use crate::score::{BackendError, Snapshot, SnapshotError};
use crate::training::observer::{ObserverError, checkpoint_epochs, checkpoint_path};
use crate::training::{
    Checkpoint, CheckpointError, EvaluationError, TrainingError, read_model, write_model,
};

/// Why a run could not be made, read or gone on with.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} exists: choose another --out, or --overwrite it, or --resume it")]
    Exists { path: PathBuf },
    #[error("{path}: no run directory (it has no config.toml)")]
    NotARun { path: PathBuf },
    #[error("{path}: another process is at work on this run")]
    Locked { path: PathBuf },
    #[error(
        "{path}: no checkpoint of epoch {epoch}; there are those of {}",
        list(there)
    )]
    NoCheckpoint {
        path: PathBuf,
        epoch: usize,
        there: Vec<usize>,
    },
    #[error("{path}: no checkpoint yet: go on with `lindiff train --resume`")]
    NoCheckpoints { path: PathBuf },
    #[error("{path}: {problem}")]
    Data { path: PathBuf, problem: String },
    #[error("{path}: the data are not those that this run was begun with")]
    DataChanged { path: PathBuf },
    #[error("{0}")]
    Invalid(String),
    #[error(
        "this run takes about {} MB of memory, and {} MB are free: {advice}",
        needed / 1_000_000,
        available / 1_000_000
    )]
    Memory {
        /// Bytes.
        needed: usize,
        available: usize,
        /// What would make it smaller.
        advice: String,
    },
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Source(#[from] DataError),
    #[error(transparent)]
    Backend(#[from] BackendError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Training(#[from] TrainingError),
    #[error(transparent)]
    Observer(#[from] ObserverError),
    #[error(transparent)]
    Snapshot(#[from] SnapshotError),
    #[error(transparent)]
    Eigen(#[from] EigenError),
    #[error(transparent)]
    Estimate(#[from] EstimateError),
    #[error(transparent)]
    Theory(#[from] crate::theory::TheoryError),
    #[error("stopped")]
    Stopped,
    #[error("plots: {0}")]
    Plot(#[from] crate::report::PlotError),
}

impl From<EvaluationError> for RunError {
    fn from(error: EvaluationError) -> Self {
        match error {
            EvaluationError::Snapshot(error) => error.into(),
            EvaluationError::Eigen(error) => error.into(),
        }
    }
}

impl RunError {
    pub(crate) fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Whether the user's input is at fault, rather than the run.
    pub fn is_input(&self) -> bool {
        match self {
            RunError::Training(_) | RunError::Observer(_) | RunError::Stopped => false,
            RunError::Eigen(_) | RunError::Estimate(_) | RunError::Plot(_) => false,
            RunError::Io { source, .. } => matches!(
                source.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::NotADirectory
            ),
            _ => true,
        }
    }
}

fn list(epochs: &[usize]) -> String {
    let words: Vec<String> = epochs.iter().map(usize::to_string).collect();
    words.join(", ")
}

/// A run directory, and where things lie in it.
#[derive(Debug)]
pub struct RunDirectory {
    root: PathBuf,
    /// Held while this process may write.
    _lock: Option<File>,
}

impl RunDirectory {
    /// Makes a new run directory and writes the resolved experiment into it.
    pub fn create(root: &Path, experiment: &Experiment, overwrite: bool) -> Result<Self, RunError> {
        Self::check_free(root, overwrite)?;
        let occupied = is_occupied(root);
        fs::create_dir_all(root).map_err(RunError::io(root))?;
        let lock = lock(root)?;
        if occupied {
            clear(root)?;
        }
        let checkpoints = root.join("checkpoints");
        fs::create_dir_all(&checkpoints).map_err(RunError::io(&checkpoints))?;
        let directory = Self {
            root: root.to_owned(),
            _lock: Some(lock),
        };
        directory.write("config.toml", experiment.to_toml().as_bytes())?;
        Ok(directory)
    }

    /// Refuses a folder that holds something, unless it is a run that is to be overwritten.
    pub fn check_free(root: &Path, overwrite: bool) -> Result<(), RunError> {
        let path = root.to_owned();
        if !is_occupied(root) {
            return Ok(());
        }
        if !root.join("config.toml").is_file() {
            let problem = "holds something else than a run: choose another --out".to_owned();
            return Err(RunError::Data { path, problem });
        }
        match overwrite {
            true => Ok(()),
            false => Err(RunError::Exists { path }),
        }
    }

    /// Opens a run directory to read it.
    pub fn open(root: &Path) -> Result<Self, RunError> {
        if !root.join("config.toml").is_file() {
            let path = root.to_owned();
            return Err(RunError::NotARun { path });
        }
        Ok(Self {
            root: root.to_owned(),
            _lock: None,
        })
    }

    /// Opens a run directory to go on with it; no other process may be at work there.
    pub fn open_to_write(root: &Path) -> Result<Self, RunError> {
        let mut directory = Self::open(root)?;
        directory._lock = Some(lock(root)?);
        Ok(directory)
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn checkpoints(&self) -> PathBuf {
        self.path("checkpoints")
    }

    /// The resolved experiment.
    pub fn experiment(&self) -> Result<Experiment, RunError> {
        Ok(Experiment::load(&self.path("config.toml"), &[])?.experiment)
    }

    /// The checkpoint of an epoch; of none given, the last, or `None` if there is none yet.
    pub fn find_checkpoint(&self, epoch: Option<usize>) -> Result<Option<Checkpoint>, RunError> {
        let folder = self.checkpoints();
        let there = checkpoint_epochs(&folder).unwrap_or_default();
        let epoch = match epoch {
            Some(epoch) if !there.contains(&epoch) => {
                return Err(RunError::NoCheckpoint {
                    path: self.root.clone(),
                    epoch,
                    there,
                });
            }
            Some(epoch) => epoch,
            None => match there.last() {
                Some(&last) => last,
                None => return Ok(None),
            },
        };
        Ok(Some(Checkpoint::read(&checkpoint_path(&folder, epoch))?))
    }

    /// The same, where there must be one.
    pub fn checkpoint(&self, epoch: Option<usize>) -> Result<Checkpoint, RunError> {
        let none = || RunError::NoCheckpoints {
            path: self.root.clone(),
        };
        self.find_checkpoint(epoch)?.ok_or_else(none)
    }

    /// Writes the weights that training is to start from.
    pub fn write_init(&self, snapshot: &Snapshot) -> Result<(), RunError> {
        Ok(write_model(&self.path("init.safetensors"), snapshot)?)
    }

    /// Whether weights to start from were given.
    pub fn has_init(&self) -> bool {
        self.path("init.safetensors").is_file()
    }

    /// The weights that training is to start from, if they were given.
    pub fn read_init(&self) -> Result<Option<Snapshot>, RunError> {
        match self.has_init() {
            true => Ok(Some(read_model(&self.path("init.safetensors"))?)),
            false => Ok(None),
        }
    }

    /// `summary.json`, if the run has ended.
    pub fn summary(&self) -> Option<serde_json::Value> {
        let bytes = fs::read(self.path("summary.json")).ok()?;
        serde_json::from_slice(&bytes).ok()
    }

    /// Writes a file beside its place, synced, and renames it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let path = self.path(name);
        let partial = self.path(&format!(".{name}.partial"));
        let write = || -> io::Result<()> {
            fs::write(&partial, bytes)?;
            File::open(&partial)?.sync_all()?;
            fs::rename(&partial, &path)
        };
        write().map_err(RunError::io(&path))
    }
}

/// Whether a folder holds anything.
fn is_occupied(root: &Path) -> bool {
    fs::read_dir(root).is_ok_and(|mut entries| entries.next().is_some())
}

/// Takes the lock of a run directory for as long as the file is held.
fn lock(root: &Path) -> Result<File, RunError> {
    let path = root.join(".lock");
    let file = File::create(&path).map_err(RunError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(_) => Err(RunError::Locked {
            path: root.to_owned(),
        }),
    }
}

/// Removes what a run left, but for the lock.
fn clear(root: &Path) -> Result<(), RunError> {
    for entry in fs::read_dir(root).map_err(RunError::io(root))? {
        let path = entry.map_err(RunError::io(root))?.path();
        if path.ends_with(".lock") {
            continue;
        }
        let removed = if path.is_dir() {
            fs::remove_dir_all(&path)
        } else {
            fs::remove_file(&path)
        };
        removed.map_err(RunError::io(&path))?;
    }
    Ok(())
}
