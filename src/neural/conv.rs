//! Convolutions of several networks at once.

use burn::module::{Module, Param};
use burn::tensor::Tensor;

use super::start::Start;

/// The number of taps of a 3 x 3 filter.
const TAPS: usize = 9;

/// The size of the pictures in a tensor `[E, n height width, channels]`: vector `(i height + y) width + x` of a member
/// has the channels of the pixel (y, x) of picture i.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pictures {
    /// n, the number of pictures of a member.
    pub count: usize,
    /// The height in pixels.
    pub height: usize,
    /// The width in pixels.
    pub width: usize,
}

impl Pictures {
    /// The number of pixels of a picture.
    pub fn pixels(&self) -> usize {
        self.height * self.width
    }

    /// The size after 2 x 2 pixels became one.
    pub fn halved(self) -> Self {
        Self {
            height: self.height / 2,
            width: self.width / 2,
            ..self
        }
    }
}

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
        patches(x, pictures).matmul(self.weight.val()) + self.bias.val().unsqueeze_dim(1)
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

/// The means of 2 x 2 pixels.
pub(super) fn halve(x: Tensor<3>, pictures: Pictures) -> Tensor<3> {
    let [members, vectors, channels] = x.dims();
    let half = pictures.halved();
    let rows = members * pictures.count * half.height;
    let x: Tensor<5> = x.reshape([rows, 2, half.width, 2, channels]);
    x.mean_dim(1)
        .mean_dim(3)
        .reshape([members, vectors / 4, channels])
}

/// Repeats each pixel 2 x 2 times. `pictures` is the size of the input.
pub(super) fn double(x: Tensor<3>, pictures: Pictures) -> Tensor<3> {
    let [members, vectors, channels] = x.dims();
    let rows = members * pictures.count * pictures.height;
    let x: Tensor<5> = x.reshape([rows, 1, pictures.width, 1, channels]);
    x.expand([rows, 2, pictures.width, 2, channels])
        .reshape([members, 4 * vectors, channels])
}
