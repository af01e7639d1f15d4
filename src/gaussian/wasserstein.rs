//! 2-Wasserstein distance of two Gaussian laws.

use super::{EigenError, Gaussian, spectral_matrix, symmetric_eigen, symmetrised};

/// The 2-Wasserstein distance, per square root of a dimension, `sqrt(W2^2 / d)`, with
///
/// ```text
/// W2^2 = ||m_p - m_q||^2 + tr C_p + tr C_q - 2 tr (C_p^(1/2) C_q C_p^(1/2))^(1/2)
/// ```
///
/// Always finite for finite laws, also for singular ones.
pub fn wasserstein(p: &Gaussian, q: &Gaussian) -> Result<f64, EigenError> {
    let roots: Vec<f64> = p.variances().iter().map(|v| v.sqrt()).collect();
    let root = spectral_matrix(p.basis(), &roots);
    let inner = symmetrised((&root * q.covariance() * &root).as_ref());
    let (values, _) = symmetric_eigen(inner.as_ref())?;
    let cross: f64 = values.iter().map(|v| v.max(0.0).sqrt()).sum();
    let mean = (p.mean() - q.mean()).squared_norm_l2();
    let squared = mean + p.trace() + q.trace() - 2.0 * cross;
    Ok((squared.max(0.0) / p.dim() as f64).sqrt())
}
