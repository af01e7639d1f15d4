//! The noise levels of training and sampling.

use std::path::PathBuf;

use super::names::named;

/// The noise levels of training and sampling.
///
#[doc = include_str!("tables/schedule.md")]
#[derive(Debug, Clone, PartialEq, Default)]
pub struct ScheduleConfig {
    /// The full list of noise levels.
    pub kind: ScheduleKind,
    /// The number of steps that are trained and sampled; `None`: all.
    pub keep: Option<usize>,
}

/// The full list of noise levels, before steps are left out.
#[derive(Debug, Clone, PartialEq)]
pub enum ScheduleKind {
    /// The linear schedule `beta_t = beta_start + (beta_end - beta_start) t/T`.
    Linear {
        /// The number T of steps.
        steps: usize,
        /// The first beta.
        beta_start: f64,
        /// The last beta.
        beta_end: f64,
    },
    /// The cosine schedule of Nichol and Dhariwal (2021).
    Cosine {
        /// The number T of steps.
        steps: usize,
    },
    /// A file of `alpha_bar_1 ... alpha_bar_T`.
    File {
        /// The path.
        path: PathBuf,
    },
}

named!(ScheduleKind {
    "linear": ScheduleKind::Linear { steps: 1000, beta_start: 1e-4, beta_end: 1e-2 },
    "cosine": ScheduleKind::Cosine { steps: 1000 },
    "file": ScheduleKind::File { path: PathBuf::new() },
});

impl ScheduleConfig {
    /// The linear schedule `beta_t = beta_start + (beta_end - beta_start) t/T`.
    pub fn linear(steps: usize, beta_start: f64, beta_end: f64) -> Self {
        Self::of(ScheduleKind::Linear {
            steps,
            beta_start,
            beta_end,
        })
    }

    /// The cosine schedule of Nichol and Dhariwal (2021).
    pub fn cosine(steps: usize) -> Self {
        Self::of(ScheduleKind::Cosine { steps })
    }

    /// A file of `alpha_bar_1 ... alpha_bar_T`.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self::of(ScheduleKind::File { path: path.into() })
    }

    fn of(kind: ScheduleKind) -> Self {
        Self { kind, keep: None }
    }

    /// Trains and samples only `steps` of the steps.
    #[must_use]
    pub fn keep(mut self, steps: usize) -> Self {
        self.keep = Some(steps);
        self
    }
}
