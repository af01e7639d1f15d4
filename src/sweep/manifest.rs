//! The provenance of a sweep: the program's version, the content of its data files, and its runs.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::identity::VERSION;
use super::row::rows_in;
use super::run_set::RunSet;
use crate::config::{CheckedExperiment, Experiment};
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
    /// Absent in folders of older versions; there the rows say it.
    #[serde(rename = "question", default, skip_serializing_if = "Option::is_none")]
    runs: Option<RunSet>,
}

impl Manifest {
    pub(super) fn new(data: BTreeMap<PathBuf, String>, runs: RunSet) -> Self {
        Self {
            program_version: VERSION.to_owned(),
            data,
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
        for (_, row) in rows_in(root)? {
            if row.program_version == VERSION
                && let Some(digest) = row.data
                && let Some(path) = experiment(&row.config, root)?.data.path()
            {
                data.insert(path.to_owned(), digest);
            }
            versions.insert(row.program_version);
        }
        // A row of another version stands for all rows, because it must be refused.
        let other = versions.iter().find(|version| *version != VERSION);
        let version = other.or_else(|| versions.first());
        Ok(version.map(|version| Self {
            program_version: version.clone(),
            data,
            runs: None,
        }))
    }

    pub(super) fn write(&self, root: &Path) -> Result<(), RunError> {
        Ok(write_whole(
            &root.join(MANIFEST),
            document(self).as_bytes(),
        )?)
    }

    /// Whether this manifest has all runs of the folder's. Then this process writes the tables.
    pub(super) fn covers_that_of(&self, root: &Path) -> Result<bool, RunError> {
        let there = Self::read(root)?.and_then(|there| there.runs);
        Ok(match (&self.runs, there) {
            (Some(here), Some(there)) => here.extends(&there),
            _ => true,
        })
    }

    /// Refuses to go on if the existing rows were made by another version or from other data, or if this grid lacks
    /// some of their runs. Keeps the known digests of data files.
    pub(super) fn check(&mut self, root: &Path) -> Result<(), RunError> {
        const ANEW: &str = "choose another --out, or start anew with --overwrite";
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
            None => runs_of_rows(root)?,
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

/// The runs of a folder's rows.
fn runs_of_rows(root: &Path) -> Result<RunSet, RunError> {
    let runs = rows_in(root)?.into_iter();
    let runs = runs.map(|(name, row)| Ok((name, experiment(&row.config, root)?.settings())));
    Ok(RunSet::of(runs.collect::<Result<Vec<_>, RunError>>()?))
}

/// The experiment of a row.
fn experiment(config: &str, root: &Path) -> Result<CheckedExperiment, RunError> {
    Ok(Experiment::from_toml(config, root, &[])?.experiment)
}
