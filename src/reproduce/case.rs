//! A case: runs that differ only in their seeds.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;
use toml::Value;

use super::lab::{Lab, samples};
use super::study::{Study, TrainedRun};
use crate::config::{Draft, Setting};
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
    draft: Draft,
    settings: Vec<Setting>,
    samples: usize,
    steps: Option<usize>,
}

impl Case {
    pub fn new(source: Draft, samples: usize) -> Self {
        Self {
            draft: source,
            settings: Vec::new(),
            samples,
            steps: Some(STEPS),
        }
    }

    /// Runs with N = `ratio` d samples of Gaussian data whose spectrum is a power law.
    pub fn power_law(lab: &Lab<'_>, exponent: f64, ratio: f64) -> Self {
        Self::new(Draft::empty(), samples(lab.dim(), ratio))
            .with("data.source", "power-law")
            .with("data.dim", whole(lab.dim()))
            .with("data.exponent", exponent)
    }

    /// This case with all steps of the schedule.
    pub fn with_all_steps(mut self) -> Self {
        self.steps = None;
        self
    }

    pub fn with_ridge(self, ridge: f64) -> Self {
        self.with("training.ridge", ridge)
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.settings.push(Setting::new(key, value));
        self
    }

    /// The parts of a run before training.
    pub fn untrained(&self, seed: u64) -> Result<Setup, RunError> {
        self.setup(seed, 1e-3, 1)
    }

    fn setup(&self, seed: u64, rate: f64, epochs: usize) -> Result<Setup, RunError> {
        let mut settings = self.settings.clone();
        settings.extend([
            Setting::new("seed", seed as i64),
            Setting::new("data.samples", whole(self.samples)),
            Setting::new("training.learning_rate", rate),
            Setting::new("training.epochs", whole(epochs)),
            Setting::new("training.evaluate", whole(epochs)),
            Setting::new("sampling.draws", 0),
        ]);
        let keep = self
            .steps
            .map(|keep| Setting::new("schedule.keep", whole(keep)));
        settings.extend(keep);
        Setup::new(self.draft.with(&settings)?.experiment)
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

/// A whole number for TOML.
pub(super) fn whole(number: usize) -> i64 {
    number as i64
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
