//! What the rows of a sweep are of: the program's version and the content of data files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::config::{DataConfig, RowsOrigin, Source};
use crate::document::document;
use crate::experiment::RunError;
use crate::experiment::files::write_whole;
use crate::training::digest;

/// `sweep.json`: what all rows of a folder are of, so that another program or changed data are refused and named.
#[derive(Serialize, Deserialize)]
pub(super) struct Manifest {
    program_version: String,
    /// The SHA-256 of each data file.
    data: BTreeMap<PathBuf, String>,
}

impl Manifest {
    pub(super) fn check(root: &Path, data: BTreeMap<PathBuf, String>) -> Result<(), RunError> {
        let path = root.join("sweep.json");
        let mut manifest = Self {
            program_version: env!("CARGO_PKG_VERSION").to_owned(),
            data,
        };
        let wrong = |problem: String| {
            let path = path.clone();
            Err(RunError::Data { path, problem })
        };
        if let Ok(text) = fs::read(&path) {
            let there: Self = match serde_json::from_slice(&text) {
                Ok(there) => there,
                Err(error) => return wrong(error.to_string()),
            };
            if there.program_version != manifest.program_version {
                let (then, now) = (there.program_version, manifest.program_version);
                return wrong(format!(
                    "the runs there are of version {then}, this is {now}: choose another --out"
                ));
            }
            for (file, digest) in there.data {
                let now = manifest.data.entry(file.clone()).or_insert(digest.clone());
                if *now != digest {
                    let file = file.display();
                    return wrong(format!(
                        "{file} is not what it was when the runs there were made: choose another --out"
                    ));
                }
            }
        }
        write_whole(&path, document(&manifest).as_bytes())
    }
}

/// The SHA-256 of data files, each read once.
#[derive(Default)]
pub(super) struct DataDigests {
    pub(super) known: BTreeMap<PathBuf, String>,
}

impl DataDigests {
    pub(super) fn of(&mut self, data: &DataConfig) -> Result<Option<String>, RunError> {
        let path = match &data.source {
            Source::Spectrum { path } => path,
            Source::Real(real) => match &real.origin {
                RowsOrigin::File { path, .. } => path,
                RowsOrigin::Digits => return Ok(None),
            },
            Source::PowerLaw { .. } | Source::Spiked { .. } => return Ok(None),
        };
        if let Some(digest) = self.known.get(path) {
            return Ok(Some(digest.clone()));
        }
        let digest = content_digest(path)?;
        self.known.insert(path.clone(), digest.clone());
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
