//! The identity of a run in a grid.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use sha2::{Digest, Sha256};

use super::data_digests::DataDigests;
use super::grid::GridPoint;
use crate::run::RunError;

/// The version of the program is a part of every run's identity: results of another version do not count.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// The first 64 bits of the digest of a run's identity. Written as 16 hexadecimal digits, it names the run's row and
/// folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct RunName(u64);

impl fmt::Display for RunName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl FromStr for RunName {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const WRONG: &str = "the name of a run has 16 hexadecimal digits";
        let is_digit = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
        if text.len() != 16 || !text.bytes().all(is_digit) {
            return Err(WRONG);
        }
        u64::from_str_radix(text, 16).map(Self).map_err(|_| WRONG)
    }
}

impl Serialize for RunName {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for RunName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        text.parse().map_err(serde::de::Error::custom)
    }
}

/// A run of the grid, with its identity.
#[derive(Debug, Clone)]
pub(super) struct GridRun {
    pub point: GridPoint,
    /// The resolved experiment.
    pub config: String,
    /// The name of its row and folder, a digest of the experiment, its data and the program's version.
    pub name: RunName,
}

impl GridRun {
    pub fn new(point: GridPoint, digests: &mut DataDigests) -> Result<Self, RunError> {
        let config = point.experiment.to_toml();
        let data = digests.of(&point.experiment.data)?;
        Ok(Self {
            name: name_of(&config, data.as_deref()),
            point,
            config,
        })
    }

    /// Every key that counts, with its value.
    pub fn settings(&self) -> BTreeMap<String, String> {
        self.point.experiment.settings()
    }
}

/// The first 64 bits of SHA-256.
fn name_of(config: &str, data: Option<&str>) -> RunName {
    let mut hasher = Sha256::new();
    for part in [config, data.unwrap_or(""), VERSION] {
        hasher.update((part.len() as u64).to_le_bytes());
        hasher.update(part.as_bytes());
    }
    let digest = hasher.finalize();
    let first = digest[..8].try_into().expect("8 of 32 bytes");
    RunName(u64::from_be_bytes(first))
}

/// Whether a file or folder has the name of a run.
pub(super) fn is_run_name(name: &str) -> bool {
    name.parse::<RunName>().is_ok()
}
