//! Two linear layers a step.

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use super::{Affine, TensorDevice};
use crate::config::Mean;

/// The network `f(y, t) = B_t A_t y + c_t` of the centred noised vector `y = x_t - sqrt(ab_t) m`: no more functions than
/// those of one layer (fewer, where the width is below d), but another path of training.
///
/// # Shapes
/// - down A `[T, width, d]`
/// - up B `[T, d, width]`
/// - offset `[T, d]`; none where the mean is known
#[derive(Module, Debug)]
pub struct TwoLayer {
    pub down: Param<Tensor<3>>,
    pub up: Param<Tensor<3>>,
    pub offset: Option<Param<Tensor<2>>>,
}

/// How a [`TwoLayer`] starts: `A = sqrt(init) I`, `B = sign sqrt(init) I`, the leading part of the identity where the width
/// is not d, `c = 0`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TwoLayerConfig {
    /// T, the steps that this module holds
    pub steps: usize,
    /// d
    pub dim: usize,
    pub width: usize,
    pub init: f64,
    /// 1, -1 or 0, the sign of what is to be learnt: descent from balanced layers never changes the sign of a direction.
    pub sign: f64,
    /// There is an offset to be trained where it is fitted.
    pub mean: Mean,
    /// The first of the parameters' identities, by which an optimiser's record knows them.
    pub first_id: u64,
}

impl TwoLayerConfig {
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
    /// From its parameters, with the identities `first_id`, `first_id + 1` and `first_id + 2`.
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

    pub fn steps(&self) -> usize {
        self.down.shape()[0]
    }

    pub fn dim(&self) -> usize {
        self.down.shape()[2]
    }

    pub fn width(&self) -> usize {
        self.down.shape()[1]
    }
}
