//! The loss with the rows as they are, by leave-one-out.

use super::choice::{NORMAL, best_ridge, gain, lowest, mean_variance};
use super::levels::Levels;
use super::question::Question;
use super::result::{Basis, BestRidge, BestTime, Forecasted, StepForecast};
use crate::config::Target;
use crate::diffusion::{NoiseLevel, Schedule};
use crate::text::pasted;
use crate::text::statistics::mean_and_error;
use crate::theory::{
    LeaveOneOut, Network, Progress, RowContour, RowLosses, TheoryError, TrainedModel,
};

/// All rows, each left out in turn, and their losses at every step.
pub(super) struct Now<'a> {
    rows: &'a LeaveOneOut,
    schedule: &'a Schedule,
    question: &'a Question,
    losses: RowLosses,
}

impl<'a> Now<'a> {
    pub fn new(rows: &'a LeaveOneOut, schedule: &'a Schedule, question: &'a Question) -> Self {
        let losses = rows.losses(&question.steps(question.ridge));
        Self {
            rows,
            schedule,
            question,
            losses,
        }
    }

    /// The loss on each row, averaged over the steps.
    pub fn by_row(&self) -> &[f64] {
        &self.losses.by_row
    }

    /// The mean loss with 1.96 of its standard errors to both sides.
    pub fn test_loss(&self) -> Forecasted {
        let value = self.losses.mean();
        let half = NORMAL * mean_and_error(self.by_row()).1.unwrap_or(0.0);
        Forecasted {
            value,
            low: (value - half).max(0.0),
            high: value + half,
            basis: Basis::Identified,
        }
    }

    /// The mean loss at each step. Its standard error is computed at some levels; between them its share of the loss
    /// is interpolated.
    pub fn by_step(&self, levels: &Levels) -> Vec<StepForecast> {
        let share = |level: NoiseLevel| {
            let gamma = self.question.ridge + level.alpha_bar() * self.question.covariance_ridge;
            let one = self.rows.losses(&[(level, gamma)]);
            let (mean, error) = mean_and_error(&one.by_row);
            NORMAL * error.unwrap_or(0.0) / mean.unwrap_or(1.0)
        };
        let shares = levels.at_steps(&levels.levels().map(share).collect::<Vec<_>>());
        let of_step = |(index, (&loss, share)): (usize, (&f64, f64))| StepForecast {
            step: self.schedule.original_step(index),
            alpha_bar: self.schedule.step(index).alpha_bar,
            test_loss: loss,
            low: (loss * (1.0 - share)).max(0.0),
            high: loss * (1.0 + share),
        };
        self.losses
            .by_step
            .iter()
            .zip(shares)
            .enumerate()
            .map(of_step)
            .collect()
    }

    /// The train loss of all rows, per component, averaged over the steps.
    pub fn train_loss(&self) -> f64 {
        let dim = self.rows.dim() as f64;
        let zeros = dim - self.rows.rank() as f64;
        let of_step = |(level, gamma): &(NoiseLevel, f64)| {
            let (signal, noise) = (level.alpha_bar(), level.noise_variance());
            // 1 - 2 r w + w^2 x at w = r/(x + gamma), x = ab s + 1 - ab
            let along = |s: f64| {
                let x = signal * s + noise;
                1.0 - noise * (x + 2.0 * gamma) / (x + gamma).powi(2)
            };
            let shown: f64 = self.rows.eigenvalues().iter().map(|&s| along(s)).sum();
            (shown + zeros * along(0.0)) / dim
        };
        let steps = self.question.steps(self.question.ridge);
        steps.iter().map(of_step).sum::<f64>() / steps.len() as f64
    }

    /// The ridge of the lowest loss. `more` are further settings that training needs for the same problem.
    pub fn best_ridge(&self, more: &str) -> BestRidge {
        let ridge = best_ridge(
            self.rows,
            &self.question.levels,
            self.question.covariance_ridge,
        );
        let with = |ridge: f64| self.rows.losses(&self.question.steps(ridge)).by_row;
        let without = if self.question.ridge == 0.0 {
            self.by_row().to_vec()
        } else {
            with(0.0)
        };
        let found = gain(&with(ridge), &without);
        if ridge > 0.0 && found.gain > 0.0 {
            let set = Some(format!("--set training.ridge={}{more}", pasted(ridge)));
            BestRidge {
                ridge,
                gain: found,
                set,
            }
        } else {
            BestRidge {
                ridge: 0.0,
                gain: gain(&without, &without),
                set: None,
            }
        }
    }

    /// The time of the lowest loss of gradient flow from `init I`, with the ridge of the question.
    pub fn best_time(
        &self,
        init: f64,
        levels: &Levels,
        more: &str,
    ) -> Result<BestTime, TheoryError> {
        /// The nodes of the search: they leave an error of about 4e-6.
        const NODES: usize = 200;
        let ridged = |level: NoiseLevel| {
            let gamma = self.question.ridge + level.alpha_bar() * self.question.covariance_ridge;
            (level, gamma)
        };
        let model = |steps: Vec<(NoiseLevel, f64)>| TrainedModel {
            steps,
            target: Target::Eps,
            network: Network::PerStep { init },
            progress: Progress::Converged,
        };
        let search = RowContour::new(
            self.rows,
            model(levels.levels().map(ridged).collect()),
            NODES,
        )?;
        let scale = 1.0 / (1.0 + mean_variance(self.rows));
        let best = lowest(1e-3 * scale, 1e6 * scale, |time| {
            let losses = search.by_step(&Progress::Flow(time));
            losses.map_or(f64::NAN, |losses| levels.average(&losses.value))
        });
        drop(search);
        let whole = RowContour::new(
            self.rows,
            model(self.question.steps(self.question.ridge)),
            RowContour::NODES,
        )?;
        let with = whole.by_row(&[Progress::Flow(best.at)])?.remove(0).value;
        let found = gain(&with, self.by_row());
        Ok(if found.gain > 0.0 {
            let set = Some(format!("--set training.tau={}{more}", pasted(best.at)));
            BestTime {
                tau: Some(best.at),
                gain: found,
                set,
            }
        } else {
            BestTime {
                tau: None,
                gain: gain(self.by_row(), self.by_row()),
                set: None,
            }
        })
    }
}
