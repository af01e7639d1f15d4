//! Reads features from files.

use std::io::Read;
use std::path::Path;

use faer::{Col, Mat};

use super::{DistanceError, Features};
use crate::config::{RealData, Scale};
use crate::data::formats::{Array, Npz};
use crate::data::{DataError, Rows, read_rows};

/// Features of a file.
#[derive(Debug, Clone)]
pub enum FileFeatures {
    /// Rows.
    Rows {
        /// The rows.
        rows: Rows,
        /// The group of each row, numbered from 0.
        groups: Option<Vec<usize>>,
        /// How the file was read.
        notes: Vec<String>,
    },
    /// A mean and a covariance.
    Statistics {
        /// The mean.
        mean: Col<f64>,
        /// The covariance.
        covariance: Mat<f64>,
    },
}

impl FileFeatures {
    /// The features, for [`frechet`](super::frechet).
    pub fn features(&self) -> Features<'_> {
        match self {
            Self::Rows { rows, groups, .. } => Features::Rows {
                rows: rows.as_matrix(),
                groups: groups.as_deref(),
            },
            Self::Statistics { mean, covariance } => {
                Features::statistics(mean.as_ref(), covariance.as_ref())
            }
        }
    }

    /// How the file was read.
    pub fn notes(&self) -> &[String] {
        match self {
            Self::Rows { notes, .. } => notes,
            Self::Statistics { .. } => &[],
        }
    }
}

/// Reads the rows of a source, as they stand there: a scale in `data.scale` does not count, because both sets must have
/// one scale.
///
/// # Errors
/// Anything wrong with the file, with its place.
pub fn read_features(real: &RealData) -> Result<FileFeatures, DistanceError> {
    let table = read_rows(real)?;
    let mut notes = table.notes.clone();
    if real.scale != Scale::default() {
        let note = "data.scale does not count in a distance: features are taken as they stand";
        notes.push(note.to_owned());
    }
    Ok(FileFeatures::Rows {
        groups: table.group_numbers(),
        rows: table.rows.part(0..table.rows.count()),
        notes,
    })
}

/// Reads `mu` `[d]` and `sigma` `[d, d]` of an `.npz`, as pytorch-fid and its like write them. `None`: the file is no
/// `.npz` with these arrays, so it may be one of rows.
///
/// # Errors
/// Anything wrong with the arrays.
pub fn read_statistics(path: &Path) -> Result<Option<FileFeatures>, DistanceError> {
    // A pipe can be read only once.
    if !path.is_file() || !begins(path, b"PK\x03\x04") {
        return Ok(None);
    }
    let mut npz = Npz::open(path)?;
    let holds = |name: &str| npz.names().iter().any(|known| known == name);
    if !(holds("mu") && holds("sigma")) {
        return Ok(None);
    }
    let mut array = |name: &'static str| -> Result<Array, DistanceError> {
        let array = npz.array(name);
        Ok(array.map_err(|source| DataError::Format {
            path: path.to_owned(),
            source,
        })?)
    };
    let (mean, sigma) = (array("mu")?, array("sigma")?);
    let dim = mean.values.len();
    if sigma.axes != [dim, dim] {
        return Err(DistanceError::Statistics {
            name: path.display().to_string(),
            what: "sigma",
            problem: format!("has the shape {:?}, where mu has {dim} numbers", sigma.axes),
        });
    }
    let numbers = sigma.values.into_doubles();
    let mean = mean.values.into_doubles();
    Ok(Some(FileFeatures::Statistics {
        mean: Col::from_fn(dim, |j| mean[j]),
        covariance: Mat::from_fn(dim, dim, |i, j| numbers[i * dim + j]),
    }))
}

/// Whether a file begins with these bytes.
fn begins(path: &Path, with: &[u8; 4]) -> bool {
    let mut start = [0; 4];
    let read = std::fs::File::open(path).and_then(|mut file| file.read_exact(&mut start));
    read.is_ok() && start == *with
}
