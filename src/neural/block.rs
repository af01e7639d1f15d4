//! The residual block of a U-Net.

use burn::module::Module;
use burn::tensor::Tensor;

use super::conv::Conv;
use super::linear::Linear;
use super::norm::GroupNorm;
use super::pictures::Pictures;
use super::start::Start;
use super::time_features::FEATURES;

/// A residual block that sees the noise level:
///
/// ```text
/// h = conv1(SiLU(norm1(x))) + phi(t) T + c,   y = skip(x) + conv2(SiLU(norm2(h)))
/// ```
///
/// `skip` is the identity, or a linear map of the channels where their number changes.
#[derive(Module, Debug)]
pub struct Block {
    norm1: GroupNorm,
    conv1: Conv,
    time: Linear,
    norm2: GroupNorm,
    conv2: Conv,
    skip: Option<Linear>,
}

impl Block {
    pub(super) fn new(inputs: usize, outputs: usize, start: &mut Start<'_>) -> Self {
        Self {
            norm1: GroupNorm::new(inputs, start),
            conv1: Conv::drawn(inputs, outputs, start),
            time: Linear::drawn(FEATURES, outputs, start),
            norm2: GroupNorm::new(outputs, start),
            conv2: Conv::drawn(outputs, outputs, start),
            skip: (inputs != outputs).then(|| Linear::drawn(inputs, outputs, start)),
        }
    }

    /// The block of pictures `[E, n height width, inputs]`, at noise levels with the features `[1, n, features]`.
    pub fn forward(&self, x: Tensor<3>, time: &Tensor<3>, pictures: Pictures) -> Tensor<3> {
        let h = self.norm1.silu(x.clone(), pictures);
        let vectors = self.time.forward(time.clone());
        let h = self.conv1.with_vectors(h, vectors, pictures);
        let h = self.norm2.silu(h, pictures);
        let h = self.conv2.forward(h, pictures);
        match &self.skip {
            Some(skip) => skip.forward(x) + h,
            None => x + h,
        }
    }
}
