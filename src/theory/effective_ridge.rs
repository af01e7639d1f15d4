//! The effective ridge kappa(z).

use super::ensemble::{Ensemble, TheoryError, non_negative};
use super::numeric::{sum, sums};

/// Newton steps that are allowed; 40 suffice at N = d and z = 1e-20.
const MAX_STEPS: usize = 500;
/// What may be left of the equation, relative to the terms in it.
const TOLERANCE: f64 = 1e-10;

/// The deterministic equivalent's renormalised ridge at a ridge `z` on `Sigma_N`.
///
/// ```text
/// kappa (1 - (df1(kappa) + delta)/N) = z,    kappa' = dkappa/dz = 1/(1 - (df2 + delta)/N)
/// df1 = sum lambda/(lambda + kappa),         df2 = sum (lambda/(lambda + kappa))^2
/// ```
///
/// with delta = 0 for a known mean, 1 for a fitted one; z and kappa have the unit of the eigenvalues. On average
/// `(Sigma_N + z)^-1` acts as `(s Sigma + z)^-1` with `s = z/kappa`.
///
/// Newton from `kappa_0 = (z + tr Sigma/N)/(1 - delta/N)` descends monotonically to the root, the left side being
/// convex. Any z >= 0; at z = 0 kappa solves `df1 + delta = N` for fewer samples than that, and is 0 otherwise.
///
/// Source: Merger and Goldt (arXiv 2505.24769) for delta = 0; a fitted mean is past the paper.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EffectiveRidge {
    /// z
    pub ridge: f64,
    /// kappa
    pub kappa: f64,
    /// `s = z/kappa = 1 - (df1 + delta)/N`, from 0 to 1: what is left of the signal's variance.
    pub survival: f64,
    /// `kappa' = dkappa/dz`; infinite at z = 0 where N - delta is the rank.
    pub derivative: f64,
    pub df1: f64,
    pub df2: f64,
    /// `(1/N) sum lambda/(lambda + kappa)^2`, which is also `(ds/dz)/kappa'`.
    pub slope: f64,
}

impl Ensemble<'_> {
    /// kappa at the ridge `z >= 0`.
    pub fn effective_ridge(&self, ridge: f64) -> Result<EffectiveRidge, TheoryError> {
        let z = non_negative("z", ridge)?;
        let kappa = if z == 0.0 && self.degrees() >= self.spectrum().rank() as f64 {
            0.0
        } else {
            self.root(z)?
        };
        let survival = if z > 0.0 {
            z / kappa
        } else if kappa == 0.0 {
            self.shrink() - self.spectrum().rank() as f64 / self.samples()
        } else {
            0.0
        };
        let positive = self.spectrum().positive();
        let [df1, df2, slope] = sums(positive, |l| {
            let shrinkage = l / (l + kappa);
            [shrinkage, shrinkage * shrinkage, shrinkage / (l + kappa)]
        });
        let slope = slope / self.samples();
        // 1/kappa' = z/kappa + (df1 - df2)/N, all positive.
        let derivative = 1.0 / (survival + kappa * slope);
        Ok(EffectiveRidge {
            ridge: z,
            kappa,
            survival,
            derivative,
            df1,
            df2,
            slope,
        })
    }

    fn root(&self, z: f64) -> Result<f64, TheoryError> {
        let positive = self.spectrum().positive();
        let samples = self.samples();
        let start = (z + self.spectrum().trace() / samples) / self.shrink();
        // With `missing` = 1 - (rank + delta)/N, the left side is kappa (missing + (1/N) sum kappa/(lambda+kappa)):
        // exact where both are positive, and no worse than kappa (1 - (df1 + delta)/N) while |missing| < 1.
        let missing = self.shrink() - positive.len() as f64 / samples;
        let complement = missing > -1.0;
        let mut kappa = start;
        let mut excess = f64::NAN;
        let mut ascents = 0;
        for _ in 0..MAX_STEPS {
            let [part, squares] = sums(positive, |l| {
                let inverse = 1.0 / (l + kappa);
                let shrinkage = l * inverse;
                let part = if complement {
                    kappa * inverse
                } else {
                    shrinkage
                };
                [part, shrinkage * kappa * inverse]
            });
            let survival = if complement {
                missing + part / samples
            } else {
                self.shrink() - part / samples
            };
            excess = kappa * survival - z;
            let next = kappa - excess / (survival + squares / samples);
            // The rounding of a long step may lead below the root; from there one step leads back above.
            let next = next.max(kappa * f64::EPSILON);
            let done = (kappa - next).abs() <= 2.0 * f64::EPSILON * kappa;
            ascents += usize::from(next > kappa);
            if ascents > 3 {
                break; // to and fro within rounding
            }
            kappa = next;
            if done {
                break;
            }
        }
        self.check(z, kappa, excess)
    }

    /// The root, if it is one: 0 < kappa, df1 + delta <= N, and the equation holds.
    fn check(&self, z: f64, kappa: f64, excess: f64) -> Result<f64, TheoryError> {
        let df1 = sum(self.spectrum().positive(), |l| l / (l + kappa));
        let below = df1 <= self.degrees() * (1.0 + TOLERANCE);
        let small = excess.abs() <= TOLERANCE * (z + kappa);
        if kappa > 0.0 && kappa.is_finite() && below && small {
            Ok(kappa)
        } else {
            Err(TheoryError::Root {
                ridge: z,
                kappa,
                residual: excess,
            })
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Spectrum;
    use crate::theory::Mean;
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
