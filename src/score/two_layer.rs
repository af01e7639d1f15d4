//! Two linear layers for each step.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use super::{Affine, TensorDevice};
use crate::config::Mean;

/// The network `f(y, t) = B_t A_t y + c_t` of the centred noised vector `y = x_t - sqrt(ab_t) m`. It can be no more
/// functions than one layer (fewer, if the width is below d), but it takes another path of training.
///
/// # Shapes
/// - down A `[T, width, d]`
/// - up B `[T, d, width]`
/// - offset `[T, d]`; `None` if the mean is known
#[derive(Module, Debug)]
pub struct TwoLayer {
    /// A
    pub down: Param<Tensor<3>>,
    /// B
    pub up: Param<Tensor<3>>,
    /// c
    pub offset: Option<Param<Tensor<2>>>,
}

/// The start of a [`TwoLayer`]: `A = sqrt(init) I`, `B = sign sqrt(init) I`, `c = 0`. If the width is not d, I is the
/// leading part of the identity.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoLayerConfig {
    /// T, the number of steps in this module
    pub steps: usize,
    /// d
    pub dim: usize,
    /// The number of hidden units.
    pub width: usize,
    /// The start of the product of both layers, up to the sign.
    pub init: f64,
    /// The sign of the optimum: 1, -1 or 0. Descent from balanced layers never changes the sign of a direction.
    pub sign: f64,
    /// Whether the mean is fitted. Then there is an offset to train.
    pub mean: Mean,
    /// The first identity of the parameters. An optimiser's record knows them by it.
    pub first_id: u64,
}

impl TwoLayerConfig {
    /// The module at the start of training.
    pub fn init(&self, device: &TensorDevice) -> TwoLayer {
        let (steps, dim, width) = (self.steps, self.dim, self.width);
        let leading = |rows: usize, columns: usize, value: f64| {
            let mut numbers = vec![0.0; steps * rows * columns];
            for step in numbers.chunks_exact_mut(rows * columns) {
                for i in 0..rows.min(columns) {
                    step[i * columns + i] = value;
                }
            }
            device.tensor(numbers, [steps, rows, columns])
        };
        let scale = self.init.sqrt();
        TwoLayer::new(
            leading(width, dim, scale),
            leading(dim, width, self.sign * scale),
            self.mean.is_fitted().then(|| device.zeros([steps, dim])),
            self.first_id,
        )
    }
}

impl TwoLayer {
    /// The module with the given parameters, which get the identities `first_id`, `first_id + 1` and `first_id + 2`.
    pub fn new(down: Tensor<3>, up: Tensor<3>, offset: Option<Tensor<2>>, first_id: u64) -> Self {
        let id = |n| ParamId::from(first_id + n);
        Self {
            down: Param::initialized(id(0), down.require_grad()),
            up: Param::initialized(id(1), up.require_grad()),
            offset: offset.map(|c| Param::initialized(id(2), c.require_grad())),
        }
    }

    /// The affine maps of its steps.
    pub fn affine(&self) -> Affine {
        Affine {
            weight: self.up.val().matmul(self.down.val()),
            offset: self.offset.as_ref().map(Param::val),
        }
    }

    /// The number T of steps.
    pub fn steps(&self) -> usize {
        self.down.shape()[0]
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.down.shape()[2]
    }

    /// The number of hidden units.
    pub fn width(&self) -> usize {
        self.down.shape()[1]
    }
}
