//! The exact law of what a reverse process generates.

use std::ops::{Add, Mul};

use faer::{Col, Mat, c64};

use super::StepRule;
use crate::gaussian::{AffineDenoiser, CommutingDenoiser, Denoiser, EigenError, Gaussian};

/// `u_(t-1) = A u_t + a + sigma xi`.
#[derive(Debug, Clone)]
pub struct AffineStep {
    /// A, `[d, d]`
    pub matrix: Mat<f64>,
    /// a, `[d]`
    pub shift: Col<f64>,
    pub sigma: f64,
}

/// The affine map of the step of `index`: the rule, told the denoiser.
pub fn affine_step<D: Denoiser + ?Sized>(
    rule: &StepRule,
    denoiser: &D,
    index: usize,
) -> AffineStep {
    let dim = denoiser.dim();
    let identity = Mat::<f64>::identity(dim, dim);
    let scaled = |scale: f64, AffineDenoiser { weight, bias }: AffineDenoiser, keep: f64| {
        let matrix = faer::Scale(scale) * weight + faer::Scale(keep) * &identity;
        (matrix, faer::Scale(scale) * bias)
    };
    let (first, first_shift) = scaled(rule.denoise, denoiser.at(index), rule.keep);
    let (matrix, shift) = match rule.corrector {
        None => (first, first_shift),
        Some(c) => {
            let (second, shift) = scaled(c.denoise, denoiser.at(index - 1), c.keep);
            let matrix = &second * &first + faer::Scale(c.start) * &identity;
            (matrix, &second * &first_shift + shift)
        }
    };
    AffineStep {
        matrix,
        shift,
        sigma: rule.sigma,
    }
}

/// The law of what the sampler generates from `N(0, I)`, for any denoiser:
/// `m <- A m + a`, `C <- A C A' + sigma^2 I`, two products a step.
///
/// A recursion that overflows, as with diverging weights, gives [`Gaussian::not_finite`]. `weight_epsilon` is that of
/// the precision of the weights: variances below `(d eps)^2` of the largest count as zero (theory.md section 3).
pub fn law<D: Denoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    weight_epsilon: f64,
) -> Result<Gaussian, EigenError> {
    let dim = denoiser.dim();
    let mut mean = Col::<f64>::zeros(dim);
    let mut covariance = Mat::<f64>::identity(dim, dim);
    for (index, rule) in rules.iter().enumerate().rev() {
        let step = affine_step(rule, denoiser, index);
        mean = &step.matrix * &mean + &step.shift;
        covariance = &step.matrix * &covariance * step.matrix.transpose();
        for i in 0..dim {
            covariance[(i, i)] += step.sigma * step.sigma;
        }
    }
    if !mean.is_all_finite() || !covariance.is_all_finite() {
        return Ok(Gaussian::not_finite(dim));
    }
    let resolution = (dim as f64 * weight_epsilon).powi(2);
    let symmetric = crate::gaussian::symmetrised(covariance.as_ref());
    Ok(Gaussian::from_covariance(mean, symmetric.as_ref())?.with_resolution(resolution))
}

/// The same for a denoiser that shares the eigenvectors of a law: a scalar recursion for each of them.
pub fn law_in_eigenbasis(rules: &[StepRule], denoiser: &CommutingDenoiser) -> Gaussian {
    let law = denoiser.law();
    let dim = law.dim();
    let variances: Vec<f64> = (0..dim)
        .map(|k| variance_along(rules, |index| denoiser.weights(index)[k]))
        .collect();
    // The denoiser is W (x - sqrt(ab) m): what is generated is the mean's response plus a centred part.
    let response: Vec<f64> = (0..dim)
        .map(|k| {
            mean_along(rules, |index| {
                let weight = denoiser.weights(index)[k];
                (weight, -denoiser.signal_scale(index) * weight)
            })
        })
        .collect();
    let along = law.basis().transpose() * law.mean();
    let moved = Col::from_fn(dim, |k| response[k] * along[k]);
    let mean = law.basis() * moved;
    Gaussian::from_spectral(mean, law.basis().to_owned(), variances)
        .with_resolution((dim as f64 * f64::EPSILON).powi(2))
}

/// A number that a recursion can be walked with: real, or complex for functions of a spectrum.
pub trait Scalar:
    Copy
    + From<f64>
    + Add<Output = Self>
    + Mul<Output = Self>
    + Add<f64, Output = Self>
    + Mul<f64, Output = Self>
{
}

impl Scalar for f64 {}
impl Scalar for c64 {}

/// The variance that the sampler generates along a direction in which the denoiser is the number
/// `weight(index)`: `v <- A^2 v + sigma^2` from 1. For a complex weight it is the analytic continuation.
pub fn variance_along<S: Scalar>(rules: &[StepRule], weight: impl Fn(usize) -> S) -> S {
    let steps = rules.iter().enumerate().rev();
    steps.fold(S::from(1.0), |variance, (index, rule)| {
        let (factor, _) = scalar_step(rule, index, |i| (weight(i), S::from(0.0)));
        factor * factor * variance + rule.sigma * rule.sigma
    })
}

/// The mean that the sampler generates along a direction in which the denoiser is `w u + b`.
pub fn mean_along<S: Scalar>(rules: &[StepRule], denoiser: impl Fn(usize) -> (S, S)) -> S {
    let steps = rules.iter().enumerate().rev();
    steps.fold(S::from(0.0), |mean, (index, rule)| {
        let (factor, shift) = scalar_step(rule, index, &denoiser);
        factor * mean + shift
    })
}

/// [`affine_step`] in one dimension: `(A, a)`.
fn scalar_step<S: Scalar>(
    rule: &StepRule,
    index: usize,
    denoiser: impl Fn(usize) -> (S, S),
) -> (S, S) {
    let (w, b) = denoiser(index);
    let (first, first_shift) = (w * rule.denoise + rule.keep, b * rule.denoise);
    match rule.corrector {
        None => (first, first_shift),
        Some(c) => {
            let (w, b) = denoiser(index - 1);
            let second = w * c.denoise + c.keep;
            (
                second * first + c.start,
                second * first_shift + b * c.denoise,
            )
        }
    }
}
