//! Reverse processes as affine steps, with the denoiser inserted; and the same processes along one direction.

use std::ops::Range;

use faer::{Col, Mat};

use super::StepRule;
use crate::denoiser::{AffineDenoiser, Denoiser, Scalar};
use crate::parallel;

/// One step `u_(t-1) = A u_t + a + sigma xi`.
#[derive(Debug, Clone)]
pub struct AffineStep {
    /// A, `[d, d]`
    pub matrix: Mat<f64>,
    /// a, `[d]`
    pub shift: Col<f64>,
    /// The standard deviation of the added noise.
    pub sigma: f64,
}

/// The affine map of the step `index`: the rule with the denoiser inserted.
pub fn affine_step<D: Denoiser + ?Sized>(
    rule: &StepRule,
    denoiser: &D,
    index: usize,
) -> AffineStep {
    let scaled = |scale: f64, denoiser: AffineDenoiser, point: f64| {
        let AffineDenoiser { mut weight, bias } = denoiser;
        weight *= faer::Scale(scale);
        add_to_diagonal(&mut weight, point);
        (weight, faer::Scale(scale) * bias)
    };
    let (first, first_shift) = scaled(rule.noise, denoiser.at(index), rule.point);
    let (matrix, shift) = match rule.corrector {
        None => (first, first_shift),
        Some(c) => {
            let (second, shift) = scaled(c.noise, denoiser.at(index - 1), c.point);
            let mut matrix = &second * &first;
            add_to_diagonal(&mut matrix, c.start);
            (matrix, &second * &first_shift + shift)
        }
    };
    AffineStep {
        matrix,
        shift,
        sigma: rule.sigma,
    }
}

pub(super) fn add_to_diagonal(matrix: &mut Mat<f64>, value: f64) {
    (0..matrix.nrows()).for_each(|i| matrix[(i, i)] += value);
}

/// How many numbers the matrices of one group of steps may have.
const GROUP_NUMBERS: usize = 1 << 19;

/// All steps from the last to the first, in groups whose maps fit into memory together.
pub(crate) fn step_groups(steps: usize, dim: usize) -> impl Iterator<Item = Range<usize>> {
    let group = (GROUP_NUMBERS / (dim * dim)).max(1);
    let ends = (1..=steps).rev().step_by(group);
    ends.map(move |end| end.saturating_sub(group)..end)
}

/// The affine maps of some steps, from the last to the first.
pub(crate) fn affine_steps<D: Denoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    steps: Range<usize>,
) -> Vec<AffineStep> {
    let last = steps.end - 1;
    parallel::map(0..steps.len(), |k| {
        affine_step(&rules[last - k], denoiser, last - k)
    })
}

/// The variance that the sampler generates along a direction: `v <- A^2 v + sigma^2`, starting from 1.
/// `weight(index)` is the denoiser's coefficient there. For a complex weight the result is the analytic continuation.
pub fn variance_along<S: Scalar>(rules: &[StepRule], weight: impl Fn(usize) -> S) -> S {
    last_variances(rules, weight).1
}

/// The variance that the last step begins from, and the variance that it generates.
pub(super) fn last_variances<S: Scalar>(rules: &[StepRule], weight: impl Fn(usize) -> S) -> (S, S) {
    let steps = rules.iter().enumerate().rev();
    let start = (S::from(0.0), S::from(1.0));
    steps.fold(start, |(_, variance), (index, rule)| {
        let (factor, _) = scalar_step(rule, index, |i| (weight(i), S::from(0.0)));
        let next = factor * factor * variance + rule.sigma * rule.sigma;
        (variance, next)
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
    let (first, first_shift) = (w * rule.noise + rule.point, b * rule.noise);
    match rule.corrector {
        None => (first, first_shift),
        Some(c) => {
            let (w, b) = denoiser(index - 1);
            let second = w * c.noise + c.point;
            (second * first + c.start, second * first_shift + b * c.noise)
        }
    }
}
