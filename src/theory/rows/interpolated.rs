//! A smooth function between points where it is known with its derivative.

/// A function by the polynomial of degree `2 width - 1` through the nearest points, with their derivatives.
///
/// Between points at the distance h of a function whose nearest singularity is at the distance R, the error falls like
/// `(h width/(e R))^(2 width)`.
#[derive(Debug, Clone)]
pub(super) struct Interpolated {
    /// Increasing.
    points: Vec<f64>,
    values: Vec<f64>,
    slopes: Vec<f64>,
    width: usize,
}

impl Interpolated {
    pub fn new(points: Vec<f64>, values: Vec<f64>, slopes: Vec<f64>, width: usize) -> Self {
        let width = width.min(points.len());
        Self {
            points,
            values,
            slopes,
            width,
        }
    }

    /// Value and derivative at a point, by Newton's divided differences with every point taken twice.
    pub fn at(&self, x: f64) -> [f64; 2] {
        let after = self.points.partition_point(|&p| p <= x);
        let first = (after as isize - self.width as isize / 2)
            .clamp(0, (self.points.len() - self.width) as isize) as usize;
        let count = 2 * self.width;
        let node = |k: usize| self.points[first + k / 2];
        let mut differences: Vec<f64> = (0..count).map(|k| self.values[first + k / 2]).collect();
        for order in 1..count {
            for k in (order..count).rev() {
                differences[k] = if order == 1 && k % 2 == 1 {
                    self.slopes[first + k / 2]
                } else {
                    (differences[k] - differences[k - 1]) / (node(k) - node(k - order))
                };
            }
        }
        let (mut value, mut slope) = (differences[count - 1], 0.0);
        for k in (0..count - 1).rev() {
            slope = slope * (x - node(k)) + value;
            value = value * (x - node(k)) + differences[k];
        }
        [value, slope]
    }

    /// The point where an increasing function has a value, by Newton's steps kept between neighbouring points.
    pub fn inverse(&self, value: f64) -> f64 {
        let last = self.points.len() - 1;
        let after = self.values.partition_point(|&v| v <= value).clamp(1, last);
        let (mut low, mut high) = (self.points[after - 1], self.points[after]);
        let share =
            (value - self.values[after - 1]) / (self.values[after] - self.values[after - 1]);
        let mut x = low + share.clamp(0.0, 1.0) * (high - low);
        for _ in 0..60 {
            let [found, slope] = self.at(x);
            if found > value {
                high = x;
            } else {
                low = x;
            }
            let newton = x - (found - value) / slope;
            let next = if (low..=high).contains(&newton) {
                newton
            } else {
                (low + high) / 2.0
            };
            if (next - x).abs() <= 1e-14 * (1.0 + x.abs()) {
                return next;
            }
            x = next;
        }
        x
    }
}

/// The derivatives of a function that is known at evenly spaced points, by central differences.
pub(super) fn slopes(values: &[f64], step: f64) -> Vec<f64> {
    let slope = |k: usize| match values.len() {
        0 | 1 => 0.0,
        _ if k == 0 => (values[1] - values[0]) / step,
        count if k == count - 1 => (values[k] - values[k - 1]) / step,
        count if k == 1 || k == count - 2 => (values[k + 1] - values[k - 1]) / (2.0 * step),
        _ => {
            let near = values[k + 1] - values[k - 1];
            let far = values[k + 2] - values[k - 2];
            (8.0 * near - far) / (12.0 * step)
        }
    };
    (0..values.len()).map(slope).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    fn exponential(width: usize) -> Interpolated {
        let points: Vec<f64> = (0..12).map(|k| 0.35 * f64::from(k)).collect();
        let f = |p: &f64| (1.0 + p.exp()).ln();
        let slope = |p: &f64| 1.0 / (1.0 + (-p).exp());
        let (values, slopes) = (
            points.iter().map(f).collect(),
            points.iter().map(slope).collect(),
        );
        Interpolated::new(points, values, slopes, width)
    }

    #[test]
    fn between_many_points_a_third_apart_a_function_with_its_pole_at_pi_is_known_to_ten_digits() {
        for x in [1.7f64, 1.9, 2.0] {
            let [value, slope] = exponential(6).at(x);
            assert_relative_eq!(value, (1.0 + x.exp()).ln(), max_relative = 1e-10);
            assert_relative_eq!(slope, 1.0 / (1.0 + (-x).exp()), max_relative = 1e-8);
        }
        let [cubic, _] = exponential(2).at(1.9);
        let error = (cubic / (1.0 + 1.9f64.exp()).ln() - 1.0).abs();
        assert!(error > 1e-8 && error < 1e-4, "{error}");
    }

    #[test]
    fn the_inverse_gives_back_the_value() {
        let function = exponential(6);
        for value in [0.7, 1.234, 3.6] {
            assert_relative_eq!(
                function.at(function.inverse(value))[0],
                value,
                max_relative = 1e-13
            );
        }
    }
}
