//! The rows of a forecast, in the coordinates of the training, and the parts of them that are left out.

use faer::Mat;
use rand::seq::SliceRandom;

use super::{ForecastError, LEAST_ROWS, Settings};
use crate::config::Scale;
use crate::data::{Dimensions, Principal, ReadRows, Rows, Units, Varying, mean};
use crate::gaussian::{Covariance, CovarianceError};
use crate::memory::{self, OutOfMemory, bytes};
use crate::random::{Purpose, stream};

/// Rows without constant columns, about their mean, in their order. With [`Scale::Trace`] their covariance (1/N) has
/// the trace d, as in training.
pub(super) struct ForecastRows {
    pub rows: Rows,
    pub dimensions: Dimensions,
    varying: Varying,
    /// The kept directions, if not all are.
    directions: Option<Mat<f64>>,
    /// The factor of all numbers.
    factor: f64,
}

impl ForecastRows {
    /// The rows of a forecast from rows that were read, in their own columns or in the kept directions.
    ///
    /// # Errors
    /// Fewer than [`LEAST_ROWS`] rows, rows that are all equal, and more memory than there is.
    pub fn new(read: &ReadRows, settings: &Settings) -> Result<Self, ForecastError> {
        if read.count() < LEAST_ROWS {
            let rows = read.count();
            return Err(ForecastError::FewRows { rows });
        }
        let varying = Varying::of(read)?;
        let read = varying.chosen(read);
        check_memory(&read)?;
        let mean = mean(&read);
        let directions = kept_directions(&read, settings.min_variance)?;
        let mut values = Vec::with_capacity(read.count() * read.dim());
        for i in 0..read.count() {
            let row = read.row(i);
            values.extend(row.iter().enumerate().map(|(j, x)| x - mean[j]));
        }
        let mut rows = Rows::new(values, read.dim());
        if let Some(directions) = &directions {
            rows = Rows::from((rows.as_matrix() * directions).as_ref());
        }
        let mut factor = 1.0;
        if settings.scale == Scale::Trace {
            let squares: f64 = rows.values().iter().map(|x| x * x).sum();
            factor = (rows.dim() as f64 * rows.count() as f64 / squares).sqrt();
            rows.scale(factor);
        }
        let dimensions = Dimensions {
            dim: rows.dim(),
            dropped: read.dim() - rows.dim(),
            constant: varying.constant(),
        };
        Ok(Self {
            dimensions,
            rows,
            varying,
            directions,
            factor,
        })
    }

    /// The given covariances, which are in the units and columns that were read, in those of the forecast; the others
    /// as they are.
    ///
    /// # Errors
    /// A covariance of another size than the rows that were read.
    pub fn covariances(
        &self,
        covariances: &[Covariance],
        units: &Units,
    ) -> Result<Vec<Covariance>, CovarianceError> {
        let is_given = |c: &Covariance| matches!(c, Covariance::Given(_));
        if !covariances.iter().any(is_given) {
            return Ok(covariances.to_vec());
        }
        let kept = self.varying.dim();
        let directions = match &self.directions {
            Some(directions) => self.varying.directions(directions.as_ref()),
            None => self.varying.directions(Mat::identity(kept, kept).as_ref()),
        };
        let map = Mat::from_fn(directions.nrows(), directions.ncols(), |i, j| {
            self.factor * units.of(i).unit * directions[(i, j)]
        });
        let in_these = |covariance: &Covariance| match covariance {
            Covariance::Given(given) if given.dim() != map.nrows() => Err(CovarianceError::Size {
                size: given.dim(),
                dim: map.nrows(),
            }),
            Covariance::Given(given) => Ok(Covariance::Given(given.mapped(map.as_ref())?)),
            other => Ok(other.clone()),
        };
        covariances.iter().map(in_these).collect()
    }
}

/// The parts of the rows that are left out one after another, at random. Rows of one group are in one part.
pub(super) struct Parts {
    /// The part of each row.
    of_row: Vec<usize>,
    /// The number of parts.
    pub count: usize,
}

impl Parts {
    /// `most` parts of about equally many groups, or as many as there are groups. Without groups each row is one.
    ///
    /// # Errors
    /// Another number of groups than of rows; rows of one group.
    pub fn new(
        rows: usize,
        groups: Option<&[usize]>,
        most: usize,
        seed: u64,
    ) -> Result<Self, ForecastError> {
        if let Some(groups) = groups.filter(|groups| groups.len() != rows) {
            return Err(ForecastError::Groups {
                groups: groups.len(),
                rows,
            });
        }
        let group_of = |row: usize| groups.map_or(row, |groups| groups[row]);
        let groups = (0..rows).map(group_of).max().map_or(0, |last| last + 1);
        let count = most.min(groups);
        if count < 2 {
            return Err(ForecastError::OneGroup);
        }
        let mut part: Vec<usize> = (0..groups).map(|group| group * count / groups).collect();
        part.shuffle(&mut stream(seed, Purpose::Split, 0));
        Ok(Self {
            of_row: (0..rows).map(|row| part[group_of(row)]).collect(),
            count,
        })
    }

    /// The rows of one part.
    pub fn rows_of(&self, part: usize) -> Vec<usize> {
        self.where_part(|of| of == part)
    }

    /// All rows except those of one part.
    pub fn without(&self, part: usize) -> Vec<usize> {
        self.where_part(|of| of != part)
    }

    fn where_part(&self, is_wanted: impl Fn(usize) -> bool) -> Vec<usize> {
        let rows = self.of_row.iter().enumerate();
        rows.filter(|(_, of)| is_wanted(**of))
            .map(|(row, _)| row)
            .collect()
    }
}

/// The kept directions, if others also have variance. Directions without variance in these rows still count as
/// dimensions, because other rows may vary there.
fn kept_directions(rows: &ReadRows, min_variance: f64) -> Result<Option<Mat<f64>>, ForecastError> {
    /// The default. Below it there is only rounding.
    const NONE: f64 = 1e-12;
    if min_variance <= NONE {
        return Ok(None);
    }
    let principal = Principal::of(rows)?;
    let kept = principal.kept(min_variance)?;
    Ok((kept < principal.rank()).then(|| principal.leading(kept)))
}

/// The memory for the rows, their left singular vectors and those of a part, and for their covariance or their inner
/// products, whichever is smaller.
fn check_memory(rows: &ReadRows) -> Result<(), OutOfMemory> {
    /// Rows that were read and scaled, and those of the forecast.
    const COPIES: usize = 3;
    /// The covariance, its eigenvectors, and what the decomposition needs.
    const MATRICES: usize = 8;
    let (count, dim) = (rows.count(), rows.dim());
    let side = count.min(dim);
    let needed = bytes([8, COPIES, count, dim])
        .saturating_add(bytes([8, 3, count, side]))
        .saturating_add(bytes([8, MATRICES, side, side]));
    memory::check(
        needed,
        &format!("a forecast from {count} rows in {dim} dimensions"),
        || {
            "choose fewer columns (data.columns), pool images (data.pool = 2), or give fewer rows"
                .to_owned()
        },
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_are_about_equal_and_hold_whole_groups() {
        let parts = Parts::new(1003, None, 10, 1).unwrap();
        let sizes: Vec<usize> = (0..10)
            .map(|part| 1003 - parts.without(part).len())
            .collect();
        assert!(
            sizes.iter().all(|size| [100, 101].contains(size)),
            "{sizes:?}"
        );
        let groups: Vec<usize> = (0..1003).map(|row| row % 37).collect();
        let parts = Parts::new(1003, Some(&groups), 10, 1).unwrap();
        for part in 0..10 {
            let others = parts.without(part);
            for group in 0..37 {
                let left = others.iter().filter(|&&row| row % 37 == group).count();
                let size = (0..1003).filter(|row| row % 37 == group).count();
                assert!(left == 0 || left == size);
            }
        }
        assert_eq!(
            Parts::new(40, Some(&[[0; 20], [1; 20]].concat()), 10, 1)
                .unwrap()
                .count,
            2
        );
        for wrong in [vec![0; 40], vec![0; 39]] {
            assert!(Parts::new(40, Some(&wrong), 10, 1).is_err());
        }
    }
}
