//! Losses and divergences at finite d and N: the averages over training sets, exact or right to relative order 1/d.

use std::ops::AddAssign;

use super::ensemble::non_negative;
use super::{Ensemble, PredictedLosses, TheoryError};
use crate::diffusion::NoiseLevel;
use crate::gaussian::{Divergence, Infinite, KlPair};

/// Losses per component, averaged over training sets, right to relative order 1/d.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedLosses {
    /// The equivalents with their corrections.
    pub losses: PredictedLosses,
    /// How far off the test loss may still be: an estimate from the size of its correction.
    pub remainder: f64,
    /// The possible error of integrals on the lens; 0 for closed forms.
    pub error: f64,
}

/// Divergences in nats per dimension, averaged over training sets, exact or right to relative order 1/d.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ExpectedKl {
    /// The divergences.
    pub kl: KlPair,
    /// How far off `KL(true || sampled)` may still be: an estimate from the size of its correction; 0 where it is exact.
    pub remainder: f64,
}

impl ExpectedLosses {
    pub(super) const ZERO: Self = Self {
        losses: PredictedLosses {
            train_loss: 0.0,
            test_loss: 0.0,
        },
        remainder: 0.0,
        error: 0.0,
    };

    /// The mean of a sum of `count` losses.
    pub(super) fn over(self, count: usize) -> Self {
        let count = count as f64;
        Self {
            losses: PredictedLosses {
                train_loss: self.losses.train_loss / count,
                test_loss: self.losses.test_loss / count,
            },
            remainder: self.remainder / count,
            error: self.error,
        }
    }
}

impl AddAssign for ExpectedLosses {
    fn add_assign(&mut self, other: Self) {
        self.losses.train_loss += other.losses.train_loss;
        self.losses.test_loss += other.losses.test_loss;
        self.remainder += other.remainder;
        self.error = self.error.max(other.error);
    }
}

impl Ensemble<'_> {
    /// The losses of [`Ensemble::losses`] with their corrections of relative order 1/d, per component, averaged over
    /// training sets. The corrections are exact derivatives of those of `L(z, t)` in [`Ensemble::loss_fluctuations`].
    /// Past the paper.
    ///
    /// # Errors
    /// A ridge below 0.
    pub fn expected_losses(
        &self,
        level: &NoiseLevel,
        gamma: f64,
    ) -> Result<ExpectedLosses, TheoryError> {
        let ridge = non_negative("gamma", gamma)? / level.alpha_bar();
        let noise = level.noise_to_signal();
        let at = self.effective_ridge(noise + ridge)?;
        let losses = at.losses(noise, ridge, self.dim() as f64);
        let correction = self.loss_corrections(&at, noise, ridge);
        Ok(self.expected(losses, correction, self.spectrum().oracle_loss(level)))
    }

    /// Both divergences of [`Ensemble::divergences`] as averages over training sets at finite d and N: of Gaussian rows
    /// without a ridge exactly ([`Ensemble::exact_wishart`]), else right to relative order 1/d. Past the paper.
    ///
    /// ```text
    /// KL(true || sampled) gains [ (1 + delta/N) e_1 + l ]/(2 d),   KL(sampled || true) gains -l/(2 d)
    /// ```
    ///
    /// Here l and e_1 are the averages of `log det(Sigma_N + c)` and `tr Sigma G` minus their equivalents.
    ///
    /// # Errors
    /// A covariance ridge c below 0.
    pub fn expected_divergences(&self, covariance_ridge: f64) -> Result<ExpectedKl, TheoryError> {
        if covariance_ridge == 0.0 && self.row_weights().is_none() {
            return Ok(ExpectedKl {
                kl: self.exact_wishart()?,
                remainder: 0.0,
            });
        }
        let mut kl = self.divergences(covariance_ridge)?;
        if covariance_ridge == 0.0 && self.precision_diverges() {
            let infinite = kl.true_sampled.reason().unwrap_or(Infinite::OnAverage);
            kl.true_sampled = Divergence::Infinite(infinite);
            kl.of_mean = Divergence::Infinite(infinite);
        }
        if kl.true_sampled.reason().is_some() {
            return Ok(ExpectedKl { kl, remainder: 0.0 });
        }
        let at = self.effective_ridge(covariance_ridge)?;
        let part = self.corrections(&at);
        let half = |total: f64| total / (2.0 * self.dim() as f64);
        let mean = at.mean_shift * part.weighted;
        let corrected = |equivalent: Divergence, total: f64| {
            let (value, remainder) = self.corrected(equivalent.value(), half(total));
            (Divergence::Finite(value), remainder)
        };
        let (true_sampled, remainder) =
            corrected(kl.true_sampled, part.weighted + mean + part.log_det);
        Ok(ExpectedKl {
            kl: KlPair {
                true_sampled,
                sampled_true: corrected(kl.sampled_true, -part.log_det).0,
                of_mean: corrected(kl.of_mean, mean).0,
            },
            remainder,
        })
    }

    /// Both losses with their corrections. That of the test loss is weighed against its excess over the oracle's.
    pub(super) fn expected(
        &self,
        losses: PredictedLosses,
        correction: PredictedLosses,
        oracle: f64,
    ) -> ExpectedLosses {
        let (excess, remainder) = self.corrected(losses.test_loss - oracle, correction.test_loss);
        ExpectedLosses {
            losses: PredictedLosses {
                train_loss: self.corrected(losses.train_loss, correction.train_loss).0,
                test_loss: oracle + excess,
            },
            remainder,
            error: 0.0,
        }
    }
}
