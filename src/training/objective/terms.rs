//! The terms of the objective at each step.

use crate::config::{Target, TrainingConfig};
use crate::diffusion::{Parts, Schedule, Step};

/// The terms of the objective at one step.
#[derive(Debug, Clone, Copy)]
pub(super) struct StepTerms {
    pub(super) step: Step,
    /// The coefficients of noise and data in the target.
    pub(super) parts: Parts,
    /// The ridge `gamma_t`.
    pub(super) ridge: f64,
}

impl StepTerms {
    /// The terms of every step of a schedule.
    pub(super) fn by_step(
        training: &TrainingConfig,
        target: Target,
        schedule: &Schedule,
    ) -> Vec<Self> {
        let penalties = training.penalties();
        let terms = |step: Step| Self {
            ridge: penalties.at(step.alpha_bar),
            parts: target.parts(&step.level()),
            step,
        };
        schedule.iter().map(terms).collect()
    }
}
