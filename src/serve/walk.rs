//! Finds the runs and sweeps in a folder.
//!
//! Links are not followed, so nothing outside of the folder is found. What is found has a name of its own, which is its
//! path from the folder; the server gives nothing that has no such name.

use std::fs;
use std::path::{Path, PathBuf};

/// How deep runs may lie below a folder.
const DEEPEST: usize = 6;
/// The most folders that are looked at, in all.
pub(super) const MOST_FOLDERS: usize = 200_000;

/// A folder that the user named.
#[derive(Debug, Clone)]
pub(super) struct Source {
    pub name: String,
    pub path: PathBuf,
}

/// A run or a sweep.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Found {
    /// Its path from the folder, with the folder's name before it.
    pub id: String,
    pub path: PathBuf,
    /// The sweep that a run belongs to.
    pub sweep: Option<String>,
}

/// What a walk has found.
#[derive(Debug, Default)]
pub(super) struct Walk {
    pub runs: Vec<Found>,
    pub sweeps: Vec<Found>,
    /// The folders that were looked at.
    pub folders: usize,
}

impl Walk {
    /// Whether there were too many folders to look at all of them.
    pub(super) fn is_cut_short(&self) -> bool {
        self.folders >= MOST_FOLDERS
    }

    /// Adds what is in a folder.
    pub(super) fn of(&mut self, source: &Source) {
        self.look(
            Found {
                id: source.name.clone(),
                path: source.path.clone(),
                sweep: None,
            },
            0,
        );
    }

    fn look(&mut self, here: Found, depth: usize) {
        if depth > DEEPEST || self.is_cut_short() {
            return;
        }
        self.folders += 1;
        if is_run(&here.path) {
            self.runs.push(here);
        } else if is_sweep(&here.path) {
            let runs = Found {
                id: format!("{}/runs", here.id),
                path: here.path.join("runs"),
                sweep: Some(here.id.clone()),
            };
            self.sweeps.push(here);
            if fs::symlink_metadata(&runs.path).is_ok_and(|found| found.is_dir()) {
                self.below(&runs, depth);
            }
        } else {
            self.below(&here, depth);
        }
    }

    /// Looks at the folders in a folder. One that cannot be read has none.
    fn below(&mut self, here: &Found, depth: usize) {
        for entry in fs::read_dir(&here.path).into_iter().flatten().flatten() {
            let name = entry.file_name();
            let name = name.to_string_lossy();
            // The type of a link is not that of its target.
            if !name.starts_with('.') && entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                let inner = Found {
                    id: format!("{}/{name}", here.id),
                    path: entry.path(),
                    sweep: here.sweep.clone(),
                };
                self.look(inner, depth + 1);
            }
        }
    }
}

/// Whether a run was begun there: its experiment is there, and the mark of the program or what a run writes.
fn is_run(path: &Path) -> bool {
    let is = |name| is_file(&path.join(name));
    let begun = || is(".lindiff-run") || is("metrics.csv") || is("data.safetensors");
    match is("config.toml") {
        true => begun(),
        false => is(".lindiff-run") && is("metrics.csv"),
    }
}

fn is_sweep(path: &Path) -> bool {
    is_file(&path.join("sweep.json"))
}

fn is_file(path: &Path) -> bool {
    fs::symlink_metadata(path).is_ok_and(|found| found.is_file())
}
