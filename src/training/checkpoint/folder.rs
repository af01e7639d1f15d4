//! The folder of a checkpoint, whatever network it holds. It is written beside its final place, synced and renamed, so
//! that a kill at any instant leaves the earlier ones intact. `state.json` has the digest of every other file.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::{CheckpointError, FORMAT_VERSION};
use crate::text::digest::digest_of_file;
use crate::text::document;
use crate::training::state::State;

/// The network that is evaluated and sampled.
pub const MODEL: &str = "model.safetensors";
/// The network that is trained, if that is another one.
pub const TRAINED: &str = "trained.safetensors";
/// The moments of the optimiser, if they are kept as networks.
pub const MOMENTS: [&str; 2] = ["first_moments.safetensors", "second_moments.safetensors"];
/// The record of the optimiser.
pub const OPTIMIZER: &str = "optimizer.bpk";
const STATE: &str = "state.json";
/// Every file that a checkpoint may have, the state last.
const FILES: [&str; 6] = [MODEL, TRAINED, MOMENTS[0], MOMENTS[1], OPTIMIZER, STATE];

/// The content of `state.json`.
#[derive(Serialize, Deserialize)]
struct StateFile {
    format_version: u32,
    program_version: String,
    rng: String,
    #[serde(flatten)]
    state: State,
    /// The SHA-256 of each file, by file name.
    digests: BTreeMap<String, String>,
}

/// Only the version. It is read first, because a newer format may hold anything else.
#[derive(Deserialize)]
struct Version {
    format_version: u32,
}

/// A checkpoint whose files have the digests that they were written with.
pub struct CheckpointFolder {
    /// The state of training.
    pub state: State,
    path: PathBuf,
}

impl CheckpointFolder {
    /// Writes a checkpoint at `path`, and replaces one that is there. `fill` writes the files of the network into the
    /// folder that it is given, and returns their names.
    pub fn write(
        path: &Path,
        state: &State,
        fill: impl FnOnce(&Path) -> Result<Vec<&'static str>, CheckpointError>,
    ) -> Result<(), CheckpointError> {
        let parent = path.parent().expect("a checkpoint lies in a folder");
        let name = path.file_name().expect("a checkpoint has a name");
        let partial = parent.join(format!(".{}.partial", name.display()));
        Self::remove(&partial)?;
        fs::create_dir_all(&partial).map_err(CheckpointError::io(&partial))?;

        let mut digests = BTreeMap::new();
        for name in fill(&partial)? {
            debug_assert!(FILES.contains(&name), "{name}: not in the list of files");
            digests.insert(name.to_owned(), digest(&partial.join(name))?);
        }
        let file = StateFile {
            format_version: FORMAT_VERSION,
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            rng: "ChaCha8 streams by seed, purpose, epoch and row; no position to keep".to_owned(),
            state: state.clone(),
            digests,
        };
        let state_path = partial.join(STATE);
        fs::write(&state_path, document(&file)).map_err(CheckpointError::io(&state_path))?;
        for entry in fs::read_dir(&partial).map_err(CheckpointError::io(&partial))? {
            sync(&entry.map_err(CheckpointError::io(&partial))?.path())?;
        }
        sync(&partial)?;
        Self::replace(path, &partial)?;
        sync(parent)
    }

    /// Moves a finished checkpoint to its place, where an equal one of an earlier attempt may be. A kill in between
    /// leaves the earlier checkpoints, and never half of one.
    fn replace(path: &Path, partial: &Path) -> Result<(), CheckpointError> {
        let aside = partial.with_extension("replaced");
        if is_there(path) {
            refuse_link(path)?;
            Self::settle(&aside, path)?;
            rename(path, &aside)?;
        }
        rename(partial, path)?;
        Self::settle(&aside, path)
    }

    /// Removes a checkpoint that was set aside. Files that a user keeps in its folder move to the new one.
    fn settle(aside: &Path, path: &Path) -> Result<(), CheckpointError> {
        if Self::remove(aside)? {
            return Ok(());
        }
        for entry in fs::read_dir(aside).map_err(CheckpointError::io(aside))? {
            let entry = entry.map_err(CheckpointError::io(aside))?;
            rename(&entry.path(), &path.join(entry.file_name()))?;
        }
        fs::remove_dir(aside).map_err(CheckpointError::io(aside))
    }

    /// Removes the files of a checkpoint, and its folder if nothing else is in it. Returns whether the folder is
    /// gone.
    ///
    /// # Errors
    /// A link in place of the folder: its target does not belong to the run.
    pub fn remove(path: &Path) -> Result<bool, CheckpointError> {
        if !is_there(path) {
            return Ok(true);
        }
        refuse_link(path)?;
        // The state is removed first: without it there is no checkpoint, and never half of one.
        for name in FILES.iter().rev() {
            match fs::remove_file(path.join(name)) {
                Err(error) if error.kind() != io::ErrorKind::NotFound => {
                    return Err(CheckpointError::io(path.join(name))(error));
                }
                _ => {}
            }
        }
        Ok(fs::remove_dir(path).is_ok())
    }

    /// Whether a folder holds a checkpoint. A folder that has only a user's notes left does not.
    pub fn is_at(path: &Path) -> bool {
        FILES.iter().any(|name| path.join(name).is_file())
    }

    /// Whether a folder holds a checkpoint of this program. Another program's may have files of the same names.
    pub fn is_own_at(path: &Path) -> bool {
        let state = fs::read(path.join(STATE)).unwrap_or_default();
        serde_json::from_slice::<Version>(&state).is_ok()
    }

    /// Reads the state of a checkpoint and checks the digests of its files.
    pub fn read(path: &Path) -> Result<Self, CheckpointError> {
        let file = read_state_file(path)?;
        for (name, expected) in &file.digests {
            let path = path.join(name);
            if digest(&path)? != *expected {
                return Err(CheckpointError::Altered { path });
            }
        }
        Ok(Self {
            state: file.state,
            path: path.to_owned(),
        })
    }

    /// Reads only the state of a checkpoint, neither its weights nor their digests.
    pub fn read_state(path: &Path) -> Result<State, CheckpointError> {
        Ok(read_state_file(path)?.state)
    }

    /// The path of one of its files.
    pub fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }
}

/// `state.json` of a checkpoint.
fn read_state_file(path: &Path) -> Result<StateFile, CheckpointError> {
    let path = path.join(STATE);
    let json = fs::read(&path).map_err(CheckpointError::io(&path))?;
    let malformed = |error| CheckpointError::malformed(&path, error);
    let version: Version = serde_json::from_slice(&json).map_err(malformed)?;
    if version.format_version > FORMAT_VERSION {
        let found = version.format_version;
        return Err(CheckpointError::Newer { path, found });
    }
    serde_json::from_slice(&json).map_err(malformed)
}

fn digest(path: &Path) -> Result<String, CheckpointError> {
    digest_of_file(path).map_err(CheckpointError::io(path))
}

fn sync(path: &Path) -> Result<(), CheckpointError> {
    File::open(path)
        .and_then(|file| file.sync_all())
        .map_err(CheckpointError::io(path))
}

fn rename(from: &Path, to: &Path) -> Result<(), CheckpointError> {
    fs::rename(from, to).map_err(CheckpointError::io(to))
}

/// Whether anything has this name, even a link that leads nowhere.
fn is_there(path: &Path) -> bool {
    path.symlink_metadata().is_ok()
}

fn refuse_link(path: &Path) -> Result<(), CheckpointError> {
    if path.is_symlink() {
        Err(CheckpointError::malformed(
            path,
            "it is a link, and no run makes one: remove the link yourself",
        ))
    } else {
        Ok(())
    }
}
