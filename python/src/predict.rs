//! Everything that theory says, on grids.

use lindiff::config::{ModelConfig, ModelKind, RowWeights};
use lindiff::data::{Truth, row_weights};
use lindiff::gaussian::Spectrum;
use lindiff::predict::{
    Answer, Kl, Optimal, Point, PredictError, Setting, Target, Wanted, predict_on,
};
use numpy::{PyArray1, PyReadonlyArray1};
use pyo3::exceptions::PyValueError;
use pyo3::prelude::*;
use pyo3::types::PyDict;

use crate::call::on_grid;
use crate::convert::{array, choice, counts, refused, sampler};
use crate::losses::spectrum;
use crate::schedule::{Schedule, or_default};

/// The eigenvalues `d nu^-k / sum nu^-k` of a power law.
#[pyfunction]
pub fn power_law(py: Python<'_>, dim: usize, exponent: f64) -> PyResult<Bound<'_, PyArray1<f64>>> {
    let spectrum = Spectrum::power_law(dim, exponent).map_err(refused)?;
    Ok(array(py, spectrum.eigenvalues().to_vec()))
}

/// What all points have in common.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Common {
    mean: String,
    model: String,
    size: Option<usize>,
    target: String,
    init: f64,
    sampler: Option<String>,
    variance: String,
    row_weights: String,
    optimal: Option<String>,
    target_kl: Option<f64>,
    target_excess: Option<f64>,
}

/// The inputs that vary: arrays of one length.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Points<'py> {
    samples: PyReadonlyArray1<'py, f64>,
    ridge: PyReadonlyArray1<'py, f64>,
    covariance_ridge: PyReadonlyArray1<'py, f64>,
    alpha_bar: Option<PyReadonlyArray1<'py, f64>>,
    tau: Option<PyReadonlyArray1<'py, f64>>,
    row_weights_parameter: Option<PyReadonlyArray1<'py, f64>>,
}

/// Arrays by the names of the command's columns, and the warnings; numbers that a point has not are NaN.
#[pyfunction]
pub fn predict<'py>(
    py: Python<'py>,
    eigenvalues: PyReadonlyArray1<'py, f64>,
    schedule: Option<Bound<'py, Schedule>>,
    common: Common,
    points: Points<'py>,
) -> PyResult<Bound<'py, PyDict>> {
    let setting = common.setting(spectrum(&eigenvalues)?)?;
    let wanted = common.wanted()?;
    let schedule = or_default(schedule.as_ref().map(Bound::get))?;
    let points = points.all(&common)?;
    let answers = on_grid(py, points.len(), |index| {
        predict_on(&schedule, &setting, &points[index], wanted).map_err(refused)
    })?;
    let found = PyDict::new(py);
    for (name, of) in COLUMNS {
        let numbers: Vec<Option<f64>> = answers.iter().map(of).collect();
        if numbers.iter().any(Option::is_some) {
            let numbers = numbers.into_iter().map(|x| x.unwrap_or(f64::NAN)).collect();
            found.set_item(*name, array(py, numbers))?;
        }
    }
    let mut warnings: Vec<&String> = Vec::new();
    for warning in answers.iter().flat_map(|answer| &answer.warnings) {
        if !warnings.contains(&warning) {
            warnings.push(warning);
        }
    }
    found.set_item("warnings", warnings)?;
    found.set_item("steps", answers.first().map(|answer| answer.inputs.steps))?;
    Ok(found)
}

impl Common {
    fn setting(&self, spectrum: Spectrum) -> PyResult<Setting> {
        let sized = |what: &str| {
            self.size.ok_or_else(|| {
                let model = &self.model;
                PyValueError::new_err(format!("model = {model:?} needs {what}"))
            })
        };
        let kind = match choice("model", &self.model)? {
            ModelKind::PerStep => ModelKind::PerStep,
            ModelKind::TimeBasis { .. } => ModelKind::TimeBasis {
                basis: sized("basis, the number of functions of time")?,
            },
            ModelKind::TwoLayer { .. } => ModelKind::TwoLayer {
                width: sized("width, the number of hidden units")?,
            },
        };
        let mut setting = Setting::new("spectrum", Truth::of_spectrum(spectrum));
        setting.mean = choice("mean", &self.mean)?;
        setting.model = ModelConfig {
            kind,
            init: self.init,
            target: choice("target", &self.target)?,
        };
        Ok(setting)
    }

    fn wanted(&self) -> PyResult<Option<Wanted>> {
        let target = match (self.target_kl, self.target_excess) {
            (Some(kl), None) => Some(Target::Kl(kl)),
            (None, Some(excess)) => Some(Target::Excess(excess)),
            (None, None) => None,
            _ => return refuse("target_kl and target_excess: only one of them can be reached"),
        };
        match (self.optimal.as_deref(), target) {
            (None, None) => Ok(None),
            (Some("ridge"), None) => Ok(Some(Wanted::Ridge)),
            (Some("tau"), None) => Ok(Some(Wanted::Tau)),
            (Some("samples"), Some(target)) => Ok(Some(Wanted::Samples(target))),
            (Some("samples"), None) => {
                refuse("optimal = \"samples\" needs target_kl or target_excess")
            }
            (None | Some("ridge" | "tau"), Some(_)) => {
                refuse("target_kl and target_excess are for optimal = \"samples\"")
            }
            (Some(other), _) => refuse(format!(
                "optimal = {other:?}: must be \"ridge\", \"tau\" or \"samples\""
            )),
        }
    }
}

fn refuse<T>(message: impl Into<String>) -> PyResult<T> {
    Err(PyValueError::new_err(message.into()))
}

impl Points<'_> {
    fn all(&self, common: &Common) -> PyResult<Vec<Point>> {
        let sampler = match &common.sampler {
            Some(kind) => Some(sampler(kind, &common.variance)?),
            None => None,
        };
        let (ridge, covariance_ridge) = (self.ridge.as_slice()?, self.covariance_ridge.as_slice()?);
        let alpha_bar = numbers(self.alpha_bar.as_ref())?;
        let tau = numbers(self.tau.as_ref())?;
        let parameter = numbers(self.row_weights_parameter.as_ref())?;
        let wrong = |tau: &&f64| !(tau.is_finite() && **tau >= 0.0);
        if let Some(&tau) = tau.and_then(|tau| tau.iter().find(wrong)) {
            return Err(refused(PredictError::Tau { tau }));
        }
        let samples = counts("samples", &self.samples)?;
        let point = |(index, &samples)| {
            let at = |numbers: Option<&[f64]>| numbers.map(|numbers| numbers[index]);
            Ok(Point {
                samples,
                row_weights: weights(&common.row_weights, at(parameter))?,
                alpha_bar: at(alpha_bar),
                ridge: ridge[index],
                covariance_ridge: covariance_ridge[index],
                tau: at(tau),
                sampler,
                keep: None,
            })
        };
        samples.iter().enumerate().map(point).collect()
    }
}

fn numbers<'a>(array: Option<&'a PyReadonlyArray1<'_, f64>>) -> PyResult<Option<&'a [f64]>> {
    Ok(array.map(|array| array.as_slice()).transpose()?)
}

/// A law of the rows' weights, checked.
fn weights(law: &str, parameter: Option<f64>) -> PyResult<RowWeights> {
    let law: RowWeights = choice("row_weights", law)?;
    let law = match (law, parameter) {
        (law, None) => law,
        (RowWeights::None, Some(_)) => {
            return refuse(
                "row_weights_parameter: Gaussian rows (row_weights = \"none\") have none",
            );
        }
        (RowWeights::TwoPoint { .. }, Some(higher)) => RowWeights::TwoPoint { higher },
        (RowWeights::LogNormal { .. }, Some(deviation)) => RowWeights::LogNormal { deviation },
        (RowWeights::Student { .. }, Some(degrees)) => RowWeights::Student { degrees },
    };
    row_weights(law).map_err(refused)?;
    Ok(law)
}

type Column = (&'static str, fn(&Answer) -> Option<f64>);

fn of_kl(answer: &Answer, number: fn(&Kl) -> Option<f64>) -> Option<f64> {
    answer.kl.as_ref().and_then(number)
}

fn of_optimal(answer: &Answer, number: fn(&Optimal) -> Option<f64>) -> Option<f64> {
    answer.optimal.as_ref().and_then(number)
}

const COLUMNS: &[Column] = &[
    ("train_loss", |a| Some(a.loss.train_loss)),
    ("test_loss", |a| Some(a.loss.test_loss)),
    ("oracle_loss", |a| Some(a.loss.oracle_loss)),
    ("train_loss_deviation", |a| a.loss.train_loss_deviation),
    ("test_loss_deviation", |a| a.loss.test_loss_deviation),
    ("kl_true_sampled", |a| {
        of_kl(a, |kl| Some(kl.true_sampled.value()))
    }),
    ("kl_sampled_true", |a| {
        of_kl(a, |kl| Some(kl.sampled_true.value()))
    }),
    ("kl_true_sampled_deviation", |a| {
        of_kl(a, |kl| kl.true_sampled_deviation)
    }),
    ("kl_sampled_true_deviation", |a| {
        of_kl(a, |kl| kl.sampled_true_deviation)
    }),
    ("effective_ridge", |a| Some(a.effective_ridge)),
    ("df1", |a| Some(a.df1)),
    ("df2", |a| Some(a.df2)),
    ("w2", |a| a.w2),
    ("overlap", |a| a.consistency.as_ref()?.overlap),
    ("kl_between_models", |a| {
        a.consistency
            .as_ref()?
            .kl_between_models
            .map(|kl| kl.value())
    }),
    ("optimal_ridge", |a| of_optimal(a, |o| o.ridge)),
    ("optimal_tau", |a| of_optimal(a, |o| o.tau.map(|tau| tau.0))),
    ("optimal_samples", |a| {
        of_optimal(a, |o| o.samples.map(|n| n as f64))
    }),
    ("optimal_test_loss", |a| of_optimal(a, |o| o.test_loss)),
    ("optimal_covariance_ridge", |a| {
        of_optimal(a, |o| o.covariance_ridge)
    }),
    ("optimal_kl_true_sampled", |a| {
        of_optimal(a, |o| o.kl_true_sampled)
    }),
    ("numerical_error", |a| Some(a.numerical_error)),
];
