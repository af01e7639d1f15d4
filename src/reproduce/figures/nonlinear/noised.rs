//! Noised rows, and what a denoiser says of them.

use faer::{Mat, MatRef, Scale};

use crate::denoiser::{Decomposition, Draws, PointDenoiser, TestRows, clean_vectors};
use crate::diffusion::{NoiseLevel, Schedule};
use crate::random::{Purpose, fill_normal, stream};
use crate::run::RunError;

use super::results::{Cell, GROUPS, LEADING, Place};

/// Draws of clean rows at a step of a schedule, the same number of each row.
pub(super) struct Noised<'a> {
    rows: &'a TestRows<'a>,
    level: NoiseLevel,
    index: usize,
    /// `x_0 + sigma eps`
    x: Mat<f64>,
    /// `sqrt(ab) x`
    points: Mat<f64>,
    row: Vec<usize>,
}

impl<'a> Noised<'a> {
    /// At least `least` draws.
    pub fn new(
        rows: &'a TestRows<'a>,
        schedule: &Schedule,
        index: usize,
        least: usize,
        seed: u64,
    ) -> Self {
        let (count, dim) = (rows.count(), rows.dim());
        let level = schedule.step(index).level();
        let draws = least.div_ceil(count) * count;
        let mut noise = vec![0.0; draws * dim];
        for (draw, noise) in noise.chunks_mut(dim).enumerate() {
            let purpose = Purpose::Noise {
                epoch: index as u64,
            };
            fill_normal(&mut stream(seed, purpose, draw as u64), noise);
        }
        let noise = MatRef::from_row_major_slice(&noise, draws, dim);
        let (clean, sigma) = (rows.rows(), level.noise_to_signal().sqrt());
        let x = Mat::from_fn(draws, dim, |i, j| {
            clean[(i % count, j)] + sigma * noise[(i, j)]
        });
        Self {
            rows,
            level,
            index,
            points: Scale(level.signal_scale()) * &x,
            x,
            row: (0..draws).map(|draw| draw % count).collect(),
        }
    }

    /// The clean rows that a denoiser predicts.
    pub fn denoised(&self, denoiser: &dyn PointDenoiser) -> Mat<f64> {
        let noise = denoiser.predicted_noise(self.points.as_ref(), self.index);
        clean_vectors(self.points.as_ref(), noise.as_ref(), &self.level)
    }

    /// The parts of the loss of predicted clean rows.
    pub fn decomposition(&self, denoised: &Mat<f64>) -> Result<Decomposition, RunError> {
        Ok(Decomposition::of(&self.draws(denoised)?)?)
    }

    /// The draws, with the clean rows that a denoiser predicted.
    pub fn draws<'b>(&'b self, denoised: &'b Mat<f64>) -> Result<Draws<'b>, RunError>
    where
        'a: 'b,
    {
        let (x, row) = (self.x.as_ref(), Some(&self.row[..]));
        Ok(Draws::new(
            self.rows,
            self.level,
            x,
            denoised.as_ref(),
            row,
        )?)
    }
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

/// `E|D - L|^2 / Var D` of two predictions D and L.
pub(super) fn distance(denoised: &Mat<f64>, linear: &Mat<f64>) -> f64 {
    let count = denoised.nrows() as f64;
    let apart = (denoised - linear).squared_norm_l2();
    let varying = denoised.col_iter().map(|column| {
        let mean = column.sum() / count;
        column.iter().map(|x| (x - mean).powi(2)).sum::<f64>()
    });
    apart / varying.sum::<f64>()
}
