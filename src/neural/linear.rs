//! Affine layers of several networks at once.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::start::Start;

/// The layer `x W + b` of each member.
///
/// # Shapes
/// - weight W `[E, inputs, outputs]`
/// - bias b `[E, outputs]`
/// - input `[E, n, inputs]`, or `[1, n, inputs]` for the same vectors for every member; output `[E, n, outputs]`
#[derive(Module, Debug)]
pub struct Linear {
    /// W
    pub weight: Param<Tensor<3>>,
    /// b
    pub bias: Param<Tensor<2>>,
}

impl Linear {
    /// Drawn weights, no bias.
    pub(super) fn drawn(inputs: usize, outputs: usize, start: &mut Start<'_>) -> Self {
        Self {
            weight: start.normal(inputs, outputs),
            bias: start.offset(outputs, 0.0),
        }
    }

    /// Zeros.
    pub(super) fn zeros(inputs: usize, outputs: usize, start: &mut Start<'_>) -> Self {
        Self {
            weight: start.zeros(inputs, outputs),
            bias: start.offset(outputs, 0.0),
        }
    }

    /// `x W + b`
    pub fn forward(&self, x: Tensor<3>) -> Tensor<3> {
        product(x, self.weight.val()) + self.bias.val().unsqueeze_dim(1)
    }
}

/// `x W` for each member, where x may be the same for all.
pub(super) fn product(x: Tensor<3>, weight: Tensor<3>) -> Tensor<3> {
    let [members, ..] = weight.dims();
    let [given, vectors, inputs] = x.dims();
    if given == members {
        x.matmul(weight)
    } else {
        x.expand([members, vectors, inputs]).matmul(weight)
    }
}
