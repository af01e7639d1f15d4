//! Affine denoisers and their exact losses.

use faer::{Col, Mat, MatRef};

use crate::diffusion::{Schedule, Step};
use crate::gaussian::Gaussian;
use crate::parallel;

/// The map `eps(x, t) = W x + b` at one step: weight `[d, d]`, bias `[d]`.
#[derive(Debug, Clone)]
pub struct AffineDenoiser {
    /// `W`, `[d, d]`
    pub weight: Mat<f64>,
    /// `b`, `[d]`
    pub bias: Col<f64>,
}

/// Exact losses of each step, per component, starting with the least noise.
pub type StepLosses = Vec<f64>;

/// The mean over the steps.
pub fn mean(losses: &[f64]) -> f64 {
    losses.iter().sum::<f64>() / losses.len() as f64
}

/// A denoiser for every step of a schedule: from a checkpoint, from the closed form, or the oracle.
///
/// Two methods are enough for one of your own. This one predicts no noise at all, which costs its variance:
///
/// ```
/// use faer::{Col, Mat};
/// use lindiff::denoiser::{AffineDenoiser, Denoiser};
/// use lindiff::diffusion::Schedule;
///
/// struct Nothing;
///
/// impl Denoiser for Nothing {
///     fn dim(&self) -> usize {
///         3
///     }
///
///     fn at(&self, _: usize) -> AffineDenoiser {
///         AffineDenoiser { weight: Mat::zeros(3, 3), bias: Col::zeros(3) }
///     }
/// }
///
/// let schedule = Schedule::linear(5, 0.1, 0.2)?;
/// let (mean, covariance) = (Col::zeros(3), Mat::identity(3, 3));
/// let losses = Nothing.losses(&schedule, &[(&mean, covariance.as_ref())]);
/// assert_eq!(losses[0], [1.0; 5]);
/// # Ok::<(), lindiff::diffusion::ScheduleError>(())
/// ```
pub trait Denoiser: Sync {
    /// The data dimension d.
    fn dim(&self) -> usize;

    /// The affine map at the step `index`, from 0 (the least noise).
    fn at(&self, index: usize) -> AffineDenoiser;

    /// The distance from 1 to the next number, in the precision of the weights.
    fn weight_epsilon(&self) -> f64 {
        f64::EPSILON
    }

    /// The denoiser as coefficients along eigenvectors, if it commutes with a covariance. Then scalar recursions
    /// replace matrix products.
    fn in_eigenbasis(&self) -> Option<InEigenbasis<'_>> {
        None
    }

    /// The exact loss under laws with mean `m` and covariance `C`, per component, for each step of the schedule:
    ///
    /// ```text
    /// L_t = (1/d) [ d - 2 r tr W + tr W (ab C + (1 - ab) I) W' + || sqrt(ab) W m + b ||^2 ],   r = sqrt(1 - ab)
    /// ```
    ///
    /// It is the mean over data and noise of `(1/d) || eps - W x_t - b ||^2` ([`equations`](crate::equations) section
    /// 2). There is one result for each law; the weights are visited once.
    fn losses(&self, schedule: &Schedule, laws: &[Law<'_>]) -> Vec<StepLosses> {
        losses(self, schedule, laws)
    }
}

/// Mean `[d]` and covariance `[d, d]` of a law.
pub type Law<'a> = (&'a Col<f64>, MatRef<'a, f64>);

/// A denoiser `W_t = V diag(w_t) V'`, `b_t = -sqrt(ab_t) W_t m`, given by its coefficients along the eigenvectors V
/// of a law with the mean m.
#[derive(Debug, Clone, Copy)]
pub struct InEigenbasis<'a> {
    /// The law.
    pub law: &'a Gaussian,
    /// `sqrt(ab_t)`, by step.
    pub signal_scales: &'a [f64],
    /// `w_t`, by step and direction.
    pub weights: &'a [Vec<f64>],
}

impl<D: Denoiser + ?Sized> Denoiser for &D {
    fn dim(&self) -> usize {
        (**self).dim()
    }

    fn at(&self, index: usize) -> AffineDenoiser {
        (**self).at(index)
    }

    fn weight_epsilon(&self) -> f64 {
        (**self).weight_epsilon()
    }

    fn in_eigenbasis(&self) -> Option<InEigenbasis<'_>> {
        (**self).in_eigenbasis()
    }

    fn losses(&self, schedule: &Schedule, laws: &[Law<'_>]) -> Vec<StepLosses> {
        (**self).losses(schedule, laws)
    }
}

fn losses<D: Denoiser + ?Sized>(
    denoiser: &D,
    schedule: &Schedule,
    laws: &[Law<'_>],
) -> Vec<StepLosses> {
    let by_step: Vec<Vec<f64>> = parallel::map(0..schedule.len(), |index| {
        let affine = denoiser.at(index);
        let step = schedule.step(index);
        let loss = |(mean, covariance): &Law<'_>| step_loss(&affine, &step, mean, *covariance);
        laws.iter().map(loss).collect()
    });
    (0..laws.len())
        .map(|law| by_step.iter().map(|losses| losses[law]).collect())
        .collect()
}

/// The loss of one step under one law, per component.
fn step_loss(
    affine: &AffineDenoiser,
    step: &Step,
    mean: &Col<f64>,
    covariance: MatRef<'_, f64>,
) -> f64 {
    let weight = affine.weight.as_ref();
    let dim = weight.nrows() as f64;
    let trace: f64 = (0..weight.nrows()).map(|i| weight[(i, i)]).sum();
    let signal = inner_product(weight, (weight * covariance).as_ref());
    let quadratic = step.alpha_bar * signal + step.noise_variance * weight.squared_norm_l2();
    let offset = step.signal_scale() * (weight * mean) + &affine.bias;
    1.0 + (quadratic - 2.0 * step.noise_scale() * trace + offset.squared_norm_l2()) / dim
}

/// `tr A' B`, computed by columns as they lie in memory.
fn inner_product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> f64 {
    let columns = a.col_iter().zip(b.col_iter());
    columns.map(|(x, y)| x.transpose() * y).sum()
}
