//! What a network has learned, from its predictions on noised rows.

use lindiff::config::Target;
use lindiff::data::Rows;
use lindiff::denoiser::{Draws, DrawsError, TestRows};
use lindiff::diffusion::NoiseLevel;
use lindiff::predict::PredictError;
use lindiff::probe::{Arrays, ProbeError, Question, probe as room};
use lindiff::theory::effective_samples as worth;
use numpy::{PyReadonlyArray1, PyReadonlyArray2};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pythonize::pythonize;

use crate::call::long;
use crate::convert::{choice, refused, rows};

type Matrix<'py> = PyReadonlyArray2<'py, f64>;

/// The arrays of a question.
#[derive(FromPyObject)]
#[pyo3(from_item_all)]
pub struct Asked<'py> {
    x_t: Matrix<'py>,
    prediction: Matrix<'py>,
    alpha_bar: PyReadonlyArray1<'py, f64>,
    row: Option<Vec<usize>>,
    clean: Matrix<'py>,
    train: Option<Matrix<'py>>,
    samples: Option<Matrix<'py>>,
    target: String,
    image: Option<(usize, usize)>,
    source: String,
}

/// The question with rows that it owns.
struct Owned {
    x_t: Rows,
    prediction: Rows,
    alpha_bar: Vec<f64>,
    row: Option<Vec<usize>>,
    clean: Rows,
    train: Option<Rows>,
    samples: Option<Rows>,
    target: Target,
    image: Option<(usize, usize)>,
    source: String,
}

impl Asked<'_> {
    fn owned(self) -> PyResult<Owned> {
        let some = |given: &Option<Matrix<'_>>| given.as_ref().map(rows).transpose();
        Ok(Owned {
            x_t: rows(&self.x_t)?,
            prediction: rows(&self.prediction)?,
            alpha_bar: self.alpha_bar.as_slice()?.to_vec(),
            clean: rows(&self.clean)?,
            train: some(&self.train)?,
            samples: some(&self.samples)?,
            target: choice("target", &self.target)?,
            row: self.row,
            image: self.image,
            source: self.source,
        })
    }
}

impl Owned {
    fn question(self) -> Result<Question, ProbeError> {
        let mut arrays = Arrays::new(self.x_t, self.prediction, self.alpha_bar)?;
        if let Some(row) = self.row {
            arrays = arrays.of_rows(row)?;
        }
        let mut question = Question::new(arrays, self.clean)?.target(self.target);
        if let Some(train) = self.train {
            question = question.train(train)?;
        }
        if let Some(samples) = self.samples {
            question = question.samples(samples)?;
        }
        if let Some((height, width)) = self.image {
            question = question.image(height, width)?;
        }
        Ok(question.source(self.source))
    }
}

/// The document of `probe --json`, without its version.
#[pyfunction]
#[pyo3(signature = (asked, progress))]
pub fn probe<'py>(
    py: Python<'py>,
    asked: Asked<'py>,
    progress: Option<Bound<'py, PyAny>>,
) -> PyResult<Bound<'py, PyAny>> {
    let asked = asked.owned()?;
    let found = long(py, progress.as_ref(), move |step| {
        room(&asked.question()?, &mut |done, all| step(done, all))
    })?;
    Ok(pythonize(py, &found.map_err(refused)?)?)
}

/// The effective samples of draws of one noise level: `x = x_0 + sqrt(z) eps` and the denoised x.
#[pyfunction]
#[pyo3(signature = (x, denoised, alpha_bar, clean, row, seed))]
pub fn effective_samples<'py>(
    py: Python<'py>,
    x: Matrix<'py>,
    denoised: Matrix<'py>,
    alpha_bar: f64,
    clean: Matrix<'py>,
    row: Option<Vec<usize>>,
    seed: u64,
) -> PyResult<Bound<'py, PyDict>> {
    let level = NoiseLevel::from_alpha_bar(alpha_bar);
    let level = level.ok_or_else(|| refused(PredictError::AlphaBar { alpha_bar }))?;
    let (x, denoised, clean) = (rows(&x)?, rows(&denoised)?, rows(&clean)?);
    let found = long(py, None, move |_| {
        let test = TestRows::new(clean.as_matrix())?;
        let (x, denoised) = (x.as_matrix(), denoised.as_matrix());
        worth(
            &Draws::new(&test, level, x, denoised, row.as_deref())?,
            seed,
        )
    })?;
    let found = found.map_err(|error: DrawsError| refused(error))?;
    let answer = PyDict::new(py);
    if let Some(beside) = found.against_truth {
        answer.set_item("against_truth", pythonize(py, &beside)?)?;
    }
    match found.effective {
        Ok(effective) => {
            answer.set_item("samples", pythonize(py, &effective.samples)?)?;
            answer.set_item("ridge", pythonize(py, &effective.ridge)?)?;
        }
        Err(reason) => answer.set_item("not_identified", reason.to_string())?,
    }
    Ok(answer)
}
