//! The section `schedule`.

use super::Check;
use crate::config::error::{ConfigError, Problem};
use crate::config::names::ScheduleName;
use crate::config::raw::RawSchedule;
use crate::config::{ScheduleConfig, ScheduleKind};
use crate::diffusion::Schedule;

impl Check<'_> {
    pub(super) fn schedule(&self, raw: &RawSchedule) -> Result<ScheduleConfig, ConfigError> {
        let kind = match self.choice("schedule.kind", &raw.kind, ScheduleName::Linear)? {
            ScheduleName::Linear => self.linear(raw)?,
            ScheduleName::Cosine => ScheduleKind::Cosine {
                steps: self.steps(raw)?,
            },
            ScheduleName::File => ScheduleKind::File {
                path: self.path("schedule.path", &raw.path)?,
            },
        };
        let full = ScheduleConfig { kind, keep: None };
        let schedule = full.try_build().map_err(|problem| {
            let key = match problem {
                Problem::ScheduleFile { .. } => "schedule.path",
                _ => "schedule",
            };
            self.at_file(problem, key)
        })?;
        let steps = schedule.len();
        let keep = match raw.keep {
            Some(0) => return Err(self.invalid("schedule.keep")),
            Some(keep) if keep > steps => {
                let reason = format!("must be at most the {steps} steps of the schedule");
                return Err(self.conflict("schedule.keep", reason));
            }
            keep => keep,
        };
        // All of them is the default; but a file may grow, so that its number is kept.
        let keep = match full.kind {
            ScheduleKind::File { .. } => Some(keep.unwrap_or(steps)),
            _ => keep.filter(|&keep| keep < steps),
        };
        Ok(ScheduleConfig { keep, ..full })
    }

    fn steps(&self, raw: &RawSchedule) -> Result<usize, ConfigError> {
        let allowed = |steps| (1..=Schedule::MAX_STEPS).contains(&steps);
        self.count("schedule.steps", raw.steps, 1000, allowed)
    }

    fn linear(&self, raw: &RawSchedule) -> Result<ScheduleKind, ConfigError> {
        let beta = |beta: f64| beta > 0.0 && beta < 1.0;
        let beta_start = self.number("schedule.beta_start", raw.beta_start, 1e-4, beta)?;
        let beta_end = self.number("schedule.beta_end", raw.beta_end, 1e-2, beta)?;
        if beta_start > beta_end {
            // Of the two, the one that was written is shown as wrong.
            return Err(match raw.beta_start {
                Some(_) => self.conflict(
                    "schedule.beta_start",
                    format!("must be at most schedule.beta_end, which is {beta_end:?}"),
                ),
                None => self.conflict(
                    "schedule.beta_end",
                    format!("must be at least schedule.beta_start, which is {beta_start:?}"),
                ),
            });
        }
        Ok(ScheduleKind::Linear {
            steps: self.steps(raw)?,
            beta_start,
            beta_end,
        })
    }
}
