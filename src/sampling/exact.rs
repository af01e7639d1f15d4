//! The exact law of what a reverse process generates.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::reborrow::ReborrowMut;
use faer::{Accum, Col, Mat, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::StepRule;
use crate::gaussian::{AffineDenoiser, CommutingDenoiser, Denoiser, EigenError, Gaussian, Scalar};

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
    let scaled = |scale: f64, denoiser: AffineDenoiser, keep: f64| {
        let AffineDenoiser { mut weight, bias } = denoiser;
        weight *= faer::Scale(scale);
        add_to_diagonal(&mut weight, keep);
        (weight, faer::Scale(scale) * bias)
    };
    let (first, first_shift) = scaled(rule.denoise, denoiser.at(index), rule.keep);
    let (matrix, shift) = match rule.corrector {
        None => (first, first_shift),
        Some(c) => {
            let (second, shift) = scaled(c.denoise, denoiser.at(index - 1), c.keep);
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

fn add_to_diagonal(matrix: &mut Mat<f64>, value: f64) {
    (0..matrix.nrows()).for_each(|i| matrix[(i, i)] += value);
}

/// Numbers of the matrices of a group of steps.
const GROUP_NUMBERS: usize = 1 << 19;

/// All steps from the last to the first, in groups whose maps are in memory together.
pub(super) fn step_groups(steps: usize, dim: usize) -> impl Iterator<Item = Range<usize>> {
    let group = (GROUP_NUMBERS / (dim * dim)).max(1);
    let ends = (1..=steps).rev().step_by(group);
    ends.map(move |end| end.saturating_sub(group)..end)
}

/// The affine maps of some steps, from the last to the first.
pub(super) fn affine_steps<D: Denoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    steps: Range<usize>,
) -> Vec<AffineStep> {
    let steps = steps.into_par_iter().rev();
    steps
        .map(|index| affine_step(&rules[index], denoiser, index))
        .collect()
}

/// The law of what the sampler generates from `N(0, I)`, for any denoiser:
/// `m <- A m + a`, `C <- A C A' + sigma^2 I`, two products a step.
///
/// A covariance tells variances apart down to d eps of the largest (eps of f64). Where some are less, and may be anything
/// down to 0, the recursion is walked once more for a square root of it, which tells them down to `(d eps)^2`.
///
/// A recursion that overflows, as with diverging weights, gives [`Gaussian::not_finite`]. `weight_epsilon` is that of
/// the precision of the weights: variances below `(d eps)^2` of the largest count as zero (theory.md section 3), the
/// largest of what is sampled or of what the last step begins from, the numbers that cancel in it.
pub fn law<D: Denoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    weight_epsilon: f64,
) -> Result<Gaussian, EigenError> {
    let dim = denoiser.dim();
    let mut mean = Col::<f64>::zeros(dim);
    let mut covariance = Mat::<f64>::identity(dim, dim);
    let mut next = Mat::<f64>::zeros(dim, dim);
    let mut before = 0.0;
    // On one of rayon's own threads, which takes its part of each product without being woken.
    rayon::scope(|_| {
        for steps in step_groups(rules.len(), dim) {
            for step in affine_steps(rules, denoiser, steps) {
                before = covariance
                    .diagonal()
                    .column_vector()
                    .iter()
                    .copied()
                    .fold(0.0, f64::max);
                mean = &step.matrix * &mean + &step.shift;
                congruence(step.matrix.as_ref(), covariance.as_ref(), next.as_mut());
                add_to_diagonal(&mut next, step.sigma * step.sigma);
                std::mem::swap(&mut covariance, &mut next);
            }
        }
    });
    if !mean.is_all_finite() || !covariance.is_all_finite() {
        return Ok(Gaussian::not_finite(dim));
    }
    let law = Gaussian::from_covariance(mean, covariance.as_ref())?;
    let law = match law.rank() == dim {
        true => law,
        false => by_square_roots(rules, denoiser, law.mean().to_owned())?,
    };
    Ok(told_apart(law, rules, before, weight_epsilon))
}

/// With variances that count as zero, where the last step begins from `before`.
fn told_apart(law: Gaussian, rules: &[StepRule], before: f64, weight_epsilon: f64) -> Gaussian {
    let resolution = (law.dim() as f64 * weight_epsilon).powi(2);
    let largest = (0..law.dim()).map(|k| law.variance(k)).fold(0.0, f64::max);
    let cancelled = rules[0].keep.powi(2) * before;
    match largest > 0.0 {
        true => law.with_resolution(resolution * (cancelled / largest).max(1.0)),
        false => law,
    }
}

/// The same law from F with `C = F F'`: `F <- A F`, and with noise `F F' <- F F' + sigma^2 I` by a QR decomposition of F'
/// over sigma I.
fn by_square_roots<D: Denoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    mean: Col<f64>,
) -> Result<Gaussian, EigenError> {
    let dim = denoiser.dim();
    let mut factor = Mat::<f64>::identity(dim, dim);
    for steps in step_groups(rules.len(), dim) {
        for AffineStep { matrix, sigma, .. } in affine_steps(rules, denoiser, steps) {
            factor = matrix * factor;
            if sigma > 0.0 {
                let stacked = Mat::from_fn(2 * dim, dim, |i, j| match i < dim {
                    true => factor[(j, i)],
                    false if i - dim == j => sigma,
                    false => 0.0,
                });
                factor = stacked.qr().thin_R().transpose().to_owned();
            }
        }
    }
    let svd = factor.thin_svd().map_err(|_| EigenError { dim })?;
    let deviations = svd.S().column_vector();
    let variances = deviations.iter().map(|s| s * s).collect();
    Ok(Gaussian::from_spectral(mean, svd.U().to_owned(), variances))
}

/// Columns of a covariance that are worked on at once.
const PANEL_COLUMNS: usize = 32;

/// `out = A C A'` of a symmetric C, to the last bit symmetric: column by column `A (C a)` with a the rows of A, below the
/// diagonal, a panel of columns a thread.
fn congruence(matrix: MatRef<'_, f64>, covariance: MatRef<'_, f64>, mut out: MatMut<'_, f64>) {
    let dim = matrix.nrows();
    let panels = out.rb_mut().par_col_chunks_mut(PANEL_COLUMNS);
    panels.enumerate().for_each(|(index, panel)| {
        let first = index * PANEL_COLUMNS;
        let rows = matrix.subrows(first, panel.ncols());
        let mut product = Mat::zeros(dim, panel.ncols());
        let replace = Accum::Replace;
        matmul(
            &mut product,
            replace,
            covariance,
            rows.transpose(),
            1.0,
            Par::Seq,
        );
        let below = panel.subrows_mut(first, dim - first);
        let rows = matrix.subrows(first, dim - first);
        matmul(below, replace, rows, &product, 1.0, Par::Seq);
    });
    for j in 1..dim {
        for i in 0..j {
            out[(i, j)] = out[(j, i)];
        }
    }
}

/// The same for a denoiser that shares the eigenvectors of a law: a scalar recursion for each of them.
pub fn law_in_eigenbasis(
    rules: &[StepRule],
    denoiser: &CommutingDenoiser,
    weight_epsilon: f64,
) -> Gaussian {
    let law = denoiser.law();
    let dim = law.dim();
    let (before, variances): (Vec<f64>, Vec<f64>) = (0..dim)
        .map(|k| last_variances(rules, |index| denoiser.weights(index)[k]))
        .unzip();
    let before = before.into_iter().fold(0.0, f64::max);
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
    let sampled = Gaussian::from_spectral(mean, law.basis().to_owned(), variances);
    told_apart(sampled, rules, before, weight_epsilon)
}

/// The variance that the sampler generates along a direction in which the denoiser is the number
/// `weight(index)`: `v <- A^2 v + sigma^2` from 1. For a complex weight it is the analytic continuation.
pub fn variance_along<S: Scalar>(rules: &[StepRule], weight: impl Fn(usize) -> S) -> S {
    last_variances(rules, weight).1
}

/// The same, after the variance that the last step begins from.
fn last_variances<S: Scalar>(rules: &[StepRule], weight: impl Fn(usize) -> S) -> (S, S) {
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
