//! The U-Net.

use burn::module::Module;
use burn::tensor::Tensor;

use super::block::Block;
use super::config::NetworkConfig;
use super::conv::Conv;
use super::norm::GroupNorm;
use super::pictures::Pictures;
use super::resize::{double_and_join, halve};
use super::start::Start;

/// E U-Nets (Ronneberger et al., arXiv 1505.04597; as noise predictors, Ho et al., arXiv 2006.11239) for pictures with
/// one number a pixel, in 2 resolutions, or in 3 from 16 x 16 pixels on:
///
/// ```text
/// conv, block at each resolution with means of 2 x 2 pixels in between,
/// block at the lowest resolution,
/// on the way back at each resolution: pixels doubled, joined with the picture of the way down, block,
/// norm, SiLU, conv
/// ```
///
/// The number of channels doubles with each halving. The last convolution starts at zero. The sizes are our choice.
#[derive(Module, Debug)]
pub struct UNet {
    #[module(skip)]
    image: [usize; 2],
    input: Conv,
    down: Vec<Block>,
    middle: Block,
    up: Vec<Block>,
    norm: GroupNorm,
    output: Conv,
}

impl UNet {
    pub(super) fn new(image: [usize; 2], channels: usize, start: &mut Start<'_>) -> Self {
        let resolutions = NetworkConfig::resolutions(image);
        let channels_at = |resolution: usize| channels << resolution;
        let input = Conv::drawn(1, channels, start);
        let down = (0..resolutions)
            .map(|r| Block::new(channels_at(r.saturating_sub(1)), channels_at(r), start))
            .collect();
        let lowest = channels_at(resolutions - 1);
        let middle = Block::new(lowest, lowest, start);
        let up = (0..resolutions - 1)
            .rev()
            .map(|r| Block::new(channels_at(r + 1) + channels_at(r), channels_at(r), start))
            .collect();
        Self {
            image,
            input,
            down,
            middle,
            up,
            norm: GroupNorm::new(channels, start),
            output: Conv::zeros(channels, 1, start),
        }
    }

    /// The outputs `[E, n, d]` for pictures x `[E, n, d]`, row by row, at noise levels with the features `[1, n,
    /// features]`.
    pub fn forward(&self, x: Tensor<3>, time: Tensor<3>) -> Tensor<3> {
        let shape = x.dims();
        let [members, count, pixels] = shape;
        let [height, width] = self.image;
        let mut pictures = Pictures {
            count,
            height,
            width,
        };
        let x = x.reshape([members, count * pixels, 1]);
        let mut x = self.input.forward(x, pictures);
        let mut seen = Vec::new();
        for (resolution, block) in self.down.iter().enumerate() {
            if resolution > 0 {
                seen.push((x.clone(), pictures));
                x = halve(x, pictures);
                pictures = pictures.halved();
            }
            x = block.forward(x, &time, pictures);
        }
        x = self.middle.forward(x, &time, pictures);
        for block in &self.up {
            let (before, larger) = seen.pop().expect("one for each halving");
            x = double_and_join(x, before, larger);
            pictures = larger;
            x = block.forward(x, &time, pictures);
        }
        let x = self.norm.silu(x, pictures);
        self.output.forward(x, pictures).reshape(shape)
    }

    /// d, the number of pixels.
    pub fn dim(&self) -> usize {
        self.image[0] * self.image[1]
    }
}
