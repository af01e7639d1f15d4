//! The question to a set of rows, and its answer.

use super::error::ForecastError;
use super::result::{Basis, BestRidge, BestTime, CrossValidation, Tail};
use super::rows::ForecastRows;
use crate::diffusion::NoiseLevel;
use crate::theory::{
    AssumedSpectrum, Ensemble, FromRows, Minimum, RowsSpectrum, TheoryError, minimise,
};

/// The number of noise levels for finding the best ridge and time.
const COARSE: usize = 25;
/// Parts of the cross-validation, each held out once.
const FOLDS: usize = 5;

/// The question that every set of rows is asked.
pub(super) struct Question {
    /// The noise levels with their ridges.
    pub steps: Vec<(NoiseLevel, f64)>,
    /// The numbers of rows to forecast for. The first is that of the given rows.
    pub samples: Vec<usize>,
}

pub(super) type Based = (f64, Basis);

pub(super) struct Answer {
    pub by_step: Vec<f64>,
    pub oracle: Based,
    pub with_samples: Vec<Averages>,
    pub tail: Option<Tail>,
}

pub(super) struct Averages {
    pub train: f64,
    pub test: Based,
    pub excess: Based,
    pub w2: Based,
}

impl Question {
    /// The forecasts from a set of rows. `samples` stay those of all rows, even if some are left out.
    pub fn answer(&self, rows: &RowsSpectrum) -> Result<Answer, ForecastError> {
        let assumed = rows.assumed_spectrum()?;
        let oracle = self.average(rows, &assumed, f64::INFINITY)?;
        let least = rows.least_kappa();
        let w2_basis = if least > 0.0 {
            Basis::AssumesTheTail
        } else {
            Basis::Identified
        };
        let mut with_samples = Vec::new();
        let mut by_step = Vec::new();
        for (k, &samples) in self.samples.iter().enumerate() {
            let average = self.average(rows, &assumed, samples as f64)?;
            let basis = match (average.basis, oracle.basis) {
                (Basis::Identified, Basis::Identified) => Basis::Identified,
                _ => Basis::AssumesTheTail,
            };
            let ensemble = Ensemble::new(&assumed.spectrum, samples, rows.mean())?;
            with_samples.push(Averages {
                train: average.train,
                test: (average.test, average.basis),
                excess: (average.test - oracle.test, basis),
                w2: (ensemble.wasserstein()?, w2_basis),
            });
            if k == 0 {
                by_step = average.by_step;
            }
        }
        Ok(Answer {
            by_step,
            oracle: (oracle.test, oracle.basis),
            with_samples,
            tail: (least > 0.0).then_some(Tail {
                least_effective_ridge: least,
                exponent: assumed.exponent,
            }),
        })
    }

    /// The losses with a number of rows, averaged over the steps. At each step they come from the rows if these
    /// determine them, else from the assumed spectrum.
    fn average(
        &self,
        rows: &RowsSpectrum,
        assumed: &AssumedSpectrum,
        samples: f64,
    ) -> Result<Average, ForecastError> {
        let (mut train, mut by_step) = (0.0, Vec::new());
        let mut basis = Basis::Identified;
        for (level, gamma) in &self.steps {
            // The oracle does not need a ridge.
            let gamma = if samples.is_finite() { *gamma } else { 0.0 };
            let losses = match rows.losses(samples, level, gamma)? {
                FromRows::Identified(losses) => losses,
                FromRows::NeedsTail => {
                    basis = Basis::AssumesTheTail;
                    let many = samples.min(1e15);
                    Ensemble::at(&assumed.spectrum, many, rows.mean())?.losses(level, gamma)?
                }
            };
            train += losses.train_loss;
            by_step.push(losses.test_loss);
        }
        let count = self.steps.len() as f64;
        Ok(Average {
            train: train / count,
            test: by_step.iter().sum::<f64>() / count,
            by_step,
            basis,
        })
    }

    /// A few of the steps, spread over the schedule.
    fn coarse(&self) -> Vec<(NoiseLevel, f64)> {
        let count = self.steps.len().min(COARSE);
        let at = |i: usize| self.steps[((2 * i + 1) * self.steps.len()) / (2 * count)];
        (0..count).map(at).collect()
    }

    pub fn best_ridge(&self, rows: &RowsSpectrum) -> Result<BestRidge, ForecastError> {
        let samples = rows.samples();
        let test = |steps: &[(NoiseLevel, f64)], ridge: Option<f64>| {
            let mut total = 0.0;
            for (level, gamma) in steps {
                // For their own number of samples the rows always determine the loss.
                match rows.losses(samples, level, ridge.unwrap_or(*gamma))? {
                    FromRows::Identified(losses) => total += losses.test_loss,
                    FromRows::NeedsTail => return Ok(f64::NAN),
                }
            }
            Ok::<f64, TheoryError>(total / steps.len() as f64)
        };
        let coarse = self.coarse();
        let scale = 1.0 + rows.trace() / rows.dim() as f64;
        let best = minimise(
            |ridge| test(&coarse, Some(ridge)),
            1e-9 * scale,
            1e4 * scale,
        )?;
        Ok(BestRidge {
            ridge: best.at,
            test_loss: test(&self.steps, Some(best.at))?,
            test_loss_without: test(&self.steps, Some(0.0))?,
        })
    }

    pub fn best_time(&self, rows: &RowsSpectrum) -> Result<BestTime, ForecastError> {
        let coarse = self.coarse();
        let average = |steps: &[(NoiseLevel, f64)], time: f64| {
            let loss = |(level, gamma): &(NoiseLevel, f64)| rows.test_loss_at(level, *gamma, time);
            steps.iter().map(loss).sum::<f64>() / steps.len() as f64
        };
        let test = |time: f64| Ok(average(&coarse, time));
        let scale = 1.0 / (1.0 + rows.trace() / rows.dim() as f64);
        let high = 1e5 * scale;
        let Minimum { at, value } = minimise(test, 1e-2 * scale, high)?;
        let end = test(high)?;
        // Stopping must lower the loss noticeably.
        let time = (value < end * (1.0 - 1e-3)).then_some(at);
        Ok(BestTime {
            tau: time,
            test_loss: average(&self.steps, time.unwrap_or(high)),
        })
    }

    /// The mean loss of the closed form of the chosen rows on the others.
    pub fn held_out_loss(
        &self,
        rows: &ForecastRows,
        chosen: &[usize],
    ) -> Result<f64, ForecastError> {
        let held_out = rows.held_out(chosen)?;
        let loss = |(level, gamma): &(NoiseLevel, f64)| {
            let (signal, noise) = (level.alpha_bar(), level.noise_variance());
            let weight = |s: f64| noise.sqrt() / (signal * s + noise + gamma);
            let along = |s: f64, square: f64| {
                let w = weight(s);
                w * (w * (signal * square + noise) - 2.0 * noise.sqrt())
            };
            let pairs = held_out.eigenvalues.iter().zip(&held_out.squares);
            let shown: f64 = pairs.map(|(&s, &q)| along(s, q)).sum();
            let empty = rows.rows.dim() - held_out.eigenvalues.len();
            let rest = held_out.total - held_out.squares.iter().sum::<f64>();
            let lost = match empty {
                0 => 0.0,
                _ => empty as f64 * along(0.0, rest / empty as f64),
            };
            1.0 + (shown + lost) / rows.rows.dim() as f64
        };
        Ok(self.steps.iter().map(loss).sum::<f64>() / self.steps.len() as f64)
    }

    pub fn cross_validation(
        &self,
        rows: &ForecastRows,
        spectrum: &RowsSpectrum,
    ) -> Result<CrossValidation, ForecastError> {
        let mut losses = Vec::new();
        for fold in 0..FOLDS {
            losses.push(self.held_out_loss(rows, &rows.without(fold, FOLDS))?);
        }
        let folds = FOLDS as f64;
        let test = losses.iter().sum::<f64>() / folds;
        let squares: f64 = losses.iter().map(|l| (l - test).powi(2)).sum();
        let samples = rows.without(0, FOLDS).len();
        let assumed = spectrum.assumed_spectrum()?;
        Ok(CrossValidation {
            folds: FOLDS,
            samples,
            test_loss: test,
            standard_error: (squares / (folds * (folds - 1.0))).sqrt(),
            forecast: self.average(spectrum, &assumed, samples as f64)?.test,
        })
    }
}

pub(super) struct Average {
    pub train: f64,
    pub test: f64,
    pub by_step: Vec<f64>,
    pub basis: Basis,
}
