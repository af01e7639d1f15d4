//! The least-squares affine part of any denoiser.

use faer::{Col, Mat, MatRef};

use super::AffineDenoiser;
use super::draws::{DrawsError, check_count, check_shape};
use crate::diffusion::NoiseLevel;

/// The affine map `A x + b` that is nearest to a denoiser `D(x)`, the predicted `x_0`, in the mean square over given
/// draws `x = x_0 + sqrt(z) eps`:
///
/// ```text
/// (A, b) = argmin mean |D(x) - A x - b|^2
/// ```
///
/// Past the paper ([`equations`](crate::equations) section 10).
#[derive(Debug, Clone)]
pub struct AffinePart {
    /// A, `[d, d]`
    pub weight: Mat<f64>,
    /// b, `[d]`
    pub bias: Col<f64>,
}

impl AffinePart {
    /// Fits the affine part to noised rows `x` `[n, d]` and denoised rows `[n, d]`.
    ///
    /// # Errors
    /// Fewer than `2 d + 2` draws, other shapes, draws that do not determine the map.
    pub fn fit(x: MatRef<'_, f64>, denoised: MatRef<'_, f64>) -> Result<Self, DrawsError> {
        let (draws, dim) = x.shape();
        check_shape("the denoised rows", denoised, draws, dim)?;
        check_count(draws, dim)?;
        todo!("least squares")
    }

    /// The affine part as a denoiser that predicts the noise of `x_t = sqrt(ab) x`:
    ///
    /// ```text
    /// W = (1 - A)/r,   c = -(sqrt(ab)/r) b,   r = sqrt(1 - ab)
    /// ```
    pub fn denoiser(&self, level: &NoiseLevel) -> AffineDenoiser {
        let (signal, noise) = (level.signal_scale(), level.noise_scale());
        let dim = self.bias.nrows();
        let weight = Mat::from_fn(dim, dim, |i, j| {
            (f64::from(u8::from(i == j)) - self.weight[(i, j)]) / noise
        });
        AffineDenoiser {
            weight,
            bias: faer::Scale(-signal / noise) * &self.bias,
        }
    }
}
