//! What is in a checkpoint of networks that are not linear, and how much of what it does is affine?

use std::path::Path;

use serde::Serialize;

use super::NeuralSetup;
use super::checkpoint::NeuralCheckpoint;
use super::losses::middles;
use super::summary::chosen;
use crate::config::{Named, Precision};
use crate::data::Rows;
use crate::denoiser::{Decomposition, PointDenoiser, TestRows};
use crate::diffusion::Schedule;
use crate::neural::{NetworkKind, Networks};
use crate::run::{RunDirectory, RunError, WhichCheckpoint};

/// The draws from which an affine part is measured, for each dimension.
const DRAWS_PER_DIMENSION: usize = 30;
/// The most draws from which it is measured.
const MOST_DRAWS: usize = 6000;

/// The output of `inspect --json` for networks that are not linear.
#[derive(Debug, Clone, Serialize)]
pub struct NeuralInspection {
    /// The epoch of the checkpoint.
    pub epoch: usize,
    /// The kind of network, with its sizes.
    #[serde(flatten)]
    pub kind: NetworkKind,
    /// What it predicts.
    pub target: &'static str,
    /// The number of columns d.
    pub dim: usize,
    /// The number of networks of the run.
    pub networks: usize,
    /// The network that is shown, from 0.
    pub member: usize,
    /// The number of its parameters.
    pub parameters: usize,
    /// The precision of the parameters.
    pub dtype: &'static str,
    /// The first tensor with a number that is not finite.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub non_finite: Option<String>,
    /// Its tensors.
    pub tensors: Vec<TensorInspection>,
    /// How much of what it does is affine, by step.
    pub levels: Vec<AffineInspection>,
    /// Why `levels` is empty, if it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_measured: Option<String>,
}

/// A tensor of a network.
#[derive(Debug, Clone, Serialize)]
pub struct TensorInspection {
    /// Its name.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// The Frobenius norm.
    pub norm: f64,
}

/// A network as the nearest affine map of noised test rows, and the rest. Losses are per component of `x_0`.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct AffineInspection {
    /// The step of the full schedule, from 1.
    pub step: usize,
    /// `alpha_bar` of the step.
    pub alpha_bar: f64,
    /// The share of the variance of the output that is affine.
    pub affine_share: f64,
    /// Its standard error.
    pub affine_share_error: f64,
    /// The test loss: `wiener + affine_excess + nonlinear`.
    pub test_loss: f64,
    /// The loss of Wiener's filter of the test rows.
    pub wiener: f64,
    /// What the affine part loses more than Wiener's filter.
    pub affine_excess: f64,
    /// What the rest adds. It is below 0 where not being affine helps.
    pub nonlinear: f64,
    /// The standard error of `nonlinear`.
    pub nonlinear_error: f64,
}

/// Inspects the network `member` of a checkpoint of a run.
///
/// # Errors
/// A linear run; no such checkpoint or member; rows that cannot be read again.
pub fn inspect_neural(
    directory: &RunDirectory,
    checkpoint: WhichCheckpoint,
    member: usize,
) -> Result<NeuralInspection, RunError> {
    let setup = NeuralSetup::of_run(directory)?;
    let read = |path: &Path| NeuralCheckpoint::read(path, setup.device());
    let checkpoint = directory.checkpoint_by(checkpoint, &read)?;
    setup.check_fits(&checkpoint.average)?;
    chosen(Some(member), setup.pixels().members())?;
    let mut inspection = look(&checkpoint.average, member, checkpoint.state().epoch);
    let (schedule, device) = (setup.schedule(), setup.device());
    let denoiser = checkpoint.average.denoiser(member, schedule, device);
    let draws = (DRAWS_PER_DIMENSION * denoiser.dim()).min(MOST_DRAWS);
    match setup.pixels().test(member, draws) {
        None => inspection.not_measured = Some("there are no test rows".to_owned()),
        Some(_) if inspection.non_finite.is_some() => {
            inspection.not_measured = Some("a parameter is not finite".to_owned());
        }
        Some(rows) => match levels(&denoiser, &rows, schedule, draws, setup.experiment().seed) {
            Ok(levels) => inspection.levels = levels,
            Err(reason) => inspection.not_measured = Some(reason),
        },
    }
    Ok(inspection)
}

/// The tensors of a network.
fn look(networks: &Networks, member: usize, epoch: usize) -> NeuralInspection {
    let config = networks.config();
    let parameters = networks.member(member).parameters();
    let precision = parameters.first().map(|named| named.numbers.precision());
    let non_finite = parameters.iter().find(|named| {
        let precision = named.numbers.precision();
        named.numbers.first_beyond(precision).is_some()
    });
    let tensor = |named: &crate::neural::Named| TensorInspection {
        name: named.name.clone(),
        // The first index is the member.
        shape: named.numbers.shape()[1..].to_vec(),
        norm: named
            .numbers
            .all()
            .iter()
            .map(|x| x * x)
            .sum::<f64>()
            .sqrt(),
    };
    NeuralInspection {
        epoch,
        kind: config.kind,
        target: config.target.name(),
        dim: networks.dim(),
        networks: networks.members(),
        member,
        parameters: networks.parameter_count(),
        dtype: precision.unwrap_or(Precision::F32).name(),
        non_finite: non_finite.map(|named| named.name.clone()),
        tensors: parameters.iter().map(tensor).collect(),
        levels: Vec::new(),
        not_measured: None,
    }
}

/// The parts of what a denoiser does to `draws` or more noised rows at each measured step, or why they cannot be told.
fn levels(
    denoiser: &dyn PointDenoiser,
    rows: &Rows,
    schedule: &Schedule,
    draws: usize,
    seed: u64,
) -> Result<Vec<AffineInspection>, String> {
    let test = TestRows::new(rows.as_matrix()).map_err(|error| error.to_string())?;
    let (steps, of_each) = (middles(schedule.len()), draws.div_ceil(test.count()));
    let found = Decomposition::at_steps(&test, denoiser, schedule, &steps, of_each, seed);
    let found = found.map_err(|error| error.to_string())?;
    let at = |(&index, parts): (&usize, &Decomposition)| AffineInspection {
        step: schedule.original_step(index),
        alpha_bar: schedule.step(index).alpha_bar,
        affine_share: parts.affine_share.value,
        affine_share_error: parts.affine_share.standard_error,
        test_loss: parts.test_loss.value,
        wiener: parts.wiener,
        affine_excess: parts.affine_excess.value,
        nonlinear: parts.nonlinear.value,
        nonlinear_error: parts.nonlinear.standard_error,
    };
    Ok(steps.iter().zip(&found).map(at).collect())
}
