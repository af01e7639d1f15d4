//! The provenance of a sweep: the program's version, the content of its data files, and its runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::identity::{RunName, VERSION};
use super::log::logs_in;
use super::row::{Differences, differing};
use super::run_set::RunSet;
use super::shape::{GridShape, Sweep};
use crate::run::RunError;
use crate::text::{document, write_whole};

/// The name of the manifest.
pub(super) const MANIFEST: &str = "sweep.json";

/// `sweep.json`: what all rows of a folder have in common. So a smaller grid, another version of the program, or
/// changed data are refused, with the difference. It marks the folder as a sweep's.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    program_version: String,
    /// The SHA-256 of each data file.
    data: BTreeMap<PathBuf, String>,
    /// Absent in folders of older versions, and where the record was made from rows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    grid: Option<GridShape>,
    /// Absent in folders of older versions; there the rows say it.
    #[serde(rename = "question", default, skip_serializing_if = "Option::is_none")]
    runs: Option<RunSet>,
}

impl Manifest {
    pub(super) fn new(data: BTreeMap<PathBuf, String>, grid: GridShape, runs: RunSet) -> Self {
        Self {
            program_version: VERSION.to_owned(),
            data,
            grid: Some(grid),
            runs: Some(runs),
        }
    }

    /// The manifest of a folder. If its file is missing or damaged, it is made from the rows; `None` if there are no
    /// rows.
    pub(super) fn read(root: &Path) -> Result<Option<Self>, RunError> {
        let path = root.join(MANIFEST);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Vec::new(),
            Err(error) => return Err(RunError::io(&path)(error)),
        };
        match serde_json::from_slice::<Self>(&text) {
            Ok(manifest) => Ok(Some(manifest)),
            Err(_) => Self::of_rows(root),
        }
    }

    /// The manifest that follows from a folder's rows.
    fn of_rows(root: &Path) -> Result<Option<Self>, RunError> {
        let mut versions = BTreeSet::new();
        let mut data = BTreeMap::new();
        let mut runs = Vec::new();
        for log in logs_in(root)? {
            let mut rows = Vec::new();
            let Some(header) = log.read(|row: RowSettings| rows.push(row))? else {
                continue;
            };
            let settings = |row: RowSettings| (row.run, differing(&header.base, row.differs));
            runs.extend(rows.into_iter().map(settings));
            versions.insert(header.program_version);
            data.extend(header.data);
        }
        // A row of another version stands for all rows, because it must be refused.
        let other = versions.iter().find(|version| *version != VERSION);
        let version = other.or_else(|| versions.first());
        Ok(version.map(|version| Self {
            program_version: version.clone(),
            data,
            grid: None,
            runs: Some(RunSet::of(runs)),
        }))
    }

    /// The sweep of a folder.
    ///
    /// # Errors
    /// A folder whose record is missing, damaged, or of an older version.
    pub(super) fn of_sweep(root: &Path) -> Result<Sweep, RunError> {
        let wrong = |path: PathBuf, problem: &str| {
            let problem = problem.to_owned();
            RunError::Data { path, problem }
        };
        let Some(manifest) = Self::read(root)? else {
            return Err(wrong(root.to_owned(), "is not the folder of a sweep"));
        };
        let record = root.join(MANIFEST);
        const AGAIN: &str =
            "does not say which runs the grid has: the command of the sweep writes it again";
        manifest.sweep().ok_or_else(|| wrong(record, AGAIN))
    }

    /// Every run with its place in the grid; `None` if the record was made from rows, or by an older version.
    fn sweep(self) -> Option<Sweep> {
        let (shape, RunSet { runs, settings }) = (self.grid?, self.runs?);
        (shape.len() == runs.len()).then_some(Sweep {
            shape,
            runs,
            settings,
        })
    }

    pub(super) fn write(&self, root: &Path) -> Result<(), RunError> {
        Ok(write_whole(
            &root.join(MANIFEST),
            document(self).as_bytes(),
        )?)
    }

    /// Refuses to go on if the existing rows were made by another version or from other data, or if this grid lacks
    /// some of their runs. Keeps the known digests of data files.
    pub(super) fn check(&mut self, root: &Path) -> Result<(), RunError> {
        const ANEW: &str = "choose another --out, or start anew with --overwrite";
        // Rows of an older version are refused before the record changes.
        logs_in(root)?;
        let Some(there) = Self::read(root)? else {
            return Ok(());
        };
        let wrong = |problem: String| {
            let path = root.join(MANIFEST);
            Err(RunError::Data { path, problem })
        };
        if there.program_version != self.program_version {
            let (then, now) = (there.program_version, &self.program_version);
            return wrong(format!(
                "the runs there are of version {then}, this is {now}: {ANEW}"
            ));
        }
        for (file, digest) in there.data {
            let now = self.data.entry(file.clone()).or_insert(digest.clone());
            if *now != digest {
                let file = file.display();
                return wrong(format!(
                    "{file} is not what it was when the runs there were made: {ANEW}"
                ));
            }
        }
        let there = match there.runs {
            Some(runs) => runs,
            None => Self::of_rows(root)?
                .and_then(|found| found.runs)
                .unwrap_or_default(),
        };
        let here = self.runs.as_ref().expect("a new manifest has its runs");
        if here.extends(&there) {
            return Ok(());
        }
        wrong(format!(
            "the sweep there asks another question: {}. Ask for all that it has and more to extend it, {ANEW}",
            here.lacks(&there)
        ))
    }
}

/// Which run a row is of.
#[derive(Deserialize)]
struct RowSettings {
    run: RunName,
    #[serde(default)]
    differs: Differences,
}
