//! What a prediction is made from.

use crate::config::Mean;
use crate::gaussian::Spectrum;

/// Why there is no prediction.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
pub enum TheoryError {
    #[error("{samples} samples with a {mean} mean: at least {least}")]
    Samples {
        samples: f64,
        mean: Mean,
        least: usize,
    },
    #[error(transparent)]
    Spectrum(#[from] crate::gaussian::SpectrumError),
    #[error("{name} = {value}: must be finite and 0 or more")]
    Negative { name: &'static str, value: f64 },
    #[error("{name} = {value}: must be finite and above 0")]
    NotPositive { name: &'static str, value: f64 },
    #[error(
        "no effective ridge found at z = {ridge}: kappa = {kappa} leaves a residual of {residual}"
    )]
    Root {
        ridge: f64,
        kappa: f64,
        residual: f64,
    },
    #[error(
        "descent at learning rate {rate} is outside the range of the contour: needs less than {bound}; use the flow"
    )]
    RateAboveContour { rate: f64, bound: f64 },
    #[error("no contour around the spectrum: it counts {count} of 1")]
    Contour { count: f64 },
    #[error("the variance that is sampled has a zero inside the contour: no divergence from it")]
    ZeroInContour,
    #[error("{wanted} is out of reach: with any number of samples it stays above {floor}")]
    OutOfReach { wanted: f64, floor: f64 },
    #[error("{what}: needs {needs}")]
    Unsupported {
        what: &'static str,
        needs: &'static str,
    },
}

/// The training sets of N independent Gaussian samples with the covariance eigenvalues of a [`Spectrum`].
///
/// A fitted mean leaves `N - 1` degrees of freedom: `Sigma_N` is then distributed as `(N-1)/N` times the
/// covariance of `N - 1` samples with a known mean.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ensemble<'a> {
    spectrum: &'a Spectrum,
    samples: f64,
    mean: Mean,
}

impl<'a> Ensemble<'a> {
    /// At least 1 sample with a known mean, 2 with a fitted one.
    pub fn new(spectrum: &'a Spectrum, samples: usize, mean: Mean) -> Result<Self, TheoryError> {
        Self::at(spectrum, samples as f64, mean)
    }

    /// The same for a number of samples between whole numbers, which only the equivalents have a meaning for.
    pub fn at(spectrum: &'a Spectrum, samples: f64, mean: Mean) -> Result<Self, TheoryError> {
        let least = 1 + mean.degrees();
        if !(samples.is_finite() && samples >= least as f64) {
            return Err(TheoryError::Samples {
                samples,
                mean,
                least,
            });
        }
        Ok(Self {
            spectrum,
            samples,
            mean,
        })
    }

    pub fn spectrum(&self) -> &'a Spectrum {
        self.spectrum
    }

    /// `lambda_nu`
    pub fn eigenvalues(&self) -> &'a [f64] {
        self.spectrum.eigenvalues()
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.spectrum.dim()
    }

    /// The number N of samples.
    pub fn samples(&self) -> f64 {
        self.samples
    }

    pub fn mean(&self) -> Mean {
        self.mean
    }

    /// `N`, or `N - 1` with a fitted mean: the rank that `Sigma_N` can have.
    pub fn degrees(&self) -> f64 {
        self.samples - self.mean.degrees() as f64
    }

    /// `1`, or `(N-1)/N` with a fitted mean: `E Sigma_N = shrink Sigma`.
    pub fn shrink(&self) -> f64 {
        self.degrees() / self.samples
    }

    /// What the mean adds, as a part of `(1/d) tr Sigma G^2` or `(1/d) tr Sigma G`: `0`, or `1/N` with a fitted
    /// mean, which is off by a vector of covariance `Sigma/N`.
    pub fn mean_error(&self) -> f64 {
        self.mean.degrees() as f64 / self.samples
    }

    /// `(1/d) sum f(lambda)`
    pub(super) fn average(&self, f: impl Fn(f64) -> f64) -> f64 {
        super::numeric::sum(self.eigenvalues(), f) / self.dim() as f64
    }
}

/// `value` if it is finite and at least 0.
pub(super) fn non_negative(name: &'static str, value: f64) -> Result<f64, TheoryError> {
    if value.is_finite() && value >= 0.0 {
        Ok(value)
    } else {
        Err(TheoryError::Negative { name, value })
    }
}

/// `value` if it is finite and above 0.
pub(super) fn positive(name: &'static str, value: f64) -> Result<f64, TheoryError> {
    if value.is_finite() && value > 0.0 {
        Ok(value)
    } else {
        Err(TheoryError::NotPositive { name, value })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn too_few_samples_are_refused_with_the_least_number() {
        let spectrum = Spectrum::power_law(3, 1.0).unwrap();
        let error = Ensemble::new(&spectrum, 1, Mean::Fitted).unwrap_err();
        assert_eq!(
            error.to_string(),
            "1 samples with a fitted mean: at least 2"
        );
        assert!(Ensemble::new(&spectrum, 0, Mean::Known).is_err());
        assert!(Ensemble::at(&spectrum, f64::NAN, Mean::Known).is_err());
        let two = Ensemble::new(&spectrum, 2, Mean::Fitted).unwrap();
        assert_eq!((two.degrees(), two.shrink()), (1.0, 0.5));
    }
}
