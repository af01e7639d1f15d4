//! The noise of rows and steps. It does not depend on the backend or the batch size.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::config::Target;
use crate::data::Rows;
use crate::diffusion::Step;
use crate::random::{Purpose, fill_normal, stream};
use crate::score::Real;

/// The noise of rows: its source and its amount.
#[derive(Debug, Clone, Copy)]
pub struct RowNoise {
    /// The seed.
    pub seed: u64,
    /// The purpose of the random numbers.
    pub purpose: Purpose,
    /// The number of independent draws for each row and step.
    pub draws: usize,
}

/// Some rows of the training set, with the generators of their noise. The steps must be visited in order.
///
/// Row i draws from its own stream: for each step `draws` vectors of d normals.
pub struct NoisedRows<'a> {
    /// The centred rows, `[N, d]`
    rows: &'a Rows,
    selected: Vec<usize>,
    generators: Vec<ChaCha8Rng>,
    draws: usize,
    target: Target,
}

/// Noised vectors and the targets of a network, `[steps, n, d]` in row-major order, where n is rows times draws.
pub struct Noised {
    /// The noised vectors y.
    pub centred: Vec<f64>,
    /// The targets.
    pub wanted: Vec<f64>,
    /// The number n of vectors for each step.
    pub vectors: usize,
}

impl<'a> NoisedRows<'a> {
    /// The selected rows, at the first step.
    pub fn new(rows: &'a Rows, selected: Vec<usize>, target: Target, noise: RowNoise) -> Self {
        let RowNoise {
            seed,
            purpose,
            draws,
        } = noise;
        let generators = selected
            .iter()
            .map(|&row| stream(seed, purpose, row as u64))
            .collect();
        Self {
            rows,
            selected,
            generators,
            draws,
            target,
        }
    }

    /// The number of selected rows.
    pub fn rows(&self) -> usize {
        self.selected.len()
    }

    /// The number of vectors for each step: rows times draws.
    pub fn vectors(&self) -> usize {
        self.selected.len() * self.draws
    }

    /// The number of draws for each row and step.
    pub fn draws(&self) -> usize {
        self.draws
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.rows.dim()
    }

    /// The centred row at a position, `[d]`.
    pub fn row(&self, position: usize) -> &[f64] {
        self.rows.row(self.selected[position])
    }

    /// Draws the noise of the rows at positions `part` for the next `steps` steps: `[rows, steps, draws, d]`. These
    /// follow the steps that were drawn before for these rows.
    pub fn draw<E: Real>(&mut self, steps: usize, part: Range<usize>, noise: &mut Vec<E>) {
        let dim = self.rows.dim();
        let per_row = steps * self.draws * dim;
        noise.resize(part.len() * per_row, E::rounded(0.0));
        self.generators[part]
            .par_iter_mut()
            .zip(noise.par_chunks_exact_mut(per_row))
            .for_each_init(
                || vec![0.0; dim],
                |normals, (rng, noise)| {
                    // Vector by vector, so that the result does not depend on how many steps are drawn at once.
                    for noise in noise.chunks_exact_mut(dim) {
                        fill_normal(rng, normals);
                        let pairs = noise.iter_mut().zip(&*normals);
                        pairs.for_each(|(eps, normal)| *eps = E::rounded(*normal));
                    }
                },
            );
    }

    /// Noises the rows at positions `part` for `steps`, which follow the steps that were noised before for these
    /// rows: `y = sqrt(ab) (x - m) + sqrt(1 - ab) eps`, with the target `p eps + q (x - m)`.
    pub fn noised(&mut self, steps: &[Step], part: Range<usize>) -> Noised {
        let (dim, draws) = (self.rows.dim(), self.draws);
        let per_row = steps.len() * draws * dim;
        let mut by_row: Vec<f64> = Vec::new();
        self.draw(steps.len(), part.clone(), &mut by_row);

        let vectors = part.len() * draws;
        let mut centred = vec![0.0; steps.len() * vectors * dim];
        let mut wanted = vec![0.0; steps.len() * vectors * dim];
        centred
            .par_chunks_mut(vectors * dim)
            .zip(wanted.par_chunks_mut(vectors * dim))
            .zip(steps)
            .enumerate()
            .for_each(|(s, ((centred, wanted), step))| {
                let (signal, scale) = (step.signal_scale(), step.noise_scale());
                let parts = self.target.parts(&step.level());
                for (r, position) in part.clone().enumerate() {
                    let drawn = &by_row[r * per_row + s * draws * dim..][..draws * dim];
                    for (k, eps) in drawn.iter().enumerate() {
                        let x = self.row(position)[k % dim];
                        centred[r * draws * dim + k] = signal * x + scale * eps;
                        wanted[r * draws * dim + k] = parts.noise * eps + parts.data * x;
                    }
                }
            });
        Noised {
            centred,
            wanted,
            vectors,
        }
    }
}
