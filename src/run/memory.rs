//! How much memory does a run need, and is it free?

use serde::Serialize;

use super::{RunError, Setup};
use crate::config::{Mean, ModelKind, Objective, Optimizer, Precision};
use crate::memory::{self, bytes, check_within};
use crate::score::BLOCK_ELEMENTS;

/// The memory of the program itself, of tables, plots and threads.
pub(super) const BASE_BYTES: usize = 100_000_000;

/// The size of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Estimate {
    /// The dimension d.
    pub dim: usize,
    /// The number N of training samples.
    pub samples: usize,
    /// The number of steps.
    pub steps: usize,
    /// The number of parameters.
    pub parameters: usize,
    /// The bytes of the weights and of the optimiser's state.
    pub state_bytes: usize,
    /// The approximate bytes of memory at the peak.
    pub peak_bytes: usize,
}

impl Estimate {
    /// The estimate for a run, which may start from given weights.
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
        // A checkpoint copies the weights, and after that the state of the optimiser.
        let copy = weights.max(bytes([trained, number, kept]));
        // A gradient and intermediate results; burn's stock operations hold about a dozen blocks.
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

    /// Refuses a run of networks that are not linear that needs more than `available` bytes.
    ///
    /// # Errors
    /// [`RunError::Memory`], with the numbers.
    pub fn check_neural(&self, available: Option<usize>) -> Result<(), RunError> {
        check_within(available, self.peak_bytes, "this run", || {
            "smaller minibatches (training.batch_size), fewer networks (training.ensemble), narrower ones (model.width, \
             model.channels), or smaller pictures (data.pool) make it smaller"
                .to_owned()
        })?;
        Ok(())
    }

    /// Refuses a run that needs more than `available` bytes, and says how to make it smaller.
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

/// The bytes of the regression on frozen draws for a basis of time, which solves for all functions together. Other
/// optima are solved step by step.
fn optimum_bytes(setup: &Setup) -> usize {
    let inputs = setup.laws().dim() + setup.experiment().data.mean.degrees();
    match (
        setup.experiment().model.kind,
        setup.experiment().training.objective,
    ) {
        // The moments, those of a step, the eigenvectors and the inverse.
        (ModelKind::TimeBasis { basis }, Objective::Frozen(_)) => {
            bytes([4, 8, basis, inputs, basis, inputs])
        }
        _ => 0,
    }
}

/// The bytes of the noise in memory at a time.
fn noise_bytes(setup: &Setup) -> usize {
    /// The number of rows whose frozen draws are noised together, each with its target and a copy of both.
    const ROWS: usize = 4096;
    let dim = setup.laws().dim();
    match setup.experiment().training.objective {
        Objective::Exact => 0,
        // At least one row: its noise, and for each thread its noised vectors and targets.
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

/// The bytes of a number of draws.
pub(super) fn draw_bytes(draws: usize, dim: usize) -> usize {
    bytes([8, draws, dim])
}

/// Refuses training that needs more than the free memory, if nothing is drawn after it.
pub(super) fn check_training(setup: &Setup) -> Result<(), RunError> {
    let mut estimate = Estimate::of(setup, false)?;
    estimate.peak_bytes -=
        draw_bytes(setup.experiment().sampling.draws, estimate.dim).min(estimate.peak_bytes);
    estimate.check(setup, memory::available())
}

/// Refuses draws that need more than the free memory, with `numbers` numbers for each draw.
pub fn check_draws(draws: usize, numbers: usize) -> Result<(), RunError> {
    let what = format!("drawing {draws} vectors");
    memory::check(draw_bytes(draws, numbers), &what, || {
        "draw fewer (--draws)".to_owned()
    })?;
    Ok(())
}
