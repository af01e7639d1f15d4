//! Intervals of forecasts: how far do they move when a tenth of the rows is left out?

use crate::text::statistics::{jackknife, student};

/// The part of a half-width that is always there, on the logarithmic scale.
const FLOOR: f64 = 0.03;
/// The share of the distance between two ways to extrapolate that counts.
const OF_EXTRAPOLATION: f64 = 1.0 / 8.0;
/// The probability that an interval misses.
const MISSED: f64 = 0.05;

/// A value of all rows, and its values without each of the parts of the rows.
#[derive(Debug, Clone)]
pub(super) struct Spread {
    pub value: f64,
    /// The value if `log df1` is continued in a straight line, not its logit; the value itself where nothing is
    /// extrapolated.
    pub power: f64,
    pub parts: Vec<f64>,
}

impl Spread {
    /// The 95 % interval:
    ///
    /// ```text
    /// value exp(± t sqrt(jack^2 + 0.03^2 + (log(power/value)/8)^2))
    /// ```
    ///
    /// jack is the jackknife's standard error of the logarithm, t Student's quantile for the number of parts (2.262
    /// for ten). The rule was found on real rows ([`equations`](crate::equations) section 9). `None` if some of the
    /// values are not positive or not finite.
    pub fn interval(&self) -> Option<(f64, f64)> {
        let usable = |x: &f64| x.is_finite() && *x > 0.0;
        let all = self.parts.iter().chain([&self.value, &self.power]);
        if self.parts.len() < 2 || !all.clone().all(usable) {
            return None;
        }
        let logs: Vec<f64> = self.parts.iter().map(|x| x.ln()).collect();
        let tail = (self.power / self.value).ln() * OF_EXTRAPOLATION;
        let error = (jackknife(&logs).powi(2) + FLOOR.powi(2) + tail.powi(2)).sqrt();
        let half = student(MISSED, self.parts.len()) * error;
        Some((self.value * (-half).exp(), self.value * half.exp()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn an_interval_adds_the_spread_of_the_parts_three_per_cent_and_an_eighth_of_the_doubt_in_the_tail()
     {
        let spread = |parts: f64, power: f64| Spread {
            value: 2.0,
            power,
            parts: (0..10)
                .map(|k| {
                    2.0 * if k % 2 == 0 {
                        parts.exp()
                    } else {
                        (-parts).exp()
                    }
                })
                .collect(),
        };
        let half = |spread: Spread| {
            let (low, high) = spread.interval().unwrap();
            assert_relative_eq!(low * high, 4.0, max_relative = 1e-12);
            (high / 2.0).ln()
        };
        assert_relative_eq!(half(spread(0.0, 2.0)), 2.26216 * 0.03, max_relative = 1e-5);
        // The jackknife's error of ten values of size x is 3 x.
        assert_relative_eq!(
            half(spread(0.04, 2.0)),
            2.26216 * (0.12f64.powi(2) + 9e-4).sqrt(),
            max_relative = 1e-5
        );
        let tail = (3.0f64 / 2.0).ln() / 8.0;
        assert_relative_eq!(
            half(spread(0.0, 3.0)),
            2.26216 * (tail * tail + 9e-4).sqrt(),
            max_relative = 1e-5
        );
    }

    #[test]
    fn values_without_a_logarithm_have_no_interval() {
        for wrong in [0.0, -1.0, f64::NAN, f64::INFINITY] {
            let spread = Spread {
                value: 1.0,
                power: 1.0,
                parts: vec![1.0, wrong, 1.0],
            };
            assert_eq!(spread.interval(), None);
            assert_eq!(
                Spread {
                    value: wrong,
                    power: 1.0,
                    parts: vec![1.0; 10]
                }
                .interval(),
                None
            );
        }
    }
}
