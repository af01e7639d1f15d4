//! The truth as a law: of a synthetic spectrum, or the Gaussian of rows that were read.

use faer::{Col, Mat, Scale as Times};

use super::truth::TrueRows;
use super::{DataError, Dimensions, Frame, Table, Truth, truth};
use crate::config::DataConfig;
use crate::gaussian::Gaussian;
use crate::memory::{self, bytes};

/// The law that stands for the population, and what is known of how it came about.
pub struct Population {
    pub law: Gaussian,
    pub frame: Frame,
    pub dimensions: Dimensions,
    /// What the user should know of how the rows were read.
    pub notes: Vec<String>,
    /// The rows that it is of, in the frame's units; none of a synthetic source.
    pub(super) table: Option<Table>,
    /// What the user should know of the rows.
    pub(super) warning: Option<String>,
}

impl Population {
    /// How many rows it is of: P.
    pub fn rows(&self) -> Option<usize> {
        Some(self.table.as_ref()?.rows.count())
    }
}

/// Matrices `[d, d]` that the laws and the frame of an experiment take: the truth's, the training set's and the test
/// set's, each with a copy to compute with, and the frame.
const MATRICES: usize = 8;

/// The truth of a source: of a synthetic one its diagonal covariance, of real data the Gaussian with the mean and
/// the 1/P-covariance of all P rows in the columns that vary, small directions dropped, then scaled.
///
/// # Errors
/// Whatever is wrong with the input, and more than the memory holds.
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

/// Bytes of the laws of an experiment in d dimensions, about.
pub fn law_bytes(dim: usize) -> usize {
    bytes([8, MATRICES, dim, dim])
}

/// The Gaussian of rows that were read, in their own coordinates, or in the eigenvectors that are kept.
///
/// Columns that are the same in all rows are left out; what they hold is in the frame's origin. With the eigenvectors v of
/// the covariance (1/P) of the others, a direction is kept if its variance is at least `min_variance` times the mean
/// variance; all of them with `min_variance = 0`, be there rows in them or not. With all kept, the rows stay as they are but
/// for the scale, x = scale row, and the frame's origin is 0 in the columns that vary. With V the columns of those kept,
/// x = scale V' row, and the origin is what the mean has outside of them, (I - V V') mean, so that `origin + V x / scale` is
/// the row, up to what it had in the directions that were dropped.
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
    let (law, origin, basis) = match kept == varying.dim() {
        true => {
            let moments = principal.moments(&varying.chosen(&table.rows))?;
            let covariance = moments.covariance * Times(scale * scale);
            let mean = moments.mean * Times(scale);
            let origin = varying.filled(&first, &Col::zeros(kept));
            let basis = varying.directions(Mat::identity(kept, kept).as_ref());
            let law = Gaussian::from_covariance(mean, covariance.as_ref())?;
            (law, origin, basis)
        }
        false => {
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
        }
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
