//! A case: runs that differ only in their seeds.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::lab::{Lab, samples};
use super::study::{Study, TrainedRun};
use crate::config::{
    DataConfig, Draw, Evaluate, Experiment, Optimizer, SamplingConfig, ScheduleConfig, Source,
    TrainingConfig,
};
use crate::denoiser::CommutingDenoiser;
use crate::run::{RunError, RunTheory, Setup};
use crate::training::observer::{Event, ObserverError};
use crate::training::{Observer, RunOptions};

/// The learning rate of the figures, as a share of the largest rate that theory can follow.
const RATE_SHARE: f64 = 0.5;
/// The number of steps of the schedule, unless a case asks for all.
const STEPS: usize = 20;

/// A kind of run.
#[derive(Debug, Clone)]
pub(super) struct Case {
    data: DataConfig,
    ridge: f64,
    steps: Option<usize>,
}

impl Case {
    pub fn new(source: impl Into<Source>, samples: usize) -> Self {
        Self {
            data: DataConfig::new(source.into(), samples),
            ridge: 0.0,
            steps: Some(STEPS),
        }
    }

    /// Runs with N = `ratio` d samples of Gaussian data whose spectrum is a power law.
    pub fn power_law(lab: &Lab<'_>, exponent: f64, ratio: f64) -> Self {
        let source = Source::power_law(lab.dim(), exponent);
        Self::new(source, samples(lab.dim(), ratio))
    }

    /// This case with all steps of the schedule.
    pub fn with_all_steps(self) -> Self {
        let steps = None;
        Self { steps, ..self }
    }

    pub fn with_ridge(self, ridge: f64) -> Self {
        Self { ridge, ..self }
    }

    pub fn with_draw(self, draw: Draw) -> Self {
        let data = self.data.draw(draw);
        Self { data, ..self }
    }

    /// The parts of a run before training.
    pub fn untrained(&self, seed: u64) -> Result<Setup, RunError> {
        self.setup(seed, 1e-3, 1)
    }

    fn setup(&self, seed: u64, rate: f64, epochs: usize) -> Result<Setup, RunError> {
        let schedule = ScheduleConfig {
            keep: self.steps,
            ..ScheduleConfig::default()
        };
        let training = TrainingConfig::default()
            .optimizer(Optimizer::sgd(rate))
            .epochs(epochs)
            .evaluate(Evaluate::Every(epochs))
            .ridge(self.ridge);
        let experiment = Experiment::of(self.data.clone())
            .seed(seed)
            .schedule(schedule)
            .training(training)
            .sampling(SamplingConfig::default().draws(0));
        Setup::new(experiment.check()?)
    }

    /// Trains `repeats` networks by descent, and keeps each of them after the given numbers of epochs, which must
    /// ascend.
    pub fn study(
        &self,
        lab: &Lab<'_>,
        repeats: usize,
        epochs: &[usize],
    ) -> Result<Study, RunError> {
        lab.check()?;
        let last = *epochs.last().expect("epochs to look at");
        let theory = RunTheory::of(&self.setup(1, 1e-3, last)?, false)?;
        let theory = theory.expect("descent from a known truth");
        let rate = RATE_SHARE * theory.largest_rate()?;
        let train = |repeat: usize| self.descend(1 + repeat as u64, rate, epochs, lab.interrupt);
        let runs = (0..repeats).into_par_iter().map(train);
        Ok(Study {
            theory,
            rate,
            epochs: epochs.to_vec(),
            runs: runs.collect::<Result<_, _>>()?,
        })
    }

    fn descend(
        &self,
        seed: u64,
        rate: f64,
        epochs: &[usize],
        interrupt: &AtomicBool,
    ) -> Result<TrainedRun, RunError> {
        let setup = self.setup(seed, rate, *epochs.last().expect("epochs to look at"))?;
        let mut looks = Looks {
            epochs,
            denoisers: Vec::new(),
        };
        let options = RunOptions::default()
            .observer(&mut looks)
            .interrupt(interrupt);
        setup.learner()?.run(options)?;
        let denoisers = looks.denoisers;
        if denoisers.len() < epochs.len() {
            return Err(RunError::Stopped);
        }
        Ok(TrainedRun { setup, denoisers })
    }
}

/// Keeps the network after some epochs.
struct Looks<'a> {
    epochs: &'a [usize],
    denoisers: Vec<CommutingDenoiser>,
}

impl Observer for Looks<'_> {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
        if self.epochs.contains(&event.state.epoch) {
            let denoiser = event.network.commuting();
            self.denoisers
                .push(denoiser.expect("trained in the eigenbasis"));
        }
        Ok(())
    }
}
