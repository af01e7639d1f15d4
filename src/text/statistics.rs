//! Means with their errors and intervals, Student's rule, and the largest of some numbers.

use serde::{Deserialize, Serialize};
use statrs::distribution::{ContinuousCDF, StudentsT};

/// The probability that any of the comparisons of one test fails by chance.
pub const FAMILY_WISE: f64 = 1e-3;

/// The mean and its standard error, the root of the unbiased variance over n. There is no error for fewer than two
/// values or for infinite ones.
pub fn mean_and_error(values: &[f64]) -> (Option<f64>, Option<f64>) {
    let n = values.len() as f64;
    if values.is_empty() {
        return (None, None);
    }
    let mean = values.iter().sum::<f64>() / n;
    if values.len() < 2 || !mean.is_finite() {
        return (Some(mean), None);
    }
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    (Some(mean), Some((squares / (n - 1.0) / n).sqrt()))
}

/// A mean with a confidence interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Interval {
    /// The mean.
    pub mean: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Interval {
    /// Student's interval of the expectation of independent values, which it misses with the given probability. It is
    /// NaN for fewer than two values and for values that are not finite.
    pub fn of_mean(values: &[f64], probability: f64) -> Self {
        let (mean, error) = mean_and_error(values);
        let Some(error) = error else {
            return Self {
                mean: mean.unwrap_or(f64::NAN),
                low: f64::NAN,
                high: f64::NAN,
            };
        };
        let mean = mean.expect("a mean has an error");
        let half = student(probability, values.len()) * error;
        Self {
            mean,
            low: mean - half,
            high: mean + half,
        }
    }

    /// Whether the whole interval lies strictly between two numbers.
    pub fn is_between(&self, low: f64, high: f64) -> bool {
        low < self.low && self.high < high
    }
}

/// The standard error from G values, each with one of G groups left out: `sqrt((G-1)/G sum (x_g - mean)^2)`.
pub fn jackknife(values: &[f64]) -> f64 {
    let groups = values.len() as f64;
    let mean = values.iter().sum::<f64>() / groups;
    let squares: f64 = values.iter().map(|x| (x - mean).powi(2)).sum();
    ((groups - 1.0) / groups * squares).sqrt()
}

/// The values at some shares of the sorted values, from 0 (the least) to 1 (the largest); 0.5 is a median. Between two
/// values it is the nearer one. NaN without values.
pub fn quantiles<const K: usize>(mut values: Vec<f64>, shares: [f64; K]) -> [f64; K] {
    values.sort_unstable_by(f64::total_cmp);
    let last = values.len().saturating_sub(1) as f64;
    let at = |share: f64| values.get((last * share).round() as usize);
    shares.map(|share| at(share).copied().unwrap_or(f64::NAN))
}

/// The value in the middle; of an even number of values the upper of the two. NaN without values.
pub fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let [median] = quantiles(values.into_iter().collect(), [0.5]);
    median
}

/// Student's two-sided quantile. With the given probability the mean of `values` normal values differs from its
/// expectation by more than this many standard errors.
///
/// # Panics
/// If there are fewer than two values.
pub fn student(probability: f64, values: usize) -> f64 {
    let law = StudentsT::new(0.0, 1.0, values as f64 - 1.0).expect("at least two values");
    law.inverse_cdf(1.0 - probability / 2.0)
}

/// [`student`] for means over `values` values, with [`FAMILY_WISE`] shared by all comparisons (Bonferroni's rule).
pub fn family_wise(comparisons: usize, values: usize) -> f64 {
    student(FAMILY_WISE / comparisons as f64, values)
}

/// The largest of some numbers. NaN if one of them is NaN, or if there are none.
///
/// [`f64::max`] drops NaN. With it a check of a largest difference would pass where nothing was computed.
pub fn worst(values: impl IntoIterator<Item = f64>) -> f64 {
    let larger = |a: f64, b: f64| if a > b || a.is_nan() { a } else { b };
    values.into_iter().reduce(larger).unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_standard_error_is_that_of_the_mean() {
        let (mean, error) = mean_and_error(&[1.0, 2.0, 4.0, 5.0]);
        assert_eq!(mean, Some(3.0));
        assert!((error.unwrap() - (10.0f64 / 3.0 / 4.0).sqrt()).abs() < 1e-15);
        assert_eq!(mean_and_error(&[2.0]), (Some(2.0), None));
        assert_eq!(
            mean_and_error(&[1.0, f64::INFINITY]),
            (Some(f64::INFINITY), None)
        );
        assert_eq!(mean_and_error(&[]), (None, None));
    }

    #[test]
    fn the_jackknife_of_a_mean_is_its_standard_error() {
        let values = [1.0, 2.0, 4.0, 5.0, 9.0];
        let total: f64 = values.iter().sum();
        let without = values.map(|x| (total - x) / 4.0);
        let error = mean_and_error(&values).1.unwrap();
        assert!((jackknife(&without) - error).abs() < 1e-14);
    }

    #[test]
    fn the_interval_of_a_mean_is_students() {
        let found = Interval::of_mean(&[1.0, 2.0, 4.0, 5.0], 0.05);
        let half = 3.18245 * (10.0f64 / 3.0 / 4.0).sqrt();
        assert!(
            (found.low - (3.0 - half)).abs() < 1e-4 && (found.high - (3.0 + half)).abs() < 1e-4
        );
        assert!(found.is_between(0.0, 6.0) && !found.is_between(0.5, 6.0));
        for unknown in [&[1.0][..], &[1.0, f64::NAN], &[1.0, f64::INFINITY]] {
            assert!(!Interval::of_mean(unknown, 0.05).is_between(f64::NEG_INFINITY, f64::INFINITY));
        }
    }

    #[test]
    fn students_quantiles_are_those_of_the_tables() {
        for (probability, values, quantile) in [
            (0.05, 2, 12.706),
            (0.05, 10, 2.262),
            (0.01, 6, 4.032),
            (1e-3, 31, 3.646),
        ] {
            let found = student(probability, values);
            assert!((found - quantile).abs() < 5.1e-4, "{found} for {quantile}");
        }
        assert_eq!(family_wise(20, 10), student(5e-5, 10));
    }

    #[test]
    fn the_median_of_an_even_number_of_values_is_the_upper_one_in_the_middle() {
        assert_eq!(median([5.0, 1.0, 4.0]), 4.0);
        assert_eq!(median([5.0, 1.0, 4.0, 2.0]), 4.0);
        assert_eq!(quantiles(vec![3.0, 1.0, 2.0], [0.0, 1.0]), [1.0, 3.0]);
        assert!(median([]).is_nan());
    }

    #[test]
    fn the_worst_of_some_numbers_is_nan_if_any_is() {
        let nan = f64::NAN;
        for values in [[nan, 1.0, 2.0], [1.0, nan, 2.0], [1.0, 2.0, nan], [nan; 3]] {
            assert!(worst(values).is_nan(), "{values:?}");
        }
        assert!(worst([]).is_nan());
        assert_eq!(worst([1.0, 3.0, 2.0]), 3.0);
        assert_eq!(worst([-2.0, -1.0]), -1.0);
        assert_eq!(worst([0.0, f64::INFINITY]), f64::INFINITY);
    }
}
