//! Vectors of one dimension.

use faer::{Mat, MatRef};

/// `count` vectors of dimension `dim`, as numbers in memory.
///
/// ```
/// use faer::mat;
/// use lindiff::data::Rows;
///
/// let matrix = mat![[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]];
/// let rows = Rows::from(&matrix);
/// assert_eq!((rows.count(), rows.dim()), (2, 3));
/// assert_eq!(rows, Rows::from_slice(3, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]));
/// assert_eq!(rows.as_matrix(), matrix);
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    values: Vec<f64>,
    dim: usize,
}

impl Rows {
    /// Takes the numbers row by row.
    ///
    /// # Panics
    /// If the number of values is not a multiple of `dim`, or `dim` is 0.
    pub fn new(values: Vec<f64>, dim: usize) -> Self {
        assert!(
            dim > 0 && values.len().is_multiple_of(dim),
            "{} values in rows of {dim}",
            values.len()
        );
        Self { values, dim }
    }

    /// Copies the numbers of a slice, row by row.
    ///
    /// # Panics
    /// See [`Rows::new`].
    pub fn from_slice(dim: usize, values: &[f64]) -> Self {
        Self::new(values.to_vec(), dim)
    }

    /// The number of rows.
    pub fn count(&self) -> usize {
        self.values.len() / self.dim
    }

    /// The dimension of a row.
    pub fn dim(&self) -> usize {
        self.dim
    }

    /// All numbers, row by row.
    pub fn values(&self) -> &[f64] {
        &self.values
    }

    pub(super) fn into_values(self) -> Vec<f64> {
        self.values
    }

    /// One row.
    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.dim..(index + 1) * self.dim]
    }

    /// The rows as a matrix `[count, dim]`.
    pub fn as_matrix(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.count(), self.dim)
    }

    /// Multiplies every number.
    pub(crate) fn scale(&mut self, factor: f64) {
        self.values.iter_mut().for_each(|x| *x *= factor);
    }

    /// The rows at `indices`, in that order.
    pub fn select(&self, indices: &[usize]) -> Self {
        let rows = indices.iter().flat_map(|&i| self.row(i));
        Self::new(rows.copied().collect(), self.dim)
    }
}

/// The rows of a matrix `[count, dim]`.
///
/// # Panics
/// If it has no columns.
impl From<MatRef<'_, f64>> for Rows {
    fn from(matrix: MatRef<'_, f64>) -> Self {
        let rows = matrix.row_iter().flat_map(|row| row.iter().copied());
        Self::new(rows.collect(), matrix.ncols())
    }
}

/// The rows of a matrix, see [`Rows::from<MatRef>`](#impl-From<MatRef<'_,+f64>>-for-Rows).
impl From<&Mat<f64>> for Rows {
    fn from(matrix: &Mat<f64>) -> Self {
        matrix.as_ref().into()
    }
}
