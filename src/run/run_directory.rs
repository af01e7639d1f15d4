//! A run directory: its content, and who may write there.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use super::RunError;
use super::layout::{CHECKPOINTS, INIT, LOCK, MARKER, is_of_lock};
use super::lock::{self, Lock, Refusal};
use super::ownership::{self, Folder, partial_name};
use crate::config::{CheckedExperiment, Experiment, IsChecked, Optimizer};
use crate::score::{Snapshot, read_model, write_model};
use crate::training::observer::{
    EpochTable, checkpoint_epochs, checkpoint_path, first_missing, tables,
};
use crate::training::{Checkpoint, CheckpointError};

/// Where a run resumes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ResumeFrom {
    /// The checkpoint; `None` before the first.
    pub checkpoint: Option<usize>,
    /// The first epoch whose rows in the tables were lost.
    pub lost: Option<usize>,
}

/// A run directory and the places of its files.
#[derive(Debug)]
pub struct RunDirectory {
    root: PathBuf,
    /// The lock, held while this process may write.
    lock: Option<Lock>,
    left_alone: Vec<PathBuf>,
}

impl RunDirectory {
    /// Makes a new run directory and writes the resolved experiment into it.
    ///
    /// Under `overwrite` the files of an earlier run are removed first. Other files are [left
    /// alone](Self::left_alone).
    ///
    /// # Errors
    /// [`RunError::Exists`] and [`RunError::Foreign`] as in [`check_free`](Self::check_free); [`RunError::Locked`].
    pub fn create(
        root: &Path,
        experiment: &impl IsChecked,
        overwrite: bool,
    ) -> Result<Self, RunError> {
        Self::create_from(root, experiment, None, overwrite)
    }

    /// As [`create`](Self::create), with initial weights for training.
    pub fn create_from(
        root: &Path,
        experiment: &impl IsChecked,
        init: Option<&Snapshot>,
        overwrite: bool,
    ) -> Result<Self, RunError> {
        Self::check_free(root, overwrite)?;
        fs::create_dir_all(root).map_err(RunError::io(root))?;
        let mut directory = Self {
            root: root.to_owned(),
            lock: Some(lock_of(root)?),
            left_alone: Vec::new(),
        };
        // Checked again: before the lock was taken another process may have trained here.
        Self::check_free(root, overwrite)?;
        directory.left_alone = ownership::clear(root)?;
        directory.write_marker(experiment)?;
        if let Some(init) = init {
            write_model(&directory.path(INIT), init)?;
        }
        // Written last, because a run with this file can be resumed. It must not be there without its initial
        // weights.
        directory.write_config(experiment)?;
        let checkpoints = directory.checkpoints();
        fs::create_dir_all(&checkpoints).map_err(RunError::io(&checkpoints))?;
        Ok(directory)
    }

    /// Refuses a folder in which something could be lost: a run, unless it is to be overwritten, and always a folder
    /// with files of another origin.
    pub fn check_free(root: &Path, overwrite: bool) -> Result<(), RunError> {
        let path = root.to_owned();
        match Folder::of(root)? {
            Folder::Free | Folder::Begun => Ok(()),
            Folder::Run if overwrite => Ok(()),
            Folder::Run => Err(RunError::Exists { path }),
            Folder::Foreign => Err(RunError::Foreign { path }),
        }
    }

    /// Refuses to overwrite a run if its own files are inputs of the new run: initial weights, or data.
    pub fn check_inputs(
        root: &Path,
        experiment: &impl IsChecked,
        init: Option<&Path>,
    ) -> Result<(), RunError> {
        let inputs: Vec<&Path> = experiment.input_files().into_iter().chain(init).collect();
        ownership::refuse_inputs_within(root, &inputs)
    }

    /// Removes a run, and its folder unless that holds other files. Returns these by their paths in the folder. A
    /// folder that no run made is left as it is, and `None` is returned.
    pub(crate) fn remove(root: &Path) -> Result<Option<Vec<PathBuf>>, RunError> {
        if Folder::of(root)? == Folder::Foreign {
            return Ok(Some(vec![PathBuf::new()]));
        }
        let lock = lock_of(root)?;
        let left = ownership::clear(root)?;
        if !left.is_empty() {
            return Ok(Some(left));
        }
        drop(lock);
        for name in ownership::names_in(root)? {
            let own = |name: &str| name == MARKER || is_of_lock(name, LOCK);
            if name.to_str().is_some_and(own) {
                let path = root.join(name);
                fs::remove_file(&path).map_err(RunError::io(&path))?;
            }
        }
        fs::remove_dir(root).map_err(RunError::io(root))?;
        Ok(None)
    }

    /// Opens a run directory for reading.
    pub fn open(root: &Path) -> Result<Self, RunError> {
        if !ownership::is_run(root) {
            let path = root.to_owned();
            return Err(RunError::NotARun { path });
        }
        Ok(Self {
            root: root.to_owned(),
            lock: None,
            left_alone: Vec::new(),
        })
    }

    /// Opens a run directory to resume the run. No other process may be at work there.
    pub fn open_to_write(root: &Path) -> Result<Self, RunError> {
        let mut directory = Self::open(root)?;
        directory.lock = Some(lock_of(root)?);
        Ok(directory)
    }

    /// The files in the folder that no run wrote, by their paths there. They stay where they are.
    pub fn left_alone(&self) -> &[PathBuf] {
        &self.left_alone
    }

    /// What the user should know of a file system without locks.
    pub fn lock_warning(&self) -> Option<String> {
        let lock = self.lock.as_ref()?;
        lock.is_stand_in().then(|| lock::warning(&self.root))
    }

    /// The path of the directory.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The path of a file in the directory.
    pub fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The folder of the checkpoints.
    pub fn checkpoints(&self) -> PathBuf {
        self.path(CHECKPOINTS)
    }

    /// The checkpoint of an epoch of a linear network. Without an epoch: the last, or `None` if there is none yet.
    ///
    /// # Errors
    /// [`RunError::NoCheckpoint`]. For a damaged checkpoint, [`RunError::Damaged`] names the one before it.
    pub fn find_checkpoint(&self, epoch: Option<usize>) -> Result<Option<Checkpoint>, RunError> {
        self.find_by(epoch, &Checkpoint::read)
    }

    /// The checkpoint of an epoch, read with `read`.
    pub(super) fn find_by<C>(
        &self,
        epoch: Option<usize>,
        read: &dyn Fn(&Path) -> Result<C, CheckpointError>,
    ) -> Result<Option<C>, RunError> {
        let there = self.checkpoint_epochs();
        match epoch {
            Some(epoch) if !there.contains(&epoch) => Err(RunError::NoCheckpoint {
                path: self.root.clone(),
                epoch,
                there,
            }),
            Some(epoch) => self.read_or_name_previous(epoch, read).map(Some),
            None => there
                .last()
                .map(|last| self.read_or_name_previous(*last, read))
                .transpose(),
        }
    }

    fn read_or_name_previous<C>(
        &self,
        epoch: usize,
        read: &dyn Fn(&Path) -> Result<C, CheckpointError>,
    ) -> Result<C, RunError> {
        let of = |epoch| read(&checkpoint_path(&self.checkpoints(), epoch));
        of(epoch).map_err(|source| {
            // A file that may not be read may be intact: nothing need be made again.
            if source.is_forbidden() {
                return source.into();
            }
            let earlier = self
                .checkpoint_epochs()
                .into_iter()
                .filter(|there| *there < epoch);
            let previous = earlier.rev().find(|there| of(*there).is_ok());
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

    /// Whether the run ended, was given more epochs, and had its last evaluation only because it was the last epoch.
    /// A run with that number of epochs from the start would not have that evaluation.
    fn trains_on(&self, experiment: &Experiment) -> bool {
        let training = &experiment.training;
        self.last_state().is_some_and(|state| {
            let due = training.evaluate.is_due(state.epoch, training.epochs);
            state.finished && !state.is_over(training) && !due
        })
    }

    /// Where to resume. This is the requested checkpoint, else the last one. If rows of the tables before that were
    /// lost (as by a crash), it is the last checkpoint before those rows, so that they are made again.
    ///
    /// # Errors
    /// [`RunError::Gap`] if rows are missing and there is no checkpoint before them, unless a checkpoint is
    /// requested.
    pub fn resume_from(
        &self,
        experiment: &CheckedExperiment,
        asked: Option<usize>,
    ) -> Result<ResumeFrom, RunError> {
        let steps = experiment.schedule.build()?.len();
        self.resume_with(experiment, &tables(&self.root, steps), asked)
    }

    /// As [`resume_from`](Self::resume_from), of a run with these tables.
    pub(super) fn resume_with(
        &self,
        experiment: &Experiment,
        tables: &[EpochTable],
        asked: Option<usize>,
    ) -> Result<ResumeFrom, RunError> {
        let mut there = self.checkpoint_epochs();
        if asked.is_none() && there.len() > 1 && self.trains_on(experiment) {
            there.pop();
        }
        let last = asked.or(there.last().copied());
        let training = &experiment.training;
        // The closed form is solved again, with its tables.
        let solved = training.optimizer == Optimizer::ClosedForm;
        let Some(last) = last.filter(|_| !solved) else {
            let (checkpoint, lost) = (last, None);
            return Ok(ResumeFrom { checkpoint, lost });
        };
        let due = (0..=last).filter(|e| training.evaluate.is_due(*e, training.epochs));
        let lost = first_missing(tables, due);
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

    /// Whether initial weights were given.
    pub fn has_init(&self) -> bool {
        self.path(INIT).is_file()
    }

    /// The initial weights, if they were given.
    pub fn read_init(&self) -> Result<Option<Snapshot>, RunError> {
        if self.has_init() {
            Ok(Some(read_model(&self.path(INIT))?))
        } else {
            Ok(None)
        }
    }

    /// The keys of `summary.json` except its version, if the run has ended.
    pub fn summary(&self) -> Option<serde_json::Map<String, serde_json::Value>> {
        let bytes = fs::read(self.path("summary.json")).ok()?;
        let mut keys: serde_json::Map<_, _> = serde_json::from_slice(&bytes).ok()?;
        keys.remove("version");
        Some(keys)
    }

    /// Writes a file beside its final place, syncs it, and renames it.
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

/// Takes the lock of a run directory. It lasts as long as it is held.
fn lock_of(root: &Path) -> Result<Lock, RunError> {
    Lock::take(&root.join(LOCK)).map_err(|refusal| match refusal {
        Refusal::Failed(error) => error,
        Refusal::Taken(by) => RunError::Locked {
            path: root.to_owned(),
            by,
        },
    })
}
