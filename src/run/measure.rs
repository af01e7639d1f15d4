//! A run in memory: trained to its end, and what came of it.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::ladder::Optimum;
use super::memory::check_training;
use super::prediction::{Predicted, RunTheory};
use super::{RunError, Setup};
use crate::config::Optimizer;
use crate::denoiser::CommutingDenoiser;
use crate::gaussian::{Gaussian, KlPair, kl};
use crate::score::Snapshot;
use crate::training::{RunOptions, State, Stop, mean};

/// What a run came to: losses per component, divergences in nats per dimension.
#[derive(Debug, Clone)]
pub struct Measured {
    pub train_loss: f64,
    pub test_loss: Option<f64>,
    pub oracle_loss: Option<f64>,
    /// Absent where it has no closed form.
    pub optimum_train_loss: Option<f64>,
    pub optimum_test_loss: Option<f64>,
    /// Of the truth and what is sampled.
    pub kl: Option<KlPair>,
    /// What theory says beforehand; none where it says nothing.
    pub predicted: Option<Predicted>,
    pub epochs: usize,
    /// Seconds of training and of evaluating it.
    pub seconds: f64,
}

/// What a run ends with.
pub enum Trained {
    /// Weights along the eigenvectors of the training law: from the closed form, or of descent in the eigenbasis.
    Commuting(CommutingDenoiser),
    Network(Snapshot),
}

/// Trains to the end, or solves; `None` if `interrupt` was raised before.
///
/// # Errors
/// [`RunError::Memory`] where the free memory is not enough, and whatever goes wrong in training.
pub fn train_in_memory(
    setup: &Setup,
    interrupt: &AtomicBool,
) -> Result<Option<(Trained, State)>, RunError> {
    check_training(setup)?;
    if !setup.takes_steps() {
        let optimum = Optimum::of(setup, true)?;
        let trained = match optimum.expect("an experiment without a closed form is refused") {
            Optimum::Exact(_, denoiser) => Trained::Commuting(denoiser),
            Optimum::Frozen(snapshot) => Trained::Network(snapshot),
        };
        return Ok(Some((trained, State::at_start(0.0))));
    }
    let mut learner = setup.learner()?;
    if learner.run(RunOptions::default().interrupt(interrupt))? == Stop::Interrupted {
        return Ok(None);
    }
    let trained = match learner.commuting() {
        Some(denoiser) => Trained::Commuting(denoiser),
        None => Trained::Network(learner.snapshot()),
    };
    Ok(Some((trained, learner.state().clone())))
}

/// Trains and evaluates; `None` if it was interrupted.
pub fn measure(setup: &Setup, interrupt: &AtomicBool) -> Result<Option<Measured>, RunError> {
    let start = Instant::now();
    let Some((trained, state)) = train_in_memory(setup, interrupt)? else {
        return Ok(None);
    };
    let (losses, sampled) = match &trained {
        Trained::Commuting(denoiser) => (
            setup.evaluator().losses_in_eigenbasis(denoiser),
            sampled_by(denoiser, setup),
        ),
        Trained::Network(snapshot) => {
            let network = snapshot.denoiser(setup.schedule())?;
            let losses = setup.evaluator().losses(&network);
            (losses, setup.evaluator().sampled(&network)?)
        }
    };
    let optimum = Optimum::of(setup, true)?;
    let optimum = optimum.map(|optimum| optimum.losses(setup)).transpose()?;
    let theory = RunTheory::of(setup, false)?;
    // Where theory says nothing the run counts still.
    let predicted = theory.and_then(|theory| theory.at(setup, &state).ok());
    Ok(Some(Measured {
        train_loss: mean(&losses.0),
        test_loss: losses.1.as_deref().map(mean),
        oracle_loss: setup.evaluator().oracle().map(|o| mean(o)),
        optimum_train_loss: optimum.map(|losses| losses.0),
        optimum_test_loss: optimum.and_then(|losses| losses.1),
        kl: setup.evaluator().truth().map(|truth| kl(truth, &sampled)),
        predicted,
        epochs: state.epoch,
        seconds: start.elapsed().as_secs_f64(),
    }))
}

/// The law of what is sampled by weights in closed form, or as they were trained.
pub fn sampled_by(denoiser: &CommutingDenoiser, setup: &Setup) -> Gaussian {
    match setup.experiment().training.optimizer {
        Optimizer::ClosedForm => setup.evaluator().sampled_in_eigenbasis(denoiser),
        _ => {
            let epsilon = setup.experiment().backend.precision.epsilon();
            setup.evaluator().sampled_by_trained(denoiser, epsilon)
        }
    }
}
