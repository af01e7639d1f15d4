//! The rows of a forecast, in the coordinates of the training.

use faer::Mat;

use super::{ForecastError, LEAST_ROWS, Settings};
use crate::config::Scale;
use crate::data::{Dimensions, Principal, ReadRows, Rows, Units, Varying, mean};
use crate::gaussian::{Covariance, CovarianceError};
use crate::memory::{self, OutOfMemory, bytes};

/// Rows without constant columns, about their mean, in their order. With [`Scale::Trace`] their covariance (1/N) has
/// the trace d, as in training.
pub(super) struct ForecastRows {
    pub rows: Rows,
    pub dimensions: Dimensions,
    varying: Varying,
    /// The kept directions, if not all are.
    directions: Option<Mat<f64>>,
    /// The factor of all numbers.
    factor: f64,
}

impl ForecastRows {
    /// The rows of a forecast from rows that were read, in their own columns or in the kept directions.
    ///
    /// # Errors
    /// Fewer than [`LEAST_ROWS`] rows, rows that are all equal, and more memory than there is.
    pub fn new(read: &ReadRows, settings: &Settings) -> Result<Self, ForecastError> {
        if read.count() < LEAST_ROWS {
            let rows = read.count();
            return Err(ForecastError::FewRows { rows });
        }
        let varying = Varying::of(read)?;
        let read = varying.chosen(read);
        check_memory(&read)?;
        let mean = mean(&read);
        let directions = kept_directions(&read, settings.min_variance)?;
        let mut values = Vec::with_capacity(read.count() * read.dim());
        for i in 0..read.count() {
            let row = read.row(i);
            values.extend(row.iter().enumerate().map(|(j, x)| x - mean[j]));
        }
        let mut rows = Rows::new(values, read.dim());
        if let Some(directions) = &directions {
            rows = Rows::from((rows.as_matrix() * directions).as_ref());
        }
        let mut factor = 1.0;
        if settings.scale == Scale::Trace {
            let squares: f64 = rows.values().iter().map(|x| x * x).sum();
            factor = (rows.dim() as f64 * rows.count() as f64 / squares).sqrt();
            rows.scale(factor);
        }
        let dimensions = Dimensions {
            dim: rows.dim(),
            dropped: read.dim() - rows.dim(),
            constant: varying.constant(),
        };
        Ok(Self {
            dimensions,
            rows,
            varying,
            directions,
            factor,
        })
    }

    /// The given covariances, which are in the units and columns that were read, in those of the forecast; the others
    /// as they are.
    ///
    /// # Errors
    /// A covariance of another size than the rows that were read.
    pub fn covariances(
        &self,
        covariances: &[Covariance],
        units: &Units,
    ) -> Result<Vec<Covariance>, CovarianceError> {
        let is_given = |c: &Covariance| matches!(c, Covariance::Given(_));
        if !covariances.iter().any(is_given) {
            return Ok(covariances.to_vec());
        }
        let kept = self.varying.dim();
        let directions = match &self.directions {
            Some(directions) => self.varying.directions(directions.as_ref()),
            None => self.varying.directions(Mat::identity(kept, kept).as_ref()),
        };
        let map = Mat::from_fn(directions.nrows(), directions.ncols(), |i, j| {
            self.factor * units.of(i).unit * directions[(i, j)]
        });
        let in_these = |covariance: &Covariance| match covariance {
            Covariance::Given(given) if given.dim() != map.nrows() => Err(CovarianceError::Size {
                size: given.dim(),
                dim: map.nrows(),
            }),
            Covariance::Given(given) => Ok(Covariance::Given(given.mapped(map.as_ref())?)),
            other => Ok(other.clone()),
        };
        covariances.iter().map(in_these).collect()
    }
}

/// The kept directions, if others also have variance. Directions without variance in these rows still count as
/// dimensions, because other rows may vary there.
fn kept_directions(rows: &ReadRows, min_variance: f64) -> Result<Option<Mat<f64>>, ForecastError> {
    /// The default. Below it there is only rounding.
    const NONE: f64 = 1e-12;
    if min_variance <= NONE {
        return Ok(None);
    }
    let principal = Principal::of(rows)?;
    let kept = principal.kept(min_variance)?;
    Ok((kept < principal.rank()).then(|| principal.leading(kept)))
}

/// The memory for the rows, their left singular vectors and those of a part, and for their covariance or their inner
/// products, whichever is smaller.
fn check_memory(rows: &ReadRows) -> Result<(), OutOfMemory> {
    /// Rows that were read and scaled, and those of the forecast.
    const COPIES: usize = 3;
    /// The covariance, its eigenvectors, and what the decomposition needs.
    const MATRICES: usize = 8;
    let (count, dim) = (rows.count(), rows.dim());
    let side = count.min(dim);
    let needed = bytes([8, COPIES, count, dim])
        .saturating_add(bytes([8, 3, count, side]))
        .saturating_add(bytes([8, MATRICES, side, side]));
    memory::check(
        needed,
        &format!("a forecast from {count} rows in {dim} dimensions"),
        || {
            "choose fewer columns (data.columns), pool images (data.pool = 2), or give fewer rows"
                .to_owned()
        },
    )
}
