//! The distance between the truth and the law of an ideal sampler.

use super::{Ensemble, Mean, TheoryError};
use crate::gaussian::Spectrum;

impl Ensemble<'_> {
    /// `sqrt(W2^2/d)` between the truth and `N(mu_N, Sigma_N)`. It is always finite:
    ///
    /// ```text
    /// W2^2/d = 2 tr Sigma/d - (2/d) E tr (Sigma^(1/2) Sigma_N Sigma^(1/2))^(1/2)
    /// ```
    ///
    /// The matrix under the root is the empirical covariance of N samples with the eigenvalues lambda^2. Its trace
    /// includes the correction of relative order 1/d, which matters for steep spectra. Past the paper.
    ///
    /// # Errors
    /// Eigenvalues whose squares cannot be represented.
    pub fn wasserstein(&self) -> Result<f64, TheoryError> {
        let largest = self.eigenvalues()[0];
        // A fitted mean is treated as N - 1 samples of a covariance that is smaller by (N - 1)/N.
        let squared = |l: &f64| (l / largest).powi(2) * self.shrink();
        let squares = self.spectrum().positive().iter().map(squared).collect();
        let squares = Spectrum::from_eigenvalues(squares)?;
        let root = Ensemble::at(&squares, self.degrees(), Mean::Known)?.trace_of_root()?;
        let square = 2.0 * (self.spectrum().trace() - root * largest) / self.dim() as f64;
        Ok(square.max(0.0).sqrt())
    }
}
