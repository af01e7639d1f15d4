//! Which files of a folder did a run write? `--overwrite` removes these and no others.
//!
//! A run directory is recognised by its marker. An older version's is recognised by its checkpoints beside
//! `config.toml`.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::RunError;
use super::layout::{CHECKPOINTS, CONFIG, INIT, LOCK, MARKER, PLOTS, is_of_lock};
use crate::training::CheckpointFolder;
use crate::training::observer::{checkpoint_epoch, checkpoint_epochs, checkpoint_path};

/// The files of a run directory, apart from its checkpoints and plots.
const FILES: [&str; 6] = [
    CONFIG,
    "data.safetensors",
    INIT,
    "metrics.csv",
    "losses_by_step.csv",
    "summary.json",
];
const PICTURES: [&str; 10] = [
    "losses.svg",
    "losses.png",
    "spectrum.svg",
    "spectrum.png",
    "divergence.svg",
    "divergence.png",
    "levels.svg",
    "levels.png",
    "samples.svg",
    "samples.png",
];

/// The content of the marker file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct Marker {
    pub(super) format_version: u32,
    pub(super) program_version: String,
    /// The resolved experiment at the beginning of the run.
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

    /// The marker of a folder; `None` if an older version made the run.
    pub(super) fn read(root: &Path) -> Option<Self> {
        let bytes = fs::read(root.join(MARKER)).ok()?;
        serde_json::from_slice(&bytes).ok()
    }
}

/// The state of a folder in which a run shall be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Folder {
    /// The folder is missing or empty.
    Free,
    /// A run began there and stopped before its first checkpoint, as on a full disk: nothing can be lost.
    Begun,
    Run,
    /// The folder holds files that no run wrote.
    Foreign,
}

impl Folder {
    pub(super) fn of(root: &Path) -> Result<Self, RunError> {
        let names = names_in(root)?;
        let marked = root.join(MARKER).is_file();
        Ok(match marked {
            _ if names.is_empty() => Folder::Free,
            true if is_trained(root) => Folder::Run,
            true => Folder::Begun,
            false if root.join(CONFIG).is_file() && has_own_checkpoint(root) => Folder::Run,
            false if names.iter().all(|name| left_by_a_full_disk(root, name)) => Folder::Begun,
            false => Folder::Foreign,
        })
    }
}

/// Whether training left a result: a checkpoint, a summary, or more rows than that of epoch 0.
fn is_trained(root: &Path) -> bool {
    let rows =
        || fs::read_to_string(root.join("metrics.csv")).map_or(0, |text| text.lines().count());
    has_checkpoints(root) || root.join("summary.json").is_file() || rows() > 2
}

/// Whether this name belongs to the files that a run writes before its marker, or an older version before its
/// `config.toml`.
fn left_by_a_full_disk(root: &Path, name: &OsStr) -> bool {
    let partial = [MARKER, CONFIG].map(partial_name);
    name.to_str().is_some_and(|name| is_of_lock(name, LOCK))
        || partial.iter().any(|partial| name == partial.as_str())
        || name == CHECKPOINTS && is_empty(&root.join(CHECKPOINTS))
}

/// Whether a run was made or begun in the folder.
pub(super) fn is_run(root: &Path) -> bool {
    let begun = root.join(MARKER).is_file() || root.join("data.safetensors").is_file();
    root.join(CONFIG).is_file() && (begun || has_checkpoints(root))
}

/// Whether a folder without a marker has a checkpoint of this program, and not of another program with the same
/// names.
fn has_own_checkpoint(root: &Path) -> bool {
    let folder = root.join(CHECKPOINTS);
    let epochs = checkpoint_epochs(&folder).unwrap_or_default();
    let mut paths = epochs
        .into_iter()
        .map(|epoch| checkpoint_path(&folder, epoch));
    paths.any(|path| CheckpointFolder::is_own_at(&path))
}

fn has_checkpoints(root: &Path) -> bool {
    checkpoint_epochs(&root.join(CHECKPOINTS)).is_ok_and(|epochs| !epochs.is_empty())
}

fn is_empty(folder: &Path) -> bool {
    fs::read_dir(folder).is_ok_and(|mut entries| entries.next().is_none())
}

/// The name of a file while it is being written.
pub(super) fn partial_name(name: &str) -> String {
    format!(".{name}.partial")
}

/// The files that a run wrote in its folder, apart from the lock and the marker.
struct Written {
    files: Vec<PathBuf>,
    checkpoints: Vec<PathBuf>,
}

impl Written {
    /// Lists them.
    ///
    /// # Errors
    /// A link in place of a file or folder of the run. No run makes links, and the target belongs to somebody else.
    fn of(root: &Path) -> Result<Self, RunError> {
        let partial = FILES
            .iter()
            .flat_map(|name| [partial_name(name), format!("{name}.partial")]);
        let names = FILES.map(str::to_owned).into_iter().chain(partial);
        let plots = root.join(PLOTS);
        let pictures = PICTURES.iter().map(|name| plots.join(name));
        let files: Vec<PathBuf> = names
            .map(|name| root.join(name))
            .chain(pictures)
            .filter(|path| path.symlink_metadata().is_ok())
            .collect();
        let folder = root.join(CHECKPOINTS);
        let checkpoints = checkpoint_folders(&folder)?;
        for path in files.iter().chain(&checkpoints).chain([&folder, &plots]) {
            refuse_link(path)?;
        }
        Ok(Self { files, checkpoints })
    }
}

/// Refuses to overwrite a run if the new run reads files of the old one, such as the weights that it starts from.
pub(crate) fn refuse_inputs_within(root: &Path, inputs: &[&Path]) -> Result<(), RunError> {
    let Written { files, checkpoints } = Written::of(root)?;
    refuse_inputs(root, files.iter().chain(&checkpoints), inputs)
}

/// Refuses inputs that are to be removed from `root`, that are within something to be removed, or around it.
pub(crate) fn refuse_inputs<'a>(
    root: &Path,
    removed: impl IntoIterator<Item = &'a PathBuf>,
    inputs: &[&Path],
) -> Result<(), RunError> {
    let removed: Vec<PathBuf> = removed
        .into_iter()
        .filter_map(|path| path.canonicalize().ok())
        .collect();
    let lost = |input: &&&Path| {
        let Ok(input) = input.canonicalize() else {
            return false;
        };
        removed
            .iter()
            .any(|path| input.starts_with(path) || path.starts_with(&input))
    };
    match inputs.iter().find(lost) {
        None => Ok(()),
        Some(input) => Err(RunError::Data {
            path: input.to_path_buf(),
            problem: format!(
                "belongs to what --overwrite removes from {}: choose another --out",
                root.display()
            ),
        }),
    }
}

/// Removes the files that a run wrote, apart from the lock and the marker. Returns the other files, by their paths in
/// the folder.
pub(super) fn clear(root: &Path) -> Result<Vec<PathBuf>, RunError> {
    let written = Written::of(root)?;
    for folder in &written.checkpoints {
        CheckpointFolder::remove(folder)?;
    }
    for file in &written.files {
        fs::remove_file(file).map_err(RunError::io(file))?;
    }
    let mut left = others_in(root, Path::new(""))?;
    left.retain(|path| {
        let own = [MARKER, CHECKPOINTS, PLOTS];
        let is_lock = path.to_str().is_some_and(|name| is_of_lock(name, LOCK));
        !is_lock && !own.iter().any(|name| path == Path::new(name))
    });
    for folder in [CHECKPOINTS, PLOTS] {
        // A folder that is not empty stays.
        if fs::remove_dir(root.join(folder)).is_err() {
            left.extend(others_in(root, Path::new(folder))?);
        }
    }
    left.sort();
    Ok(left)
}

/// The content of a folder below `root`, by its path from there.
fn others_in(root: &Path, below: &Path) -> Result<Vec<PathBuf>, RunError> {
    let names = names_in(&root.join(below))?;
    Ok(names.into_iter().map(|name| below.join(name)).collect())
}

/// The names in a folder; empty if the folder does not exist.
pub(crate) fn names_in(folder: &Path) -> Result<Vec<OsString>, RunError> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.map_err(RunError::io(folder))?,
    };
    let names = entries.map(|entry| entry.map(|entry| entry.file_name()));
    names
        .collect::<Result<_, _>>()
        .map_err(RunError::io(folder))
}

/// The folders of checkpoints, complete or half-written.
fn checkpoint_folders(checkpoints: &Path) -> Result<Vec<PathBuf>, RunError> {
    let Ok(entries) = fs::read_dir(checkpoints) else {
        return Ok(Vec::new());
    };
    let mut folders = Vec::new();
    for entry in entries {
        let entry = entry.map_err(RunError::io(checkpoints))?;
        let name = entry.file_name();
        let whole = name.to_str().map(|name| {
            let hidden = name.strip_prefix('.').unwrap_or(name);
            let partial = [".partial", ".replaced"].iter();
            let mut whole = partial.filter_map(|ending| hidden.strip_suffix(ending));
            whole.next().unwrap_or(name).to_owned()
        });
        if whole.is_some_and(|name| checkpoint_epoch(name.as_ref()).is_some()) {
            folders.push(entry.path());
        }
    }
    Ok(folders)
}

pub(crate) fn refuse_link(path: &Path) -> Result<(), RunError> {
    match path.symlink_metadata() {
        Ok(found) if found.is_symlink() => Err(RunError::Data {
            path: path.to_owned(),
            problem: "is a link, and no run makes one: remove it yourself, or choose another --out"
                .to_owned(),
        }),
        _ => Ok(()),
    }
}
