//! The optimum of the exact objective among the functions of one kind of network.

use faer::{Col, Mat, MatRef};

use super::CommutingDenoiser;
use super::regression::{Regression, in_time_basis, through_width};
use super::weights::{ClosedForm, Matrices, balanced};
use crate::config::{Mean, ModelConfig, ModelKind, Penalties};
use crate::diffusion::{Schedule, TimeBasis};
use crate::gaussian::{Gaussian, spectral_matrix};

/// The optimum of a network on a law, with the penalties of a training, as coefficients along the eigenvectors of the
/// law:
///
/// | kind | coefficients |
/// |---|---|
/// | per-step | `mu_t/x_t`, where the decay is added to the ridge |
/// | time-basis | [`in_time_basis`]: the coefficients a_k |
/// | two-layer | [`through_width`]: the products of both layers |
#[derive(Debug, Clone)]
pub struct ModelOptimum {
    law: Gaussian,
    model: ModelConfig,
    /// The coefficients by step (or by function of the basis), then by eigenvector.
    coefficients: Vec<Vec<f64>>,
}

impl ModelOptimum {
    /// The optimum of `model` on a law at the steps of a schedule.
    pub fn new(
        law: &Gaussian,
        schedule: &Schedule,
        model: &ModelConfig,
        penalties: Penalties,
    ) -> Self {
        let penalties = penalties.of(model.kind);
        let decay = penalties.decay;
        // An eigenvalue of a covariance that rounding made negative is 0.
        let variances: Vec<f64> = law.variances().iter().map(|v| v.max(0.0)).collect();
        let along = |index: usize| {
            let step = schedule.step(index);
            let level = step.level();
            let ridge = penalties.at(step.alpha_bar);
            let regression = |s: &f64| Regression::new(&level, model.target, ridge, *s);
            variances.iter().map(regression).collect::<Vec<_>>()
        };
        let regressions: Vec<Vec<Regression<f64>>> = (0..schedule.len()).map(along).collect();
        let coefficients = match model.kind {
            ModelKind::PerStep => {
                let best = |r: &Regression<f64>| r.mu / r.x;
                let steps = regressions.iter();
                steps.map(|step| step.iter().map(best).collect()).collect()
            }
            ModelKind::TwoLayer { width } => {
                let steps = regressions.iter();
                steps
                    .map(|step| through_width(step, width, decay))
                    .collect()
            }
            ModelKind::TimeBasis { basis } => {
                let phi = phi(basis, schedule);
                let of_direction = |k: usize| {
                    let steps: Vec<_> = regressions.iter().map(|step| step[k]).collect();
                    in_time_basis(&phi, &steps, decay)
                };
                let by_direction: Vec<Vec<f64>> = (0..law.dim()).map(of_direction).collect();
                let function = |j: usize| by_direction.iter().map(|a| a[j]).collect();
                (0..basis).map(function).collect()
            }
        };
        Self {
            law: law.clone(),
            model: *model,
            coefficients,
        }
    }

    /// The denoiser at the steps of the schedule.
    pub fn denoiser(&self, schedule: &Schedule) -> CommutingDenoiser {
        let outputs = match self.model.kind {
            ModelKind::TimeBasis { basis } => {
                let at = |phi: Vec<f64>| {
                    let along = |k: usize| {
                        let terms = phi.iter().zip(&self.coefficients);
                        terms.map(|(phi, a)| phi * a[k]).sum()
                    };
                    (0..self.law.dim()).map(along).collect()
                };
                phi(basis, schedule).into_iter().map(at).collect()
            }
            _ => self.coefficients.clone(),
        };
        CommutingDenoiser::of_outputs(&self.law, schedule, self.model.target, outputs)
    }

    /// The optimum as the weights of a network: `V diag(f) V'` at each step (or function of the basis); two layers are
    /// balanced, `B = V diag(f/sqrt|f|)` and `A = diag(sqrt|f|) V'` of the largest `|f|`.
    pub fn weights(&self, mean: Mean) -> ClosedForm {
        let basis = self.law.basis();
        let along = self.coefficients.iter();
        let matrices = match self.model.kind {
            ModelKind::TwoLayer { width } => {
                Matrices::Layers(along.map(|along| layers(basis, along, width)).collect())
            }
            _ => Matrices::Full(along.map(|along| spectral_matrix(basis, along)).collect()),
        };
        // Centred on the training mean the optimum has the offset 0.
        let none = || vec![Col::zeros(self.law.dim()); self.coefficients.len()];
        ClosedForm {
            matrices,
            offsets: mean.is_fitted().then(none),
        }
    }

    /// The law whose eigenvectors the coefficients belong to.
    pub fn law(&self) -> &Gaussian {
        &self.law
    }

    /// The kind of network and its target.
    pub fn model(&self) -> &ModelConfig {
        &self.model
    }

    /// The coefficients by step (or by function of the basis), then by eigenvector.
    pub fn coefficients(&self) -> &[Vec<f64>] {
        &self.coefficients
    }
}

/// The balanced layers through the `width` directions of the largest `|f|`.
fn layers(basis: MatRef<'_, f64>, along: &[f64], width: usize) -> [Mat<f64>; 2] {
    let dim = along.len();
    let mut order: Vec<usize> = (0..dim).collect();
    order.sort_by(|&i, &j| along[j].abs().total_cmp(&along[i].abs()));
    order.truncate(width);
    let singular: Vec<f64> = order.iter().map(|&k| along[k].abs()).collect();
    let left = Mat::from_fn(dim, order.len(), |i, j| {
        basis[(i, order[j])] * along[order[j]].signum()
    });
    let right = Mat::from_fn(dim, order.len(), |i, j| basis[(i, order[j])]);
    balanced(left.as_ref(), &singular, right.as_ref(), width)
}

/// The functions of a basis of time at the steps of a schedule, `phi[t][k]`.
fn phi(count: usize, schedule: &Schedule) -> Vec<Vec<f64>> {
    TimeBasis::new(count, schedule.log_snr_range()).at(schedule)
}
