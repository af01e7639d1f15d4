//! Between Python and the library: rows, words, errors, results.

use std::error::Error;

use lindiff::config::{Named, SamplerKind, Variance};
use lindiff::data::{ReadRows, Rows, Values};
use lindiff::faer::MatRef;
use numpy::{
    PyArray1, PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods,
};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::words::in_python;

/// What the library says is wrong with the input.
pub fn refused(error: impl Error) -> PyErr {
    PyValueError::new_err(in_python(&error.to_string()))
}

/// Rows `[N, d]`. Bytes stay bytes: sums of their products are exact.
#[derive(FromPyObject)]
pub enum RowsArgument<'py> {
    #[pyo3(transparent)]
    Doubles(PyReadonlyArray2<'py, f64>),
    #[pyo3(transparent)]
    Bytes(PyReadonlyArray2<'py, u8>),
}

impl RowsArgument<'_> {
    /// The rows, copied: the library owns and scales them.
    pub fn read(&self) -> PyResult<ReadRows> {
        let (values, shape) = match self {
            Self::Doubles(rows) => (Values::Doubles(rows.as_slice()?.to_vec()), rows.shape()),
            Self::Bytes(rows) => (Values::Bytes(rows.as_slice()?.to_vec()), rows.shape()),
        };
        Ok(ReadRows::new(values, some_columns(shape)?))
    }
}

/// Rows `[n, d]` of doubles.
pub fn rows(rows: &PyReadonlyArray2<'_, f64>) -> PyResult<Rows> {
    let dim = some_columns(rows.shape())?;
    Ok(Rows::from_slice(dim, rows.as_slice()?))
}

fn some_columns(shape: &[usize]) -> PyResult<usize> {
    match shape {
        &[rows, columns] if rows > 0 && columns > 0 => Ok(columns),
        _ => Err(PyValueError::new_err(format!(
            "rows of the shape {shape:?}: at least one row and one column are needed"
        ))),
    }
}

/// The choice of a word.
pub fn choice<T: Named>(what: &str, word: &str) -> PyResult<T> {
    T::named(word).ok_or_else(|| {
        let known: Vec<String> = T::NAMES
            .iter()
            .map(|(name, _)| format!("{name:?}"))
            .collect();
        PyValueError::new_err(format!(
            "{what} = {word:?}: must be one of {}",
            known.join(", ")
        ))
    })
}

/// A sampler, with the variance of ddpm.
pub fn sampler(kind: &str, variance: &str) -> PyResult<SamplerKind> {
    let variance: Variance = choice("variance", variance)?;
    Ok(match choice("sampler", kind)? {
        SamplerKind::Ddpm(_) => SamplerKind::Ddpm(variance),
        kind => kind,
    })
}

/// Numbers as an array that numpy owns.
pub fn array(py: Python<'_>, numbers: Vec<f64>) -> Bound<'_, PyArray1<f64>> {
    PyArray1::from_vec(py, numbers)
}

pub type Vector<'py> = Bound<'py, PyArray1<f64>>;
pub type Matrix<'py> = Bound<'py, PyArray2<f64>>;

/// A matrix as an array that numpy owns.
pub fn matrix<'py>(py: Python<'py>, matrix: MatRef<'_, f64>) -> PyResult<Matrix<'py>> {
    let values = matrix.row_iter().flat_map(|row| row.iter().copied());
    array(py, values.collect()).reshape([matrix.nrows(), matrix.ncols()])
}

/// Counts that came as doubles, because numpy broadcasts them beside doubles.
pub fn counts(name: &str, numbers: &PyReadonlyArray1<'_, f64>) -> PyResult<Vec<usize>> {
    let whole = |&number: &f64| {
        if number >= 0.0 && number.fract() == 0.0 && number < 9e15 {
            Ok(number as usize)
        } else {
            Err(PyValueError::new_err(format!(
                "{name} = {number}: must be a whole number, 0 or more"
            )))
        }
    };
    numbers.as_slice()?.iter().map(whole).collect()
}
