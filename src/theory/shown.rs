//! The eigenvalues that a training set shows.

use std::f64::consts::PI;

use super::{Ensemble, TheoryError};

/// The spectrum of the covariance of n Gaussian samples, as a curve with a known integral.
///
/// Let u be a point above the real axis, and `s(u) = u + (1/n) sum l u/(u - l)`, with l the eigenvalues above 0 of the
/// truth. The support of the spectrum is where s is real:
///
/// ```text
/// u = a + i b,    (1/n) sum l^2/((a - l)^2 + b^2) = 1      (b = 0 where the sum is below 1 at b = 0)
/// s = a + (1/n) sum l + (1/n) sum l^2 (a - l)/|u - l|^2
/// ```
///
/// It rises with a, from below the spectrum to above it. With `v = -1/u`, the transform of the n by n Gram matrix, the
/// number of eigenvalues above s is
///
/// ```text
/// n - (n/pi) [s Im v + arg v - (1/n) sum arg(1 + l v)]
/// ```
///
/// since the bracket is the imaginary part of a potential whose derivative with respect to s is v. So there is nothing to
/// iterate in the complex plane, and nothing to integrate. Past the paper.
pub(super) struct Shown {
    eigenvalues: Vec<f64>,
    samples: f64,
}

/// A point of the curve.
#[derive(Debug, Clone, Copy)]
struct Place {
    /// s
    eigenvalue: f64,
    /// The number of eigenvalues above s.
    above: f64,
}

impl Shown {
    pub fn new(ensemble: &Ensemble<'_>) -> Self {
        let shrink = ensemble.shrink();
        let positive = ensemble.spectrum().positive().iter();
        Self {
            eigenvalues: positive.map(|l| l * shrink).collect(),
            samples: ensemble.degrees(),
        }
    }

    fn mean(&self, f: impl Fn(f64) -> f64) -> f64 {
        self.eigenvalues.iter().map(|&l| f(l)).sum::<f64>() / self.samples
    }

    /// `b^2` at a.
    fn height(&self, a: f64) -> f64 {
        // 1/(mean of l^2/((a - l)^2 + B)) is concave in B: from a B that is too small Newton's steps only rise.
        let bound = |&l: &f64| l * l / self.samples - (a - l).powi(2);
        let mut height = self.eigenvalues.iter().map(bound).fold(0.0, f64::max);
        for _ in 0..100 {
            let (mut sum, mut slope) = (0.0, 0.0);
            for &l in &self.eigenvalues {
                let inverse = 1.0 / ((a - l).powi(2) + height);
                let part = l * l * inverse;
                sum += part;
                slope += part * inverse;
            }
            let (sum, slope) = (sum / self.samples, slope / self.samples);
            let step = sum * (sum - 1.0) / slope;
            if !(step.is_finite() && step > 1e-14 * height) {
                break;
            }
            height += step;
        }
        height
    }

    fn at(&self, a: f64) -> Place {
        let square = self.height(a);
        let b = square.sqrt();
        let size = a * a + square;
        let (mut moved, mut turned) = (0.0, 0.0);
        for &l in &self.eigenvalues {
            moved += l + l * l * (a - l) / ((a - l).powi(2) + square);
            turned += (l * b).atan2(size - l * a);
        }
        let n = self.samples;
        let eigenvalue = a + moved / n;
        let potential = eigenvalue * b / size + b.atan2(-a) - turned / n;
        Place {
            eigenvalue,
            above: n * (1.0 - potential / PI),
        }
    }

    /// Some a below the spectrum, and some a above it.
    fn ends(&self) -> (f64, f64) {
        let reach = 1.0 + self.mean(|l| l * l).sqrt();
        let (largest, smallest) = (
            self.eigenvalues[0],
            self.eigenvalues[self.eigenvalues.len() - 1],
        );
        (smallest - reach, largest + reach)
    }

    /// The eigenvalues that have so many others above them; the numbers must rise.
    fn with_above(&self, numbers: &[f64]) -> Vec<f64> {
        let mut found = vec![0.0; numbers.len()];
        self.fill(numbers, &mut found, self.ends());
        found
    }

    fn fill(&self, numbers: &[f64], found: &mut [f64], (low, high): (f64, f64)) {
        if numbers.is_empty() {
            return;
        }
        let middle = numbers.len() / 2;
        let a = self.place_of(numbers[middle], low, high);
        found[middle] = self.at(a).eigenvalue.max(0.0);
        self.fill(&numbers[..middle], &mut found[..middle], (a, high));
        self.fill(&numbers[middle + 1..], &mut found[middle + 1..], (low, a));
    }

    /// The a with so many eigenvalues above it.
    fn place_of(&self, above: f64, mut low: f64, mut high: f64) -> f64 {
        for _ in 0..200 {
            let middle = low + (high - low) / 2.0;
            let place = self.at(middle);
            if place.above > above {
                low = middle;
            } else {
                high = middle;
            }
            if high - low <= 1e-12 * high.abs().max(low.abs()) {
                break;
            }
        }
        low + (high - low) / 2.0
    }
}

impl Ensemble<'_> {
    /// The eigenvalues above 0 of a typical `Sigma_N`, smallest first: the quantiles of its spectrum for large d. The k-th
    /// largest has `k - 1/2` others above it. They are more spread than those of the truth.
    ///
    /// # Errors
    /// Rows with weights.
    pub fn typical_eigenvalues(&self) -> Result<Vec<f64>, TheoryError> {
        let (atom, _) = self.spectral_edges();
        let count = ((1.0 - atom) * self.dim() as f64).round() as usize;
        let ranks: Vec<f64> = (1..=count).map(|rank| rank as f64).collect();
        let mut found = self.typical_eigenvalues_at(&ranks)?;
        found.reverse();
        Ok(found)
    }

    /// The eigenvalues of a typical `Sigma_N` at some ranks, which rise and count from 1 for the largest eigenvalue. A rank
    /// beyond the number of eigenvalues above 0 gives a value near 0.
    ///
    /// # Errors
    /// Rows with weights.
    pub fn typical_eigenvalues_at(&self, ranks: &[f64]) -> Result<Vec<f64>, TheoryError> {
        if self.row_weights().is_some() {
            return Err(TheoryError::Unsupported {
                what: "the typical spectrum of a training set",
                needs: "Gaussian rows",
            });
        }
        let numbers: Vec<f64> = ranks.iter().map(|rank| rank - 0.5).collect();
        Ok(Shown::new(self).with_above(&numbers))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::Spectrum;
    use crate::theory::Mean;
    use approx::assert_relative_eq;

    #[test]
    fn the_number_of_eigenvalues_above_a_point_is_the_integral_of_the_density() {
        for (samples, mean) in [(30, Mean::Known), (90, Mean::Fitted), (400, Mean::Known)] {
            let spectrum = Spectrum::power_law(60, 1.0).unwrap();
            let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
            let shown = Shown::new(&ensemble);
            let (low, high) = shown.ends();
            let share = |k: usize| low + (high - low) * (k as f64 / 40.0).powi(3);
            for a in (0..40).map(share) {
                let [left, middle, right] = [a - 1e-5, a, a + 1e-5].map(|a| shown.at(a));
                let width = right.eigenvalue - left.eigenvalue;
                if width <= 0.0 || middle.eigenvalue <= 1e-3 {
                    continue;
                }
                let density = ensemble.spectral_density(&[middle.eigenvalue]).unwrap()[0];
                let slope = (left.above - right.above) / width / 60.0;
                let apart = (density - slope).abs();
                assert!(
                    apart < 1e-4 * density.max(0.01),
                    "{samples} {middle:?} {density} {slope}"
                );
            }
        }
    }

    #[test]
    fn equal_eigenvalues_spread_as_marchenko_and_pastur_found() {
        let spectrum = Spectrum::power_law(48, 0.0).unwrap();
        for ratio in [0.25f64, 4.0] {
            let samples = (48.0 / ratio) as usize;
            let ensemble = Ensemble::new(&spectrum, samples, Mean::Known).unwrap();
            let found = ensemble.typical_eigenvalues().unwrap();
            assert_eq!(found.len(), samples.min(48));
            let (low, high) = ((1.0 - ratio.sqrt()).powi(2), (1.0 + ratio.sqrt()).powi(2));
            assert!(found[0] > low && found[found.len() - 1] < high);
            // The share of the continuous part between its lower edge and each quantile, by the midpoint rule.
            let density = |x: f64| ((high - x) * (x - low)).sqrt() / (2.0 * PI * ratio * x);
            for (k, &quantile) in found.iter().enumerate() {
                let steps = 20_000;
                let width = (quantile - low) / steps as f64;
                let area: f64 = (0..steps)
                    .map(|i| density(low + (i as f64 + 0.5) * width))
                    .sum();
                let whole = f64::min(1.0, 1.0 / ratio);
                let wanted = (k as f64 + 0.5) / found.len() as f64 * whole;
                assert_relative_eq!(area * width, wanted, max_relative = 2e-3);
            }
        }
    }

    #[test]
    fn the_typical_eigenvalues_add_up_to_the_trace() {
        let spectrum = Spectrum::power_law(200, 1.0).unwrap();
        for samples in [50, 200, 1000] {
            let ensemble = Ensemble::new(&spectrum, samples, Mean::Known).unwrap();
            let total: f64 = ensemble.typical_eigenvalues().unwrap().iter().sum();
            assert_relative_eq!(total, 200.0, max_relative = 0.02);
        }
    }
}
