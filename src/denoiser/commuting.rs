//! Denoisers that commute with a covariance: the optimum, with or without a ridge, and the oracle.

use faer::Col;

use super::{AffineDenoiser, Denoiser, InEigenbasis, Law, StepLosses};
use crate::config::Target;
use crate::diffusion::{Schedule, Step};
use crate::gaussian::{Gaussian, spectral_matrix};

/// A denoiser `W_t = V diag(w_t(s_k)) V'`, `b_t = -sqrt(ab_t) W_t m` for a law with mean m, eigenvectors V and
/// variances s. With it the reverse process is a scalar recursion for each direction.
#[derive(Debug, Clone)]
pub struct CommutingDenoiser {
    law: Gaussian,
    signal_scales: Vec<f64>,
    /// The coefficients `w_t(s_k)`, by step and direction.
    weights: Vec<Vec<f64>>,
    weight_epsilon: f64,
}

impl CommutingDenoiser {
    /// The optimum on a law with a ridge `gamma_t` for each step:
    ///
    /// ```text
    /// W* = r (ab C + (1 - ab) I + gamma_t I)^-1,   b* = -sqrt(ab) W* m
    /// ```
    ///
    /// See [`equations`](crate::equations) section 2. On the truth and without a ridge it is the oracle.
    pub fn optimum(law: &Gaussian, schedule: &Schedule, ridge: impl Fn(&Step) -> f64) -> Self {
        Self::new(law, schedule, |step, variance| {
            let x = step.alpha_bar * variance + step.noise_variance + ridge(step);
            step.noise_scale() / x
        })
    }

    /// The denoiser of any function `w_t(s)` of the variances.
    pub fn new(law: &Gaussian, schedule: &Schedule, weight: impl Fn(&Step, f64) -> f64) -> Self {
        // Rounding may have made an eigenvalue of a covariance negative; it counts as 0.
        let variances: Vec<f64> = law.variances().iter().map(|v| v.max(0.0)).collect();
        let by_step = |step: Step| variances.iter().map(|&s| weight(&step, s)).collect();
        Self {
            law: law.clone(),
            signal_scales: schedule.iter().map(|s| s.signal_scale()).collect(),
            weights: schedule.iter().map(by_step).collect(),
            weight_epsilon: f64::EPSILON,
        }
    }

    /// The denoiser of a network of a target, from its coefficients `f_t,k` along the eigenvectors of a law, by step.
    ///
    /// # Panics
    /// If there are not as many as the schedule has steps.
    pub fn of_outputs(
        law: &Gaussian,
        schedule: &Schedule,
        target: Target,
        mut outputs: Vec<Vec<f64>>,
    ) -> Self {
        assert_eq!(outputs.len(), schedule.len(), "numbers of every step");
        for (numbers, step) in outputs.iter_mut().zip(schedule.iter()) {
            let to_noise = target.to_noise(&step.level());
            numbers.iter_mut().for_each(|f| *f = to_noise.of(*f));
        }
        Self {
            law: law.clone(),
            signal_scales: schedule.iter().map(|s| s.signal_scale()).collect(),
            weights: outputs,
            weight_epsilon: f64::EPSILON,
        }
    }

    /// This denoiser with weights that were rounded to a precision. Variances of its samples that this precision
    /// cannot tell from zero count as zero.
    pub fn with_weight_epsilon(self, weight_epsilon: f64) -> Self {
        Self {
            weight_epsilon,
            ..self
        }
    }

    /// The law whose eigenvectors the denoiser shares.
    pub fn law(&self) -> &Gaussian {
        &self.law
    }

    /// The number of steps.
    pub fn steps(&self) -> usize {
        self.weights.len()
    }

    /// The coefficients `w_t(s_k)` of the directions k at the step `index`.
    pub fn weights(&self, index: usize) -> &[f64] {
        &self.weights[index]
    }

    /// The losses by step under one law, per component.
    fn losses_under(&self, schedule: &Schedule, (mean, covariance): Law<'_>) -> StepLosses {
        let basis = self.law.basis();
        let turned = covariance * basis;
        let moved = basis.transpose() * (mean - self.law.mean());
        let seen: Vec<f64> = (0..self.dim())
            .map(|k| basis.col(k).transpose() * turned.col(k) + moved[k].powi(2))
            .collect();
        let loss = |(weights, step): (&Vec<f64>, Step)| {
            let terms = weights.iter().zip(&seen).map(|(w, c)| {
                w * w * (step.alpha_bar * c + step.noise_variance) - 2.0 * step.noise_scale() * w
            });
            1.0 + terms.sum::<f64>() / seen.len() as f64
        };
        self.weights.iter().zip(schedule.iter()).map(loss).collect()
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

    fn weight_epsilon(&self) -> f64 {
        self.weight_epsilon
    }

    fn in_eigenbasis(&self) -> Option<InEigenbasis<'_>> {
        Some(InEigenbasis {
            law: &self.law,
            signal_scales: &self.signal_scales,
            weights: &self.weights,
        })
    }

    /// Here `w_k` are the coefficients along the eigenvectors `v_k`, and the law has the mean m' and the covariance
    /// C:
    ///
    /// ```text
    /// L_t = 1 + (1/d) sum_k [ w_k^2 (ab (v_k' C v_k + (v_k' (m' - m))^2) + 1 - ab) - 2 r w_k ]
    /// ```
    fn losses(&self, schedule: &Schedule, laws: &[Law<'_>]) -> Vec<StepLosses> {
        let under = |law: &Law<'_>| self.losses_under(schedule, *law);
        laws.iter().map(under).collect()
    }
}
