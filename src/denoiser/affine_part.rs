//! The least-squares affine part of any denoiser.

use faer::{Col, Mat, MatRef};

use super::AffineDenoiser;
use super::affine_sums::{AffineSums, BLOCK_DRAWS};
use super::draws_error::{DrawsError, check_count, check_shape};
use crate::diffusion::NoiseLevel;
use crate::parallel;

/// The affine map `A x + b` that is nearest to a denoiser `D(x)`, the predicted `x_0`, in the mean square over given
/// draws `x = x_0 + sqrt(z) eps`:
///
/// ```text
/// (A, b) = argmin mean |D(x) - A x - b|^2
/// ```
///
/// ```
/// use lindiff::denoiser::AffinePart;
/// use lindiff::faer::{Mat, mat};
///
/// let x = mat![[0.0, 0.0], [1.0, 0.0], [0.0, 1.0], [1.0, 1.0], [2.0, 1.0], [1.0, 3.0]];
/// let denoised = Mat::from_fn(6, 2, |i, j| 0.5 * x[(i, j)] + 1.0);
/// let part = AffinePart::fit(x.as_ref(), denoised.as_ref())?;
/// assert!((part.weight[(0, 0)] - 0.5).abs() < 1e-12 && (part.bias[1] - 1.0).abs() < 1e-12);
/// # Ok::<(), lindiff::denoiser::DrawsError>(())
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
        let centre = Col::from_fn(dim, |j| x.col(j).sum() / draws as f64);
        let of = |range: std::ops::Range<usize>| {
            let (start, count) = (range.start, range.len());
            let inputs = Mat::from_fn(count, dim + 1, |i, j| match j {
                j if j < dim => x[(start + i, j)] - centre[j],
                _ => 1.0,
            });
            let outputs = Mat::from_fn(count, dim, |i, j| denoised[(start + i, j)] - centre[j]);
            AffineSums::of(inputs.as_ref(), outputs.as_ref())
        };
        let sums = parallel::merged(0..draws, BLOCK_DRAWS, &of, &|a, b| a.merged(&b));
        Ok(Self::about(&sums.solve()?.coefficients, &centre, None))
    }

    /// The map with the coefficients `[d + 1, d]` of the inputs `(U'(x - m), 1)` and the outputs `U'(D - m)`.
    pub(super) fn about(
        coefficients: &Mat<f64>,
        centre: &Col<f64>,
        basis: Option<MatRef<'_, f64>>,
    ) -> Self {
        let dim = centre.nrows();
        let slope = coefficients.subrows(0, dim).transpose();
        let at_centre = coefficients.row(dim).transpose();
        let (weight, at_centre) = match basis {
            Some(basis) => (basis * slope * basis.transpose(), basis * at_centre),
            None => (slope.to_owned(), at_centre.to_owned()),
        };
        let bias = centre + at_centre - &weight * centre;
        Self { weight, bias }
    }

    /// The affine part as a denoiser that predicts the noise of `x_t = sqrt(ab) x`:
    ///
    /// ```text
    /// W = (1 - A)/r,   c = -(sqrt(ab)/r) b,   r = sqrt(1 - ab)
    /// ```
    pub fn denoiser(&self, level: &NoiseLevel) -> AffineDenoiser {
        let (signal, noise) = (level.signal_scale(), level.noise_scale());
        let dim = self.bias.nrows();
        let one = Mat::<f64>::identity(dim, dim);
        AffineDenoiser {
            weight: faer::Scale(1.0 / noise) * (one - &self.weight),
            bias: faer::Scale(-signal / noise) * &self.bias,
        }
    }
}
