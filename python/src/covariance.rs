//! Covariances estimated from rows.

use lindiff::faer::Col;
use lindiff::gaussian::{Covariance, GivenCovariance, covariance as room};
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;

use crate::call::long;
use crate::convert::{Matrix, Vector, array, matrix, refused, rows};

/// The estimator of a name, or a given matrix `[d, d]`.
pub fn which(name: &str, given: Option<&PyReadonlyArray2<'_, f64>>) -> PyResult<Covariance> {
    match given {
        Some(given) => {
            let given = rows(given)?;
            let given = GivenCovariance::new(name, given.as_matrix()).map_err(refused)?;
            Ok(Covariance::Given(given))
        }
        None => Covariance::named(name).ok_or_else(|| {
            let known = Covariance::ESTIMATORS.map(|known| format!("{:?}", known.name()));
            PyValueError::new_err(format!(
                "covariance = {name:?}: must be one of {}, or an array",
                known.join(", ")
            ))
        }),
    }
}

/// The mean, the covariance, and the weight of the identity in it.
type Estimate<'py> = (Vector<'py>, Matrix<'py>, Option<f64>);

/// The covariance of rows, about their mean or about a known one.
#[pyfunction]
#[pyo3(signature = (data, name, given, mean))]
pub fn covariance<'py>(
    py: Python<'py>,
    data: PyReadonlyArray2<'py, f64>,
    name: &str,
    given: Option<PyReadonlyArray2<'py, f64>>,
    mean: Option<PyReadonlyArray1<'py, f64>>,
) -> PyResult<Estimate<'py>> {
    let (data, which) = (rows(&data)?, which(name, given.as_ref())?);
    let mean = match &mean {
        Some(mean) => Some(mean.as_slice()?.iter().copied().collect::<Col<f64>>()),
        None => None,
    };
    let found = long(py, None, move |_| {
        let known = mean.as_ref().map(|mean| mean.as_ref());
        room(data.as_matrix(), known, &which)
    })?;
    let found = found.map_err(refused)?;
    let of_rows = array(py, found.mean().iter().copied().collect());
    let estimate = py.detach(|| found.covariance());
    Ok((of_rows, matrix(py, estimate.as_ref())?, found.shrinkage()))
}
