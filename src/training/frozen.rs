//! Frozen draws of the training rows, and their moments step by step.

use faer::{Mat, MatRef};

use super::noise::{NoisedRows, RowNoise};
use crate::config::{Mean, Target};
use crate::data::Rows;
use crate::denoiser::{FrozenMoments, FrozenSet};
use crate::diffusion::Schedule;
use crate::gaussian::{EigenError, numerical_floor, symmetric_eigen};
use crate::random::Purpose;

/// The number of rows that are noised at once.
const ROWS: usize = 4096;

/// Noise that is drawn once for each row and step.
#[derive(Clone, Copy)]
pub struct FrozenDraws<'a> {
    /// The centred rows, `[N, d]`
    pub centred_rows: &'a Rows,
    /// The steps.
    pub schedule: &'a Schedule,
    /// The seed of the noise.
    pub seed: u64,
    /// The number of draws for each row and step.
    pub draws: usize,
    /// Whether the mean is fitted. Then there is an offset to train.
    pub mean: Mean,
}

impl FrozenSet for FrozenDraws<'_> {
    fn dim(&self) -> usize {
        self.centred_rows.dim()
    }

    fn schedule(&self) -> &Schedule {
        self.schedule
    }

    fn mean(&self) -> Mean {
        self.mean
    }

    fn visit(
        &self,
        target: Target,
        each: &mut dyn FnMut(usize, FrozenMoments) -> Result<(), EigenError>,
    ) -> Result<(), EigenError> {
        let all: Vec<usize> = (0..self.centred_rows.count()).collect();
        let noise = RowNoise {
            seed: self.seed,
            purpose: Purpose::FrozenNoise,
            draws: self.draws,
        };
        let mut noised = NoisedRows::new(self.centred_rows, all, target, noise);
        let dim = self.dim();
        let size = dim + self.mean.degrees();
        let scale = faer::Scale(1.0 / noised.vectors() as f64);
        let moments = |step| {
            let mut inputs = Mat::<f64>::zeros(size, size);
            let mut cross = Mat::<f64>::zeros(dim, size);
            for start in (0..noised.rows()).step_by(ROWS) {
                let part = start..(start + ROWS).min(noised.rows());
                let drawn = noised.noised(&[step], part);
                let y = MatRef::from_row_major_slice(&drawn.centred, drawn.vectors, dim);
                let input = |i, j| if j < dim { y[(i, j)] } else { 1.0 };
                let y = Mat::from_fn(drawn.vectors, size, input);
                let wanted = MatRef::from_row_major_slice(&drawn.wanted, drawn.vectors, dim);
                inputs += y.transpose() * &y;
                cross += wanted.transpose() * &y;
            }
            FrozenMoments {
                inputs: inputs * scale,
                cross: cross * scale,
            }
        };
        let mut steps = self.schedule.iter().map(moments).enumerate();
        steps.try_for_each(|(index, moments)| each(index, moments))
    }
}

impl FrozenDraws<'_> {
    /// The largest and the least nonzero eigenvalue of each step's second moment of the inputs. Descent on all rows
    /// depends on these.
    pub fn extremes(&self) -> Result<Vec<[f64; 2]>, EigenError> {
        let mut extremes = Vec::with_capacity(self.schedule.len());
        // The inputs do not depend on the target.
        self.visit(Target::Eps, &mut |_, moments| {
            let (values, _) = symmetric_eigen(moments.inputs.as_ref())?;
            let floor = numerical_floor(values[0], values.len());
            let least = values.iter().rev().find(|value| **value > floor);
            extremes.push([values[0], *least.unwrap_or(&values[0])]);
            Ok(())
        })?;
        Ok(extremes)
    }
}
