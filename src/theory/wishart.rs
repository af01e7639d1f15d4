//! Divergences at finite d and N, exactly, when nothing is regularised.

use statrs::function::gamma::digamma;

use super::{Ensemble, Mean, TheoryError};
use crate::gaussian::{Divergence, Infinite, KlPair};

impl Ensemble<'_> {
    /// Both divergences between the truth and `N(mu_N, Sigma_N)` at finite d and N, in nats per dimension, averaged
    /// over training sets. Of the spectrum they depend only on its rank r.
    ///
    /// ```text
    /// e = sum_(i<r) digamma((N_0 - i)/2) + r log(2/N),   N_0 = N - delta
    /// E KL(true || sampled) = 1/2 [ r (N + delta)/(N_0 - r - 1) - r + e ]   (N_0 > r + 1)
    /// E KL(sampled || true) = -e/2                                        (N_0 >= r)
    /// ```
    ///
    /// These are totals. A divergence is infinite where its condition fails.
    /// Source: moments of the Wishart law.
    ///
    /// # Errors
    /// Rows with weights, for which nothing exact is known.
    pub fn exact_wishart(&self) -> Result<KlPair, TheoryError> {
        if self.row_weights().is_some() {
            return Err(TheoryError::Unsupported {
                what: "a divergence that is exact at finite d and N",
                needs: "Gaussian rows",
            });
        }
        let r = self.spectrum().rank() as f64;
        let (n, delta) = (self.degrees(), self.mean().degrees() as f64);
        if n < r {
            let directions = (r - n).ceil() as usize;
            return Ok(KlPair::infinite(Infinite::SampledLacks { directions }));
        }
        let e = self.exact_log_det();
        let half = |total: f64| Divergence::Finite(total / (2.0 * self.dim() as f64));
        let spare = n - r - 1.0;
        let finite = |total: f64| {
            if self.precision_diverges() {
                Divergence::Infinite(Infinite::OnAverage)
            } else {
                half(total)
            }
        };
        Ok(KlPair {
            // (N + delta)/(N_0 - r - 1) - 1 = (r + 1 + 2 delta)/(N_0 - r - 1)
            true_sampled: finite(r * (r + 1.0 + 2.0 * delta) / spare + e),
            sampled_true: half(-e),
            of_mean: finite(delta * r / spare),
        })
    }
}

impl Ensemble<'_> {
    /// `E log det Sigma_N - log det Sigma` on the support of the truth, a total, for `N_0 >= r`.
    pub(super) fn exact_log_det(&self) -> f64 {
        let delta = self.mean().degrees() as f64;
        // log((N_0 - i)/2) + log(2/N), and the difference between the digamma function and the logarithm
        let term = |i: usize| {
            let missing = -(i as f64 + delta) / self.samples();
            missing.ln_1p() + digamma_below_log((self.degrees() - i as f64) / 2.0)
        };
        (0..self.spectrum().rank()).map(term).sum()
    }

    /// `E tr Sigma Sigma_N^-1 = N r/(N_0 - r - 1)` and
    /// `E tr Sigma Sigma_N^-2 = N^2 (N_0 - 1) tr Sigma^-1/((N_0 - r)(N_0 - r - 1)(N_0 - r - 3))`, on the support of the
    /// truth, for `N_0 > r + 3`. Source: L. R. Haff, Annals of Statistics 7 (1979) 1264.
    pub(super) fn exact_precisions(&self) -> [f64; 2] {
        let (r, n, samples) = (
            self.spectrum().rank() as f64,
            self.degrees(),
            self.samples(),
        );
        let spare = n - r;
        let inverse = super::numeric::sum(self.spectrum().positive(), |lambda| 1.0 / lambda);
        [
            samples * r / (spare - 1.0),
            samples * samples * (n - 1.0) * inverse / (spare * (spare - 1.0) * (spare - 3.0)),
        ]
    }

    /// Whether the average of `Sigma_N^-1` over training sets is infinite: `N_0 <= r + 1`, N_0 the
    /// [degrees of freedom](Ensemble::degrees), r the rank. It holds for rows of any given weights: `Sigma_N` lies
    /// between those of rows of the least and of the greatest weight.
    pub fn precision_diverges(&self) -> bool {
        self.degrees() <= self.spectrum().rank() as f64 + 1.0
    }
}

/// `digamma(x) - log x`
fn digamma_below_log(x: f64) -> f64 {
    if x < 30.0 {
        return digamma(x) - x.ln();
    }
    let y = 1.0 / (x * x);
    -0.5 / x - y * (1.0 / 12.0 - y * (1.0 / 120.0 - y * (1.0 / 252.0 - y / 240.0)))
}

/// Losses of least squares on one frozen noise draw for each sample ([`equations`](crate::equations) section 6),
/// exact at finite d and N and per component. R is the oracle's loss at the same step.
///
/// ```text
/// train = R (1 - p/N)                    p = d, or d + 1 with a bias
/// test  = R (1 + d/(N - d - 1))          without a bias, N > d + 1
/// test  = R (N + 1)/N (1 + d/(N - d - 2))  with a bias, N > d + 2
/// ```
///
/// `Mean::Fitted` means with a bias. `None` if N is too small. The train loss is that on the frozen draws themselves.
pub fn frozen_losses(oracle: f64, dim: usize, samples: usize, mean: Mean) -> Option<(f64, f64)> {
    let (d, n, bias) = (dim as f64, samples as f64, mean.degrees() as f64);
    let spare = n - d - 1.0 - bias;
    let train = oracle * (1.0 - (d + bias) / n);
    (spare > 0.0).then(|| (train, oracle * (1.0 + bias / n) * (1.0 + d / spare)))
}
