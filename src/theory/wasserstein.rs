//! The distance between the truth and the law of an ideal sampler.

use super::{Ensemble, TheoryError};
use crate::gaussian::Spectrum;

impl Ensemble<'_> {
    /// `sqrt(W2^2/d)` between the truth and `N(mu_N, Sigma_N)`. It is always finite:
    ///
    /// ```text
    /// W2^2/d = (1 + E w) tr Sigma/d - (2/d) E tr (Sigma^(1/2) Sigma_N Sigma^(1/2))^(1/2)
    /// ```
    ///
    /// The mean weight E w is 1 for Gaussian rows. The matrix under the root is the empirical covariance of N samples with
    /// the eigenvalues lambda^2. Its trace
    /// includes the correction of relative order 1/d, which matters for steep spectra. Past the paper.
    ///
    /// # Errors
    /// Eigenvalues whose squares cannot be represented.
    pub fn wasserstein(&self) -> Result<f64, TheoryError> {
        let largest = self.eigenvalues()[0];
        let squared = |l: &f64| (l / largest).powi(2);
        let squares = self.spectrum().positive().iter().map(squared).collect();
        let squares = Spectrum::from_eigenvalues(squares)?;
        let root = self.of(&squares).trace_of_root()?;
        let both = (1.0 + self.mean_weight()) * self.spectrum().trace();
        let square = (both - 2.0 * root * largest) / self.dim() as f64;
        Ok(square.max(0.0).sqrt())
    }
}
