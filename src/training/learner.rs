//! The loop over epochs, blocks of steps and minibatches.

use std::ops::Range;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Instant;

use burn::optim::{GradientsAccumulator, GradientsParams, ModuleOptimizer};
use faer::Col;

use super::checkpoint::{Checkpoint, CheckpointError};
use super::evaluation::{Evaluation, EvaluationError, Evaluator};
use super::objective::{Objective, Pass};
use super::observer::{Event, InTraining, Observer, ObserverError};
use super::rate::LearningRate;
use super::state::{Best, State, Stop};
use crate::config::{self, TrainingConfig};
use crate::denoiser::CommutingDenoiser;
use crate::gaussian::Gaussian;
use crate::score::{ScoreNetwork, Snapshot, TensorDevice};

/// Why training could not go on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum TrainingError {
    #[error("{}", non_finite_message(*epoch, *step, *rate, *stable))]
    NonFinite {
        epoch: usize,
        /// The step of the schedule, from 1.
        step: usize,
        rate: f64,
        /// The largest stable rate, for sgd.
        stable: Option<f64>,
    },
    #[error(
        "the checkpoint has no weights in the eigenbasis: it was made with training.basis = \"data\", go on with that"
    )]
    NoDiagonal,
    #[error(transparent)]
    Evaluation(#[from] EvaluationError),
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    #[error(transparent)]
    Observer(#[from] ObserverError),
}

fn non_finite_message(epoch: usize, step: usize, rate: f64, stable: Option<f64>) -> String {
    let what = format!(
        "the loss is not a finite number at epoch {epoch}, step {step}, with the learning rate {rate:e}"
    );
    match stable {
        Some(stable) if rate > stable => {
            format!("{what}; the largest stable rate is {stable:.6e}: lower training.learning_rate")
        }
        Some(stable) => format!("{what}; the largest stable rate is {stable:.6e}"),
        None => format!("{what}: lower training.learning_rate"),
    }
}

/// A network in training.
pub struct Learner<'a> {
    network: ScoreNetwork,
    optimizer: ModuleOptimizer,
    objective: Objective,
    evaluator: &'a Evaluator,
    config: TrainingConfig,
    rate: LearningRate,
    stable_rate: Option<f64>,
    device: TensorDevice,
    /// m, on which the network is centred
    mean: Col<f64>,
    /// The training law, where the network's weights are diagonal in its eigenvectors.
    eigenbasis: Option<Gaussian>,
    state: State,
    /// Whether the observers were told of the epoch that it stands at.
    announced: bool,
}

impl<'a> Learner<'a> {
    /// A learner at epoch 0. `device` is one with autodiff; `stable_rate` is told where training diverges; the weights are
    /// those in an `eigenbasis`, if there is one.
    #[allow(clippy::too_many_arguments)] // each is a part of its own
    pub fn new(
        network: ScoreNetwork,
        optimizer: ModuleOptimizer,
        objective: Objective,
        evaluator: &'a Evaluator,
        config: &TrainingConfig,
        rate: LearningRate,
        stable_rate: Option<f64>,
        device: TensorDevice,
        mean: Col<f64>,
        eigenbasis: Option<Gaussian>,
    ) -> Self {
        let state = State::at_start(rate.base());
        Self {
            network,
            optimizer,
            objective,
            evaluator,
            config: config.clone(),
            rate,
            stable_rate,
            device,
            mean,
            eigenbasis,
            state,
            announced: false,
        }
    }

    /// Goes back to a checkpoint: its weights, the optimiser's record, and the state.
    pub fn restore(&mut self, checkpoint: Checkpoint) -> Result<(), TrainingError> {
        let fresh = super::optimizer::build(&self.config).expect("a learner takes steps");
        self.optimizer = checkpoint.restore_optimizer(fresh)?;
        self.network = match self.eigenbasis {
            None => ScoreNetwork::from_snapshot(
                &checkpoint.snapshot,
                self.evaluator.schedule(),
                self.network.mean(),
                &self.device,
            ),
            Some(_) => {
                let schedule = self.evaluator.schedule();
                ScoreNetwork::from_diagonal(&checkpoint.snapshot, schedule, &self.device)
                    .ok_or(TrainingError::NoDiagonal)?
            }
        };
        self.state = checkpoint.state;
        self.announced = true;
        Ok(())
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    pub fn network(&self) -> &ScoreNetwork {
        &self.network
    }

    /// The largest stable rate, if one is known (sgd).
    pub fn stable_rate(&self) -> Option<f64> {
        self.stable_rate
    }

    /// The parameters as they are now, on the host.
    pub fn snapshot(&self) -> Snapshot {
        let (schedule, mean) = (self.evaluator.schedule(), &self.mean);
        let precision = self.device.precision();
        match &self.eigenbasis {
            None => self.network.snapshot(precision, schedule, mean),
            Some(law) => {
                let turned = law.basis();
                self.network
                    .snapshot_from_diagonal(turned, precision, schedule, mean)
            }
        }
    }

    /// The network as one number an eigenvector of the training law, if it is trained in these.
    pub fn commuting(&self) -> Option<CommutingDenoiser> {
        let law = self.eigenbasis.as_ref()?;
        let (diagonal, _) = self.network.gather(self.device.precision());
        let numbers = diagonal[0].all();
        let outputs = numbers.chunks_exact(law.dim()).map(<[f64]>::to_vec);
        let (schedule, target) = (self.evaluator.schedule(), self.network.target());
        Some(CommutingDenoiser::of_outputs(
            law,
            schedule,
            target,
            outputs.collect(),
        ))
    }

    /// Trains until the last epoch, an early stop, or `interrupt` (looked at after each epoch), telling the
    /// observers of each epoch, of 0 too.
    pub fn run(
        &mut self,
        observers: &mut [&mut dyn Observer],
        interrupt: &AtomicBool,
    ) -> Result<Stop, TrainingError> {
        if !self.announced {
            self.announced = true;
            let stop = self.finish_epoch(None, observers, interrupt)?;
            if let Some(stop) = stop {
                return Ok(stop);
            }
        }
        loop {
            if self.config.ends_at(self.state.epoch, self.state.tau) {
                return Ok(Stop::Finished);
            }
            let start = Instant::now();
            let loss = self.train_epoch()?;
            self.state.seconds += start.elapsed().as_secs_f64();
            if let Some(stop) = self.finish_epoch(Some(loss), observers, interrupt)? {
                return Ok(stop);
            }
        }
    }

    /// One epoch: every pass over the steps, every part of the network. The mean over passes of the objective, per
    /// component and step.
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
            self.state.tau += rate / (1.0 - self.momentum());
        }
        self.state.epoch += 1;
        let components = self.network.steps() * self.network.dim();
        Ok(total / (count * components) as f64)
    }

    /// The value of the objective over the steps of a part and its gradient, which is a sum where several ranges of steps
    /// share the parameters; or the first step of a range where the value is no finite number.
    fn gradient(&self, pass: &mut Pass<'_>, part: usize) -> Result<(f64, GradientsParams), usize> {
        let module = self.network.part(part);
        let (first, ranges) = self.network.steps_of(part);
        let mut of_range = |chosen: Range<usize>| {
            let start = first + chosen.start;
            let (value, gradients) = pass.gradient(module, first, chosen);
            match value.is_finite() {
                true => Ok((value, gradients)),
                false => Err(start),
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

    fn momentum(&self) -> f64 {
        match self.config.optimizer {
            config::Optimizer::Sgd { momentum, .. } => momentum,
            _ => 0.0,
        }
    }

    /// Evaluates where that is due, settles whether to stop, and tells the observers.
    fn finish_epoch(
        &mut self,
        loss: Option<f64>,
        observers: &mut [&mut dyn Observer],
        interrupt: &AtomicBool,
    ) -> Result<Option<Stop>, TrainingError> {
        let epoch = self.state.epoch;
        let mut stop = None;
        let mut evaluation = None;
        let ends = self.config.ends_at(epoch, self.state.tau);
        if ends || self.config.evaluate.is_due(epoch, self.config.epochs) {
            let evaluated = self.evaluate()?;
            if self.track(&evaluated) {
                stop = Some(Stop::Early);
            }
            evaluation = Some(evaluated);
        }
        if ends {
            stop = Some(Stop::Finished);
        }
        self.state.finished = stop.is_some();
        if stop.is_none() && interrupt.load(Ordering::Relaxed) {
            stop = Some(Stop::Interrupted);
        }
        let event = Event {
            state: &self.state,
            epochs: self.config.epochs,
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
            Some(denoiser) => {
                let epsilon = self.device.precision().epsilon();
                self.evaluator.evaluate_trained(&denoiser, epsilon)
            }
            None => {
                let snapshot = self.snapshot();
                if snapshot.first_non_finite().is_some() {
                    return Err(broken(0));
                }
                self.evaluator.evaluate(&snapshot)?
            }
        };
        let infinite = evaluation.train.iter().position(|loss| !loss.is_finite());
        match infinite {
            Some(step) => Err(broken(step)),
            None => Ok(evaluation),
        }
    }

    /// Keeps the best test loss; whether it is time to stop early. A loss that is no number is never the best.
    fn track(&mut self, evaluation: &Evaluation) -> bool {
        let Some(test_loss) = evaluation.test_loss() else {
            return false;
        };
        let epoch = self.state.epoch;
        let stopping = self.config.early_stopping;
        let min_delta = stopping.map_or(0.0, |s| s.min_delta);
        let better = match self.state.best {
            None => !test_loss.is_nan(),
            Some(best) => test_loss < best.test_loss - min_delta,
        };
        if better {
            self.state.best = Some(Best { epoch, test_loss });
            self.state.stale = 0;
        } else {
            self.state.stale += 1;
        }
        stopping.is_some_and(|s| self.state.stale >= s.patience)
    }

    /// The error that says where numbers stopped being finite; the step is the first with such a weight, or the
    /// first of those whose loss it was.
    fn non_finite(&self, epoch: usize, first_step: usize, rate: f64) -> TrainingError {
        let snapshot = self.snapshot();
        let broken = snapshot.first_non_finite();
        // In a basis of time a weight is of no one step.
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
