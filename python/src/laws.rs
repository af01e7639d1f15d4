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
pub type Law<'py> = (PyReadonlyArray1<'py, f64>, PyReadonlyArray2<'py, f64>);

/// A mean and a covariance that the computing thread owns.
pub struct Moments {
    mean: Vec<f64>,
    covariance: Vec<f64>,
}

impl Moments {
    pub fn of((mean, covariance): &Law<'_>) -> PyResult<Self> {
        Ok(Self {
            mean: mean.as_slice()?.to_vec(),
            covariance: covariance.as_slice()?.to_vec(),
        })
    }

    pub fn mean(&self) -> Col<f64> {
        Col::from_fn(self.mean.len(), |i| self.mean[i])
    }

    pub fn covariance(&self) -> MatRef<'_, f64> {
        let dim = self.mean.len();
        MatRef::from_row_major_slice(&self.covariance, dim, dim)
    }

    pub fn law(&self) -> Result<Gaussian, EigenError> {
        Gaussian::from_covariance(self.mean(), self.covariance())
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
