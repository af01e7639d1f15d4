//! What the rows of a sweep are of: the program's version and the content of data files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::directory::ROWS;
use super::question::Question;
use super::row::Row;
use crate::config::{DataConfig, Experiment};
use crate::run::RunError;
use crate::run::ownership::names_in;
use crate::text::document;
use crate::text::write_whole;
use crate::training::digest;

/// Where the manifest lies.
pub(super) const MANIFEST: &str = "sweep.json";

/// `sweep.json`: what all rows of a folder are of, so that another question, another program or changed data are refused and
/// named. It marks the folder as a sweep's.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    program_version: String,
    /// The SHA-256 of each data file.
    data: BTreeMap<PathBuf, String>,
    /// Absent in folders of before it was recorded: there the rows say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    question: Option<Question>,
}

impl Manifest {
    pub(super) fn new(data: BTreeMap<PathBuf, String>, question: Question) -> Self {
        Self {
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            data,
            question: Some(question),
        }
    }

    pub(super) fn is_at(root: &Path) -> bool {
        let text = fs::read(root.join(MANIFEST)).unwrap_or_default();
        serde_json::from_slice::<Self>(&text).is_ok()
    }

    fn read(root: &Path) -> Result<Option<Self>, RunError> {
        let path = root.join(MANIFEST);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunError::io(&path)(error)),
        };
        let problem = |error: serde_json::Error| RunError::Data {
            path: path.clone(),
            problem: error.to_string(),
        };
        serde_json::from_slice(&text).map(Some).map_err(problem)
    }

    pub(super) fn write(&self, root: &Path) -> Result<(), RunError> {
        Ok(write_whole(
            &root.join(MANIFEST),
            document(self).as_bytes(),
        )?)
    }

    /// Whether the folder's manifest has no runs that this one lacks: then its tables are this process's to write.
    pub(super) fn covers_that_of(&self, root: &Path) -> Result<bool, RunError> {
        let there = Self::read(root)?.and_then(|there| there.question);
        Ok(match (&self.question, there) {
            (Some(here), Some(there)) => here.extends(&there),
            _ => true,
        })
    }

    /// Refuses to go on where what is there was made by another version, of other data, or for a question that this one
    /// does not extend; keeps what is known of data files.
    pub(super) fn check(&mut self, root: &Path) -> Result<(), RunError> {
        let Some(there) = Self::read(root)? else {
            return Ok(());
        };
        let wrong = |problem: String| {
            let path = root.join(MANIFEST);
            Err(RunError::Data { path, problem })
        };
        const ANEW: &str = "choose another --out, or start anew with --overwrite";
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
        let question = match there.question {
            Some(question) => question,
            None => question_of_rows(root)?,
        };
        let here = self.question.as_ref().expect("made with one");
        match here.extends(&question) {
            true => Ok(()),
            false => wrong(format!(
                "the sweep there asks another question: {}. Ask for all that it has and more to extend it, {ANEW}",
                here.lacks(&question)
            )),
        }
    }
}

/// The question of a folder that has no record of it, from the rows that are there.
fn question_of_rows(root: &Path) -> Result<Question, RunError> {
    let folder = root.join(ROWS);
    let mut runs = Vec::new();
    for name in names_in(&folder)? {
        let path = folder.join(&name);
        let Some(digest) = name.to_str().and_then(|name| name.strip_suffix(".json")) else {
            continue;
        };
        let text = fs::read(&path).map_err(RunError::io(&path))?;
        // A row that cannot be read is named where its run is asked for.
        if let Ok(row) = serde_json::from_slice::<Row>(&text) {
            let loaded = Experiment::from_toml(&row.config, root, &[])?;
            runs.push((digest.to_owned(), loaded.experiment.settings()));
        }
    }
    Ok(Question::of(runs))
}

/// The SHA-256 of data files, each read once.
#[derive(Default)]
pub(super) struct DataDigests {
    pub(super) known: BTreeMap<PathBuf, String>,
}

impl DataDigests {
    pub(super) fn of(&mut self, data: &DataConfig) -> Result<Option<String>, RunError> {
        let Some(path) = data.path() else {
            return Ok(None);
        };
        if let Some(digest) = self.known.get(path) {
            return Ok(Some(digest.clone()));
        }
        let digest = content_digest(path)?;
        self.known.insert(path.to_owned(), digest.clone());
        Ok(Some(digest))
    }
}

/// Of a file's content, or of the names and contents of a folder's files.
fn content_digest(path: &Path) -> Result<String, RunError> {
    if !path.is_dir() {
        return Ok(digest(path)?);
    }
    let entries = fs::read_dir(path).map_err(RunError::io(path))?;
    let mut files: Vec<PathBuf> = entries
        .map(|entry| entry.map(|entry| entry.path()))
        .collect::<Result<_, _>>()
        .map_err(RunError::io(path))?;
    files.retain(|file| file.is_file());
    files.sort();
    let mut hasher = Sha256::new();
    for file in files {
        let name = file.file_name().unwrap_or_default().as_encoded_bytes();
        hasher.update((name.len() as u64).to_le_bytes());
        hasher.update(name);
        hasher.update(digest(&file)?);
    }
    let hash = hasher.finalize();
    Ok(hash.iter().map(|byte| format!("{byte:02x}")).collect())
}
