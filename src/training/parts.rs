//! What a learner is made of, and how it runs.

use std::sync::atomic::AtomicBool;

use faer::Col;

use super::objective::Objective;
use super::observer::Observer;
use crate::config::TrainingConfig;
use crate::gaussian::Gaussian;
use crate::sampling::Evaluator;
use crate::score::{ScoreNetwork, TensorDevice};

/// The coordinates of a network's weights.
pub enum Coordinates {
    /// The coordinates of the data. The network is centred on the mean m.
    Data {
        /// The mean m.
        mean: Col<f64>,
    },
    /// The eigenvectors of the training law, in which the weights are diagonal.
    Eigenbasis(Gaussian),
}

impl Coordinates {
    /// The mean m on which the network is centred.
    pub(super) fn mean(&self) -> &Col<f64> {
        match self {
            Self::Data { mean } => mean,
            Self::Eigenbasis(law) => law.mean(),
        }
    }
}

/// The parts of a [`Learner`](super::Learner).
pub struct LearnerParts<'a> {
    /// The network at the start.
    pub network: ScoreNetwork,
    /// What is minimised.
    pub objective: Objective,
    /// The coordinates of the weights.
    pub coordinates: Coordinates,
    /// What the network is evaluated against.
    pub evaluator: &'a Evaluator,
    /// Optimiser, epochs and stopping rules.
    pub training: TrainingConfig,
    /// The learning rate at the start of training.
    pub learning_rate: f64,
    /// The largest stable rate, if one is known: the error names it if training diverges.
    pub stable_rate: Option<f64>,
    /// The device of the tensors, with autodiff.
    pub device: TensorDevice,
}

/// Options of [`Learner::run`](super::Learner::run) that are not a part of the experiment.
///
/// ```
/// use std::sync::atomic::AtomicBool;
/// use lindiff::training::RunOptions;
///
/// let stop = AtomicBool::new(false);
/// let options = RunOptions::default().interrupt(&stop);
/// assert!(options.observers.is_empty());
/// ```
#[derive(Default)]
pub struct RunOptions<'a> {
    /// The observers that are called at each epoch, in order.
    pub observers: Vec<&'a mut dyn Observer>,
    /// If this is raised, training stops at the end of the epoch.
    pub interrupt: Option<&'a AtomicBool>,
}

impl<'a> RunOptions<'a> {
    /// Adds an observer.
    pub fn observer(mut self, observer: &'a mut dyn Observer) -> Self {
        self.observers.push(observer);
        self
    }

    /// Stops training at the end of the epoch in which `flag` is raised.
    pub fn interrupt(mut self, flag: &'a AtomicBool) -> Self {
        self.interrupt = Some(flag);
        self
    }
}
