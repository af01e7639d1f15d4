//! Numbers as they were read, and rows of them.

use std::borrow::Cow;
use std::ops::Range;

use super::{DataError, Rows};

/// Numbers, one after another. Bytes stay bytes: they take an eighth of the memory, and sums of their products are
/// exact.
#[derive(Debug, Clone, PartialEq)]
pub enum Values {
    /// Unsigned bytes.
    Bytes(Vec<u8>),
    /// Doubles.
    Doubles(Vec<f64>),
}

impl Values {
    /// The number of numbers.
    pub fn len(&self) -> usize {
        match self {
            Values::Bytes(bytes) => bytes.len(),
            Values::Doubles(doubles) => doubles.len(),
        }
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The number at an index.
    pub fn get(&self, index: usize) -> f64 {
        match self {
            Values::Bytes(bytes) => bytes[index].into(),
            Values::Doubles(doubles) => doubles[index],
        }
    }

    /// Some of the numbers.
    pub fn slice(&self, range: Range<usize>) -> Cow<'_, [f64]> {
        match self {
            Values::Bytes(bytes) => bytes[range].iter().map(|&b| f64::from(b)).collect(),
            Values::Doubles(doubles) => Cow::Borrowed(&doubles[range]),
        }
    }

    /// The numbers at some indices.
    pub fn at(&self, indices: impl Iterator<Item = usize>) -> Self {
        match self {
            Values::Bytes(bytes) => Values::Bytes(indices.map(|i| bytes[i]).collect()),
            Values::Doubles(doubles) => Values::Doubles(indices.map(|i| doubles[i]).collect()),
        }
    }

    /// All numbers as doubles.
    pub fn into_doubles(self) -> Vec<f64> {
        match self {
            Values::Bytes(bytes) => bytes.into_iter().map(f64::from).collect(),
            Values::Doubles(doubles) => doubles,
        }
    }

    /// These numbers, followed by others.
    pub fn followed_by(self, others: Self) -> Self {
        match (self, others) {
            (Values::Bytes(mut bytes), Values::Bytes(others)) => {
                bytes.extend(others);
                Values::Bytes(bytes)
            }
            (these, others) => {
                let mut doubles = these.into_doubles();
                doubles.extend(others.into_doubles());
                Values::Doubles(doubles)
            }
        }
    }
}

/// Rows as they stand in a file or in memory: `count` vectors of dimension `dim`, bytes where the file has bytes.
#[derive(Debug, Clone, PartialEq)]
pub struct ReadRows {
    values: Values,
    dim: usize,
}

impl ReadRows {
    /// Takes the numbers row by row.
    ///
    /// # Panics
    /// If the number of values is not a multiple of `dim`, or `dim` is 0.
    pub fn new(values: Values, dim: usize) -> Self {
        assert!(
            dim > 0 && values.len().is_multiple_of(dim),
            "{} values in rows of {dim}",
            values.len()
        );
        Self { values, dim }
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
    pub fn values(&self) -> &Values {
        &self.values
    }

    /// One row as doubles.
    pub fn row(&self, index: usize) -> Cow<'_, [f64]> {
        self.values.slice(index * self.dim..(index + 1) * self.dim)
    }

    /// The rows at `indices`, in that order, as doubles.
    pub fn select(&self, indices: &[usize]) -> Rows {
        let mut values = Vec::with_capacity(indices.len() * self.dim);
        indices
            .iter()
            .for_each(|&i| values.extend_from_slice(&self.row(i)));
        Rows::new(values, self.dim)
    }

    /// Consecutive rows, as doubles.
    pub fn part(&self, range: Range<usize>) -> Rows {
        let values = self
            .values
            .slice(range.start * self.dim..range.end * self.dim);
        Rows::new(values.into_owned(), self.dim)
    }

    /// # Errors
    /// A number that is not finite, with its place.
    pub fn check_finite(&self) -> Result<(), DataError> {
        let Values::Doubles(doubles) = &self.values else {
            return Ok(());
        };
        match doubles.iter().position(|x| !x.is_finite()) {
            None => Ok(()),
            Some(place) => Err(DataError::NotFinite {
                row: place / self.dim,
                column: place % self.dim,
                value: doubles[place],
            }),
        }
    }
}

/// Rows in memory, without a copy.
impl From<Rows> for ReadRows {
    fn from(rows: Rows) -> Self {
        let dim = rows.dim();
        Self::new(Values::Doubles(rows.into_values()), dim)
    }
}
