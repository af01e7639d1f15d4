//! The multilayer perceptron.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::activation::silu;

use super::linear::{Linear, product};
use super::start::Start;
use super::time_features::FEATURES;

/// E multilayer perceptrons that see the noise level in every hidden layer:
///
/// ```text
/// h_0 = x,   h_k = SiLU(h_(k-1) W_k + b_k + phi(t) T_k),  k = 1 ... layers,   f = h W_out + b_out
/// ```
///
/// Here `SiLU(u) = u/(1 + exp(-u))`, and phi(t) are sines and cosines of the logarithm of the noise level. The last
/// layer starts at zero: an untrained network predicts 0.
#[derive(Module, Debug)]
pub struct Mlp {
    hidden: Vec<Hidden>,
    output: Linear,
}

/// A hidden layer.
#[derive(Module, Debug)]
struct Hidden {
    linear: Linear,
    /// T `[E, features, width]`
    time: Param<Tensor<3>>,
}

impl Mlp {
    pub(super) fn new(dim: usize, width: usize, layers: usize, start: &mut Start<'_>) -> Self {
        let hidden = |layer: usize| {
            let inputs = if layer == 0 { dim } else { width };
            Hidden {
                linear: Linear::drawn(inputs, width, start),
                time: start.normal(FEATURES, width),
            }
        };
        let hidden = (0..layers).map(hidden).collect();
        Self {
            hidden,
            output: Linear::zeros(width, dim, start),
        }
    }

    /// The outputs `[E, n, d]` for the vectors x `[E, n, d]` at noise levels with the features `[1, n, features]`.
    pub fn forward(&self, x: Tensor<3>, time: Tensor<3>) -> Tensor<3> {
        let layer = |x: Tensor<3>, layer: &Hidden| {
            silu(layer.linear.forward(x) + product(time.clone(), layer.time.val()))
        };
        let hidden = self.hidden.iter().fold(x, layer);
        self.output.forward(hidden)
    }

    /// d, the number of inputs and of outputs.
    pub fn dim(&self) -> usize {
        self.output.bias.dims()[1]
    }
}
