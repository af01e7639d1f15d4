//! Functions of time in which a network's weights can be expanded.

use super::{NoiseLevel, Schedule};

/// Chebyshev polynomials `phi_k(t) = cos(k arccos u)`, `k = 0 ... K - 1`, of the log signal-to-noise ratio
/// `l = log(ab/(1 - ab))` mapped to `u = (2 l - l_max - l_min)/(l_max - l_min)`.
///
/// Within the range every value lies in [-1, 1]. The functions are defined at any noise level, trained on or not.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TimeBasis {
    count: usize,
    /// `l_min`, `l_max`
    range: [f64; 2],
}

impl TimeBasis {
    /// A basis of `count` functions on a `range` of the log signal-to-noise ratio.
    pub fn new(count: usize, range: [f64; 2]) -> Self {
        Self { count, range }
    }

    /// The number K of functions.
    pub fn count(&self) -> usize {
        self.count
    }

    /// `l_min` and `l_max`
    pub fn range(&self) -> [f64; 2] {
        self.range
    }

    /// `phi[t][k]` at the steps of a schedule.
    pub fn at(&self, schedule: &Schedule) -> Vec<Vec<f64>> {
        let steps = schedule.iter();
        steps.map(|step| self.values(&step.level())).collect()
    }

    /// `phi_0 ... phi_(K-1)` at a noise level. Beyond the range they are those of its end.
    pub fn values(&self, level: &NoiseLevel) -> Vec<f64> {
        let [low, high] = self.range;
        let u = if high > low {
            (2.0 * level.log_snr() - high - low) / (high - low)
        } else {
            // A schedule with only one step.
            0.0
        };
        let angle = u.clamp(-1.0, 1.0).acos();
        (0..self.count).map(|k| (k as f64 * angle).cos()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn the_values_are_the_polynomials_and_bounded_at_steps_left_out_too() {
        let full = Schedule::linear(100, 1e-4, 2e-2).unwrap();
        let kept = full.keep(7).unwrap();
        assert_eq!(full.log_snr_range(), kept.log_snr_range());
        let basis = TimeBasis::new(5, kept.log_snr_range());
        let [low, high] = basis.range();
        for step in full.iter() {
            let level = step.level();
            let values = basis.values(&level);
            let u = (2.0 * level.log_snr() - high - low) / (high - low);
            let (u2, u3) = (2.0 * u * u - 1.0, 4.0 * u.powi(3) - 3.0 * u);
            for (found, wanted) in values.iter().zip([1.0, u, u2, u3]) {
                assert_relative_eq!(*found, wanted, epsilon = 1e-12);
            }
            assert!(values.iter().all(|value| value.abs() <= 1.0));
        }
    }
}
