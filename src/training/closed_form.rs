//! The optimum of a frozen objective.

use faer::{Col, Mat};

use super::moments::{FrozenMoments, frozen_moments};
use crate::config::Precision;
use crate::data::Rows;
use crate::diffusion::{Schedule, Step};
use crate::gaussian::{EigenError, symmetric_eigen};
use crate::score::Snapshot;

/// Directions whose share of the largest second moment is below this times p are not determined by the draws.
const RANK_TOLERANCE: f64 = f64::EPSILON;

/// The least-squares optimum on frozen draws, with a ridge `gamma_t` on the weight alone, as a snapshot in f64:
///
/// ```text
/// (W, c) = K (M + gamma_t I_W)^-1,   M = mean of y y', K = mean of eps y', y = (sqrt(ab)(x - m) + r eps, 1)
/// ```
///
/// (theory.md section 6; the optimum of the frozen objective is not that of the noise's mean). Where the draws do
/// not determine it, the solution of least norm, at which descent from 0 ends.
pub fn frozen_optimum(
    centred_rows: &Rows,
    mean: &Col<f64>,
    schedule: &Schedule,
    seed: u64,
    draws: usize,
    offset: bool,
    ridge: impl Fn(&Step) -> f64,
) -> Result<Snapshot, EigenError> {
    let dim = centred_rows.dim();
    let mut weights = Vec::with_capacity(schedule.len() * dim * dim * 8);
    let mut offsets = Vec::with_capacity(schedule.len() * dim * 8);
    let mut biases = Vec::with_capacity(schedule.len() * dim * 8);
    let mut failed = None;
    frozen_moments(
        centred_rows,
        schedule,
        seed,
        draws,
        offset,
        |index, moments| {
            let step = schedule.step(index);
            let solution = match solve(moments, ridge(&step)) {
                Ok(solution) => solution,
                Err(error) => {
                    failed.get_or_insert(error);
                    return;
                }
            };
            let moved = solution.subcols(0, dim) * mean;
            for i in 0..dim {
                for j in 0..dim {
                    weights.extend_from_slice(&solution[(i, j)].to_le_bytes());
                }
                let c = if offset { solution[(i, dim)] } else { 0.0 };
                offsets.extend_from_slice(&c.to_le_bytes());
                biases.extend_from_slice(&(c - step.signal_scale() * moved[i]).to_le_bytes());
            }
        },
    );
    if let Some(error) = failed {
        return Err(error);
    }
    let shape = [schedule.len(), dim];
    let offsets = offset.then_some(offsets);
    Ok(
        Snapshot::from_bytes(Precision::F64, shape, weights, biases, offsets)
            .expect("as many numbers as the shape says"),
    )
}

/// `K (M + gamma I_W)^+`, `[d, p]`.
fn solve(moments: FrozenMoments, ridge: f64) -> Result<Mat<f64>, EigenError> {
    let FrozenMoments { mut inputs, cross } = moments;
    for i in 0..cross.nrows() {
        inputs[(i, i)] += ridge;
    }
    let (values, vectors) = symmetric_eigen(inputs.as_ref())?;
    let floor = values[0] * RANK_TOLERANCE * values.len() as f64;
    let inverse = |value: f64| if value > floor { 1.0 / value } else { 0.0 };
    let turned = cross * &vectors;
    let scaled = Mat::from_fn(turned.nrows(), turned.ncols(), |i, j| {
        turned[(i, j)] * inverse(values[j])
    });
    Ok(scaled * vectors.transpose())
}
