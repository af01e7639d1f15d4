//! Why draws cannot be measured, and the checks behind it.

use faer::MatRef;

use crate::gaussian::EigenError;

/// Why draws cannot be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum DrawsError {
    #[error("{what} has the shape [{rows}, {columns}], not [{wanted_rows}, {wanted_columns}]")]
    Shape {
        what: &'static str,
        rows: usize,
        columns: usize,
        wanted_rows: usize,
        wanted_columns: usize,
    },
    #[error(
        "{draws} draws are too few for the affine part of a map in {dim} dimensions: at least {needed} are needed"
    )]
    TooFew {
        draws: usize,
        dim: usize,
        needed: usize,
    },
    #[error(
        "draw {draw} comes from clean row {row}, but there are {rows} clean rows (the first is row 0)"
    )]
    Row {
        draw: usize,
        row: usize,
        rows: usize,
    },
    #[error("{what} of draw {draw} is not finite")]
    NotFinite { what: &'static str, draw: usize },
    #[error("the draws vary too little in some direction: the affine part is not determined")]
    Singular,
    #[error(transparent)]
    Eigen(#[from] EigenError),
}

/// The fewest draws for an affine part in `dim` dimensions: `2 d + 2`, two for each number of a row of `(A, b)`.
pub(super) fn check_count(draws: usize, dim: usize) -> Result<(), DrawsError> {
    let needed = 2 * dim + 2;
    if draws < needed {
        return Err(DrawsError::TooFew { draws, dim, needed });
    }
    Ok(())
}

pub(super) fn check_shape<T>(
    what: &'static str,
    matrix: MatRef<'_, T>,
    wanted_rows: usize,
    wanted_columns: usize,
) -> Result<(), DrawsError> {
    let (rows, columns) = matrix.shape();
    if (rows, columns) == (wanted_rows, wanted_columns) {
        return Ok(());
    }
    Err(DrawsError::Shape {
        what,
        rows,
        columns,
        wanted_rows,
        wanted_columns,
    })
}
