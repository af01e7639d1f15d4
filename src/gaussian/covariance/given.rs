//! A covariance that was given, not estimated.

use faer::{Mat, MatRef};

use super::error::CovarianceError;
use crate::gaussian::law::{symmetric_eigen, symmetrised};

/// Mirror images, and negative eigenvalues, may differ from each other, and from 0, by this share of the largest
/// number: matrices come from files of single precision too.
const ROUNDING: f64 = 1e-5;

/// A symmetric matrix `[d, d]` without negative eigenvalues, and its name.
#[derive(Debug, Clone, PartialEq)]
pub struct GivenCovariance {
    name: String,
    pub(super) basis: Mat<f64>,
    pub(super) variances: Vec<f64>,
}

impl GivenCovariance {
    /// Checks a matrix. What rounding left of asymmetry and of negative eigenvalues is removed.
    ///
    /// # Errors
    /// A matrix that is not square, not finite, not symmetric, or has negative eigenvalues.
    pub fn new(name: impl Into<String>, matrix: MatRef<'_, f64>) -> Result<Self, CovarianceError> {
        let (rows, columns) = matrix.shape();
        if rows != columns || rows == 0 {
            return Err(CovarianceError::NotSquare { rows, columns });
        }
        check_finite("the covariance", matrix)?;
        let allowed = ROUNDING * matrix.norm_max();
        for (row, column) in (0..rows).flat_map(|i| (0..i).map(move |j| (i, j))) {
            let (value, mirrored) = (matrix[(row, column)], matrix[(column, row)]);
            if (value - mirrored).abs() > allowed {
                return Err(CovarianceError::NotSymmetric {
                    row,
                    column,
                    value,
                    mirrored,
                });
            }
        }
        let (mut variances, basis) = symmetric_eigen(symmetrised(matrix).as_ref())?;
        let least = variances[rows - 1];
        if least < -allowed {
            return Err(CovarianceError::Negative { eigenvalue: least });
        }
        variances.iter_mut().for_each(|v| *v = v.max(0.0));
        Ok(Self {
            name: name.into(),
            basis,
            variances,
        })
    }

    /// The name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.variances.len()
    }

    /// The covariance of `T'x` for a map T `[d, e]`, if this is that of x: `T' C T`.
    ///
    /// # Errors
    /// Numbers too extreme for a decomposition.
    pub fn mapped(&self, map: MatRef<'_, f64>) -> Result<Self, CovarianceError> {
        let along = map.transpose() * &self.basis;
        let root = Mat::from_fn(along.nrows(), along.ncols(), |i, j| {
            along[(i, j)] * self.variances[j].sqrt()
        });
        Self::new(self.name.clone(), (&root * root.transpose()).as_ref())
    }
}

/// Refuses a number that is not finite.
pub(super) fn check_finite(
    what: &'static str,
    matrix: MatRef<'_, f64>,
) -> Result<(), CovarianceError> {
    for row in 0..matrix.nrows() {
        for column in 0..matrix.ncols() {
            let value = matrix[(row, column)];
            if !value.is_finite() {
                return Err(CovarianceError::NotFinite {
                    what,
                    row,
                    column,
                    value,
                });
            }
        }
    }
    Ok(())
}
