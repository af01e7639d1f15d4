//! Second moments of frozen draws, step by step.

use faer::{Mat, MatRef};

use super::noise::NoisedRows;
use crate::config::Target;
use crate::data::Rows;
use crate::diffusion::Schedule;
use crate::gaussian::{EigenError, symmetric_eigen};
use crate::random::Purpose;

/// Rows that are noised at once.
const ROWS: usize = 4096;

/// What frozen draws say of one step: with `y = (centred noised vector, 1)`, or without the 1 where no offset is
/// trained, `inputs = mean of y y'` `[p, p]` and `cross = mean of f y'` `[d, p]`, f what is to be predicted.
pub struct FrozenMoments {
    pub inputs: Mat<f64>,
    pub cross: Mat<f64>,
}

/// Calls `visit` with the moments of each step in order; one step is in memory at a time.
#[allow(clippy::too_many_arguments)] // each names what is drawn
pub fn frozen_moments(
    centred_rows: &Rows,
    schedule: &Schedule,
    seed: u64,
    draws: usize,
    offset: bool,
    target: Target,
    mut visit: impl FnMut(usize, FrozenMoments),
) {
    let all: Vec<usize> = (0..centred_rows.count()).collect();
    let mut noised = NoisedRows::new(centred_rows, all, seed, Purpose::FrozenNoise, draws, target);
    let dim = centred_rows.dim();
    let size = dim + usize::from(offset);
    let vectors = noised.vectors() as f64;
    for (index, step) in schedule.iter().enumerate() {
        let mut inputs = Mat::<f64>::zeros(size, size);
        let mut cross = Mat::<f64>::zeros(dim, size);
        for start in (0..noised.rows()).step_by(ROWS) {
            let part = start..(start + ROWS).min(noised.rows());
            let drawn = noised.noised(&[step], part);
            let y = MatRef::from_row_major_slice(&drawn.centred, drawn.vectors, dim);
            let y = Mat::from_fn(
                drawn.vectors,
                size,
                |i, j| {
                    if j < dim { y[(i, j)] } else { 1.0 }
                },
            );
            let wanted = MatRef::from_row_major_slice(&drawn.wanted, drawn.vectors, dim);
            inputs += y.transpose() * &y;
            cross += wanted.transpose() * &y;
        }
        let scale = faer::Scale(1.0 / vectors);
        let moments = FrozenMoments {
            inputs: inputs * scale,
            cross: cross * scale,
        };
        visit(index, moments);
    }
}

/// The largest and the least eigenvalue that is not 0 of each step's second moment of the frozen inputs: what descent on
/// all rows sees.
pub fn frozen_extremes(
    centred_rows: &Rows,
    schedule: &Schedule,
    seed: u64,
    draws: usize,
    offset: bool,
) -> Result<Vec<[f64; 2]>, EigenError> {
    let mut extremes = Vec::with_capacity(schedule.len());
    let mut failed = None;
    let mut push = |values: Result<(Vec<f64>, Mat<f64>), EigenError>| match values {
        Ok((values, _)) => {
            let floor = values[0] * f64::EPSILON * values.len() as f64;
            let least = values.iter().rev().find(|value| **value > floor);
            extremes.push([values[0], *least.unwrap_or(&values[0])]);
        }
        Err(error) => failed = Some(error),
    };
    // The inputs are the same for every target.
    let target = Target::Eps;
    frozen_moments(
        centred_rows,
        schedule,
        seed,
        draws,
        offset,
        target,
        |_, moments| push(symmetric_eigen(moments.inputs.as_ref())),
    );
    match failed {
        Some(error) => Err(error),
        None => Ok(extremes),
    }
}
