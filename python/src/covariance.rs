//! Covariances that are estimated from rows.

use lindiff::faer::ColRef;
use lindiff::gaussian::{self, Covariance, CovarianceError, GivenCovariance};
use numpy::{PyArray2, PyArrayMethods, PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::call::long;
use crate::convert::{array, refused, rows};

/// A covariance `[d, d]`, and the weight of the identity in it.
type Estimate<'py> = (Bound<'py, PyArray2<f64>>, Option<f64>);

/// The covariance of rows by the estimator of a name, about their own mean or a known one.
#[pyfunction]
#[pyo3(signature = (data, name, mean))]
pub fn covariance<'py>(
    py: Python<'py>,
    data: PyReadonlyArray2<'py, f64>,
    name: &str,
    mean: Option<PyReadonlyArray1<'py, f64>>,
) -> PyResult<Estimate<'py>> {
    let which = which(name, None)?;
    let data = rows(&data)?;
    let mean = mean
        .map(|mean| mean.as_slice().map(<[f64]>::to_vec))
        .transpose()?;
    let found = long(py, None, move |_| {
        let known = mean.as_deref().map(ColRef::from_slice);
        let found = gaussian::covariance(data.as_matrix(), known, &which)?;
        let (matrix, dim) = (found.covariance(), found.dim());
        let numbers = (0..dim * dim).map(|k| matrix[(k / dim, k % dim)]).collect();
        Ok::<_, CovarianceError>((numbers, dim, found.shrinkage()))
    })?;
    let (numbers, dim, shrinkage): (Vec<f64>, usize, _) = found.map_err(refused)?;
    Ok((array(py, numbers).reshape([dim, dim])?, shrinkage))
}

/// The estimator of a name, or a given matrix `[d, d]`.
pub fn which(name: &str, given: Option<&PyReadonlyArray2<'_, f64>>) -> PyResult<Covariance> {
    match given {
        Some(given) => {
            let given = GivenCovariance::new(name, rows(given)?.as_matrix()).map_err(refused)?;
            Ok(Covariance::Given(given))
        }
        None => Covariance::named(name).ok_or_else(|| unknown(name)),
    }
}

fn unknown(name: &str) -> PyErr {
    let known: Vec<String> = Covariance::ESTIMATORS
        .iter()
        .map(|known| format!("{:?}", known.name()))
        .collect();
    PyValueError::new_err(format!(
        "covariance = {name:?}: must be one of {}, or a matrix",
        known.join(", ")
    ))
}
