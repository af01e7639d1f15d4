//! Distances of Gaussian laws.

use lindiff::faer::{Col, MatRef};
use lindiff::gaussian::{self, EigenError, Gaussian};
use numpy::{PyReadonlyArray1, PyReadonlyArray2, PyUntypedArrayMethods};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pythonize::pythonize;

use crate::call::long;
use crate::convert::refused;

/// A mean `[d]` and a covariance `[d, d]`.
type Law<'py> = (PyReadonlyArray1<'py, f64>, PyReadonlyArray2<'py, f64>);

/// A mean and a covariance that the computing thread owns.
struct Moments {
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Moments {
    fn of((mean, covariance): &Law<'_>) -> PyResult<Self> {
        Ok(Self {
            mean: mean.as_slice()?.to_vec(),
            covariance: covariance.as_slice()?.to_vec(),
        })
    }

    fn law(&self) -> Result<Gaussian, EigenError> {
        let dim = self.mean.len();
        let mean = Col::from_fn(dim, |i| self.mean[i]);
        let covariance = MatRef::from_row_major_slice(&self.covariance, dim, dim);
        Gaussian::from_covariance(mean, covariance)
    }
}

/// Both laws, of one dimension.
fn both(first: &Law<'_>, second: &Law<'_>) -> PyResult<[Moments; 2]> {
    let dim = first.0.len();
    for (mean, covariance) in [first, second] {
        if mean.len() != dim || covariance.shape() != [dim, dim] || dim == 0 {
            return Err(PyValueError::new_err(format!(
                "a mean of {} numbers and a covariance of the shape {:?} beside a mean of {dim} numbers",
                mean.len(),
                covariance.shape()
            )));
        }
    }
    Ok([Moments::of(first)?, Moments::of(second)?])
}

/// Both divergences, in nats per dimension, and the reason where they are infinite.
#[pyfunction]
pub fn kl<'py>(
    py: Python<'py>,
    truth: Law<'py>,
    sampled: Law<'py>,
) -> PyResult<(Bound<'py, PyAny>, Option<String>)> {
    let [truth, sampled] = both(&truth, &sampled)?;
    let found = long(py, None, move |_| {
        Ok::<_, EigenError>(gaussian::kl(&truth.law()?, &sampled.law()?))
    })?;
    let found = found.map_err(refused)?;
    let reason = found.true_sampled.reason().map(|reason| reason.to_string());
    Ok((pythonize(py, &found)?, reason))
}

/// `sqrt(W2^2/d)`
#[pyfunction]
pub fn wasserstein(py: Python<'_>, first: Law<'_>, second: Law<'_>) -> PyResult<f64> {
    let [first, second] = both(&first, &second)?;
    let found = long(py, None, move |_| {
        gaussian::wasserstein(&first.law()?, &second.law()?)
    })?;
    found.map_err(refused)
}
