//! One step of a reverse process as coefficients, independent of the denoiser.

use crate::config::{SamplerKind, Variance};
use crate::diffusion::{Schedule, Step};

/// One reverse step from t to t - 1, with `e_t(u)` the denoiser:
///
/// ```text
/// v = p u + q e_t(u)                                   without a corrector: u_(t-1) = v + sigma xi
/// u_(t-1) = s u + p' v + q' e_(t-1)(v) + sigma xi      with a corrector
/// ```
///
/// A sampler is one rule a step, from the least noise, whoever makes them:
///
/// ```
/// use lindiff::config::SamplerKind;
/// use lindiff::diffusion::Schedule;
/// use lindiff::sampling::{StepRule, rules};
///
/// let schedule = Schedule::cosine(100)?;
/// // ddim with a little noise in every step but the last.
/// let mut own: Vec<StepRule> = rules(SamplerKind::Ddim, &schedule);
/// own[1..].iter_mut().for_each(|rule| rule.sigma = 0.01);
/// assert_eq!(own.len(), schedule.len());
/// # Ok::<(), lindiff::diffusion::ScheduleError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct StepRule {
    /// The factor p of the current point.
    pub point: f64,
    /// The factor q of the predicted noise.
    pub noise: f64,
    /// The standard deviation of the added noise.
    pub sigma: f64,
    /// The second stage, if there is one.
    pub corrector: Option<Corrector>,
}

/// The second stage of a [`StepRule`].
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corrector {
    /// The factor s of the point before the step.
    pub start: f64,
    /// The factor p' of the point after the first stage.
    pub point: f64,
    /// The factor q' of the noise predicted there, one step later.
    pub noise: f64,
}

/// The rules of a sampler for each step of a schedule. The first is that of the least noise, which is taken last.
///
/// Here `h_t = -log(1 - beta_t)` and `r_t = sqrt(1 - ab_t)`:
///
/// ```text
/// ddpm   (u - beta_t/r_t e)/sqrt(1 - beta_t) + sigma_t xi,   sigma_t^2 = beta_t or beta_t (1-ab_(t-1))/(1-ab_t)
/// sde    u + h_t (u/2 - e/r_t) + sqrt(h_t) xi
/// ode    u + h_t/2 (u - e/r_t)
/// heun   k1 = h_t/2 (u - e_t(u)/r_t),  v = u + k1,  k2 = h_t/2 (v - e_(t-1)(v)/r_(t-1)),  u + (k1 + k2)/2
/// ddim   sqrt(ab_(t-1)) (u - r_t e)/sqrt(ab_t) + r_(t-1) e
/// ```
///
/// No noise is added in the last step. The last step of heun is that of ode.
pub fn rules(kind: SamplerKind, schedule: &Schedule) -> Vec<StepRule> {
    let rule = |(index, step): (usize, Step)| {
        let last = index == 0;
        let rule = match kind {
            SamplerKind::Ddpm(variance) => ancestral(&step, variance),
            SamplerKind::Sde => euler_maruyama(&step),
            SamplerKind::Ode => probability_flow(&step),
            SamplerKind::Heun if last => probability_flow(&step),
            SamplerKind::Heun => heun(&step),
            SamplerKind::Ddim => ddim(&step),
        };
        if last {
            StepRule { sigma: 0.0, ..rule }
        } else {
            rule
        }
    };
    schedule.iter().enumerate().map(rule).collect()
}

fn ancestral(step: &Step, variance: Variance) -> StepRule {
    // 1/sqrt(1 - beta), finite also where beta rounds to 1.
    let point = (step.time_step / 2.0).exp();
    let variance = match variance {
        Variance::Beta => step.beta,
        Variance::Posterior => step.beta * step.previous_noise_variance / step.noise_variance,
    };
    StepRule {
        point,
        noise: -point * step.beta / step.noise_scale(),
        sigma: variance.sqrt(),
        corrector: None,
    }
}

fn euler_maruyama(step: &Step) -> StepRule {
    StepRule {
        point: 1.0 + step.time_step / 2.0,
        noise: -step.time_step / step.noise_scale(),
        sigma: step.time_step.sqrt(),
        corrector: None,
    }
}

fn probability_flow(step: &Step) -> StepRule {
    StepRule {
        point: 1.0 + step.time_step / 2.0,
        noise: -step.time_step / (2.0 * step.noise_scale()),
        sigma: 0.0,
        corrector: None,
    }
}

fn heun(step: &Step) -> StepRule {
    let half = step.time_step / 2.0;
    let corrector = Corrector {
        start: 0.5,
        point: 0.5 * (1.0 + half),
        noise: -0.5 * half / step.previous_noise_variance.sqrt(),
    };
    StepRule {
        corrector: Some(corrector),
        ..probability_flow(step)
    }
}

fn ddim(step: &Step) -> StepRule {
    let point = (step.previous_alpha_bar / step.alpha_bar).sqrt();
    StepRule {
        point,
        noise: step.previous_noise_variance.sqrt() - point * step.noise_scale(),
        sigma: 0.0,
        corrector: None,
    }
}
