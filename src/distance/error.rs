//! Why there is no distance.

use crate::data::DataError;
use crate::gaussian::EigenError;
use crate::memory::OutOfMemory;

/// The least number of rows for a distance in `dim` dimensions: `1.25 d + 2`, and 10. So when any fifth is left
/// out, more rows than dimensions remain.
pub fn rows_needed(dim: usize) -> usize {
    const LEAST: usize = 10;
    (dim + dim.div_ceil(4) + 2).max(LEAST)
}

/// Why there is no distance. A, B are the names of the sets of features.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum DistanceError {
    #[error(
        "{a} has {a_columns} columns and {b} has {b_columns}: features of both must be the same"
    )]
    Columns {
        a: String,
        a_columns: usize,
        b: String,
        b_columns: usize,
    },
    #[error(
        "{name} has {rows} rows: in {dim} dimensions a distance without bias needs at least {needed} (1.25 d + 2, and 10). \
         With fewer the plain distance is mostly bias: give more rows or fewer features"
    )]
    FewRows {
        name: String,
        rows: usize,
        dim: usize,
        needed: usize,
    },
    #[error(
        "{name}: without its largest fifth of groups {rows} rows are left, and {needed} are needed in {dim} dimensions: \
         give more groups, of fewer rows each"
    )]
    FewRowsWithoutGroups {
        name: String,
        rows: usize,
        dim: usize,
        needed: usize,
    },
    #[error("{name}: {groups} groups for {rows} rows: each row needs one")]
    Groups {
        name: String,
        groups: usize,
        rows: usize,
    },
    #[error(
        "{name}: the rows are of {groups} groups: at least 5 are needed, to be left out in turn"
    )]
    FewGroups { name: String, groups: usize },
    #[error("{name}: row {row}, column {column} is {value}: all numbers must be finite")]
    NotFinite {
        name: String,
        row: usize,
        column: usize,
        value: f64,
    },
    #[error("{name}: {what} {problem}")]
    Statistics {
        name: String,
        what: &'static str,
        problem: String,
    },
    #[error("{a} and {b} do not vary: no column of either has two values")]
    Constant { a: String, b: String },
    #[error("the squares of these features are beyond what a double holds: scale both alike")]
    Overflow,
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    #[error(transparent)]
    Eigen(#[from] EigenError),
}

impl DistanceError {
    /// Whether the cause is the input, not the computation.
    pub fn is_input(&self) -> bool {
        !matches!(self, Self::Eigen(_))
    }
}
