//! Shrinkage to a multiple of the identity: `(1 - rho) C + rho mu I`, `mu = tr C/d`. It keeps the trace.
//!
//! Both weights are written with `p_j = s_j/mu`, whose mean is 1: then differences do not cancel, and no unit
//! overflows.

use super::sample::SampleCovariance;

/// The variances along the eigenvectors, and in all other directions.
pub(super) fn shrunk(sample: &SampleCovariance, weight: f64) -> (Vec<f64>, f64) {
    let rest = weight * mean_variance(sample);
    let variances = sample.eigenvalues.iter();
    (variances.map(|s| (1.0 - weight) * s + rest).collect(), rest)
}

/// The weight of O. Ledoit and M. Wolf, *A well-conditioned estimator for large-dimensional covariance matrices*
/// (2004), J. Multivariate Analysis 88, 365-411:
///
/// ```text
/// rho = min(beta, delta)/delta,   delta = (1/d) sum_j (s_j - mu)^2
/// beta = (1/(d N)) [ (1/N) sum_i |y_i|^4 - sum_j s_j^2 ]
/// ```
///
/// It is 0 for one dimension, and for a covariance that is a multiple of the identity.
pub(super) fn ledoit_wolf(sample: &SampleCovariance) -> f64 {
    let (dim, count) = (sample.dim() as f64, sample.count as f64);
    if sample.dim() == 1 || sample.eigenvalues.is_empty() {
        return 0.0;
    }
    let delta = spread(sample) / dim;
    let beta = (dim * dim * sample.fourth - squares(sample)) / (dim * count);
    match beta.max(0.0).min(delta) {
        0.0 => 0.0,
        beta => beta / delta,
    }
}

/// The weight of Y. Chen, A. Wiesel, Y. C. Eldar and A. O. Hero, *Shrinkage algorithms for MMSE covariance estimation*
/// (2010), IEEE Trans. Signal Processing 58, 5016-5029, in the form of scikit-learn, which leaves out the terms of
/// order 1/d:
///
/// ```text
/// rho = min(1, (a + mu^2)/((N + 1)(a - mu^2/d))),   a = (1/d^2) sum_j s_j^2
/// ```
pub(super) fn oas(sample: &SampleCovariance) -> f64 {
    let (dim, count) = (sample.dim() as f64, sample.count as f64);
    if sample.dim() == 1 || sample.eigenvalues.is_empty() {
        return 0.0;
    }
    let over = squares(sample) / (dim * dim) + 1.0;
    let under = (count + 1.0) * spread(sample) / (dim * dim);
    if under == 0.0 {
        1.0
    } else {
        (over / under).min(1.0)
    }
}

fn mean_variance(sample: &SampleCovariance) -> f64 {
    sample.eigenvalues.iter().sum::<f64>() / sample.dim() as f64
}

/// `sum_j p_j^2`
fn squares(sample: &SampleCovariance) -> f64 {
    let mean = mean_variance(sample);
    sample.eigenvalues.iter().map(|s| (s / mean).powi(2)).sum()
}

/// `sum_j (p_j - 1)^2` over all d dimensions.
fn spread(sample: &SampleCovariance) -> f64 {
    let mean = mean_variance(sample);
    let zeros = sample.dim() - sample.eigenvalues.len();
    let away = |s: &f64| (s / mean - 1.0).powi(2);
    sample.eigenvalues.iter().map(away).sum::<f64>() + zeros as f64
}
