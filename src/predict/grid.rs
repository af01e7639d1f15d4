//! The points of a grid of predictions.

use super::{PredictError, Setting};
use crate::config::{RowWeights, SamplerKind, Samples};

/// Values of each input. Every combination of them is a [`Point`]. An empty list means the value of the setting.
#[derive(Debug, Clone, Default)]
pub struct Grid {
    /// Numbers of samples.
    pub samples: Vec<usize>,
    /// Laws of the rows' weights.
    pub row_weights: Vec<RowWeights>,
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
    /// The law of the rows' weights.
    pub row_weights: RowWeights,
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
        let base = Point {
            samples: match &self.samples[..] {
                [] => own_samples(setting)?,
                values => values[0],
            },
            row_weights: setting.row_weights,
            alpha_bar: None,
            ridge: training.penalties().of(setting.model.kind).ridge,
            covariance_ridge: training.covariance_ridge,
            tau: None,
            sampler: None,
            keep: setting.schedule.keep,
        };
        let points = each(vec![base], &self.samples, |p, samples| p.samples = samples);
        let points = each(points, &self.row_weights, |p, law| p.row_weights = law);
        let points = each(points, &self.alpha_bar, |p, ab| p.alpha_bar = Some(ab));
        let points = each(points, &self.ridge, |p, ridge| p.ridge = ridge);
        let points = each(points, &self.covariance_ridge, |p, c| {
            p.covariance_ridge = c
        });
        let points = each(points, &self.tau, |p, tau| p.tau = Some(tau));
        let points = each(points, &self.samplers, |p, sampler| p.sampler = sampler);
        Ok(each(points, &self.keep, |p, keep| p.keep = Some(keep)))
    }
}

/// Each point with each of the values; the points themselves, if there are no values.
fn each<T: Copy>(points: Vec<Point>, values: &[T], set: impl Fn(&mut Point, T)) -> Vec<Point> {
    if values.is_empty() {
        return points;
    }
    let mut all = Vec::with_capacity(points.len() * values.len());
    for point in points {
        all.extend(values.iter().map(|&value| {
            let mut point = point;
            set(&mut point, value);
            point
        }));
    }
    all
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
