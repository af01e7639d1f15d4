//! A case: runs that differ only in their training sets.

use std::sync::atomic::AtomicBool;

use rayon::prelude::*;

use super::lab::{Lab, check, samples};
use super::seeds::seed;
use super::study::{DescentRun, Study, rate};
use crate::config::{
    DataConfig, Draw, Evaluate, Experiment, Optimizer, RowWeights, Samples, SamplingConfig,
    ScheduleConfig, Source, TrainingConfig,
};
use crate::denoiser::CommutingDenoiser;
use crate::run::{Predicted, RunError, RunTheory, Setup};
use crate::text::statistics::worst;
use crate::training::observer::{Event, ObserverError};
use crate::training::{Observer, RunOptions, State};

/// The number of steps of the schedule, unless a case asks for all.
const STEPS: usize = 20;

/// A kind of run.
#[derive(Debug, Clone)]
pub(super) struct Case {
    /// The name, from which the seeds are made.
    name: String,
    data: DataConfig,
    ridge: f64,
    steps: Option<usize>,
}

impl Case {
    /// A case of a figure. Cases with equal names have the same training sets.
    pub fn new(name: String, source: impl Into<Source>, samples: impl Into<Samples>) -> Self {
        Self {
            name,
            data: DataConfig::new(source.into(), samples),
            ridge: 0.0,
            steps: Some(STEPS),
        }
    }

    /// Runs with N = `ratio` d samples of Gaussian data whose spectrum is a power law. They are named by the figure,
    /// the exponent and the ratio.
    pub fn power_law(dim: usize, figure: &str, exponent: f64, ratio: f64) -> Self {
        let name = format!("{figure}: k = {exponent}, N/d = {ratio}");
        let source = Source::power_law(dim, exponent);
        Self::new(name, source, samples(dim, ratio))
    }

    /// This case with all steps of the schedule.
    pub fn with_all_steps(self) -> Self {
        let steps = None;
        Self { steps, ..self }
    }

    pub fn with_ridge(self, ridge: f64) -> Self {
        Self { ridge, ..self }
    }

    pub fn with_row_weights(self, law: RowWeights) -> Self {
        let data = self.data.row_weights(law);
        Self { data, ..self }
    }

    pub fn with_draw(self, draw: Draw) -> Self {
        let data = self.data.draw(draw);
        Self { data, ..self }
    }

    /// The parts of a repeat before training.
    pub fn untrained(&self, repeat: usize) -> Result<Setup, RunError> {
        self.setup(repeat, 1e-3, 1)
    }

    /// The prediction for networks after so many epochs of descent.
    pub fn predicted(&self, epochs: usize) -> Result<Predicted, RunError> {
        let setup = self.setup(0, 1e-3, epochs)?;
        let theory = RunTheory::of(&setup, false)?;
        let theory = theory.expect("descent from a known truth");
        let rate = rate(&theory)?;
        let state = State {
            epoch: epochs,
            tau: rate * epochs as f64,
            ..State::at_start(rate)
        };
        Ok(theory.at(&setup, &state)?)
    }

    fn setup(&self, repeat: usize, rate: f64, epochs: usize) -> Result<Setup, RunError> {
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
            .seed(seed(&self.name, repeat))
            .schedule(schedule)
            .training(training)
            .sampling(SamplingConfig::default().draws(0));
        Setup::new(experiment.check()?)
    }

    /// Networks after the given numbers of epochs of descent, which must ascend, on `repeats` training sets. The first
    /// [`Lab::trained`] of them are trained by autodiff, the others follow the exact law of descent.
    pub fn study(
        &self,
        lab: &Lab<'_>,
        repeats: usize,
        epochs: &[usize],
    ) -> Result<Study, RunError> {
        let last = *epochs.last().expect("epochs to look at");
        let theory = RunTheory::of(&self.setup(0, 1e-3, last)?, false)?;
        let theory = theory.expect("descent from a known truth");
        let rate = rate(&theory)?;
        let descent = Descent { rate, epochs };
        let (interrupt, trained) = (lab.interrupt, lab.trained());
        let run = |repeat: usize| {
            check(interrupt)?;
            let setup = self.setup(repeat, rate, last)?;
            let denoisers = descent.exact(&setup)?;
            if repeat >= trained {
                return Ok((DescentRun { setup, denoisers }, None));
            }
            let trained = descent.trained(&setup, interrupt)?;
            let departure = departure(&trained, &denoisers);
            let denoisers = trained;
            Ok((DescentRun { setup, denoisers }, Some(departure)))
        };
        let runs = (0..repeats).into_par_iter().map(run);
        let runs: Vec<(DescentRun, Option<f64>)> = runs.collect::<Result<_, RunError>>()?;
        let departures = runs.iter().filter_map(|run| run.1);
        Ok(Study {
            theory,
            rate,
            epochs: epochs.to_vec(),
            departure: departures.reduce(|a, b| worst([a, b])),
            runs: runs.into_iter().map(|run| run.0).collect(),
        })
    }
}

/// Full-batch gradient descent at a constant rate, looked at after some epochs.
struct Descent<'a> {
    rate: f64,
    epochs: &'a [usize],
}

impl Descent<'_> {
    /// The networks of a run after each number of epochs, trained by autodiff.
    fn trained(
        &self,
        setup: &Setup,
        interrupt: &AtomicBool,
    ) -> Result<Vec<CommutingDenoiser>, RunError> {
        let mut looks = Looks {
            epochs: self.epochs,
            denoisers: Vec::new(),
        };
        let options = RunOptions::default()
            .observer(&mut looks)
            .interrupt(interrupt);
        setup.learner()?.run(options)?;
        let denoisers = looks.denoisers;
        if denoisers.len() < self.epochs.len() {
            return Err(RunError::Stopped);
        }
        Ok(denoisers)
    }

    /// The networks by the exact law of n steps at the rate eta from `w0 I`, along an eigenvalue s of the training
    /// covariance:
    ///
    /// ```text
    /// w = (r/x) (1 - q) + w0 q,   x = ab s + 1 - ab + gamma,   q = (1 - 2 eta x)^n
    /// ```
    fn exact(&self, setup: &Setup) -> Result<Vec<CommutingDenoiser>, RunError> {
        let law = setup.laws().train.law()?;
        let experiment = setup.experiment();
        let penalties = experiment.training.penalties().of(experiment.model.kind);
        let start = experiment.model.init;
        let after = |epochs: &usize| {
            CommutingDenoiser::new(&law, setup.schedule(), |step, s| {
                let ridge = penalties.at(step.alpha_bar);
                let x = step.alpha_bar * s + step.noise_variance + ridge;
                let left = (1.0 - 2.0 * self.rate * x).powi(*epochs as i32);
                step.noise_scale() / x * (1.0 - left) + start * left
            })
        };
        Ok(self.epochs.iter().map(after).collect())
    }
}

/// The largest difference between weights of two lists of denoisers, over the largest weight.
fn departure(trained: &[CommutingDenoiser], exact: &[CommutingDenoiser]) -> f64 {
    let weights = |denoisers: &[CommutingDenoiser]| -> Vec<f64> {
        let steps = |denoiser: &CommutingDenoiser| {
            let steps = (0..denoiser.steps()).flat_map(|step| denoiser.weights(step).to_vec());
            steps.collect::<Vec<_>>()
        };
        denoisers.iter().flat_map(steps).collect()
    };
    let (trained, exact) = (weights(trained), weights(exact));
    let pairs = trained.iter().zip(&exact);
    let apart = worst(pairs.map(|(a, b)| (a - b).abs()));
    apart / worst(exact.iter().map(|weight| weight.abs()))
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
