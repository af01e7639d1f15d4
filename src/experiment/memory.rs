//! What a run will take of the machine's memory, and whether that is there.

use serde::Serialize;

use super::{RunError, Setup};
use crate::config::{ModelKind, Objective, Optimizer, Precision};
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
        let (steps, dim) = (setup.schedule.len(), setup.laws().dim());
        let training = &setup.experiment.training;
        let bytes = setup.experiment.backend.precision.bytes();
        let model = &setup.experiment.model;
        let (weights, offsets) = match model.kind {
            ModelKind::PerStep => (steps * dim * dim, steps * dim),
            ModelKind::TimeBasis { basis } => (basis * dim * dim, basis * dim),
            ModelKind::TwoLayer { width } => (2 * steps * dim * width, steps * dim),
        };
        let offsets = if setup.offset() { offsets } else { 0 };
        let parameters = weights + offsets;
        let kept = match training.optimizer {
            Optimizer::Adam { .. } | Optimizer::AdamW { .. } => 2,
            Optimizer::Sgd { momentum, .. } if momentum > 0.0 => 1,
            _ => 0,
        };
        let trained = match setup.in_eigenbasis(given_weights)? {
            true => steps * dim + offsets,
            false => parameters,
        };
        let weights = parameters * bytes;
        let state_bytes = trained * bytes * (1 + kept);
        // A checkpoint is a copy of the weights, and after it one of what the optimiser keeps.
        let copy = weights.max(trained * bytes * kept);
        // A gradient, and what is on its way; burn's stock operations hold about a dozen.
        let blocks = if setup.device.is_flex() { 4 } else { 12 };
        let (read, made) = setup.dataset.train_rows.bytes();
        let rows = read + if setup.needs_rows() { 2 * made } else { 0 };
        let peak_bytes = BASE_BYTES
            + state_bytes
            + copy
            + blocks * BLOCK_ELEMENTS * bytes
            + rows
            + optimum_bytes(setup);
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
    /// [`RunError::Memory`].
    pub fn check(&self, setup: &Setup, available: Option<usize>) -> Result<(), RunError> {
        match available {
            Some(available) if available < self.peak_bytes => {
                let (needed, advice) = (self.peak_bytes, self.advice(setup));
                Err(RunError::Memory {
                    needed,
                    available,
                    advice,
                })
            }
            _ => Ok(()),
        }
    }

    fn advice(&self, setup: &Setup) -> String {
        let mut advice = vec![format!(
            "train fewer of the {} steps (schedule.keep)",
            self.steps
        )];
        advice.push(format!(
            "pool images or keep fewer of the {} dimensions (data.pool, data.min_variance)",
            self.dim
        ));
        if matches!(setup.experiment.model.kind, ModelKind::TwoLayer { .. }) {
            advice.push("narrow the layers (model.width)".to_owned());
        }
        if setup.experiment.backend.precision == Precision::F64 {
            advice.push("halve it with backend.precision = \"f32\"".to_owned());
        }
        if self.state_bytes > self.parameters * setup.experiment.backend.precision.bytes() {
            advice.push("keep no moments with training.optimizer = \"sgd\"".to_owned());
        }
        advice.join("; ")
    }
}

/// Bytes of the regression on frozen draws that all functions of a basis of time solve together, which other optima do
/// step by step.
fn optimum_bytes(setup: &Setup) -> usize {
    let inputs = setup.laws().dim() + usize::from(setup.offset());
    match (
        setup.experiment.model.kind,
        setup.experiment.training.objective,
    ) {
        // Moments, those of a step, eigenvectors and the inverse.
        (ModelKind::TimeBasis { basis }, Objective::Frozen(_)) => 4 * 8 * (basis * inputs).pow(2),
        _ => 0,
    }
}

/// The bytes of memory that can be had without swapping, where the system tells: what is free, within the limit of a
/// container.
pub fn available_memory() -> Option<usize> {
    let mut system = sysinfo::System::new().ok()?;
    system.refresh_memory();
    let free = match system.available_memory() {
        0 => None,
        free => Some(free),
    };
    let limit = system.cgroup_limits().map(|limits| limits.free_memory);
    free.into_iter()
        .chain(limit)
        .min()
        .map(|bytes| bytes as usize)
}
