//! One affine map a step.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use super::{Affine, TensorDevice};
use crate::config::Mean;

/// How a [`PerStep`] starts: `W_t = init I`, `c_t = 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerStepConfig {
    /// T, the steps that this module holds
    pub steps: usize,
    /// d
    pub dim: usize,
    pub init: f64,
    /// There is an offset to be trained where it is fitted.
    pub mean: Mean,
    /// Whether the weights are diagonal, in a basis of their own.
    pub diagonal: bool,
    /// The first of the parameters' identities, by which an optimiser's record knows them.
    pub first_id: u64,
}

/// The network with one affine map a step, `f(y, t) = W_t y + c_t` of the centred noised vector `y = x_t - sqrt(ab_t) m`.
///
/// Steps share no parameter, so any run of consecutive steps is a `PerStep` of its own.
///
/// # Shapes
/// - weight `[T, d, d]`, the output's index before the input's; `[T, 1, d]`, its diagonal, where it is trained in a basis in
///   which it stays diagonal
/// - offset `[T, d]`; none where the mean is known
#[derive(Module, Debug)]
pub struct PerStep {
    pub weight: Param<Tensor<3>>,
    pub offset: Option<Param<Tensor<2>>>,
}

impl PerStepConfig {
    pub fn init(&self, device: &TensorDevice) -> PerStep {
        let (steps, dim) = (self.steps, self.dim);
        let offset = self.mean.is_fitted().then(|| device.zeros([steps, dim]));
        if self.diagonal {
            let weight = device.tensor(vec![self.init; steps * dim], [steps, 1, dim]);
            return PerStep::new(weight, offset, self.first_id);
        }
        let mut weight = vec![0.0; steps * dim * dim];
        for step in weight.chunks_exact_mut(dim * dim) {
            for i in 0..dim {
                step[i * dim + i] = self.init;
            }
        }
        PerStep::new(
            device.tensor(weight, [steps, dim, dim]),
            offset,
            self.first_id,
        )
    }
}

impl PerStep {
    /// From a weight and an offset, with the identities `first_id` and `first_id + 1`.
    pub fn new(weight: Tensor<3>, offset: Option<Tensor<2>>, first_id: u64) -> Self {
        let id = |n| ParamId::from(first_id + n);
        Self {
            weight: Param::initialized(id(0), weight.require_grad()),
            offset: offset.map(|c| Param::initialized(id(1), c.require_grad())),
        }
    }

    /// The affine maps of its steps: the parameters themselves.
    pub fn affine(&self) -> Affine {
        Affine {
            weight: self.weight.val(),
            offset: self.offset.as_ref().map(Param::val),
        }
    }

    pub fn steps(&self) -> usize {
        self.weight.shape()[0]
    }

    pub fn dim(&self) -> usize {
        self.weight.shape()[2]
    }
}
