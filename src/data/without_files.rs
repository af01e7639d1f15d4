//! A build without the feature `files` has no readers: sources that are files are refused.

use std::path::{Path, PathBuf};

use super::{DataError, Table};
use crate::config::{RealData, RowsOrigin};
use crate::gaussian::Spectrum;

fn refused(path: PathBuf) -> DataError {
    DataError::WithoutReaders { path }
}

/// # Errors
/// Always.
pub fn read_rows(real: &RealData) -> Result<Table, DataError> {
    Err(refused(match &real.origin {
        RowsOrigin::Digits => "digits".into(),
        RowsOrigin::File { path, .. } => path.clone(),
    }))
}

/// # Errors
/// Always.
pub(super) fn read_eigenvalues(path: &Path) -> Result<(Spectrum, Vec<String>), DataError> {
    Err(refused(path.to_owned()))
}
