//! The covariance of the training set, in the form that the exact objective needs.

use faer::{Mat, MatRef};

use super::exact::Product;
use crate::data::Rows;
use crate::gaussian::Moments;
use crate::score::Real;

/// The covariance of the training set, in the basis of the training.
pub(super) enum Covariance {
    Full {
        /// The covariance, `[d, d]`
        covariance: Mat<f64>,
        /// The centred rows over `sqrt(N)`, `[N, d]`, if there are so few that products with them are cheaper.
        rows: Option<Mat<f64>>,
    },
    /// Its eigenvalues `[d]`, if the weights are diagonal.
    Diagonal(Vec<f64>),
}

/// Whether products with the rows, `(W X') X`, are cheaper than products with their covariance.
pub fn products_with_rows(samples: usize, dim: usize) -> bool {
    2 * samples < dim
}

impl Covariance {
    pub(super) fn of(train: &Moments, centred_rows: &Rows) -> Self {
        let (count, dim) = (centred_rows.count(), train.covariance.nrows());
        let few = count > 0 && products_with_rows(count, dim);
        let scale = faer::Scale((1.0 / count as f64).sqrt());
        Self::Full {
            covariance: train.covariance.clone(),
            rows: few.then(|| centred_rows.as_matrix() * scale),
        }
    }

    /// The covariance in the form that products need, in the precision of the tensors.
    pub(super) fn product<E: Real>(&self) -> Product<E> {
        let rounded = |matrix: MatRef<'_, f64>| {
            let (rows, columns) = matrix.shape();
            Mat::from_fn(rows, columns, |i, j| E::rounded(matrix[(i, j)]))
        };
        match self {
            Self::Full { rows: Some(x), .. } => Product::Thin(rounded(x.as_ref())),
            Self::Full { covariance, .. } => Product::Full(rounded(covariance.as_ref())),
            Self::Diagonal(_) => Product::Diagonal(self.numbers()),
        }
    }

    /// The values of the covariance row by row, or its diagonal.
    pub(super) fn numbers<E: Real>(&self) -> Vec<E> {
        match self {
            Self::Full { covariance, .. } => {
                let dim = covariance.ncols();
                let numbers = (0..dim * dim).map(|k| covariance[(k / dim, k % dim)]);
                numbers.map(E::rounded).collect()
            }
            Self::Diagonal(eigenvalues) => eigenvalues.iter().map(|x| E::rounded(*x)).collect(),
        }
    }

    pub(super) fn trace(&self) -> f64 {
        match self {
            Self::Full { covariance, .. } => covariance.diagonal().column_vector().sum(),
            Self::Diagonal(eigenvalues) => eigenvalues.iter().sum(),
        }
    }
}
