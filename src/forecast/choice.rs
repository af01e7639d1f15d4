//! The ridge and the time to stop of the lowest leave-one-out loss.

use crate::diffusion::NoiseLevel;
use crate::theory::{LeaveOneOut, LeftOut, Minimum};

use super::levels::LogGrid;
use super::result::Gain;
use crate::text::statistics::mean_and_error;

/// Half of a 95 % interval, in standard errors of a mean over rows.
pub(super) const NORMAL: f64 = 1.96;
/// A ridge, a time to stop or a covariance is advised if it lowers the test loss by at least this share.
pub(super) const WORTH_IT: f64 = 1e-3;
/// The least and the largest ridge that is tried, in units of the mean variance of the noised rows.
const RIDGES: (f64, f64) = (1e-7, 1e3);
/// The ratio between neighbouring ridges and times of the first search.
const RATIO: f64 = 1.15;

/// What a choice gains: the mean difference of the rows' losses, with its interval.
pub(super) fn gain(with: &[f64], without: &[f64]) -> Gain {
    let mean = |losses: &[f64]| losses.iter().sum::<f64>() / losses.len() as f64;
    let differences: Vec<f64> = without.iter().zip(with).map(|(a, b)| a - b).collect();
    let (gain, error) = mean_and_error(&differences);
    let (gain, half) = (gain.unwrap_or(f64::NAN), NORMAL * error.unwrap_or(0.0));
    Gain {
        test_loss: mean(with),
        test_loss_without: mean(without),
        gain,
        gain_low: gain - half,
        gain_high: gain + half,
    }
}

/// Means over the rows of `tr G`, `y'G^2 y` and `tr G^2` as functions of z, from their logarithms on a grid.
struct MeanForms {
    grid: LogGrid,
    logs: Vec<[f64; 3]>,
    dim: f64,
}

impl MeanForms {
    fn new(rows: &LeaveOneOut, least: f64, largest: f64) -> Self {
        /// Neighbouring points of the grid differ by 15 %: the interpolation is right to 1e-7.
        const STEP: f64 = 0.15;
        /// The number of points whose forms are in memory at a time.
        const TOGETHER: usize = 8;
        let count = ((largest / least).ln() / STEP).ceil() as usize + 4;
        let grid = LogGrid::new(least, largest, count);
        let points = grid.points();
        let logs_of = |forms: &LeftOut| {
            [&forms.trace, &forms.q2, &forms.trace_square]
                .map(|of_rows| (of_rows.iter().sum::<f64>() / of_rows.len() as f64).ln())
        };
        let chunks = points.chunks(TOGETHER);
        Self {
            grid,
            logs: chunks
                .flat_map(|z| rows.at(z).iter().map(logs_of).collect::<Vec<_>>())
                .collect(),
            dim: rows.dim() as f64,
        }
    }

    /// The mean leave-one-out loss at a level with a ridge gamma_t, per component.
    fn loss(&self, level: &NoiseLevel, gamma: f64) -> f64 {
        let noise = level.noise_to_signal();
        let z = noise + gamma / level.alpha_bar();
        let [trace, q2, trace_square] = self.grid.interpolate(&self.logs, z);
        1.0 + noise * (q2 - 2.0 * trace + noise * trace_square) / self.dim
    }
}

/// The ridge gamma, equal at every step, of the lowest mean leave-one-out loss over the steps, on top of a covariance
/// ridge c. It is 0 if no ridge lowers the loss.
pub fn best_ridge(rows: &LeaveOneOut, levels: &[NoiseLevel], covariance_ridge: f64) -> f64 {
    best_penalty(rows, levels, |level, ridge| {
        ridge + level.alpha_bar() * covariance_ridge
    })
}

/// The covariance ridge c, which makes the covariance `C + c I`, of the lowest mean leave-one-out loss over the steps, on
/// top of a ridge gamma. It is 0 if none lowers the loss.
pub fn best_covariance_ridge(rows: &LeaveOneOut, levels: &[NoiseLevel], ridge: f64) -> f64 {
    best_penalty(rows, levels, |level, covariance_ridge| {
        ridge + level.alpha_bar() * covariance_ridge
    })
}

/// The number x of the lowest mean loss with the ridge `gamma(level, x)`, which increases with x; 0 if none lowers it.
fn best_penalty(
    rows: &LeaveOneOut,
    levels: &[NoiseLevel],
    gamma: impl Fn(&NoiseLevel, f64) -> f64,
) -> f64 {
    let scale = 1.0 + mean_variance(rows);
    let (low, high) = (RIDGES.0 * scale, RIDGES.1 * scale);
    let z = |level: &NoiseLevel, penalty: f64| {
        level.noise_to_signal() + gamma(level, penalty) / level.alpha_bar()
    };
    let ends = levels.iter().map(|level| (z(level, 0.0), z(level, high)));
    let (least, largest) = ends.fold((f64::INFINITY, 0.0), |(a, b): (f64, f64), (x, y)| {
        (a.min(x), b.max(y))
    });
    let forms = MeanForms::new(rows, least, largest);
    let test = |penalty: f64| {
        let loss = |level: &NoiseLevel| forms.loss(level, gamma(level, penalty));
        levels.iter().map(loss).sum::<f64>()
    };
    let best = lowest(low, high, test);
    if best.value < test(0.0) { best.at } else { 0.0 }
}

/// The mean variance of the rows over d dimensions.
pub(super) fn mean_variance(rows: &LeaveOneOut) -> f64 {
    rows.eigenvalues().iter().sum::<f64>() / rows.dim() as f64
}

/// The lowest point between two positive numbers: the best on a fine logarithmic grid, refined by golden sections.
pub(super) fn lowest(low: f64, high: f64, f: impl Fn(f64) -> f64) -> Minimum {
    let count = ((high / low).ln() / RATIO.ln()).ceil() as usize;
    let step = (high / low).ln() / count as f64;
    let point = |k: usize| low * (k as f64 * step).exp();
    let values = (0..=count).map(|k| (k, f(point(k))));
    let best = values
        .min_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0, |(k, _)| k);
    let (mut a, mut b) = (
        point(best.saturating_sub(1)).ln(),
        point((best + 1).min(count)).ln(),
    );
    let inner = (5f64.sqrt() - 1.0) / 2.0;
    let (mut x, mut y) = (b - inner * (b - a), a + inner * (b - a));
    let (mut fx, mut fy) = (f(x.exp()), f(y.exp()));
    while b - a > 1e-5 {
        if fx <= fy {
            (b, y, fy) = (y, x, fx);
            x = b - inner * (b - a);
            fx = f(x.exp());
        } else {
            (a, x, fx) = (x, y, fy);
            y = a + inner * (b - a);
            fy = f(y.exp());
        }
    }
    let (at, value) = if fx <= fy { (x, fx) } else { (y, fy) };
    Minimum {
        at: at.exp(),
        value,
    }
}
