//! The denoiser that is built on an estimated covariance, on single rows.

use faer::{Mat, MatRef};

use crate::diffusion::NoiseLevel;
use crate::gaussian::CovarianceEstimate;

/// The test loss on each of some rows `[M, d]`, averaged over steps with their noise level and ridge, of the denoiser
/// that is built on a covariance. It is the optimum `W = r (ab C + 1 - ab + gamma)^-1`, the best linear denoiser where
/// C is that of the rows and gamma is 0. Per component:
///
/// ```text
/// loss_i = (1/d) sum_j [ (1 - z0 D_j)^2 + z0 D_j^2 (v_j' y_i)^2 ],   D_j = 1/(C_j + z),   y_i = x_i - m
/// z0 = (1 - ab)/ab,   z = z0 + gamma/ab
/// ```
///
/// The sum is over all d directions, with the eigenvalues `C_j` and eigenvectors `v_j` of C. It is the loss of
/// [`CommutingDenoiser::optimum`](super::CommutingDenoiser::optimum), averaged over the noise. The rows must not be
/// those of the estimate.
///
/// ```
/// use lindiff::denoiser::losses_on_rows;
/// use lindiff::diffusion::NoiseLevel;
/// use lindiff::faer::mat;
/// use lindiff::gaussian::{Covariance, covariance};
///
/// let train = mat![[1.0, 0.0], [-1.0, 0.0], [0.0, 1.0], [0.0, -1.0]];
/// let level = NoiseLevel::from_alpha_bar(0.5).unwrap();
/// let half = covariance(train.as_ref(), None, &Covariance::Empirical)?;
/// // C = I/2 and z0 = 1, so D = 2/3: both directions give 1/9 + 4/9 y^2.
/// let losses = losses_on_rows(&half, mat![[1.0, 1.0]].as_ref(), &[(level, 0.0)]);
/// assert!((losses[0] - 5.0 / 9.0).abs() < 1e-14);
/// # Ok::<(), lindiff::gaussian::CovarianceError>(())
/// ```
///
/// # Panics
/// If the rows have another dimension than the covariance.
pub fn losses_on_rows(
    covariance: &CovarianceEstimate,
    rows: MatRef<'_, f64>,
    steps: &[(NoiseLevel, f64)],
) -> Vec<f64> {
    let dim = covariance.dim();
    assert_eq!(rows.ncols(), dim, "rows of the dimension of the covariance");
    let mean = covariance.mean();
    let centred = Mat::from_fn(rows.nrows(), dim, |i, j| rows[(i, j)] - mean[j]);
    let along = &centred * covariance.basis();
    let shared: Vec<OverSteps> = covariance
        .variances()
        .iter()
        .map(|variance| OverSteps::new(*variance, steps))
        .collect();
    let missing = (dim - shared.len()) as f64;
    let rest = OverSteps::new(covariance.rest(), steps);
    let constant = shared.iter().map(|s| s.kept).sum::<f64>() + missing * rest.kept;
    // What of the rows lies outside the eigenvectors; not by a difference of squares, which would cancel.
    let outside = (missing > 0.0).then(|| centred - &along * covariance.basis().transpose());
    let of_row = |i: usize| {
        let inside = shared.iter().enumerate();
        let inside: f64 = inside.map(|(j, s)| s.square * along[(i, j)].powi(2)).sum();
        let outside = outside.as_ref().map_or(0.0, |o| o.row(i).squared_norm_l2());
        (constant + inside + rest.square * outside) / dim as f64
    };
    (0..rows.nrows()).map(of_row).collect()
}

/// Means over the steps in a direction with some variance: `(1 - z0 D)^2`, and the factor `z0 D^2` of the square of a
/// row.
struct OverSteps {
    kept: f64,
    square: f64,
}

impl OverSteps {
    fn new(variance: f64, steps: &[(NoiseLevel, f64)]) -> Self {
        let (mut kept, mut square) = (0.0, 0.0);
        for (level, gamma) in steps {
            let (noise, ridge) = (level.noise_to_signal(), gamma / level.alpha_bar());
            let resolvent = 1.0 / (variance + noise + ridge);
            // 1 - z0 D
            kept += ((variance + ridge) * resolvent).powi(2);
            square += noise * resolvent * resolvent;
        }
        let share = 1.0 / steps.len() as f64;
        Self {
            kept: share * kept,
            square: share * square,
        }
    }
}
