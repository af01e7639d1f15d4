//! The trace of the root of a product of two covariances.

use faer::{Mat, MatRef};

use super::root::Law;
use crate::gaussian::{EigenError, numerical_floor};

/// `R_b R_a' = U diag(sigma) V'`, where `S = R'R` are the covariances. The squares of sigma are the eigenvalues of
/// `S_a S_b`. Only directions with a sigma above rounding are kept.
#[derive(Debug, Clone)]
pub(super) struct Cross {
    trace: f64,
    roots: Vec<f64>,
    left: Mat<f64>,
    right: Mat<f64>,
}

impl Cross {
    pub fn new(a: &Law, b: &Law) -> Result<Self, EigenError> {
        let dim = a.mean.nrows();
        let product = &b.root * a.root.transpose();
        let svd = product.thin_svd().map_err(|_| EigenError { dim })?;
        let roots: Vec<f64> = svd.S().column_vector().iter().copied().collect();
        if roots.iter().any(|root| !root.is_finite()) {
            return Err(EigenError { dim });
        }
        // Rounding is relative to the largest numbers of the roots, which may be in different directions.
        let largest = a.root.norm_l2() * b.root.norm_l2();
        let floor = numerical_floor(largest, dim);
        let kept = roots.iter().take_while(|root| **root > floor).count();
        Ok(Self {
            trace: roots.iter().rev().sum(),
            left: svd.U().subcols(0, kept).to_owned(),
            right: svd.V().subcols(0, kept).to_owned(),
            roots: roots[..kept].to_vec(),
        })
    }

    /// The roots sigma of the eigenvalues of `S_a S_b` that are above rounding, largest first.
    pub fn roots(&self) -> &[f64] {
        &self.roots
    }

    /// `tr (S_a S_b)^(1/2)`
    pub fn trace(&self) -> f64 {
        self.trace
    }

    /// `R_b' U/sigma`: it takes the rows of A, about their mean, to coordinates in which their covariance is 1.
    pub fn map_of_a(&self, b: &Law) -> Mat<f64> {
        self.map(b, self.left.as_ref())
    }

    /// `R_a' V/sigma`: the map of the rows of B.
    pub fn map_of_b(&self, a: &Law) -> Mat<f64> {
        self.map(a, self.right.as_ref())
    }

    fn map(&self, other: &Law, vectors: MatRef<'_, f64>) -> Mat<f64> {
        let mut map = other.root.transpose() * vectors;
        for (mut column, root) in map.col_iter_mut().zip(&self.roots) {
            column *= faer::Scale(1.0 / root);
        }
        map
    }
}
