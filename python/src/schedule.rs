//! Noise schedules.

use lindiff::config::ScheduleConfig;
use lindiff::diffusion;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::convert::{array, refused};

/// A noise schedule. It keeps `log alpha_bar`, so that `1 - alpha_bar` keeps its digits.
#[pyclass(frozen, module = "lindiff._lindiff")]
#[derive(Clone)]
pub struct Schedule(pub diffusion::Schedule);

#[pymethods]
impl Schedule {
    #[staticmethod]
    fn linear(steps: usize, beta_start: f64, beta_end: f64) -> PyResult<Self> {
        let schedule = diffusion::Schedule::linear(steps, beta_start, beta_end);
        schedule.map(Self).map_err(refused)
    }

    #[staticmethod]
    fn cosine(steps: usize) -> PyResult<Self> {
        diffusion::Schedule::cosine(steps)
            .map(Self)
            .map_err(refused)
    }

    #[staticmethod]
    fn from_alpha_bar(alpha_bar: PyReadonlyArray1<'_, f64>) -> PyResult<Self> {
        let schedule = diffusion::Schedule::from_alpha_bar(alpha_bar.as_slice()?);
        schedule.map(Self).map_err(refused)
    }

    fn keep(&self, keep: usize) -> PyResult<Self> {
        self.0.keep(keep).map(Self).map_err(refused)
    }

    fn __len__(&self) -> usize {
        self.0.len()
    }

    fn alpha_bar<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.iter().map(|step| step.alpha_bar).collect())
    }

    fn noise_variance<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.iter().map(|step| step.noise_variance).collect())
    }

    fn beta<'py>(&self, py: Python<'py>) -> Bound<'py, PyArray1<f64>> {
        array(py, self.0.iter().map(|step| step.beta).collect())
    }

    fn original_steps(&self) -> Vec<usize> {
        let steps = 0..self.0.len();
        steps.map(|index| self.0.original_step(index)).collect()
    }
}

/// The schedule that was given, or the command line's.
pub fn or_default(schedule: Option<&Schedule>) -> PyResult<diffusion::Schedule> {
    match schedule {
        Some(schedule) => Ok(schedule.0.clone()),
        None => ScheduleConfig::default().build().map_err(refused),
    }
}
