//! Deterministic equivalents on grids: the effective ridge, train and test loss.

use std::collections::HashMap;

use lindiff::config::Mean;
use lindiff::diffusion::NoiseLevel;
use lindiff::gaussian::Spectrum;
use lindiff::predict::PredictError;
use lindiff::theory::Ensemble;
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::prelude::*;

use crate::call::on_grid;
use crate::convert::{array, choice, refused};

/// Train, test and oracle loss at each point: arrays of one length.
#[pyfunction]
pub fn losses<'py>(
    py: Python<'py>,
    eigenvalues: PyReadonlyArray1<'py, f64>,
    samples: PyReadonlyArray1<'py, f64>,
    alpha_bar: PyReadonlyArray1<'py, f64>,
    ridge: PyReadonlyArray1<'py, f64>,
    mean: &str,
) -> PyResult<[Bound<'py, PyArray1<f64>>; 3]> {
    let spectrum = spectrum(&eigenvalues)?;
    let mean: Mean = choice("mean", mean)?;
    let (samples, ridge) = (samples.as_slice()?, ridge.as_slice()?);
    let (levels, places) = distinct(alpha_bar.as_slice()?);
    let levels = levels.into_iter().map(|alpha_bar| {
        let level = NoiseLevel::from_alpha_bar(alpha_bar);
        level.ok_or_else(|| refused(PredictError::AlphaBar { alpha_bar }))
    });
    let levels: Vec<NoiseLevel> = levels.collect::<PyResult<_>>()?;
    let oracle = on_grid(py, levels.len(), |i| Ok(spectrum.oracle_loss(&levels[i])))?;
    let rows = on_grid(py, samples.len(), |point| {
        let ensemble = Ensemble::at(&spectrum, samples[point], mean).map_err(refused)?;
        let found = ensemble.losses(&levels[places[point]], ridge[point]);
        let found = found.map_err(refused)?;
        Ok([found.train_loss, found.test_loss, oracle[places[point]]])
    })?;
    Ok(columns(py, &rows))
}

/// kappa, df1, df2, dkappa/dz and z/kappa at each point.
#[pyfunction]
pub fn effective_ridge<'py>(
    py: Python<'py>,
    eigenvalues: PyReadonlyArray1<'py, f64>,
    samples: PyReadonlyArray1<'py, f64>,
    ridge: PyReadonlyArray1<'py, f64>,
    mean: &str,
) -> PyResult<[Bound<'py, PyArray1<f64>>; 5]> {
    let spectrum = spectrum(&eigenvalues)?;
    let mean: Mean = choice("mean", mean)?;
    let (samples, ridge) = (samples.as_slice()?, ridge.as_slice()?);
    let rows = on_grid(py, samples.len(), |point| {
        let ensemble = Ensemble::at(&spectrum, samples[point], mean).map_err(refused)?;
        let at = ensemble.effective_ridge(ridge[point]).map_err(refused)?;
        Ok([at.kappa, at.df1, at.df2, at.derivative, at.survival])
    })?;
    Ok(columns(py, &rows))
}

pub fn spectrum(eigenvalues: &PyReadonlyArray1<'_, f64>) -> PyResult<Spectrum> {
    Spectrum::from_eigenvalues(eigenvalues.as_slice()?.to_vec()).map_err(refused)
}

/// The different numbers, and the place of each number among them.
fn distinct(numbers: &[f64]) -> (Vec<f64>, Vec<usize>) {
    let (mut different, mut place_of) = (Vec::new(), HashMap::new());
    let place = |number: &f64| {
        *place_of.entry(number.to_bits()).or_insert_with(|| {
            different.push(*number);
            different.len() - 1
        })
    };
    let places = numbers.iter().map(place).collect();
    (different, places)
}

/// One array for each number of the rows.
fn columns<'py, const K: usize>(
    py: Python<'py>,
    rows: &[[f64; K]],
) -> [Bound<'py, PyArray1<f64>>; K] {
    std::array::from_fn(|k| array(py, rows.iter().map(|row| row[k]).collect()))
}
