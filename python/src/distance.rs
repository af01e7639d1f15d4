//! The Fréchet distance of two sets of features.

use lindiff::data::Rows;
use lindiff::distance::{Features, Settings, frechet};
use lindiff::faer::Col;
use numpy::PyReadonlyArray2;
use pyo3::exceptions::PyTypeError;
use pyo3::prelude::*;
use pythonize::pythonize;

use crate::call::long;
use crate::convert::{refused, rows};
use crate::laws::{Law, Moments};

/// One of two sets of features: rows with the group of each, or a mean and a covariance.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Side<'py> {
    name: String,
    rows: Option<PyReadonlyArray2<'py, f64>>,
    groups: Option<Vec<usize>>,
    law: Option<Law<'py>>,
}

/// A set of features that the computing thread owns.
enum Owned {
    Rows(Rows, Option<Vec<usize>>),
    Law(Col<f64>, Moments),
}

impl Side<'_> {
    fn owned(&self) -> PyResult<Owned> {
        match (&self.rows, &self.law) {
            (Some(of), None) => Ok(Owned::Rows(rows(of)?, self.groups.clone())),
            (None, Some(law)) => {
                let moments = Moments::of(law)?;
                Ok(Owned::Law(moments.mean(), moments))
            }
            _ => Err(PyTypeError::new_err(
                "rows, or a mean and a covariance, are needed",
            )),
        }
    }
}

impl Owned {
    fn features(&self) -> Features<'_> {
        match self {
            Self::Rows(rows, Some(groups)) => Features::grouped(rows.as_matrix(), groups),
            Self::Rows(rows, None) => Features::rows(rows.as_matrix()),
            Self::Law(mean, moments) => Features::statistics(mean.as_ref(), moments.covariance()),
        }
    }
}

/// The document of `distance --json`, without its version.
#[pyfunction]
#[pyo3(signature = (first, second, seed, progress))]
pub fn frechet_distance<'py>(
    py: Python<'py>,
    first: Side<'py>,
    second: Side<'py>,
    seed: u64,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let (a, b) = (first.owned()?, second.owned()?);
    let settings = Settings::default()
        .seed(seed)
        .names(first.name, second.name);
    let found = long(py, progress.as_ref(), move |step| {
        frechet(&a.features(), &b.features(), &settings, &mut |done, all| {
            step(done, all);
        })
    })?;
    Ok(pythonize(py, &found.map_err(refused)?)?)
}
