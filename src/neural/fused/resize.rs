//! The way to the next resolution and back.

use burn::tensor::Tensor;

use super::node::{Function, apply};
use crate::neural::pictures::Pictures;
use crate::score::Real;

/// The means of 2 x 2 pixels of pictures `[E, n height width, channels]`; `None` on any backend other than `flex`.
pub(in crate::neural) fn halve(x: &Tensor<3>, pictures: Pictures) -> Option<Tensor<3>> {
    let [members, vectors, channels] = x.dims();
    let function = Halve {
        shape: [members, vectors / 4, channels],
        width: pictures.width,
    };
    apply(&function, [x])
}

/// Pictures x of half the resolution with each pixel repeated 2 x 2 times, and behind their channels those of y, whose
/// size `pictures` is; `None` on any backend other than `flex`.
pub(in crate::neural) fn double_and_join(
    x: &Tensor<3>,
    y: &Tensor<3>,
    pictures: Pictures,
) -> Option<Tensor<3>> {
    let [members, vectors, second] = y.dims();
    let [.., first] = x.dims();
    let function = DoubleAndJoin {
        members,
        vectors,
        channels: [first, second],
        width: pictures.width,
    };
    apply(&function, [x, y])
}

/// The four pixels that become pixel `index` of a picture of half the width: their position among all pixels.
fn four(index: usize, width: usize) -> [usize; 4] {
    let half = width / 2;
    let first = index / half * 2 * width + index % half * 2;
    [first, first + 1, first + width, first + width + 1]
}

#[derive(Debug, Clone, Copy)]
struct Halve {
    shape: [usize; 3],
    /// The width of the larger pictures.
    width: usize,
}

impl Function<1> for Halve {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn value<E: Real>(&self, [x]: [&[E]; 1]) -> (Vec<E>, Vec<E>) {
        let channels = self.shape[2];
        let quarter = E::rounded(0.25);
        let mut value = Vec::with_capacity(x.len() / 4);
        for index in 0..x.len() / (4 * channels) {
            let [a, b, c, d] =
                four(index, self.width).map(|pixel| &x[pixel * channels..][..channels]);
            let pairs = a.iter().zip(b).zip(c.iter().zip(d));
            value.extend(pairs.map(|((a, b), (c, d))| (*a + *b + *c + *d) * quarter));
        }
        (value, Vec::new())
    }

    fn gradients<E: Real>(
        &self,
        [x]: [&[E]; 1],
        _: &[E],
        upstream: &[E],
        _: [bool; 1],
    ) -> [Vec<E>; 1] {
        let channels = self.shape[2];
        let quarter = E::rounded(0.25);
        let mut gradient = vec![E::rounded(0.0); x.len()];
        for (index, upstream) in upstream.chunks_exact(channels).enumerate() {
            for pixel in four(index, self.width) {
                let gradient = &mut gradient[pixel * channels..][..channels];
                let pairs = gradient.iter_mut().zip(upstream);
                pairs.for_each(|(gradient, g)| *gradient = *g * quarter);
            }
        }
        [gradient]
    }
}

#[derive(Debug, Clone, Copy)]
struct DoubleAndJoin {
    members: usize,
    vectors: usize,
    /// The channels of both inputs.
    channels: [usize; 2],
    /// The width of the larger pictures.
    width: usize,
}

impl Function<2> for DoubleAndJoin {
    fn shape(&self) -> [usize; 3] {
        [self.members, self.vectors, self.channels.iter().sum()]
    }

    fn value<E: Real>(&self, [x, y]: [&[E]; 2]) -> (Vec<E>, Vec<E>) {
        let [first, second] = self.channels;
        let mut value = vec![E::rounded(0.0); self.shape().iter().product()];
        for (index, x) in x.chunks_exact(first).enumerate() {
            for pixel in four(index, self.width) {
                value[pixel * (first + second)..][..first].copy_from_slice(x);
            }
        }
        let pixels = value.chunks_exact_mut(first + second);
        for (value, y) in pixels.zip(y.chunks_exact(second)) {
            value[first..].copy_from_slice(y);
        }
        (value, Vec::new())
    }

    fn gradients<E: Real>(
        &self,
        [x, y]: [&[E]; 2],
        _: &[E],
        upstream: &[E],
        _: [bool; 2],
    ) -> [Vec<E>; 2] {
        let [first, second] = self.channels;
        let pixel = |index: usize| &upstream[index * (first + second)..][..first];
        let mut of_x = Vec::with_capacity(x.len());
        for index in 0..x.len() / first {
            let [a, b, c, d] = four(index, self.width).map(pixel);
            let pairs = a.iter().zip(b).zip(c.iter().zip(d));
            of_x.extend(pairs.map(|((a, b), (c, d))| *a + *b + *c + *d));
        }
        let mut of_y = Vec::with_capacity(y.len());
        for upstream in upstream.chunks_exact(first + second) {
            of_y.extend_from_slice(&upstream[first..]);
        }
        [of_x, of_y]
    }
}
