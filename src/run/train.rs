//! Trains a run into its directory, or resumes one.

use std::sync::atomic::AtomicBool;

use serde::Serialize;

use super::optimum::Optimum;
use super::plots::plot_run;
use super::prediction::RunTheory;
use super::{Estimate, RunDirectory, RunError, Setup, Summary, WhichCheckpoint, summarise};
use crate::config::{
    self, CheckedExperiment, ModelKind, Named, Optimizer, RateSchedule, TrainingConfig,
};
use crate::memory;
use crate::score::ScoreNetwork;
use crate::text::document;
use crate::training::observer::{Checkpoints, Metrics, checkpoint_path};
use crate::training::{Best, Checkpoint, Observer, RunOptions, State, Stop};

/// Options of training that are not a part of the experiment.
#[derive(Default)]
pub struct TrainOptions<'a> {
    /// If this is raised, training stops at the end of the epoch.
    pub interrupt: Option<&'a AtomicBool>,
    /// The observers that are called at each epoch, after metrics and checkpoint are written.
    pub observers: Vec<&'a mut dyn Observer>,
    /// Called with the steps done, and the number of all steps, while samples are drawn at the end.
    pub progress: Option<&'a mut dyn FnMut(usize, usize)>,
}

/// The outcome of a run, with what is told of one that ended.
pub enum Outcome<T = Trained> {
    /// The run ended and was evaluated.
    Done(Box<T>),
    /// The run was interrupted at an epoch, and left a checkpoint.
    Interrupted {
        /// The epoch.
        epoch: usize,
    },
    /// The run had ended before. Nothing was changed.
    AlreadyDone {
        /// The epoch.
        epoch: usize,
    },
}

/// A run that ended.
pub struct Trained {
    /// Why it ended.
    pub stop: Stop,
    /// The state at the end.
    pub state: State,
    /// The evaluations of its checkpoints.
    pub evaluations: Evaluations,
    /// Theory's advice on the ridge, if there is any.
    pub ridge: Option<RidgeAdvice>,
    /// Whether the test loss is that of rows, not of the truth.
    pub real_test: bool,
    /// Whether rows have weights: their law is then not the Gaussian that divergences compare with.
    pub weighted: bool,
    /// The test loss of the last epoch during training, before the weights were saved.
    pub test_in_training: Option<f64>,
    /// Whether the learning rate was equal in all epochs.
    pub constant_rate: bool,
}

/// The best ridge gamma, its predicted test loss at the end of training, and that of the run's own ridge.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RidgeAdvice {
    /// The best ridge.
    pub ridge: f64,
    /// The weight decay that equals this ridge; absent if decay is not a ridge (time-basis, two-layer).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub weight_decay: Option<f64>,
    /// Whether the run has a weight decay, which is a part of its ridge.
    #[serde(skip)]
    pub decays: bool,
    /// The test loss with the best ridge.
    pub test_loss: f64,
    /// The test loss with the run's own ridge.
    pub test_loss_own: f64,
}

/// The content of `summary.json`: the last checkpoint and that of the lowest test loss.
#[derive(Debug, Clone, Serialize)]
pub struct Evaluations<S = Summary> {
    /// The last checkpoint.
    pub last: S,
    /// The checkpoint of the lowest test loss; absent without a test set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<S>,
}

/// Refuses what would make training fail, before anything is written.
pub fn check_trainable(setup: &Setup, given_weights: bool) -> Result<(), RunError> {
    if given_weights && setup.experiment().training.optimizer == Optimizer::ClosedForm {
        let problem = "--init: the closed form starts from nothing (training.optimizer)";
        return Err(RunError::Invalid(problem.to_owned()));
    }
    if let Some(theory) = RunTheory::of(setup, given_weights)? {
        theory.ensemble()?;
    }
    setup.in_eigenbasis(given_weights).map(|_| ())
}

/// Trains a run into a new directory. If initial weights were written there, training starts from them.
pub fn train(
    setup: &Setup,
    directory: &RunDirectory,
    options: TrainOptions<'_>,
) -> Result<Outcome, RunError> {
    directory.write_data(setup.dataset())?;
    run(setup, directory, None, options)
}

/// Resumes a run from a checkpoint, or from the start if it has none yet. If no checkpoint is given it takes the last
/// one. If rows of the tables before that are missing, it takes the last checkpoint before those rows, so that they
/// are made again.
///
/// The setup is made from the experiment in the directory.
///
/// # Errors
/// [`RunError::Gap`] if no checkpoint can make missing rows again, unless a checkpoint is given.
pub fn resume(
    setup: &Setup,
    directory: &RunDirectory,
    checkpoint: Option<usize>,
    options: TrainOptions<'_>,
) -> Result<Outcome, RunError> {
    // A damaged last checkpoint is reported before training resumes from any.
    let last = directory.find_checkpoint(checkpoint)?;
    let from = directory.resume_from(setup.experiment(), checkpoint)?;
    let found = match (last, from.checkpoint) {
        (Some(last), Some(epoch)) if last.state.epoch != epoch => {
            directory.find_checkpoint(Some(epoch))?
        }
        (last, _) => last,
    };
    if let Some(found) = &found {
        setup.check_fits(&found.snapshot)?;
        let (got, expected) = (found.snapshot.precision(), setup.device().precision());
        if got != expected {
            let (got, expected) = (got.name(), expected.name());
            return Err(RunError::Data {
                path: directory.path("config.toml"),
                problem: format!(
                    "backend.precision = {expected:?}, and the run was begun with {got:?}: put {got:?} back"
                ),
            });
        }
    }
    if directory.path("data.safetensors").is_file() {
        setup.check_same(&directory.read_data()?.laws, directory)?;
    } else {
        directory.write_data(setup.dataset())?;
    }
    match found {
        Some(found)
            if found.state.is_over(&setup.experiment().training)
                && directory.path("summary.json").is_file() =>
        {
            Ok(Outcome::AlreadyDone {
                epoch: found.state.epoch,
            })
        }
        found => run(setup, directory, found, options),
    }
}

/// Gives a run another number of epochs, at least as many as it has done, and records that. Returns the changed
/// experiment.
///
/// The resumed run then ends like one with that number of epochs from the start: with the same weights to the byte.
///
/// # Errors
/// Not more epochs than it has done; a run whose end does not depend on the epochs; a rate schedule that is spread
/// over them.
pub fn extend(directory: &RunDirectory, epochs: usize) -> Result<CheckedExperiment, RunError> {
    let experiment = directory.experiment_to_train()?;
    if experiment.training.epochs == epochs {
        return Ok(experiment);
    }
    let last = directory.find_checkpoint(None)?.map(|last| last.state);
    check_extension(&experiment.training, last.as_ref(), epochs)?;
    let experiment = experiment.with(|params| params.training.epochs = epochs)?;
    directory.write_experiment(&experiment)?;
    Ok(experiment)
}

/// Refuses another number of epochs for a run that could not go on to it. `last` is the state of its last checkpoint.
pub(super) fn check_extension(
    training: &TrainingConfig,
    last: Option<&State>,
    epochs: usize,
) -> Result<(), RunError> {
    let refuse = |problem: &str| Err(RunError::Invalid(format!("--epochs {epochs}: {problem}")));
    if training.optimizer == config::Optimizer::ClosedForm {
        return refuse("the closed form is solved, not trained (training.optimizer)");
    }
    if training.lr_schedule == RateSchedule::Cosine {
        return refuse(
            "the rates of training.lr_schedule = \"cosine\" are spread over the epochs: train another run with more of them",
        );
    }
    if let Some(last) = last {
        let done = last.epoch;
        if done > epochs || last.finished && done == epochs {
            return refuse(&format!("the run has done {done} epochs: give more"));
        }
        if last.stopped_early(training) {
            return refuse(
                "the run stopped early (training.early_stopping), and would do so again at once",
            );
        }
        if last.finished && training.reaches_tau(last.tau) {
            return refuse(
                "the run ended where training.tau was reached: train another run with a larger one",
            );
        }
    }
    Ok(())
}

fn run(
    setup: &Setup,
    directory: &RunDirectory,
    from: Option<Checkpoint>,
    options: TrainOptions<'_>,
) -> Result<Outcome, RunError> {
    let TrainOptions {
        interrupt,
        observers,
        progress,
    } = options;
    let mut silent = |_, _| {};
    let progress = progress.unwrap_or(&mut silent);
    let init = directory.read_init()?;
    Estimate::of(setup, init.is_some())?.check(setup, memory::available())?;
    let theory = RunTheory::of(setup, init.is_some())?;
    let predict = |state: &State| {
        // A prediction that fails is left out, and training goes on.
        let losses = theory.as_ref()?.losses_at(state).ok()??;
        Some((losses.train_loss, losses.test_loss))
    };
    if !setup.takes_steps() {
        let state = solve(setup, directory)?;
        return finish(
            setup,
            directory,
            Stop::Finished,
            state,
            theory.as_ref(),
            progress,
        );
    }
    let mut learner = match &init {
        Some(init) => setup.learner_from(init)?,
        None => setup.learner()?,
    };
    let after = from.as_ref().map(|c| c.state.epoch);
    let timed = matches!(
        setup.experiment().training.optimizer,
        config::Optimizer::Sgd { .. }
    );
    let mut metrics = Metrics::open(directory.root(), after, setup.schedule(), timed, &predict)?;
    let keep = setup.experiment().training.checkpoints;
    let mut checkpoints = Checkpoints::new(&directory.checkpoints(), keep);
    let training = &setup.experiment().training;
    let ended = from.as_ref().is_some_and(|c| c.state.is_over(training));
    if let Some(checkpoint) = from {
        learner.restore(checkpoint)?;
    }
    // The run was killed between its last epoch and its evaluation: only the evaluation remains.
    let stop = if ended {
        Stop::Finished
    } else {
        let mut told: Vec<&mut dyn Observer> = vec![&mut metrics, &mut checkpoints];
        for observer in observers {
            told.push(observer);
        }
        learner.run(RunOptions {
            observers: told,
            interrupt,
        })?
    };
    let state = learner.state().clone();
    drop(learner);
    match stop {
        Stop::Interrupted => Ok(Outcome::Interrupted { epoch: state.epoch }),
        stop => finish(setup, directory, stop, state, theory.as_ref(), progress),
    }
}

/// Solves the closed form instead of training: epoch 0 is the start, epoch 1 the solution.
fn solve(setup: &Setup, directory: &RunDirectory) -> Result<State, RunError> {
    let optimum = Optimum::of(setup, true)?;
    let optimum = optimum.expect("an experiment without a closed form is refused");
    let precision = setup.device().precision();
    let (exact, schedule) = (optimum.network(setup), setup.schedule());
    let network = ScoreNetwork::from_snapshot(
        &exact,
        schedule,
        setup.experiment().data.mean,
        setup.device(),
    );
    let start = setup.network();
    let mut metrics = Metrics::open(directory.root(), None, setup.schedule(), false, &|_| None)?;
    let mut state = State::at_start(0.0);
    for (epoch, network) in [(0, &start), (1, &network)] {
        let snapshot = network.snapshot(precision, setup.schedule(), setup.mean());
        let evaluation = setup.evaluate(&snapshot)?;
        state.epoch = epoch;
        state.finished = epoch == 1;
        let test_loss = evaluation.test_loss();
        if let Some(test_loss) = test_loss.filter(|t| state.best.is_none_or(|b| *t < b.test_loss)) {
            state.best = Some(Best { epoch, test_loss });
        }
        metrics.write(&state, &evaluation)?;
        let path = checkpoint_path(&directory.checkpoints(), epoch);
        Checkpoint::write(&path, snapshot, None, &state)?;
    }
    Ok(state)
}

/// The test loss in the last row of `metrics.csv`.
fn last_test_loss(directory: &RunDirectory) -> Option<f64> {
    let mut table = csv::Reader::from_path(directory.path("metrics.csv")).ok()?;
    let column = table
        .headers()
        .ok()?
        .iter()
        .position(|name| name == "test_loss")?;
    table.records().last()?.ok()?.get(column)?.parse().ok()
}

/// Evaluates the last and the best checkpoint, and writes `summary.json` and the plots.
fn finish(
    setup: &Setup,
    directory: &RunDirectory,
    stop: Stop,
    state: State,
    theory: Option<&RunTheory>,
    progress: &mut dyn FnMut(usize, usize),
) -> Result<Outcome, RunError> {
    let draws = setup.experiment().sampling.draws;
    let checkpoint = directory.checkpoint(WhichCheckpoint::Epoch(state.epoch))?;
    let last = summarise(setup, &checkpoint, draws, theory, &mut *progress)?;
    let best = match state.best {
        Some(best) if best.epoch == state.epoch => Some(last.clone()),
        Some(best) => {
            let checkpoint = directory.checkpoint(WhichCheckpoint::Epoch(best.epoch))?;
            Some(summarise(setup, &checkpoint, 0, theory, |_, _| {})?)
        }
        None => None,
    };
    let evaluations = Evaluations { last, best };
    plot_run(setup, directory, &checkpoint.snapshot, theory)?;
    directory.write("summary.json", document(&evaluations).as_bytes())?;
    // This is for the averaged noise. Frozen draws have another optimum, about which theory says less.
    let averaged = !matches!(
        setup.experiment().training.objective,
        config::Objective::Frozen(_)
    );
    let ridge = theory.filter(|_| averaged).and_then(|theory| {
        let (best, test_own) = theory.best_ridge().ok()?;
        let per_step = setup.experiment().model.kind == ModelKind::PerStep;
        Some(RidgeAdvice {
            ridge: best.at,
            weight_decay: per_step.then_some(2.0 * best.at),
            decays: setup.experiment().training.weight_decay > 0.0,
            test_loss: best.value,
            test_loss_own: test_own,
        })
    });
    Ok(Outcome::Done(Box::new(Trained {
        stop,
        state,
        evaluations,
        ridge,
        real_test: setup.laws().test.is_some(),
        weighted: setup.experiment().data.row_weights != config::RowWeights::None,
        test_in_training: last_test_loss(directory),
        constant_rate: setup.experiment().training.lr_schedule == RateSchedule::Constant,
    })))
}
