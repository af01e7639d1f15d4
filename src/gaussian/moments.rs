//! Mean and covariance of a set of vectors.

use faer::{Col, Mat};

/// Mean `[d]`, covariance `[d, d]` (1/N) and number of the vectors that they are of.
#[derive(Debug, Clone)]
pub struct Moments {
    pub mean: Col<f64>,
    pub covariance: Mat<f64>,
    pub count: usize,
}

impl Moments {
    /// The moments about a given mean m: `(1/N) sum (x - m)(x - m)' = C + (mu - m)(mu - m)'`, with m as the mean.
    pub fn about(self, mean: Col<f64>) -> Self {
        let apart = self.mean - &mean;
        Self {
            covariance: self.covariance + &apart * apart.transpose(),
            mean,
            count: self.count,
        }
    }
}
