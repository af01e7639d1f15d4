//! Which files of a folder a run wrote: `--overwrite` removes these, and nothing else.
//!
//! A run directory is known by its marker, or, where an older version made it, by its checkpoints beside `config.toml`.

use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RunError;
use super::run_directory::CONFIG;
use crate::training::Checkpoint;
use crate::training::observer::{checkpoint_epoch, checkpoint_epochs};

/// The file that says that a run made the folder.
pub(super) const MARKER: &str = ".lindiff-run";
pub(super) const LOCK: &str = ".lock";
pub(super) const CHECKPOINTS: &str = "checkpoints";
const PLOTS: &str = "plots";

/// The files of a run directory, beside its checkpoints and plots.
const FILES: [&str; 6] = [
    CONFIG,
    "data.safetensors",
    "init.safetensors",
    "metrics.csv",
    "losses_by_step.csv",
    "summary.json",
];
const PICTURES: [&str; 6] = [
    "losses.svg",
    "losses.png",
    "spectrum.svg",
    "spectrum.png",
    "divergence.svg",
    "divergence.png",
];

/// What [`MARKER`] holds.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Marker {
    pub(super) format_version: u32,
    pub(super) program_version: String,
    /// The resolved experiment, as it was when the run was begun.
    pub(super) config: String,
}

impl Marker {
    pub(super) fn new(config: String) -> Self {
        Self {
            format_version: 1,
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            config,
        }
    }

    /// The marker of a folder; none where an older version made the run.
    pub(super) fn read(root: &Path) -> Option<Self> {
        let bytes = fs::read(root.join(MARKER)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// What a folder is to a run that is to be made there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// Not there, or empty.
    Free,
    /// A run was begun there and stopped before its first checkpoint, as on a full disk: nothing can be lost.
    Begun,
    Run,
    /// It holds files that no run wrote.
    Foreign,
}

impl Folder {
    pub(super) fn of(root: &Path) -> Result<Self, RunError> {
        let entries = match fs::read_dir(root) {
            Ok(entries) => entries,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Folder::Free),
            Err(error) => return Err(RunError::io(root)(error)),
        };
        let names: Vec<_> = entries
            .map(|entry| entry.map(|entry| entry.file_name()))
            .collect::<Result<_, _>>()
            .map_err(RunError::io(root))?;
        let trained = has_checkpoints(root) || root.join("summary.json").is_file();
        let marked = root.join(MARKER).is_file();
        let left_by_a_full_disk = || {
            let ours = [LOCK, CHECKPOINTS].map(str::to_owned);
            let partial = [MARKER, CONFIG].map(partial_name);
            let known =
                |name: &std::ffi::OsString| ours.iter().chain(&partial).any(|n| name == n.as_str());
            let checkpoints = root.join(CHECKPOINTS);
            names.iter().all(known) && (!checkpoints.exists() || is_empty(&checkpoints))
        };
        Ok(match (marked, trained) {
            _ if names.is_empty() => Folder::Free,
            (true, true) => Folder::Run,
            (true, false) => Folder::Begun,
            (false, _) if root.join(CONFIG).is_file() && has_checkpoints(root) => Folder::Run,
            (false, _) if left_by_a_full_disk() => Folder::Begun,
            (false, _) => Folder::Foreign,
        })
    }
}

/// Whether a run was made in the folder, or begun.
pub(super) fn is_run(root: &Path) -> bool {
    let begun = root.join(MARKER).is_file() || root.join("data.safetensors").is_file();
    root.join(CONFIG).is_file() && (begun || has_checkpoints(root))
}

fn has_checkpoints(root: &Path) -> bool {
    checkpoint_epochs(&root.join(CHECKPOINTS)).is_ok_and(|epochs| !epochs.is_empty())
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// What a file is called while it is written.
pub(super) fn partial_name(name: &str) -> String {
    format!(".{name}.partial")
}

/// Removes what a run wrote, but for the lock and the marker; what is left in the folder, by its path there.
///
/// # Errors
/// A link in the place of a file or folder of the run: no run makes one, and what it leads to is somebody else's.
pub(super) fn clear(root: &Path) -> Result<Vec<PathBuf>, RunError> {
    let checkpoints = root.join(CHECKPOINTS);
    let plots = root.join(PLOTS);
    let partial = FILES
        .iter()
        .flat_map(|name| [partial_name(name), format!("{name}.partial")]);
    let mut files: Vec<PathBuf> = FILES.iter().map(|name| root.join(name)).collect();
    files.extend(partial.map(|name| root.join(name)));
    files.extend(PICTURES.iter().map(|name| plots.join(name)));
    let folders = checkpoint_folders(&checkpoints)?;
    for path in files.iter().chain(&folders).chain([&checkpoints, &plots]) {
        refuse_link(path)?;
    }
    for folder in &folders {
        Checkpoint::remove(folder)?;
    }
    for file in files.iter().filter(|file| file.is_file()) {
        fs::remove_file(file).map_err(RunError::io(file))?;
    }
    for folder in [&checkpoints, &plots] {
        // A folder that still holds something stays.
        let _ = fs::remove_dir(folder);
    }
    let mut left = Vec::new();
    remaining(root, Path::new(""), &mut left)?;
    left.retain(|path| path != Path::new(LOCK) && path != Path::new(MARKER));
    left.sort();
    Ok(left)
}

/// The folders of checkpoints, whole and half-written.
fn checkpoint_folders(checkpoints: &Path) -> Result<Vec<PathBuf>, RunError> {
    let Ok(entries) = fs::read_dir(checkpoints) else {
        return Ok(Vec::new());
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(RunError::io(checkpoints))?;
        let name = entry.file_name();
        let whole = name.to_str().map(|name| {
            let partial = name
                .strip_prefix('.')
                .and_then(|n| n.strip_suffix(".partial"));
            partial.unwrap_or(name).to_owned()
        });
        if whole.is_some_and(|name| checkpoint_epoch(name.as_ref()).is_some()) {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

fn refuse_link(path: &Path) -> Result<(), RunError> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => Err(RunError::Data {
            path: path.to_owned(),
            problem: "is a link, and no run makes one: remove it yourself, or choose another --out"
                .to_owned(),
        }),
        _ => Ok(()),
    }
}

/// The files below a folder, by their paths from `root`.
fn remaining(root: &Path, below: &Path, found: &mut Vec<PathBuf>) -> Result<(), RunError> {
    let folder = root.join(below);
    for entry in fs::read_dir(&folder).map_err(RunError::io(&folder))? {
        let entry = entry.map_err(RunError::io(&folder))?;
        let path = below.join(entry.file_name());
        match entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            true => remaining(root, &path, found)?,
            false => found.push(path),
        }
    }
    Ok(())
}
