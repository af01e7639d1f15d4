//! What a run will take of the machine's memory, and whether that is there.

use serde::Serialize;

use super::{RunError, Setup};
use crate::config::{Mean, ModelKind, Objective, Optimizer, Precision};
use crate::memory::{self, bytes, check_within};
use crate::score::BLOCK_ELEMENTS;

/// The program itself, tables, plots and the threads' own.
const BASE_BYTES: usize = 100_000_000;

/// What a run will take.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Estimate {
    pub dim: usize,
    pub samples: usize,
    pub steps: usize,
    pub parameters: usize,
    /// Bytes of the weights and of what the optimiser keeps.
    pub state_bytes: usize,
    /// Bytes of memory at the peak, about.
    pub peak_bytes: usize,
}

impl Estimate {
    /// Of a run, which may start from given weights.
    pub fn of(setup: &Setup, given_weights: bool) -> Result<Self, RunError> {
        let (steps, dim) = (setup.schedule().len(), setup.laws().dim());
        let training = &setup.experiment().training;
        let number = setup.experiment().backend.precision.bytes();
        let model = &setup.experiment().model;
        let (weights, offsets) = match model.kind {
            ModelKind::PerStep => (bytes([steps, dim, dim]), bytes([steps, dim])),
            ModelKind::TimeBasis { basis } => (bytes([basis, dim, dim]), bytes([basis, dim])),
            ModelKind::TwoLayer { width } => (bytes([2, steps, dim, width]), bytes([steps, dim])),
        };
        let offsets = match setup.experiment().data.mean {
            Mean::Fitted => offsets,
            Mean::Known => 0,
        };
        let parameters = weights.saturating_add(offsets);
        let kept = match training.optimizer {
            Optimizer::Adam { .. } | Optimizer::AdamW { .. } => 2,
            Optimizer::Sgd { momentum, .. } if momentum > 0.0 => 1,
            _ => 0,
        };
        let trained = if setup.in_eigenbasis(given_weights)? {
            bytes([steps, dim]).saturating_add(offsets)
        } else {
            parameters
        };
        let weights = bytes([parameters, number]);
        let state_bytes = bytes([trained, number, 1 + kept]);
        // A checkpoint is a copy of the weights, and after it one of what the optimiser keeps.
        let copy = weights.max(bytes([trained, number, kept]));
        // A gradient, and what is on its way; burn's stock operations hold about a dozen.
        let blocks = if setup.device().is_flex() { 4 } else { 12 };
        let (read, made) = setup.dataset().train_rows.bytes();
        let rows = if setup.needs_rows() {
            bytes([2, made]).saturating_add(read)
        } else {
            read
        };
        let parts = [
            BASE_BYTES,
            state_bytes,
            copy,
            bytes([blocks, BLOCK_ELEMENTS, number]),
            rows,
            optimum_bytes(setup),
            noise_bytes(setup),
            draw_bytes(setup.experiment().sampling.draws, dim),
        ];
        let peak_bytes = parts.into_iter().fold(0, usize::saturating_add);
        Ok(Self {
            dim,
            samples: setup.laws().train.count,
            steps,
            parameters,
            state_bytes,
            peak_bytes,
        })
    }

    /// Refuses a run that `available` bytes are not enough for, with what would make it smaller.
    ///
    /// # Errors
    /// [`RunError::Memory`], with the numbers.
    pub fn check(&self, setup: &Setup, available: Option<usize>) -> Result<(), RunError> {
        check_within(available, self.peak_bytes, "this run", || {
            self.advice(setup)
        })?;
        Ok(())
    }

    fn advice(&self, setup: &Setup) -> String {
        let mut advice = Vec::new();
        let draws = setup.experiment().sampling.draws;
        if draw_bytes(draws, self.dim) > self.peak_bytes / 2 {
            return format!("draw fewer than {draws} (sampling.draws)");
        }
        if noise_bytes(setup) > self.peak_bytes / 2 {
            return "draw less noise for each row (training.noise_draws)".to_owned();
        }
        advice.push(format!(
            "train fewer of the {} steps (schedule.keep)",
            self.steps
        ));
        advice.push(format!(
            "pool images or keep fewer of the {} dimensions (data.pool, data.min_variance)",
            self.dim
        ));
        if matches!(setup.experiment().model.kind, ModelKind::TwoLayer { .. }) {
            advice.push("narrow the layers (model.width)".to_owned());
        }
        if setup.experiment().backend.precision == Precision::F64 {
            advice.push("halve it with backend.precision = \"f32\"".to_owned());
        }
        let number = setup.experiment().backend.precision.bytes();
        if self.state_bytes > bytes([self.parameters, number]) {
            advice.push("keep no moments with training.optimizer = \"sgd\"".to_owned());
        }
        advice.join("; ")
    }
}

/// Bytes of the regression on frozen draws that all functions of a basis of time solve together, which other optima do
/// step by step.
fn optimum_bytes(setup: &Setup) -> usize {
    let inputs = setup.laws().dim() + setup.experiment().data.mean.degrees();
    match (
        setup.experiment().model.kind,
        setup.experiment().training.objective,
    ) {
        // Moments, those of a step, eigenvectors and the inverse.
        (ModelKind::TimeBasis { basis }, Objective::Frozen(_)) => {
            bytes([4, 8, basis, inputs, basis, inputs])
        }
        _ => 0,
    }
}

/// Bytes of the noise that is held at once.
fn noise_bytes(setup: &Setup) -> usize {
    /// Rows whose frozen draws are noised together, each with what is predicted of it and a copy of both.
    const ROWS: usize = 4096;
    let dim = setup.laws().dim();
    match setup.experiment().training.objective {
        Objective::Exact => 0,
        // Of a row at least: the noise, and for each thread what is noised and what is predicted of it.
        Objective::Sampled(draws) => {
            let threads = rayon::current_num_threads();
            bytes([8, draws.noise_draws, dim, 2 + 2 * threads])
        }
        Objective::Frozen(draws) => {
            let rows = setup.laws().train.count.min(ROWS);
            bytes([8, 4, rows, draws.noise_draws, dim])
        }
    }
}

/// Bytes of as many draws.
pub(super) fn draw_bytes(draws: usize, dim: usize) -> usize {
    bytes([8, draws, dim])
}

/// Refuses training for which the free memory is not enough, where nothing is drawn after it.
pub(super) fn check_training(setup: &Setup) -> Result<(), RunError> {
    let mut estimate = Estimate::of(setup, false)?;
    estimate.peak_bytes -=
        draw_bytes(setup.experiment().sampling.draws, estimate.dim).min(estimate.peak_bytes);
    estimate.check(setup, memory::available())
}

/// Refuses more draws than the memory holds, each with `numbers` numbers.
pub fn check_draws(draws: usize, numbers: usize) -> Result<(), RunError> {
    let what = format!("drawing {draws} vectors");
    memory::check(draw_bytes(draws, numbers), &what, || {
        "draw fewer (--draws)".to_owned()
    })?;
    Ok(())
}
