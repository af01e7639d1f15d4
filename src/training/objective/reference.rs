//! The objectives as burn's stock operations on autodiff tensors. Every backend supports these. The one-pass
//! gradients are tested against them.

use std::ops::Range;
use std::sync::OnceLock;

use burn::optim::{GradientsAccumulator, GradientsParams};
use burn::tensor::Tensor;
use faer::Mat;

use super::backward::backward;
use super::covariance::Covariance;
use super::terms::StepTerms;
use crate::score::{Affine, BLOCK_ELEMENTS, Part, TensorDevice};
use crate::training::noise::NoisedRows;

/// The constants of all steps, on the device: `[1, d, d]`, or the diagonals `[1, 1, d]`.
#[derive(Clone)]
pub(super) struct Constants {
    sigma: Tensor<3>,
    identity: Tensor<3>,
}

impl Constants {
    fn of(covariance: &Covariance, device: &TensorDevice) -> Self {
        let square = |matrix: &Mat<f64>| {
            let dim = matrix.ncols();
            let numbers = (0..dim * dim).map(|k| matrix[(k / dim, k % dim)]);
            device.tensor(numbers.collect(), [1, dim, dim])
        };
        let row = |numbers: Vec<f64>| {
            let shape = [1, 1, numbers.len()];
            device.tensor(numbers, shape)
        };
        match covariance {
            Covariance::Full { covariance, .. } => Self {
                identity: square(&Mat::identity(covariance.nrows(), covariance.ncols())),
                sigma: square(covariance),
            },
            Covariance::Diagonal(eigenvalues) => Self {
                identity: row(vec![1.0; eigenvalues.len()]),
                sigma: row(eigenvalues.clone()),
            },
        }
    }
}

/// Some steps of a part of the network, and the device of the tensors.
pub(super) struct Stock<'a> {
    pub(super) device: &'a TensorDevice,
    /// The terms of the chosen steps.
    pub(super) terms: &'a [StepTerms],
    pub(super) part: &'a Part,
    /// The chosen steps, counted from the first step of the part.
    pub(super) chosen: Range<usize>,
}

impl Stock<'_> {
    /// `sum_t E || p eps + q x - W y - c ||^2 + gamma_t ||W||^2` over the steps, the noise averaged in closed form:
    ///
    /// ```text
    /// p^2 d + q^2 tr Sigma_N - 2 <W, M> + tr W S W' + || c ||^2
    /// W S = ab (W Sigma_N) + (1 - ab + gamma) W,     M = p r I + q a Sigma_N
    /// ```
    ///
    /// There is one product for all steps, with W as `[T d, d]`. In the eigenbasis W and S are diagonal. The product
    /// is not on the graph: as S is symmetric, `2 <W, sg(W S)> - sg <W, W S>` (sg: detached) has the value of `<W, W
    /// S>` and its gradient `2 W S`.
    pub(super) fn exact(
        self,
        covariance: &Covariance,
        constants: &OnceLock<Constants>,
    ) -> (f64, GradientsParams) {
        let (count, dim) = (self.terms.len(), self.part.dim());
        let Affine { weight, offset } = self.part.affine(self.chosen.clone());
        let fixed = weight.clone().detach();
        let constants = constants.get_or_init(|| Constants::of(covariance, self.device));
        let Constants { sigma, identity } = constants.clone();
        let signal = match covariance {
            Covariance::Full { .. } => {
                let rows = fixed.clone().reshape([count * dim, dim]);
                let product = rows.matmul(sigma.clone().squeeze_dim::<2>(0));
                product.reshape([count, dim, dim])
            }
            Covariance::Diagonal(_) => fixed.clone() * sigma.clone(),
        };
        let alpha_bar = self.by_step(|t| t.step.alpha_bar);
        let rest = self.by_step(|t| t.step.noise_variance + t.ridge);
        let product = signal * alpha_bar + fixed.clone() * rest;
        let quadratic = (fixed * product.clone()).sum();
        let cross = identity * self.by_step(|t| t.parts.noise * t.step.noise_scale())
            + sigma * self.by_step(|t| t.parts.data * t.step.signal_scale());
        let loss = (weight * (product - cross)).sum() * 2.0 - quadratic;
        let constant = |t: &StepTerms| {
            t.parts.noise.powi(2) * dim as f64 + t.parts.data.powi(2) * covariance.trace()
        };
        let constant = self.terms.iter().map(constant).sum();
        let loss = loss + self.device.tensor(vec![constant], [1]);
        let loss = match offset {
            Some(offset) => loss + offset.powi_scalar(2).sum(),
            None => loss,
        };
        backward(loss, self.part)
    }

    /// `1/n sum || p eps + q x - W y - c ||^2 + gamma ||W||^2` over draws, in groups of rows that bound the memory.
    pub(super) fn drawn(self, rows: &mut NoisedRows<'_>) -> (f64, GradientsParams) {
        let steps: Vec<_> = self.terms.iter().map(|t| t.step).collect();
        let per_row = rows.draws() * self.part.dim() * steps.len();
        let together = (BLOCK_ELEMENTS / per_row).max(1);
        let mut gradients = GradientsAccumulator::new();
        let mut value = 0.0;
        for start in (0..rows.rows()).step_by(together) {
            let range = start..(start + together).min(rows.rows());
            let drawn = rows.noised(&steps, range);
            let shape = [steps.len(), drawn.vectors, self.part.dim()];
            let affine = self.part.affine(self.chosen.clone());
            let centred = self.device.tensor(drawn.centred, shape);
            let wanted = self.device.tensor(drawn.wanted, shape);
            let error = wanted - affine.forward(centred);
            // A tensor, because burn rounds bare divisors to f32.
            let share = vec![1.0 / rows.vectors() as f64];
            let loss = error.powi_scalar(2).sum() * self.device.tensor(share, [1]);
            let loss = match start {
                0 => loss + self.ridge(affine.weight),
                _ => loss,
            };
            let (of_rows, gradients_of_rows) = backward(loss, self.part);
            value += of_rows;
            gradients.accumulate(self.part, gradients_of_rows);
        }
        (value, gradients.grads())
    }

    /// `sum_t gamma_t || W_t ||^2` over the steps.
    fn ridge(&self, weight: Tensor<3>) -> Tensor<1> {
        (weight.powi_scalar(2) * self.by_step(|t| t.ridge)).sum()
    }

    /// A number for each step, `[steps, 1, 1]`.
    fn by_step(&self, value: fn(&StepTerms) -> f64) -> Tensor<3> {
        let values: Vec<f64> = self.terms.iter().map(value).collect();
        self.device.tensor(values, [self.terms.len(), 1, 1])
    }
}
