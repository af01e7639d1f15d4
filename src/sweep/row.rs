//! What is stored of a run, and where.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::identity::{GridRun, VERSION, run_of_row};
use crate::gaussian::Divergence;
use crate::run::ownership::names_in;
use crate::run::{Measured, RunError};
use crate::text::{document, write_whole};

/// The folder of the rows, in that of a sweep.
pub(super) const ROWS: &str = "rows";

type OfMeasured = fn(&Measured) -> Option<f64>;

/// The measured columns in the order of the table, each with its number; `None` if a run has none.
pub(super) const COLUMNS: [(&str, OfMeasured); 12] = [
    ("train_loss", |m| Some(m.loss.train_loss)),
    ("test_loss", |m| m.loss.test_loss),
    ("oracle_loss", |m| m.loss.oracle_loss),
    ("optimum_train_loss", |m| m.loss.optimum_train_loss),
    ("optimum_test_loss", |m| m.loss.optimum_test_loss),
    ("kl_true_sampled", |m| Some(m.kl?.true_sampled.value())),
    ("kl_sampled_true", |m| Some(m.kl?.sampled_true.value())),
    ("predicted_train_loss", |m| m.predicted?.train_loss),
    ("predicted_test_loss", |m| Some(m.predicted?.test_loss)),
    ("predicted_kl_true_sampled", |m| {
        m.predicted?.kl_true_sampled.map(Divergence::value)
    }),
    ("predicted_kl_sampled_true", |m| {
        m.predicted?.kl_sampled_true.map(Divergence::value)
    }),
    ("epochs", |m| Some(m.epochs as f64)),
];

/// The column that says what is predicted: the run's own path of training, or its optimum.
pub(super) const PATH: &str = "predicted_path";

/// A run in a file: its experiment and its results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RunRow {
    /// The resolved experiment.
    pub config: String,
    /// The SHA-256 of its data file, if it has one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<String>,
    pub program_version: String,
    /// The measured numbers by column, written as in the table. A column without a number is absent.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub measured: BTreeMap<String, String>,
    pub seconds: f64,
    /// Why the run failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

impl RunRow {
    /// The row of a run that was done.
    pub fn done(run: &GridRun, measured: &Measured, seconds: f64) -> Self {
        Self {
            measured: cells(measured),
            ..Self::empty(run, seconds)
        }
    }

    /// The row of a run that failed.
    pub fn failed(run: &GridRun, error: &RunError, seconds: f64) -> Self {
        Self {
            error: Some(error.to_string()),
            ..Self::empty(run, seconds)
        }
    }

    fn empty(run: &GridRun, seconds: f64) -> Self {
        Self {
            config: run.config.clone(),
            data: run.data.clone(),
            program_version: VERSION.to_owned(),
            measured: BTreeMap::new(),
            seconds,
            error: None,
        }
    }

    fn is_of(&self, run: &GridRun) -> bool {
        self.config == run.config && self.data == run.data && self.program_version == VERSION
    }
}

fn cells(measured: &Measured) -> BTreeMap<String, String> {
    let number = |(name, of): &(&str, OfMeasured)| {
        let value = of(measured)?;
        Some((name.to_string(), value.to_string()))
    };
    let predicted = measured.predicted.as_ref();
    let path = predicted.map(|p| (PATH.to_owned(), p.path.name().to_owned()));
    COLUMNS.iter().filter_map(number).chain(path).collect()
}

/// The folder of the rows.
pub(super) struct RowFolder {
    folder: PathBuf,
}

impl RowFolder {
    /// Opens the folder of the rows of a sweep, and makes it if there is none.
    pub fn open(root: &Path) -> Result<Self, RunError> {
        let folder = root.join(ROWS);
        fs::create_dir_all(&folder).map_err(RunError::io(&folder))?;
        Ok(Self { folder })
    }

    fn path(&self, run: &GridRun) -> PathBuf {
        self.folder.join(format!("{}.json", run.name))
    }

    /// The row of a run that was made before.
    ///
    /// # Errors
    /// A row of this name with other content, as after an alteration by hand.
    pub fn read(&self, run: &GridRun) -> Result<Option<RunRow>, RunError> {
        let path = self.path(run);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunError::io(&path)(error)),
        };
        let problem = match serde_json::from_slice::<RunRow>(&text) {
            Ok(row) if row.is_of(run) => return Ok(Some(row)),
            Ok(_) => "is not of the run that its name says: it was altered; remove it".to_owned(),
            Err(error) => format!("is not a row of a sweep: {error}; remove it"),
        };
        Err(RunError::Data { path, problem })
    }

    /// Writes a row beside its final place and renames it, so that it is there completely or not at all.
    pub fn write(&self, run: &GridRun, row: &RunRow) -> Result<(), RunError> {
        Ok(write_whole(&self.path(run), document(row).as_bytes())?)
    }
}

/// Every row of a sweep's folder that can be read, with the name of its run.
pub(super) fn rows_in(root: &Path) -> Result<Vec<(String, RunRow)>, RunError> {
    let folder = root.join(ROWS);
    let mut rows = Vec::new();
    for file in names_in(&folder)? {
        let Some(name) = run_of_row(&file) else {
            continue;
        };
        let path = folder.join(&file);
        let text = fs::read(&path).map_err(RunError::io(&path))?;
        // A row that cannot be read is reported when its run is needed.
        if let Ok(row) = serde_json::from_slice(&text) {
            rows.push((name.to_owned(), row));
        }
    }
    Ok(rows)
}
