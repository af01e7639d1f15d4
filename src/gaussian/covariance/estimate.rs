//! An estimated covariance in spectral form.

use faer::{Col, Mat, MatRef};

use crate::gaussian::law::{EigenError, Gaussian, spectral_matrix};

/// A mean and a covariance `V diag(v) V' + rest (I - V V')`: the variance is v along the r eigenvectors V, and `rest`
/// in all directions orthogonal to them. With fewer rows than dimensions no matrix `[d, d]` is formed.
#[derive(Debug, Clone)]
pub struct CovarianceEstimate {
    pub(super) mean: Col<f64>,
    pub(super) basis: Mat<f64>,
    pub(super) variances: Vec<f64>,
    pub(super) rest: f64,
    pub(super) shrinkage: Option<f64>,
}

impl CovarianceEstimate {
    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.mean.nrows()
    }

    /// The mean of the rows, or the known one, `[d]`.
    pub fn mean(&self) -> &Col<f64> {
        &self.mean
    }

    /// The eigenvectors V, as columns `[d, r]`.
    pub fn basis(&self) -> MatRef<'_, f64> {
        self.basis.as_ref()
    }

    /// The variance along each of the r eigenvectors.
    pub fn variances(&self) -> &[f64] {
        &self.variances
    }

    /// The variance in directions orthogonal to the eigenvectors.
    pub fn rest(&self) -> f64 {
        self.rest
    }

    /// The weight `rho` of the multiple of the identity, from 0 to 1, where the estimator has one.
    pub fn shrinkage(&self) -> Option<f64> {
        self.shrinkage
    }

    /// The covariance, `[d, d]`.
    pub fn covariance(&self) -> Mat<f64> {
        let above: Vec<f64> = self.variances.iter().map(|v| v - self.rest).collect();
        let mut covariance = spectral_matrix(self.basis(), &above);
        for j in 0..self.dim() {
            covariance[(j, j)] += self.rest;
        }
        covariance
    }

    /// The Gaussian with this mean and covariance.
    ///
    /// # Errors
    /// Numbers too extreme for a decomposition.
    pub fn law(&self) -> Result<Gaussian, EigenError> {
        Gaussian::from_covariance(self.mean.clone(), self.covariance().as_ref())
    }
}
