//! Affine denoisers and their exact losses.

use faer::{Col, Mat, MatRef};
use rayon::prelude::*;

use crate::diffusion::{Schedule, Step};

/// `eps(x, t) = W x + b` at one step: weight `[d, d]`, bias `[d]`.
#[derive(Debug, Clone)]
pub struct AffineDenoiser {
    /// `W`, `[d, d]`
    pub weight: Mat<f64>,
    /// `b`, `[d]`
    pub bias: Col<f64>,
}

/// A denoiser for every step of a schedule: from a checkpoint, from the closed form, or the oracle.
pub trait Denoiser: Sync {
    /// The data dimension d.
    fn dim(&self) -> usize;

    /// The affine map at the step of `index` from 0 (the least noise).
    fn at(&self, index: usize) -> AffineDenoiser;
}

/// Exact losses per component of each step, from the least noise.
pub type StepLosses = Vec<f64>;

/// The exact loss of a denoiser under a law with mean `m` and covariance `C`, per component, for each step:
///
/// ```text
/// L_t = (1/d) [ d - 2 r tr W + tr W (ab C + (1 - ab) I) W' + || sqrt(ab) W m + b ||^2 ],   r = sqrt(1 - ab)
/// ```
///
/// It is the mean over data and noise of `(1/d) || eps - W x_t - b ||^2` ([`equations`](crate::equations) section 2).
/// There is one result for each law; the weights are visited once.
pub fn losses<D: Denoiser + ?Sized>(
    denoiser: &D,
    schedule: &Schedule,
    laws: &[(&Col<f64>, MatRef<'_, f64>)],
) -> Vec<StepLosses> {
    let by_step: Vec<Vec<f64>> = (0..schedule.len())
        .into_par_iter()
        .map(|index| {
            let affine = denoiser.at(index);
            let step = schedule.step(index);
            let loss = |(mean, covariance): &(&Col<f64>, MatRef<'_, f64>)| {
                step_loss(&affine, &step, mean, *covariance)
            };
            laws.iter().map(loss).collect()
        })
        .collect();
    (0..laws.len())
        .map(|law| by_step.iter().map(|losses| losses[law]).collect())
        .collect()
}

/// The loss of one step under one law, per component.
fn step_loss(
    affine: &AffineDenoiser,
    step: &Step,
    mean: &Col<f64>,
    covariance: MatRef<'_, f64>,
) -> f64 {
    let weight = affine.weight.as_ref();
    let dim = weight.nrows() as f64;
    let trace: f64 = (0..weight.nrows()).map(|i| weight[(i, i)]).sum();
    let signal = inner_product(weight, (weight * covariance).as_ref());
    let quadratic = step.alpha_bar * signal + step.noise_variance * weight.squared_norm_l2();
    let offset = step.signal_scale() * (weight * mean) + &affine.bias;
    1.0 + (quadratic - 2.0 * step.noise_scale() * trace + offset.squared_norm_l2()) / dim
}

/// `tr A' B`, computed by columns as they lie in memory.
fn inner_product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> f64 {
    let columns = a.col_iter().zip(b.col_iter());
    columns.map(|(x, y)| x.transpose() * y).sum()
}
