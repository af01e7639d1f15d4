//! The eigenvalues of a population covariance.

use serde::Serialize;

/// Why a list of numbers cannot be a covariance spectrum.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum SpectrumError {
    #[error("no eigenvalue: a spectrum needs at least 1")]
    Empty,
    /// An eigenvalue that is negative or not finite; `index` counts from 0, the message from 1.
    #[error("eigenvalue {} is {value}: it must be a number from 0 up", index + 1)]
    Eigenvalue { index: usize, value: f64 },
    #[error("no eigenvalue above 0 (of {dim})")]
    AllZero { dim: usize },
    #[error("the eigenvalues add up to infinity: they must be smaller")]
    Overflow,
    #[error("the largest eigenvalue is below 2.3e-308: they must be larger")]
    Underflow,
    #[error("exponent = {exponent}: must be finite and 0 or more")]
    Exponent { exponent: f64 },
    #[error("{spikes} spikes in {dim} dimensions")]
    Spikes { spikes: usize, dim: usize },
}

/// The eigenvalues `lambda_nu` of a population covariance Sigma, largest first. All are finite and >= 0, and at least
/// one is > 0.
///
/// ```
/// use lindiff::gaussian::Spectrum;
///
/// let spectrum = Spectrum::from_eigenvalues(vec![1.0, 4.0, 0.0])?;
/// assert_eq!(spectrum.eigenvalues(), [4.0, 1.0, 0.0]);
/// assert_eq!((spectrum.dim(), spectrum.rank(), spectrum.trace()), (3, 2, 5.0));
/// # Ok::<(), lindiff::gaussian::SpectrumError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(transparent)]
pub struct Spectrum {
    eigenvalues: Vec<f64>,
    /// The different eigenvalues above 0, and how often each occurs. Empty unless they are few.
    #[serde(skip)]
    runs: Vec<(f64, f64)>,
    #[serde(skip)]
    trace: f64,
}

/// The least-squares line through `log lambda_nu` against `log nu`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct PowerLawFit {
    /// k of `lambda_nu ~ nu^-k`
    pub exponent: f64,
    /// The share of the variance of `log lambda_nu` that the line explains.
    pub r_squared: f64,
    /// `log lambda_1` on the line.
    #[serde(skip)]
    log_first: f64,
}

impl PowerLawFit {
    /// The eigenvalue of a rank, which counts from 1, on the line.
    pub fn at(&self, rank: f64) -> f64 {
        (self.log_first - self.exponent * rank.ln()).exp()
    }
}

impl Spectrum {
    /// A spectrum of eigenvalues in any order.
    pub fn from_eigenvalues(mut eigenvalues: Vec<f64>) -> Result<Self, SpectrumError> {
        if eigenvalues.is_empty() {
            return Err(SpectrumError::Empty);
        }
        let wrong = |v: &f64| !(v.is_finite() && *v >= 0.0);
        if let Some(index) = eigenvalues.iter().position(wrong) {
            let value = eigenvalues[index];
            return Err(SpectrumError::Eigenvalue { index, value });
        }
        eigenvalues.sort_by(|a, b| b.total_cmp(a));
        if eigenvalues[0] == 0.0 {
            let dim = eigenvalues.len();
            return Err(SpectrumError::AllZero { dim });
        }
        if eigenvalues[0] < f64::MIN_POSITIVE {
            return Err(SpectrumError::Underflow);
        }
        if !eigenvalues.iter().sum::<f64>().is_finite() {
            return Err(SpectrumError::Overflow);
        }
        Ok(Self {
            runs: runs(&eigenvalues),
            // The smallest come first, so that the sum keeps its digits.
            trace: eigenvalues.iter().rev().sum(),
            eigenvalues,
        })
    }

    /// `lambda_nu = d nu^-k / sum nu^-k`, `nu = 1 ... d`: the trace is d (Merger and Goldt, arXiv 2505.24769).
    pub fn power_law(dim: usize, exponent: f64) -> Result<Self, SpectrumError> {
        if !(exponent.is_finite() && exponent >= 0.0) {
            return Err(SpectrumError::Exponent { exponent });
        }
        let powers: Vec<f64> = (1..=dim).map(|nu| (nu as f64).powf(-exponent)).collect();
        // The smallest come first, so that the sum keeps its digits.
        let scale = dim as f64 / powers.iter().rev().sum::<f64>();
        Self::from_eigenvalues(powers.into_iter().map(|p| p * scale).collect())
    }

    /// The given spikes, and ones in the other dimensions.
    pub fn spiked(dim: usize, spikes: &[f64]) -> Result<Self, SpectrumError> {
        if spikes.len() > dim {
            let spikes = spikes.len();
            return Err(SpectrumError::Spikes { spikes, dim });
        }
        let mut eigenvalues = spikes.to_vec();
        eigenvalues.resize(dim, 1.0);
        Self::from_eigenvalues(eigenvalues)
    }

    /// The eigenvalues `lambda_nu`, largest first.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// The eigenvalues above 0, largest first.
    pub fn positive(&self) -> &[f64] {
        &self.eigenvalues[..self.rank()]
    }

    /// The different eigenvalues above 0 with their multiplicities, if they are few: sums over them are shorter.
    pub(crate) fn runs(&self) -> Option<&[(f64, f64)]> {
        (!self.runs.is_empty()).then_some(&self.runs)
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.eigenvalues.len()
    }

    /// `tr Sigma`
    pub fn trace(&self) -> f64 {
        self.trace
    }

    /// The number of eigenvalues above 0, without a tolerance.
    pub fn rank(&self) -> usize {
        self.eigenvalues.partition_point(|&v| v > 0.0)
    }

    /// `(tr Sigma)^2 / tr Sigma^2`, from 1 (one direction holds everything) to d (all eigenvalues are equal).
    pub fn participation_ratio(&self) -> f64 {
        // Relative to the largest eigenvalue, whose square may overflow.
        let relative = |v: &f64| v / self.eigenvalues[0];
        let sum: f64 = self.eigenvalues.iter().rev().map(relative).sum();
        let squares = self.eigenvalues.iter().rev().map(|v| relative(v).powi(2));
        sum * sum / squares.sum::<f64>()
    }

    /// The power law nearest to the positive eigenvalues, by least squares of `log lambda_nu` on `log nu`. `None` if
    /// there are fewer than 2. `r_squared` is 1 if all are equal.
    pub fn power_law_fit(&self) -> Option<PowerLawFit> {
        let positive = self.positive();
        if positive.len() < 2 {
            return None;
        }
        let count = positive.len() as f64;
        let x = |index: usize| (index as f64 + 1.0).ln();
        let mean_x = (0..positive.len()).map(x).sum::<f64>() / count;
        // Relative to the largest: equal eigenvalues then give exact zeros.
        let y = |v: &f64| (v / positive[0]).ln();
        let mean_y = positive.iter().map(y).sum::<f64>() / count;
        let (mut xx, mut xy, mut yy) = (0.0, 0.0, 0.0);
        for (index, value) in positive.iter().enumerate() {
            let (dx, dy) = (x(index) - mean_x, y(value) - mean_y);
            xx += dx * dx;
            xy += dx * dy;
            yy += dy * dy;
        }
        let exponent = -xy / xx;
        Some(PowerLawFit {
            exponent,
            r_squared: if yy == 0.0 { 1.0 } else { xy * xy / (xx * yy) },
            log_first: positive[0].ln() + mean_y + exponent * mean_x,
        })
    }
}

/// See [`Spectrum::runs`].
fn runs(eigenvalues: &[f64]) -> Vec<(f64, f64)> {
    const OFTEN: usize = 8;
    let positive = &eigenvalues[..eigenvalues.partition_point(|&v| v > 0.0)];
    let runs = positive.chunk_by(|a, b| a == b);
    if runs.clone().count() * OFTEN <= positive.len() {
        runs.map(|run| (run[0], run.len() as f64)).collect()
    } else {
        Vec::new()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;

    #[test]
    fn a_power_law_has_trace_d_and_its_own_exponent() {
        for exponent in [0.0, 0.5, 1.0, 4.0] {
            let spectrum = Spectrum::power_law(300, exponent).unwrap();
            assert_relative_eq!(spectrum.trace(), 300.0, max_relative = 1e-13);
            let fit = spectrum.power_law_fit().unwrap();
            assert_relative_eq!(fit.exponent, exponent, epsilon = 1e-10);
            assert_relative_eq!(fit.r_squared, 1.0, max_relative = 1e-10);
            for (rank, value) in (1..).zip(spectrum.eigenvalues()) {
                assert_relative_eq!(fit.at(f64::from(rank)), *value, max_relative = 1e-9);
            }
            let ratio = spectrum.eigenvalues()[0] / spectrum.eigenvalues()[9];
            assert_relative_eq!(ratio, 10f64.powf(exponent), max_relative = 1e-12);
        }
    }

    #[test]
    fn eigenvalues_are_sorted_and_zeros_are_counted() {
        let spectrum = Spectrum::from_eigenvalues(vec![0.0, 2.0, 6.0, 0.0]).unwrap();
        assert_eq!(spectrum.eigenvalues(), [6.0, 2.0, 0.0, 0.0]);
        assert_eq!((spectrum.dim(), spectrum.rank()), (4, 2));
        assert_eq!(spectrum.positive(), [6.0, 2.0]);
        assert_relative_eq!(spectrum.participation_ratio(), 64.0 / 40.0);
    }

    #[test]
    fn spikes_stand_above_ones() {
        let spectrum = Spectrum::spiked(4, &[3.0, 5.0]).unwrap();
        assert_eq!(spectrum.eigenvalues(), [5.0, 3.0, 1.0, 1.0]);
        assert_eq!(
            Spectrum::spiked(1, &[3.0, 5.0]),
            Err(SpectrumError::Spikes { spikes: 2, dim: 1 })
        );
    }

    #[test]
    fn what_is_no_spectrum_is_refused_with_the_place() {
        let of = |v: &[f64]| Spectrum::from_eigenvalues(v.to_vec()).unwrap_err();
        assert_eq!(of(&[]), SpectrumError::Empty);
        assert_eq!(of(&[0.0, 0.0]), SpectrumError::AllZero { dim: 2 });
        assert_eq!(of(&[1e308, 1e308]), SpectrumError::Overflow);
        let negative = SpectrumError::Eigenvalue {
            index: 1,
            value: -1.0,
        };
        assert_eq!(of(&[1.0, -1.0]), negative);
        assert!(matches!(
            of(&[1.0, f64::NAN]),
            SpectrumError::Eigenvalue { index: 1, .. }
        ));
        assert_eq!(Spectrum::power_law(0, 1.0), Err(SpectrumError::Empty));
        assert!(Spectrum::power_law(3, -1.0).is_err());
    }

    #[test]
    fn huge_eigenvalues_keep_a_finite_participation_ratio() {
        let spectrum = Spectrum::from_eigenvalues(vec![1e200, 1e200]).unwrap();
        assert_eq!(spectrum.participation_ratio(), 2.0);
    }
}
