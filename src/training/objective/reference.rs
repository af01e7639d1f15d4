//! The objectives as burn's stock operations on autodiff tensors: what every backend can do, and what the one-pass
//! gradients are compared with.

use std::ops::Range;

use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;
use faer::Mat;

use super::{Covariance, Objective, backward};
use crate::score::{BLOCK_ELEMENTS, PerStep};
use crate::training::noise::NoisedRows;

/// `sum_t E || eps - W y - c ||^2 + gamma_t ||W||^2` over a block of steps, the noise averaged in closed form:
///
/// ```text
/// d - 2 r tr W + tr W S W' + || c ||^2,   W S = ab (W Sigma_N) + (1 - ab + gamma) W
/// ```
///
/// One product for all steps, with W as `[T d, d]`; in the eigenbasis W and S are diagonal. It stays off the graph: as S is
/// symmetric, `2 <W, sg(W S)> - sg <W, W S>` (sg: detached) has both the value of `<W, W S>` and its gradient `2 W S`.
pub(super) fn exact(
    objective: &Objective,
    covariance: &Covariance,
    block: &PerStep,
    steps: Range<usize>,
) -> (f64, GradientsParams) {
    let (count, dim) = (block.steps(), block.dim());
    let device = &objective.device;
    let weight = block.weight.val();
    let fixed = weight.clone().detach();
    let (signal, identity) = match covariance {
        Covariance::Full { covariance, .. } => {
            let rows = fixed.clone().reshape([count * dim, dim]);
            let square = |matrix: &Mat<f64>| {
                let numbers = (0..dim * dim).map(|k| matrix[(k / dim, k % dim)]);
                device.tensor::<2>(numbers.collect(), [dim, dim])
            };
            let product = rows.matmul(square(covariance));
            let identity = square(&Mat::identity(dim, dim)).unsqueeze::<3>();
            (product.reshape([count, dim, dim]), identity)
        }
        Covariance::Diagonal(eigenvalues) => {
            let row = |numbers| device.tensor(numbers, [1, 1, dim]);
            (
                fixed.clone() * row(eigenvalues.clone()),
                row(vec![1.0; dim]),
            )
        }
    };
    let terms = |value: fn(&super::StepTerms) -> f64| by_step(objective, steps.clone(), value);
    let alpha_bar = terms(|t| t.step.alpha_bar);
    let rest = terms(|t| t.step.noise_variance + t.ridge);
    let product = signal * alpha_bar + fixed.clone() * rest;
    let quadratic = (fixed * product.clone()).sum();
    let identity = identity * terms(|t| t.step.noise_scale());
    let loss = (weight * (product - identity)).sum() * 2.0 - quadratic;
    let loss = loss + (count * dim) as f64;
    let loss = match &block.offset {
        Some(offset) => loss + offset.val().powi_scalar(2).sum(),
        None => loss,
    };
    backward(loss, block)
}

/// The same over draws, `1/n sum || eps - W y - c ||^2 + gamma ||W||^2`, in parts of the rows that keep memory bounded.
pub(super) fn drawn(
    objective: &Objective,
    rows: &mut NoisedRows<'_>,
    block: &PerStep,
    steps: Range<usize>,
) -> (f64, GradientsParams) {
    let per_row = rows.draws() * block.dim() * steps.len();
    let part = (BLOCK_ELEMENTS / per_row).max(1);
    let mut gradients = GradientsAccumulator::new();
    let mut value = 0.0;
    for start in (0..rows.rows()).step_by(part) {
        let range = start..(start + part).min(rows.rows());
        let noised: Vec<_> = objective.terms[steps.clone()]
            .iter()
            .map(|t| t.step)
            .collect();
        let drawn = rows.noised(&noised, range);
        let shape = [steps.len(), drawn.vectors, block.dim()];
        let centred = objective.device.tensor(drawn.centred, shape);
        let noise = objective.device.tensor(drawn.noise, shape);
        let error = noise - block.forward(centred);
        // As a tensor: burn rounds the numbers that it divides by to f32.
        let share = objective
            .device
            .tensor(vec![1.0 / rows.vectors() as f64], [1]);
        let loss = error.powi_scalar(2).sum() * share;
        let loss = match start {
            0 => loss + ridge(objective, block, steps.clone()),
            _ => loss,
        };
        let (part_value, part_gradients) = backward(loss, block);
        value += part_value;
        gradients.accumulate(block, part_gradients);
    }
    (value, gradients.grads())
}

/// `sum_t gamma_t || W_t ||^2` over a block of steps.
fn ridge(objective: &Objective, block: &PerStep, steps: Range<usize>) -> Tensor<1> {
    let gamma = by_step(objective, steps, |t| t.ridge);
    (block.weight.val().powi_scalar(2) * gamma).sum()
}

/// A number for each step, `[steps, 1, 1]`.
fn by_step(
    objective: &Objective,
    steps: Range<usize>,
    value: fn(&super::StepTerms) -> f64,
) -> Tensor<3> {
    let count = steps.len();
    let values = objective.terms[steps].iter().map(value).collect();
    objective.device.tensor(values, [count, 1, 1])
}
