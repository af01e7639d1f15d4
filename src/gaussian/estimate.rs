//! Divergences estimated from draws, without bias.

use faer::{Col, Mat, MatRef};
use serde::Serialize;
use statrs::function::gamma::digamma;

use super::{Divergence, EigenError, Gaussian, kl};
use crate::text::statistics::jackknife;

/// Number of groups of the jackknife that gives the standard errors.
const GROUPS: usize = 20;

/// Divergences between a truth and a law that was drawn from, in nats per dimension.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct MonteCarlo {
    /// The number of draws.
    pub draws: usize,
    /// The estimate of `KL(true || sampled)`.
    pub kl_true_sampled: f64,
    /// The estimate of `KL(sampled || true)`.
    pub kl_sampled_true: f64,
    /// The standard error of `kl_true_sampled`, by a jackknife over groups of draws.
    pub standard_error: f64,
    /// The standard error of `kl_sampled_true`, by the same jackknife.
    pub standard_error_sampled_true: f64,
    /// The bias that was subtracted from the naive `KL(true || fitted)`.
    pub bias_removed: f64,
}

#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum EstimateError {
    #[error(
        "{draws} draws of dimension {dim} are too few for an estimate of the divergence: at least {needed} are needed"
    )]
    TooFew {
        draws: usize,
        dim: usize,
        needed: usize,
    },
    #[error(
        "the truth has no variance in some directions: its divergence cannot be estimated from draws"
    )]
    SingularTruth,
    #[error("the divergence cannot be estimated from draws: {0}")]
    Infinite(super::Infinite),
    #[error(transparent)]
    Eigen(#[from] EigenError),
}

/// Estimates both divergences from draws `[M, d]` (rows), using the mean and the 1/M-covariance fitted to them. The
/// estimates are unbiased for the law that was sampled ([`equations`](crate::equations) section 3). As totals, with
/// `e' = sum_{i<d} digamma((M-1-i)/2) + d log(2/M)`:
///
/// ```text
/// KL(true || fitted) = 1/2 [ A + log det C - log det Sigma - d ],  A = tr C^-1 Sigma + D' C^-1 D
///     A -> A (M-d-2)/M - d/M,   log det C -> log det C - e'                     (M > d + 2)
/// KL(fitted || true) -> KL(fitted || true) + e'/2
/// ```
pub fn estimate(truth: &Gaussian, draws: MatRef<'_, f64>) -> Result<MonteCarlo, EstimateError> {
    let (count, dim) = (draws.nrows(), draws.ncols());
    if truth.rank() < dim {
        return Err(EstimateError::SingularTruth);
    }
    // Each jackknife sample must still have more than d + 2 draws.
    let needed = (dim + 3) * GROUPS / (GROUPS - 1) + GROUPS;
    if count < needed {
        return Err(EstimateError::TooFew {
            draws: count,
            dim,
            needed,
        });
    }
    let groups: Vec<Sums> = (0..GROUPS)
        .map(|g| {
            let (start, end) = (g * count / GROUPS, (g + 1) * count / GROUPS);
            Sums::of(draws.subrows(start, end - start))
        })
        .collect();
    let all = Sums::total(&groups, None);
    let whole = all.unbiased(truth)?;
    let mut without = Vec::with_capacity(GROUPS);
    for g in 0..GROUPS {
        without.push(Sums::total(&groups, Some(g)).unbiased(truth)?);
    }
    let error =
        |part: fn(&Unbiased) -> f64| jackknife(&without.iter().map(part).collect::<Vec<f64>>());
    Ok(MonteCarlo {
        draws: count,
        kl_true_sampled: whole.true_sampled,
        kl_sampled_true: whole.sampled_true,
        standard_error: error(|u| u.true_sampled),
        standard_error_sampled_true: error(|u| u.sampled_true),
        bias_removed: whole.bias_removed,
    })
}

struct Unbiased {
    true_sampled: f64,
    sampled_true: f64,
    bias_removed: f64,
}

/// The sums of x and of x x' over draws.
struct Sums {
    count: usize,
    first: Col<f64>,
    second: Mat<f64>,
}

impl Sums {
    fn of(draws: MatRef<'_, f64>) -> Self {
        let ones = Col::<f64>::ones(draws.nrows());
        Self {
            count: draws.nrows(),
            first: draws.transpose() * ones,
            second: draws.transpose() * draws,
        }
    }

    fn total(groups: &[Sums], without: Option<usize>) -> Self {
        let dim = groups[0].first.nrows();
        let mut total = Self {
            count: 0,
            first: Col::zeros(dim),
            second: Mat::zeros(dim, dim),
        };
        for (g, sums) in groups.iter().enumerate() {
            if Some(g) != without {
                total.count += sums.count;
                total.first += &sums.first;
                total.second += &sums.second;
            }
        }
        total
    }

    fn unbiased(&self, truth: &Gaussian) -> Result<Unbiased, EstimateError> {
        let m = self.count as f64;
        let dim = truth.dim();
        let d = dim as f64;
        let mean = &self.first * faer::Scale(1.0 / m);
        let covariance = Mat::from_fn(dim, dim, |i, j| self.second[(i, j)] / m - mean[i] * mean[j]);
        let fitted = Gaussian::from_covariance(mean, covariance.as_ref())?;
        let naive = kl(truth, &fitted);
        let total = |divergence: Divergence| match divergence {
            Divergence::Finite(value) => Ok(value * d),
            Divergence::Infinite(reason) => Err(EstimateError::Infinite(reason)),
        };
        let (forward, backward) = (total(naive.true_sampled)?, total(naive.sampled_true)?);
        let log_det = |law: &Gaussian| -> f64 { law.variances().iter().map(|v| v.ln()).sum() };
        let log_ratio = log_det(&fitted) - log_det(truth);
        let a = 2.0 * forward - log_ratio + d;
        let e = wishart_log_bias(dim, self.count);
        let unbiased = 0.5 * (a * (m - d - 2.0) / m - d / m + log_ratio - e - d);
        Ok(Unbiased {
            true_sampled: unbiased / d,
            sampled_true: (backward + 0.5 * e) / d,
            bias_removed: (forward - unbiased) / d,
        })
    }
}

/// `e' = sum_{i<d} digamma((M-1-i)/2) + d log(2/M)`: the average of `log det C - log det Sigma`, where C is the
/// 1/M-covariance of M Gaussian draws about their own mean.
fn wishart_log_bias(dim: usize, count: usize) -> f64 {
    let m = count as f64;
    let terms = (0..dim).map(|i| digamma((m - 1.0 - i as f64) / 2.0));
    terms.sum::<f64>() + dim as f64 * (2.0 / m).ln()
}
