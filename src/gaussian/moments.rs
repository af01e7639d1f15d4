//! Mean and covariance of a set of vectors.

use faer::{Col, Mat};

use super::law::{EigenError, Gaussian};

/// Mean `[d]` and covariance `[d, d]` (with 1/N) of a set of vectors, and their number.
#[derive(Debug, Clone)]
pub struct Moments {
    /// The mean, `[d]`.
    pub mean: Col<f64>,
    /// The covariance about the mean, `[d, d]`, with 1/N.
    pub covariance: Mat<f64>,
    /// The number N of vectors.
    pub count: usize,
}

impl Moments {
    /// The Gaussian with this mean and covariance.
    pub fn law(&self) -> Result<Gaussian, EigenError> {
        Gaussian::from_covariance(self.mean.clone(), self.covariance.as_ref())
    }

    /// The moments about a given mean m: `(1/N) sum (x - m)(x - m)' = C + (mu - m)(mu - m)'`. The new mean is m.
    pub fn about(self, mean: Col<f64>) -> Self {
        let apart = self.mean - &mean;
        Self {
            covariance: self.covariance + &apart * apart.transpose(),
            mean,
            count: self.count,
        }
    }
}
