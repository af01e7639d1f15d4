//! The noise schedule.

use std::f64::consts::FRAC_PI_2;

use super::NoiseLevel;

/// The largest `beta_t` of the cosine schedule (Nichol and Dhariwal, arXiv 2102.09672, section 3.2).
const COSINE_MAX_BETA: f64 = 0.999;
/// Their offset `s`, which keeps the first steps from being too small.
const COSINE_OFFSET: f64 = 0.008;

/// Why a list of numbers cannot be a noise schedule.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum ScheduleError {
    #[error("a schedule needs at least 1 step")]
    Empty,
    #[error("steps = {steps}: at most {} steps", Schedule::MAX_STEPS)]
    TooLong { steps: usize },
    #[error("{name} = {value}: a beta must be above 0 and below 1")]
    Beta { name: &'static str, value: f64 },
    #[error("beta_start = {start} is above beta_end = {end}")]
    BetaOrder { start: f64, end: f64 },
    #[error(
        "alpha_bar_{step} = {value}: needs 1 > alpha_bar_1 > alpha_bar_2 > ... > 0, and the one before it is {previous}"
    )]
    AlphaBar {
        step: usize,
        value: f64,
        previous: f64,
    },
    #[error("keep = {keep}: must be from 1 to the {steps} steps of the schedule")]
    Keep { keep: usize, steps: usize },
}

/// A noise schedule: the kept steps `i = 1 ... T`, each with its `alpha_bar_i`.
///
/// It stores `log alpha_bar_i`, so that `1 - alpha_bar` and `beta` keep all their digits where `alpha_bar` is close
/// to 1.
///
/// ```
/// use lindiff::diffusion::Schedule;
///
/// let schedule = Schedule::linear(1000, 1e-4, 1e-2)?.keep(100)?;
/// assert_eq!((schedule.len(), schedule.original_step(99)), (100, 1000));
/// assert!(schedule.step(0).alpha_bar > schedule.step(99).alpha_bar);
/// # Ok::<(), lindiff::diffusion::ScheduleError>(())
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Schedule {
    log_alpha_bar: Vec<f64>,
    /// The number of each kept step in the full schedule.
    original: Vec<usize>,
    /// The log signal-to-noise ratio of the last and of the first step of the full schedule.
    log_snr_range: [f64; 2],
}

/// One step of a [`Schedule`], from `alpha_bar` back to `previous_alpha_bar` (1 for the first step).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Step {
    /// `alpha_bar_t`
    pub alpha_bar: f64,
    /// `1 - alpha_bar_t`, the variance of the noise
    pub noise_variance: f64,
    /// `alpha_bar_(t-1)`, of the step before in this list; 1 for the first
    pub previous_alpha_bar: f64,
    /// `1 - alpha_bar_(t-1)`
    pub previous_noise_variance: f64,
    /// `beta_t = 1 - alpha_bar_t / alpha_bar_(t-1)`
    pub beta: f64,
    /// `h_t = -log(1 - beta_t)`, the step in the own time of the variance-preserving process
    pub time_step: f64,
}

impl Step {
    /// The noise level of the step.
    pub fn level(&self) -> NoiseLevel {
        NoiseLevel::new(self.alpha_bar, self.noise_variance)
    }

    /// `sqrt(1 - alpha_bar_t)`, the standard deviation of the noise: `r` in [`equations`](crate::equations).
    pub fn noise_scale(&self) -> f64 {
        self.noise_variance.sqrt()
    }

    /// `sqrt(alpha_bar_t)`, by which the data is scaled.
    pub fn signal_scale(&self) -> f64 {
        self.alpha_bar.sqrt()
    }
}

impl Schedule {
    /// The longest schedule that is accepted.
    pub const MAX_STEPS: usize = 10_000_000;

    /// `beta_t = beta_start + (beta_end - beta_start) t/T`, `t = 1 ... T` (Merger and Goldt, arXiv 2505.24769,
    /// with 1e-4, 1e-2 and T = 1000).
    pub fn linear(steps: usize, beta_start: f64, beta_end: f64) -> Result<Self, ScheduleError> {
        for (name, value) in [("beta_start", beta_start), ("beta_end", beta_end)] {
            if !(value > 0.0 && value < 1.0) {
                return Err(ScheduleError::Beta { name, value });
            }
        }
        if beta_start > beta_end {
            return Err(ScheduleError::BetaOrder {
                start: beta_start,
                end: beta_end,
            });
        }
        let beta = |t| beta_start + (beta_end - beta_start) * t as f64 / steps as f64;
        Self::from_log_steps(steps, |t| (-beta(t)).ln_1p())
    }

    /// `alpha_bar_t = f(t)/f(0)`, `f(t) = cos^2(pi/2 (t/T + s)/(1 + s))`, `s = 0.008`, each `beta_t` at most
    /// 0.999 (Nichol and Dhariwal, arXiv 2102.09672).
    pub fn cosine(steps: usize) -> Result<Self, ScheduleError> {
        let f = |t: usize| {
            let x = (t as f64 / steps as f64 + COSINE_OFFSET) / (1.0 + COSINE_OFFSET);
            (x * FRAC_PI_2).cos().powi(2)
        };
        Self::from_log_steps(steps, |t| (f(t) / f(t - 1)).max(1.0 - COSINE_MAX_BETA).ln())
    }

    /// A schedule given by its `alpha_bar_1 ... alpha_bar_T`.
    pub fn from_alpha_bar(alpha_bar: &[f64]) -> Result<Self, ScheduleError> {
        Self::check_length(alpha_bar.len())?;
        let log_alpha_bar = alpha_bar.iter().map(|a| a.ln()).collect();
        Self::checked(log_alpha_bar, |t| alpha_bar[t - 1])
    }

    /// Accumulates `log alpha_bar_t` from the logarithm of `1 - beta_t`.
    fn from_log_steps(
        steps: usize,
        log_alpha: impl Fn(usize) -> f64,
    ) -> Result<Self, ScheduleError> {
        Self::check_length(steps)?;
        let mut sum = 0.0;
        let log_alpha_bar: Vec<f64> = (1..=steps)
            .map(|t| {
                sum += log_alpha(t);
                sum
            })
            .collect();
        let alpha_bar: Vec<f64> = log_alpha_bar.iter().map(|l| l.exp()).collect();
        Self::checked(log_alpha_bar, |t| alpha_bar[t - 1])
    }

    fn check_length(steps: usize) -> Result<(), ScheduleError> {
        match steps {
            0 => Err(ScheduleError::Empty),
            _ if steps > Self::MAX_STEPS => Err(ScheduleError::TooLong { steps }),
            _ => Ok(()),
        }
    }

    fn checked(
        log_alpha_bar: Vec<f64>,
        alpha_bar: impl Fn(usize) -> f64,
    ) -> Result<Self, ScheduleError> {
        let mut previous = 1.0;
        for step in 1..=log_alpha_bar.len() {
            let value = alpha_bar(step);
            if !(value > 0.0 && value < previous) {
                return Err(ScheduleError::AlphaBar {
                    step,
                    value,
                    previous,
                });
            }
            previous = value;
        }
        // log(ab/(1 - ab))
        let log_snr = |log: &f64| log - (-log.exp_m1()).ln();
        let ends = [log_alpha_bar.last(), log_alpha_bar.first()];
        Ok(Self {
            original: (1..=log_alpha_bar.len()).collect(),
            log_snr_range: ends.map(|log| log.map_or(0.0, log_snr)),
            log_alpha_bar,
        })
    }

    /// Keeps the steps `t_i = floor(i T/keep)`, `i = 1 ... keep`, with their `alpha_bar` (called trailing spacing
    /// elsewhere). `beta` and the time steps are those between kept steps.
    pub fn keep(&self, keep: usize) -> Result<Self, ScheduleError> {
        let steps = self.len();
        if keep == 0 || keep > steps {
            return Err(ScheduleError::Keep { keep, steps });
        }
        let kept = (1..=keep).map(|i| i * steps / keep - 1);
        Ok(Self {
            log_alpha_bar: kept.clone().map(|t| self.log_alpha_bar[t]).collect(),
            original: kept.map(|t| self.original[t]).collect(),
            log_snr_range: self.log_snr_range,
        })
    }

    /// The number T of steps.
    #[allow(clippy::len_without_is_empty)] // a schedule is never empty
    pub fn len(&self) -> usize {
        self.log_alpha_bar.len()
    }

    /// `log(alpha_bar/(1 - alpha_bar))` of the last and of the first step of the full schedule. All of its steps,
    /// kept or not, lie between these.
    pub fn log_snr_range(&self) -> [f64; 2] {
        self.log_snr_range
    }

    /// The number in the full schedule of the kept step `index` (from 0).
    pub fn original_step(&self, index: usize) -> usize {
        self.original[index]
    }

    /// The step `index`, from 0. A reverse process takes step 0 last.
    pub fn step(&self, index: usize) -> Step {
        let log = self.log_alpha_bar[index];
        let previous = if index == 0 {
            0.0
        } else {
            self.log_alpha_bar[index - 1]
        };
        Step {
            alpha_bar: log.exp(),
            noise_variance: -log.exp_m1(),
            previous_alpha_bar: previous.exp(),
            previous_noise_variance: -previous.exp_m1(),
            beta: -(log - previous).exp_m1(),
            time_step: previous - log,
        }
    }

    /// All steps, from the least noise to the most.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = Step> + ExactSizeIterator + '_ {
        (0..self.len()).map(|i| self.step(i))
    }

    /// `alpha_bar_T`: how much of the data's variance remains in the last step.
    pub fn terminal_alpha_bar(&self) -> f64 {
        self.step(self.len() - 1).alpha_bar
    }
}
