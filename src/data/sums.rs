//! Sums over rows that give their moments. They are made in blocks and merged in pairs, also with sums made
//! elsewhere.

use std::ops::Range;

use faer::linalg::matmul::triangular::{BlockStructure, matmul};
use faer::reborrow::ReborrowMut;
use faer::{Accum, Col, ColRef, Mat, MatRef, Par};

use super::draw::gaussian_rows;
use super::{ReadRows, Rows, Values};
use crate::gaussian::{Gaussian, Moments};
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

impl Moments {
    /// The moments of rows about their own mean: `mu = (1/N) sum x`, `C = (1/N) sum (x - mu)(x - mu)'`.
    pub fn of(rows: &Rows) -> Self {
        MomentSums::of(rows).moments()
    }

    /// The moments of rows that were read, about their own mean.
    pub fn of_read(rows: &ReadRows) -> Self {
        MomentSums::of_read(rows).moments()
    }
}

impl MomentSums {
    /// The sums of rows.
    pub fn of(rows: &Rows) -> Self {
        Self::in_blocks(rows.count(), BLOCK_ROWS, &|range| of_doubles(rows, range))
    }

    /// The sums of draws from a law. The draws are made block by block and never held all at once.
    pub(super) fn of_draws(law: &Gaussian, samples: usize, seed: u64) -> Self {
        Self::in_blocks(samples, BLOCK_ROWS, &|range| {
            let rows = gaussian_rows(law, range, seed);
            of_doubles(&rows, 0..rows.count())
        })
    }

    /// The sums of rows that were read.
    pub fn of_read(rows: &ReadRows) -> Self {
        Self::of_chosen(rows, rows.count(), &|i| i)
    }

    /// The sums of the rows at `indices`.
    pub fn of_selected(rows: &ReadRows, indices: &[usize]) -> Self {
        Self::of_chosen(rows, indices.len(), &|i| indices[i])
    }

    fn of_chosen(rows: &ReadRows, count: usize, chosen: &(impl Fn(usize) -> usize + Sync)) -> Self {
        let dim = rows.dim();
        match rows.values() {
            Values::Bytes(bytes) => {
                let row = |i| &bytes[chosen(i) * dim..][..dim];
                Self::in_blocks(count, BYTE_BLOCK_ROWS, &|range| of_bytes(range, row, dim))
            }
            Values::Doubles(_) => Self::in_blocks(count, BLOCK_ROWS, &|range| {
                let indices: Vec<usize> = range.map(chosen).collect();
                let rows = rows.select(&indices);
                of_doubles(&rows, 0..rows.count())
            }),
        }
    }

    /// Works block by block and merges in pairs. So rounding grows with the logarithm of the number of blocks, and
    /// the order of the sums does not depend on the number of threads.
    fn in_blocks(count: usize, block: usize, of: &(impl Fn(Range<usize>) -> Self + Sync)) -> Self {
        fn halves<F: Fn(Range<usize>) -> MomentSums + Sync>(
            range: Range<usize>,
            block: usize,
            of: &F,
        ) -> MomentSums {
            let blocks = range.len().div_ceil(block);
            if blocks <= 1 {
                return of(range);
            }
            let middle = range.start + blocks / 2 * block;
            let (first, second) = parallel::join(
                || halves(range.start..middle, block, of),
                || halves(middle..range.end, block, of),
            );
            first.merged(second)
        }
        halves(0..count, block, of)
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

fn of_doubles(rows: &Rows, range: Range<usize>) -> MomentSums {
    let (dim, count) = (rows.dim(), range.len());
    let mut mean = Col::<f64>::zeros(dim);
    for i in range.clone() {
        let row = rows.row(i).iter().enumerate();
        row.for_each(|(j, x)| mean[j] += x);
    }
    mean *= faer::Scale(1.0 / count as f64);
    let start = range.start;
    let centred = Mat::from_fn(dim, count, |j, i| rows.row(start + i)[j] - mean[j]);
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

fn of_bytes<'a>(range: Range<usize>, row: impl Fn(usize) -> &'a [u8], dim: usize) -> MomentSums {
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
    use approx::assert_relative_eq;
    use rand::Rng;

    use crate::random::{Purpose, stream};

    fn bytes(count: usize, dim: usize, seed: u64) -> Vec<u8> {
        let mut bytes = vec![0; count * dim];
        stream(seed, Purpose::Data, 0).fill_bytes(&mut bytes);
        // One column of extremes, one that is always the same.
        for row in bytes.chunks_exact_mut(dim) {
            row[0] = if row[0] < 128 { 0 } else { 255 };
            row[dim - 1] = 201;
        }
        bytes
    }

    fn close(a: &Moments, b: &Moments, relative: f64) {
        assert_eq!(a.count, b.count);
        let size = b.covariance.norm_max();
        for j in 0..a.mean.nrows() {
            assert_relative_eq!(a.mean[j], b.mean[j], max_relative = relative);
            for i in 0..a.mean.nrows() {
                let (a, b) = (a.covariance[(i, j)], b.covariance[(i, j)]);
                assert!((a - b).abs() <= relative * size, "{a} {b}");
            }
        }
    }

    #[test]
    fn the_moments_of_bytes_are_exact() {
        let (count, dim) = (9000, 5);
        let rows = ReadRows::new(Values::Bytes(bytes(count, dim, 1)), dim);
        let found = MomentSums::of_read(&rows).moments();
        let column = |j: usize| (0..count).map(move |i| rows.row(i)[j] as i128);
        let column = |j| column.clone()(j).collect::<Vec<_>>();
        let n = count as i128;
        for i in 0..dim {
            let x = column(i);
            assert_eq!(found.mean[i], x.iter().sum::<i128>() as f64 / n as f64);
            for j in 0..dim {
                let y = column(j);
                let both: i128 = x.iter().zip(&y).map(|(x, y)| x * y).sum();
                let about = n * both - x.iter().sum::<i128>() * y.iter().sum::<i128>();
                let expected = about as f64 / n as f64 / n as f64;
                assert_relative_eq!(found.covariance[(i, j)], expected, max_relative = 4e-16);
            }
        }
        assert_eq!(found.covariance[(dim - 1, dim - 1)], 0.0);
    }

    #[test]
    fn doubles_far_from_zero_and_bytes_have_the_same_moments() {
        let (count, dim) = (10_000, 7);
        let bytes = bytes(count, dim, 2);
        let doubles: Vec<f64> = bytes.iter().map(|&b| 1e6 + f64::from(b)).collect();
        let exact = MomentSums::of_read(&ReadRows::new(Values::Bytes(bytes), dim)).moments();
        let mut found = MomentSums::of(&Rows::new(doubles, dim)).moments();
        found.mean = Col::from_fn(dim, |j| found.mean[j] - 1e6);
        close(&found, &exact, 1e-9);
        assert_eq!(found.covariance, found.covariance.transpose().to_owned());
    }

    #[test]
    fn blocks_and_shards_change_nothing_beyond_rounding() {
        let (count, dim) = (5000, 6);
        let bytes = bytes(count, dim, 3);
        let doubles: Vec<f64> = bytes.iter().map(|&b| f64::from(b).sqrt()).collect();
        let rows = Rows::new(doubles, dim);
        let whole = MomentSums::of(&rows).moments();
        for block in [1, 7, 100, 4999, 5000] {
            let in_blocks = MomentSums::in_blocks(count, block, &|range| of_doubles(&rows, range));
            close(&in_blocks.moments(), &whole, 1e-14);
        }
        let read = ReadRows::new(Values::Bytes(bytes), dim);
        let all: Vec<usize> = (0..count).collect();
        let shards = all.chunks(1234).map(|s| MomentSums::of_selected(&read, s));
        let merged = shards.reduce(MomentSums::merged).unwrap().moments();
        let at_once = MomentSums::of_read(&read).moments();
        assert_eq!(merged.covariance, at_once.covariance);
        // A shard of bytes and one of doubles.
        let first = MomentSums::of_selected(&read, &all[..2000]);
        let second = MomentSums::of(&read.part(2000..count));
        close(&first.merged(second).moments(), &at_once, 1e-13);
    }

    #[test]
    fn about_a_given_mean_the_distance_from_it_is_added() {
        let rows = Rows::new(vec![1.0, 2.0, 3.0, 5.0], 1);
        let about = MomentSums::of(&rows)
            .moments()
            .about(Col::from_fn(1, |_| 1.0));
        assert_relative_eq!(about.covariance[(0, 0)], (1.0 + 4.0 + 16.0) / 4.0);
    }
}
