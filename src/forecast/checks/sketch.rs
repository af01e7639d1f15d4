//! Rows in a few coordinates of about equal variance, in which rows that are alike stand out.

use faer::Mat;
use rand_distr::{Distribution, StandardNormal};

use super::units::Units;
use crate::random::{Purpose, stream};
use crate::text::statistics::median;
use crate::theory::LeaveOneOut;

/// The most coordinates. With more directions than these, random sums of all are taken.
const MOST: usize = 64;

/// N rows in p coordinates. With the left singular vectors U and the eigenvalues s of the rows' covariance,
///
/// ```text
/// y_ij = U_ij sqrt(s_j/(s_j + z)),   z = 0.3/r median_i ( N sum_j s_j (U_ij - median_i U_ij)^2 )
/// ```
///
/// Directions of variance above z, about a third of the mean variance of a typical row, count alike; those far below
/// count little. Without z, rows no more than dimensions would all be equally far from each other, copies too. A mean
/// instead of the medians would let one far row hide the others.
#[derive(Debug, Clone)]
pub(super) struct Sketch {
    values: Vec<f64>,
    width: usize,
}

impl Sketch {
    /// The sketch of rows.
    pub fn new(rows: &LeaveOneOut, seed: u64) -> Self {
        let weights = weights(rows);
        let rank = rows.rank();
        let directions = if rank <= MOST {
            Mat::from_fn(rank, rank, |j, k| if j == k { weights[j] } else { 0.0 })
        } else {
            let mut random = stream(seed, Purpose::Projections, 0);
            let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
            let share = (MOST as f64).sqrt().recip();
            Mat::from_fn(rank, MOST, |j, _| share * weights[j] * normal())
        };
        let turned = rows.left() * &directions;
        let width = turned.ncols();
        let values = (0..turned.nrows() * width).map(|k| turned[(k / width, k % width)]);
        Self {
            values: values.collect(),
            width,
        }
    }

    /// The number of rows.
    pub fn count(&self) -> usize {
        self.values.len() / self.width
    }

    /// The number of coordinates.
    pub fn width(&self) -> usize {
        self.width
    }

    /// The coordinates of a row.
    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.width..(index + 1) * self.width]
    }

    /// The mean of each unit, brought to length 1, so that a few rows far from the others do not decide.
    pub fn directions(&self, units: &Units) -> Self {
        let mut values = Vec::with_capacity(units.count() * self.width);
        for group in units.members() {
            let start = values.len();
            values.resize(start + self.width, 0.0);
            let mean = &mut values[start..];
            for &row in group {
                let pairs = mean.iter_mut().zip(self.row(row));
                pairs.for_each(|(sum, y)| *sum += y);
            }
            let length = mean.iter().map(|y| y * y).sum::<f64>().sqrt();
            if length > 0.0 {
                mean.iter_mut().for_each(|y| *y /= length);
            }
        }
        Self {
            values,
            width: self.width,
        }
    }
}

/// `sqrt(s_j/(s_j + z))`
fn weights(rows: &LeaveOneOut) -> Vec<f64> {
    /// z, as a share of the mean variance of a typical row.
    const SHARE: f64 = 0.3;
    let (left, eigenvalues) = (rows.left(), rows.eigenvalues());
    let mut lengths = vec![0.0; left.nrows()];
    for (column, s) in left.col_iter().zip(eigenvalues) {
        let middle = median(column.iter().copied());
        let pairs = lengths.iter_mut().zip(column.iter());
        pairs.for_each(|(length, u)| *length += (u - middle).powi(2) * s);
    }
    let z = SHARE * left.nrows() as f64 * median(lengths) / eigenvalues.len() as f64;
    eigenvalues.iter().map(|s| (s / (s + z)).sqrt()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rows;

    #[test]
    fn a_far_row_leaves_the_others_as_they_were() {
        let values: Vec<f64> = (0..120)
            .map(|i| f64::from(i * i % 31) / f64::from(i % 3 + 1))
            .collect();
        let with = |far: f64| {
            let mut values = values.clone();
            values[60] += far;
            let rows = Rows::new(values, 3);
            Sketch::new(&LeaveOneOut::new(rows.as_matrix()).unwrap(), 1)
        };
        let distance = |sketch: &Sketch| {
            let pairs = sketch.row(4).iter().zip(sketch.row(7));
            pairs.map(|(x, y)| (x - y).powi(2)).sum::<f64>().sqrt()
        };
        let (near, far) = (distance(&with(0.0)), distance(&with(1e6)));
        // The direction of the far row no longer tells the others apart; two of three are left.
        assert!(far > near / 3.0 && far < 1.5 * near, "{near} {far}");
    }

    #[test]
    fn many_directions_are_summed_at_random_and_distances_stay() {
        let rows = Rows::new(
            (0..90 * 300).map(|i| f64::from(i * i % 1013)).collect(),
            300,
        );
        let rows = LeaveOneOut::new(rows.as_matrix()).unwrap();
        let (sketch, weights) = (Sketch::new(&rows, 1), weights(&rows));
        assert_eq!((sketch.count(), sketch.width()), (90, MOST));
        let mut ratios = Vec::new();
        for i in 1..90 {
            let exact = (0..rows.rank())
                .map(|j| ((rows.left()[(i, j)] - rows.left()[(0, j)]) * weights[j]).powi(2));
            let pairs = sketch.row(i).iter().zip(sketch.row(0));
            let found: f64 = pairs.map(|(x, y)| (x - y).powi(2)).sum();
            ratios.push(found / exact.sum::<f64>());
        }
        let mean = ratios.iter().sum::<f64>() / 89.0;
        assert!((mean - 1.0).abs() < 0.15, "{mean}");
        assert!(ratios.iter().all(|ratio| (0.4..2.0).contains(ratio)));
    }
}
