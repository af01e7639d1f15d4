//! How far the rows' energies are spread for another number of rows.

use super::energies::{Energy, mean_of};
use super::interpolated::{Interpolated, slopes};
use super::moved::Spread;
use super::shown::Shown;

/// Below this relative variance the energies count as equal.
const NO_SPREAD: f64 = 1e-12;
/// The least value of `1 - B df2/M`, which is above 0 for any law, but here estimated.
const LEAST_ROOM: f64 = 0.05;

/// The spread of the truth's weights, as the rows show it:
///
/// ```text
/// V = var(x/mean x),   v_n = 2 df2/(D^2 (1 - B df2/n)),   1 + sigma^2 = (1 + V)/(1 + v_n)
/// B = mean[ (x/(t + x/n))^2 ]/D^2
/// ```
#[derive(Debug, Clone, Copy)]
pub(super) struct WeightSpread {
    /// V
    seen: f64,
    /// `1 + sigma^2`
    truth: f64,
    /// `min x/mean x`
    least: f64,
}

impl WeightSpread {
    /// Values that are to stay as they are.
    #[cfg(test)]
    pub const UNSEEN: Self = Self {
        seen: 0.0,
        truth: 1.0,
        least: 1.0,
    };
}

impl Shown {
    pub fn weight_spread(&self) -> WeightSpread {
        let [second] = mean_of(&self.energies, |x, _| [(x / self.mean - 1.0).powi(2)]);
        let least = self.energies.iter().fold(f64::INFINITY, |a, b| a.min(b.x));
        WeightSpread {
            seen: second,
            truth: (1.0 + second) / (1.0 + self.own_variance(self.samples, 1.0)),
            least: least / self.mean,
        }
    }

    /// `v_M`, the relative variance of x that is due to finitely many degrees of freedom.
    fn own_variance(&self, samples: f64, t: f64) -> f64 {
        let share = 1.0 / samples;
        let [square] = mean_of(&self.energies, |x, _| [(x / (t + x * share)).powi(2)]);
        let degrees = self.degrees * self.degrees;
        let second = self.second_degrees();
        let room = (1.0 - square / degrees * second * share).max(LEAST_ROOM);
        2.0 * second / (degrees * room)
    }

    /// The truth's weights `w_i`, with the mean 1: x without the noise of finitely many degrees of freedom.
    pub fn true_weights(&self) -> Vec<Energy> {
        let spread = self.weight_spread();
        let factor = match spread.seen < NO_SPREAD {
            true => 0.0,
            false => ((spread.truth - 1.0).max(0.0) / spread.seen).sqrt(),
        };
        let weight = |energy: &Energy| Energy {
            x: 1.0 + factor * (energy.x / self.mean - 1.0),
            ..*energy
        };
        self.energies.iter().map(weight).collect()
    }

    /// The factor of the spread for M rows, `f^2 = [(1 + sigma^2)(1 + v_M) - 1]/V`, with the weights' spread of the
    /// truth. No x becomes less than half of the least one.
    pub fn spread_factor(&self, samples: f64, weights: WeightSpread) -> Option<f64> {
        if weights.seen < NO_SPREAD {
            return Some(1.0);
        }
        let t = self.moved(samples, Spread::NONE)?.ratio;
        let spread = weights.truth * (1.0 + self.own_variance(samples, t)) - 1.0;
        let factor = (spread / weights.seen).max(0.0).sqrt();
        Some(factor.min((1.0 - 0.5 * weights.least) / (1.0 - weights.least)))
    }
}

/// The factor of the spread for M rows, between ridges where it is known.
pub(super) struct SpreadOnGrid {
    /// Along `log z`.
    factor: Interpolated,
    /// The least and the largest `log z`.
    range: [f64; 2],
}

impl SpreadOnGrid {
    /// From the factors at increasing `log z`, at the distance `step`; `None` where M rows do not reach.
    pub fn new(start: f64, step: f64, factors: impl Iterator<Item = Option<f64>>) -> Self {
        let known = factors
            .enumerate()
            .filter_map(|(k, factor)| Some((k, factor?)));
        let (points, values): (Vec<usize>, Vec<f64>) = known.unzip();
        let slopes = slopes(&values, step);
        let points: Vec<f64> = points.iter().map(|&k| start + k as f64 * step).collect();
        Self {
            range: [points[0], points[points.len() - 1]],
            factor: Interpolated::new(points, values, slopes, 2),
        }
    }

    /// At a ridge z.
    pub fn at(&self, ridge: f64) -> Spread {
        let log_ridge = ridge.ln();
        let inside = log_ridge.clamp(self.range[0], self.range[1]);
        let [factor, slope] = self.factor.at(inside);
        Spread {
            factor,
            slope: if inside == log_ridge {
                slope / ridge
            } else {
                0.0
            },
        }
    }
}
