//! What a denoiser said of noised test rows, at one noise level.

use std::ops::Range;

use faer::{Mat, MatRef};

use super::affine_sums::{AffineSums, BLOCK_DRAWS, product};
use super::draws_error::{DrawsError, check_count, check_shape};
use crate::diffusion::NoiseLevel;
use crate::gaussian::{EigenError, Gaussian, MomentSums};
use crate::parallel;

/// Clean rows that a denoiser is tested on, with their mean m and their covariance S (1/M).
///
/// The *test law* is that of these M rows, each as likely as the others. What is computed exactly for it, such as the
/// Wiener filter `S (S + z)^-1`, is that of these rows and not of the law that they were drawn from.
#[derive(Debug, Clone)]
pub struct TestRows<'a> {
    rows: MatRef<'a, f64>,
    law: Gaussian,
}

impl<'a> TestRows<'a> {
    /// Takes the clean rows `[M, d]`.
    ///
    /// # Errors
    /// The covariance has no eigenvalues, because a number is not finite.
    ///
    /// # Panics
    /// If there are no rows or no columns.
    pub fn new(rows: MatRef<'a, f64>) -> Result<Self, EigenError> {
        let (count, dim) = rows.shape();
        assert!(count > 0 && dim > 0, "clean rows of shape [{count}, {dim}]");
        let values = |range: Range<usize>| -> Vec<f64> {
            let chosen = rows.subrows(range.start, range.len());
            chosen
                .row_iter()
                .flat_map(|row| row.iter().copied())
                .collect()
        };
        let moments = MomentSums::of_doubles(count, dim, &values).moments();
        let law = moments.law()?;
        Ok(Self { rows, law })
    }

    /// The rows, `[M, d]`.
    pub fn rows(&self) -> MatRef<'a, f64> {
        self.rows
    }

    /// The number M of rows.
    pub fn count(&self) -> usize {
        self.rows.nrows()
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.rows.ncols()
    }

    /// The Gaussian with the mean and the covariance of the rows. Its eigenvectors `u_k` are the directions of all
    /// measures, the largest variance first.
    pub fn law(&self) -> &Gaussian {
        &self.law
    }

    /// The sum of `(y, 1)(y, 1)'` over some of the rows v, `[d + 1, d + 1]`, with `y = U'(v - m)`.
    pub(crate) fn products(&self, chosen: &[usize]) -> Mat<f64> {
        let of = |range: Range<usize>| {
            let inputs = with_one(self.along(self.rows, &chosen[range]).as_ref());
            product(inputs.transpose(), inputs.as_ref())
        };
        parallel::merged(0..chosen.len(), BLOCK_DRAWS, &of, &|a, b| a + b)
    }

    /// `U'(v - m)` of the chosen rows v of a matrix, as rows.
    fn along(&self, matrix: MatRef<'_, f64>, chosen: &[usize]) -> Mat<f64> {
        let mean = self.law.mean();
        let centred = Mat::from_fn(chosen.len(), self.dim(), |i, j| {
            matrix[(chosen[i], j)] - mean[j]
        });
        product(centred.as_ref(), self.law.basis())
    }
}

/// Draws `x = x_0 + sqrt(z) eps` of test rows `x_0` at one noise level, with `z = (1 - ab)/ab`, and what a denoiser
/// said of them. A draw `x_t = sqrt(ab) x_0 + sqrt(1 - ab) eps` is brought to this scale by `x = x_t/sqrt(ab)`.
#[derive(Debug, Clone)]
pub struct Draws<'a> {
    test: &'a TestRows<'a>,
    level: NoiseLevel,
    x: MatRef<'a, f64>,
    denoised: MatRef<'a, f64>,
    /// The draws, sorted by their row.
    order: Vec<usize>,
    /// For each row with draws: the row, and where its draws are in `order`.
    rows: Vec<(usize, Range<usize>)>,
}

impl<'a> Draws<'a> {
    /// Takes the noised rows `x` `[n, d]`, the denoised rows (the predicted `x_0`) `[n, d]`, and the clean row of each
    /// draw. `None` means that draw i is of row i. Several draws of one row are allowed: measures count them as one
    /// independent item.
    ///
    /// # Errors
    /// Other shapes, a row that does not exist, numbers that are not finite, and fewer than `2 d + 2` draws.
    pub fn new(
        test: &'a TestRows<'a>,
        level: NoiseLevel,
        x: MatRef<'a, f64>,
        denoised: MatRef<'a, f64>,
        row: Option<&[usize]>,
    ) -> Result<Self, DrawsError> {
        let (draws, dim) = (x.nrows(), test.dim());
        check_shape("x", x, draws, dim)?;
        check_shape("the denoised rows", denoised, draws, dim)?;
        check_count(draws, dim)?;
        if let Some(row) = row {
            let row = MatRef::from_column_major_slice(row, row.len(), 1);
            check_shape("the list of rows", row, draws, 1)?;
        }
        check_finite("x", x)?;
        check_finite("the denoised row", denoised)?;
        let row_of = |draw: usize| row.map_or(draw, |row| row[draw]);
        let wrong = (0..draws).find(|&draw| row_of(draw) >= test.count());
        if let Some(draw) = wrong {
            let (row, rows) = (row_of(draw), test.count());
            return Err(DrawsError::Row { draw, row, rows });
        }
        let mut order: Vec<usize> = (0..draws).collect();
        order.sort_by_key(|&draw| row_of(draw));
        let mut start = 0;
        let of_one_row = order.chunk_by(|&a, &b| row_of(a) == row_of(b));
        let rows = of_one_row.map(|draws| {
            let range = start..start + draws.len();
            start = range.end;
            (row_of(draws[0]), range)
        });
        Ok(Self {
            test,
            level,
            x,
            denoised,
            rows: rows.collect(),
            order,
        })
    }

    /// The clean rows.
    pub fn test(&self) -> &'a TestRows<'a> {
        self.test
    }

    /// The noise level.
    pub fn level(&self) -> NoiseLevel {
        self.level
    }

    /// The number n of draws.
    pub fn count(&self) -> usize {
        self.order.len()
    }

    /// The number of different rows that were drawn.
    pub(super) fn rows_drawn(&self) -> usize {
        self.rows.len()
    }

    /// The mean of `|x - x_0|^2/(d z)` over the draws. It is 1, with the standard deviation `sqrt(2/(n d))`, if the
    /// scale of x, the noise level, and the row of each draw are right.
    pub fn noise_ratio(&self) -> f64 {
        let clean = self.test.rows();
        let distance = |(row, range): &(usize, Range<usize>)| -> f64 {
            let draws = self.order[range.clone()].iter();
            draws
                .map(|&draw| (self.x.row(draw) - clean.row(*row)).squared_norm_l2())
                .sum()
        };
        let total: f64 = self.rows.iter().map(distance).sum();
        total / (self.x.nrows() * self.x.ncols()) as f64 / self.level.noise_to_signal()
    }

    /// The results of `of` for blocks of draws, merged. The draws of one row are in one block. `chosen` counts the rows
    /// that have draws.
    pub(super) fn in_blocks<R: Send>(
        &self,
        chosen: &[usize],
        of: impl Fn(Block) -> R + Sync,
        merge: impl Fn(R, R) -> R + Sync,
    ) -> R {
        let size = (BLOCK_DRAWS * self.rows.len() / self.count()).max(1);
        let block = |range: Range<usize>| of(self.block(&chosen[range]));
        parallel::merged(0..chosen.len(), size, &block, &merge)
    }

    /// The sums of the regression of the denoised rows on the noised ones, along the eigenvectors. `chosen` counts the
    /// rows that have draws.
    pub(super) fn sums(&self, chosen: &[usize]) -> AffineSums {
        let of = |block: Block| AffineSums::of(block.inputs.as_ref(), block.outputs.as_ref());
        self.in_blocks(chosen, of, |a, b| a.merged(&b))
    }

    /// The sums of the draws of some test rows.
    pub(crate) fn sums_of_rows(&self, rows: &[usize]) -> AffineSums {
        let place = |row: &usize| self.rows.binary_search_by_key(row, |(row, _)| *row).ok();
        let chosen: Vec<usize> = rows.iter().filter_map(place).collect();
        self.sums(&chosen)
    }

    fn block(&self, chosen: &[usize]) -> Block {
        let mut draws = Vec::new();
        let mut rows = Vec::with_capacity(chosen.len());
        for &index in chosen {
            let (_, range) = &self.rows[index];
            rows.push(draws.len()..draws.len() + range.len());
            draws.extend_from_slice(&self.order[range.clone()]);
        }
        let clean: Vec<usize> = chosen.iter().map(|&index| self.rows[index].0).collect();
        Block {
            outputs: self.test.along(self.denoised, &draws),
            clean: self.test.along(self.test.rows, &clean),
            inputs: with_one(self.test.along(self.x, &draws).as_ref()),
            rows,
        }
    }
}

/// `(y, 1)` of rows y.
fn with_one(rows: MatRef<'_, f64>) -> Mat<f64> {
    let dim = rows.ncols();
    let mut inputs = Mat::ones(rows.nrows(), dim + 1);
    inputs.subcols_mut(0, dim).copy_from(rows);
    inputs
}

/// Draws of some rows, along the eigenvectors U of the test rows, about their mean m.
pub(super) struct Block {
    /// `(U'(x - m), 1)`, `[b, d + 1]`
    pub inputs: Mat<f64>,
    /// `U'(D - m)`, `[b, d]`
    pub outputs: Mat<f64>,
    /// `U'(x_0 - m)` of each row, `[rows, d]`
    pub clean: Mat<f64>,
    /// The draws of each row.
    pub rows: Vec<Range<usize>>,
}

fn check_finite(what: &'static str, matrix: MatRef<'_, f64>) -> Result<(), DrawsError> {
    let finite = |draw: &usize| matrix.row(*draw).iter().all(|x| x.is_finite());
    match (0..matrix.nrows()).find(|draw| !finite(draw)) {
        Some(draw) => Err(DrawsError::NotFinite { what, draw }),
        None => Ok(()),
    }
}
