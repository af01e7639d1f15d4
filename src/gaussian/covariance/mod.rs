//! A covariance estimated from rows: as it is, or shrunk.

mod choice;
mod error;
mod estimate;
mod estimators;
mod given;
mod linear;
mod quadratic_inverse;
mod sample;

use faer::{ColRef, MatRef};

pub use choice::Covariance;
pub use error::CovarianceError;
pub use estimate::CovarianceEstimate;
pub use given::GivenCovariance;
pub use sample::SampleCovariance;

/// Estimates a covariance from rows `[N, d]`, about their own mean or about a known one `[d]`. The eigenvalues have the
/// squared unit of the rows.
///
/// ```
/// use lindiff::faer::mat;
/// use lindiff::gaussian::{Covariance, covariance};
///
/// let rows = mat![[1.0, 0.0], [-1.0, 0.5], [2.0, -1.0], [-2.0, 0.5]];
/// let shrunk = covariance(rows.as_ref(), None, &Covariance::LedoitWolf)?;
/// let sample = covariance(rows.as_ref(), None, &Covariance::Empirical)?;
/// // Shrinkage to the identity keeps the trace.
/// let trace = |c: &lindiff::faer::Mat<f64>| c[(0, 0)] + c[(1, 1)];
/// assert!((trace(&shrunk.covariance()) - trace(&sample.covariance())).abs() < 1e-14);
/// assert!(shrunk.shrinkage().is_some_and(|rho| rho > 0.0 && rho < 1.0));
/// # Ok::<(), lindiff::gaussian::CovarianceError>(())
/// ```
///
/// # Errors
/// Fewer than 2 rows (1 with a known mean); numbers that are not finite; a mean or a given matrix of another size.
pub fn covariance(
    rows: MatRef<'_, f64>,
    known_mean: Option<ColRef<'_, f64>>,
    which: &Covariance,
) -> Result<CovarianceEstimate, CovarianceError> {
    SampleCovariance::new(rows, known_mean)?.estimate(which)
}
