//! Sums over vectors that give their moments. They are made in blocks and merged in pairs, also with sums made
//! elsewhere.

use std::ops::Range;

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::reborrow::ReborrowMut;
use faer::{Accum, Col, ColRef, Mat, MatRef, Par};

use super::Moments;
use crate::parallel;

/// The number of rows of a block of doubles.
const BLOCK_ROWS: usize = 4096;
/// The number of rows of a block of bytes. At most 2^14, so that the f32 sums of their products are exact.
const BYTE_BLOCK_ROWS: usize = 8192;
const EXACT_ROWS: usize = 1024;

/// Sufficient statistics of a set of rows that can be merged: count, mean, sum of products.
#[derive(Debug, Clone)]
pub struct MomentSums {
    count: usize,
    sums: Sums,
}

#[derive(Debug, Clone)]
enum Sums {
    /// Sums of bytes minus 128. They are exact: every number is an integer below 2^53 for fewer than 5 10^11 rows.
    Bytes {
        /// `sum (x - 128)`, `[d]`
        linear: Vec<i64>,
        /// `sum (x - 128)(x - 128)'` on and below the diagonal, `[d, d]`
        products: Mat<f64>,
    },
    /// Sums of doubles about their own mean.
    Doubles {
        mean: Col<f64>,
        /// `sum (x - mean)(x - mean)'` on and below the diagonal, `[d, d]`
        products: Mat<f64>,
    },
}

/// Subtracted from every byte, to keep the products small.
const MIDDLE: u8 = 128;

impl MomentSums {
    /// The sums of vectors of doubles: `rows(range)` holds the vectors of a range one behind the other.
    pub(crate) fn of_doubles<R: AsRef<[f64]>>(
        count: usize,
        dim: usize,
        rows: &(impl Fn(Range<usize>) -> R + Sync),
    ) -> Self {
        Self::in_blocks(count, BLOCK_ROWS, &|range| {
            let count = range.len();
            block_of_doubles(rows(range).as_ref(), count, dim)
        })
    }

    /// The sums of vectors of bytes, each `row(index)`.
    pub(crate) fn of_bytes<'a>(
        count: usize,
        dim: usize,
        row: &(impl Fn(usize) -> &'a [u8] + Sync),
    ) -> Self {
        Self::in_blocks(count, BYTE_BLOCK_ROWS, &|range| {
            block_of_bytes(range, row, dim)
        })
    }

    /// Works block by block and merges in pairs. The order of the sums does not depend on the number of threads.
    fn in_blocks(count: usize, block: usize, of: &(impl Fn(Range<usize>) -> Self + Sync)) -> Self {
        parallel::merged(0..count, block, of, &Self::merged)
    }

    /// The number of rows.
    pub fn count(&self) -> usize {
        self.count
    }

    /// The sums of these rows and of others, which are another part of a set.
    ///
    /// # Panics
    /// If the rows have different lengths.
    pub fn merged(self, other: Self) -> Self {
        let count = self.count + other.count;
        let sums = match (self.sums, other.sums) {
            (
                Sums::Bytes { linear, products },
                Sums::Bytes {
                    linear: l,
                    products: p,
                },
            ) => {
                assert_eq!(linear.len(), l.len(), "rows of one length");
                Sums::Bytes {
                    linear: linear.iter().zip(l).map(|(s, o)| s + o).collect(),
                    products: products + p,
                }
            }
            (first, second) => {
                let (n, m) = (self.count as f64, other.count as f64);
                about_both(
                    first.about_mean(self.count),
                    n,
                    second.about_mean(other.count),
                    m,
                )
            }
        };
        Self { count, sums }
    }

    /// The mean, and the covariance (1/N) about it.
    pub fn moments(self) -> Moments {
        let (mean, products) = self.sums.about_mean(self.count);
        finish(mean, products, self.count)
    }
}

impl Sums {
    /// The mean, and the sum of products about it, on and below the diagonal.
    fn about_mean(self, count: usize) -> (Col<f64>, Mat<f64>) {
        match self {
            Sums::Doubles { mean, products } => (mean, products),
            Sums::Bytes {
                linear,
                mut products,
            } => {
                let n = count as i128;
                for j in 0..linear.len() {
                    for i in j..linear.len() {
                        // In integers nothing cancels.
                        let both = i128::from(linear[i]) * i128::from(linear[j]);
                        let about = n * products[(i, j)] as i128 - both;
                        products[(i, j)] = about as f64 / n as f64;
                    }
                }
                let mean = |i: usize| linear[i] as f64 / n as f64 + f64::from(MIDDLE);
                (Col::from_fn(linear.len(), mean), products)
            }
        }
    }
}

/// Merges n rows with the mean a and m rows with the mean b. The mean is `a + m/(n + m) (b - a)`. The products about
/// it are both sums of products plus `n m/(n + m) (b - a)(b - a)'` (Chan, Golub and LeVeque, 1979).
fn about_both(
    (mean, mut products): (Col<f64>, Mat<f64>),
    n: f64,
    (other_mean, other_products): (Col<f64>, Mat<f64>),
    m: f64,
) -> Sums {
    assert_eq!(mean.nrows(), other_mean.nrows(), "rows of one length");
    let apart = other_mean - &mean;
    products += other_products;
    add_square(&mut products, apart.as_ref(), n * m / (n + m));
    let mean = mean + faer::Scale(m / (n + m)) * apart;
    Sums::Doubles { mean, products }
}

/// `out += weight x x'` on and below the diagonal.
fn add_square(out: &mut Mat<f64>, x: ColRef<'_, f64>, weight: f64) {
    for j in 0..x.nrows() {
        for i in j..x.nrows() {
            out[(i, j)] += weight * x[i] * x[j];
        }
    }
}

/// The moments from a sum of products on and below the diagonal.
fn finish(mean: Col<f64>, products: Mat<f64>, count: usize) -> Moments {
    let (dim, share) = (mean.nrows(), 1.0 / count as f64);
    let covariance = Mat::from_fn(dim, dim, |i, j| share * products[(i.max(j), i.min(j))]);
    Moments {
        mean,
        covariance,
        count,
    }
}

/// `out (+)= X X'` on and below the diagonal, for X `[d, n]`.
fn products<E: faer::traits::ComplexField>(
    out: &mut Mat<E>,
    accumulate: Accum,
    columns: MatRef<'_, E>,
    one: E,
) {
    let lower = BlockStructure::TriangularLower;
    let all = BlockStructure::Rectangular;
    matmul(
        out,
        lower,
        accumulate,
        columns,
        all,
        columns.transpose(),
        all,
        one,
        Par::Seq,
    );
}

fn block_of_doubles(rows: &[f64], count: usize, dim: usize) -> MomentSums {
    let mut mean = Col::<f64>::zeros(dim);
    for i in 0..count {
        let row = rows[i * dim..][..dim].iter().enumerate();
        row.for_each(|(j, x)| mean[j] += x);
    }
    mean *= faer::Scale(1.0 / count as f64);
    let centred = Mat::from_fn(dim, count, |j, i| rows[i * dim + j] - mean[j]);
    let mut about = Mat::zeros(dim, dim);
    products(&mut about, Accum::Replace, centred.as_ref(), 1.0);
    // The rounding error of the mean of so many numbers. Its square is below all digits.
    let mut left = Col::<f64>::zeros(dim);
    centred.col_iter().for_each(|column| left += column);
    mean += faer::Scale(1.0 / count as f64) * left;
    MomentSums {
        count,
        sums: Sums::Doubles {
            mean,
            products: about,
        },
    }
}

fn block_of_bytes<'a>(
    range: Range<usize>,
    row: impl Fn(usize) -> &'a [u8],
    dim: usize,
) -> MomentSums {
    const { assert!(EXACT_ROWS << 14 <= 1 << f32::MANTISSA_DIGITS) };
    let count = range.len();
    let mut linear = vec![0i64; dim];
    let mut total = Mat::<f64>::zeros(dim, dim);
    let mut exact = Mat::<f32>::zeros(dim, dim);
    let mut columns = Mat::<f32>::zeros(dim, EXACT_ROWS.min(count));
    for start in range.clone().step_by(EXACT_ROWS) {
        let chosen = start..(start + EXACT_ROWS).min(range.end);
        let mut columns = columns.subcols_mut(0, chosen.len());
        for (i, column) in chosen.zip(columns.rb_mut().col_iter_mut()) {
            let column = column
                .try_as_col_major_mut()
                .expect("columns are contiguous");
            let numbers = column.as_slice_mut().iter_mut().zip(row(i));
            for ((x, byte), sum) in numbers.zip(&mut linear) {
                let shifted = i16::from(*byte) - i16::from(MIDDLE);
                *x = f32::from(shifted);
                *sum += i64::from(shifted);
            }
        }
        products(&mut exact, Accum::Replace, columns.as_ref(), 1.0);
        for (j, (total, exact)) in total.col_iter_mut().zip(exact.col_iter()).enumerate() {
            let (_, below) = total.split_at_row_mut(j);
            let (_, exact) = exact.split_at_row(j);
            below
                .iter_mut()
                .zip(exact.iter())
                .for_each(|(t, x)| *t += f64::from(*x));
        }
    }
    MomentSums {
        count,
        sums: Sums::Bytes {
            linear,
            products: total,
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn blocks_change_nothing_beyond_rounding() {
        let (count, dim) = (5000, 6);
        let rows: Vec<f64> = (0..count * dim)
            .map(|k| ((k * k % 251) as f64).sqrt())
            .collect();
        let whole = MomentSums::of_doubles(count, dim, &|range| {
            &rows[range.start * dim..range.end * dim]
        });
        let whole = whole.moments().covariance;
        for block in [1, 7, 100, 4999, 5000] {
            let in_blocks = MomentSums::in_blocks(count, block, &|range| {
                let rows = &rows[range.start * dim..range.end * dim];
                block_of_doubles(rows, range.len(), dim)
            });
            let off = (in_blocks.moments().covariance - &whole).norm_l2();
            assert!(
                off < 1e-13 * whole.norm_l2(),
                "blocks of {block}: off by {off:e}"
            );
        }
    }
}
