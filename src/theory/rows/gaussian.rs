//! Predictions from the rows alone, without a truth and without held-out rows.

use std::f64::consts::PI;

use faer::c64;

use crate::diffusion::NoiseLevel;
use crate::gaussian::numerical_floor;
use crate::theory::ensemble::non_negative;
use crate::theory::{EffectiveRidge, Mean, PredictedLosses, TheoryError};

/// The eigenvalues of the covariance of N rows in d dimensions: everything that the rows say about the truth's
/// spectrum.
///
/// ```text
/// kappa_N(z) = N / sum_i 1/(s_i + z),    kappa_N' = (kappa_N^2/N) sum_i 1/(s_i + z)^2,    i = 1 ... N_0
/// df1 = N (1 - z/kappa_N) - delta,       df2 = N (1 - 1/kappa_N') - delta
/// ```
///
/// There are `N_0 = N - delta` eigenvalues of the Gram matrix; for N_0 > d some are 0. Past the paper
/// ([`equations`](crate::equations) section 6).
#[derive(Debug, Clone, PartialEq)]
pub struct RowsSpectrum {
    /// Above 0, largest first.
    eigenvalues: Vec<f64>,
    dim: usize,
    samples: f64,
    mean: Mean,
}

/// Predicted losses, with what supports them.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FromRows {
    /// The rows determine the losses.
    Identified(PredictedLosses),
    /// The losses depend on eigenvalues of the truth that these rows do not show.
    NeedsTail,
}

impl RowsSpectrum {
    /// Takes the eigenvalues of the covariance (with 1/N) of `samples` rows, about their own mean if it is fitted.
    /// Eigenvalues below `d eps` times the largest count as zeros.
    ///
    /// # Errors
    /// Too few rows, or rows that are all equal.
    pub fn new(
        mut eigenvalues: Vec<f64>,
        dim: usize,
        samples: usize,
        mean: Mean,
    ) -> Result<Self, TheoryError> {
        let least = 2 + mean.degrees();
        let samples = samples as f64;
        eigenvalues.sort_unstable_by(|a, b| b.total_cmp(a));
        let largest = eigenvalues.first().copied().unwrap_or(0.0);
        eigenvalues.retain(|&s| s > numerical_floor(largest, dim));
        eigenvalues.truncate((samples as usize).saturating_sub(mean.degrees()));
        if samples < least as f64 || eigenvalues.is_empty() {
            return Err(TheoryError::Samples {
                samples,
                mean,
                least,
            });
        }
        Ok(Self {
            eigenvalues,
            dim,
            samples,
            mean,
        })
    }

    /// The eigenvalues above 0, largest first.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// The number N of rows.
    pub fn samples(&self) -> f64 {
        self.samples
    }

    /// Whether the mean is known or fitted.
    pub fn mean(&self) -> Mean {
        self.mean
    }

    fn delta(&self) -> f64 {
        self.mean.degrees() as f64
    }

    /// The number of eigenvalues of the Gram matrix that are 0.
    fn zeros(&self) -> f64 {
        self.samples - self.delta() - self.eigenvalues.len() as f64
    }

    /// An estimate of the truth's trace without bias: `sum s_i N/N_0`.
    pub fn trace(&self) -> f64 {
        self.eigenvalues.iter().sum::<f64>() * self.samples / (self.samples - self.delta())
    }

    /// kappa_N(z) and its derivative, for z >= 0.
    fn kappa(&self, z: f64) -> (f64, f64) {
        let zeros = self.zeros();
        if z == 0.0 && zeros > 0.0 {
            return (0.0, self.samples / zeros);
        }
        let (mut first, mut second) = if zeros > 0.0 {
            (zeros / z, zeros / (z * z))
        } else {
            (0.0, 0.0)
        };
        for s in &self.eigenvalues {
            let inverse = 1.0 / (s + z);
            first += inverse;
            second += inverse * inverse;
        }
        let kappa = self.samples / first;
        (kappa, kappa * kappa * second / self.samples)
    }

    /// The least effective ridge that the rows show, kappa_N(0). It is 0 if there are enough rows in every direction.
    pub fn least_kappa(&self) -> f64 {
        self.kappa(0.0).0
    }

    /// `(kappa, df1(kappa), df2(kappa))` of the truth at a ridge on these rows.
    pub fn degrees_of_freedom(&self, z: f64) -> (f64, f64, f64) {
        let (kappa, derivative) = self.kappa(z);
        let survival = if z == 0.0 { 0.0 } else { z / kappa };
        let df1 = self.samples * (1.0 - survival) - self.delta();
        let df2 = self.samples * (1.0 - 1.0 / derivative) - self.delta();
        (kappa, df1, df2)
    }

    /// The effective ridge of `samples` other rows (possibly infinitely many) at their ridge `z'`:
    ///
    /// ```text
    /// z' = kappa_N(z) (1 - N/N') + (N/N') z,   dz'/dz = kappa_N' (1 - N/N') + N/N'
    /// ```
    ///
    /// `None` where `z' < kappa_N(0) (1 - N/N')`: there it depends on eigenvalues that these rows do not show.
    pub fn effective_ridge(&self, samples: f64, ridge: f64) -> Option<EffectiveRidge> {
        let ratio = self.samples / samples;
        let at = |z: f64| {
            let (kappa, derivative) = self.kappa(z);
            let other = kappa * (1.0 - ratio) + ratio * z;
            (kappa, derivative, other, derivative * (1.0 - ratio) + ratio)
        };
        // Newton's steps descend (fewer rows: convex) or ascend (more rows: concave) monotonically.
        let fewer = ratio > 1.0;
        let mut z = match fewer {
            true => 2.0 * (ridge + self.trace() / samples) / (1.0 - self.delta() / samples),
            false if ratio == 1.0 => ridge,
            false => 0.0,
        };
        if !fewer && at(z).2 > ridge * (1.0 + 1e-12) {
            return None;
        }
        for _ in 0..200 {
            let (_, _, other, slope) = at(z);
            let next = (z + (ridge - other) / slope).max(0.0);
            let done =
                (next - z).abs() <= 1e-14 * z || (fewer && next >= z) || (!fewer && next <= z);
            z = next;
            if done {
                break;
            }
        }
        let (kappa, derivative, _, slope) = at(z);
        let (_, df1, df2) = self.degrees_of_freedom(z);
        let dim = self.dim as f64;
        Some(EffectiveRidge {
            ridge,
            kappa,
            survival: ridge / kappa,
            lost: (df1 + self.delta()) / samples,
            first: 1.0 / (1.0 - self.delta() / samples),
            second: 1.0 / (1.0 - self.delta() / samples),
            mean_shift: self.delta() / samples,
            mean_spread: self.delta() / samples,
            derivative: derivative / slope,
            df1,
            df2,
            slope: (df1 - df2) / (samples * kappa),
            weighted: (df1 - df2) / kappa,
            // kappa/(lambda + kappa) = 1 - lambda/(lambda + kappa)
            inverse: (dim - df1) / kappa,
            inverse_square: (dim - 2.0 * df1 + df2) / (kappa * kappa),
        })
    }

    /// Train and test loss of the optimum on `samples` rows of this kind, per component; see
    /// [`Ensemble::losses`](crate::theory::Ensemble::losses). Infinitely many samples give the oracle's loss.
    ///
    /// # Errors
    /// A ridge below 0.
    pub fn losses(
        &self,
        samples: f64,
        level: &NoiseLevel,
        gamma: f64,
    ) -> Result<FromRows, TheoryError> {
        let ridge = non_negative("gamma", gamma)? / level.alpha_bar();
        let noise = level.noise_to_signal();
        let Some(at) = self.effective_ridge(samples, noise + ridge) else {
            return Ok(FromRows::NeedsTail);
        };
        let losses = at.losses(noise, ridge, self.dim as f64);
        Ok(FromRows::Identified(losses))
    }

    /// The test loss after training on these rows by gradient flow, started at 0, for a time tau:
    ///
    /// ```text
    /// test = 1 - 2 r T1[w] + ab (1 + delta/N) T2[w^2] + (1 - ab) T1[w^2]
    /// ```
    ///
    /// T1 comes from the eigenvalues. T2 comes from the contour of [`Lens`](crate::theory::Lens) with `(1/d) tr Sigma G =
    /// (N_0 kappa_N/z - N)/d` of the rows. The result is identified at any number of rows.
    pub fn test_loss_at(&self, level: &NoiseLevel, gamma: f64, time: f64) -> f64 {
        const NODES: usize = 400;
        let (signal, noise) = (level.alpha_bar(), level.noise_variance());
        let weight = |s: c64| {
            let x = signal * s + (noise + gamma);
            let decay = (-2.0 * time * x).exp();
            noise.sqrt() / x * (1.0 - decay)
        };
        let real = |s: f64| weight(c64::new(s, 0.0)).re;
        let dim = self.dim as f64;
        let empty = dim - self.eigenvalues.len() as f64;
        let trace = |f: &dyn Fn(f64) -> f64| {
            let sum: f64 = self.eigenvalues.iter().map(|&s| f(real(s))).sum();
            (sum + empty * f(real(0.0))) / dim
        };
        let top = self.eigenvalues[0] * 1.05;
        let reach = 72.0;
        let step = 2.0 * reach / (NODES - 1) as f64;
        let degrees = self.samples - self.delta();
        let atom = degrees * self.least_kappa() / dim;
        let mut spread = atom * real(0.0).powi(2);
        for node in 0..NODES {
            let u = c64::new(-reach + node as f64 * step, PI / 3.0);
            let (fraction, rest) = (1.0 / (1.0 + (-u).exp()), 1.0 / (1.0 + u.exp()));
            let s = fraction * top;
            let mut inverse: c64 = self.eigenvalues.iter().map(|&e| 1.0 / (e - s)).sum();
            inverse -= self.zeros() / s;
            // kappa/z = -N/(s sum 1/(s_i - s))
            let ratio = -self.samples / (s * inverse);
            let transform = (degrees * ratio - self.samples) / dim + atom / s;
            let w = weight(s);
            spread += (w * w * transform * fraction * rest * top).im * step / PI;
        }
        let plain = trace(&|w| w * w);
        1.0 - 2.0 * noise.sqrt() * trace(&|w| w)
            + signal * (1.0 + self.delta() / self.samples) * spread
            + noise * plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::Spectrum;
    use crate::theory::Ensemble;
    use approx::assert_relative_eq;

    /// What a typical set of rows shows.
    fn typical(spectrum: &Spectrum, samples: usize, mean: Mean) -> RowsSpectrum {
        let ensemble = Ensemble::new(spectrum, samples, mean).unwrap();
        let eigenvalues = ensemble.typical_eigenvalues().unwrap();
        RowsSpectrum::new(eigenvalues, spectrum.dim(), samples, mean).unwrap()
    }

    #[test]
    fn rows_show_the_theory_of_the_spectrum_that_they_do_not_know() {
        let spectrum = Spectrum::power_law(400, 1.0).unwrap();
        for (samples, mean) in [(100, Mean::Known), (200, Mean::Fitted), (800, Mean::Fitted)] {
            let rows = typical(&spectrum, samples, mean);
            for others in [0.5, 1.0, 1.5, 4.0] {
                let count = (others * samples as f64) as usize;
                let ensemble = Ensemble::new(&spectrum, count, mean).unwrap();
                for (alpha_bar, gamma) in [(0.3, 0.0), (0.3, 0.2)] {
                    let level = NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
                    let FromRows::Identified(found) =
                        rows.losses(count as f64, &level, gamma).unwrap()
                    else {
                        panic!("{samples} {others}");
                    };
                    let wanted = ensemble.losses(&level, gamma).unwrap();
                    assert_relative_eq!(found.test_loss, wanted.test_loss, max_relative = 0.02);
                    assert_relative_eq!(found.train_loss, wanted.train_loss, max_relative = 0.02);
                }
            }
            let level = NoiseLevel::from_alpha_bar(0.3).unwrap();
            let FromRows::Identified(oracle) = rows.losses(f64::INFINITY, &level, 0.0).unwrap()
            else {
                panic!("{samples}");
            };
            assert_relative_eq!(
                oracle.test_loss,
                spectrum.oracle_loss(&level),
                max_relative = 0.02
            );
        }
    }

    #[test]
    fn little_noise_needs_eigenvalues_that_few_rows_do_not_show() {
        let spectrum = Spectrum::power_law(400, 1.0).unwrap();
        let rows = typical(&spectrum, 100, Mean::Fitted);
        let level = NoiseLevel::from_alpha_bar(0.99).unwrap();
        assert_eq!(
            rows.losses(400.0, &level, 0.0).unwrap(),
            FromRows::NeedsTail
        );
        assert!(matches!(
            rows.losses(100.0, &level, 0.0).unwrap(),
            FromRows::Identified(_)
        ));
    }

    #[test]
    fn the_test_loss_on_the_way_of_training_ends_at_that_of_the_optimum() {
        let spectrum = Spectrum::power_law(200, 1.0).unwrap();
        let level = NoiseLevel::from_alpha_bar(0.9).unwrap();
        for samples in [60, 500] {
            let rows = typical(&spectrum, samples, Mean::Fitted);
            let FromRows::Identified(end) = rows.losses(samples as f64, &level, 0.1).unwrap()
            else {
                panic!();
            };
            assert_relative_eq!(
                rows.test_loss_at(&level, 0.1, 1e4),
                end.test_loss,
                max_relative = 1e-6
            );
            assert_relative_eq!(rows.test_loss_at(&level, 0.1, 0.0), 1.0, epsilon = 1e-9);
        }
    }
}
