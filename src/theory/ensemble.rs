//! The input of a prediction: a spectrum, a number of samples, and whether the mean is fitted.

use crate::config::Mean;
use crate::gaussian::{RowWeights, Spectrum};

/// Why there is no prediction.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum TheoryError {
    #[error("samples = {samples}: a {mean} mean needs at least {least}")]
    Samples {
        samples: f64,
        mean: Mean,
        least: usize,
    },
    #[error(transparent)]
    Spectrum(#[from] crate::gaussian::SpectrumError),
    #[error(transparent)]
    Structure(#[from] crate::denoiser::StructureError),
    #[error(transparent)]
    Eigen(#[from] crate::gaussian::EigenError),
    #[error(
        "{samples} rows cannot be left out in groups of {grouped} rows, the largest of {largest}: each row belongs to \
         one group, and none holds all"
    )]
    Groups {
        grouped: usize,
        samples: usize,
        largest: usize,
    },
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
        "eigenvalues from {smallest:.1e} to {largest:.1e}: their squares do not fit in f64; leave out the smallest ones, \
         or take a smaller exponent"
    )]
    Span { smallest: f64, largest: f64 },
    #[error(
        "descent at learning rate {rate} is outside the range of the contour: needs less than {bound}; use the flow"
    )]
    RateAboveContour { rate: f64, bound: f64 },
    #[error("the contour does not enclose the spectrum: its normalisation is {count}, not 1")]
    Contour { count: f64 },
    #[error(
        "the sampled variance has a zero inside the contour: no divergence can be computed from it"
    )]
    ZeroInContour,
    #[error("{wanted} is out of reach: with any number of samples it stays above {floor}")]
    OutOfReach { wanted: f64, floor: f64 },
    #[error("{what}: needs {needs}")]
    Unsupported {
        what: &'static str,
        needs: &'static str,
    },
}

/// The training sets of N independent samples with the covariance eigenvalues of a [`Spectrum`]: Gaussian ones, or
/// elliptical ones with the weights of [`Ensemble::with_row_weights`].
///
/// A fitted mean leaves `N - 1` degrees of freedom: `Sigma_N` is then distributed as `(N-1)/N` times the
/// covariance of `N - 1` samples with a known mean.
///
/// ```
/// use lindiff::diffusion::NoiseLevel;
/// use lindiff::gaussian::Spectrum;
/// use lindiff::theory::{Ensemble, Mean};
///
/// let spectrum = Spectrum::power_law(200, 1.0)?;
/// let level = NoiseLevel::from_alpha_bar(0.9).unwrap();
/// let ensemble = Ensemble::new(&spectrum, 400, Mean::Fitted)?;
/// let losses = ensemble.losses(&level, 0.0)?;
/// let oracle_loss = spectrum.oracle_loss(&level);
/// assert!(losses.train_loss < oracle_loss && oracle_loss < losses.test_loss);
/// # Ok::<(), lindiff::theory::TheoryError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ensemble<'a> {
    spectrum: &'a Spectrum,
    samples: f64,
    mean: Mean,
    row_weights: Option<&'a RowWeights>,
}

impl<'a> Ensemble<'a> {
    /// Needs at least 1 sample with a known mean, 2 with a fitted one.
    pub fn new(spectrum: &'a Spectrum, samples: usize, mean: Mean) -> Result<Self, TheoryError> {
        Self::at(spectrum, samples as f64, mean)
    }

    /// As [`Ensemble::new`], with a number of samples that need not be whole. Only the deterministic equivalents have
    /// a meaning between whole numbers.
    pub fn at(spectrum: &'a Spectrum, samples: f64, mean: Mean) -> Result<Self, TheoryError> {
        enough(samples, mean)?;
        Ok(Self {
            spectrum,
            samples,
            mean,
            row_weights: None,
        })
    }

    /// Elliptical rows `x_i = m + sqrt(w_i) Sigma^(1/2) z_i` instead of Gaussian ones, with weights of the given law;
    /// `None`: Gaussian rows.
    /// Every prediction then holds for them, except for [`Ensemble::exact_wishart`]. Past the paper
    /// ([`equations`](crate::equations) section 9).
    ///
    /// ```
    /// use lindiff::gaussian::{RowWeights, Spectrum};
    /// use lindiff::theory::{Ensemble, Mean};
    ///
    /// let (spectrum, law) = (Spectrum::power_law(200, 1.0)?, RowWeights::two_point(2.0)?);
    /// let gaussian = Ensemble::new(&spectrum, 400, Mean::Known)?;
    /// let kl = |e: &Ensemble| e.divergences(0.0).map(|kl| kl.sampled_true.value());
    /// assert!(kl(&gaussian.with_row_weights(&law))? > kl(&gaussian)?);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn with_row_weights(self, law: impl Into<Option<&'a RowWeights>>) -> Self {
        Self {
            row_weights: law.into(),
            ..self
        }
    }

    /// The law of the weights of the rows; `None`: Gaussian rows.
    pub fn row_weights(&self) -> Option<&'a RowWeights> {
        self.row_weights
    }

    /// The mean weight of the rows: 1 for Gaussian ones.
    pub fn mean_weight(&self) -> f64 {
        self.row_weights.map_or(1.0, RowWeights::mean)
    }

    /// The truth's eigenvalues.
    pub fn spectrum(&self) -> &'a Spectrum {
        self.spectrum
    }

    /// The eigenvalues `lambda_nu` of the truth, largest first.
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

    /// Whether the mean is known or fitted.
    pub fn mean(&self) -> Mean {
        self.mean
    }

    /// The degrees of freedom of `Sigma_N`: `N`, or `N - 1` with a fitted mean. They bound its rank. Rows of weight 0
    /// do not count; with such rows a fitted mean takes nothing.
    pub fn degrees(&self) -> f64 {
        match self.weighted() {
            None => self.samples - self.mean.degrees() as f64,
            Some(weighted) => weighted.degrees(),
        }
    }

    /// The factor in `E Sigma_N = shrink Sigma`, for weights with the mean 1: `1`, or `(N-1)/N` with a fitted mean.
    pub fn shrink(&self) -> f64 {
        1.0 - self.mean_error()
    }

    /// The covariance of the error of the mean is `Sigma` times this: `1/N` with a fitted mean, `0` with a known one.
    pub fn mean_error(&self) -> f64 {
        self.mean.degrees() as f64 / self.samples
    }

    /// These training sets, but of another truth.
    pub(super) fn of<'b>(&self, spectrum: &'b Spectrum) -> Ensemble<'b>
    where
        'a: 'b,
    {
        Ensemble { spectrum, ..*self }
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

/// At least 1 sample with a known mean, 2 with a fitted one.
pub(super) fn enough(samples: f64, mean: Mean) -> Result<(), TheoryError> {
    let least = 1 + mean.degrees();
    if samples.is_finite() && samples >= least as f64 {
        return Ok(());
    }
    Err(TheoryError::Samples {
        samples,
        mean,
        least,
    })
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
            "samples = 1: a fitted mean needs at least 2"
        );
        assert!(Ensemble::new(&spectrum, 0, Mean::Known).is_err());
        assert!(Ensemble::at(&spectrum, f64::NAN, Mean::Known).is_err());
        let two = Ensemble::new(&spectrum, 2, Mean::Fitted).unwrap();
        assert_eq!((two.degrees(), two.shrink()), (1.0, 0.5));
    }
}
