//! A file of a covariance.

use std::path::Path;

use faer::MatRef;

use super::DataError;
use super::formats::{Choice, Content, read};
use crate::gaussian::{Covariance, GivenCovariance};

/// Reads a covariance `[d, d]` from any file that rows can be read from, such as an `.npy`. Its name is that of the
/// file.
///
/// # Errors
/// Anything wrong with the file; a matrix that is not square, not symmetric, not finite, or has negative eigenvalues.
pub fn read_covariance(path: &Path) -> Result<Covariance, DataError> {
    let (values, columns) = match read(path, Choice::default())? {
        Content::Array(array) => (array.values.into_doubles(), array.columns),
        Content::Cells(cells) => (cells.values, cells.columns),
    };
    let matrix = MatRef::from_row_major_slice(&values, values.len() / columns, columns);
    let name = path.file_name().unwrap_or(path.as_os_str());
    GivenCovariance::new(name.to_string_lossy(), matrix)
        .map(Covariance::Given)
        .map_err(|error| DataError::content(path, error.to_string()))
}
