//! Vectors of one dimension.

use faer::MatRef;

/// `count` vectors of dimension `dim`, one after the other.
#[derive(Debug, Clone, PartialEq)]
pub struct Rows {
    values: Vec<f64>,
    dim: usize,
}

impl Rows {
    /// # Panics
    /// If the number of values is no multiple of `dim`, or `dim` is 0.
    pub fn new(values: Vec<f64>, dim: usize) -> Self {
        assert!(
            dim > 0 && values.len().is_multiple_of(dim),
            "{} values in rows of {dim}",
            values.len()
        );
        Self { values, dim }
    }

    pub fn count(&self) -> usize {
        self.values.len() / self.dim
    }

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

    pub fn row(&self, index: usize) -> &[f64] {
        &self.values[index * self.dim..(index + 1) * self.dim]
    }

    /// The rows as a matrix `[count, dim]`.
    pub fn as_matrix(&self) -> MatRef<'_, f64> {
        MatRef::from_row_major_slice(&self.values, self.count(), self.dim)
    }

    /// Those of `indices`, in that order.
    pub fn select(&self, indices: &[usize]) -> Self {
        let rows = indices.iter().flat_map(|&i| self.row(i));
        Self::new(rows.copied().collect(), self.dim)
    }
}
