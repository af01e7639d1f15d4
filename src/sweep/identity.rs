//! The identity of a run in a grid.

use std::collections::BTreeMap;
use std::ffi::OsStr;

use sha2::{Digest, Sha256};

use super::data_digests::DataDigests;
use super::grid::GridPoint;
use crate::run::RunError;
use crate::text::digest::hexadecimal;

/// The version of the program is a part of every run's identity: results of another version do not count.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// A run of the grid, with its identity.
#[derive(Debug, Clone)]
pub(super) struct GridRun {
    pub point: GridPoint,
    /// The resolved experiment.
    pub config: String,
    /// The SHA-256 of its data file, if it has one.
    pub data: Option<String>,
    /// The digest of both and of the program's version. It names the run's row and folder.
    pub name: String,
}

impl GridRun {
    pub fn new(point: GridPoint, digests: &mut DataDigests) -> Result<Self, RunError> {
        let config = point.experiment.to_toml();
        let data = digests.of(&point.experiment.data)?;
        Ok(Self {
            name: name_of(&config, data.as_deref()),
            point,
            config,
            data,
        })
    }

    /// The name, and every key that counts, with its value.
    pub fn settings(&self) -> (String, BTreeMap<String, String>) {
        (self.name.clone(), self.point.experiment.settings())
    }
}

/// 16 hexadecimal digits of SHA-256.
fn name_of(config: &str, data: Option<&str>) -> String {
    let mut hasher = Sha256::new();
    for part in [config, data.unwrap_or(""), VERSION] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    hexadecimal(hasher)[..16].to_owned()
}

/// Whether a folder has the name of a run.
pub(super) fn is_run_name(folder: &OsStr) -> bool {
    let hexadecimal = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    let name = folder.as_encoded_bytes();
    name.len() == 16 && name.iter().all(|b| hexadecimal(*b))
}

/// The name of the run whose row is in a file, from the file's name; `None` if it is not a row.
pub(super) fn run_of_row(file: &OsStr) -> Option<&str> {
    let name = file.to_str()?.strip_suffix(".json")?;
    is_run_name(OsStr::new(name)).then_some(name)
}
