//! Sampling by a reverse process, in the precision of a backend.

use std::ops::Range;

use burn::tensor::Tensor;
use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatMut, MatRef, Par};
use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::config::Precision;
use crate::data::Rows;
use crate::denoiser::Denoiser;
use crate::random::fill_normal;
use crate::sampling::{
    AffineStep, DrawOptions, StepRule, affine_steps, batches, generators, step_groups,
};
use crate::score::{Real, TensorDevice};

/// The number of draws that a thread takes through all steps together.
const BLOCK_DRAWS: usize = 128;

/// Draws by the reverse process, in batches and in the precision of the device: `u_T ~ N(0, I)`, then the affine
/// steps from the last to the first. The result is `[draws, d]` in the coordinates of the training.
///
/// Draw m takes its noise from its own stream. So it does not depend on the number of draws, the size of batches, the
/// backend or the number of threads. `progress` is called with the number of steps done and the number of all steps.
///
/// On the CPU each thread takes a block of draws through the steps while it is in its cache. Elsewhere the backend
/// makes the products.
pub fn draw<D: Denoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    options: DrawOptions,
    device: &TensorDevice,
    progress: impl FnMut(usize, usize),
) -> Rows {
    match (device.is_flex(), device.precision()) {
        (true, Precision::F32) => {
            in_batches::<OnHost<f32>, D>(rules, denoiser, options, (), progress)
        }
        (true, Precision::F64) => {
            in_batches::<OnHost<f64>, D>(rules, denoiser, options, (), progress)
        }
        (false, _) => in_batches::<OnBackend, D>(rules, denoiser, options, device, progress),
    }
}

/// Draws on their way through the steps.
trait Points<'a>: Sized {
    type Place: Copy;

    /// `u_T` of some draws.
    fn start(draws: Range<usize>, seed: u64, dim: usize, place: Self::Place) -> Self;
    /// Takes some steps, given from the last to the first.
    fn take(&mut self, steps: Vec<AffineStep>);
    /// The draws, row by row.
    fn numbers(self) -> Vec<f64>;
}

fn in_batches<'a, P: Points<'a>, D: Denoiser + ?Sized>(
    rules: &[StepRule],
    denoiser: &D,
    options: DrawOptions,
    place: P::Place,
    mut progress: impl FnMut(usize, usize),
) -> Rows {
    let dim = denoiser.dim();
    let batches = batches(options.draws, dim);
    let all = batches.len() * rules.len();
    let mut values = Vec::with_capacity(options.draws * dim);
    let mut done = 0;
    for range in batches {
        let mut points = P::start(range, options.seed, dim, place);
        for steps in step_groups(rules.len(), dim) {
            done += steps.len();
            points.take(affine_steps(rules, denoiser, steps));
            progress(done, all);
        }
        values.extend(points.numbers());
    }
    Rows::new(values, dim)
}

/// Adds `shift + sigma xi` to each row, with independent standard normals xi from the row's generator.
fn add_noise<E: Real>(
    rows: &mut [E],
    generators: &mut [ChaCha8Rng],
    shift: impl Fn(usize) -> f64,
    sigma: f64,
    normals: &mut [f64],
) {
    let dim = normals.len();
    for (row, rng) in rows.chunks_exact_mut(dim).zip(generators) {
        if sigma > 0.0 {
            fill_normal(rng, normals);
        }
        for (j, (x, normal)) in row.iter_mut().zip(&*normals).enumerate() {
            *x += E::rounded(sigma * normal + shift(j));
        }
    }
}

/// Draws on the CPU, in blocks.
struct OnHost<E> {
    blocks: Vec<Block<E>>,
}

/// Some draws, with the generators of their noise.
struct Block<E> {
    generators: Vec<ChaCha8Rng>,
    /// The current points, `[draws, d]`
    points: Vec<E>,
    /// Space for the next points.
    next: Vec<E>,
    normals: Vec<f64>,
}

/// An [`AffineStep`] in the precision of the draws.
struct Map<E> {
    matrix: Mat<E>,
    shift: Vec<f64>,
    sigma: f64,
}

impl<E: Real> Points<'_> for OnHost<E> {
    type Place = ();

    fn start(draws: Range<usize>, seed: u64, dim: usize, (): ()) -> Self {
        let starts = draws.clone().step_by(BLOCK_DRAWS).collect::<Vec<_>>();
        let block = |start: usize| {
            let mut generators = generators(start..(start + BLOCK_DRAWS).min(draws.end), seed);
            let zeros = vec![E::rounded(0.0); generators.len() * dim];
            let (mut points, mut normals) = (zeros.clone(), vec![0.0; dim]);
            add_noise(&mut points, &mut generators, |_| 0.0, 1.0, &mut normals);
            Block {
                generators,
                points,
                next: zeros,
                normals,
            }
        };
        Self {
            blocks: starts.into_par_iter().map(block).collect(),
        }
    }

    fn take(&mut self, steps: Vec<AffineStep>) {
        let maps: Vec<Map<E>> = steps.into_par_iter().map(Map::from).collect();
        let blocks = self.blocks.par_iter_mut();
        blocks.for_each(|block| maps.iter().for_each(|map| block.take(map)));
    }

    fn numbers(self) -> Vec<f64> {
        let blocks = self.blocks.into_iter();
        blocks.flat_map(|b| b.points).map(E::widened).collect()
    }
}

impl<E: Real> Block<E> {
    fn take(&mut self, map: &Map<E>) {
        let (count, dim) = (self.generators.len(), self.normals.len());
        let points = MatRef::from_row_major_slice(&self.points, count, dim);
        let next = MatMut::from_row_major_slice_mut(&mut self.next, count, dim);
        let turned = map.matrix.transpose();
        matmul(
            next,
            Accum::Replace,
            points,
            turned,
            E::rounded(1.0),
            Par::Seq,
        );
        let shift = |j: usize| map.shift[j];
        add_noise(
            &mut self.next,
            &mut self.generators,
            shift,
            map.sigma,
            &mut self.normals,
        );
        std::mem::swap(&mut self.points, &mut self.next);
    }
}

impl<E: Real> From<AffineStep> for Map<E> {
    fn from(step: AffineStep) -> Self {
        let (rows, columns) = step.matrix.shape();
        Self {
            matrix: Mat::from_fn(rows, columns, |i, j| E::rounded(step.matrix[(i, j)])),
            shift: step.shift.iter().copied().collect(),
            sigma: step.sigma,
        }
    }
}

/// Draws that use the backend's products.
struct OnBackend<'a> {
    generators: Vec<ChaCha8Rng>,
    /// The current points, `[draws, d]`
    points: Tensor<2>,
    device: &'a TensorDevice,
}

impl OnBackend<'_> {
    fn noise(&mut self, shift: &[f64], sigma: f64) -> Tensor<2> {
        let (count, dim) = (self.generators.len(), shift.len());
        let mut values = vec![0.0; count * dim];
        let rows = values
            .par_chunks_mut(dim)
            .zip(self.generators.par_chunks_mut(1));
        rows.for_each_init(
            || vec![0.0; dim],
            |normals, (row, rng)| add_noise(row, rng, |j| shift[j], sigma, normals),
        );
        self.device.tensor(values, [count, dim])
    }
}

impl<'a> Points<'a> for OnBackend<'a> {
    type Place = &'a TensorDevice;

    fn start(draws: Range<usize>, seed: u64, dim: usize, device: Self::Place) -> Self {
        let mut new = Self {
            generators: generators(draws, seed),
            points: device.zeros([1, dim]),
            device,
        };
        new.points = new.noise(&vec![0.0; dim], 1.0);
        new
    }

    fn take(&mut self, steps: Vec<AffineStep>) {
        for AffineStep {
            matrix,
            shift,
            sigma,
        } in steps
        {
            let (rows, columns) = matrix.shape();
            let numbers = (0..rows * columns).map(|k| matrix[(k / columns, k % columns)]);
            let matrix = self.device.tensor::<2>(numbers.collect(), [rows, columns]);
            let shift: Vec<f64> = shift.iter().copied().collect();
            let noise = self.noise(&shift, sigma);
            self.points = self.points.clone().matmul(matrix.transpose()) + noise;
        }
    }

    fn numbers(self) -> Vec<f64> {
        self.points.into_data().iter::<f64>().collect()
    }
}
