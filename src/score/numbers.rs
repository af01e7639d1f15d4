//! The numbers of a tensor on the host.

use faer::Mat;

use crate::config::Precision;
use crate::text::statistics::worst;

/// The numbers of a tensor in row-major order, as little-endian bytes in the tensor's precision. This is exactly what
/// a checkpoint stores.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    precision: Precision,
    shape: Vec<usize>,
    bytes: Vec<u8>,
}

impl Numbers {
    /// Takes the bytes of the numbers. `None` if the shape needs another number of bytes.
    pub fn from_bytes(precision: Precision, shape: &[usize], bytes: Vec<u8>) -> Option<Self> {
        let count: usize = shape.iter().product();
        (bytes.len() == count * precision.bytes()).then(|| Self {
            precision,
            shape: shape.to_vec(),
            bytes,
        })
    }

    /// Rounds numbers to a precision.
    ///
    /// # Panics
    /// If the shape needs another number of values.
    pub fn rounded(
        precision: Precision,
        shape: &[usize],
        values: impl IntoIterator<Item = f64>,
    ) -> Self {
        let count: usize = shape.iter().product();
        let mut bytes = Vec::with_capacity(count * precision.bytes());
        for value in values {
            match precision {
                Precision::F32 => bytes.extend_from_slice(&(value as f32).to_le_bytes()),
                Precision::F64 => bytes.extend_from_slice(&value.to_le_bytes()),
            }
        }
        Self::from_bytes(precision, shape, bytes).expect("as many numbers as the shape says")
    }

    /// The precision.
    pub fn precision(&self) -> Precision {
        self.precision
    }

    /// The shape.
    pub fn shape(&self) -> &[usize] {
        &self.shape
    }

    /// The bytes of the numbers.
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The number of numbers.
    pub fn count(&self) -> usize {
        self.bytes.len() / self.precision.bytes()
    }

    /// The number of numbers for each index of the first dimension.
    fn stride(&self) -> usize {
        self.shape[1..].iter().product()
    }

    /// The numbers at some indices of the first dimension.
    pub fn at(&self, indices: std::ops::Range<usize>) -> Vec<f64> {
        let size = self.stride() * self.precision.bytes();
        let bytes = &self.bytes[indices.start * size..indices.end * size];
        match self.precision {
            Precision::F32 => {
                let numbers = bytes.as_chunks().0.iter();
                numbers.map(|b| f32::from_le_bytes(*b) as f64).collect()
            }
            Precision::F64 => {
                let numbers = bytes.as_chunks().0.iter();
                numbers.map(|b| f64::from_le_bytes(*b)).collect()
            }
        }
    }

    /// All numbers.
    pub fn all(&self) -> Vec<f64> {
        self.at(0..self.shape[0])
    }

    /// The largest difference from the numbers of a tensor of the same shape; NaN if one is NaN.
    pub fn differs(&self, other: &Self) -> f64 {
        let pairs = self.all().into_iter().zip(other.all());
        worst(std::iter::once(0.0).chain(pairs.map(|(a, b)| (a - b).abs())))
    }

    /// The matrix at an index of the first of three dimensions.
    pub fn matrix(&self, index: usize) -> Mat<f64> {
        let (rows, columns) = (self.shape[1], self.shape[2]);
        let size = self.stride() * self.precision.bytes();
        let bytes = &self.bytes[index * size..][..size];
        match self.precision {
            Precision::F32 => by_columns(bytes.as_chunks().0, rows, columns, |b| {
                f32::from_le_bytes(b) as f64
            }),
            Precision::F64 => by_columns(bytes.as_chunks().0, rows, columns, f64::from_le_bytes),
        }
    }

    /// The first index of the first dimension at which a number is not finite in the given precision.
    pub fn first_beyond(&self, precision: Precision) -> Option<usize> {
        let finite = |x: f64| match precision {
            Precision::F32 => (x as f32).is_finite(),
            Precision::F64 => x.is_finite(),
        };
        (0..self.shape[0]).find(|&i| !self.at(i..i + 1).into_iter().all(finite))
    }
}

/// A matrix from its numbers, read row by row and stored by columns, as products need it.
fn by_columns<B: Copy>(
    numbers: &[B],
    rows: usize,
    columns: usize,
    number: impl Fn(B) -> f64,
) -> Mat<f64> {
    /// The number of rows that are read together: as many numbers as are written side by side.
    const ROWS: usize = 8;
    let mut matrix = Mat::zeros(rows, columns);
    for (block, read) in numbers.chunks(ROWS * columns).enumerate() {
        for (j, column) in matrix.col_iter_mut().enumerate() {
            let column = column
                .try_as_col_major_mut()
                .expect("columns are contiguous");
            let written = column.as_slice_mut()[block * ROWS..].iter_mut();
            let read = read[j..].iter().step_by(columns);
            written.zip(read).for_each(|(x, b)| *x = number(*b));
        }
    }
    matrix
}
