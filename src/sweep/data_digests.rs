//! The SHA-256 of data files.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::config::DataConfig;
use crate::run::RunError;
use crate::text::digest::{digest_of_file, hexadecimal};

/// The digests of data files, each read once.
#[derive(Default)]
pub(super) struct DataDigests {
    pub known: BTreeMap<PathBuf, String>,
}

impl DataDigests {
    /// The digest of the file or folder of an experiment's data; `None` for synthetic data.
    pub fn of(&mut self, data: &DataConfig) -> Result<Option<String>, RunError> {
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

/// The digest of a file's content, or of the names and contents of a folder's files.
fn content_digest(path: &Path) -> Result<String, RunError> {
    if !path.is_dir() {
        return digest_of_file(path).map_err(RunError::io(path));
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
        hasher.update(digest_of_file(&file).map_err(RunError::io(&file))?);
    }
    Ok(hexadecimal(hasher))
}
