//! The directions in which rows vary, from their covariance or from their inner products, whichever is smaller.

use faer::{Col, Mat, Scale as Times};

use super::{DataError, Moments, ReadRows, Rows};
use crate::gaussian::{numerical_floor, symmetric_eigen};
use crate::memory::{self, bytes};
use crate::parallel;

/// The principal directions of N rows in d dimensions. X `[N, d]` is the rows minus their mean:
///
/// ```text
/// C = X'X/N = V S V'   [d, d]        for N >= d
/// K = X X'/N = U S U'  [N, N],  V = X' U (N S)^(-1/2)      for N < d, where C is never made
/// ```
pub struct Principal {
    mean: Col<f64>,
    /// All d variances, largest first; those below `d eps` times the largest are 0.
    variances: Vec<f64>,
    directions: Directions,
}

enum Directions {
    /// `V`, with the moments that it belongs to.
    OfCovariance { moments: Moments, vectors: Mat<f64> },
    /// `X` and `U`.
    OfGram { centred: Rows, vectors: Mat<f64> },
}

impl Principal {
    /// The directions, by the smaller of the two matrices.
    ///
    /// # Errors
    /// More memory than there is; numbers whose products overflow.
    pub fn of(rows: &ReadRows) -> Result<Self, DataError> {
        if rows.count() < rows.dim() {
            Self::by_gram(rows)
        } else {
            Self::by_covariance(rows)
        }
    }

    /// The directions from the covariance `[d, d]`.
    ///
    /// # Errors
    /// See [`Principal::of`].
    pub fn by_covariance(rows: &ReadRows) -> Result<Self, DataError> {
        check_covariance(rows)?;
        let moments = Moments::of_read(rows);
        let (values, vectors) = symmetric_eigen(moments.covariance.as_ref())?;
        Ok(Self {
            mean: moments.mean.clone(),
            variances: resolved(values, rows.dim()),
            directions: Directions::OfCovariance { moments, vectors },
        })
    }

    /// The directions from the inner products of all pairs of rows, `[N, N]`.
    ///
    /// # Errors
    /// See [`Principal::of`].
    pub fn by_gram(rows: &ReadRows) -> Result<Self, DataError> {
        let (count, dim) = (rows.count(), rows.dim());
        let numbers = count.saturating_mul(dim.saturating_add(count.saturating_mul(5)));
        memory::check(bytes([8, numbers]), &described(rows), || {
            "fewer rows make it smaller".to_owned()
        })?;
        let mean = mean(rows);
        let centred = about(rows, &mean);
        let gram = gram(&centred) * Times(1.0 / count as f64);
        let (values, vectors) = symmetric_eigen(gram.as_ref())?;
        Ok(Self {
            mean,
            variances: resolved(values, dim),
            directions: Directions::OfGram { centred, vectors },
        })
    }

    /// The mean of the rows, `[d]`.
    pub fn mean(&self) -> &Col<f64> {
        &self.mean
    }

    /// The variance along each of d directions, largest first.
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// The number of directions with any variance.
    pub fn rank(&self) -> usize {
        self.variances.partition_point(|v| *v > 0.0)
    }

    /// The number of directions with a variance of at least `min_variance` times the mean variance. With 0 it is all.
    ///
    /// # Errors
    /// No direction has that much.
    pub fn kept(&self, min_variance: f64) -> Result<usize, DataError> {
        let mean = self.variances.iter().sum::<f64>() / self.variances.len() as f64;
        match self
            .variances
            .iter()
            .filter(|&&v| v >= min_variance * mean)
            .count()
        {
            0 => {
                let problem = format!(
                    "{min_variance} times the mean variance is more than any direction has: give at most 1"
                );
                Err(DataError::setting("data.min_variance", problem))
            }
            kept => Ok(kept),
        }
    }

    /// The first `count` directions as columns `[d, count]`. Each must have a variance.
    pub fn leading(&self, count: usize) -> Mat<f64> {
        /// Below this part of the largest, rounding would make the directions less orthogonal.
        const EXACT: f64 = 1e-6;
        match &self.directions {
            Directions::OfCovariance { vectors, .. } => vectors.subcols(0, count).to_owned(),
            Directions::OfGram { centred, vectors } => {
                let rows = centred.count() as f64;
                let scaled = Mat::from_fn(centred.count(), count, |i, k| {
                    vectors[(i, k)] / (rows * self.variances[k]).sqrt()
                });
                let found = centred.as_matrix().transpose() * scaled;
                if count > 0 && self.variances[count - 1] < EXACT * self.variances[0] {
                    found.qr().compute_thin_Q()
                } else {
                    found
                }
            }
        }
    }

    /// The mean and covariance of the rows.
    ///
    /// # Errors
    /// More memory than there is.
    pub(super) fn moments(self, rows: &ReadRows) -> Result<Moments, DataError> {
        match self.directions {
            Directions::OfCovariance { moments, .. } => Ok(moments),
            Directions::OfGram { .. } => {
                check_covariance(rows)?;
                Ok(Moments::of_read(rows))
            }
        }
    }
}

/// The inner products of all pairs of rows.
fn gram(rows: &Rows) -> Mat<f64> {
    rows.as_matrix() * rows.as_matrix().transpose()
}

/// The mean of rows that were read. The rounding error of the first pass is subtracted in a second one.
pub fn mean(rows: &ReadRows) -> Col<f64> {
    let count = rows.count() as f64;
    let average = |mean: &Col<f64>| {
        let mut sum = Col::<f64>::zeros(rows.dim());
        for i in 0..rows.count() {
            let row = rows.row(i);
            row.iter()
                .enumerate()
                .for_each(|(j, x)| sum[j] += x - mean[j]);
        }
        sum * Times(1.0 / count)
    };
    let mean = average(&Col::zeros(rows.dim()));
    let left = average(&mean);
    mean + left
}

/// The rows minus a vector.
fn about(rows: &ReadRows, mean: &Col<f64>) -> Rows {
    let mut values = Vec::with_capacity(rows.count() * rows.dim());
    for i in 0..rows.count() {
        let row = rows.row(i);
        values.extend(row.iter().enumerate().map(|(j, x)| x - mean[j]));
    }
    Rows::new(values, rows.dim())
}

/// The eigenvalues of a covariance as d variances. Values that are only rounding become 0.
fn resolved(values: Vec<f64>, dim: usize) -> Vec<f64> {
    let floor = numerical_floor(values[0], dim);
    let mut variances = values;
    variances
        .iter_mut()
        .filter(|v| **v <= floor)
        .for_each(|v| *v = 0.0);
    variances.resize(dim, 0.0);
    variances
}

/// The most matrices `[d, d]` that a covariance and its eigenvalues take, beside one for each thread.
const MATRICES: usize = 6;

fn check_covariance(rows: &ReadRows) -> Result<(), DataError> {
    let (count, dim) = (rows.count(), rows.dim());
    let blocks = count.div_ceil(4096).min(parallel::threads());
    let needed = bytes([8, dim, dim, MATRICES + blocks]);
    let advice = || {
        let kept = if count <= dim {
            format!(
                "data.min_variance = 0.01 keeps only the directions in which the {count} rows vary, at most {}; ",
                count.saturating_sub(1)
            )
        } else {
            String::new()
        };
        format!("{kept}choose fewer columns (data.columns), or pool images (data.pool = 2)")
    };
    Ok(memory::check(needed, &described(rows), advice)?)
}

fn described(rows: &ReadRows) -> String {
    format!(
        "the covariance of {} rows in {} dimensions",
        rows.count(),
        rows.dim()
    )
}
