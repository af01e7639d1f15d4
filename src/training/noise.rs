//! Noise drawn for rows and steps, the same on every backend and for every batch size.

use std::ops::Range;

use rand_chacha::ChaCha8Rng;
use rayon::prelude::*;

use crate::data::Rows;
use crate::diffusion::Schedule;
use crate::random::{Purpose, fill_normal, stream};

/// Some rows of the training set with the generators of their noise, which are walked through the steps in order.
///
/// Row i draws from a stream of its own, for each step `draws` vectors of d normals.
pub struct NoisedRows<'a> {
    /// Centred rows `[N, d]`
    rows: &'a Rows,
    selected: Vec<usize>,
    generators: Vec<ChaCha8Rng>,
    draws: usize,
    next_step: usize,
}

/// Noised vectors and the noise in them, `[steps, n, d]` in row-major order, n = rows times draws.
pub struct Noised {
    pub centred: Vec<f64>,
    pub noise: Vec<f64>,
    pub vectors: usize,
}

impl<'a> NoisedRows<'a> {
    pub fn new(
        rows: &'a Rows,
        selected: Vec<usize>,
        seed: u64,
        purpose: Purpose,
        draws: usize,
    ) -> Self {
        let generators = selected
            .iter()
            .map(|&row| stream(seed, purpose, row as u64))
            .collect();
        Self {
            rows,
            selected,
            generators,
            draws,
            next_step: 0,
        }
    }

    pub fn rows(&self) -> usize {
        self.selected.len()
    }

    /// Vectors for each step: rows times draws.
    pub fn vectors(&self) -> usize {
        self.selected.len() * self.draws
    }

    /// Noises the rows at positions `part` for the steps `steps`, which follow those that were noised before
    /// for these rows: `y = sqrt(ab) (x - m) + sqrt(1 - ab) eps`.
    pub fn noised(
        &mut self,
        schedule: &Schedule,
        steps: Range<usize>,
        part: Range<usize>,
    ) -> Noised {
        debug_assert!(part.start > 0 || steps.start == self.next_step);
        self.next_step = steps.end;
        let dim = self.rows.dim();
        let (count, draws) = (part.len(), self.draws);
        let per_row = steps.len() * draws * dim;
        let mut by_row = vec![0.0; count * per_row];
        self.generators[part.clone()]
            .par_iter_mut()
            .zip(by_row.par_chunks_mut(per_row))
            .for_each(|(rng, noise)| fill_normal(rng, noise));

        let vectors = count * draws;
        let mut centred = vec![0.0; steps.len() * vectors * dim];
        let mut noise = vec![0.0; steps.len() * vectors * dim];
        centred
            .par_chunks_mut(vectors * dim)
            .zip(noise.par_chunks_mut(vectors * dim))
            .enumerate()
            .for_each(|(s, (centred, noise))| {
                let step = schedule.step(steps.start + s);
                let (signal, scale) = (step.signal_scale(), step.noise_scale());
                for (r, &row) in self.selected[part.clone()].iter().enumerate() {
                    let drawn = &by_row[r * per_row + s * draws * dim..][..draws * dim];
                    noise[r * draws * dim..][..draws * dim].copy_from_slice(drawn);
                    for (k, eps) in drawn.iter().enumerate() {
                        let x = self.rows.row(row)[k % dim];
                        centred[r * draws * dim + k] = signal * x + scale * eps;
                    }
                }
            });
        Noised {
            centred,
            noise,
            vectors,
        }
    }
}
