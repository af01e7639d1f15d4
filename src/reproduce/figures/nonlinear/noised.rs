//! Noised rows, and what the figure takes of what a denoiser says of them.

use crate::denoiser::{Decomposition, NoisedRows, TestRows};
use crate::diffusion::Schedule;

use super::results::{Cell, GROUPS, LEADING, Place};

/// At least `least` draws of the rows at a step of a schedule, the same number of each row.
pub(super) fn draw<'a>(
    rows: &'a TestRows<'a>,
    schedule: &Schedule,
    index: usize,
    least: usize,
    seed: u64,
) -> NoisedRows<'a> {
    NoisedRows::draw(rows, schedule, index, least.div_ceil(rows.count()), seed)
}

/// A decomposition as a cell of the figure.
pub(super) fn cell(place: Place, sigma: f64, found: &Decomposition) -> Cell {
    let group = |(ranks, _): &(std::ops::Range<usize>, &str)| {
        let directions = &found.directions[ranks.clone()];
        let wiener: f64 = directions.iter().map(|d| d.wiener).sum();
        let affine: f64 = directions.iter().map(|d| d.affine.value).sum();
        let nonlinear: f64 = directions.iter().map(|d| d.nonlinear.value).sum();
        (affine / wiener, nonlinear / wiener)
    };
    let leading = found.directions[..LEADING].iter();
    let shrinkage: f64 = leading.map(|d| 1.0 - d.gain.value / d.wiener_gain).sum();
    Cell {
        place,
        sigma,
        test_loss: found.test_loss.value,
        nonlinear: found.nonlinear.value,
        nonlinear_error: found.nonlinear.standard_error,
        residual: found.residual.value,
        groups: GROUPS.each_ref().map(group),
        shrinkage: shrinkage / LEADING as f64,
    }
}
