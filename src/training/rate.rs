//! Learning rates, and the largest stable ones.

use std::f64::consts::PI;

use faer::Mat;

use crate::config::{ModelConfig, ModelKind, Penalties, RateSchedule, TrainingConfig};
use crate::denoiser::Regression;
use crate::diffusion::{Schedule, Step, TimeBasis};
use crate::gaussian::{EigenError, symmetric_eigen};

/// The share of the stability bound that `learning_rate = "auto"` uses.
pub const AUTO_SHARE: f64 = 0.9;
/// The share for noisy gradients (fresh noise, minibatches). Near the bound descent is stable, but there the noise
/// raises the loss many times.
pub const AUTO_SHARE_IN_NOISE: f64 = 0.45;

/// The learning rate of every epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct LearningRate {
    base: f64,
    schedule: RateSchedule,
    epochs: usize,
}

impl LearningRate {
    /// The rates of a schedule that starts with `base`.
    pub fn new(base: f64, schedule: RateSchedule, epochs: usize) -> Self {
        Self {
            base,
            schedule,
            epochs,
        }
    }

    /// The learning rate of the first epoch.
    pub fn base(&self) -> f64 {
        self.base
    }

    /// The learning rate after `done` epochs: constant, or `base (1 + cos(pi done/epochs))/2`.
    pub fn at(&self, done: usize) -> f64 {
        match self.schedule {
            RateSchedule::Constant => self.base,
            RateSchedule::Cosine => {
                self.base * 0.5 * (1.0 + (PI * done as f64 / self.epochs as f64).cos())
            }
        }
    }
}

/// What the stability of gradient descent depends on at a step: the extreme eigenvalues x of the second moment of the
/// inputs, without a ridge, and its trace.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Inputs {
    /// The largest x.
    pub largest: f64,
    /// The least x.
    pub least: f64,
    /// The trace.
    pub trace: f64,
    /// The dimension d.
    pub dim: usize,
}

impl Inputs {
    /// The inputs of the exact objective at every step: `x = ab s + 1 - ab` over the eigenvalues s of the training
    /// covariance. The extremes of frozen draws ([`FrozenDraws::extremes`](super::FrozenDraws::extremes)) replace
    /// those, if given.
    pub fn by_step(
        schedule: &Schedule,
        eigenvalues: &[f64],
        frozen: Option<&[[f64; 2]]>,
    ) -> Vec<Self> {
        let largest = eigenvalues.iter().fold(0.0, |a: f64, &b| a.max(b));
        let least = eigenvalues
            .iter()
            .fold(f64::INFINITY, |a: f64, &b| a.min(b));
        let trace: f64 = eigenvalues.iter().sum();
        let dim = eigenvalues.len();
        let at = |(index, step): (usize, Step)| {
            let noised = |s: f64| step.alpha_bar * s.max(0.0) + step.noise_variance;
            let [largest, least] = match frozen {
                Some(extremes) => extremes[index],
                None => [noised(largest), noised(least)],
            };
            Self {
                largest,
                least,
                trace: step.alpha_bar * trace + step.noise_variance * dim as f64,
                dim,
            }
        };
        schedule.iter().enumerate().map(at).collect()
    }

    /// These inputs with a ridge, which adds to every eigenvalue.
    fn with_ridge(self, ridge: f64) -> Self {
        Self {
            largest: self.largest + ridge,
            least: self.least + ridge,
            trace: self.trace + ridge * self.dim as f64,
            dim: self.dim,
        }
    }
}

/// The largest stable learning rate of gradient descent with momentum m ([`equations`](crate::equations) section 2;
/// in a basis of time, and for targets other than the noise, past the paper):
///
/// ```text
/// all rows                               eta < (1 + m)/h
/// fresh noise or minibatches of B rows   1/eta > h/(1 + m) + (h + v)/(B (1 - m))
///
/// per-step    h = max(1, max x)                                      v = max tr S
/// time-basis  h = the largest eigenvalue of sum_t phi phi' max x_t   v = sum_t |phi|^2 tr S
///                 (or of sum_t phi phi', for the offsets)
/// two-layer   h = max(1, max x w + |mu|), w = max |mu|/x or init     v = max 2 w tr S
/// ```
///
/// Here x are the eigenvalues of the second moment S of the inputs plus the ridge gamma_t, and mu is that of
/// [`Regression`]. Decay adds to h.
///
/// For Gaussian inputs the mean of `y y' y y'` is `2 S^2 + S tr S`. One `S^2` of it is there without any noise, hence
/// h + v: a rate slightly below the one at which mean squares diverge. 1/B is its mean over the minibatches of an
/// epoch, the last of which may be smaller.
///
/// For two layers the bound holds around their optimum. With momentum they take (1 - m)/h, because they may arrive
/// there too fast. In a basis of time the bound for frozen draws is safe, not sharp.
///
/// No bound is known for frozen minibatches: the noise term of B rows is added to the bound of all rows. Nor is one
/// known for two layers with noisy gradients. There the balance of the layers, which is constant under gradient flow,
/// grows by `1 + eta^2 tr S |f|^2/(d B)` a step, where f is the target. The rate limits that to a factor e over the
/// run.
pub fn stable_rate(
    training: &TrainingConfig,
    model: &ModelConfig,
    schedule: &Schedule,
    inputs: &[Inputs],
    samples: usize,
) -> Result<f64, EigenError> {
    let momentum = training.optimizer.momentum();
    let penalties = training.penalties().of(model.kind);
    let (curvature, spread) = match model.kind {
        ModelKind::PerStep => per_step(penalties, schedule, inputs),
        ModelKind::TimeBasis { basis } => in_time_basis(penalties, schedule, inputs, basis)?,
        ModelKind::TwoLayer { .. } => two_layer(penalties, model, schedule, inputs),
    };
    let minibatches = training.minibatches(samples);
    let plain = match model.kind {
        // With momentum two layers pass their optimum, where the curvature is larger. So they take the rate without
        // momentum, times 1 - m.
        ModelKind::TwoLayer { .. } => curvature / (1.0 - momentum),
        _ => curvature / (1.0 + momentum),
    };
    let Some(inverse_rows) = minibatches.map(|rows| mean_inverse(samples, rows)) else {
        return Ok(1.0 / plain);
    };
    let noise = (curvature + spread) * inverse_rows / (1.0 - momentum);
    let bound = 1.0 / (plain + noise);
    Ok(match model.kind {
        ModelKind::TwoLayer { .. } => {
            let rows = minibatches.expect("there is noise");
            let steps = training.epochs.max(1) * samples.div_ceil(rows);
            let growth = layer_noise(model, schedule, inputs) * inverse_rows;
            bound.min((1.0 - momentum) / (growth * steps as f64).sqrt())
        }
        _ => bound,
    })
}

/// The mean of 1/B over the minibatches of an epoch.
fn mean_inverse(samples: usize, rows: usize) -> f64 {
    let (whole, rest) = (samples / rows, samples % rows);
    let inverse = whole as f64 / rows as f64;
    match rest {
        0 => inverse / whole as f64,
        rest => (inverse + 1.0 / rest as f64) / (whole + 1) as f64,
    }
}

/// How fast noise drives the two layers apart: `tr S |f|^2/d`, where f is the target.
fn layer_noise(model: &ModelConfig, schedule: &Schedule, inputs: &[Inputs]) -> f64 {
    let steps = schedule.iter().zip(inputs);
    let growth = steps.map(|(step, inputs)| {
        let parts = model.target.parts(&step.level());
        let data = (inputs.trace / inputs.dim as f64 - step.noise_variance) / step.alpha_bar;
        inputs.trace * (parts.noise.powi(2) + parts.data.powi(2) * data)
    });
    growth.fold(0.0, f64::max)
}

/// The numbers h and v.
fn per_step(penalties: Penalties, schedule: &Schedule, inputs: &[Inputs]) -> (f64, f64) {
    let (mut curvature, mut spread) = (1.0_f64, 0.0_f64);
    for (step, inputs) in schedule.iter().zip(inputs) {
        let inputs = inputs.with_ridge(penalties.at(step.alpha_bar));
        curvature = curvature.max(inputs.largest);
        spread = spread.max(inputs.trace);
    }
    (curvature, spread)
}

fn in_time_basis(
    penalties: Penalties,
    schedule: &Schedule,
    inputs: &[Inputs],
    basis: usize,
) -> Result<(f64, f64), EigenError> {
    let phi = TimeBasis::new(basis, schedule.log_snr_range()).at(schedule);
    let steps = schedule.iter().zip(inputs);
    let inputs: Vec<Inputs> = steps
        .map(|(step, inputs)| inputs.with_ridge(penalties.at(step.alpha_bar)))
        .collect();
    let largest = |weights: &dyn Fn(&Inputs) -> f64| {
        let moment = Mat::from_fn(basis, basis, |j, k| {
            let steps = phi.iter().zip(&inputs);
            steps.map(|(phi, i)| phi[j] * phi[k] * weights(i)).sum()
        });
        symmetric_eigen(moment.as_ref()).map(|(values, _)| values[0])
    };
    let weights = largest(&|inputs| inputs.largest)? + penalties.decay;
    let offsets = largest(&|_| 1.0)?;
    let square = |phi: &[f64]| phi.iter().map(|p| p * p).sum::<f64>();
    let spread = phi.iter().zip(&inputs);
    let spread = spread.map(|(phi, i)| square(phi) * i.trace).sum();
    Ok((weights.max(offsets), spread))
}

fn two_layer(
    penalties: Penalties,
    model: &ModelConfig,
    schedule: &Schedule,
    inputs: &[Inputs],
) -> (f64, f64) {
    let (mut curvature, mut spread) = (1.0_f64, 0.0_f64);
    for (step, inputs) in schedule.iter().zip(inputs) {
        let level = step.level();
        let ridge = penalties.at(step.alpha_bar);
        // Both |mu| and |mu|/x are largest at an end of the spectrum.
        let ends = [inputs.largest, inputs.least].map(|x| {
            let s = ((x - step.noise_variance) / step.alpha_bar).max(0.0);
            let mu = Regression::new(&level, model.target, ridge, s).mu.abs();
            (mu, mu / (x + ridge))
        });
        let mu = ends[0].0.max(ends[1].0);
        let product = ends[0].1.max(ends[1].1).max(model.init);
        let inputs = inputs.with_ridge(ridge);
        let own = inputs.largest * product + mu + penalties.decay;
        curvature = curvature.max(own);
        spread = spread.max(2.0 * product * inputs.trace);
    }
    (curvature, spread)
}
