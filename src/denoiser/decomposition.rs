//! The test loss of any denoiser, split into Wiener's, the excess of the affine part, and the non-linear term.

use serde::Serialize;

use super::{AffinePart, Draws, DrawsError};

/// A measured value and its standard error.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Measured {
    /// The estimate.
    pub value: f64,
    /// Its standard error, over rows.
    pub standard_error: f64,
}

/// The test loss of `x_0` at one noise level, and its parts. Losses are per component; times `1/z` they are losses of
/// the noise. With A and b the [`AffinePart`], `r = D - A x - b`, and Wiener's filter `A* = S (S + z)^-1`, along each
/// eigenvector `u_k` of the covariance S of the test rows:
///
/// ```text
/// test_k      = wiener_k + affine_k + nonlinear_k
/// wiener_k    = lambda_k z/(lambda_k + z)
/// affine_k    = [(A - A*)(S + z)(A - A*)']_kk + (u_k'(A m + b - m))^2
/// nonlinear_k = E r_k^2 - 2 E x_0k r_k
/// ```
#[derive(Debug, Clone)]
pub struct Decomposition {
    /// The mean square error of the denoiser on new rows, `wiener + affine_excess + nonlinear`.
    pub test_loss: Measured,
    /// The loss of Wiener's filter on the test rows, exactly.
    pub wiener: f64,
    /// What the affine part loses more than Wiener's filter.
    pub affine_excess: Measured,
    /// What the rest of the denoiser adds. It is below 0 where not being affine helps.
    pub nonlinear: Measured,
    /// The share of the variance of the output that the affine part has, from 0 to 1.
    pub affine_share: Measured,
    /// The plain mean of the squared errors of the draws, without any correction.
    pub measured_loss: f64,
    /// The mean of `|r|^2` per component, corrected for the fit.
    pub residual: Measured,
    /// The parts along each direction, the largest variance first. Their means are the values above.
    pub directions: Vec<Direction>,
    /// The affine part.
    pub affine: AffinePart,
}

/// The parts of the test loss along one eigenvector `u_k` of the covariance of the test rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Direction {
    /// `lambda_k`
    pub variance: f64,
    /// The test loss, `wiener + affine + nonlinear`.
    pub test_loss: Measured,
    /// The loss of Wiener's filter, exactly.
    pub wiener: f64,
    /// The excess of the affine part.
    pub affine: Measured,
    /// The non-linear term.
    pub nonlinear: Measured,
    /// `u_k' A u_k`
    pub gain: Measured,
    /// The gain of Wiener's filter, `lambda_k/(lambda_k + z)`.
    pub wiener_gain: f64,
}

impl Decomposition {
    /// Measures a denoiser on draws.
    ///
    /// # Errors
    /// Draws that do not determine the affine part.
    pub fn of(draws: &Draws<'_>) -> Result<Self, DrawsError> {
        let _ = draws;
        todo!("the parts")
    }
}
