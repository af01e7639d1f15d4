//! The run directory: what is in it, and who may write there.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};

use super::ownership::{self, CHECKPOINTS, Folder, LOCK, MARKER, Marker, partial_name};
use crate::config::{ConfigError, Experiment, Optimizer};
use crate::data::DataError;
use crate::document::document;
use crate::gaussian::{EigenError, EstimateError};
use crate::memory::OutOfMemory;
use crate::score::{BackendError, Snapshot, SnapshotError};
use crate::training::observer::{ObserverError, checkpoint_epochs, checkpoint_path, first_missing};
use crate::training::{
    Checkpoint, CheckpointError, EvaluationError, TrainingError, read_model, write_model,
};

/// Why a run could not be made, read or gone on with.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error(
        "{path} exists: choose another --out, replace the run there with --overwrite, or go on with it by\n  {}",
        resume_command(path, None)
    )]
    Exists { path: PathBuf },
    #[error("{path}: not a run directory: no `lindiff train` made it")]
    NotARun { path: PathBuf },
    #[error("{path}: holds files that no run wrote, and is no run directory: choose another --out")]
    Foreign { path: PathBuf },
    #[error("{path} exists: choose another name, or replace it with --overwrite")]
    FileExists { path: PathBuf },
    #[error(
        "{path}: {key} is {now}, and the run was begun with {then}: put {then} back, or {}",
        instead_of_an_edit(key, now)
    )]
    Edited {
        path: PathBuf,
        key: String,
        then: String,
        now: String,
    },
    #[error("{source}; {}", before(run, *previous))]
    Damaged {
        source: CheckpointError,
        run: PathBuf,
        /// The last checkpoint before it that can be read.
        previous: Option<usize>,
    },
    #[error(
        "{path}: the rows of epoch {epoch} are missing, and no checkpoint before it is left. {}",
        gap_remedies(path, *last)
    )]
    Gap {
        path: PathBuf,
        epoch: usize,
        /// The checkpoint that the run would go on from without them.
        last: usize,
    },
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
    #[error(
        "{path}: no best checkpoint: it is that of the lowest test loss, and the run has no test set or no checkpoint yet"
    )]
    NoBest { path: PathBuf },
    #[error("{path}: {problem}")]
    Data { path: PathBuf, problem: String },
    #[error(
        "{path} is a pipe, which can be read once, and {reads}: write what comes through it to a file"
    )]
    Pipe {
        path: PathBuf,
        /// What would read it more than once.
        reads: &'static str,
    },
    #[error("{path}: the data are not those that this run was begun with")]
    DataChanged { path: PathBuf },
    #[error("{0}")]
    Invalid(String),
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
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

    /// Whether training itself came to numbers that are not finite: to go on would come to the same.
    pub fn is_divergence(&self) -> bool {
        matches!(self, RunError::Training(TrainingError::NonFinite { .. }))
    }

    /// Whether files could not be read or written, as on a full disk: the same may work another time.
    pub fn is_of_files(&self) -> bool {
        use crate::training::observer::ObserverError as Observer;
        matches!(
            self,
            RunError::Io { .. }
                | RunError::Checkpoint(CheckpointError::Io { .. })
                | RunError::Training(
                    TrainingError::Checkpoint(CheckpointError::Io { .. })
                        | TrainingError::Observer(
                            Observer::Io { .. } | Observer::Checkpoint(CheckpointError::Io { .. })
                        )
                )
        )
    }

    /// Whether the user's input is at fault, rather than the run.
    pub fn is_input(&self) -> bool {
        match self {
            RunError::Training(_) | RunError::Observer(_) | RunError::Stopped => false,
            RunError::Eigen(_) | RunError::Estimate(_) | RunError::Plot(_) => false,
            RunError::Io { source, .. }
            | RunError::Checkpoint(CheckpointError::Io { source, .. }) => matches!(
                source.kind(),
                io::ErrorKind::NotFound
                    | io::ErrorKind::PermissionDenied
                    | io::ErrorKind::NotADirectory
            ),
            _ => true,
        }
    }
}

fn before(run: &Path, previous: Option<usize>) -> String {
    match previous {
        Some(epoch) => format!(
            "the checkpoint before it is that of epoch {epoch}. This makes the later ones again:\n  {}\nThe other commands \
             take --checkpoint {epoch} too.",
            resume_command(run, Some(epoch))
        ),
        None => "there is no checkpoint before it: train the run again with --overwrite".to_owned(),
    }
}

/// The command that goes on with a run.
pub fn resume_command(run: &Path, checkpoint: Option<usize>) -> String {
    let from = checkpoint.map_or_else(String::new, |epoch| format!(" --checkpoint {epoch}"));
    format!("lindiff train --resume {}{from}", quoted(run))
}

fn gap_remedies(path: &Path, last: usize) -> String {
    let root = path.parent().unwrap_or(Path::new("."));
    let (run, config) = (quoted(root), quoted(&root.join(CONFIG)));
    format!(
        "This trains from the start and makes them again:\n  lindiff train {config} --out {run} --overwrite\nThis goes on \
         without them:\n  {}",
        resume_command(root, Some(last))
    )
}

/// The resolved experiment as a run's file has it.
fn resolved(experiment: &Experiment) -> String {
    let read_once = experiment.data.pipe().map(|_| PIPE_COMMENT);
    read_once.unwrap_or_default().to_owned() + &experiment.to_toml()
}

/// A path as a shell takes it.
pub(crate) fn quoted(path: &Path) -> String {
    let text = path.display().to_string();
    let plain = |c: char| c.is_alphanumeric() || "/._-+=,:@%".contains(c);
    match !text.is_empty() && text.chars().all(plain) && !text.starts_with('-') {
        true => text,
        false => format!("'{}'", text.replace('\'', "'\\''")),
    }
}

/// What does what an edit was meant to do.
fn instead_of_an_edit(key: &str, now: &str) -> String {
    match key {
        "training.epochs" => format!("train on to more epochs with --resume DIR --epochs {now}"),
        _ => format!("train another run with {now}"),
    }
}

fn list(epochs: &[usize]) -> String {
    let words: Vec<String> = epochs.iter().map(usize::to_string).collect();
    words.join(", ")
}

/// What the file of a run says whose data cannot be read again.
const PIPE_COMMENT: &str =
    "# data.path is a pipe, which was read once: of its data only data.safetensors is left.\n";
/// The file of the resolved experiment.
pub(super) const CONFIG: &str = "config.toml";

/// The weights that training starts from, where they were given.
pub(super) const INIT: &str = "init.safetensors";

/// What of a run's experiment may be edited afterwards: what it is called, where its data lie (they are compared), and how
/// many checkpoints are kept.
const FREE: [&str; 3] = ["name", "data.path", "training.checkpoints"];
/// What else may be where nothing is trained: how the network is sampled, and on which device.
const FREE_TO_READ: [&str; 4] = [
    "sampling.kind",
    "sampling.variance",
    "sampling.draws",
    "backend.name",
];

/// The checkpoint from which a run goes on; none before its first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumeFrom {
    pub checkpoint: Option<usize>,
    /// The first epoch whose rows in the tables were lost.
    pub lost: Option<usize>,
}

/// A run directory, and where things lie in it.
#[derive(Debug)]
pub struct RunDirectory {
    root: PathBuf,
    /// Held while this process may write.
    _lock: Option<File>,
    left_alone: Vec<PathBuf>,
}

impl RunDirectory {
    /// Makes a new run directory and writes the resolved experiment into it.
    ///
    /// With `overwrite` what a run wrote there is removed before; the rest is [left alone](Self::left_alone).
    ///
    /// # Errors
    /// [`RunError::Exists`] and [`RunError::Foreign`] as [`check_free`](Self::check_free); [`RunError::Locked`].
    pub fn create(root: &Path, experiment: &Experiment, overwrite: bool) -> Result<Self, RunError> {
        Self::create_from(root, experiment, None, overwrite)
    }

    /// The same with weights that training is to start from.
    pub fn create_from(
        root: &Path,
        experiment: &Experiment,
        init: Option<&Snapshot>,
        overwrite: bool,
    ) -> Result<Self, RunError> {
        Self::check_free(root, overwrite)?;
        fs::create_dir_all(root).map_err(RunError::io(root))?;
        let mut directory = Self {
            root: root.to_owned(),
            _lock: Some(lock(root)?),
            left_alone: Vec::new(),
        };
        // Once more: until the lock was taken another process may have trained here.
        Self::check_free(root, overwrite)?;
        directory.left_alone = ownership::clear(root)?;
        directory.write_marker(experiment)?;
        if let Some(init) = init {
            write_model(&directory.path(INIT), init)?;
        }
        // The last, since a run can be gone on with once it has this: never without the weights that it starts from.
        directory.write(CONFIG, resolved(experiment).as_bytes())?;
        let checkpoints = directory.checkpoints();
        fs::create_dir_all(&checkpoints).map_err(RunError::io(&checkpoints))?;
        Ok(directory)
    }

    /// Refuses a folder in which something could be lost: a run, unless it is to be overwritten, and always a folder that
    /// holds files of another origin.
    pub fn check_free(root: &Path, overwrite: bool) -> Result<(), RunError> {
        let path = root.to_owned();
        match Folder::of(root)? {
            Folder::Free | Folder::Begun => Ok(()),
            Folder::Run if overwrite => Ok(()),
            Folder::Run => Err(RunError::Exists { path }),
            Folder::Foreign => Err(RunError::Foreign { path }),
        }
    }

    /// Refuses to overwrite a run of whose own files some are inputs of what is to take its place: weights to start from, or
    /// data.
    pub fn check_inputs(
        root: &Path,
        experiment: &Experiment,
        init: Option<&Path>,
    ) -> Result<(), RunError> {
        let inputs: Vec<&Path> = experiment.input_files().into_iter().chain(init).collect();
        ownership::refuse_inputs_within(root, &inputs)
    }

    /// Removes a run, and its folder with it unless that holds other files: these, by their paths there. A folder that no run
    /// made is left as it is: none is told of.
    pub(super) fn remove(root: &Path) -> Result<Option<Vec<PathBuf>>, RunError> {
        if Folder::of(root)? == Folder::Foreign {
            return Ok(Some(vec![PathBuf::new()]));
        }
        let _lock = lock(root)?;
        let left = ownership::clear(root)?;
        if !left.is_empty() {
            return Ok(Some(left));
        }
        for name in [MARKER, LOCK] {
            let path = root.join(name);
            if path.is_file() {
                fs::remove_file(&path).map_err(RunError::io(&path))?;
            }
        }
        fs::remove_dir(root).map_err(RunError::io(root))?;
        Ok(None)
    }

    /// Opens a run directory to read it.
    pub fn open(root: &Path) -> Result<Self, RunError> {
        if !ownership::is_run(root) {
            let path = root.to_owned();
            return Err(RunError::NotARun { path });
        }
        Ok(Self {
            root: root.to_owned(),
            _lock: None,
            left_alone: Vec::new(),
        })
    }

    /// Opens a run directory to go on with it; no other process may be at work there.
    pub fn open_to_write(root: &Path) -> Result<Self, RunError> {
        let mut directory = Self::open(root)?;
        directory._lock = Some(lock(root)?);
        Ok(directory)
    }

    /// The files in the folder that no run wrote, by their paths there; they stay where they are.
    pub fn left_alone(&self) -> &[PathBuf] {
        &self.left_alone
    }

    /// Changes the experiment of a run, such as its number of epochs: `config.toml`, and the marker that remembers it.
    pub fn write_experiment(&self, experiment: &Experiment) -> Result<(), RunError> {
        self.write_marker(experiment)?;
        self.write(CONFIG, resolved(experiment).as_bytes())
    }

    fn write_marker(&self, experiment: &Experiment) -> Result<(), RunError> {
        let marker = Marker::new(experiment.to_toml());
        self.write(MARKER, document(&marker).as_bytes())
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub fn checkpoints(&self) -> PathBuf {
        self.path(CHECKPOINTS)
    }

    /// The resolved experiment, to read the run with.
    ///
    /// # Errors
    /// [`RunError::Edited`] where anything but the sampler is not what the run was trained with.
    pub fn experiment(&self) -> Result<Experiment, RunError> {
        self.unedited(|key| FREE.contains(&key) || FREE_TO_READ.contains(&key))
    }

    /// The resolved experiment, to go on training with.
    ///
    /// # Errors
    /// [`RunError::Edited`] where it is not what the run was begun with.
    pub fn experiment_to_train(&self) -> Result<Experiment, RunError> {
        self.unedited(|key| FREE.contains(&key))
    }

    fn unedited(&self, free: impl Fn(&str) -> bool) -> Result<Experiment, RunError> {
        let path = self.path(CONFIG);
        let experiment = Experiment::load(&path, &[])?.experiment;
        // Runs of before have no record.
        let Some(marker) = Marker::read(&self.root) else {
            return Ok(experiment);
        };
        let begun = Experiment::from_toml(&marker.config, &self.root, &[])?.experiment;
        let (then, now) = (begun.settings(), experiment.settings());
        let differs = |key: &&String| then.get(*key) != now.get(*key) && !free(key);
        let Some(key) = then.keys().chain(now.keys()).find(differs) else {
            return Ok(experiment);
        };
        let shown = |settings: &BTreeMap<String, String>| {
            let value = settings.get(key).cloned();
            value.unwrap_or_else(|| "absent".to_owned())
        };
        Err(RunError::Edited {
            path,
            key: key.clone(),
            then: shown(&then),
            now: shown(&now),
        })
    }

    /// The checkpoint of an epoch; of none given, the last, or `None` if there is none yet.
    ///
    /// # Errors
    /// [`RunError::NoCheckpoint`]; where it is damaged, [`RunError::Damaged`] names the one before it.
    pub fn find_checkpoint(&self, epoch: Option<usize>) -> Result<Option<Checkpoint>, RunError> {
        let there = self.checkpoint_epochs();
        match epoch {
            Some(epoch) if !there.contains(&epoch) => Err(RunError::NoCheckpoint {
                path: self.root.clone(),
                epoch,
                there,
            }),
            Some(epoch) => self.read_or_name_previous(epoch).map(Some),
            None => there
                .last()
                .map(|last| self.read_or_name_previous(*last))
                .transpose(),
        }
    }

    fn read_or_name_previous(&self, epoch: usize) -> Result<Checkpoint, RunError> {
        self.read_checkpoint(epoch).map_err(|source| {
            let earlier = self
                .checkpoint_epochs()
                .into_iter()
                .filter(|there| *there < epoch);
            let previous = earlier
                .rev()
                .find(|there| self.read_checkpoint(*there).is_ok());
            let run = self.root.clone();
            RunError::Damaged {
                source,
                run,
                previous,
            }
        })
    }

    /// The epochs of the checkpoints, in order.
    pub fn checkpoint_epochs(&self) -> Vec<usize> {
        checkpoint_epochs(&self.checkpoints()).unwrap_or_default()
    }

    fn read_checkpoint(&self, epoch: usize) -> Result<Checkpoint, CheckpointError> {
        Checkpoint::read(&checkpoint_path(&self.checkpoints(), epoch))
    }

    /// Whether the run ended and was given more epochs, and its last evaluation was due as its last one only: a run that had as
    /// many epochs from the start would not have it.
    fn trains_on(&self, experiment: &Experiment) -> bool {
        let training = &experiment.training;
        self.last_state().is_some_and(|state| {
            let due = training.evaluate.is_due(state.epoch, training.epochs);
            state.finished && !state.is_over(training) && !due
        })
    }

    /// Where to go on from: a checkpoint that is asked for, else the last, or, where rows of the tables before it were lost
    /// (as by a crash), the last one before those, so that they are made again.
    ///
    /// # Errors
    /// [`RunError::Gap`] where rows are missing and no checkpoint before them is left, unless one is asked for.
    pub fn resume_from(
        &self,
        experiment: &Experiment,
        asked: Option<usize>,
    ) -> Result<ResumeFrom, RunError> {
        let mut there = self.checkpoint_epochs();
        if asked.is_none() && there.len() > 1 && self.trains_on(experiment) {
            there.pop();
        }
        let last = asked.or(there.last().copied());
        let training = &experiment.training;
        // The closed form is solved again, tables and all.
        let solved = training.optimizer == Optimizer::ClosedForm;
        let Some(last) = last.filter(|_| !solved) else {
            let (checkpoint, lost) = (last, None);
            return Ok(ResumeFrom { checkpoint, lost });
        };
        let due = (0..=last).filter(|e| training.evaluate.is_due(*e, training.epochs));
        let lost = first_missing(&self.root, due, experiment.schedule.build()?.len());
        let checkpoint = match (lost, asked) {
            (None, _) | (_, Some(_)) => Some(last),
            (Some(epoch), None) => {
                let before = there.into_iter().rfind(|there| *there < epoch);
                let path = self.path("metrics.csv");
                Some(before.ok_or(RunError::Gap { path, epoch, last })?)
            }
        };
        Ok(ResumeFrom { checkpoint, lost })
    }

    /// Whether weights to start from were given.
    pub fn has_init(&self) -> bool {
        self.path(INIT).is_file()
    }

    /// The weights that training is to start from, if they were given.
    pub fn read_init(&self) -> Result<Option<Snapshot>, RunError> {
        match self.has_init() {
            true => Ok(Some(read_model(&self.path(INIT))?)),
            false => Ok(None),
        }
    }

    /// The keys of `summary.json` but its version, if the run has ended.
    pub fn summary(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        let bytes = fs::read(self.path("summary.json")).ok()?;
        let mut keys: serde_json::Map<_, _> = serde_json::from_slice(&bytes).ok()?;
        keys.remove("version");
        Some(keys)
    }

    /// Writes a file beside its place, synced, and renames it.
    pub fn write(&self, name: &str, bytes: &[u8]) -> Result<(), RunError> {
        let path = self.path(name);
        let partial = self.path(&partial_name(name));
        let write = || -> io::Result<()> {
            fs::write(&partial, bytes)?;
            File::open(&partial)?.sync_all()?;
            fs::rename(&partial, &path)
        };
        write().map_err(RunError::io(&path))
    }
}

/// Takes the lock of a run directory for as long as the file is held.
fn lock(root: &Path) -> Result<File, RunError> {
    let path = root.join(LOCK);
    let mut options = OpenOptions::new();
    let file = options.create(true).append(true).open(&path);
    let file = file.map_err(RunError::io(&path))?;
    match file.try_lock() {
        Ok(()) => Ok(file),
        Err(TryLockError::WouldBlock) => Err(RunError::Locked {
            path: root.to_owned(),
        }),
        Err(TryLockError::Error(error)) => Err(RunError::io(&path)(error)),
    }
}
