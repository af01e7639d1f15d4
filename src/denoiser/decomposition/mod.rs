//! The test loss of any denoiser, split into Wiener's, the excess of the affine part, and the non-linear term.

mod row_sums;
mod sums;

use serde::Serialize;

use super::{AffinePart, Draws, DrawsError};
pub use row_sums::Measured;
use sums::{Along, Fitted, Sums, Total};

/// The test loss of `x_0` at one noise level, and its parts. Losses are per component of `x_0`; times `1/z` they are
/// losses of the noise.
///
/// With A and b the [`AffinePart`] of the denoiser D, `r = D - A x - b`, and Wiener's filter `A* = S (S + z)^-1`, along
/// each eigenvector `u_k` of the covariance S of the test rows, whose mean is m:
///
/// ```text
/// test_k      = wiener_k + affine_k + nonlinear_k
/// wiener_k    = lambda_k z/(lambda_k + z)
/// affine_k    = [(A - A*)(S + z)(A - A*)']_kk + (u_k'(A m + b - m))^2
/// nonlinear_k = E r_k^2 - 2 E x_0k r_k
/// ```
///
/// # What is measured, and what is exact
/// `A*`, `wiener_k` and `S + z` are exact for the test rows. A, b and r are measured. The chance part of the draws that
/// Wiener's filter and the affine part share with D is known, and it is left out (a control variate): for an affine
/// denoiser nothing but rounding is left of chance. A and b follow the draws that they are fitted to. What this adds
/// to `affine_k` and takes from `nonlinear_k` is removed to the first order, also where a row has several draws
/// ([`equations`](crate::equations) section 10). That needs many draws: 30 d is enough.
///
/// The standard errors are those for other rows of the same law, with S given. The draws of one row count as one item.
///
/// Against the Wiener filter of M test rows a linear network of N other rows has about the excess of `1/N + 1/M`.
/// `theory::effective_samples` counts the test rows out.
///
/// Past the paper.
#[derive(Debug, Clone)]
pub struct Decomposition {
    /// The mean square error of the denoiser on new noise and rows: `wiener + affine_excess + nonlinear`.
    pub test_loss: Measured,
    /// The loss of Wiener's filter on the test rows, exactly.
    pub wiener: f64,
    /// What the affine part loses more than Wiener's filter.
    pub affine_excess: Measured,
    /// What the rest of the denoiser adds. It is below 0 where not being affine helps.
    pub nonlinear: Measured,
    /// The mean of `|r|^2`, per component. For Gaussian rows it is the non-linear term.
    pub residual: Measured,
    /// The share of the variance of the output that the affine part has, from 0 to 1.
    pub affine_share: Measured,
    /// The plain mean of the squared errors of the draws, with their chance part.
    pub measured_loss: f64,
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
        let all: Vec<usize> = (0..draws.rows_drawn()).collect();
        let fitted = Fitted::new(draws, draws.sums(&all).solve()?);
        let sums = draws.in_blocks(&all, |block| fitted.sums(&block), Sums::merged);
        let law = draws.test().law();
        let affine = AffinePart::about(&fitted.coefficients, law.mean(), Some(law.basis()));
        Ok(Parts { fitted, sums }.decomposition(affine))
    }
}

/// What was fitted, and the sums over all rows.
struct Parts {
    fitted: Fitted,
    sums: Sums,
}

impl Parts {
    fn decomposition(&self, affine: AffinePart) -> Decomposition {
        let directions: Vec<Direction> = (0..self.dim()).map(|k| self.direction(k)).collect();
        let mean = |value: fn(&Direction) -> f64| {
            directions.iter().map(value).sum::<f64>() / directions.len() as f64
        };
        let total = |value, error| Measured {
            value: mean(value),
            standard_error: self.error(error) / self.dim() as f64,
        };
        Decomposition {
            test_loss: total(|d| d.test_loss.value, Total::Test),
            wiener: mean(|d| d.wiener),
            affine_excess: total(|d| d.affine.value, Total::Affine),
            nonlinear: total(|d| d.nonlinear.value, Total::Nonlinear),
            residual: Measured {
                value: self.residual() / self.dim() as f64,
                standard_error: self.error(Total::Residual) / self.dim() as f64,
            },
            affine_share: self.affine_share(),
            measured_loss: self.sums.mean_of_total(Total::Error) / self.dim() as f64,
            directions,
            affine,
        }
    }

    fn dim(&self) -> usize {
        self.fitted.gains.len()
    }

    fn direction(&self, k: usize) -> Direction {
        let (fitted, fit) = (&self.fitted, self.sums.fit(k));
        let (variance, wiener_gain) = (fitted.variances[k], fitted.gains[k]);
        let wiener = variance * (1.0 - wiener_gain);
        let affine = fitted.mean_square(&fitted.beyond, k, self.dim() + 1) - fit.map;
        let taken = (fit.residual + 2.0 * fit.error) / self.sums.draws();
        let nonlinear = self.sums.mean(Along::Nonlinear, k) + taken;
        let measured = |value, part| Measured {
            value,
            standard_error: self.sums.variance(part, k).sqrt(),
        };
        let gain = Measured {
            value: fitted.coefficients[(k, k)],
            // The gain is a sum over draws, not a mean.
            standard_error: self.sums.draws() * self.sums.variance(Along::Gain, k).sqrt(),
        };
        Direction {
            variance,
            test_loss: measured(wiener + affine + nonlinear, Along::Test),
            wiener,
            affine: measured(affine, Along::Affine),
            nonlinear: measured(nonlinear, Along::Nonlinear),
            gain,
            wiener_gain,
        }
    }

    /// The mean of `|r|^2`.
    fn residual(&self) -> f64 {
        let taken: f64 = (0..self.dim()).map(|k| self.sums.fit(k).residual).sum();
        self.sums.mean_of_total(Total::Residual) + taken / self.sums.draws()
    }

    fn error(&self, quantity: Total) -> f64 {
        self.sums.variance_of_total(quantity).sqrt()
    }

    /// `v/(v + mean |r|^2)`, with v the variance of the affine part's output, summed over directions.
    fn affine_share(&self) -> Measured {
        let of_direction = |k: usize| {
            let fitted = &self.fitted;
            fitted.mean_square(&fitted.coefficients, k, self.dim()) - self.sums.fit(k).map
        };
        let affine = (0..self.dim()).map(of_direction).sum::<f64>().max(0.0);
        let residual = self.residual();
        let both = affine + residual;
        let variance = |quantity| self.sums.variance_of_total(quantity);
        let (of_affine, of_residual) = (variance(Total::Output), variance(Total::Residual));
        let covariance = 0.5 * (variance(Total::OutputAndResidual) - of_affine - of_residual);
        // The differential of the share is (r dv - v dr)/(v + r)^2.
        let square = residual * residual * of_affine + affine * affine * of_residual
            - 2.0 * affine * residual * covariance;
        Measured {
            value: affine / both,
            standard_error: square.max(0.0).sqrt() / (both * both),
        }
    }
}
