//! The normalisation of groups of channels.

use burn::module::{Module, Param};
use burn::tensor::Tensor;
use burn::tensor::activation::silu;

use super::config::NetworkConfig;
use super::fused;
use super::pictures::Pictures;
use super::start::Start;

/// Added to a variance, so that a constant picture can be divided by its deviation.
const EPSILON: f64 = 1e-5;

/// Group normalisation (Wu and He, arXiv 1803.08494): in each picture, each of 8 groups of channels is brought to mean
/// 0 and variance 1 (over its pixels and channels), then each channel is scaled and shifted.
///
/// # Shapes
/// - scale and shift `[E, channels]`
/// - input and output `[E, n height width, channels]`
#[derive(Module, Debug)]
pub struct GroupNorm {
    /// The factor of each channel, 1 at the start.
    pub scale: Param<Tensor<2>>,
    /// The term of each channel, 0 at the start.
    pub shift: Param<Tensor<2>>,
}

impl GroupNorm {
    pub(super) fn new(channels: usize, start: &mut Start<'_>) -> Self {
        Self {
            scale: start.offset(channels, 1.0),
            shift: start.offset(channels, 0.0),
        }
    }

    /// `SiLU(u)` of the normalised pictures u.
    pub fn silu(&self, x: Tensor<3>, pictures: Pictures) -> Tensor<3> {
        let groups = NetworkConfig::CHANNEL_GROUPS;
        let scale = self.scale.val().unsqueeze_dim(1);
        let shift = self.shift.val().unsqueeze_dim(1);
        let fused = fused::norm_silu(&x, &scale, &shift, pictures, groups, EPSILON);
        if let Some(value) = fused {
            return value;
        }
        let shape = x.dims();
        let [members, _, channels] = shape;
        let (all, pixels) = (members * pictures.count, pictures.pixels());
        let x: Tensor<4> = x.reshape([all, pixels, groups, channels / groups]);
        let mean = |x: Tensor<4>| x.mean_dim(1).mean_dim(3);
        let centred = x.clone() - mean(x);
        let variance = mean(centred.clone() * centred.clone());
        let normalised = (centred / (variance + EPSILON).sqrt()).reshape(shape);
        silu(normalised * scale + shift)
    }
}
