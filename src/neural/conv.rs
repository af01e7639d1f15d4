//! Convolutions of several networks at once.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::fused;
use super::pictures::Pictures;
use super::start::Start;

/// The number of taps of a 3 x 3 filter.
const TAPS: usize = 9;

/// A convolution with 3 x 3 filters; pixels outside of the picture are 0.
///
/// # Shapes
/// - weight `[E, 9 inputs, outputs]`: entry `(3 i + j) inputs + c` is the tap at row `i - 1` and column `j - 1` of
///   channel c
/// - bias `[E, outputs]`
/// - input `[E, n height width, inputs]`, output `[E, n height width, outputs]`
#[derive(Module, Debug)]
pub struct Conv {
    /// The filters.
    pub weight: Param<Tensor<3>>,
    /// The bias.
    pub bias: Param<Tensor<2>>,
}

impl Conv {
    /// Drawn filters, no bias.
    pub(super) fn drawn(inputs: usize, outputs: usize, start: &mut Start<'_>) -> Self {
        Self {
            weight: start.normal(TAPS * inputs, outputs),
            bias: start.offset(outputs, 0.0),
        }
    }

    /// Zeros.
    pub(super) fn zeros(inputs: usize, outputs: usize, start: &mut Start<'_>) -> Self {
        Self {
            weight: start.zeros(TAPS * inputs, outputs),
            bias: start.offset(outputs, 0.0),
        }
    }

    /// The convolution of pictures.
    pub fn forward(&self, x: Tensor<3>, pictures: Pictures) -> Tensor<3> {
        self.with_offset(x, self.bias.val().unsqueeze_dim(1), pictures)
    }

    /// The convolution of pictures, plus a vector `[E, n, outputs]` for each picture.
    pub fn with_vectors(&self, x: Tensor<3>, vectors: Tensor<3>, pictures: Pictures) -> Tensor<3> {
        self.with_offset(x, vectors + self.bias.val().unsqueeze_dim(1), pictures)
    }

    /// The convolution of pictures without the bias, plus an offset `[E, n, outputs]` or `[E, 1, outputs]`.
    fn with_offset(&self, x: Tensor<3>, offset: Tensor<3>, pictures: Pictures) -> Tensor<3> {
        let weight = self.weight.val();
        if let Some(value) = fused::conv(&x, &weight, &offset, pictures) {
            return value;
        }
        let value = patches(x, pictures).matmul(weight);
        let shape = value.dims();
        let [members, _, outputs] = shape;
        let pixels = [members, pictures.count, pictures.pixels(), outputs];
        let by_picture: Tensor<4> = value.reshape(pixels);
        (by_picture + offset.unsqueeze_dim(2)).reshape(shape)
    }
}

/// The patch of 3 x 3 pixels around each pixel: `[E, n height width, 9 channels]`.
fn patches(x: Tensor<3>, pictures: Pictures) -> Tensor<3> {
    let [members, vectors, channels] = x.dims();
    let Pictures { height, width, .. } = pictures;
    let all = members * pictures.count;
    let x: Tensor<4> = x.reshape([all, height, width, channels]);
    let place = (&x.device(), x.dtype());
    let above = Tensor::zeros([all, 1, width, channels], place);
    let x = Tensor::cat(vec![above.clone(), x, above], 1);
    let beside = Tensor::zeros([all, height + 2, 1, channels], place);
    let x = Tensor::cat(vec![beside.clone(), x, beside], 2);
    let tap = |tap: usize| {
        let (i, j) = (tap / 3, tap % 3);
        x.clone()
            .slice([0..all, i..i + height, j..j + width, 0..channels])
    };
    let patches = Tensor::cat((0..TAPS).map(tap).collect(), 3);
    patches.reshape([members, vectors, TAPS * channels])
}
