//! Convolutions as products with patches.

use burn::tensor::Tensor;
use faer::linalg::matmul::matmul;
use faer::{Accum, MatMut, MatRef, Par};
use rayon::prelude::*;

use super::node::{Function, apply};
use crate::neural::pictures::Pictures;
use crate::score::Real;

/// The number of taps of a 3 x 3 filter.
const TAPS: usize = 9;
/// The most numbers of patches that are made at once: 256 KiB in f32, which stay in a core's cache.
const PATCH_NUMBERS: usize = 1 << 16;

/// The convolution `[E, n height width, outputs]` of pictures `[E, n height width, inputs]` with filters
/// `[E, 9 inputs, outputs]`, plus an offset `[E, n, outputs]` for each picture, or `[E, 1, outputs]` for all. `None` on
/// any backend other than `flex`.
///
/// A block of pictures becomes a matrix P of patches, one row a pixel. With the filters W, the value is `P W`, the
/// gradient of W is `P' G` for the upstream gradient G, and that of the pictures is the convolution of G with the
/// filters turned by half a circle.
pub(in crate::neural) fn conv(
    x: &Tensor<3>,
    weight: &Tensor<3>,
    offset: &Tensor<3>,
    pictures: Pictures,
) -> Option<Tensor<3>> {
    let [members, _, inputs] = x.dims();
    let [_, _, outputs] = weight.dims();
    let [_, offsets, _] = offset.dims();
    let function = Conv {
        members,
        pictures,
        inputs,
        outputs,
        offsets,
    };
    apply(&function, [x, weight, offset])
}

#[derive(Debug, Clone, Copy)]
struct Conv {
    members: usize,
    pictures: Pictures,
    inputs: usize,
    outputs: usize,
    /// The number of offsets of a member: n or 1.
    offsets: usize,
}

/// Some pictures of a member, which are worked on together.
#[derive(Debug, Clone, Copy)]
struct Block {
    member: usize,
    /// The first picture.
    first: usize,
    /// The number of pictures.
    count: usize,
}

impl Conv {
    /// The numbers of all pictures of a member with so many channels.
    fn numbers(&self, channels: usize) -> usize {
        self.pictures.count * self.pictures.pixels() * channels
    }

    /// The pictures of all members in blocks, which do not depend on the number of threads.
    fn blocks(&self) -> Vec<Block> {
        let widest = self.inputs.max(self.outputs);
        let together = (PATCH_NUMBERS / (self.pictures.pixels() * TAPS * widest)).max(1);
        let of_member = |member| {
            let starts = (0..self.pictures.count).step_by(together);
            starts.map(move |first| Block {
                member,
                first,
                count: together.min(self.pictures.count - first),
            })
        };
        (0..self.members).flat_map(of_member).collect()
    }

    /// The blocks, each with its part of a tensor of so many channels.
    fn split<'a, E>(&self, channels: usize, all: &'a mut [E]) -> Vec<(Block, &'a mut [E])> {
        let mut rest = all;
        let part = |block: Block| {
            let size = block.count * self.pictures.pixels() * channels;
            let (part, after) = std::mem::take(&mut rest).split_at_mut(size);
            rest = after;
            (block, part)
        };
        self.blocks().into_iter().map(part).collect()
    }

    /// The part of a block in a tensor of so many channels.
    fn part<'a, E>(&self, all: &'a [E], channels: usize, block: Block) -> &'a [E] {
        let picture = self.pictures.pixels() * channels;
        let start = block.member * self.numbers(channels) + block.first * picture;
        &all[start..][..block.count * picture]
    }

    /// The filters of a member.
    fn filters<'a, E>(&self, weight: &'a [E], member: usize) -> &'a [E] {
        let size = TAPS * self.inputs * self.outputs;
        &weight[member * size..][..size]
    }

    /// The filters turned by half a circle, with inputs and outputs exchanged: `[E, 9 outputs, inputs]`.
    fn turned<E: Real>(&self, weight: &[E]) -> Vec<E> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let mut turned = vec![E::rounded(0.0); weight.len()];
        let size = TAPS * inputs * outputs;
        for (turned, weight) in turned.chunks_mut(size).zip(weight.chunks(size)) {
            for tap in 0..TAPS {
                let other = TAPS - 1 - tap;
                for c in 0..inputs {
                    for o in 0..outputs {
                        turned[(other * outputs + o) * inputs + c] =
                            weight[(tap * inputs + c) * outputs + o];
                    }
                }
            }
        }
        turned
    }

    /// Sets each pixel of a block to the offset of its picture.
    fn set_offsets<E: Real>(&self, offset: &[E], block: Block, out: &mut [E]) {
        let (outputs, size) = (self.outputs, self.pictures.pixels() * self.outputs);
        for (index, picture) in out.chunks_exact_mut(size).enumerate() {
            let index = if self.offsets == 1 {
                0
            } else {
                block.first + index
            };
            let offset = &offset[(block.member * self.offsets + index) * outputs..][..outputs];
            let pixels = picture.chunks_exact_mut(outputs);
            pixels.for_each(|pixel| pixel.copy_from_slice(offset));
        }
    }

    /// The sums of G over the pixels of each picture, or over all.
    fn offset_gradient<E: Real>(&self, upstream: &[E]) -> Vec<E> {
        let outputs = self.outputs;
        let mut sums = vec![E::rounded(0.0); self.members * self.offsets * outputs];
        let together = self.numbers(outputs) / self.offsets;
        let parts = upstream.chunks(together).zip(sums.chunks_mut(outputs));
        for (upstream, sums) in parts {
            for pixel in upstream.chunks_exact(outputs) {
                sums.iter_mut().zip(pixel).for_each(|(sum, g)| *sum += *g);
            }
        }
        sums
    }

    /// `P' G` of each member, summed over blocks in their order.
    fn weight_gradient<E: Real>(&self, x: &[E], upstream: &[E]) -> Vec<E> {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let size = TAPS * inputs * outputs;
        let blocks = self.blocks();
        let product = |&block: &Block| {
            let patches = self.patches(self.part(x, inputs, block), inputs);
            let patches = matrix(&patches, TAPS * inputs).transpose();
            let upstream = matrix(self.part(upstream, outputs, block), outputs);
            let mut gradient = vec![E::rounded(0.0); size];
            multiply(&mut gradient, outputs, patches, upstream);
            gradient
        };
        let products: Vec<Vec<E>> = blocks.par_iter().map(product).collect();
        let mut sum = vec![E::rounded(0.0); self.members * size];
        for (block, product) in blocks.iter().zip(products) {
            let sum = &mut sum[block.member * size..][..size];
            sum.iter_mut().zip(product).for_each(|(sum, x)| *sum += x);
        }
        sum
    }

    /// The patches of some pictures: `[pixels, 9 channels]`, with zeros outside of a picture.
    fn patches<E: Real>(&self, pictures: &[E], channels: usize) -> Vec<E> {
        let Pictures { height, width, .. } = self.pictures;
        let (line, row) = (width * channels, TAPS * channels);
        let mut patches = vec![E::rounded(0.0); pictures.len() * TAPS];
        let pairs = pictures
            .chunks_exact(height * line)
            .zip(patches.chunks_exact_mut(height * width * row));
        for (picture, patches) in pairs {
            for (y, patches) in patches.chunks_exact_mut(width * row).enumerate() {
                // The rows above, here and below, as far as there are any.
                for i in usize::from(y == 0)..3 - usize::from(y + 1 == height) {
                    let pixels = &picture[(y + i - 1) * line..][..line];
                    let taps = 3 * i * channels;
                    // Three neighbours lie side by side in the picture and in the patch.
                    patches[taps + channels..taps + 3 * channels]
                        .copy_from_slice(&pixels[..2 * channels]);
                    for (x, neighbours) in
                        pixels.windows(3 * channels).step_by(channels).enumerate()
                    {
                        patches[(x + 1) * row + taps..][..3 * channels].copy_from_slice(neighbours);
                    }
                    patches[(width - 1) * row + taps..][..2 * channels]
                        .copy_from_slice(&pixels[line - 2 * channels..]);
                }
            }
        }
        patches
    }
}

impl Function<3> for Conv {
    fn shape(&self) -> [usize; 3] {
        let vectors = self.pictures.count * self.pictures.pixels();
        [self.members, vectors, self.outputs]
    }

    fn value<E: Real>(&self, [x, weight, offset]: [&[E]; 3]) -> (Vec<E>, Vec<E>) {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let mut value = vec![E::rounded(0.0); self.members * self.numbers(outputs)];
        let blocks = self.split(outputs, &mut value);
        blocks.into_par_iter().for_each(|(block, value)| {
            self.set_offsets(offset, block, value);
            let patches = self.patches(self.part(x, inputs, block), inputs);
            let filters = matrix(self.filters(weight, block.member), outputs);
            multiply(value, outputs, matrix(&patches, TAPS * inputs), filters);
        });
        (value, Vec::new())
    }

    fn gradients<E: Real>(
        &self,
        [x, weight, _]: [&[E]; 3],
        _: &[E],
        upstream: &[E],
        wanted: [bool; 3],
    ) -> [Vec<E>; 3] {
        let (inputs, outputs) = (self.inputs, self.outputs);
        let mut of_x = Vec::new();
        if wanted[0] {
            of_x = vec![E::rounded(0.0); x.len()];
            let turned = self.turned(weight);
            let blocks = self.split(inputs, &mut of_x);
            blocks.into_par_iter().for_each(|(block, of_x)| {
                let patches = self.patches(self.part(upstream, outputs, block), outputs);
                let filters = matrix(self.filters(&turned, block.member), inputs);
                multiply(of_x, inputs, matrix(&patches, TAPS * outputs), filters);
            });
        }
        let of_weight = self.weight_gradient(x, upstream);
        [of_x, of_weight, self.offset_gradient(upstream)]
    }
}

/// Numbers in row-major order as a matrix with so many columns.
fn matrix<E: Real>(numbers: &[E], columns: usize) -> MatRef<'_, E> {
    MatRef::from_row_major_slice(numbers, numbers.len() / columns, columns)
}

/// `out <- out + a b`, with so many columns.
fn multiply<E: Real>(out: &mut [E], columns: usize, a: MatRef<'_, E>, b: MatRef<'_, E>) {
    let rows = out.len() / columns;
    let out = MatMut::from_row_major_slice_mut(out, rows, columns);
    matmul(out, Accum::Add, a, b, E::rounded(1.0), Par::Seq);
}
