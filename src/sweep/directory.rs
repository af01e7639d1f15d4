//! The folder of a sweep: who may write there, and which files belong to the sweep.

use std::ffi::OsStr;
use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use super::identity::is_run_name;
use super::log::{ROWS, is_of_rows};
use super::manifest::{MANIFEST, Manifest};
use crate::run::lock::{self, Answer, Lock};
use crate::run::ownership::{self, refuse_inputs, refuse_link};
use crate::run::{RunDirectory, RunError, is_of_lock};
use crate::text::is_partial;

/// Processes that work on the sweep share this lock. A process that starts it anew holds it alone.
const LOCK: &str = ".lock";
/// Held while the manifest or the tables are written.
const WRITING: &str = ".tables.lock";
pub(super) const RUNS: &str = "runs";
pub(super) const RESULTS: &str = "results.csv";
pub(super) const RESULTS_PARQUET: &str = "results.parquet";
pub(super) const SUMMARY: &str = "summary.csv";

/// A sweep's folder in which this process works.
#[derive(Debug)]
pub(super) struct SweepDirectory {
    root: PathBuf,
    lock: File,
    has_locks: bool,
}

impl SweepDirectory {
    /// Makes a folder a sweep's, or opens one that is.
    ///
    /// # Errors
    /// A folder that holds files and was not made by a sweep.
    pub(super) fn open(root: &Path) -> Result<Self, RunError> {
        if !may_be_ours(root)? {
            let problem =
                "holds files that no sweep wrote, and is no sweep directory: choose another --out";
            return Err(RunError::Data {
                path: root.to_owned(),
                problem: problem.to_owned(),
            });
        }
        fs::create_dir_all(root).map_err(RunError::io(root))?;
        Self::enter(root)
    }

    fn enter(root: &Path) -> Result<Self, RunError> {
        let lock = lock::open(&root.join(LOCK))?;
        let mut directory = Self {
            root: root.to_owned(),
            lock,
            has_locks: true,
        };
        directory.has_locks = directory.take(directory.lock.try_lock_shared())?;
        Ok(directory)
    }

    /// Opens the folder of a sweep.
    ///
    /// # Errors
    /// A folder that no sweep made.
    pub(super) fn open_existing(root: &Path) -> Result<Self, RunError> {
        if root.join(MANIFEST).is_file() {
            return Self::enter(root);
        }
        Err(RunError::Data {
            path: root.to_owned(),
            problem: "is not the folder of a sweep: there is no sweep.json".to_owned(),
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// What the user should know of a file system without locks.
    pub(super) fn lock_warning(&self) -> Option<String> {
        (!self.has_locks).then(|| {
            let warning = lock::warning(&self.root);
            format!("{warning}; nothing tells whether another process is at work here, which matters to --overwrite alone")
        })
    }

    /// Whether the lock is held. Without locks every process may work: rows and tables are written whole.
    fn take(&self, asked: Result<(), TryLockError>) -> Result<bool, RunError> {
        match Answer::of(asked).map_err(RunError::io(self.path(LOCK)))? {
            Answer::Held => Ok(true),
            Answer::NoLocks => Ok(false),
            Answer::Taken => Err(RunError::Data {
                path: self.root.clone(),
                problem: "another process is at work on this sweep".to_owned(),
            }),
        }
    }

    /// Waits until no other process writes the manifest or the tables. None does until the returned lock is dropped.
    pub(super) fn writing(&self) -> Result<Lock, RunError> {
        Lock::wait_for(&self.path(WRITING))
    }

    /// Removes the files that a sweep wrote here, except its manifest. Returns the other files, by their paths in the
    /// folder.
    ///
    /// # Errors
    /// Another process that works here; a file of the sweep that is one of `inputs`; a link in place of a folder of
    /// the sweep.
    pub(super) fn clear(&self, inputs: &[&Path]) -> Result<Vec<PathBuf>, RunError> {
        self.take(self.lock.try_lock())?;
        let written = self.written()?;
        let all = written.files.iter().chain(&written.runs);
        refuse_inputs(&self.root, all, inputs)?;
        let mut left = Vec::new();
        for run in &written.runs {
            if let Some(kept) = RunDirectory::remove(run)? {
                let below = run.strip_prefix(&self.root).unwrap_or(run);
                left.extend(kept.into_iter().map(|path| below.join(path)));
            }
        }
        for file in &written.files {
            fs::remove_file(file).map_err(RunError::io(file))?;
        }
        left.extend(self.others(&written.runs)?);
        self.take(self.lock.try_lock_shared())?;
        Ok(left)
    }

    fn written(&self) -> Result<Written, RunError> {
        let (rows, runs) = (self.path(ROWS), self.path(RUNS));
        for path in [&rows, &runs] {
            refuse_link(path)?;
        }
        let mut written = Written::default();
        for path in entries(&self.root)? {
            let name = file_name(&path);
            let is_table = [RESULTS, RESULTS_PARQUET, SUMMARY]
                .iter()
                .any(|own| name == *own);
            if is_table || is_partial(name) {
                written.files.push(path);
            }
        }
        for path in entries(&rows)? {
            let name = file_name(&path);
            if is_partial(name) || is_log(&path) {
                written.files.push(path);
            }
        }
        for path in entries(&runs)? {
            if is_run(&path) && path.is_dir() {
                refuse_link(&path)?;
                written.runs.push(path);
            }
        }
        Ok(written)
    }

    /// The files in the folder that no sweep wrote. Those of the runs are listed one by one.
    fn others(&self, runs: &[PathBuf]) -> Result<Vec<PathBuf>, RunError> {
        let own = [MANIFEST, ROWS, RUNS];
        let top = entries(&self.root)?.into_iter().filter(|path| {
            let name = file_name(path);
            let is_own = own.iter().any(|own| name == *own);
            !is_own && !is_lock(name) && !is_of_script(name)
        });
        let rows = entries(&self.path(ROWS))?;
        let others = entries(&self.path(RUNS))?
            .into_iter()
            .filter(|path| !runs.contains(path));
        let all = top.chain(rows).chain(others);
        let relative = all.map(|path| path.strip_prefix(&self.root).unwrap_or(&path).to_owned());
        Ok(relative.collect())
    }
}

/// Whether this is the name of a submitted script, or of the folder of what its tasks said.
fn is_of_script(name: &OsStr) -> bool {
    let Some(name) = name.to_str() else {
        return false;
    };
    let of = |scheduler: &str| {
        let number = name
            .strip_prefix(scheduler)
            .and_then(|rest| rest.strip_suffix(".sh"));
        let number = number.map(|rest| rest.strip_prefix('-').unwrap_or(rest));
        number.is_some_and(|number| number.bytes().all(|b| b.is_ascii_digit()))
    };
    name == "logs" || of("slurm") || of("hyperqueue")
}

/// The files that a sweep wrote in its folder.
#[derive(Default)]
struct Written {
    files: Vec<PathBuf>,
    runs: Vec<PathBuf>,
}

/// Whether a folder belongs to a sweep, or holds only what a sweep left that was stopped before its first row.
fn may_be_ours(root: &Path) -> Result<bool, RunError> {
    if Manifest::read(root)?.is_some() {
        return Ok(true);
    }
    for path in entries(root)? {
        let name = file_name(&path);
        let begun = match name.to_str() {
            Some(_) if is_lock(name) => true,
            Some(MANIFEST) => path.metadata().is_ok_and(|found| found.len() == 0),
            // Logs without a row, or there would be a manifest.
            Some(ROWS) => entries(&path)?.iter().all(|log| is_log(log)),
            Some(RUNS) => entries(&path)?.iter().all(|run| is_run(run)),
            _ => is_partial(name),
        };
        if !begun {
            return Ok(false);
        }
    }
    Ok(true)
}

fn is_run(path: &Path) -> bool {
    file_name(path).to_str().is_some_and(is_run_name)
}

fn is_log(path: &Path) -> bool {
    file_name(path).to_str().is_some_and(is_of_rows)
}

fn is_lock(name: &OsStr) -> bool {
    let of = |lock| name.to_str().is_some_and(|name| is_of_lock(name, lock));
    of(LOCK) || of(WRITING)
}

fn file_name(path: &Path) -> &OsStr {
    path.file_name().unwrap_or_default()
}

fn entries(folder: &Path) -> Result<Vec<PathBuf>, RunError> {
    ownership::names_in(folder).map(|names| {
        let path = |name: &dyn AsRef<OsStr>| folder.join(name.as_ref());
        names.iter().map(|name| path(name)).collect()
    })
}
