//! What is in a checkpoint?

use std::path::Path;

use faer::{Mat, MatRef};
use serde::Serialize;

use super::{RunDirectory, RunError};
use crate::config::Precision;
use crate::data::Laws;
use crate::diffusion::{Schedule, Step};
use crate::gaussian::{CommutingDenoiser, Denoiser, Gaussian};
use crate::report::{Chart, Series, Style};
use crate::score::Snapshot;
use crate::training::{Checkpoint, read_model};

/// Steps that are looked at, from the least noise to the most.
const CHOSEN: usize = 5;

/// What `inspect --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// Absent for a bare file of weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<usize>,
    pub kind: &'static str,
    pub steps: usize,
    pub dim: usize,
    pub parameters: usize,
    pub dtype: &'static str,
    pub finite: bool,
    /// The first tensor and step (from 1) with a number that is not finite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_finite: Option<NonFinite>,
    pub per_step: Vec<StepInspection>,
}

#[derive(Debug, Clone, Serialize)]
pub struct NonFinite {
    pub tensor: &'static str,
    pub step: usize,
}

/// One step's weight. What needs the run's data is absent for a bare checkpoint.
#[derive(Debug, Clone, Serialize)]
pub struct StepInspection {
    /// Of the kept steps, from 1.
    pub step: usize,
    /// Frobenius.
    pub norm: f64,
    /// `||W - W'|| / ||W||`
    pub asymmetry: f64,
    #[serde(flatten)]
    pub against_data: Option<AgainstData>,
}

/// A weight beside the training set that it was trained on.
#[derive(Debug, Clone, Serialize)]
pub struct AgainstData {
    pub alpha_bar: f64,
    /// `||W - W*|| / ||W*||`, W* the optimum on the training set without a ridge
    pub distance_to_optimum: f64,
    /// The share of `||W||^2` that is diagonal in the eigenbasis v_k of the training covariance
    pub diagonal_share: f64,
    /// `(r/w_k - (1 - ab))/ab` with `w_k = v_k' W v_k`: the variances that W takes the data to have
    pub learned_spectrum: Vec<f64>,
    /// The training set's, by v_k
    pub training_spectrum: Vec<f64>,
    /// `v_k' Sigma v_k`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_spectrum: Option<Vec<f64>>,
}

/// Looks into a run directory (the last checkpoint, or that of `epoch`), a checkpoint's folder, or a
/// `model.safetensors`.
pub fn inspect(path: &Path, epoch: Option<usize>) -> Result<Inspection, RunError> {
    if path.is_file() {
        return Ok(look(&read_model(path)?, None, None));
    }
    if path.join("state.json").is_file() {
        let checkpoint = Checkpoint::read(path)?;
        let epoch = Some(checkpoint.state.epoch);
        return Ok(look(&checkpoint.snapshot, epoch, None));
    }
    let directory = RunDirectory::open(path)?;
    let checkpoint = directory.checkpoint(epoch)?;
    let laws = directory.read_data()?.laws;
    let schedule = directory.experiment()?.schedule.build()?;
    let context = Context::new(laws, schedule)?;
    if context.schedule.len() != checkpoint.snapshot.steps()
        || context.laws.dim() != checkpoint.snapshot.dim()
    {
        let problem = "the weights do not fit the run's data and schedule".to_owned();
        let path = path.to_owned();
        return Err(RunError::Data { path, problem });
    }
    let epoch = Some(checkpoint.state.epoch);
    Ok(look(&checkpoint.snapshot, epoch, Some(&context)))
}

/// What a weight is held against.
struct Context {
    laws: Laws,
    schedule: Schedule,
    train: Gaussian,
    optimum: CommutingDenoiser,
}

impl Context {
    fn new(laws: Laws, schedule: Schedule) -> Result<Self, RunError> {
        let moments = &laws.train;
        let train = Gaussian::from_covariance(moments.mean.clone(), moments.covariance.as_ref())?;
        Ok(Self {
            optimum: CommutingDenoiser::optimum(&train, &schedule, |_| 0.0),
            laws,
            schedule,
            train,
        })
    }

    fn compare(&self, weight: &Mat<f64>, index: usize) -> AgainstData {
        let step = self.schedule.step(index);
        let basis = self.train.basis();
        let optimum = self.optimum.at(index).weight;
        let diagonal = diagonal_in(basis, weight.as_ref());
        let squares: f64 = diagonal.iter().map(|w| w * w).sum();
        AgainstData {
            alpha_bar: step.alpha_bar,
            distance_to_optimum: (weight - &optimum).norm_l2() / optimum.norm_l2(),
            diagonal_share: squares / weight.squared_norm_l2(),
            learned_spectrum: diagonal.iter().map(|w| learned(&step, *w)).collect(),
            training_spectrum: self.train.variances(),
            true_spectrum: self
                .laws
                .truth
                .as_ref()
                .map(|truth| diagonal_in(basis, truth.covariance().as_ref())),
        }
    }
}

/// The variance for which `w = r/(ab s + 1 - ab)`.
fn learned(step: &Step, weight: f64) -> f64 {
    (step.noise_scale() / weight - step.noise_variance) / step.alpha_bar
}

/// `v_k' A v_k` for the columns v_k of a basis.
fn diagonal_in(basis: MatRef<'_, f64>, matrix: MatRef<'_, f64>) -> Vec<f64> {
    let turned = matrix * basis;
    let columns = basis.col_iter().zip(turned.col_iter());
    columns.map(|(v, av)| v.transpose() * av).collect()
}

fn look(snapshot: &Snapshot, epoch: Option<usize>, context: Option<&Context>) -> Inspection {
    let non_finite = snapshot.first_non_finite().map(|(tensor, step)| NonFinite {
        tensor,
        step: step + 1,
    });
    let per_step = chosen_steps(snapshot.steps()).into_iter().map(|index| {
        let weight = snapshot.at(index).weight;
        let norm = weight.norm_l2();
        StepInspection {
            step: index + 1,
            norm,
            asymmetry: match norm {
                0.0 => 0.0,
                norm => (&weight - weight.transpose()).norm_l2() / norm,
            },
            against_data: context.map(|context| context.compare(&weight, index)),
        }
    });
    Inspection {
        epoch,
        kind: "per-step",
        steps: snapshot.steps(),
        dim: snapshot.dim(),
        parameters: snapshot.parameters(),
        dtype: match snapshot.precision() {
            Precision::F32 => "f32",
            Precision::F64 => "f64",
        },
        finite: non_finite.is_none(),
        non_finite,
        per_step: per_step.collect(),
    }
}

/// Steps (from 0) spread evenly from the first to the last.
fn chosen_steps(steps: usize) -> Vec<usize> {
    let count = CHOSEN.min(steps);
    let spread = |i: usize| match count {
        1 => 0,
        _ => i * (steps - 1) / (count - 1),
    };
    (0..count).map(spread).collect()
}

impl Inspection {
    /// Charts of the learned spectrum of each chosen step, by file name; none for a bare checkpoint.
    pub fn charts(&self) -> Vec<(String, Chart)> {
        let chart = |step: &StepInspection| {
            let data = step.against_data.as_ref()?;
            let series = |name: &str, values: &[f64], style, color| Series {
                name: name.to_owned(),
                points: (1..).map(f64::from).zip(values.iter().copied()).collect(),
                style,
                color,
            };
            let mut all = vec![
                series("learned", &data.learned_spectrum, Style::Points, 1),
                series("training set", &data.training_spectrum, Style::Dashed, 0),
            ];
            if let Some(truth) = &data.true_spectrum {
                all.push(series("truth", truth, Style::Line, 6));
            }
            let chart = Chart {
                title: format!("step {}, alpha_bar = {:.4}", step.step, data.alpha_bar),
                x_label: "eigenvector of the training covariance".to_owned(),
                y_label: "variance".to_owned(),
                log_x: true,
                log_y: true,
                series: all,
                mark: None,
            };
            Some((format!("step-{:06}", step.step), chart))
        };
        self.per_step.iter().filter_map(chart).collect()
    }
}
