//! Why arrays are not probed.

use std::path::PathBuf;

use super::Mismatch;
use crate::data::DataError;
use crate::denoiser::{DrawsError, StructureError};
use crate::gaussian::{EigenError, SpectrumError};
use crate::memory::OutOfMemory;
use crate::theory::TheoryError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum ProbeError {
    /// Something is wrong with an array of a file.
    #[error("{}: {source}", .path.display())]
    InFile {
        path: PathBuf,
        source: Box<ProbeError>,
    },
    #[error(
        "there is no array {name:?}, only {}; x_t, prediction and alpha_bar are needed, and row where draw i is not of \
         clean row i",
        .names.join(", ")
    )]
    Absent {
        name: &'static str,
        names: Vec<String>,
    },
    #[error("{array} has the shape {found:?}, where {expected} is expected")]
    Shape {
        array: &'static str,
        found: Vec<u64>,
        expected: String,
    },
    #[error("{array}: row {row}, column {column} is {value}: all numbers must be finite")]
    NotFinite {
        array: &'static str,
        row: usize,
        column: usize,
        value: f64,
    },
    #[error("alpha_bar of draw {draw} is {value}: it must be above 0 and below 1{}", sigma_hint(*.value))]
    AlphaBar { draw: usize, value: f64 },
    #[error("row of draw {draw} is {value}: a whole number from 0 is needed")]
    RowNumber { draw: usize, value: f64 },
    #[error("row of draw {draw} is {row}, but the last clean row is row {}: they are counted from 0", rows - 1)]
    Row {
        draw: usize,
        row: usize,
        rows: usize,
    },
    #[error(
        "without the array row, draw i comes from clean row i; there are {draws} draws and {rows} clean rows. Save row: \
         the number of the clean row of each draw, from 0"
    )]
    RowsMissing { draws: usize, rows: usize },
    #[error(
        "{what} have {found} columns, x_t has {expected}: both must be in the coordinates of the network"
    )]
    Columns {
        what: &'static str,
        found: usize,
        expected: usize,
    },
    #[error(
        "alpha_bar = {alpha_bar:.6} has {draws} draws{}, and the affine part in {dim} dimensions needs at least 2 d + 2 \
         = {needed} at each noise level{}",
        if *.of_new_rows { " of rows that are not training rows" } else { "" },
        if *.levels > 50 {
            format!(" (there are {levels} levels: choose a few, and draw each of them often)")
        } else {
            String::new()
        }
    )]
    FewDraws {
        alpha_bar: f64,
        draws: usize,
        of_new_rows: bool,
        dim: usize,
        needed: usize,
        levels: usize,
    },
    #[error("{what} are {rows}: at least 2 are needed")]
    FewRows { what: &'static str, rows: usize },
    #[error("at alpha_bar = {alpha_bar:.6} {problem}")]
    Mismatch { alpha_bar: f64, problem: Mismatch },
    #[error(
        "the predictions are not of {given}: read so, their squared error is {given_times:.2} times that of the best \
         combination a prediction + b x_t; read as {other}, {other_times:.2} times. Use --target {other}"
    )]
    Target {
        given: &'static str,
        given_times: f64,
        other: &'static str,
        other_times: f64,
    },
    #[error(
        "every clean row that was drawn is a training row: the loss on new rows cannot be known. Draw rows that the \
         network has not seen too"
    )]
    OnlyTrainingRows,
    #[error("--image {width} {height}: {} pixels, where a row has {dim} numbers", width * height)]
    Image {
        width: usize,
        height: usize,
        dim: usize,
    },
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Draws(#[from] DrawsError),
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
    #[error(transparent)]
    Structure(#[from] StructureError),
    #[error("the test rows do not vary: {0}")]
    Spectrum(#[from] SpectrumError),
    #[error(transparent)]
    Theory(#[from] TheoryError),
    #[error(transparent)]
    Eigen(#[from] EigenError),
}

/// What a number may be that is no `alpha_bar`.
fn sigma_hint(value: f64) -> &'static str {
    if value >= 1.0 {
        "; of a noise level sigma in x0 + sigma eps, alpha_bar is 1/(1 + sigma^2)"
    } else {
        ""
    }
}

impl ProbeError {
    /// Whether the cause is the input, not the computation.
    pub fn is_input(&self) -> bool {
        !matches!(self, Self::Eigen(_))
    }
}
