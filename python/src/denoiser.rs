//! Affine denoisers of every step of a schedule: their losses, the law that they sample, draws.

use std::ops::ControlFlow;
use std::sync::Arc;

use lindiff::config::SamplerKind;
use lindiff::denoiser::{AffineDenoiser, CommutingDenoiser, Denoiser as Maps, StepLosses};
use lindiff::diffusion;
use lindiff::faer::{Col, MatRef};
use lindiff::gaussian::{EigenError, Gaussian, KlPair, kl, wasserstein};
use lindiff::sampling::{DrawOptions, draw_points, law, rules};
use numpy::{PyArrayMethods, PyReadonlyArray2, PyReadonlyArray3, PyUntypedArrayMethods};
use pyo3::exceptions::{PyIndexError, PyValueError};
use pyo3::prelude::*;
use pyo3::types::PyDict;
use pythonize::pythonize;

use crate::call::long;
use crate::convert::{Matrix, Vector, array, matrix, refused, sampler};
use crate::laws::{Law, Moments};
use crate::schedule::Schedule;

/// Affine maps of the noise, one for each step of a schedule.
#[pyclass(frozen, module = "lindiff._lindiff")]
pub struct Denoiser {
    maps: Arc<dyn Maps + Send + Sync>,
    schedule: diffusion::Schedule,
}

/// Maps that were given: weights `[T, d, d]` and biases `[T, d]`.
struct Given {
    weights: Vec<f64>,
    biases: Vec<f64>,
    dim: usize,
}

impl Maps for Given {
    fn dim(&self) -> usize {
        self.dim
    }

    fn at(&self, index: usize) -> AffineDenoiser {
        let (dim, size) = (self.dim, self.dim * self.dim);
        let weight = &self.weights[index * size..][..size];
        AffineDenoiser {
            weight: MatRef::from_row_major_slice(weight, dim, dim).to_owned(),
            bias: Col::from_fn(dim, |i| self.biases[index * dim + i]),
        }
    }
}

#[pymethods]
impl Denoiser {
    /// The optimum on a law.
    #[staticmethod]
    fn optimum(
        py: Python<'_>,
        law: Law<'_>,
        schedule: &Bound<'_, Schedule>,
        ridge: f64,
        covariance_ridge: f64,
    ) -> PyResult<Self> {
        for (name, value) in [("ridge", ridge), ("covariance_ridge", covariance_ridge)] {
            if !(value.is_finite() && value >= 0.0) {
                return Err(PyValueError::new_err(format!(
                    "{name} = {value}: must be finite and 0 or more"
                )));
            }
        }
        let (moments, schedule) = (Moments::of(&law)?, schedule.get().0.clone());
        let steps = schedule.clone();
        let maps = long(py, None, move |_| {
            let of_step = |step: &diffusion::Step| ridge + step.alpha_bar * covariance_ridge;
            Ok::<_, EigenError>(CommutingDenoiser::optimum(&moments.law()?, &steps, of_step))
        })?;
        Ok(Self {
            maps: Arc::new(maps.map_err(refused)?),
            schedule,
        })
    }

    /// Maps `eps(x) = W x + b`, from weights `[T, d, d]` and biases `[T, d]`.
    #[staticmethod]
    fn from_maps(
        weights: PyReadonlyArray3<'_, f64>,
        biases: PyReadonlyArray2<'_, f64>,
        schedule: &Bound<'_, Schedule>,
    ) -> PyResult<Self> {
        let schedule = schedule.get().0.clone();
        let (steps, dim) = (schedule.len(), biases.shape()[1]);
        if weights.shape() != [steps, dim, dim] || biases.shape()[0] != steps || dim == 0 {
            return Err(PyValueError::new_err(format!(
                "weights of the shape {:?} and biases of the shape {:?}: (T, d, d) and (T, d) are needed, T = {steps} \
                 steps",
                weights.shape(),
                biases.shape()
            )));
        }
        let maps = Given {
            weights: weights.as_slice()?.to_vec(),
            biases: biases.as_slice()?.to_vec(),
            dim,
        };
        Ok(Self {
            maps: Arc::new(maps),
            schedule,
        })
    }

    fn dim(&self) -> usize {
        self.maps.dim()
    }

    /// The weight and the bias of a step, from 0.
    fn at<'py>(&self, py: Python<'py>, step: usize) -> PyResult<(Matrix<'py>, Vector<'py>)> {
        if step >= self.schedule.len() {
            let steps = self.schedule.len();
            return Err(PyIndexError::new_err(format!("step {step} of {steps}")));
        }
        let AffineDenoiser { weight, bias } = py.detach(|| self.maps.at(step));
        Ok((
            matrix(py, weight.as_ref())?,
            array(py, bias.iter().copied().collect()),
        ))
    }

    /// Exact losses by step under a law.
    fn losses<'py>(&self, py: Python<'py>, law: Law<'py>) -> PyResult<Vector<'py>> {
        let (moments, work) = (self.moments(&law)?, self.work());
        let losses = long(py, None, move |_| work.losses(&moments))?;
        Ok(array(py, losses))
    }

    /// The mean and the covariance of what a sampler generates.
    fn sampled<'py>(
        &self,
        py: Python<'py>,
        kind: &str,
        variance: &str,
    ) -> PyResult<(Vector<'py>, Matrix<'py>)> {
        let (kind, work) = (sampler(kind, variance)?, self.work());
        let law = long(py, None, move |_| work.law(kind))?.map_err(refused)?;
        let mean = array(py, law.mean().iter().copied().collect());
        Ok((mean, matrix(py, law.covariance().as_ref())?))
    }

    /// Losses by step under the truth, and the distances of the sampled law from it.
    fn evaluate<'py>(
        &self,
        py: Python<'py>,
        truth: Law<'py>,
        kind: &str,
        variance: &str,
    ) -> PyResult<Bound<'py, PyDict>> {
        let (moments, work) = (self.moments(&truth)?, self.work());
        let kind = sampler(kind, variance)?;
        let found = long(py, None, move |_| work.evaluate(&moments, kind))?;
        let (losses, oracle, kl, w2) = found.map_err(refused)?;
        let found = PyDict::new(py);
        found.set_item("by_step", array(py, losses))?;
        found.set_item("oracle_by_step", array(py, oracle))?;
        found.update(pythonize(py, &kl)?.cast::<PyDict>()?.as_mapping())?;
        found.set_item("w2", w2)?;
        let reason = kl.true_sampled.reason();
        found.set_item("reason", reason.map(|reason| reason.to_string()))?;
        Ok(found)
    }

    /// Draws `[draws, d]` by a sampler.
    fn sample<'py>(
        &self,
        py: Python<'py>,
        draws: usize,
        kind: &str,
        variance: &str,
        seed: u64,
        progress: Option<Bound<'py, PyAny>>,
    ) -> PyResult<Matrix<'py>> {
        let (kind, work) = (sampler(kind, variance)?, self.work());
        let dim = self.maps.dim();
        let drawn = long(py, progress.as_ref(), move |step| {
            let rules = rules(kind, &work.schedule);
            draw_points(
                &rules,
                &&*work.maps,
                DrawOptions { draws, seed },
                |done, all| {
                    step(done, all);
                    ControlFlow::Continue(())
                },
            )
        })?;
        let values = drawn.map_or_else(Vec::new, |rows| rows.values().to_vec());
        array(py, values).reshape([draws, dim])
    }
}

/// What a computing thread takes.
struct Work {
    maps: Arc<dyn Maps + Send + Sync>,
    schedule: diffusion::Schedule,
}

/// Losses by step, the oracle's, divergences and `sqrt(W2^2/d)`.
type Evaluated = (StepLosses, StepLosses, KlPair, f64);

impl Work {
    fn losses(&self, law: &Moments) -> StepLosses {
        let losses = self
            .maps
            .losses(&self.schedule, &[(&law.mean(), law.covariance())]);
        losses.into_iter().next().unwrap_or_default()
    }

    fn law(&self, kind: SamplerKind) -> Result<Gaussian, EigenError> {
        law(&rules(kind, &self.schedule), &*self.maps)
    }

    fn evaluate(&self, truth: &Moments, kind: SamplerKind) -> Result<Evaluated, EigenError> {
        let (law, sampled) = (truth.law()?, self.law(kind)?);
        let oracle = CommutingDenoiser::optimum(&law, &self.schedule, |_| 0.0);
        let oracle = oracle.losses(&self.schedule, &[(&truth.mean(), truth.covariance())]);
        Ok((
            self.losses(truth),
            oracle.into_iter().next().unwrap_or_default(),
            kl(&law, &sampled),
            wasserstein(&law, &sampled)?,
        ))
    }
}

impl Denoiser {
    fn work(&self) -> Work {
        Work {
            maps: Arc::clone(&self.maps),
            schedule: self.schedule.clone(),
        }
    }

    /// The moments of a law of the denoiser's dimension.
    fn moments(&self, law: &Law<'_>) -> PyResult<Moments> {
        let (found, dim) = (law.0.len(), self.maps.dim());
        if found != dim {
            return Err(PyValueError::new_err(format!(
                "a law in {found} dimensions, a denoiser in {dim}"
            )));
        }
        Moments::of(law)
    }
}
