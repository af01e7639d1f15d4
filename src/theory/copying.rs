//! Below which noise are few rows copied?

use super::TheoryError;
use super::ensemble::positive;
use super::numeric::spectral_sums;
use super::root::increasing_root;
use crate::gaussian::Spectrum;

/// The information that a noised vector `x_0 + sigma eps` holds about `x_0`, in nats, for Gaussian data:
///
/// ```text
/// I(sigma) = 1/2 sum_k log(1 + lambda_k/sigma^2)
/// ```
///
/// It is the mean of the divergence of the law of `x_0` given the noised vector from the law of `x_0`. Past the paper.
///
/// # Errors
/// A sigma that is not above 0.
pub fn information(spectrum: &Spectrum, sigma: f64) -> Result<f64, TheoryError> {
    let noise = positive("sigma", sigma)?.powi(2);
    let [total] = spectral_sums(spectrum, |lambda| [(lambda / noise).ln_1p()]);
    Ok(total / 2.0)
}

/// The noise level `sigma_c` (the standard deviation of the noise in units of the data, `sigma^2 = (1 - ab)/ab`) at
/// which the [copying denoiser](crate::denoiser::Copying) of N rows stops to copy:
///
/// ```text
/// I(sigma_c) = log N
/// ```
///
/// N rows can stand for the law of `x_0` given a noised vector only if some of them lie where that law has its mass, and
/// of the law of the data this is the share `exp(-I)`. Below `sigma_c` one row has nearly all the weight. So the rows
/// needed at a level, `exp(I)`, grow exponentially with the dimension, where a linear denoiser needs a few times d. The
/// law is that of many dimensions, to leading order in log N. Rows that are not Gaussian tell less than Gaussian rows with
/// the same spectrum, so for them it is an upper estimate. Past the paper ([`equations`](crate::equations) section 10).
///
/// ```
/// use lindiff::gaussian::Spectrum;
/// use lindiff::theory::copying_scale;
///
/// // (1 + 1/sigma^2)^(64/2) = 2^32
/// let white = Spectrum::power_law(64, 0.0)?;
/// let sigma = copying_scale(&white, 2f64.powi(32))?;
/// assert!((sigma - 1.0).abs() < 1e-12);
/// # Ok::<(), lindiff::theory::TheoryError>(())
/// ```
///
/// # Errors
/// A number of rows that is not above 1.
pub fn copying_scale(spectrum: &Spectrum, samples: f64) -> Result<f64, TheoryError> {
    let wanted = positive("log N", samples.ln())?;
    // In u = -log sigma^2 the information increases.
    let at = |u: f64| {
        let signal = u.exp();
        let [information, slope] = spectral_sums(spectrum, |lambda| {
            let ratio = lambda * signal;
            [ratio.ln_1p() / 2.0, ratio / (1.0 + ratio) / 2.0]
        });
        (information - wanted, slope)
    };
    let start = -(spectrum.trace() / spectrum.dim() as f64).ln();
    let found = increasing_root(start, at).map(|u| (-u / 2.0).exp());
    found.ok_or(TheoryError::Unsupported {
        what: "a copying scale",
        needs: "a number of rows whose logarithm the spectrum can reach",
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_information_at_the_copying_scale_is_the_logarithm_of_the_number_of_rows() {
        for exponent in [0.0, 1.0, 3.0] {
            let spectrum = Spectrum::power_law(64, exponent).unwrap();
            for samples in [1.001, 2.0, 50.0, 3200.0, 1e12, 1e300] {
                let sigma = copying_scale(&spectrum, samples).unwrap();
                let found = information(&spectrum, sigma).unwrap();
                let expected = samples.ln();
                assert!((found / expected - 1.0).abs() < 1e-9, "{samples}: {found}");
            }
        }
    }

    #[test]
    fn more_rows_are_copied_below_less_noise() {
        let spectrum = Spectrum::power_law(64, 1.0).unwrap();
        let scales = [50.0, 800.0, 3200.0].map(|n| copying_scale(&spectrum, n).unwrap());
        let expected = [2.57, 1.86, 1.65];
        for (got, expected) in scales.iter().zip(expected) {
            assert!((got - expected).abs() < 0.005, "{got}, {expected}");
        }
    }

    #[test]
    fn one_row_is_always_copied() {
        let spectrum = Spectrum::power_law(5, 1.0).unwrap();
        assert!(copying_scale(&spectrum, 1.0).is_err());
        assert!(copying_scale(&spectrum, f64::NAN).is_err());
    }
}
