//! Group normalisation and the non-linearity behind it.

use burn::tensor::Tensor;
use pulp::{Arch, NullaryFnOnce};
use rayon::prelude::*;

use super::node::{Function, apply};
use super::sigmoid::sigmoid;
use crate::neural::pictures::Pictures;
use crate::score::Real;

/// `SiLU(s u + b)` of pictures `[E, n height width, channels]` whose groups of channels were brought to mean 0 and
/// variance 1, u, with a scale s and a shift b `[E, 1, channels]`. `epsilon` is added to the variance. `None` on any
/// backend other than `flex`.
pub(in crate::neural) fn norm_silu(
    x: &Tensor<3>,
    scale: &Tensor<3>,
    shift: &Tensor<3>,
    pictures: Pictures,
    groups: usize,
    epsilon: f64,
) -> Option<Tensor<3>> {
    let [members, vectors, channels] = x.dims();
    let function = NormSilu {
        shape: [members, vectors, channels],
        pictures,
        groups,
        epsilon,
    };
    apply(&function, [x, scale, shift])
}

#[derive(Debug, Clone, Copy)]
struct NormSilu {
    shape: [usize; 3],
    pictures: Pictures,
    groups: usize,
    epsilon: f64,
}

impl NormSilu {
    /// The numbers of a picture.
    fn picture(&self) -> usize {
        self.pictures.pixels() * self.shape[2]
    }

    /// The member that a picture belongs to.
    fn of_member<'a, E>(&self, numbers: &'a [E], picture: usize) -> &'a [E] {
        let channels = self.shape[2];
        &numbers[picture / self.pictures.count * channels..][..channels]
    }
}

/// For each channel the mean over its group in a picture, given the sums of each channel over the pixels.
#[inline(always)]
fn group_means(sums: &mut [f64], group: usize, pixels: usize) {
    for sums in sums.chunks_exact_mut(group) {
        let mean = sums.iter().sum::<f64>() / (group * pixels) as f64;
        sums.fill(mean);
    }
}

fn wide<E: Real>(numbers: &[E]) -> Vec<f64> {
    numbers.iter().map(|x| x.widened()).collect()
}

/// The value for one picture. It is compiled for each set of vector instructions; the processor decides which version
/// runs.
struct Value<'a, E> {
    function: &'a NormSilu,
    x: &'a [E],
    scale: &'a [E],
    shift: &'a [E],
    value: &'a mut [E],
    /// For the mean and one over the deviation of each channel's group.
    saved: &'a mut [E],
}

impl<E: Real> NullaryFnOnce for Value<'_, E> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (channels, pixels) = (self.scale.len(), self.function.pictures.pixels());
        let group = channels / self.function.groups;
        let mut numbers = vec![0.0; 4 * channels];
        let (mean, numbers) = numbers.split_at_mut(channels);
        let (over, numbers) = numbers.split_at_mut(channels);
        let (factor, term) = numbers.split_at_mut(channels);
        for x in self.x.chunks_exact(channels) {
            for c in 0..channels {
                mean[c] += x[c].widened();
            }
        }
        group_means(mean, group, pixels);
        for x in self.x.chunks_exact(channels) {
            for c in 0..channels {
                let centred = x[c].widened() - mean[c];
                over[c] += centred * centred;
            }
        }
        group_means(over, group, pixels);
        for c in 0..channels {
            over[c] = 1.0 / (over[c] + self.function.epsilon).sqrt();
            factor[c] = self.scale[c].widened() * over[c];
            term[c] = self.shift[c].widened() - factor[c] * mean[c];
            self.saved[c] = E::rounded(mean[c]);
            self.saved[channels + c] = E::rounded(over[c]);
        }
        let pixels = self.value.chunks_exact_mut(channels);
        for (value, x) in pixels.zip(self.x.chunks_exact(channels)) {
            for c in 0..channels {
                let y = factor[c] * x[c].widened() + term[c];
                value[c] = E::rounded(y * sigmoid(y));
            }
        }
    }
}

/// The gradients for one picture, compiled as [`Value`] is. With `y = s u + b`, `g = G SiLU'(y)` and means over a
/// group: `dx = (s g - mean(s g) - u mean(s g u))/deviation`.
struct Gradient<'a, E> {
    function: &'a NormSilu,
    x: &'a [E],
    upstream: &'a [E],
    scale: &'a [E],
    shift: &'a [E],
    saved: &'a [E],
    of_x: &'a mut [E],
    /// For the sums of g u and of g over the pixels.
    sums: &'a mut [f64],
}

impl<E: Real> NullaryFnOnce for Gradient<'_, E> {
    type Output = ();

    #[inline(always)]
    fn call(self) {
        let (channels, pixels) = (self.scale.len(), self.function.pictures.pixels());
        let group = channels / self.function.groups;
        let (saved, scale, shift) = (wide(self.saved), wide(self.scale), wide(self.shift));
        let (mean, over) = saved.split_at(channels);
        let (scale, shift) = (&scale[..channels], &shift[..channels]);
        let (mean, over) = (&mean[..channels], &over[..channels]);
        let (of_scale, of_shift) = self.sums.split_at_mut(channels);
        let (of_scale, of_shift) = (&mut of_scale[..channels], &mut of_shift[..channels]);
        let lines = self.of_x.chunks_exact_mut(channels);
        let lines = lines.zip(self.x.chunks_exact(channels));
        for ((of_x, x), upstream) in lines.zip(self.upstream.chunks_exact(channels)) {
            for c in 0..channels {
                let u = (x[c].widened() - mean[c]) * over[c];
                let y = scale[c] * u + shift[c];
                let s = sigmoid(y);
                let g = upstream[c].widened() * (s * (1.0 + y * (1.0 - s)));
                of_scale[c] += g * u;
                of_shift[c] += g;
                of_x[c] = E::rounded(g);
            }
        }
        let weighed = |sums: &[f64]| {
            let products = sums.iter().zip(scale).map(|(sum, scale)| sum * scale);
            let mut means: Vec<f64> = products.collect();
            group_means(&mut means, group, pixels);
            means
        };
        let (along, mean_g) = (weighed(of_scale), weighed(of_shift));
        let (along, mean_g) = (&along[..channels], &mean_g[..channels]);
        let lines = self.of_x.chunks_exact_mut(channels);
        for (of_x, x) in lines.zip(self.x.chunks_exact(channels)) {
            for c in 0..channels {
                let u = (x[c].widened() - mean[c]) * over[c];
                let g = scale[c] * of_x[c].widened();
                of_x[c] = E::rounded((g - mean_g[c] - u * along[c]) * over[c]);
            }
        }
    }
}

impl Function<3> for NormSilu {
    fn shape(&self) -> [usize; 3] {
        self.shape
    }

    fn value<E: Real>(&self, [x, scale, shift]: [&[E]; 3]) -> (Vec<E>, Vec<E>) {
        let (channels, picture) = (self.shape[2], self.picture());
        let mut value = vec![E::rounded(0.0); x.len()];
        let mut saved = vec![E::rounded(0.0); x.len() / picture * 2 * channels];
        let arch = Arch::new();
        value
            .par_chunks_mut(picture)
            .zip(x.par_chunks(picture))
            .zip(saved.par_chunks_mut(2 * channels))
            .enumerate()
            .for_each(|(index, ((value, x), saved))| {
                arch.dispatch(Value {
                    function: self,
                    x,
                    scale: self.of_member(scale, index),
                    shift: self.of_member(shift, index),
                    value,
                    saved,
                });
            });
        (value, saved)
    }

    fn gradients<E: Real>(
        &self,
        [x, scale, shift]: [&[E]; 3],
        saved: &[E],
        upstream: &[E],
        _: [bool; 3],
    ) -> [Vec<E>; 3] {
        let (channels, picture) = (self.shape[2], self.picture());
        let mut of_x = vec![E::rounded(0.0); x.len()];
        let mut sums = vec![0.0; x.len() / picture * 2 * channels];
        let arch = Arch::new();
        of_x.par_chunks_mut(picture)
            .zip(x.par_chunks(picture))
            .zip(upstream.par_chunks(picture))
            .zip(saved.par_chunks(2 * channels))
            .zip(sums.par_chunks_mut(2 * channels))
            .enumerate()
            .for_each(|(index, ((((of_x, x), upstream), saved), sums))| {
                arch.dispatch(Gradient {
                    function: self,
                    x,
                    upstream,
                    scale: self.of_member(scale, index),
                    shift: self.of_member(shift, index),
                    saved,
                    of_x,
                    sums,
                });
            });
        let total = |offset: usize| {
            let mut total = vec![0.0; self.shape[0] * channels];
            for (picture, sums) in sums.chunks_exact(2 * channels).enumerate() {
                let member = picture / self.pictures.count;
                let total = &mut total[member * channels..][..channels];
                let pairs = total.iter_mut().zip(&sums[offset..]);
                pairs.for_each(|(total, sum)| *total += sum);
            }
            total.into_iter().map(E::rounded).collect()
        };
        [of_x, total(0), total(channels)]
    }
}
