//! Forecasts, spectra and leave-one-out losses of rows.

use lindiff::config::Scale;
use lindiff::data::Rows;
use lindiff::diffusion::NoiseLevel;
use lindiff::forecast::{self as room, Progress, Settings};
use lindiff::theory::{LeaveOneOut, RowGroups, RowLosses, TheoryError};
use numpy::{PyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pythonize::pythonize;

use crate::call::long;
use crate::convert::{RowsArgument, array, choice, refused, rows, sampler};
use crate::covariance::which;
use crate::schedule::{Schedule, or_default};

/// The settings of a forecast or a spectrum.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Asked<'py> {
    source: String,
    scale: String,
    min_variance: f64,
    sampler: String,
    variance: String,
    ridge: f64,
    covariance_ridge: f64,
    samples: Vec<usize>,
    groups: Option<Vec<usize>>,
    covariances: Vec<(String, Option<PyReadonlyArray2<'py, f64>>)>,
    init: f64,
    curve: bool,
    seed: u64,
}

impl Asked<'_> {
    fn settings(&self, schedule: Option<&Schedule>) -> PyResult<Settings> {
        let chosen = self.covariances.iter();
        let chosen = chosen.map(|(name, given)| which(name, given.as_ref()));
        let settings = Settings::default()
            .covariances(&chosen.collect::<PyResult<Vec<_>>>()?)
            .source(&self.source)
            .scale(choice("scale", &self.scale)?)
            .min_variance(self.min_variance)
            .schedule(or_default(schedule)?)
            .sampler(sampler(&self.sampler, &self.variance)?)
            .ridge(self.ridge)
            .covariance_ridge(self.covariance_ridge)
            .samples(&self.samples)
            .init(self.init)
            .curve(self.curve)
            .seed(self.seed);
        Ok(match &self.groups {
            Some(groups) => settings.groups(groups),
            None => settings,
        })
    }
}

/// The document of `forecast --json`, without its version.
#[pyfunction]
#[pyo3(signature = (rows, schedule, asked, progress))]
pub fn forecast<'py>(
    py: Python<'py>,
    rows: RowsArgument<'py>,
    schedule: Option<Bound<'py, Schedule>>,
    asked: Asked<'py>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let settings = asked.settings(schedule.as_ref().map(Bound::get))?;
    let rows = rows.read()?;
    let found = long(py, progress.as_ref(), move |step| {
        let mut tell = |Progress { done, all, .. }| step(done, all);
        room::of_rows_observed(rows, &settings, &mut tell)
    })?;
    Ok(pythonize(py, &found.map_err(refused)?)?)
}

/// The document of `spectrum --json`, without its version.
#[pyfunction]
pub fn spectrum<'py>(
    py: Python<'py>,
    rows: RowsArgument<'py>,
    source: String,
    scale: &str,
    min_variance: f64,
    seed: u64,
) -> PyResult<Bound<'py, PyAny>> {
    let scale: Scale = choice("scale", scale)?;
    let settings = Settings::default()
        .source(source)
        .scale(scale)
        .min_variance(min_variance)
        .seed(seed);
    let rows = rows.read()?;
    let found = long(py, None, move |_| room::spectrum_of_rows(rows, &settings))?;
    Ok(pythonize(py, &found.map_err(refused)?)?)
}

/// The ridge, and the losses by row and by step.
type LeftOut<'py> = (f64, Bound<'py, PyArray1<f64>>, Bound<'py, PyArray1<f64>>);

/// Leave-one-out losses of rows in their own units. Without a ridge the best one is looked for.
#[pyfunction]
#[pyo3(signature = (data, schedule, ridge, covariance_ridge, groups))]
pub fn leave_one_out<'py>(
    py: Python<'py>,
    data: PyReadonlyArray2<'py, f64>,
    schedule: Option<Bound<'py, Schedule>>,
    ridge: Option<f64>,
    covariance_ridge: f64,
    groups: Option<Vec<usize>>,
) -> PyResult<LeftOut<'py>> {
    let schedule = or_default(schedule.as_ref().map(Bound::get))?;
    let data = rows(&data)?;
    let levels: Vec<NoiseLevel> = schedule.iter().map(|step| step.level()).collect();
    let asked = LossesAsked {
        levels,
        ridge,
        covariance_ridge,
        groups,
    };
    let (ridge, found) = long(py, None, move |_| asked.of(&data))?.map_err(refused)?;
    Ok((ridge, array(py, found.by_row), array(py, found.by_step)))
}

/// What is asked of rows that are left out.
struct LossesAsked {
    levels: Vec<NoiseLevel>,
    ridge: Option<f64>,
    covariance_ridge: f64,
    groups: Option<Vec<usize>>,
}

impl LossesAsked {
    /// The ridge gamma, and the losses with it.
    fn of(&self, data: &Rows) -> Result<(f64, RowLosses), TheoryError> {
        let rows = LeaveOneOut::new(data.as_matrix())?;
        let covariance_ridge = self.covariance_ridge;
        let ridge = self
            .ridge
            .unwrap_or_else(|| room::best_ridge(&rows, &self.levels, covariance_ridge));
        let step = |level: &NoiseLevel| (*level, ridge + level.alpha_bar() * covariance_ridge);
        let steps: Vec<(NoiseLevel, f64)> = self.levels.iter().map(step).collect();
        let losses = match &self.groups {
            None => rows.losses(&steps),
            Some(groups) => rows.losses_without_groups(&RowGroups::of(groups), &steps)?,
        };
        Ok((ridge, losses))
    }
}
