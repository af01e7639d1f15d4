//! Learning rates, and the largest that are stable.

use std::f64::consts::PI;

use crate::config::{self, Objective, RateSchedule, TrainingConfig};
use crate::diffusion::Schedule;

/// The share of the stability bound that `learning_rate = "auto"` takes.
pub const AUTO_SHARE: f64 = 0.9;

/// The learning rate of every epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearningRate {
    base: f64,
    schedule: RateSchedule,
    epochs: usize,
}

impl LearningRate {
    pub fn new(base: f64, schedule: RateSchedule, epochs: usize) -> Self {
        Self {
            base,
            schedule,
            epochs,
        }
    }

    /// The rate of the first epoch.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The rate of the epoch after `done` epochs: constant, or `base (1 + cos(pi done/epochs))/2`.
    pub fn at(&self, done: usize) -> f64 {
        match self.schedule {
            RateSchedule::Constant => self.base,
            RateSchedule::Cosine => {
                self.base * 0.5 * (1.0 + (PI * done as f64 / self.epochs as f64).cos())
            }
        }
    }
}

/// The largest stable rate of gradient descent with momentum m (theory.md section 2), for the moments that
/// descent sees:
///
/// ```text
/// exact, and frozen with all rows    eta < (1 + m) / max(1, max x)
/// B rows a step, fresh noise         1/eta > max x/(1 + m) + tr S/(B (1 - m))
/// ```
///
/// with `x = ab s + 1 - ab + gamma_t` over the eigenvalues s of the training covariance and over the steps, or,
/// frozen, x an eigenvalue of the second moment of the noised rows themselves (`frozen_largest`, the largest by
/// step, without ridge). For frozen minibatches no bound is known; the noise term of B rows is added to that
/// of all rows.
pub fn stable_rate(
    config: &TrainingConfig,
    schedule: &Schedule,
    eigenvalues: &[f64],
    samples: usize,
    frozen_largest: Option<&[f64]>,
) -> f64 {
    let momentum = match config.optimizer {
        config::Optimizer::Sgd { momentum, .. } => momentum,
        _ => 0.0,
    };
    let largest = eigenvalues.iter().fold(0.0, |a: f64, &b| a.max(b));
    let trace: f64 = eigenvalues.iter().sum();
    let dim = eigenvalues.len() as f64;
    let mut curvature: f64 = 1.0;
    let mut spread: f64 = 0.0;
    for (index, step) in schedule.iter().enumerate() {
        let ridge = config.total_ridge(&step);
        let clean = step.alpha_bar * largest + step.noise_variance;
        let x = frozen_largest.map_or(clean, |by_step| by_step[index]) + ridge;
        curvature = curvature.max(x);
        spread = spread.max(step.alpha_bar * trace + (step.noise_variance + ridge) * dim);
    }
    let noise = match config.objective {
        Objective::Exact => 0.0,
        Objective::Frozen(draws) if draws.batch_size.is_none_or(|b| b >= samples) => 0.0,
        Objective::Sampled(draws) | Objective::Frozen(draws) => {
            let rows = draws.batch_size.unwrap_or(samples).min(samples) as f64;
            spread / (rows * (1.0 - momentum))
        }
    };
    1.0 / (curvature / (1.0 + momentum) + noise)
}
