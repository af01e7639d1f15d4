//! The effective ridge kappa(z).

use super::Mean;
use super::elliptical::Shares;
use super::ensemble::{Ensemble, TheoryError, non_negative};
use super::numeric::spectral_sums;

/// The most Newton steps; 40 suffice at N = d and z = 1e-20.
const MAX_STEPS: usize = 500;
/// The largest residual of the equation, relative to its terms.
const TOLERANCE: f64 = 1e-10;

/// The deterministic equivalent of a ridge `z` on `Sigma_N`.
///
/// ```text
/// kappa (1 - (df1(kappa) + delta)/N) = z,    kappa' = dkappa/dz = 1/(1 - (df2 + delta)/N)
/// df1 = sum lambda/(lambda + kappa),         df2 = sum (lambda/(lambda + kappa))^2
/// ```
///
/// Here delta = 0 for a known mean, 1 for a fitted one; z and kappa have the unit of the eigenvalues. On average
/// `(Sigma_N + z)^-1` acts as `(s Sigma + z)^-1` with `s = z/kappa`.
///
/// Rows with weights w, of which the Gaussian ones (w = 1) are a case, have `a = df1/N` and
///
/// ```text
/// E[w/(s + w a)] = 1,   z = kappa s,   A = E[w/(s + w a)^2],   B = E[w^2/(s + w a)^2],   s A + a B = 1
/// kappa' = A/(1 - B df2/N)
/// ```
///
/// with the terms of order 1/N of a fitted mean ([`equations`](crate::equations) section 9).
///
/// The root is found by Halley's iteration from above. The left side f is increasing and convex, and `kappa f''/(2
/// f') <= 1`; so an error e (relative to kappa) becomes less than e^2 in each Newton step, and a Halley step is no
/// worse. Any z >= 0 is allowed. At z = 0 kappa solves `df1 + delta = N` if the rank is larger than N - delta, and is
/// 0 otherwise. With weights the root is found in `log(a/s)`, of which s and a are explicit functions.
///
/// Source: Merger and Goldt (arXiv 2505.24769) for delta = 0; a fitted mean and weights are past the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectiveRidge {
    /// z
    pub ridge: f64,
    /// kappa
    pub kappa: f64,
    /// `s = z/kappa`, from 0 to the mean weight: the share of the signal's variance that survives. It is
    /// `1 - (df1 + delta)/N` for Gaussian rows.
    pub survival: f64,
    /// `1 - s`, without cancellation.
    pub lost: f64,
    /// A; 1 for Gaussian rows with a known mean.
    pub first: f64,
    /// B; 1 for Gaussian rows with a known mean.
    pub second: f64,
    /// What the error mu of a fitted mean adds to `tr Sigma G`, as a part of it: `mu' G mu / tr Sigma G`. It is 1/N
    /// for Gaussian rows, 0 with a known mean.
    pub mean_shift: f64,
    /// What the error mu of a fitted mean adds to `tr Sigma G^2`, as a part of it. It is 1/N for Gaussian rows, 0
    /// with a known mean.
    pub mean_spread: f64,
    /// `kappa' = dkappa/dz`; infinite at z = 0 where N - delta is the rank.
    pub derivative: f64,
    /// `sum lambda/(lambda + kappa)`
    pub df1: f64,
    /// `sum (lambda/(lambda + kappa))^2`
    pub df2: f64,
    /// `ds/dkappa = (B/A) (1/N) sum lambda/(lambda + kappa)^2`
    pub slope: f64,
    /// `sum lambda/(lambda + kappa)^2`
    pub weighted: f64,
    /// `sum 1/(lambda + kappa)` over all d directions
    pub inverse: f64,
    /// `sum 1/(lambda + kappa)^2`
    pub inverse_square: f64,
}

impl Ensemble<'_> {
    /// kappa at the ridge `z >= 0`.
    pub fn effective_ridge(&self, ridge: f64) -> Result<EffectiveRidge, TheoryError> {
        let z = non_negative("z", ridge)?;
        let weighted = self.weighted();
        let shares = match &weighted {
            Some(weighted) => Some(self.shares(weighted, z)?),
            None => None,
        };
        let full = z == 0.0 && self.degrees() >= self.spectrum().rank() as f64;
        let kappa = match shares {
            _ if full => 0.0,
            None => self.root(z)?,
            Some(shares) if z > 0.0 => z / shares.survival,
            // Without a ridge df1 = N_0, whatever the weights.
            Some(_) => Ensemble::at(self.spectrum(), self.degrees(), Mean::Known)?.root(z)?,
        };
        let survival = match shares {
            Some(shares) => shares.survival,
            None if z > 0.0 => z / kappa,
            None if full => self.shrink() - self.spectrum().rank() as f64 / self.samples(),
            None => 0.0,
        };
        let [df1, df2, weighted, inverse, inverse_square] =
            spectral_sums(self.spectrum(), |lambda| {
                let inverse = 1.0 / (lambda + kappa);
                let shrinkage = lambda * inverse;
                let square = inverse * inverse;
                [
                    shrinkage,
                    shrinkage * shrinkage,
                    shrinkage * inverse,
                    inverse,
                    square,
                ]
            });
        let empty = (self.dim() - self.spectrum().rank()) as f64;
        let shares = shares.unwrap_or_else(|| self.gaussian_shares(survival, df1));
        let slope = shares.second / shares.first * weighted / self.samples();
        let at = EffectiveRidge {
            ridge: z,
            kappa,
            survival,
            lost: shares.lost,
            first: shares.first,
            second: shares.second,
            mean_shift: shares.mean_shift,
            mean_spread: shares.mean_spread,
            // 1/kappa' = s + kappa ds/dkappa, all positive.
            derivative: 1.0 / (survival + kappa * slope),
            df1,
            df2,
            slope,
            weighted,
            inverse: match empty {
                0.0 => inverse,
                empty => inverse + empty / kappa,
            },
            inverse_square: match empty {
                0.0 => inverse_square,
                empty => inverse_square + empty / (kappa * kappa),
            },
        };
        self.check(&at, shares.filled)?;
        Ok(at)
    }

    /// The shares of Gaussian rows.
    fn gaussian_shares(&self, survival: f64, df1: f64) -> Shares {
        let (samples, mean_error) = (self.samples(), self.mean_error());
        Shares {
            ratio: df1 / samples / survival,
            survival,
            filled: self.shrink() - survival,
            open: survival,
            first: 1.0 / self.shrink(),
            second: 1.0 / self.shrink(),
            mean_shift: mean_error,
            mean_spread: mean_error,
            lost: df1 / samples + mean_error,
        }
    }

    fn root(&self, z: f64) -> Result<f64, TheoryError> {
        let (samples, rank) = (self.samples(), self.spectrum().rank() as f64);
        // With `missing` = 1 - (rank + delta)/N, the left side is kappa (missing + (1/N) sum kappa/(lambda+kappa)).
        // This is exact where both terms are positive, and no worse than kappa (1 - (df1 + delta)/N) while |missing|
        // < 1.
        let missing = self.shrink() - rank / samples;
        let complement = missing > -1.0;
        let mut kappa = self.start(z);
        let mut ascents = 0;
        for _ in 0..MAX_STEPS {
            // Sums of inverse powers. All others follow from lambda/(lambda + kappa) = 1 - kappa/(lambda + kappa).
            let [part, squares, cubes] = spectral_sums(self.spectrum(), |lambda| {
                let inverse = 1.0 / (lambda + kappa);
                let shrinkage = lambda * inverse;
                let part = if complement {
                    kappa * inverse
                } else {
                    shrinkage
                };
                let square = shrinkage * inverse;
                [part, square, square * shrinkage]
            });
            let survival = if complement {
                missing + part / samples
            } else {
                self.shrink() - part / samples
            };
            let excess = kappa * survival - z;
            let slope = survival + kappa * squares / samples;
            let newton = excess / slope;
            // f''/2 = (1/N) sum lambda^2/(lambda + kappa)^3
            let halley = newton / (1.0 - newton * cubes / (samples * slope));
            let step = if newton > 0.0 && halley < kappa {
                halley
            } else {
                newton
            };
            // The rounding of a long step may lead below the root; one more step leads back above.
            let next = (kappa - step).max(kappa * f64::EPSILON);
            let moved = (kappa - next).abs() / kappa;
            ascents += usize::from(next > kappa);
            kappa = next;
            // The remaining error is below the cube of this step, or the steps go to and fro within rounding.
            if moved < 1e-5 || ascents > 3 {
                return Ok(kappa);
            }
        }
        Err(self.not_found(z, kappa, f64::NAN))
    }

    /// A point above the root, and near it. df1 is at most what it would be if neighbouring eigenvalues were equal.
    /// So kappa is at most the root for the means of the eigenvalues 1, 2 and 3, 4 to 7, 8 to 15, ...
    fn start(&self, z: f64) -> f64 {
        let groups = self.spectrum().groups();
        let (shrink, samples) = (self.shrink(), self.samples());
        let mut kappa = (z + self.spectrum().trace() / samples) / shrink;
        loop {
            let (mut survival, mut slope) = (shrink, 0.0);
            for (lambda, count) in &groups {
                let shrinkage = lambda / (lambda + kappa);
                survival -= count * shrinkage / samples;
                slope += count * shrinkage / (lambda + kappa) / samples;
            }
            let next = kappa - (kappa * survival - z) / (survival + kappa * slope);
            if !(next > 0.0 && next < kappa * (1.0 - 1e-3)) {
                // Newton's steps from above stay above, up to rounding.
                return kappa;
            }
            kappa = next;
        }
    }

    /// Refuses a kappa that is not the root: 0 < kappa, df1 <= N_0, and the equation `df1 = N a` must hold.
    fn check(&self, at: &EffectiveRidge, filled: f64) -> Result<(), TheoryError> {
        let below = at.df1 <= self.degrees() * (1.0 + TOLERANCE);
        let residual = at.kappa * (filled - at.df1 / self.samples());
        let small = residual.abs() <= TOLERANCE * (at.ridge + at.kappa);
        let positive = at.kappa > 0.0 || at.ridge == 0.0;
        if positive && at.kappa.is_finite() && below && small {
            return Ok(());
        }
        Err(self.not_found(at.ridge, at.kappa, residual))
    }

    /// Why there is no root: the squares of the eigenvalues do not fit in f64, or else the iteration has failed.
    fn not_found(&self, ridge: f64, kappa: f64, residual: f64) -> TheoryError {
        let positive = self.spectrum().positive();
        let (largest, smallest) = (positive[0], positive[positive.len() - 1]);
        if (smallest / largest).powi(2) < f64::MIN_POSITIVE {
            return TheoryError::Span { smallest, largest };
        }
        TheoryError::Root {
            ridge,
            kappa,
            residual,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::Spectrum;
    use approx::assert_relative_eq;

    fn kappa(spectrum: &Spectrum, samples: usize, mean: Mean, z: f64) -> EffectiveRidge {
        let ensemble = Ensemble::new(spectrum, samples, mean).unwrap();
        ensemble.effective_ridge(z).unwrap()
    }

    #[test]
    fn one_direction_has_the_root_of_a_quadratic() {
        for (z, samples) in [
            (1e-20, 1),
            (0.3, 1),
            (0.3, 5),
            (1e6, 2),
            (1e-3, 1_000_000_000),
        ] {
            let spectrum = Spectrum::from_eigenvalues(vec![2.0]).unwrap();
            let found = kappa(&spectrum, samples, Mean::Known, z);
            // kappa^2 + b kappa - 2 z = 0
            let b = 2.0 - 2.0 / samples as f64 - z;
            let root = (b * b + 8.0 * z).sqrt();
            let wanted = if b > 0.0 {
                4.0 * z / (root + b)
            } else {
                (root - b) / 2.0
            };
            assert_relative_eq!(found.kappa, wanted, max_relative = 1e-12);
        }
    }

    #[test]
    fn a_fitted_mean_is_one_sample_less_of_a_smaller_covariance() {
        let spectrum = Spectrum::power_law(40, 1.0).unwrap();
        let scaled = spectrum.eigenvalues().iter().map(|l| l * 29.0 / 30.0);
        let scaled = Spectrum::from_eigenvalues(scaled.collect()).unwrap();
        for z in [0.0, 1e-9, 0.1, 30.0] {
            let fitted = kappa(&spectrum, 30, Mean::Fitted, z);
            let known = kappa(&scaled, 29, Mean::Known, z);
            assert_relative_eq!(
                fitted.kappa * 29.0 / 30.0,
                known.kappa,
                max_relative = 1e-12
            );
            assert_relative_eq!(
                fitted.derivative * 29.0 / 30.0,
                known.derivative,
                max_relative = 1e-11
            );
        }
    }

    #[test]
    fn without_a_ridge_kappa_counts_the_samples_below_n_equal_d_and_is_zero_above() {
        let spectrum = Spectrum::power_law(100, 2.0).unwrap();
        for samples in [1, 50, 99] {
            let found = kappa(&spectrum, samples, Mean::Known, 0.0);
            assert!(found.kappa > 0.0 && found.survival == 0.0);
            assert_relative_eq!(found.df1, samples as f64, max_relative = 1e-12);
        }
        let at = kappa(&spectrum, 100, Mean::Known, 0.0);
        assert_eq!((at.kappa, at.survival), (0.0, 0.0));
        assert!(at.derivative.is_infinite());
        let above = kappa(&spectrum, 400, Mean::Known, 0.0);
        assert_eq!((above.kappa, above.survival), (0.0, 0.75));
        assert_eq!(
            kappa(&spectrum, 400, Mean::Fitted, 0.0).survival,
            299.0 / 400.0
        );
    }

    #[test]
    fn at_n_equal_d_kappa_goes_as_the_root_of_z() {
        for exponent in [0.0, 1.0, 2.0] {
            let spectrum = Spectrum::power_law(60, exponent).unwrap();
            let inverse = spectrum.eigenvalues().iter().map(|l| 1.0 / l).sum::<f64>() / 60.0;
            let z = 1e-20;
            let found = kappa(&spectrum, 60, Mean::Known, z);
            assert_relative_eq!(found.kappa, (z / inverse).sqrt(), max_relative = 1e-6);
        }
    }

    #[test]
    fn the_derivative_is_that_of_kappa() {
        let spectrum = Spectrum::power_law(80, 1.0).unwrap();
        for (samples, mean) in [(20, Mean::Known), (81, Mean::Fitted), (300, Mean::Known)] {
            let z = 0.2;
            let [low, mid, high] =
                [z - 1e-5, z, z + 1e-5].map(|z| kappa(&spectrum, samples, mean, z));
            let slope = (high.kappa - low.kappa) / 2e-5;
            assert_relative_eq!(mid.derivative, slope, max_relative = 1e-8);
            let slope = (high.survival - low.survival) / 2e-5;
            assert_relative_eq!(mid.derivative * mid.slope, slope, max_relative = 1e-7);
        }
    }

    #[test]
    fn the_root_is_right_from_the_smallest_to_the_largest_ridge_and_spectrum() {
        let mut deficient = vec![1.0; 30];
        deficient.resize(50, 0.0);
        let spectra = [
            Spectrum::power_law(20_000, 1.0).unwrap(),
            Spectrum::power_law(300, 4.0).unwrap(),
            Spectrum::from_eigenvalues(deficient).unwrap(),
            Spectrum::from_eigenvalues(vec![1e-3]).unwrap(),
        ];
        for spectrum in &spectra {
            for samples in [2, 30, 50, 300, 20_000, 1_000_000_000] {
                for mean in [Mean::Known, Mean::Fitted] {
                    for z in [1e-20, 1e-6, 1.0, 1e6] {
                        let found = kappa(spectrum, samples, mean, z);
                        let left = 1.0 - (found.df1 + mean.degrees() as f64) / samples as f64;
                        let above = found.kappa >= z * (1.0 - 1e-14);
                        assert!(above && found.df1 <= samples as f64 * (1.0 + 1e-13));
                        assert!(
                            (found.survival - left).abs() < 1e-12,
                            "{} {samples} {mean} {z} {found:?} {left}",
                            spectrum.dim()
                        );
                        assert!(found.derivative >= 1.0 && found.derivative.is_finite());
                    }
                }
            }
        }
    }
}
