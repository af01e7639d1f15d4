//! Drawing from a reverse process, on the backend.

use std::ops::Range;

use burn::tensor::Tensor;
use faer::Mat;
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use super::{AffineStep, StepRule, affine_step};
use crate::data::Rows;
use crate::gaussian::Denoiser;
use crate::random::{Purpose, fill_normal, stream};
use crate::score::TensorDevice;

/// Numbers of a batch of draws: 16 MiB in f32.
const BATCH_ELEMENTS: usize = 1 << 22;

/// How many draws, and from which seed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrawOptions {
    pub draws: usize,
    pub seed: u64,
}

/// Draws by the reverse process: `u_T ~ N(0, I)`, then the affine steps from the last to the first, in the
/// precision of the device, in batches. `[draws, d]`, in the coordinates that were trained in.
///
/// Draw m takes its noise from a stream of its own, so it is the same whatever the number of draws, the size
/// of batches, the backend and the number of threads. `progress` is called with the steps done of all.
pub fn draw<D: Denoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    options: DrawOptions,
    device: &TensorDevice,
    mut progress: impl FnMut(usize, usize),
) -> Rows {
    let dim = denoiser.dim();
    let batch = (BATCH_ELEMENTS / dim).max(1);
    let batches = options.draws.div_ceil(batch);
    let mut values = Vec::with_capacity(options.draws * dim);
    for index in 0..batches {
        let range = index * batch..((index + 1) * batch).min(options.draws);
        let done = index * rules.len();
        let drawn = draw_batch(rules, denoiser, range, options.seed, device, |steps| {
            progress(done + steps, batches * rules.len())
        });
        values.extend(drawn);
    }
    Rows::new(values, dim)
}

fn draw_batch<D: Denoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    draws: Range<usize>,
    seed: u64,
    device: &TensorDevice,
    mut progress: impl FnMut(usize),
) -> Vec<f64> {
    let dim = denoiser.dim();
    let mut generators: Vec<ChaCha8Rng> = draws
        .map(|m| stream(seed, Purpose::Sampling, m as u64))
        .collect();
    let start = vec![0.0; dim];
    let mut points = shifted_normals(&mut generators, &start, 1.0, device);
    for (index, rule) in rules.iter().enumerate().rev() {
        let AffineStep {
            matrix,
            shift,
            sigma,
        } = affine_step(rule, denoiser, index);
        let matrix = device.tensor(row_major(&matrix), [dim, dim]);
        let shift: Vec<f64> = shift.iter().copied().collect();
        points = points.matmul(matrix.transpose())
            + match sigma > 0.0 {
                true => shifted_normals(&mut generators, &shift, sigma, device),
                false => device.tensor(shift, [1, dim]),
            };
        progress(rules.len() - index);
    }
    points.into_data().iter::<f64>().collect()
}

/// `shift + sigma xi` with independent standard normals xi, a row a generator: made in one pass, so that the tensors need
/// one sum.
fn shifted_normals(
    generators: &mut [ChaCha8Rng],
    shift: &[f64],
    sigma: f64,
    device: &TensorDevice,
) -> Tensor<2> {
    let dim = shift.len();
    let mut values = vec![0.0; generators.len() * dim];
    values
        .par_chunks_mut(dim)
        .zip(generators.par_iter_mut())
        .for_each(|(row, rng)| {
            fill_normal(rng, row);
            for (x, shift) in row.iter_mut().zip(shift) {
                *x = sigma * *x + shift;
            }
        });
    device.tensor(values, [generators.len(), dim])
}

/// The numbers of a matrix, row by row.
fn row_major(matrix: &Mat<f64>) -> Vec<f64> {
    let (rows, columns) = (matrix.nrows(), matrix.ncols());
    (0..rows * columns)
        .map(|k| matrix[(k / columns, k % columns)])
        .collect()
}
