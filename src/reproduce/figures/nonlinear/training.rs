//! The training of the figure's networks.

use rayon::prelude::*;

use crate::config::RateSchedule;
use crate::data::Rows;
use crate::diffusion::Schedule;
use crate::neural::{NetworkConfig, Networks, NeuralDenoiser, Trainer, TrainerConfig};
use crate::reproduce::lab::{Lab, check};
use crate::run::RunError;
use crate::score::TensorDevice;
use crate::training::LearningRate;
use crate::training::optimizer::Adam;

/// The range of sigma that networks are trained on, and the number of levels in it.
const SIGMAS: [f64; 2] = [0.05, 20.0];
const LEVELS: usize = 200;
/// The learning rate of Adam.
const RATE: f64 = 1e-3;
/// The decay of the moving average of the parameters, which is what is measured.
const EMA: f64 = 0.999;

/// A kind of network, and how long it is trained.
pub(super) struct Training {
    pub network: NetworkConfig,
    pub batch_size: usize,
    /// How many networks are trained in common tensors.
    pub together: usize,
    /// The numbers of steps after which the networks are kept; the last is the end.
    pub steps: Vec<u64>,
}

/// A schedule whose sigma goes from the first to the last number, in equal ratios.
pub(super) fn geometric([first, last]: [f64; 2], steps: usize) -> Result<Schedule, RunError> {
    let ratio = (last / first).ln() / (steps - 1) as f64;
    let sigmas: Vec<f64> = (0..steps)
        .map(|i| first * (ratio * i as f64).exp())
        .collect();
    at_sigmas(&sigmas)
}

/// The schedule of growing sigmas: `alpha_bar = 1/(1 + sigma^2)`.
pub(super) fn at_sigmas(sigmas: &[f64]) -> Result<Schedule, RunError> {
    let alpha_bar: Vec<f64> = sigmas.iter().map(|s| 1.0 / (1.0 + s * s)).collect();
    Schedule::from_alpha_bar(&alpha_bar).map_err(|error| RunError::Invalid(error.to_string()))
}

/// The range of sigma that samples are drawn through.
pub(super) fn sampling_schedule(steps: usize) -> Result<Schedule, RunError> {
    geometric(SIGMAS, steps)
}

/// Networks at one number of steps.
pub(super) struct Kept {
    pub step: u64,
    /// In parts that were trained together.
    parts: Vec<Networks>,
    together: usize,
    device: TensorDevice,
}

impl Kept {
    /// A network, by the number of its training set, as a denoiser.
    pub fn denoiser(&self, index: usize, schedule: &Schedule) -> NeuralDenoiser {
        let (part, member) = (index / self.together, index % self.together);
        self.parts[part].denoiser(member, schedule, &self.device)
    }
}

/// Trains a network on each training set, all from the same start and with the same noise. The result has the networks
/// at every number of steps that was asked for.
pub(super) fn train(
    lab: &Lab<'_>,
    training: &Training,
    rows: &[Rows],
    seed: u64,
) -> Result<Vec<Kept>, RunError> {
    let device = TensorDevice::new(Default::default())?;
    let schedule = geometric(SIGMAS, LEVELS)?;
    let config = TrainerConfig {
        network: training.network,
        batch_size: training.batch_size,
        optimizer: Adam::coupled(0.0),
        learning_rate: LearningRate::new(RATE, RateSchedule::Constant, 1),
        ema: EMA,
    };
    let interrupt = lab.interrupt;
    let part = |rows: &[Rows]| -> Result<Vec<Networks>, RunError> {
        let mut trainer = Trainer::new(config, &schedule, rows.to_vec(), seed, &device)?;
        let mut kept = Vec::new();
        for &end in &training.steps {
            while trainer.steps() < end {
                check(interrupt)?;
                trainer.step()?;
            }
            kept.push(trainer.networks().clone());
        }
        Ok(kept)
    };
    let parts = rows.par_chunks(training.together).map(part);
    let parts = parts.collect::<Result<Vec<_>, RunError>>()?;
    let at = |(index, &step): (usize, &u64)| Kept {
        step,
        parts: parts.iter().map(|kept| kept[index].clone()).collect(),
        together: training.together,
        device: device.clone(),
    };
    Ok(training.steps.iter().enumerate().map(at).collect())
}
