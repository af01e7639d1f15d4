//! The list of runs and sweeps, and what of it has changed.
//!
//! Each change has a number, which only rises. Whoever knows the list up to a number is told what has changed since.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant, SystemTime};

use serde::Serialize;

use super::row::Row;
use super::run_row::RunRow;
use super::stamp::seconds;
use super::sweep_row::SweepRow;
use super::walk::{Found, Source, Walk};

/// The least time between two looks at the folders.
const REST: Duration = Duration::from_millis(500);
/// The part of the time in which folders are looked at is at most one in so many.
const RESTS: u32 = 10;

struct Kept<R: Row> {
    path: PathBuf,
    stamps: R::Stamps,
    row: R,
    /// The number of its last change.
    revision: u64,
}

/// The rows of a kind, by their names.
struct Rows<R: Row>(BTreeMap<String, Kept<R>>);

/// What an update did to rows.
#[derive(Default)]
struct Update {
    changed: bool,
    removed: bool,
}

impl<R: Row> Rows<R> {
    /// Takes up what was found; `revision` is the number of the changes.
    fn update(&mut self, found: &[Found], revision: u64) -> Update {
        let mut update = Update::default();
        let mut before = std::mem::take(&mut self.0);
        for one in found {
            let stamps = R::stamps(&one.path);
            let old = before.remove(&one.id);
            let kept = match old {
                Some(old) if old.stamps == stamps => old,
                old => {
                    let row = R::read(one, &stamps);
                    let same = old.filter(|old| old.row == row).map(|old| old.revision);
                    update.changed |= same.is_none();
                    Kept {
                        path: one.path.clone(),
                        stamps,
                        row,
                        revision: same.unwrap_or(revision),
                    }
                }
            };
            self.0.insert(one.id.clone(), kept);
        }
        update.removed = !before.is_empty();
        update
    }

    /// The rows that have changed after a number.
    fn after(&self, revision: u64) -> Vec<&R> {
        let new = self.0.values().filter(|kept| kept.revision > revision);
        new.map(|kept| &kept.row).collect()
    }
}

/// A folder that the user named, as the list has it.
#[derive(Debug, Serialize)]
struct Folder<'a> {
    name: &'a str,
    path: String,
    /// Whether it is there.
    there: bool,
}

/// What the page is told.
#[derive(Serialize)]
pub(super) struct News<'a> {
    /// The number of the last change.
    revision: u64,
    /// Whether these are all rows. Otherwise they are those that have changed, and the others are as they were.
    all: bool,
    /// When the folders were looked at, in seconds since 1970, and how many seconds that took.
    as_of: f64,
    seconds: f64,
    folders: Vec<Folder<'a>>,
    /// Whether there were more folders than are looked at.
    cut_short: bool,
    runs: Vec<&'a RunRow>,
    sweeps: Vec<&'a SweepRow>,
}

/// The list of what is in some folders.
pub(super) struct Listing {
    sources: Vec<Source>,
    runs: Rows<RunRow>,
    sweeps: Rows<SweepRow>,
    revision: u64,
    /// The number of the last change that removed something.
    removal: u64,
    as_of: SystemTime,
    looked: Option<Instant>,
    took: Duration,
    cut_short: bool,
}

impl Listing {
    /// An empty list. Its numbers begin above those of earlier servers.
    pub(super) fn new(sources: Vec<Source>) -> Self {
        let now = SystemTime::now();
        let start = (1000.0 * seconds(now)) as u64;
        Self {
            sources,
            runs: Rows(BTreeMap::new()),
            sweeps: Rows(BTreeMap::new()),
            revision: start,
            removal: start,
            as_of: now,
            looked: None,
            took: Duration::ZERO,
            cut_short: false,
        }
    }

    /// Whether the folders were never looked at.
    pub(super) fn is_new(&self) -> bool {
        self.looked.is_none()
    }

    /// Looks at the folders, unless that was done just now.
    pub(super) fn refresh(&mut self) {
        let rest = REST.max(self.took * RESTS);
        if self.looked.is_some_and(|looked| looked.elapsed() < rest) {
            return;
        }
        let began = Instant::now();
        self.as_of = SystemTime::now();
        let mut walk = Walk::default();
        for source in &self.sources {
            walk.of(source);
        }
        let next = self.revision + 1;
        let runs = self.runs.update(&walk.runs, next);
        let sweeps = self.sweeps.update(&walk.sweeps, next);
        if runs.removed || sweeps.removed {
            self.removal = next;
        }
        if runs.changed || sweeps.changed || self.removal == next {
            self.revision = next;
        }
        self.cut_short = walk.is_cut_short();
        self.took = began.elapsed();
        self.looked = Some(Instant::now());
    }

    /// What has changed after a number; everything if something was removed since, or if that number is of another
    /// server.
    pub(super) fn news(&self, after: u64) -> News<'_> {
        let all = after < self.removal || after > self.revision;
        let after = if all { 0 } else { after };
        let folder = |source: &'_ Source| source.path.is_dir();
        News {
            revision: self.revision,
            all,
            as_of: seconds(self.as_of),
            seconds: self.took.as_secs_f64(),
            folders: self
                .sources
                .iter()
                .map(|source| Folder {
                    name: &source.name,
                    path: source.path.display().to_string(),
                    there: folder(source),
                })
                .collect(),
            cut_short: self.cut_short,
            runs: self.runs.after(after),
            sweeps: self.sweeps.after(after),
        }
    }

    /// The folder and the row of a run.
    pub(super) fn run(&self, id: &str) -> Option<(&Path, &RunRow)> {
        let kept = self.runs.0.get(id)?;
        Some((&kept.path, &kept.row))
    }

    /// The folder and the row of a sweep.
    pub(super) fn sweep(&self, id: &str) -> Option<(&Path, &SweepRow)> {
        let kept = self.sweeps.0.get(id)?;
        Some((&kept.path, &kept.row))
    }
}
