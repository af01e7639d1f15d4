//! Numbers in rows, from the shape of an array.

use super::FormatError;
use crate::data::Values;

/// Numbers in rows, before columns are chosen. Some may not be finite.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// The numbers `[rows, columns]`, row-major.
    pub values: Values,
    /// The number of columns.
    pub columns: usize,
    /// Height and width, if a row is an image.
    pub image: Option<(usize, usize)>,
    /// The lengths of the axes that the file has. The first counts the rows.
    pub axes: Vec<usize>,
    /// Notes on how it was read.
    pub notes: Vec<String>,
}

/// The checked shape of an array: one axis or more, none of them empty, and a number of bytes that fits into a word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Shape {
    pub(super) axes: Vec<usize>,
    /// The bytes of all items.
    pub(super) bytes: usize,
}

impl Shape {
    /// Checks the `axes` of an array of items of `item` bytes. Nothing is allocated by what a header says: the caller
    /// compares the bytes with those that are there.
    pub(super) fn new(axes: Vec<u64>, item: usize) -> Result<Self, FormatError> {
        let problem = match axes.as_slice() {
            [] => Some("is a single number: rows and columns are needed"),
            axes if axes.contains(&0) => Some("holds no numbers"),
            _ => None,
        };
        if let Some(problem) = problem {
            let shape = axes;
            return Err(FormatError::Shape { shape, problem });
        }
        let bytes = axes
            .iter()
            .try_fold(item as u64, |all, &n| all.checked_mul(n))
            .filter(|&bytes| bytes < isize::MAX as u64);
        match bytes {
            Some(bytes) => Ok(Self {
                axes: axes.into_iter().map(|n| n as usize).collect(),
                bytes: bytes as usize,
            }),
            None => Err(FormatError::Shape {
                shape: axes,
                problem: "is more than any memory holds",
            }),
        }
    }

    /// The items as rows, in row-major order. The first axis counts the rows, and the others are flattened. If, apart
    /// from axes of length one, there are two others, they are the height and width of an image.
    pub(super) fn rows(&self, values: Values) -> Array {
        let long: Vec<usize> = self.axes[1..].iter().copied().filter(|&n| n > 1).collect();
        let image = match (self.axes.len(), long.as_slice()) {
            (2, _) => None,
            (3, _) => Some((self.axes[1], self.axes[2])),
            (_, &[height, width]) => Some((height, width)),
            _ => None,
        };
        Array {
            values,
            columns: self.axes[1..].iter().product(),
            image,
            axes: self.axes.clone(),
            notes: Vec::new(),
        }
    }
}
