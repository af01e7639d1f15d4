//! The loop over epochs, blocks of steps and minibatches.

use std::ops::Range;
use std::sync::atomic::AtomicBool;
use std::time::Instant;

use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};

use super::checkpoint::Checkpoint;
use super::error::TrainingError;
use super::objective::{Objective, Pass};
use super::observer::{Event, InTraining, Observer};
use super::optimizer;
use super::parts::{Coordinates, LearnerParts, RunOptions};
use super::rate::LearningRate;
use super::state::{State, Stop};
use crate::config::TrainingConfig;
use crate::denoiser::CommutingDenoiser;
use crate::sampling::{Evaluation, Evaluator};
use crate::score::{ScoreNetwork, Snapshot, TensorDevice};

/// A network in training, made by `run::Setup::learner`.
///
/// An [`Observer`] is told of each epoch:
///
/// ```
/// use lindiff::config::{Experiment, ScheduleConfig, Source, TrainingConfig};
/// use lindiff::run::Setup;
/// use lindiff::training::observer::{Event, ObserverError};
/// use lindiff::training::{Observer, RunOptions, Stop};
///
/// struct TestLosses(Vec<f64>);
///
/// impl Observer for TestLosses {
///     fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
///         self.0.extend(event.evaluation.and_then(|evaluation| evaluation.test_loss()));
///         Ok(())
///     }
/// }
///
/// let experiment = Experiment::new(Source::power_law(6, 1.0), 20)
///     .schedule(ScheduleConfig::linear(50, 1e-3, 0.1))
///     .training(TrainingConfig::default().epochs(3))
///     .check()?;
/// let setup = Setup::new(experiment)?;
/// let mut seen = TestLosses(Vec::new());
/// let stop = setup.learner()?.run(RunOptions::default().observer(&mut seen))?;
/// assert_eq!(stop, Stop::Finished);
/// // Epochs 0, 1, 2 and 3 were evaluated.
/// assert_eq!(seen.0.len(), 4);
/// # Ok::<(), lindiff::run::RunError>(())
/// ```
pub struct Learner<'a> {
    network: ScoreNetwork,
    optimizer: ModuleOptimizer,
    objective: Objective,
    coordinates: Coordinates,
    evaluator: &'a Evaluator,
    training: TrainingConfig,
    rate: LearningRate,
    stable_rate: Option<f64>,
    device: TensorDevice,
    state: State,
    /// Whether the observers have been called for the current epoch.
    announced: bool,
}

impl<'a> Learner<'a> {
    /// A learner at epoch 0; `None` if the optimiser takes no steps (the closed form).
    pub fn new(parts: LearnerParts<'a>) -> Option<Self> {
        let LearnerParts {
            network,
            objective,
            coordinates,
            evaluator,
            training,
            learning_rate,
            stable_rate,
            device,
        } = parts;
        Some(Self {
            network,
            optimizer: optimizer::build(&training)?,
            objective,
            coordinates,
            evaluator,
            rate: LearningRate::new(learning_rate, training.lr_schedule, training.epochs),
            training,
            stable_rate,
            device,
            state: State::at_start(learning_rate),
            announced: false,
        })
    }

    /// Goes back to a checkpoint: its weights, the record of the optimiser, and the state.
    pub fn restore(&mut self, checkpoint: Checkpoint) -> Result<(), TrainingError> {
        let fresh = optimizer::build(&self.training).expect("a learner takes steps");
        self.optimizer = checkpoint.restore_optimizer(fresh)?;
        self.network = match self.coordinates {
            Coordinates::Data { .. } => ScoreNetwork::from_snapshot(
                &checkpoint.snapshot,
                self.evaluator.schedule(),
                self.network.mean(),
                &self.device,
            ),
            Coordinates::Eigenbasis(_) => {
                let schedule = self.evaluator.schedule();
                ScoreNetwork::from_diagonal(&checkpoint.snapshot, schedule, &self.device)
                    .ok_or(TrainingError::NoDiagonal)?
            }
        };
        self.state = checkpoint.state;
        self.announced = true;
        Ok(())
    }

    /// The progress of training.
    pub fn state(&self) -> &State {
        &self.state
    }

    /// The network.
    pub fn network(&self) -> &ScoreNetwork {
        &self.network
    }

    /// The largest stable learning rate, if one is known (sgd).
    pub fn stable_rate(&self) -> Option<f64> {
        self.stable_rate
    }

    /// The current parameters on the host.
    pub fn snapshot(&self) -> Snapshot {
        let (schedule, mean) = (self.evaluator.schedule(), self.coordinates.mean());
        let precision = self.device.precision();
        match &self.coordinates {
            Coordinates::Data { .. } => self.network.snapshot(precision, schedule, mean),
            Coordinates::Eigenbasis(law) => {
                let turned = law.basis();
                self.network
                    .snapshot_from_diagonal(turned, precision, schedule, mean)
            }
        }
    }

    /// The network as one coefficient for each eigenvector of the training law, if it is trained in the eigenbasis.
    pub fn commuting(&self) -> Option<CommutingDenoiser> {
        let Coordinates::Eigenbasis(law) = &self.coordinates else {
            return None;
        };
        let (diagonal, _) = self.network.gather(self.device.precision());
        let numbers = diagonal[0].all();
        let outputs = numbers.chunks_exact(law.dim()).map(<[f64]>::to_vec);
        let (schedule, target) = (self.evaluator.schedule(), self.network.target());
        let denoiser = CommutingDenoiser::of_outputs(law, schedule, target, outputs.collect());
        Some(denoiser.with_weight_epsilon(self.device.precision().epsilon()))
    }

    /// Trains until the last epoch, an early stop, or an interrupt. Calls the observers at each epoch, including
    /// epoch 0.
    pub fn run(&mut self, options: RunOptions<'_>) -> Result<Stop, TrainingError> {
        let RunOptions {
            mut observers,
            interrupt,
        } = options;
        if !self.announced {
            self.announced = true;
            if let Some(stop) = self.finish_epoch(None, &mut observers, interrupt)? {
                return Ok(stop);
            }
        }
        loop {
            if self.training.ends_at(self.state.epoch, self.state.tau) {
                return Ok(Stop::Finished);
            }
            let start = Instant::now();
            let loss = self.train_epoch()?;
            self.state.seconds += start.elapsed().as_secs_f64();
            if let Some(stop) = self.finish_epoch(Some(loss), &mut observers, interrupt)? {
                return Ok(stop);
            }
        }
    }

    /// One epoch: every pass over the steps, for every part of the network. Returns the mean of the objective over
    /// passes, per component and step.
    fn train_epoch(&mut self) -> Result<f64, TrainingError> {
        let rate = self.rate.at(self.state.epoch);
        let passes = self.objective.passes(self.state.epoch);
        let count = passes.len();
        let mut total = 0.0;
        for mut pass in passes {
            for part in 0..self.network.part_count() {
                let (loss, gradients) = self
                    .gradient(&mut pass, part)
                    .map_err(|step| self.non_finite(self.state.epoch + 1, step, rate))?;
                total += loss;
                let optimizer = &mut self.optimizer;
                self.network
                    .update_part(part, |module| optimizer.step(rate, module, gradients));
            }
            self.state.tau += rate / (1.0 - self.training.optimizer.momentum());
        }
        self.state.epoch += 1;
        let components = self.network.steps() * self.network.dim();
        Ok(total / (count * components) as f64)
    }

    /// The value of the objective over the steps of a part, and its gradient. If several ranges of steps share the
    /// parameters, both are sums. The error is the first step of a range whose value is not finite.
    fn gradient(&self, pass: &mut Pass<'_>, part: usize) -> Result<(f64, GradientsParams), usize> {
        let module = self.network.part(part);
        let (first, ranges) = self.network.steps_of(part);
        let mut of_range = |chosen: Range<usize>| {
            let start = first + chosen.start;
            let (value, gradients) = pass.gradient(module, first, chosen);
            if value.is_finite() {
                Ok((value, gradients))
            } else {
                Err(start)
            }
        };
        if let [whole] = &ranges[..] {
            return of_range(whole.clone());
        }
        let (mut total, mut sum) = (0.0, GradientsAccumulator::new());
        for chosen in ranges {
            let (value, gradients) = of_range(chosen)?;
            total += value;
            sum.accumulate(module, gradients);
        }
        Ok((total, sum.grads()))
    }

    /// Evaluates if the epoch is due for it, decides whether to stop, and calls the observers.
    fn finish_epoch(
        &mut self,
        loss: Option<f64>,
        observers: &mut [&mut dyn Observer],
        interrupt: Option<&AtomicBool>,
    ) -> Result<Option<Stop>, TrainingError> {
        let epoch = self.state.epoch;
        let (mut early, mut evaluation) = (false, None);
        let ends = self.training.ends_at(epoch, self.state.tau);
        if ends || self.training.evaluate.is_due(epoch, self.training.epochs) {
            let evaluated = self.evaluate()?;
            let test_loss = evaluated.test_loss();
            early = self.state.track(test_loss, self.training.early_stopping);
            evaluation = Some(evaluated);
        }
        let stop = self.state.stop(early, ends, interrupt);
        let event = Event {
            state: &self.state,
            epochs: self.training.epochs,
            rate: self.rate.at(epoch.saturating_sub(1)),
            objective: loss,
            evaluation: evaluation.as_ref(),
            stop,
            network: self,
        };
        for observer in observers {
            observer.epoch(&event)?;
        }
        Ok(stop)
    }

    fn evaluate(&self) -> Result<Evaluation, TrainingError> {
        let rate = self.rate.at(self.state.epoch.saturating_sub(1));
        let broken = |step| self.non_finite(self.state.epoch, step, rate);
        let evaluation = match self.commuting() {
            Some(denoiser) => self.evaluator.evaluate(&denoiser)?,
            None => {
                let snapshot = self.snapshot();
                if snapshot.first_non_finite().is_some() {
                    return Err(broken(0));
                }
                let network = snapshot.denoiser(self.evaluator.schedule())?;
                self.evaluator.evaluate(&network)?
            }
        };
        let infinite = evaluation.train.iter().position(|loss| !loss.is_finite());
        match infinite {
            Some(step) => Err(broken(step)),
            None => Ok(evaluation),
        }
    }

    /// The error for numbers that stopped being finite. It names the first step with such a weight, or else the first
    /// step whose loss is not finite.
    fn non_finite(&self, epoch: usize, first_step: usize, rate: f64) -> TrainingError {
        let snapshot = self.snapshot();
        let broken = snapshot.first_non_finite();
        // In a basis of time a weight belongs to no single step.
        let step = match (snapshot.steps(), broken) {
            (Some(_), Some((_, step))) => step,
            _ => first_step,
        };
        TrainingError::NonFinite {
            epoch,
            step: self.evaluator.schedule().original_step(step),
            rate,
            stable: self.stable_rate,
        }
    }
}

impl InTraining for Learner<'_> {
    fn snapshot(&self) -> Snapshot {
        self.snapshot()
    }

    fn commuting(&self) -> Option<CommutingDenoiser> {
        self.commuting()
    }

    fn optimizer(&self) -> &ModuleOptimizer {
        &self.optimizer
    }

    fn stable_rate(&self) -> Option<f64> {
        self.stable_rate
    }
}
