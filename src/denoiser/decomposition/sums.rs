//! What each row adds to the parts of a test loss, given the affine part.

use std::ops::Range;

use faer::{Mat, MatRef};

use super::row_sums::RowSums;
use crate::denoiser::affine_sums::{Solved, product};
use crate::denoiser::draws::{Block, Draws};

/// A fitted affine part beside Wiener's filter, along the eigenvectors of the test rows. Inputs are `(y, 1)` with
/// `y = U'(x - m)`.
pub(super) struct Fitted {
    /// `(A, b)'`, `[d + 1, d]`
    pub coefficients: Mat<f64>,
    /// `(A - A*, b)'`
    pub beyond: Mat<f64>,
    /// `(Y'Y)^-1` of the inputs Y `[n, d + 1]`
    inverse: Mat<f64>,
    /// `lambda_k`
    pub variances: Vec<f64>,
    /// The gains of Wiener's filter, `lambda_k/(lambda_k + z)`.
    pub gains: Vec<f64>,
    /// The mean square of each input, exactly: `lambda_k + z`, and 1.
    pub weights: Vec<f64>,
}

impl Fitted {
    pub fn new(draws: &Draws<'_>, solved: Solved) -> Self {
        let variances = draws.test().law().variances();
        let z = draws.level().noise_to_signal();
        let gains: Vec<f64> = variances.iter().map(|v| v / (v + z)).collect();
        let inverse = solved.inverse();
        let mut beyond = solved.coefficients.clone();
        for (k, gain) in gains.iter().enumerate() {
            beyond[(k, k)] -= gain;
        }
        Self {
            coefficients: solved.coefficients,
            weights: variances.iter().map(|v| v + z).chain([1.0]).collect(),
            inverse,
            beyond,
            variances,
            gains,
        }
    }

    pub fn dim(&self) -> usize {
        self.gains.len()
    }

    /// The exact mean square of what column k of a map `[d + 1, d]` makes of the first inputs.
    pub fn mean_square(&self, map: &Mat<f64>, k: usize, inputs: usize) -> f64 {
        let weights = self.weights[..inputs].iter().enumerate();
        weights.map(|(j, w)| w * map[(j, k)].powi(2)).sum()
    }

    /// The sums over the rows of a block.
    pub fn sums(&self, block: &Block) -> Sums {
        let (inputs, dim) = (block.inputs.as_ref(), self.dim());
        let draws = inputs.nrows();
        let beyond = product(inputs, self.beyond.as_ref());
        let leverage = product(inputs, self.inverse.as_ref());
        let weighted = Mat::from_fn(draws, dim + 1, |i, j| self.weights[j] * leverage[(i, j)]);
        let residual = Mat::from_fn(draws, dim, |i, k| {
            block.outputs[(i, k)] - self.gains[k] * inputs[(i, k)] - beyond[(i, k)]
        });
        let affine = Mat::from_fn(draws, dim, |i, k| {
            block.outputs[(i, k)] - residual[(i, k)] - self.coefficients[(dim, k)]
        });
        let rows = block.rows.iter().enumerate();
        let row_of: Vec<usize> = rows
            .flat_map(|(row, d)| d.clone().map(move |_| row))
            .collect();
        let error = Mat::from_fn(draws, dim, |i, k| {
            self.gains[k] * inputs[(i, k)] - block.clean[(row_of[i], k)]
        });
        let mut sums = Sums::new(dim);
        for draws in &block.rows {
            sums.add(&Row {
                inputs: of_row(&block.inputs, draws),
                affine: of_row(&affine, draws),
                beyond: of_row(&beyond, draws),
                residual: of_row(&residual, draws),
                error: of_row(&error, draws),
                leverage: of_row(&leverage, draws),
                weighted: of_row(&weighted, draws),
            });
        }
        sums
    }
}

fn of_row<'m>(matrix: &'m Mat<f64>, draws: &Range<usize>) -> MatRef<'m, f64> {
    matrix.as_ref().subrows(draws.start, draws.len())
}

/// The draws of one row; y along the eigenvectors.
struct Row<'a> {
    /// `(y, 1)`
    inputs: MatRef<'a, f64>,
    /// What the affine part says, without its constant.
    affine: MatRef<'a, f64>,
    /// What the affine part says beyond Wiener's filter.
    beyond: MatRef<'a, f64>,
    /// What the denoiser says beyond the affine part, r.
    residual: MatRef<'a, f64>,
    /// The error of Wiener's filter, w.
    error: MatRef<'a, f64>,
    /// `(y, 1)(Y'Y)^-1`
    leverage: MatRef<'a, f64>,
    /// `leverage` times the mean squares of the inputs.
    weighted: MatRef<'a, f64>,
}

/// The quantities along each direction.
#[derive(Debug, Clone, Copy)]
pub(super) enum Along {
    /// `r^2 + 2 r w`
    Nonlinear,
    /// What a draw adds to the excess of the affine part, to the first order: `2 a r`, with a what the affine part says
    /// beyond Wiener's filter.
    Affine,
    /// The sum of both.
    Test,
    /// What a draw adds to the gain.
    Gain,
}

const ALONG: usize = 4;

/// The quantities of which there is one for all directions.
#[derive(Debug, Clone, Copy)]
pub(super) enum Total {
    /// The sums of [`Along`] over the directions.
    Nonlinear,
    Affine,
    Test,
    /// `|r|^2`
    Residual,
    /// What a draw adds to the variance of the affine part, to the first order.
    Output,
    /// The sum of the last two.
    OutputAndResidual,
    /// The squared error of the denoiser.
    Error,
}

const TOTALS: usize = 7;

/// Sums over rows.
#[derive(Debug, Clone)]
pub(super) struct Sums {
    along: RowSums,
    total: RowSums,
    /// By direction.
    fit: Vec<FitNoise>,
}

/// What the noise of the fitted map adds and takes, along one direction.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct FitNoise {
    /// It adds this to the mean square of the map's output.
    pub map: f64,
    /// It takes this from `sum r^2`.
    pub residual: f64,
    /// It takes this from `sum r w`.
    pub error: f64,
}

impl Sums {
    fn new(dim: usize) -> Self {
        Self {
            along: RowSums::new(ALONG * dim),
            total: RowSums::new(TOTALS),
            fit: vec![FitNoise::default(); dim],
        }
    }

    fn add(&mut self, row: &Row<'_>) {
        let (draws, dim) = row.residual.shape();
        let dots =
            |a: MatRef<'_, f64>, b: MatRef<'_, f64>, k: usize| a.col(k).transpose() * b.col(k);
        let (residual, error) = (row.residual, row.error);
        let nonlinear = |k| dots(residual, residual, k) + 2.0 * dots(residual, error, k);
        let nonlinear: Vec<f64> = (0..dim).map(nonlinear).collect();
        let affine = (0..dim).map(|k| 2.0 * dots(row.beyond, residual, k));
        let affine: Vec<f64> = affine.collect();
        let test = nonlinear.iter().zip(&affine).map(|(n, a)| n + a);
        let gain = (0..dim).map(|k| dots(row.leverage, residual, k));
        let parts = nonlinear.iter().chain(&affine).copied();
        self.along.add(draws, parts.chain(test).chain(gain));
        let [nonlinear, affine] = [nonlinear, affine].map(|part| part.iter().sum::<f64>());
        let residuals: f64 = (0..dim).map(|k| dots(residual, residual, k)).sum();
        let output: f64 = (0..dim).map(|k| 2.0 * dots(row.affine, residual, k)).sum();
        let errors = (row.beyond + residual + error).squared_norm_l2();
        self.total.add(
            draws,
            [
                nonlinear,
                affine,
                nonlinear + affine,
                residuals,
                output,
                output + residuals,
                errors,
            ],
        );
        let map = paired(row.leverage, row.weighted, residual, residual);
        let taken = paired(row.leverage, row.inputs, residual, residual);
        let from_error = paired(row.leverage, row.inputs, residual, error);
        for (k, fit) in self.fit.iter_mut().enumerate() {
            fit.map += map[k];
            fit.residual += taken[k];
            fit.error += from_error[k];
        }
    }

    pub fn merged(mut self, other: Self) -> Self {
        for (a, b) in self.fit.iter_mut().zip(other.fit) {
            a.map += b.map;
            a.residual += b.residual;
            a.error += b.error;
        }
        Self {
            along: self.along.merged(other.along),
            total: self.total.merged(other.total),
            fit: self.fit,
        }
    }

    /// The noise of the fit along direction k, corrected for the numbers that were fitted: n/(n - d - 1) times its
    /// first order.
    pub fn fit(&self, k: usize) -> FitNoise {
        let few = self.draws() / (self.draws() - self.fitted());
        let FitNoise {
            map,
            residual,
            error,
        } = self.fit[k];
        FitNoise {
            map: few * map,
            residual: few * residual,
            error: few * error,
        }
    }

    /// The numbers that were fitted for each direction.
    fn fitted(&self) -> f64 {
        (self.fit.len() + 1) as f64
    }

    pub fn draws(&self) -> f64 {
        self.total.draws()
    }

    /// The mean of a quantity over the draws.
    pub fn mean(&self, quantity: Along, k: usize) -> f64 {
        self.along.mean(quantity as usize * self.fit.len() + k)
    }

    /// The variance of the mean of a quantity.
    pub fn variance(&self, quantity: Along, k: usize) -> f64 {
        self.along
            .variance(quantity as usize * self.fit.len() + k, self.fitted())
    }

    pub fn mean_of_total(&self, quantity: Total) -> f64 {
        self.total.mean(quantity as usize)
    }

    pub fn variance_of_total(&self, quantity: Total) -> f64 {
        self.total.variance(quantity as usize, self.fitted())
    }
}

/// `[(a'u)'(b'v)]_kk` for each column k of u and v `[n, d]`, with a and b `[n, p]`: in the cheaper order.
fn paired(
    a: MatRef<'_, f64>,
    b: MatRef<'_, f64>,
    u: MatRef<'_, f64>,
    v: MatRef<'_, f64>,
) -> Vec<f64> {
    let (left, right) = if a.nrows() <= a.ncols() {
        let between = product(a, b.transpose());
        (u.to_owned(), product(between.as_ref(), v))
    } else {
        (product(a.transpose(), u), product(b.transpose(), v))
    };
    let columns = left.col_iter().zip(right.col_iter());
    columns.map(|(x, y)| x.transpose() * y).collect()
}
