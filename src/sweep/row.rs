//! What is kept of a run: a row of the table.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::directory::{ROWS, SweepDirectory};
use super::grid::Point;
use crate::gaussian::Divergence;
use crate::run::{Measured, RunError};
use crate::text::document;
use crate::text::write_whole;

/// The measured columns, in the order of the table.
pub const COLUMNS: [&str; 12] = [
    "train_loss",
    "test_loss",
    "oracle_loss",
    "optimum_train_loss",
    "optimum_test_loss",
    "kl_true_sampled",
    "kl_sampled_true",
    "predicted_train_loss",
    "predicted_test_loss",
    "predicted_kl_true_sampled",
    "predicted_kl_sampled_true",
    "epochs",
];

/// The column that says what is predicted: the run's own path of training, or its optimum.
pub const PATH: &str = "predicted_path";

/// A run as it lies on disk: what it was of, and what it came to.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Row {
    /// The resolved experiment.
    pub config: String,
    /// The SHA-256 of its data file, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    pub program_version: String,
    /// The measured numbers by column, as they stand in the table; absent where a run has none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measured: BTreeMap<String, String>,
    pub seconds: f64,
    /// Why the run failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

/// What a run is known by: its resolved experiment, the content of its data file, the program's version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    pub config: String,
    pub data: Option<String>,
}

impl Identity {
    pub fn of(point: &Point, data: Option<String>) -> Self {
        Self {
            config: point.experiment.to_toml(),
            data,
        }
    }

    /// The name of the run's folder and row.
    pub fn digest(&self) -> String {
        let mut hasher = Sha256::new();
        for part in [&self.config, self.data.as_deref().unwrap_or(""), VERSION] {
            hasher.update((part.len() as u64).to_le_bytes());
            hasher.update(part.as_bytes());
        }
        let hash = hasher.finalize();
        hash.iter()
            .take(8)
            .map(|byte| format!("{byte:02x}"))
            .collect()
    }

    /// The row of a run, or of its failure.
    pub fn row(&self, outcome: Result<&Measured, &RunError>, seconds: f64) -> Row {
        let (measured, error) = match outcome {
            Ok(measured) => (cells(measured), None),
            Err(error) => (BTreeMap::new(), Some(error.to_string())),
        };
        Row {
            config: self.config.clone(),
            data: self.data.clone(),
            program_version: VERSION.to_owned(),
            measured,
            seconds,
            error,
        }
    }

    fn matches(&self, row: &Row) -> bool {
        row.config == self.config && row.data == self.data && row.program_version == VERSION
    }
}

const VERSION: &str = env!("CARGO_PKG_VERSION");

fn cells(measured: &Measured) -> BTreeMap<String, String> {
    let kl = measured.kl.map(|kl| (kl.true_sampled, kl.sampled_true));
    let predicted = measured.predicted.as_ref();
    let value = |divergence: Option<Divergence>| divergence.map(Divergence::value);
    let values = [
        Some(measured.train_loss),
        measured.test_loss,
        measured.oracle_loss,
        measured.optimum_train_loss,
        measured.optimum_test_loss,
        kl.map(|kl| kl.0.value()),
        kl.map(|kl| kl.1.value()),
        predicted.and_then(|p| p.train_loss),
        predicted.map(|p| p.test_loss),
        value(predicted.and_then(|p| p.kl_true_sampled)),
        value(predicted.and_then(|p| p.kl_sampled_true)),
        Some(measured.epochs as f64),
    ];
    let named = COLUMNS.iter().zip(values);
    let numbers = named.filter_map(|(name, value)| Some((name.to_string(), value?.to_string())));
    let path = predicted.map(|p| (PATH.to_owned(), p.path.name().to_owned()));
    numbers.chain(path).collect()
}

/// Where the rows lie.
pub struct Rows {
    folder: PathBuf,
}

impl Rows {
    pub fn open(directory: &SweepDirectory) -> Result<Self, RunError> {
        let folder = directory.path(ROWS);
        fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
        Ok(Self { folder })
    }

    fn path(&self, digest: &str) -> PathBuf {
        self.folder.join(format!("{digest}.json"))
    }

    /// The row of a run that was made before.
    ///
    /// # Errors
    /// A row of this name that is of something else, as after an alteration by hand.
    pub fn read(&self, identity: &Identity) -> Result<Option<Row>, RunError> {
        let path = self.path(&identity.digest());
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunError::io(&path)(error)),
        };
        let problem = match serde_json::from_slice::<Row>(&text) {
            Ok(row) if identity.matches(&row) => return Ok(Some(row)),
            Ok(_) => "is not of the run that its name says: it was altered; remove it".to_owned(),
            Err(error) => format!("is no row: {error}; remove it"),
        };
        Err(RunError::Data { path, problem })
    }

    /// Writes a row beside its place and renames it: a row is there whole, or not at all.
    pub fn write(&self, identity: &Identity, row: &Row) -> Result<(), RunError> {
        Ok(write_whole(
            &self.path(&identity.digest()),
            document(row).as_bytes(),
        )?)
    }
}
