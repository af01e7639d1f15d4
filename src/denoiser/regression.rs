//! The regressions that networks solve, along one eigenvector of the training covariance.
//!
//! On the exact objective all optima commute with the training covariance. Along an eigenvector with the variance s
//! the network is a coefficient f_t at each step. Its loss is `x f^2 - 2 mu f` plus a constant, with
//!
//! ```text
//! x_t = ab s + 1 - ab + gamma_t,     mu_t = p r + q a s,     a = sqrt(ab), r = sqrt(1 - ab)
//! ```
//!
//! for the target `p eps + q x_0` ([`equations`](crate::equations) section 2). Targets other than the noise, and
//! bases in time, go past the paper.

use std::ops::{Add, Mul};

use faer::linalg::solvers::Solve;
use faer::traits::ComplexField;
use faer::{Mat, c64};

use crate::config::Target;
use crate::diffusion::{NoiseLevel, ToNoise};

/// A coefficient along an eigenvector: real, or complex for functions of a spectrum.
pub trait Scalar:
    ComplexField
    + Copy
    + From<f64>
    + Add<Output = Self>
    + Mul<Output = Self>
    + Add<f64, Output = Self>
    + Mul<f64, Output = Self>
{
}

impl Scalar for f64 {}
impl Scalar for c64 {}

/// The regression of one step along an eigenvector: the second moment of the input, and its product with the target.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Regression<S> {
    /// The second moment of the input, plus the ridge.
    pub x: S,
    /// The mean product of input and target.
    pub mu: S,
}

impl<S: Scalar> Regression<S> {
    /// The regression for a variance s, with the ridge gamma of the objective.
    pub fn new(level: &NoiseLevel, target: Target, ridge: f64, s: S) -> Self {
        let parts = target.parts(level);
        Self {
            x: s * level.alpha_bar() + (level.noise_variance() + ridge),
            mu: s * (parts.data * level.signal_scale()) + parts.noise * level.noise_scale(),
        }
    }
}

/// The best coefficients `a_0 ... a_(K-1)` of `f_t = sum_k phi_k(t) a_k` over all steps:
///
/// ```text
/// sum_t phi_j phi_k x_t a_k + decay a_j = sum_t phi_j mu_t
/// ```
///
/// Here `phi[t][k]` are the values of the basis, and `decay sum_k a_k^2` is a part of the loss.
pub fn in_time_basis<S: Scalar>(
    phi: &[Vec<f64>],
    regressions: &[Regression<S>],
    decay: f64,
) -> Vec<S> {
    let count = phi[0].len();
    let sum = |term: &dyn Fn(&[f64], &Regression<S>) -> S| {
        let steps = phi.iter().zip(regressions);
        steps.fold(S::from(0.0), |sum, (phi, r)| sum + term(phi, r))
    };
    let moments = Mat::from_fn(count, count, |j, k| {
        let decay = if j == k { decay } else { 0.0 };
        sum(&|phi, r| r.x * (phi[j] * phi[k])) + decay
    });
    let cross = Mat::from_fn(count, 1, |j, _| sum(&|phi, r| r.mu * phi[j]));
    let solution = moments.partial_piv_lu().solve(&cross);
    (0..count).map(|k| solution[(k, 0)]).collect()
}

/// The best coefficient of a network of two layers, `f = b a`, with `decay (a^2 + b^2)` in the loss. Minimised over a
/// and b with `a b = f`, this penalty is `2 decay |f|`. With `m = max(|mu| - decay, 0)` the result is
///
/// ```text
/// f = sign(mu) m/x,   which lowers the loss by m^2/x
/// ```
pub fn two_layer(regression: &Regression<f64>, decay: f64) -> (f64, f64) {
    let left = (regression.mu.abs() - decay).max(0.0);
    let number = left.copysign(regression.mu) / regression.x;
    (number, left * left / regression.x)
}

/// The best coefficients along all eigenvectors for the two layers of a step with `width` hidden units. The `width`
/// directions that lower the loss most have their best coefficients; the others have 0 (Eckart and Young, in the
/// metric of the inputs). Among equals the direction of the larger variance comes first.
pub fn through_width(regressions: &[Regression<f64>], width: usize, decay: f64) -> Vec<f64> {
    let best: Vec<(f64, f64)> = regressions.iter().map(|r| two_layer(r, decay)).collect();
    let mut order: Vec<usize> = (0..best.len()).collect();
    order.sort_by(|&i, &j| best[j].1.total_cmp(&best[i].1));
    let mut numbers = vec![0.0; best.len()];
    for &direction in order.iter().take(width) {
        numbers[direction] = best[direction].0;
    }
    numbers
}

impl ToNoise {
    /// Converts a coefficient of the network into one of the denoiser: `w = A f + B`.
    pub fn of<S: Scalar>(&self, output: S) -> S {
        output * self.output + self.input
    }
}
