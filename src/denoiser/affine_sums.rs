//! Least squares from sums over draws.

use faer::linalg::matmul::matmul;
use faer::linalg::solvers::{DenseSolveCore, Llt, Solve};
use faer::{Accum, Mat, MatRef, Par, Side};

use super::draws_error::DrawsError;

/// The number of draws of a block.
pub(super) const BLOCK_DRAWS: usize = 1024;
/// An input is determined by the others if less than this share of its variance is its own.
const OWN_SHARE: f64 = 1e-13;

/// Sums over draws that determine the regression of outputs `[n, d]` on inputs `[n, d + 1]`, whose last one is 1.
#[derive(Debug, Clone)]
pub(crate) struct AffineSums {
    draws: usize,
    /// `Y'Y`, `[d + 1, d + 1]`
    inputs: Mat<f64>,
    /// `Y'D`, `[d + 1, d]`
    cross: Mat<f64>,
}

impl AffineSums {
    pub(super) fn of(inputs: MatRef<'_, f64>, outputs: MatRef<'_, f64>) -> Self {
        Self {
            draws: inputs.nrows(),
            inputs: product(inputs.transpose(), inputs),
            cross: product(inputs.transpose(), outputs),
        }
    }

    pub(crate) fn merged(self, other: &Self) -> Self {
        Self {
            draws: self.draws + other.draws,
            inputs: self.inputs + &other.inputs,
            cross: self.cross + &other.cross,
        }
    }

    /// The sums without some of the draws.
    pub(crate) fn without(&self, some: &Self) -> Self {
        Self {
            draws: self.draws - some.draws,
            inputs: &self.inputs - &some.inputs,
            cross: &self.cross - &some.cross,
        }
    }

    /// The number of draws.
    pub(crate) fn draws(&self) -> usize {
        self.draws
    }

    /// Least squares.
    pub(crate) fn solve(&self) -> Result<Solved, DrawsError> {
        let factors =
            Llt::new(self.inputs.as_ref(), Side::Lower).map_err(|_| DrawsError::Singular)?;
        let pivots = factors.L().diagonal().column_vector();
        let own = |j: usize| pivots[j].powi(2) > OWN_SHARE * self.inputs[(j, j)];
        if !(0..self.inputs.nrows()).all(own) {
            return Err(DrawsError::Singular);
        }
        Ok(Solved {
            coefficients: factors.solve(&self.cross),
            factors,
        })
    }
}

/// The solution of a regression.
pub(crate) struct Solved {
    /// `[d + 1, d]`: the outputs are `(y, 1)` times these.
    pub coefficients: Mat<f64>,
    factors: Llt<f64>,
}

impl Solved {
    /// A, `[d, d]`
    pub(crate) fn weight(&self) -> Mat<f64> {
        let dim = self.coefficients.ncols();
        self.coefficients.subrows(0, dim).transpose().to_owned()
    }

    /// `(Y'Y)^-1`
    pub(super) fn inverse(&self) -> Mat<f64> {
        self.factors.inverse()
    }
}

/// `A B` on this thread alone, so that it does not depend on the number of threads.
pub(super) fn product(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> Mat<f64> {
    let mut out = Mat::zeros(a.nrows(), b.ncols());
    matmul(out.as_mut(), Accum::Replace, a, b, 1.0, Par::Seq);
    out
}
