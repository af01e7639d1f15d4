//! The truth as a law: that of a synthetic spectrum, or the Gaussian of rows that were read.

use faer::{Col, Mat, Scale as Times};

use super::truth::TrueRows;
use super::{DataError, Dimensions, Frame, Table, Truth, truth};
use crate::config::DataConfig;
use crate::gaussian::Gaussian;
use crate::memory::{self, bytes};

/// The law that stands for the population, and where it comes from.
pub struct Population {
    /// The law.
    pub law: Gaussian,
    /// The way back to the coordinates that were read.
    pub frame: Frame,
    /// The number of dimensions, and what was left out.
    pub dimensions: Dimensions,
    /// Notes on how the rows were read.
    pub notes: Vec<String>,
    /// The rows behind it, in the frame's units; `None` for a synthetic source.
    pub(super) table: Option<Table>,
    /// A warning about the rows.
    pub(super) warning: Option<String>,
}

impl Population {
    /// The number P of rows behind it.
    pub fn rows(&self) -> Option<usize> {
        Some(self.table.as_ref()?.rows.count())
    }
}

/// The number of matrices `[d, d]` that the laws and the frame of an experiment take: those of the truth, the
/// training set and the test set, each with a working copy, and that of the frame.
const MATRICES: usize = 8;

/// The truth of a source. For a synthetic source it is the law with the diagonal covariance. For real data it is the
/// Gaussian with the mean and the 1/P-covariance of all P rows in the columns that vary, with small directions
/// dropped, then scaled.
///
/// # Errors
/// Anything wrong with the input, and more memory than there is.
pub fn population(config: &DataConfig) -> Result<Population, DataError> {
    let truth = truth(config)?;
    let dim = truth.dimensions.dim;
    memory::check(
        law_bytes(dim),
        &format!("a law in {dim} dimensions"),
        || match truth.count() {
            None => "lower data.dim, or keep fewer eigenvalues".to_owned(),
            Some(rows) => format!(
                "data.min_variance = 0.01 keeps only directions in which the {rows} rows vary, data.pool = 2 pools \
                 images, data.columns chooses columns"
            ),
        },
    )?;
    let Truth {
        spectrum,
        dimensions,
        notes,
        rows,
    } = truth;
    match rows {
        None => Ok(Population {
            law: Gaussian::from_spectral(
                Col::zeros(dim),
                Mat::identity(dim, dim),
                spectrum.eigenvalues().to_vec(),
            ),
            frame: Frame::identity(dim),
            dimensions,
            notes,
            table: None,
            warning: None,
        }),
        Some(rows) => of_rows(rows, dimensions, notes),
    }
}

/// The bytes, roughly, of the laws of an experiment in d dimensions.
pub fn law_bytes(dim: usize) -> usize {
    bytes([8, MATRICES, dim, dim])
}

/// The Gaussian of rows that were read, in their own coordinates or in the kept eigenvectors.
///
/// Constant columns are left out; their values are in the frame's origin. Let v be the eigenvectors of the covariance
/// (1/P) of the other columns. A direction is kept if its variance is at least `min_variance` times the mean
/// variance. With `min_variance = 0` every direction is kept, even one without variance.
///
/// If all directions are kept, the rows are only scaled, x = scale row, and the frame's origin is 0 in the columns
/// that vary. Otherwise V has the kept directions as columns, and x = scale V' row. The origin is then the part of
/// the mean outside of them, (I - V V') mean. So `origin + V x / scale` is the row without its parts in the dropped
/// directions.
fn of_rows(
    rows: TrueRows,
    dimensions: Dimensions,
    notes: Vec<String>,
) -> Result<Population, DataError> {
    let TrueRows {
        table,
        varying,
        principal,
        scale,
        units,
        warning,
    } = rows;
    let kept = dimensions.dim;
    let first = table.rows.row(0);
    let (law, origin, basis) = if kept == varying.dim() {
        let moments = principal.moments(&varying.chosen(&table.rows))?;
        let covariance = moments.covariance * Times(scale * scale);
        let mean = moments.mean * Times(scale);
        let origin = varying.filled(&first, &Col::zeros(kept));
        let basis = varying.directions(Mat::identity(kept, kept).as_ref());
        let law = Gaussian::from_covariance(mean, covariance.as_ref())?;
        (law, origin, basis)
    } else {
        let directions = principal.leading(kept);
        let mean = principal.mean();
        let along = directions.transpose() * mean;
        let outside = mean - &directions * &along;
        let variances = principal.variances()[..kept].iter();
        let variances = variances.map(|v| v * scale * scale).collect();
        let identity = Mat::identity(kept, kept);
        let law = Gaussian::from_spectral(along * Times(scale), identity, variances);
        let origin = varying.filled(&first, &outside);
        (law, origin, varying.directions(directions.as_ref()))
    };
    drop(first);
    Ok(Population {
        law,
        frame: Frame {
            origin,
            basis,
            scale,
            units,
        },
        dimensions,
        notes,
        table: Some(table),
        warning,
    })
}
