//! The points of a grid of predictions.

use super::{PredictError, Setting};
use crate::config::{SamplerKind, Samples};

/// Values of each input. Every combination of them is a [`Point`]. An empty list means the value of the setting.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Numbers of samples.
    pub samples: Vec<usize>,
    /// Single noise levels, each separately, instead of the schedule.
    pub alpha_bar: Vec<f64>,
    /// Ridges gamma.
    pub ridge: Vec<f64>,
    /// Covariance ridges c.
    pub covariance_ridge: Vec<f64>,
    /// Times tau of gradient flow; empty: the optimum.
    pub tau: Vec<f64>,
    /// Reverse processes. `None`, or an empty list, means the ideal one.
    pub samplers: Vec<Option<SamplerKind>>,
    /// Numbers of kept steps of the schedule.
    pub keep: Vec<usize>,
}

/// The inputs of one prediction that may vary over a grid.
#[derive(Debug, Clone, Copy)]
pub struct Point {
    /// The number of samples.
    pub samples: usize,
    /// A single noise level; `None`: the schedule.
    pub alpha_bar: Option<f64>,
    /// The ridge gamma.
    pub ridge: f64,
    /// The covariance ridge c: it adds `alpha_bar_t c` to the ridge of step t.
    pub covariance_ridge: f64,
    /// The time of gradient flow; `None`: the optimum.
    pub tau: Option<f64>,
    /// The reverse process; `None`: the ideal one.
    pub sampler: Option<SamplerKind>,
    /// The number of kept steps; `None`: all.
    pub keep: Option<usize>,
}

impl Grid {
    /// All points. The last input varies fastest.
    ///
    /// # Errors
    /// No number of samples although the setting takes all rows; a time that is negative or not finite.
    pub fn points(&self, setting: &Setting) -> Result<Vec<Point>, PredictError> {
        let wrong = |tau: &&f64| !(tau.is_finite() && **tau >= 0.0);
        if let Some(&tau) = self.tau.iter().find(wrong) {
            return Err(PredictError::Tau { tau });
        }
        let training = &setting.training;
        let samples = match &self.samples[..] {
            [] => vec![own_samples(setting)?],
            values => values.to_vec(),
        };
        let own_ridge = training.penalties().of(setting.model.kind).ridge;
        let ridges = or_own(&self.ridge, own_ridge);
        let covariance_ridges = or_own(&self.covariance_ridge, training.covariance_ridge);
        let (levels, taus) = (or_none(&self.alpha_bar), or_none(&self.tau));
        let samplers = match &self.samplers[..] {
            [] => vec![None],
            values => values.to_vec(),
        };
        let keeps = match &self.keep[..] {
            [] => vec![setting.schedule.keep],
            values => values.iter().copied().map(Some).collect(),
        };
        let mut points = Vec::new();
        for &samples in &samples {
            for &alpha_bar in &levels {
                for &ridge in &ridges {
                    for &covariance_ridge in &covariance_ridges {
                        for &tau in &taus {
                            for &sampler in &samplers {
                                points.extend(keeps.iter().map(|&keep| Point {
                                    samples,
                                    alpha_bar,
                                    ridge,
                                    covariance_ridge,
                                    tau,
                                    sampler,
                                    keep,
                                }));
                            }
                        }
                    }
                }
            }
        }
        Ok(points)
    }
}

fn own_samples(setting: &Setting) -> Result<usize, PredictError> {
    match setting.samples {
        Samples::Count(count) => Ok(count),
        Samples::Half => {
            let rows = setting.rows.unwrap_or_default();
            Ok(Samples::Half.of_rows(rows).unwrap_or(1))
        }
        Samples::All => Err(PredictError::AllSamples),
    }
}

fn or_own(given: &[f64], own: f64) -> Vec<f64> {
    match given {
        [] => vec![own],
        values => values.to_vec(),
    }
}

fn or_none(given: &[f64]) -> Vec<Option<f64>> {
    match given {
        [] => vec![None],
        values => values.iter().copied().map(Some).collect(),
    }
}
