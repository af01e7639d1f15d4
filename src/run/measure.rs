//! A run in memory: trained to its end, and measured.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::exact::{Exact, Losses};
use super::memory::check_training;
use super::optimum::{Optimum, Solution};
use super::prediction::{Predicted, RunTheory};
use super::{RunError, Setup};
use crate::gaussian::KlPair;
use crate::training::{RunOptions, State, Stop};

/// The result of a run: losses per component, divergences in nats per dimension.
#[derive(Debug, Clone)]
pub struct Measured {
    /// The losses.
    pub loss: Losses,
    /// The divergences between the truth and the samples.
    pub kl: Option<KlPair>,
    /// The prediction; `None` if theory has none.
    pub predicted: Option<Predicted>,
    /// The number of epochs.
    pub epochs: usize,
    /// The seconds of training and evaluation.
    pub seconds: f64,
}

/// Trains to the end, or solves the closed form. `None` if `interrupt` was raised before the end.
///
/// # Errors
/// [`RunError::Memory`] if the free memory is not enough, and any error of training.
pub fn train_in_memory(
    setup: &Setup,
    interrupt: &AtomicBool,
) -> Result<Option<(Solution, State)>, RunError> {
    check_training(setup)?;
    if !setup.takes_steps() {
        let optimum = Optimum::of(setup, true)?;
        let optimum = optimum.expect("an experiment without a closed form is refused");
        let solution = optimum.solution(setup.schedule());
        return Ok(Some((solution, State::at_start(0.0))));
    }
    let mut learner = setup.learner()?;
    if learner.run(RunOptions::default().interrupt(interrupt))? == Stop::Interrupted {
        return Ok(None);
    }
    let solution = match learner.commuting() {
        Some(denoiser) => Solution::Commuting(denoiser),
        None => Solution::Network(learner.snapshot()),
    };
    Ok(Some((solution, learner.state().clone())))
}

/// Trains and evaluates; `None` if it was interrupted.
pub fn measure(setup: &Setup, interrupt: &AtomicBool) -> Result<Option<Measured>, RunError> {
    let start = Instant::now();
    let Some((solution, state)) = train_in_memory(setup, interrupt)? else {
        return Ok(None);
    };
    let exact = Exact::of(setup, &*solution.denoiser(setup.schedule())?)?;
    let theory = RunTheory::of(setup, false)?;
    // Without a prediction the run still counts.
    let predicted = theory.and_then(|theory| theory.at(setup, &state).ok());
    Ok(Some(Measured {
        loss: exact.losses,
        kl: exact.kl,
        predicted,
        epochs: state.epoch,
        seconds: start.elapsed().as_secs_f64(),
    }))
}
