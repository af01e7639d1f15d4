//! Are the noised rows what they are said to be? `x_t = sqrt(ab) x_0 + sqrt(1 - ab) eps`, with `x_0` the clean row of each
//! draw. A wrong row, scale or level would give wrong numbers, so it is refused here and named.
//!
//! The regression `x_t = s x_0 + e` over all draws and components of a level must give `s = sqrt(ab)` and the variance
//! `1 - ab` of e.

use super::Mismatch;
use super::levels::LevelDraws;
use crate::data::Rows;
use crate::diffusion::NoiseLevel;

/// How many standard errors a sum over draws may be off.
const ERRORS: f64 = 6.0;
/// How far the sums may be off beyond that, relative to what they should be: arrays may be saved in 16 bits.
const SLACK: f64 = 0.02;

/// Below this share of what it should be, a slope says that the rows are others, not that the level is.
const LEAST_SLOPE: f64 = 0.3;

/// Checks the noised rows of one level.
///
/// # Errors
/// What is wrong with them.
pub(super) fn check(
    level: &LevelDraws,
    x_t: &Rows,
    prediction: &Rows,
    clean: &Rows,
    row: &[usize],
) -> Result<(), Mismatch> {
    let fit = |noised: &Rows| Fit::of(&level.draws, noised, clean, row);
    match fit(x_t).mismatch(&level.level) {
        None => Ok(()),
        Some(_) if fit(prediction).mismatch(&level.level).is_none() => Err(Mismatch::Swapped),
        Some(mismatch) => Err(mismatch),
    }
}

/// How far the mean of the squares of this many standard normal numbers is above 1 at most, but for a chance of
/// `exp(-ERRORS^2/2)` (Laurent and Massart, Annals of Statistics 28 (2000), lemma 1).
fn mean_square(count: f64) -> f64 {
    let t = ERRORS * ERRORS / 2.0 / count;
    2.0 * (t.sqrt() + t)
}

/// The regression of noised rows on their clean rows.
struct Fit {
    draws: f64,
    dim: f64,
    /// The variance of the drawn clean rows, per component.
    clean_variance: f64,
    /// The slope s of `x_t = s x_0 + e`, from what varies between draws.
    slope: f64,
    /// The variance of e, per component.
    variance: f64,
    /// The mean of `x_t` and that of `x_0`.
    means: Vec<(f64, f64)>,
}

impl Fit {
    fn of(draws: &[usize], noised: &Rows, clean: &Rows, row: &[usize]) -> Self {
        let (count, dim) = (draws.len() as f64, clean.dim());
        let mut means = vec![(0.0, 0.0); dim];
        for &draw in draws {
            let pair = noised.row(draw).iter().zip(clean.row(row[draw]));
            for (mean, (x, x0)) in means.iter_mut().zip(pair) {
                *mean = (mean.0 + x / count, mean.1 + x0 / count);
            }
        }
        let (mut of_noised, mut product, mut of_clean) = (0.0, 0.0, 0.0);
        for &draw in draws {
            let pair = noised.row(draw).iter().zip(clean.row(row[draw]));
            for (mean, (x, x0)) in means.iter().zip(pair) {
                let (x, x0) = (x - mean.0, x0 - mean.1);
                of_noised += x * x;
                product += x * x0;
                of_clean += x0 * x0;
            }
        }
        let slope = if of_clean > 0.0 {
            product / of_clean
        } else {
            0.0
        };
        let numbers = (count - 1.0) * dim as f64;
        Self {
            draws: count,
            dim: dim as f64,
            clean_variance: of_clean / numbers,
            slope,
            variance: (of_noised - slope * product) / numbers,
            means,
        }
    }

    fn is_slope(&self, slope: f64, noise: f64) -> bool {
        let error = (noise / (self.draws * self.dim * self.clean_variance)).sqrt();
        (self.slope - slope).abs() <= SLACK * slope + ERRORS * error
    }

    fn is_variance(&self, variance: f64) -> bool {
        (self.variance / variance - 1.0).abs() <= SLACK + mean_square(self.draws * self.dim)
    }

    fn mismatch(&self, level: &NoiseLevel) -> Option<Mismatch> {
        let (signal, noise) = (level.signal_scale(), level.noise_variance());
        let right_slope = self.is_slope(signal, noise);
        match (right_slope, self.is_variance(noise)) {
            (true, true) => self.shift(level),
            (true, false) if self.is_level() => Some(Mismatch::Level {
                found: self.slope * self.slope,
            }),
            (true, false) => Some(Mismatch::Noise {
                found: self.variance,
                expected: noise,
            }),
            (false, _) if self.is_not_scaled(level) => Some(Mismatch::NotScaled),
            (false, true) if !self.is_slope(0.0, noise) => Some(Mismatch::Scale {
                times: self.slope / signal,
            }),
            (false, _) if self.slope < LEAST_SLOPE * signal => Some(Mismatch::OtherRows {
                slope: self.slope,
                expected: signal,
            }),
            (false, false) if self.is_level() => Some(Mismatch::Level {
                found: self.slope * self.slope,
            }),
            (false, _) => Some(Mismatch::Noise {
                found: self.variance + (self.slope - signal).powi(2) * self.clean_variance,
                expected: noise,
            }),
        }
    }

    fn is_not_scaled(&self, level: &NoiseLevel) -> bool {
        let z = level.noise_to_signal();
        self.is_slope(1.0, z) && self.is_variance(z)
    }

    /// Whether slope and variance are those of some noise level.
    fn is_level(&self) -> bool {
        let alpha_bar = self.slope * self.slope;
        alpha_bar < 1.0 && self.is_variance(1.0 - alpha_bar)
    }

    /// The means must agree too.
    fn shift(&self, level: &NoiseLevel) -> Option<Mismatch> {
        let signal = level.signal_scale();
        let squares = self.means.iter().map(|(x, x0)| (x - signal * x0).powi(2));
        let shift = squares.sum::<f64>() / self.dim;
        let chance = level.noise_variance() / self.draws * (1.0 + mean_square(self.dim));
        let slack = level.alpha_bar() * SLACK * SLACK * self.clean_variance;
        let share = shift.sqrt() / signal / self.clean_variance.sqrt();
        (shift > chance + slack).then_some(Mismatch::Shift { share })
    }
}
