//! The coordinates of the training, and the way back to the coordinates that were read.

use faer::{Col, ColRef, Mat, MatRef};

use super::{ReadRows, Rows, Units};
use crate::gaussian::{MomentSums, Moments};

/// Maps the coordinates of the training (dimension d) to those that were read (dimension D): `origin + basis x /
/// scale`, in the units that were read.
#[derive(Debug, Clone)]
pub struct Frame {
    /// The origin, `[D]`.
    pub origin: Col<f64>,
    /// The basis `[D, d]`, with orthonormal columns. In a run directory read back whose columns have their own units,
    /// each row is divided by its unit.
    pub basis: Mat<f64>,
    /// The factor from the read coordinates to those of the training.
    pub scale: f64,
    /// The units of the rows in memory, column by column.
    pub units: Units,
}

impl Frame {
    /// The frame of data that was not changed.
    pub fn identity(dim: usize) -> Self {
        Self {
            origin: Col::zeros(dim),
            basis: Mat::identity(dim, dim),
            scale: 1.0,
            units: Units::All(1.0),
        }
    }

    /// Rows that were read, in the coordinates of the training: `scale basis' (row - origin)`.
    pub fn trained_coordinates(&self, rows: &Rows) -> Rows {
        let dim = self.basis.ncols();
        let origin = self.along(self.origin.as_ref());
        let moved = if is_identity(self.basis.as_ref()) {
            rows.as_matrix().to_owned()
        } else {
            rows.as_matrix() * &self.basis
        };
        let values = (0..rows.count() * dim)
            .map(|k| self.scale * (moved[(k / dim, k % dim)] - origin[k % dim]));
        Rows::new(values.collect(), dim)
    }

    /// The moments of rows that were read, in the coordinates of the training: the mean as a row, the covariance as
    /// `scale^2 basis' C basis`.
    pub fn trained_moments(&self, read: &Moments) -> Moments {
        let moved = &read.mean - &self.origin;
        let covariance = if is_identity(self.basis.as_ref()) {
            read.covariance.clone()
        } else {
            let product = self.basis.transpose() * &read.covariance * &self.basis;
            crate::gaussian::symmetrised(product.as_ref())
        };
        Moments {
            mean: self.along(moved.as_ref()) * faer::Scale(self.scale),
            covariance: covariance * faer::Scale(self.scale * self.scale),
            count: read.count,
        }
    }

    /// The moments of some rows that were read, in the coordinates of the training. If there are many rows, their
    /// moments are rotated instead of the rows.
    pub(super) fn moments_of(&self, rows: &ReadRows, chosen: &[usize]) -> Moments {
        let few = chosen.len() < rows.dim() && !is_identity(self.basis.as_ref());
        if few {
            Moments::of(&self.trained_rows(rows, chosen))
        } else {
            self.trained_moments(&MomentSums::of_selected(rows, chosen).moments())
        }
    }

    /// Some rows that were read, in the coordinates of the training. They are made block by block, so that only few
    /// rows are doubles in all their columns at a time.
    pub(super) fn trained_rows(&self, rows: &ReadRows, chosen: &[usize]) -> Rows {
        const NUMBERS: usize = 1 << 22;
        let block = (NUMBERS / rows.dim()).max(1);
        let mut values = Vec::with_capacity(chosen.len() * self.basis.ncols());
        for part in chosen.chunks(block) {
            values.extend(self.trained_coordinates(&rows.select(part)).into_values());
        }
        Rows::new(values, self.basis.ncols())
    }

    /// `basis' x`
    fn along(&self, vector: ColRef<'_, f64>) -> Col<f64> {
        self.basis.transpose() * vector
    }

    /// Rows in the coordinates that were read.
    pub fn read_coordinates(&self, rows: &Rows) -> Rows {
        let read = rows.as_matrix() * self.basis.transpose();
        let dim = self.origin.nrows();
        let values = (0..rows.count()).flat_map(|i| {
            let read = &read;
            (0..dim).map(move |j| {
                self.units
                    .of(j)
                    .read(self.origin[j] + read[(i, j)] / self.scale)
            })
        });
        Rows::new(values.collect(), dim)
    }
}

/// Whether a matrix is the identity: products with it, however large, can be skipped.
pub(super) fn is_identity(matrix: MatRef<'_, f64>) -> bool {
    let (rows, columns) = matrix.shape();
    let is = |i, j| matrix[(i, j)] == if i == j { 1.0 } else { 0.0 };
    rows == columns && (0..columns).all(|j| (0..rows).all(|i| is(i, j)))
}
