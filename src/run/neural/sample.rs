//! Draws of one network of a run.

use std::ops::ControlFlow;
use std::path::Path;

use super::checkpoint::NeuralCheckpoint;
use super::summary::chosen;
use crate::data::{Laws, Rows};
use crate::diffusion::Schedule;
use crate::neural::Networks;
use crate::run::{RunDirectory, RunError, WhichCheckpoint};
use crate::sampling::{DrawOptions, StepRule, draw_points, rules};
use crate::score::TensorDevice;

/// One network of a run with its sampler. The rows that it was trained on are not needed.
pub struct NeuralSampler {
    networks: Networks,
    member: usize,
    schedule: Schedule,
    rules: Vec<StepRule>,
    device: TensorDevice,
    laws: Laws,
    seed: u64,
}

impl NeuralSampler {
    /// The network `member` of a checkpoint.
    ///
    /// # Errors
    /// A linear run; no such checkpoint or member.
    pub fn open(
        directory: &RunDirectory,
        checkpoint: WhichCheckpoint,
        member: usize,
    ) -> Result<Self, RunError> {
        let experiment = directory.any_neural_experiment()?;
        let device = TensorDevice::new(experiment.backend)?;
        let read = |path: &Path| NeuralCheckpoint::read(path, &device);
        let networks = directory.checkpoint_by(checkpoint, &read)?.average;
        chosen(Some(member), networks.members())?;
        let laws = directory.read_data()?.laws;
        if laws.dim() != networks.dim() {
            let problem = "the networks do not fit the run's data".to_owned();
            let path = directory.root().to_owned();
            return Err(RunError::Data { path, problem });
        }
        let schedule = experiment.schedule.build()?;
        Ok(Self {
            rules: rules(experiment.sampling.kind, &schedule),
            seed: experiment.seed,
            networks,
            member,
            schedule,
            device,
            laws,
        })
    }

    /// The laws of the run and the frame of its data.
    pub fn laws(&self) -> &Laws {
        &self.laws
    }

    /// The noise levels.
    pub fn schedule(&self) -> &Schedule {
        &self.schedule
    }

    /// The rule of each step of the sampler, the least noise first.
    pub fn rules(&self) -> &[StepRule] {
        &self.rules
    }

    /// The seed of the run.
    pub fn seed(&self) -> u64 {
        self.seed
    }

    /// Draws vectors `[draws, d]` in the coordinates of the training. Networks of one run start from the same noise and
    /// see the same noise.
    pub fn draw(&self, options: DrawOptions, mut progress: impl FnMut(usize, usize)) -> Rows {
        let (schedule, device) = (&self.schedule, &self.device);
        let denoiser = self.networks.denoiser(self.member, schedule, device);
        let drawn = draw_points(&self.rules, &denoiser, options, |done, all| {
            progress(done, all);
            ControlFlow::Continue(())
        });
        drawn.expect("nothing breaks it")
    }
}
