//! The 2-Wasserstein distance between two Gaussian laws.

use faer::Mat;

use super::{EigenError, Gaussian};

/// The 2-Wasserstein distance per square root of a dimension, `sqrt(W2^2 / d)`, where
///
/// ```text
/// W2^2 = ||m_p - m_q||^2 + tr C_p + tr C_q - 2 tr (C_p^(1/2) C_q C_p^(1/2))^(1/2)
/// ```
///
/// The last trace is the sum of the singular values of `R_p' R_q` for any `C = R R'`. That loses half as many digits
/// as the roots of the eigenvalues of the product. The distance is finite for all finite laws, even singular ones.
pub fn wasserstein(p: &Gaussian, q: &Gaussian) -> Result<f64, EigenError> {
    let dim = p.dim();
    let cross = root(p).transpose() * root(q);
    let singular = cross.singular_values().map_err(|_| EigenError { dim })?;
    let mean = (p.mean() - q.mean()).squared_norm_l2();
    let squared = mean + p.trace() + q.trace() - 2.0 * singular.iter().sum::<f64>();
    Ok((squared.max(0.0) / dim as f64).sqrt())
}

/// `V diag(deviations)`
fn root(law: &Gaussian) -> Mat<f64> {
    let deviations: Vec<f64> = law.variances().iter().map(|v| v.max(0.0).sqrt()).collect();
    let basis = law.basis();
    Mat::from_fn(law.dim(), law.dim(), |i, j| basis[(i, j)] * deviations[j])
}
