//! Why there is no covariance.

use crate::gaussian::EigenError;

/// Why rows, or a matrix, give no covariance.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum CovarianceError {
    #[error("{rows} rows: a covariance needs at least {least}")]
    FewRows { rows: usize, least: usize },
    #[error("{what} in row {row}, column {column}, counted from 0: {value} is not finite")]
    NotFinite {
        what: &'static str,
        row: usize,
        column: usize,
        value: f64,
    },
    #[error("the mean has {size} numbers, the rows have {dim} columns")]
    Mean { size: usize, dim: usize },
    #[error("the covariance is {size} x {size}, the rows have {dim} columns")]
    Size { size: usize, dim: usize },
    #[error("the covariance is {rows} x {columns}: it must be square")]
    NotSquare { rows: usize, columns: usize },
    #[error(
        "the covariance is not symmetric: row {row}, column {column}, counted from 0, holds {value}, and its mirror \
         image holds {mirrored}"
    )]
    NotSymmetric {
        row: usize,
        column: usize,
        value: f64,
        mirrored: f64,
    },
    #[error(
        "the covariance has the negative eigenvalue {eigenvalue}: no rows have such a covariance"
    )]
    Negative { eigenvalue: f64 },
    #[error(transparent)]
    Eigen(#[from] EigenError),
}
