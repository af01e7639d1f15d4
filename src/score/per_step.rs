//! One affine map for each step.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use super::{Affine, TensorDevice};
use crate::config::Mean;

/// The start of a [`PerStep`]: `W_t = init I`, `c_t = 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct PerStepConfig {
    /// T, the number of steps in this module
    pub steps: usize,
    /// d
    pub dim: usize,
    /// The factor of the identity.
    pub init: f64,
    /// Whether the mean is fitted. Then there is an offset to train.
    pub mean: Mean,
    /// Whether the weights are diagonal, in their own basis.
    pub diagonal: bool,
    /// The first identity of the parameters. An optimiser's record knows them by it.
    pub first_id: u64,
}

/// One affine map for each step, `f(y, t) = W_t y + c_t`, of the centred noised vector `y = x_t - sqrt(ab_t) m`.
///
/// Steps share no parameter, so any run of consecutive steps is itself a `PerStep`.
///
/// # Shapes
/// - weight `[T, d, d]`, the output's index before the input's. If it is trained in a basis in which it stays
///   diagonal: its diagonal, `[T, 1, d]`
/// - offset `[T, d]`; `None` if the mean is known
#[derive(Module, Debug)]
pub struct PerStep {
    /// W
    pub weight: Param<Tensor<3>>,
    /// c
    pub offset: Option<Param<Tensor<2>>>,
}

impl PerStepConfig {
    /// The module at the start of training.
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
    /// The module with a weight and an offset, which get the identities `first_id` and `first_id + 1`.
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

    /// The number T of steps.
    pub fn steps(&self) -> usize {
        self.weight.shape()[0]
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.weight.shape()[2]
    }
}
