//! The eigenvalues and left singular vectors of rows, and of any part of them.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::reborrow::ReborrowMut;
use faer::{Accum, ColMut, Mat, MatRef, Par, get_global_parallelism};

use crate::gaussian::{EigenError, MomentSums, Moments, numerical_floor, symmetric_eigen};
use crate::parallel;
use crate::theory::{Mean, TheoryError};

/// The number of rows, or of columns, that are centred at a time.
const BLOCK: usize = 256;

/// N rows about their own mean m, in the eigenbasis of their covariance:
///
/// ```text
/// X = U diag(N s)^(1/2) V',    C = (1/N) X'X,    K = X X' = U diag(N s) U'
/// ```
///
/// U comes from K for `N <= d`, and is `X V diag(N s)^(-1/2)` for `N > d`, with V from C.
#[derive(Debug, Clone)]
pub(super) struct Decomposed {
    /// The dimension d.
    pub dim: usize,
    /// The r eigenvalues s of C above 0, largest first.
    pub eigenvalues: Vec<f64>,
    /// U, `[N, r]`
    pub left: Mat<f64>,
}

/// Rows of which any part can be decomposed. If there are at most as many rows as columns, the inner products of all
/// pairs are made once.
///
/// ```
/// use lindiff::data::Rows;
/// use lindiff::theory::RowProducts;
///
/// let rows = Rows::from_slice(3, &[1.0, 0.0, 2.0, 0.0, 1.0, 1.0, 3.0, 1.0, 0.0, 1.0, 5.0, 2.0]);
/// let products = RowProducts::new(rows.as_matrix());
/// assert_eq!(products.leave_one_out(&[0, 1, 3])?.samples(), 3);
/// # Ok::<(), lindiff::theory::TheoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct RowProducts<'a> {
    rows: MatRef<'a, f64>,
    /// `X X'`, `[N, N]`, about the mean of all rows
    gram: Option<Mat<f64>>,
}

impl<'a> RowProducts<'a> {
    /// Takes rows `[N, d]` with any mean.
    pub fn new(rows: MatRef<'a, f64>) -> Self {
        let all: Vec<usize> = (0..rows.nrows()).collect();
        let gram = (rows.nrows() <= rows.ncols()).then(|| gram(rows, &all));
        Self { rows, gram }
    }

    /// The eigenbasis of the chosen rows, about their own mean.
    ///
    /// # Errors
    /// Fewer than 2 rows, or numbers that are not finite.
    pub(super) fn decomposed(&self, chosen: &[usize]) -> Result<Decomposed, TheoryError> {
        if chosen.len() < 2 {
            return Err(TheoryError::Samples {
                samples: chosen.len() as f64,
                mean: Mean::Fitted,
                least: 2,
            });
        }
        let decomposed = match &self.gram {
            Some(gram) => {
                let part = |i: usize, j: usize| gram[(chosen[i], chosen[j])];
                self.by_gram(Mat::from_fn(chosen.len(), chosen.len(), part))
            }
            None if chosen.len() <= self.rows.ncols() => self.by_gram(gram(self.rows, chosen)),
            None => self.by_covariance(chosen),
        };
        Ok(decomposed?)
    }

    /// The eigenbasis from inner products about any point.
    fn by_gram(&self, gram: Mat<f64>) -> Result<Decomposed, EigenError> {
        let count = gram.nrows();
        let share = 1.0 / count as f64;
        let means: Vec<f64> = gram.col_iter().map(|column| column.sum() * share).collect();
        let mean = means.iter().sum::<f64>() * share;
        // Symmetric to the last digit.
        let centred = Mat::from_fn(count, count, |i, j| {
            (gram[(i, j)] - (means[i] + means[j]) + mean) * share
        });
        drop(gram);
        let (mut eigenvalues, vectors) = symmetric_eigen(centred.as_ref())?;
        let rank = self.keep(&mut eigenvalues, count);
        Ok(Decomposed {
            dim: self.rows.ncols(),
            eigenvalues,
            left: about_zero(vectors.subcols(0, rank).to_owned()),
        })
    }

    fn by_covariance(&self, chosen: &[usize]) -> Result<Decomposed, EigenError> {
        let (count, dim) = (chosen.len(), self.rows.ncols());
        let block = |range: Range<usize>| {
            let rows = chosen[range].iter().map(|&i| self.rows.row(i));
            rows.flat_map(|row| row.iter().copied()).collect::<Vec<_>>()
        };
        let Moments {
            mean, covariance, ..
        } = MomentSums::of_doubles(count, dim, &block).moments();
        let (mut eigenvalues, vectors) = symmetric_eigen(covariance.as_ref())?;
        let rank = self.keep(&mut eigenvalues, count);
        let scaled = Mat::from_fn(dim, rank, |i, j| {
            vectors[(i, j)] / (count as f64 * eigenvalues[j]).sqrt()
        });
        drop((covariance, vectors));
        let blocks = parallel::map(0..count.div_ceil(BLOCK), |index| {
            let range = index * BLOCK..count.min((index + 1) * BLOCK);
            let part = Mat::from_fn(range.len(), dim, |i, j| {
                self.rows[(chosen[range.start + i], j)] - mean[j]
            });
            let mut left = Mat::zeros(range.len(), rank);
            matmul(&mut left, Accum::Replace, &part, &scaled, 1.0, Par::Seq);
            left
        });
        let mut left = Mat::zeros(count, rank);
        for (index, block) in blocks.iter().enumerate() {
            left.subrows_mut(index * BLOCK, block.nrows())
                .copy_from(block);
        }
        Ok(Decomposed {
            dim,
            eigenvalues,
            left: about_zero(left),
        })
    }

    /// Keeps the eigenvalues of `count` rows that are above rounding, and returns their number.
    fn keep(&self, eigenvalues: &mut Vec<f64>, count: usize) -> usize {
        let largest = eigenvalues.first().copied().unwrap_or(0.0);
        let floor = numerical_floor(largest, self.rows.ncols().max(count));
        eigenvalues.retain(|&s| s > floor);
        eigenvalues.truncate(count - 1);
        eigenvalues.len()
    }
}

/// The inner products of the chosen rows about their mean.
fn gram(rows: MatRef<'_, f64>, chosen: &[usize]) -> Mat<f64> {
    let (count, dim) = (chosen.len(), rows.ncols());
    let mut total = Mat::zeros(count, count);
    for start in (0..dim).step_by(BLOCK) {
        let width = BLOCK.min(dim - start);
        let mut part = Mat::from_fn(count, width, |i, j| rows[(chosen[i], start + j)]);
        part.col_iter_mut().for_each(centre);
        matmul(
            &mut total,
            Accum::Add,
            &part,
            part.transpose(),
            1.0,
            get_global_parallelism(),
        );
    }
    total
}

/// Singular vectors of centred rows have the mean 0. Rounding of the decomposition would leave one that matters where a
/// row is far longer than the others.
fn about_zero(mut left: Mat<f64>) -> Mat<f64> {
    left.col_iter_mut().for_each(centre);
    left
}

/// Subtracts the mean twice: the second time removes the rounding error of the first.
fn centre(mut column: ColMut<'_, f64>) {
    for _ in 0..2 {
        let mean = column.as_ref().sum() / column.nrows() as f64;
        column.rb_mut().iter_mut().for_each(|x| *x -= mean);
    }
}
