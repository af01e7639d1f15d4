//! Denoisers that commute with a covariance: the optimum, with or without a ridge, and the oracle.

use faer::Col;

use super::law::spectral_matrix;
use super::{AffineDenoiser, Denoiser, Gaussian};
use crate::diffusion::{Schedule, Step};

/// A denoiser `W_t = V diag(w_t(s_k)) V'`, `b_t = -sqrt(ab_t) W_t m` for a law with mean m, eigenvectors V and
/// variances s: on it the reverse process is a scalar recursion for each direction.
#[derive(Debug, Clone)]
pub struct CommutingDenoiser {
    law: Gaussian,
    signal_scales: Vec<f64>,
    /// `w_t(s_k)`, by step and direction.
    weights: Vec<Vec<f64>>,
}

impl CommutingDenoiser {
    /// The optimum on a law with a ridge `gamma_t` for each step:
    ///
    /// ```text
    /// W* = r (ab C + (1 - ab) I + gamma_t I)^-1,   b* = -sqrt(ab) W* m
    /// ```
    ///
    /// (theory.md section 2; without a ridge, on the truth, the oracle).
    pub fn optimum(law: &Gaussian, schedule: &Schedule, ridge: impl Fn(&Step) -> f64) -> Self {
        Self::new(law, schedule, |step, variance| {
            let x = step.alpha_bar * variance + step.noise_variance + ridge(step);
            step.noise_scale() / x
        })
    }

    /// Any function `w_t(s)` of the variances.
    pub fn new(law: &Gaussian, schedule: &Schedule, weight: impl Fn(&Step, f64) -> f64) -> Self {
        // An eigenvalue of a covariance that rounding made negative is 0.
        let variances: Vec<f64> = law.variances().iter().map(|v| v.max(0.0)).collect();
        let by_step = |step: Step| variances.iter().map(|&s| weight(&step, s)).collect();
        Self {
            law: law.clone(),
            signal_scales: schedule.iter().map(|s| s.signal_scale()).collect(),
            weights: schedule.iter().map(by_step).collect(),
        }
    }

    /// The law whose eigenvectors it shares.
    pub fn law(&self) -> &Gaussian {
        &self.law
    }

    /// `w_t(s_k)` for the directions k at the step of `index`.
    pub fn weights(&self, index: usize) -> &[f64] {
        &self.weights[index]
    }
}

impl CommutingDenoiser {
    /// `sqrt(ab_t)` at the step of `index`.
    pub fn signal_scale(&self, index: usize) -> f64 {
        self.signal_scales[index]
    }
}

impl Denoiser for CommutingDenoiser {
    fn dim(&self) -> usize {
        self.law.dim()
    }

    fn at(&self, index: usize) -> AffineDenoiser {
        let weight = spectral_matrix(self.law.basis(), &self.weights[index]);
        let bias: Col<f64> = -self.signal_scales[index] * (&weight * self.law.mean());
        AffineDenoiser { weight, bias }
    }
}
