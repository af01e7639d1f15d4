//! What is in a checkpoint?

use std::path::Path;

use faer::{Mat, MatRef};
use serde::Serialize;

use super::plots::at_some_ranks;
use super::{RunDirectory, RunError, WhichCheckpoint};
use crate::config::{BackendConfig, Named};
use crate::data::Laws;
use crate::denoiser::{CommutingDenoiser, Denoiser};
use crate::diffusion::{Schedule, Step};
use crate::gaussian::Gaussian;
use crate::neural::read_networks;
use crate::report::{Axis, Chart, Hue, Quantity};
use crate::score::{Parameters, Snapshot, TensorDevice, read_model};
use crate::training::{Checkpoint, MODEL};

/// The number of steps that are shown, from the least noise to the most.
const CHOSEN: usize = 5;

/// The output of `inspect --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Inspection {
    /// The epoch; absent for a bare file of weights.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<usize>,
    /// The kind of network.
    pub kind: &'static str,
    /// What the network predicts.
    pub target: &'static str,
    /// The number of steps; absent for a bare network in a basis of time, which has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub steps: Option<usize>,
    /// The dimension d.
    pub dim: usize,
    /// The number of functions of a time-basis network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub basis: Option<usize>,
    /// The number of hidden units of a two-layer network.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub width: Option<usize>,
    /// The number of parameters.
    pub parameters: usize,
    /// The precision of the weights.
    pub dtype: &'static str,
    /// Whether all numbers are finite.
    pub finite: bool,
    /// The first tensor, and its step (or function of the basis, from 1), with a number that is not finite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_finite: Option<NonFinite>,
    /// Some steps.
    pub per_step: Vec<StepInspection>,
}

#[derive(Debug, Clone, Serialize)]
pub struct NonFinite {
    /// The name of the tensor.
    pub tensor: &'static str,
    /// The step, from 1.
    pub step: usize,
}

/// The weight of one step, of the network's own target. Parts that need the run's data are absent for a bare
/// checkpoint.
#[derive(Debug, Clone, Serialize)]
pub struct StepInspection {
    /// The number of the kept step, from 1; absent for a bare network in a basis of time, which is shown from the
    /// most noise to the least.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub step: Option<usize>,
    /// `alpha_bar`; absent if the schedule is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha_bar: Option<f64>,
    /// The Frobenius norm.
    pub norm: f64,
    /// `||W - W'|| / ||W||`
    pub asymmetry: f64,
    /// The two layers, if there are two.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub layers: Option<LayersInspection>,
    #[serde(flatten)]
    pub against_data: Option<AgainstData>,
}

/// The two layers `W = B A` of a step.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct LayersInspection {
    /// `||B'B - A A'||`, which gradient flow does not change.
    pub balance: f64,
    /// `||B'B - A A'||` over `||B'B|| + ||A A'||`
    pub relative_balance: f64,
    /// The rank in use: the number of singular values of W above a hundredth of the largest.
    pub rank: usize,
}

/// A weight compared with its training set, as a weight of the noise whatever the network predicts.
#[derive(Debug, Clone, Serialize)]
pub struct AgainstData {
    /// `||W - W*|| / ||W*||`, where W* is the optimum of all affine maps on the training set without a ridge
    pub distance_to_optimum: f64,
    /// The share of `||W||^2` that is diagonal in the eigenbasis v_k of the training covariance
    pub diagonal_share: f64,
    /// `(r/w_k - (1 - ab))/ab` with `w_k = v_k' W v_k`: the variances of the data that W implies
    pub learned_spectrum: Vec<f64>,
    /// The spectrum of the training set, by v_k
    pub training_spectrum: Vec<f64>,
    /// The truth along v_k: `v_k' Sigma v_k`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub true_spectrum: Option<Vec<f64>>,
}

/// Inspects a run directory (its checkpoint `which`), the folder of a checkpoint, or a `model.safetensors`.
pub fn inspect(path: &Path, which: WhichCheckpoint) -> Result<Inspection, RunError> {
    if path.is_file() {
        refuse_networks(path)?;
        return look(&read_model(path)?, None, None);
    }
    if path.join("state.json").is_file() {
        refuse_networks(&path.join(MODEL))?;
        let checkpoint = Checkpoint::read(path)?;
        let epoch = Some(checkpoint.state.epoch);
        return look(&checkpoint.snapshot, epoch, None);
    }
    let directory = RunDirectory::open(path)?;
    let checkpoint = directory.checkpoint(which)?;
    let laws = directory.read_data()?.laws;
    let schedule = directory.experiment()?.schedule.build()?;
    let context = Context::new(laws, schedule)?;
    let snapshot = &checkpoint.snapshot;
    let steps = snapshot.steps().unwrap_or(context.schedule.len());
    if context.schedule.len() != steps || context.laws.dim() != snapshot.dim() {
        let problem = "the weights do not fit the run's data and schedule".to_owned();
        let path = path.to_owned();
        return Err(RunError::Data { path, problem });
    }
    let epoch = Some(checkpoint.state.epoch);
    look(&checkpoint.snapshot, epoch, Some(&context))
}

/// Refuses a file of networks that are not linear: without rows little can be said of them.
fn refuse_networks(file: &Path) -> Result<(), RunError> {
    let device = TensorDevice::new(BackendConfig::default())?;
    match read_networks(file, &device) {
        Err(_) => Ok(()),
        Ok(_) => Err(RunError::Data {
            path: file.to_owned(),
            problem: "holds networks that are not linear: give the run directory".to_owned(),
        }),
    }
}

/// What a weight is compared with.
struct Context {
    laws: Laws,
    schedule: Schedule,
    train: Gaussian,
    optimum: CommutingDenoiser,
}

impl Context {
    fn new(laws: Laws, schedule: Schedule) -> Result<Self, RunError> {
        let train = laws.train.law()?;
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

/// The variance s for which `w = r/(ab s + 1 - ab)`.
fn learned(step: &Step, weight: f64) -> f64 {
    (step.noise_scale() / weight - step.noise_variance) / step.alpha_bar
}

/// `v_k' A v_k` for the columns v_k of a basis.
fn diagonal_in(basis: MatRef<'_, f64>, matrix: MatRef<'_, f64>) -> Vec<f64> {
    let turned = matrix * basis;
    let columns = basis.col_iter().zip(turned.col_iter());
    columns.map(|(v, av)| v.transpose() * av).collect()
}

fn look(
    snapshot: &Snapshot,
    epoch: Option<usize>,
    context: Option<&Context>,
) -> Result<Inspection, RunError> {
    let non_finite = snapshot.first_non_finite().map(|(tensor, step)| NonFinite {
        tensor,
        step: step + 1,
    });
    let own = match context {
        Some(_) => None,
        None => spread_schedule(snapshot),
    };
    let schedule = context.map(|context| &context.schedule).or(own.as_ref());
    let network = schedule
        .map(|schedule| snapshot.denoiser(schedule))
        .transpose()?;
    let steps = schedule.map(Schedule::len).or(snapshot.steps());
    let step = |index: usize| {
        let weight = match &network {
            Some(network) => network.output(index).weight,
            None => snapshot.step_weight(index).expect("steps were counted"),
        };
        let norm = weight.norm_l2();
        let against = |context: &Context| {
            let network = network.as_ref().expect("a run has a schedule");
            context.compare(&network.at(index).weight, index)
        };
        StepInspection {
            step: own.is_none().then_some(index + 1),
            alpha_bar: schedule.map(|schedule| schedule.step(index).alpha_bar),
            norm,
            asymmetry: match norm {
                0.0 => 0.0,
                norm => (&weight - weight.transpose()).norm_l2() / norm,
            },
            layers: layers(snapshot, index, &weight),
            against_data: context.map(against),
        }
    };
    let chosen = chosen_steps(steps.unwrap_or_default());
    Ok(Inspection {
        epoch,
        kind: snapshot.kind().name(),
        target: snapshot.target.name(),
        steps: steps.filter(|_| own.is_none()),
        dim: snapshot.dim(),
        basis: snapshot.kind().functions(),
        width: snapshot.kind().width(),
        parameters: snapshot.parameter_count(),
        dtype: snapshot.precision().name(),
        finite: non_finite.is_none(),
        non_finite,
        per_step: chosen.into_iter().map(step).collect(),
    })
}

/// Noise levels spread evenly over the range of a network in a basis of time, about which nothing else is known.
fn spread_schedule(snapshot: &Snapshot) -> Option<Schedule> {
    let Parameters::TimeBasis { basis, .. } = &snapshot.parameters else {
        return None;
    };
    let [low, high] = basis.range();
    let log_snr = |i: usize| high - (high - low) * i as f64 / (CHOSEN - 1) as f64;
    let alpha_bar = (0..CHOSEN).map(|i| 1.0 / (1.0 + (-log_snr(i)).exp()));
    Schedule::from_alpha_bar(&alpha_bar.collect::<Vec<_>>()).ok()
}

fn layers(snapshot: &Snapshot, index: usize, weight: &Mat<f64>) -> Option<LayersInspection> {
    const IN_USE: f64 = 1e-2;
    let Parameters::TwoLayer { down, up, .. } = &snapshot.parameters else {
        return None;
    };
    let (down, up) = (down.matrix(index), up.matrix(index));
    let (outer, inner) = (up.transpose() * &up, &down * down.transpose());
    let balance = (&outer - &inner).norm_l2();
    let sizes = outer.norm_l2() + inner.norm_l2();
    let singular = weight.singular_values().unwrap_or_default();
    let largest = singular.first().copied().unwrap_or_default();
    Some(LayersInspection {
        balance,
        relative_balance: if sizes > 0.0 { balance / sizes } else { 0.0 },
        rank: singular.iter().filter(|s| **s > IN_USE * largest).count(),
    })
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
            let (data, number) = (step.against_data.as_ref()?, step.step?);
            let ranked = |values: &[f64]| -> Vec<(f64, f64)> {
                (1..).map(f64::from).zip(values.iter().copied()).collect()
            };
            let mut chart = Chart::new(
                format!("step {number}, alpha_bar = {:.4}", step.alpha_bar?),
                Axis::log("eigenvector of the training covariance"),
                Axis::log("variance"),
            );
            if let Some(truth) = &data.true_spectrum {
                chart = chart.with(Quantity::new("truth", Hue::Ink).line(ranked(truth)));
            }
            let training = ranked(&data.training_spectrum);
            let learned = ranked(&data.learned_spectrum);
            chart = chart
                .with(Quantity::new("training set", Hue::Blue).line(training))
                .with(Quantity::new("learned", Hue::Red).points(at_some_ranks(&learned)));
            Some((format!("step-{number:06}"), chart))
        };
        self.per_step.iter().filter_map(chart).collect()
    }
}
