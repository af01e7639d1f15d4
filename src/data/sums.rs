//! The moments of rows: of rows in memory, of rows that were read, of some of them.

use std::ops::Range;

use super::{ReadRows, Rows, Values};
use crate::gaussian::{MomentSums, Moments};

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
        let dim = rows.dim();
        let block = |range: Range<usize>| &rows.values()[range.start * dim..range.end * dim];
        Self::of_doubles(rows.count(), dim, &block)
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
                Self::of_bytes(count, dim, &|i| &bytes[chosen(i) * dim..][..dim])
            }
            Values::Doubles(_) => {
                let block = |range: Range<usize>| {
                    let indices: Vec<usize> = range.map(chosen).collect();
                    rows.select(&indices).into_values()
                };
                Self::of_doubles(count, dim, &block)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use approx::assert_relative_eq;
    use faer::Col;
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
    fn shards_change_nothing_beyond_rounding() {
        let (count, dim) = (5000, 6);
        let bytes = bytes(count, dim, 3);
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
