//! Second moments of frozen draws, step by step.

use faer::{Mat, MatRef};

use super::noise::NoisedRows;
use crate::data::Rows;
use crate::diffusion::Schedule;
use crate::random::Purpose;

/// Rows that are noised at once.
const ROWS: usize = 4096;

/// What frozen draws say of one step: with `y = (centred noised vector, 1)`, or without the 1 where no offset is
/// trained, `inputs = mean of y y'` `[p, p]` and `cross = mean of eps y'` `[d, p]`.
pub struct FrozenMoments {
    pub inputs: Mat<f64>,
    pub cross: Mat<f64>,
}

/// Calls `visit` with the moments of each step in order; one step is in memory at a time.
pub fn frozen_moments(
    centred_rows: &Rows,
    schedule: &Schedule,
    seed: u64,
    draws: usize,
    offset: bool,
    mut visit: impl FnMut(usize, FrozenMoments),
) {
    let all: Vec<usize> = (0..centred_rows.count()).collect();
    let mut noised = NoisedRows::new(centred_rows, all, seed, Purpose::FrozenNoise, draws);
    let dim = centred_rows.dim();
    let size = dim + usize::from(offset);
    let vectors = noised.vectors() as f64;
    for index in 0..schedule.len() {
        let mut inputs = Mat::<f64>::zeros(size, size);
        let mut cross = Mat::<f64>::zeros(dim, size);
        for start in (0..noised.rows()).step_by(ROWS) {
            let part = start..(start + ROWS).min(noised.rows());
            let drawn = noised.noised(schedule, index..index + 1, part);
            let y = MatRef::from_row_major_slice(&drawn.centred, drawn.vectors, dim);
            let y = Mat::from_fn(
                drawn.vectors,
                size,
                |i, j| {
                    if j < dim { y[(i, j)] } else { 1.0 }
                },
            );
            let eps = MatRef::from_row_major_slice(&drawn.noise, drawn.vectors, dim);
            inputs += y.transpose() * &y;
            cross += eps.transpose() * &y;
        }
        let scale = faer::Scale(1.0 / vectors);
        let moments = FrozenMoments {
            inputs: inputs * scale,
            cross: cross * scale,
        };
        visit(index, moments);
    }
}
