//! Are samples copies of training rows, and are the samples of two models alike?

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, MatRef, Par};

use crate::parallel;
use crate::text::statistics::median;

/// A sample is called a copy if its nearest training row is nearer than this share of the second nearest.
pub const COPY_RATIO: f64 = 1.0 / 3.0;

/// The most numbers that a thread holds for the distances of a block of samples.
const BLOCK_NUMBERS: usize = 1 << 20;
/// The most samples in a block.
const BLOCK_SAMPLES: usize = 128;

/// The two training rows that are nearest to a sample.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NearestRows {
    /// The index of the nearest row.
    pub row: usize,
    /// The distance to it.
    pub distance: f64,
    /// The distance to the second nearest row; infinite if there is one row only.
    pub second_distance: f64,
}

impl NearestRows {
    /// The ratio of both distances, from 0 to 1. It is 1 where both are 0, in a training set that has a row twice.
    pub fn ratio(&self) -> f64 {
        if self.second_distance == 0.0 {
            return 1.0;
        }
        self.distance / self.second_distance
    }

    /// Whether the sample is a copy: the ratio is below [`COPY_RATIO`].
    pub fn is_copy(&self) -> bool {
        self.ratio() < COPY_RATIO
    }
}

/// The nearest training rows `[N, d]` of each sample `[n, d]`, of the order of N d for each.
///
/// They are found by `|y|^2 - 2 x'y`, in blocks; the distances to them are then computed without cancellation.
///
/// # Panics
/// If there are no training rows, or their dimension is another one.
pub fn nearest_rows(samples: MatRef<'_, f64>, training: MatRef<'_, f64>) -> Vec<NearestRows> {
    assert!(training.nrows() > 0, "at least one training row");
    assert_eq!(samples.ncols(), training.ncols(), "rows of one length");
    let (count, rows) = (samples.nrows(), training.nrows());
    let training = training.transpose().to_owned();
    let squares: Vec<f64> = training.col_iter().map(|y| y.squared_norm_l2()).collect();
    let block = (BLOCK_NUMBERS / rows).clamp(1, BLOCK_SAMPLES);
    let blocks = parallel::map(0..count.div_ceil(block), |index| {
        let first = index * block;
        let here = samples.subrows(first, block.min(count - first));
        let turned = here.transpose();
        let mut products = Mat::zeros(rows, here.nrows());
        let replace = Accum::Replace;
        matmul(
            &mut products,
            replace,
            training.transpose(),
            turned,
            -2.0,
            Par::Seq,
        );
        let nearest = |i: usize| {
            let apart = squares.iter().zip(products.col(i).iter());
            let two = two_smallest(apart.map(|(square, product)| square + product));
            let distance = |row: usize| (turned.col(i) - training.col(row)).norm_l2();
            let mut found: Vec<(f64, usize)> = two.map(|row| (distance(row), row)).collect();
            found.sort_unstable_by(|a, b| a.0.total_cmp(&b.0));
            NearestRows {
                row: found[0].1,
                distance: found[0].0,
                second_distance: found.get(1).map_or(f64::INFINITY, |second| second.0),
            }
        };
        (0..here.nrows()).map(nearest).collect::<Vec<_>>()
    });
    blocks.into_iter().flatten().collect()
}

/// Where the smallest and the second smallest of some values are.
fn two_smallest(values: impl Iterator<Item = f64>) -> impl Iterator<Item = usize> {
    let (mut first, mut second) = ((f64::INFINITY, None), (f64::INFINITY, None));
    for (index, value) in values.enumerate() {
        let here = (value, Some(index));
        if first.1.is_none() || value < first.0 {
            (first, second) = (here, first);
        } else if second.1.is_none() || value < second.0 {
            second = here;
        }
    }
    [first.1, second.1].into_iter().flatten()
}

/// The typical distance from a row to its nearest other row `[N, d]`: the median over the first `most` of them. Infinite
/// for one row.
///
/// # Panics
/// If there are no rows.
pub fn typical_distance_among(rows: MatRef<'_, f64>, most: usize) -> f64 {
    let first = rows.subrows(0, most.min(rows.nrows()));
    // A row's nearest is itself or its copy, at distance 0.
    let nearest = nearest_rows(first, rows);
    median(nearest.iter().map(|nearest| nearest.second_distance))
}

/// The typical distance from a row of `fresh` `[n, d]` to its nearest training row `[N, d]`: the median over them. In
/// units of it a sample that is as far from the training rows as a fresh row has the distance 1, and a copy 0.
///
/// # Panics
/// If there are no training rows, or the lengths of rows differ.
pub fn typical_distance(fresh: MatRef<'_, f64>, training: MatRef<'_, f64>) -> f64 {
    let nearest = nearest_rows(fresh, training);
    median(nearest.iter().map(|nearest| nearest.distance))
}

/// The share of samples that are [copies](NearestRows::is_copy), from 0 to 1.
pub fn share_of_copies(nearest: &[NearestRows]) -> f64 {
    let copies = nearest.iter().filter(|nearest| nearest.is_copy()).count();
    copies as f64 / nearest.len() as f64
}

/// The overlap of the samples x and y `[n, d]` that two models made from the same noise (rows of one index belong
/// together), about their own means:
///
/// ```text
/// sum x'y / sqrt(sum x'x sum y'y)
/// ```
///
/// It is 1 where both models generate the same, and about 0 where they have nothing in common. Of two linear models with
/// the ideal sampler it is `tr Sigma_A^(1/2) Sigma_B^(1/2) / sqrt(tr Sigma_A tr Sigma_B)` for many samples; see
/// [`Ensemble::overlap`](crate::theory::Ensemble::overlap) for its mean.
///
/// # Panics
/// If the shapes differ.
pub fn overlap(first: MatRef<'_, f64>, second: MatRef<'_, f64>) -> f64 {
    assert_eq!(first.shape(), second.shape(), "samples of the same noise");
    let [mut products, mut squares, mut other_squares] = [0.0; 3];
    for (x, y) in first.col_iter().zip(second.col_iter()) {
        let count = x.nrows() as f64;
        let (mean, other_mean) = (x.sum() / count, y.sum() / count);
        for (x, y) in x.iter().zip(y.iter()) {
            let (x, y) = (x - mean, y - other_mean);
            products += x * y;
            squares += x * x;
            other_squares += y * y;
        }
    }
    products / (squares * other_squares).sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, fill_normal, stream};

    fn normals(count: usize, dim: usize, seed: u64) -> Mat<f64> {
        let mut values = vec![0.0; count * dim];
        fill_normal(&mut stream(seed, Purpose::Data, 0), &mut values);
        Mat::from_fn(count, dim, |i, j| values[i * dim + j])
    }

    #[test]
    fn the_two_nearest_rows_are_found_whatever_their_order() {
        for rows in [[0.0, 3.0, 10.0], [10.0, 3.0, 0.0], [3.0, 10.0, 0.0]] {
            let training = MatRef::from_column_major_slice(&rows, 3, 1);
            let found = nearest_rows(Mat::full(1, 1, 1.0).as_ref(), training);
            let nearest = rows.iter().position(|row| *row == 0.0).unwrap();
            let expected = NearestRows {
                row: nearest,
                distance: 1.0,
                second_distance: 2.0,
            };
            assert_eq!(found, [expected]);
        }
    }

    #[test]
    fn nearest_rows_in_blocks_are_those_of_all_distances() {
        let (samples, training) = (normals(300, 3, 1), normals(57, 3, 2));
        let found = nearest_rows(samples.as_ref(), training.as_ref());
        for (i, found) in found.iter().enumerate() {
            let distance = |n: usize| (samples.row(i) - training.row(n)).norm_l2();
            let mut distances: Vec<f64> = (0..57).map(distance).collect();
            assert_eq!(found.distance, distance(found.row));
            distances.sort_by(f64::total_cmp);
            assert!((found.distance - distances[0]).abs() < 1e-14);
            assert!((found.second_distance - distances[1]).abs() < 1e-14);
        }
    }

    #[test]
    fn copies_are_counted_and_new_rows_are_not() {
        let training = normals(50, 20, 3);
        let near = &training + 1e-6 * normals(50, 20, 4);
        let share = |samples: &Mat<f64>| {
            let nearest = nearest_rows(samples.as_ref(), training.as_ref());
            share_of_copies(&nearest)
        };
        assert_eq!(share(&near), 1.0);
        assert_eq!(share(&normals(50, 20, 5)), 0.0);
    }

    #[test]
    fn a_row_that_occurs_twice_or_alone_has_a_ratio() {
        let one = Mat::full(1, 2, 1.0);
        let alone = nearest_rows(Mat::full(1, 2, 1.5).as_ref(), one.as_ref());
        assert_eq!((alone[0].ratio(), alone[0].is_copy()), (0.0, true));
        let twice = nearest_rows(one.as_ref(), Mat::full(2, 2, 1.0).as_ref());
        assert_eq!((twice[0].ratio(), twice[0].is_copy()), (1.0, false));
    }

    #[test]
    fn typical_distances_are_medians_of_nearest_distances() {
        let training = Mat::from_fn(3, 1, |i, _| [0.0, 1.0, 10.0][i]);
        let fresh = Mat::from_fn(3, 1, |i, _| [0.25, 4.0, 100.0][i]);
        assert_eq!(typical_distance(fresh.as_ref(), training.as_ref()), 3.0);
        assert_eq!(typical_distance_among(training.as_ref(), 9), 1.0);
        assert_eq!(typical_distance_among(training.subrows(1, 2), 1), 9.0);
        // Rows that occur twice are at distance 0 from each other.
        let twice = Mat::from_fn(4, 1, |i, _| (i / 2) as f64);
        assert_eq!(typical_distance_among(twice.as_ref(), 4), 0.0);
    }

    #[test]
    fn the_overlap_is_the_correlation_about_both_means() {
        let (x, y) = (normals(20_000, 2, 6), normals(20_000, 2, 7));
        let moved = Mat::from_fn(20_000, 2, |i, j| 3.0 - 2.0 * x[(i, j)]);
        assert!((overlap(x.as_ref(), x.as_ref()) - 1.0).abs() < 1e-14);
        assert!((overlap(x.as_ref(), moved.as_ref()) + 1.0).abs() < 1e-14);
        // Four deviations of 1/sqrt(n d).
        assert!(overlap(x.as_ref(), y.as_ref()).abs() < 0.02);
        let mixed = 0.6 * &x + 0.8 * &y;
        assert!((overlap(x.as_ref(), mixed.as_ref()) - 0.6).abs() < 0.02);
    }
}
