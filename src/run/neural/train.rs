//! Trains networks that are not linear into a run directory, or resumes their training.

use std::sync::atomic::AtomicBool;
use std::time::Instant;

use super::NeuralSetup;
use super::checkpoint::NeuralCheckpoint;
use super::losses::{LossMeasure, NeuralLosses};
use super::memory::estimate;
use super::metrics::{NeuralMetrics, overall, tables};
use super::plots::plot_neural;
use super::summary::{NeuralSummary, summarise};
use crate::config::CheckedNeural;
use crate::data::{Dataset, TrainingRows};
use crate::memory;
use crate::neural::Trainer;
use crate::run::train::check_extension;
use crate::run::{Evaluations, Outcome, ResumeFrom, RunDirectory, RunError, WhichCheckpoint};
use crate::text::document;
use crate::training::observer::Checkpoints;
use crate::training::{State, Stop};

/// The noised rows of each kind on which losses are measured in training.
const VECTORS_IN_TRAINING: usize = 400;

/// A finished epoch.
pub struct NeuralEvent<'a> {
    /// The progress of training.
    pub state: &'a State,
    /// The means of the losses over members and steps, if this epoch was evaluated.
    pub losses: Option<NeuralLosses>,
    /// Why this is the last epoch, if it is.
    pub stop: Option<Stop>,
}

/// Options of training that are not a part of the experiment.
#[derive(Default)]
pub struct NeuralOptions<'a> {
    /// If this is raised, training stops at the end of the epoch.
    pub interrupt: Option<&'a AtomicBool>,
    /// Called at each epoch, after tables and checkpoint are written.
    pub epoch: Option<&'a mut dyn FnMut(&NeuralEvent<'_>)>,
    /// Called with the steps done, and the number of all steps, while samples are drawn at the end.
    pub progress: Option<&'a mut dyn FnMut(usize, usize)>,
}

/// A run that ended.
pub struct NeuralTrained {
    /// Why it ended.
    pub stop: Stop,
    /// The state at the end.
    pub state: State,
    /// The evaluations of its checkpoints.
    pub evaluations: Evaluations<NeuralSummary>,
}

/// Trains a run into a new directory.
pub fn train_neural(
    setup: &NeuralSetup,
    directory: &RunDirectory,
    options: NeuralOptions<'_>,
) -> Result<Outcome<NeuralTrained>, RunError> {
    write_data(setup, directory)?;
    run(setup, directory, None, options)
}

/// Resumes a run from a checkpoint, or from the start if it has none yet, as [`resume`](crate::run::resume) does.
///
/// # Errors
/// [`RunError::Gap`] if no checkpoint can make missing rows again, unless a checkpoint is given.
pub fn resume_neural(
    setup: &NeuralSetup,
    directory: &RunDirectory,
    checkpoint: Option<usize>,
    options: NeuralOptions<'_>,
) -> Result<Outcome<NeuralTrained>, RunError> {
    let read = |path: &std::path::Path| NeuralCheckpoint::read(path, setup.device());
    // A damaged last checkpoint is reported before training resumes from any.
    let last = directory.find_by(checkpoint, &read)?;
    let from = resume_neural_from(directory, setup.experiment(), checkpoint)?;
    let found = match (last, from.checkpoint) {
        (Some(last), Some(epoch)) if last.state().epoch != epoch => {
            directory.find_by(Some(epoch), &read)?
        }
        (last, _) => last,
    };
    if !directory.path("data.safetensors").is_file() {
        write_data(setup, directory)?;
    }
    match found {
        Some(found)
            if found.state().is_over(&setup.experiment().training)
                && directory.path("summary.json").is_file() =>
        {
            Ok(Outcome::AlreadyDone {
                epoch: found.state().epoch,
            })
        }
        found => run(setup, directory, found, options),
    }
}

/// Where a run resumes.
///
/// # Errors
/// Those of [`RunDirectory::resume_from`].
pub fn resume_neural_from(
    directory: &RunDirectory,
    experiment: &CheckedNeural,
    asked: Option<usize>,
) -> Result<ResumeFrom, RunError> {
    let steps = experiment.schedule.build()?.len();
    let tables = tables(directory.root(), experiment.members(), steps);
    directory.resume_with(experiment, &tables, asked)
}

/// Gives a run another number of epochs, at least as many as it has done, and records that, as
/// [`extend`](crate::run::extend) does.
///
/// # Errors
/// Not more epochs than it has done; a rate schedule that is spread over them; a run that stopped early.
pub fn extend_neural(
    directory: &RunDirectory,
    experiment: CheckedNeural,
    epochs: usize,
) -> Result<CheckedNeural, RunError> {
    if experiment.training.epochs == epochs {
        return Ok(experiment);
    }
    check_extension(
        &experiment.training,
        directory.last_state().as_ref(),
        epochs,
    )?;
    let experiment = experiment.with(|params| params.training.epochs = epochs)?;
    directory.write_experiment(&experiment)?;
    Ok(experiment)
}

/// Writes the moments and the frame of the data.
fn write_data(setup: &NeuralSetup, directory: &RunDirectory) -> Result<(), RunError> {
    let pixels = setup.pixels();
    directory.write_data(&Dataset {
        laws: pixels.laws.clone(),
        train_rows: TrainingRows::None,
        dropped: 0,
        constant: 0,
        notes: pixels.notes.clone(),
        warnings: Vec::new(),
    })
}

fn run(
    setup: &NeuralSetup,
    directory: &RunDirectory,
    from: Option<NeuralCheckpoint>,
    options: NeuralOptions<'_>,
) -> Result<Outcome<NeuralTrained>, RunError> {
    let NeuralOptions {
        interrupt,
        epoch,
        progress,
    } = options;
    estimate(setup)?.check_neural(memory::available())?;
    let experiment = setup.experiment();
    let (members, steps) = (experiment.members(), setup.schedule().len());
    let after = from.as_ref().map(|from| from.state().epoch);
    let tables = tables(directory.root(), members, steps);
    let mut learner = NeuralLearner {
        trainer: setup.trainer()?,
        measure: LossMeasure::new(setup, VECTORS_IN_TRAINING)?,
        metrics: NeuralMetrics::open(tables, after)?,
        checkpoints: Checkpoints::new(&directory.checkpoints(), experiment.training.checkpoints),
        state: State::at_start(experiment.learning_rate()),
        restored: false,
        setup,
    };
    // A run that was killed between its last epoch and its evaluation has only the evaluation left.
    let stop = match from {
        Some(from) if from.state().is_over(&experiment.training) => {
            learner.state = from.state().clone();
            Stop::Finished
        }
        Some(from) => {
            learner.restore(&from)?;
            learner.run(interrupt, epoch)?
        }
        None => learner.run(interrupt, epoch)?,
    };
    let state = learner.state.clone();
    drop(learner);
    match stop {
        Stop::Interrupted => Ok(Outcome::Interrupted { epoch: state.epoch }),
        stop => finish(setup, directory, stop, state, progress),
    }
}

/// Networks in training, with all that an epoch writes.
struct NeuralLearner<'a> {
    setup: &'a NeuralSetup,
    trainer: Trainer,
    measure: LossMeasure<'a>,
    metrics: NeuralMetrics,
    checkpoints: Checkpoints,
    state: State,
    /// Whether epoch 0 is done.
    restored: bool,
}

impl NeuralLearner<'_> {
    fn restore(&mut self, from: &NeuralCheckpoint) -> Result<(), RunError> {
        let steps = from.state().epoch as u64 * self.trainer.steps_per_epoch();
        let resumed = from.resumed(steps, self.setup.device())?;
        let restored = self.trainer.restore(resumed);
        restored.map_err(|problem| RunError::Invalid(format!("the checkpoint: {problem}")))?;
        self.state = from.state().clone();
        self.restored = true;
        Ok(())
    }

    fn run(
        &mut self,
        interrupt: Option<&AtomicBool>,
        mut told: Option<&mut dyn FnMut(&NeuralEvent<'_>)>,
    ) -> Result<Stop, RunError> {
        let mut silent = |_: &NeuralEvent<'_>| {};
        let told: &mut dyn FnMut(&NeuralEvent<'_>) = match &mut told {
            Some(told) => told,
            None => &mut silent,
        };
        let training = &self.setup.experiment().training;
        if !self.restored
            && let Some(stop) = self.finish_epoch(None, interrupt, told)?
        {
            return Ok(stop);
        }
        loop {
            if training.ends_at(self.state.epoch, self.state.tau) {
                return Ok(Stop::Finished);
            }
            let start = Instant::now();
            let objective = self.trainer.epoch()?;
            let objective = objective.iter().sum::<f64>() / objective.len() as f64;
            self.state.seconds += start.elapsed().as_secs_f64();
            self.state.epoch += 1;
            if let Some(stop) = self.finish_epoch(Some(objective), interrupt, told)? {
                return Ok(stop);
            }
        }
    }

    /// Evaluates if the epoch is due for it, decides whether to stop, and writes tables and checkpoint.
    fn finish_epoch(
        &mut self,
        objective: Option<f64>,
        interrupt: Option<&AtomicBool>,
        told: &mut dyn FnMut(&NeuralEvent<'_>),
    ) -> Result<Option<Stop>, RunError> {
        let training = &self.setup.experiment().training;
        let epoch = self.state.epoch;
        let ends = training.ends_at(epoch, self.state.tau);
        let (mut early, mut losses) = (false, None);
        if ends || training.evaluate.is_due(epoch, training.epochs) {
            let members = 0..self.setup.pixels().members();
            let networks = self.trainer.networks();
            let measured = members.map(|member| self.measure.losses(networks, member));
            let measured: Vec<_> = measured.collect();
            let mean = overall(&measured);
            early = self.state.track(mean.test_loss, training.early_stopping);
            losses = Some((measured, mean));
        }
        let stop = self.state.stop(early, ends, interrupt);
        if let Some((measured, _)) = &losses {
            self.metrics.write(&self.state, measured, objective)?;
        }
        let due = losses.is_some() || stop.is_some();
        let (trainer, state) = (&self.trainer, &self.state);
        self.checkpoints.after_epoch(state, due, |path| {
            NeuralCheckpoint::write(path, trainer, state)
        })?;
        told(&NeuralEvent {
            state: &self.state,
            losses: losses.map(|losses| losses.1),
            stop,
        });
        Ok(stop)
    }
}

/// Evaluates the last and the best checkpoint, and writes `summary.json` and the plots.
fn finish(
    setup: &NeuralSetup,
    directory: &RunDirectory,
    stop: Stop,
    state: State,
    progress: Option<&mut dyn FnMut(usize, usize)>,
) -> Result<Outcome<NeuralTrained>, RunError> {
    let read = |path: &std::path::Path| NeuralCheckpoint::read(path, setup.device());
    let at = |epoch| directory.checkpoint_by(WhichCheckpoint::Epoch(epoch), &read);
    let draws = setup.experiment().sampling.draws;
    let last = summarise(setup, &at(state.epoch)?, None, draws, progress)?;
    let best = match state.best {
        Some(best) if best.epoch == state.epoch => Some(last.clone()),
        Some(best) => Some(summarise(setup, &at(best.epoch)?, None, 0, None)?),
        None => None,
    };
    plot_neural(setup, directory, &last)?;
    let evaluations = Evaluations { last, best };
    directory.write("summary.json", document(&evaluations).as_bytes())?;
    Ok(Outcome::Done(Box::new(NeuralTrained {
        stop,
        state,
        evaluations,
    })))
}
