//! Features near 1 and about 0, so that no square overflows and a common shift costs no digit.

use faer::{Col, ColRef, Mat, MatRef};

use super::Features;
use crate::gaussian::EigenError;
use crate::gaussian::{numerical_floor, symmetric_eigen, symmetrised};

/// `y = (first x - centre) second`, where both factors are powers of two.
#[derive(Debug, Clone)]
pub(super) struct Units {
    first: f64,
    centre: Col<f64>,
    second: f64,
}

impl Units {
    /// Units in which the largest number is near 1 and the first row of A (or its mean) is 0.
    pub fn of(a: &Features<'_>, b: &Features<'_>) -> Self {
        let sides = || [a, b].into_iter();
        let first = to_one(sides().map(largest).fold(0.0, f64::max));
        let mut units = Self {
            first,
            centre: match a {
                Features::Rows { rows, .. } => rows.row(0).transpose() * faer::Scale(first),
                Features::Statistics { mean, .. } => *mean * faer::Scale(first),
            },
            second: 1.0,
        };
        let spread = sides().map(|side| units.largest(side)).fold(0.0, f64::max);
        units.second = to_one(spread);
        units
    }

    /// A number in these units.
    fn of_number(&self, x: f64, column: usize) -> f64 {
        (x * self.first - self.centre[column]) * self.second
    }

    /// The largest number of features in these units.
    fn largest(&self, features: &Features<'_>) -> f64 {
        let of_row = |row: faer::RowRef<'_, f64>| {
            let numbers = row.iter().enumerate();
            numbers.fold(0.0, |most: f64, (j, x)| {
                most.max(self.of_number(*x, j).abs())
            })
        };
        match features {
            Features::Rows { rows, .. } => rows.row_iter().map(of_row).fold(0.0, f64::max),
            Features::Statistics { mean, covariance } => {
                let deviations = (0..mean.nrows()).map(|j| covariance[(j, j)].abs().sqrt());
                let deviation = deviations.fold(0.0, f64::max) * self.first * self.second;
                of_row(mean.transpose()).max(deviation)
            }
        }
    }

    /// Some rows, as columns `[d, n]`.
    pub fn rows(&self, rows: MatRef<'_, f64>, chosen: &[usize]) -> Mat<f64> {
        Mat::from_fn(rows.ncols(), chosen.len(), |j, i| {
            self.of_number(rows[(chosen[i], j)], j)
        })
    }

    /// `map' (y - mean)` of some rows, as columns.
    pub fn mapped(
        &self,
        features: &Features<'_>,
        chosen: &[usize],
        mean: &Col<f64>,
        map: MatRef<'_, f64>,
    ) -> Mat<f64> {
        let Features::Rows { rows, .. } = features else {
            unreachable!("a law that is known has no leverages");
        };
        let mut columns = self.rows(*rows, chosen);
        for mut column in columns.col_iter_mut() {
            column -= mean;
        }
        map.transpose() * columns
    }

    pub fn mean(&self, mean: ColRef<'_, f64>) -> Col<f64> {
        Col::from_fn(mean.nrows(), |j| self.of_number(mean[j], j))
    }

    /// A root R of a covariance, `R'R`. The smallest eigenvalue comes with it where it is below 0 by more than rounding.
    ///
    /// # Errors
    /// Eigenvalues that are not found.
    pub fn root(&self, covariance: MatRef<'_, f64>) -> Result<(Mat<f64>, Option<f64>), EigenError> {
        /// A covariance in f32, or of a product in f64, has negative eigenvalues as large as this share of the largest.
        const ROUNDING: f64 = 1e-5;
        let unit = self.first * self.second;
        let scaled = covariance * faer::Scale(unit) * faer::Scale(unit);
        let (values, vectors) = symmetric_eigen(symmetrised(scaled.as_ref()).as_ref())?;
        let dim = values.len();
        let largest = values[0].max(0.0);
        let floor = numerical_floor(largest, dim);
        let least = values[dim - 1];
        let negative = (least < -ROUNDING * largest).then(|| self.back(least));
        let kept = |value: f64| if value > floor { value.sqrt() } else { 0.0 };
        let root = Mat::from_fn(dim, dim, |k, j| kept(values[k]) * vectors[(j, k)]);
        Ok((root, negative))
    }

    /// A square of features in the units that were given.
    pub fn back(&self, square: f64) -> f64 {
        square / self.first / self.second / self.first / self.second
    }
}

/// The largest number of features.
fn largest(features: &Features<'_>) -> f64 {
    match features {
        Features::Rows { rows, .. } => rows.norm_max(),
        Features::Statistics { mean, covariance } => {
            let deviations = (0..mean.nrows()).map(|j| covariance[(j, j)].abs().sqrt());
            deviations.fold(mean.norm_max(), f64::max)
        }
    }
}

/// The power of two that brings a number near 1; 1 for 0.
fn to_one(size: f64) -> f64 {
    match size {
        0.0 => 1.0,
        _ => 2f64.powi(-(size.log2().floor().max(-1000.0) as i32)),
    }
}
