//! Test losses along single directions at finite d and N.

use super::ensemble::non_negative;
use super::jet::Jet;
use super::numeric::sum;
use super::{Ensemble, TheoryError};
use crate::diffusion::NoiseLevel;

impl Ensemble<'_> {
    /// The test losses of [`Ensemble::losses_by_direction`] with their corrections of relative order 1/N, largest
    /// eigenvalue first. Their mean is that of [`Ensemble::expected_losses`], where no correction is large.
    ///
    /// The correction of `log det(Sigma_N + A)`, A diagonal along the eigenvectors of the truth, is
    ///
    /// ```text
    /// B = (1/2) log(1 - (1/N_0) sum p_j^2),   p_j = lambda_j/(lambda_j + q a_j/h),   q (1 - (1/N_0) sum p_j) = 1
    /// ```
    ///
    /// with `h = N_0/N`. At `a_j = z + x (z0 + (1 + delta/N) lambda_j)`, plus y for j = k, that of the loss of direction
    /// k is `-z0 (2 dB/dy + d^2B/dx dy)` at x = y = 0, where `z0 = (1 - ab)/ab`. Past the paper.
    ///
    /// # Errors
    /// The errors of [`Ensemble::losses`]; rows with weights.
    pub fn expected_losses_by_direction(
        &self,
        level: &NoiseLevel,
        gamma: f64,
    ) -> Result<Vec<f64>, TheoryError> {
        if self.row_weights().is_some() {
            return Err(TheoryError::Unsupported {
                what: "a correction of the loss of a single direction",
                needs: "Gaussian rows",
            });
        }
        let ridge = non_negative("gamma", gamma)? / level.alpha_bar();
        let noise = level.noise_to_signal();
        let at = self.effective_ridge(noise + ridge)?;
        let equivalents = self.losses_by_direction(level, gamma)?;
        let correction = |direction: usize| {
            let bias = self.log_det_correction(at.ridge, at.kappa, noise, direction);
            -noise * (2.0 * bias.0[Y] + bias.0[X_Y])
        };
        let losses = equivalents.into_iter().enumerate();
        Ok(losses.map(|(k, loss)| loss + correction(k)).collect())
    }

    /// `B + constant` as a function of x and y.
    fn log_det_correction(&self, z: f64, kappa: f64, noise: f64, direction: usize) -> Jet {
        let (degrees, shrink) = (self.degrees(), self.shrink());
        let eigenvalues = self.eigenvalues();
        // p_j = lambda_j/(lambda_j + q a_j/h)
        let shares = |q: Jet| {
            let share = move |(j, &lambda): (usize, &f64)| {
                let along = f64::from(u8::from(j == direction));
                let slope = noise + (1.0 + self.mean_error()) * lambda;
                let ridge = Jet([z, slope, along, 0.0, 0.0]) * Jet::constant(1.0 / shrink);
                Jet::constant(lambda) * (Jet::constant(lambda) + q * ridge).inverse()
            };
            eigenvalues.iter().enumerate().map(share)
        };
        let mean = |terms: &mut dyn Iterator<Item = Jet>| {
            let total = terms.fold(Jet::constant(0.0), |total, term| total + term);
            total * Jet::constant(1.0 / degrees)
        };
        let one = Jet::constant(1.0);
        let df2 = sum(eigenvalues, |lambda| (lambda / (lambda + kappa)).powi(2));
        // Each of Newton's steps makes one more order right; the derivative is that at x = y = 0.
        let mut q = Jet::constant(kappa * shrink / z);
        for _ in 0..3 {
            let residual = q * (one - mean(&mut shares(q))) - one;
            q = q - residual * Jet::constant(1.0 / (1.0 - df2 / degrees));
        }
        let left = one - mean(&mut shares(q).map(|p| p * p));
        let small = left * Jet::constant(1.0 / left.0[0]) - one;
        (small - small * small * Jet::constant(0.5)) * Jet::constant(0.5)
    }
}

/// The places of the coefficients of y and x y in a [`Jet`].
const Y: usize = 2;
const X_Y: usize = 4;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::denoiser::mean;
    use crate::gaussian::Spectrum;
    use crate::theory::Mean;
    use approx::assert_relative_eq;

    #[test]
    fn the_corrections_of_single_directions_have_the_mean_of_the_corrected_loss() {
        let spectrum = Spectrum::power_law(60, 1.0).unwrap();
        for (samples, mean_is, alpha_bar, gamma) in [
            (30, Mean::Fitted, 0.9, 0.0),
            (30, Mean::Known, 0.95, 0.1),
            (60, Mean::Fitted, 0.8, 0.0),
            (200, Mean::Fitted, 0.99, 0.05),
        ] {
            let ensemble = Ensemble::new(&spectrum, samples, mean_is).unwrap();
            let level = NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
            let all = ensemble.expected_losses(&level, gamma).unwrap().losses;
            let single = ensemble
                .expected_losses_by_direction(&level, gamma)
                .unwrap();
            assert_relative_eq!(mean(&single), all.test_loss, max_relative = 1e-9);
            let equivalents = ensemble.losses_by_direction(&level, gamma).unwrap();
            assert!((mean(&equivalents) / all.test_loss - 1.0).abs() > 1e-5);
        }
    }
}
