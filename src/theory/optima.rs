//! The best ridge, the best time to stop, and how many samples it takes.

use serde::{Deserialize, Serialize};

use super::{Ensemble, Mean, Query, TheoryError};
use crate::gaussian::Spectrum;

/// A minimum: its place and its value.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Minimum {
    /// The place.
    pub at: f64,
    /// The value there.
    pub value: f64,
}

impl Minimum {
    /// The other point, if its value is as low.
    pub(super) fn unless(self, at: f64, value: f64) -> Self {
        if value <= self.value {
            Self { at, value }
        } else {
            self
        }
    }
}

/// The scale on which ridges and times are measured.
fn mean_eigenvalue(spectrum: &Spectrum) -> f64 {
    spectrum.trace() / spectrum.dim() as f64
}

impl Ensemble<'_> {
    /// The ridge gamma >= 0, equal at every level, that minimises the predicted test loss. The covariance ridge and
    /// the time of the query stay as they are. The result is 0 where any ridge does harm.
    pub fn best_ridge(&self, query: &Query<'_>) -> Result<Minimum, TheoryError> {
        let test = |ridge: f64| {
            let query = Query {
                ridge,
                ..query.clone()
            };
            Ok(self.query_losses(&query)?.losses.test_loss)
        };
        let scale = 1.0 + mean_eigenvalue(self.spectrum());
        let best = minimise(test, 1e-9 * scale, 1e4 * scale)?;
        Ok(best.unless(0.0, test(0.0)?))
    }

    /// The covariance ridge c >= 0 that minimises KL(true || sampled) of the ideal sampler.
    pub fn best_covariance_ridge(&self) -> Result<Minimum, TheoryError> {
        let divergence = |c: f64| Ok(self.expected_divergences(c)?.kl.true_sampled.value());
        let scale = mean_eigenvalue(self.spectrum());
        let best = minimise(divergence, 1e-12 * scale, 1e3 * scale)?;
        Ok(best.unless(0.0, divergence(0.0)?))
    }

    /// The time tau of gradient flow from 0 that minimises the predicted test loss. It is infinite where training to
    /// the end is best.
    pub fn best_time(&self, query: &Query<'_>) -> Result<Minimum, TheoryError> {
        let test = |time: f64| {
            let query = Query {
                time: Some(time),
                ..query.clone()
            };
            Ok(self.query_losses(&query)?.losses.test_loss)
        };
        let scale = 1.0 / (1.0 + mean_eigenvalue(self.spectrum()));
        let best = minimise(test, 1e-3 * scale, 1e6 * scale)?;
        let end = Query {
            time: None,
            ..query.clone()
        };
        let end = self.query_losses(&end)?.losses.test_loss;
        Ok(best.unless(f64::INFINITY, end))
    }
}

/// The least number of samples for which `quantity` is at most `wanted`. The quantity must fall with the number.
///
/// # Errors
/// [`TheoryError::OutOfReach`] where even 10^15 samples leave more.
pub fn samples_for(
    spectrum: &Spectrum,
    mean: Mean,
    wanted: f64,
    quantity: impl Fn(&Ensemble<'_>) -> Result<f64, TheoryError>,
) -> Result<usize, TheoryError> {
    let at = |samples: usize| quantity(&Ensemble::new(spectrum, samples, mean)?);
    let least = 1 + mean.degrees();
    let mut high = least;
    loop {
        let floor = at(high)?;
        if floor <= wanted {
            break;
        }
        // Beyond 10^15, or where the next number does not fit in a word of 32 bits.
        if high as f64 > 1e15 || high > usize::MAX / 2 {
            return Err(TheoryError::OutOfReach { wanted, floor });
        }
        high *= 2;
    }
    let mut low = (high / 2).max(least - 1);
    while high - low > 1 {
        let middle = low + (high - low) / 2;
        if at(middle)? <= wanted {
            high = middle
        } else {
            low = middle
        }
    }
    Ok(high)
}

/// The lowest point between two positive numbers: the best of a logarithmic grid, refined by golden sections.
///
/// # Errors
/// The errors of `f`.
pub fn minimise(
    f: impl Fn(f64) -> Result<f64, TheoryError>,
    low: f64,
    high: f64,
) -> Result<Minimum, TheoryError> {
    const GRID: usize = 48;
    let step = (high / low).ln() / GRID as f64;
    let point = |i: usize| low.ln() + i as f64 * step;
    let mut best = (0, f64::INFINITY);
    for i in 0..=GRID {
        let value = f(point(i).exp())?;
        if value < best.1 {
            best = (i, value);
        }
    }
    let (mut a, mut b) = (
        point(best.0.saturating_sub(1)),
        point((best.0 + 1).min(GRID)),
    );
    let inner = (5f64.sqrt() - 1.0) / 2.0;
    let (mut x, mut y) = (b - inner * (b - a), a + inner * (b - a));
    let (mut fx, mut fy) = (f(x.exp())?, f(y.exp())?);
    while b - a > 1e-7 {
        if fx <= fy {
            (b, y, fy) = (y, x, fx);
            x = b - inner * (b - a);
            fx = f(x.exp())?;
        } else {
            (a, x, fx) = (x, y, fy);
            y = a + inner * (b - a);
            fy = f(y.exp())?;
        }
    }
    let (at, value) = if fx <= fy { (x, fx) } else { (y, fy) };
    Ok(Minimum {
        at: at.exp(),
        value,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diffusion::NoiseLevel;
    use approx::assert_relative_eq;

    /// The closed form is that of large d; at d = 100 it is off by about 1/d.
    #[test]
    fn the_best_ridge_of_white_data_tends_to_its_closed_form() {
        for (ratio, alpha_bar, gamma, loss) in [
            (1.0, 39.0 / 64.0, 27.0 / 64.0, 0.654832),
            (0.5, 30.0 / 49.0, 26.0 / 49.0, 0.662222),
            (2.0, 124.0 / 147.0, 10.0 / 21.0, 0.864377),
        ] {
            let levels = [NoiseLevel::from_alpha_bar(alpha_bar).unwrap()];
            let query = Query::new(&levels);
            let [small, large] = [100, 20_000].map(|dim| {
                let spectrum = Spectrum::power_law(dim, 0.0).unwrap();
                let samples = (ratio * dim as f64) as usize;
                let ensemble = Ensemble::new(&spectrum, samples, Mean::Known).unwrap();
                ensemble.best_ridge(&query).unwrap()
            });
            assert_relative_eq!(large.at, gamma, max_relative = 5e-5);
            assert_relative_eq!(large.value, loss, epsilon = 1e-6);
            let (near, far) = (large.at - gamma, small.at - gamma);
            assert!(far.abs() > 1e-4 && far.abs() < 1e-2, "{far}");
            assert_relative_eq!(200.0 * near, far, max_relative = 0.1);
            let spectrum = Spectrum::power_law(100, 0.0).unwrap();
            let samples = (100.0 * ratio) as usize;
            let ensemble = Ensemble::new(&spectrum, samples, Mean::Known).unwrap();
            let stopped = ensemble.best_time(&query).unwrap();
            assert!(stopped.at.is_finite() && stopped.value < loss + 0.05);
        }
    }

    #[test]
    fn the_number_of_samples_that_a_divergence_needs_is_the_least() {
        let spectrum = Spectrum::power_law(100, 1.0).unwrap();
        let kl = |e: &Ensemble<'_>| Ok(e.divergences(0.0)?.true_sampled.value());
        let found = samples_for(&spectrum, Mean::Known, 0.01, kl).unwrap();
        let at = |n| kl(&Ensemble::new(&spectrum, n, Mean::Known).unwrap()).unwrap();
        assert!(at(found) <= 0.01 && at(found - 1) > 0.01);
        // d/(4 N) and its first correction
        assert!((2500..2700).contains(&found), "{found}");
        let floor = samples_for(&spectrum, Mean::Known, 1e-4, |e| {
            Ok(e.divergences(0.1)?.true_sampled.value())
        });
        assert!(matches!(floor, Err(TheoryError::OutOfReach { .. })));
    }
}
