//! What must hold for an experiment to be run: each value is in its range, and no two values contradict each other.

use super::check_neural::check_neural;
use super::error::{ConfigError, Origin, Problem};
use super::problems::{conflict, invalid};
use super::table::KEYS;
use crate::config::{
    Basis, Checked, CheckedExperiment, CheckedNeural, Color, Draw, Experiment, ModelKind,
    Objective, Optimizer, RowWeights, Samples, ScheduleConfig, ScheduleKind, Source,
};

impl Experiment {
    /// Checks an experiment with a linear network. Paths are made absolute, and a schedule file is read for its number
    /// of steps.
    ///
    /// # Errors
    /// The first value out of its range, or the first contradiction; a network that is not linear.
    pub fn check(self) -> Result<CheckedExperiment, ConfigError> {
        let checked = checked(self).and_then(Checked::linear);
        checked.map_err(|problem| problem.at(Origin::Experiment))
    }

    /// Checks an experiment with a network that is not linear, as [`check`](Self::check) does.
    ///
    /// # Errors
    /// The first value out of its range, or the first contradiction; a linear network.
    pub fn check_neural(self) -> Result<CheckedNeural, ConfigError> {
        let neural = checked(self).and_then(|checked| match checked {
            Checked::Neural(neural) => Ok(neural),
            Checked::Linear(linear) => {
                let reason = "is linear: needs \"mlp\" or \"unet\"";
                Err(conflict(&mut linear.into_params(), "model.kind", reason))
            }
        });
        neural.map_err(|problem| problem.at(Origin::Experiment))
    }
}

impl Checked {
    /// The experiment, if its network is linear.
    pub(super) fn linear(self) -> Result<CheckedExperiment, Problem> {
        match self {
            Checked::Linear(linear) => Ok(linear),
            Checked::Neural(neural) => {
                let reason = "is not linear: its samples have no exact law, and no theory predicts its losses \
                              (train, evaluate, sample, inspect and export take such a network)";
                Err(conflict(&mut neural.into_params(), "model.kind", reason))
            }
        }
    }
}

impl CheckedNeural {
    /// This experiment with a change, checked again.
    ///
    /// # Errors
    /// Those of [`Experiment::check_neural`].
    pub fn with(self, change: impl FnOnce(&mut Experiment)) -> Result<Self, ConfigError> {
        let mut params = self.into_params();
        change(&mut params);
        params.check_neural()
    }
}

impl CheckedExperiment {
    /// This experiment with a change, checked again.
    ///
    /// # Errors
    /// Those of [`Experiment::check`].
    pub fn with(self, change: impl FnOnce(&mut Experiment)) -> Result<Self, ConfigError> {
        let mut params = self.into_params();
        change(&mut params);
        params.check()
    }
}

/// The checked experiment.
pub(super) fn checked(mut experiment: Experiment) -> Result<Checked, Problem> {
    check_ranges(&mut experiment)?;
    settle_paths(&mut experiment)?;
    check_data(&mut experiment)?;
    let steps = check_schedule(&mut experiment)?;
    check_test_set(&mut experiment)?;
    if experiment.network.is_some() {
        return check_neural(experiment).map(Checked::Neural);
    }
    check_model(&mut experiment, steps)?;
    check_training(&mut experiment)?;
    Ok(Checked::Linear(CheckedExperiment::of_checked(experiment)))
}

/// Refuses values out of their range, and values that do not count where they are given.
fn check_ranges(experiment: &mut Experiment) -> Result<(), Problem> {
    for key in KEYS {
        let Some(value) = key.write(experiment) else {
            continue;
        };
        if !key.allowed.admits(&value) {
            return Err(invalid(experiment, key.name));
        }
        if let Err((chooser, chosen)) = key.counts(experiment)
            && Some(value) != key.write(&mut key.example())
        {
            let reason = format!("does not count where {chooser} is {chosen}");
            return Err(conflict(experiment, key.name, reason));
        }
    }
    Ok(())
}

/// Makes paths absolute. They must be UTF-8, because an experiment is written out with them.
fn settle_paths(experiment: &mut Experiment) -> Result<(), Problem> {
    let schedule = match &mut experiment.schedule.kind {
        ScheduleKind::File { path } => Some(("schedule.path", path)),
        _ => None,
    };
    let data = experiment.data.path_mut().map(|path| ("data.path", path));
    for (key, path) in data.into_iter().chain(schedule) {
        let absolute = std::path::absolute(&*path).unwrap_or_else(|_| path.clone());
        if absolute.to_str().is_none() {
            return Err(Problem::NotUtf8 {
                key,
                path: absolute,
            });
        }
        *path = absolute;
    }
    Ok(())
}

fn check_data(experiment: &mut Experiment) -> Result<(), Problem> {
    if let Source::Spiked { dim, spikes } = &experiment.data.source
        && spikes.len() > *dim
    {
        return Err(invalid(experiment, "data.spikes"));
    }
    let data = &experiment.data;
    let (source, real) = (data.source.name(), data.source.real());
    let counted = matches!(data.samples, Samples::Count(_));
    let rows = real.is_some();
    let grouped = real.is_some_and(|real| real.group.is_some());
    let pooled = real.is_some_and(|real| real.reading.color == Color::Rgb && real.pool > 1);
    let wrong = match data.draw {
        _ if pooled => Some(("data.color", "data.pool is of grey pictures".to_owned())),
        _ if !rows && !counted => Some((
            "data.samples",
            format!("{source:?} has no rows of its own: needs a number of draws"),
        )),
        Draw::Rows if !rows => Some((
            "data.draw",
            format!(r#"{source:?} has no rows of its own: needs "gaussian""#),
        )),
        Draw::Gaussian if !counted => Some((
            "data.samples",
            r#"data.draw = "gaussian" draws any number of vectors: needs a number, or data.draw = "rows""#
                .to_owned(),
        )),
        Draw::Gaussian if grouped => Some((
            "data.group",
            r#"groups are of rows, and data.draw is "gaussian": needs data.draw = "rows""#
                .to_owned(),
        )),
        Draw::Rows if data.row_weights != RowWeights::None => Some((
            "data.row_weights",
            r#"weights are of drawn rows, and data.draw is "rows": needs data.draw = "gaussian", or "none""#
                .to_owned(),
        )),
        _ => (data.row_weights.wrong())
            .map(|wrong| ("data.row_weights_parameter", wrong.to_owned())),
    };
    match wrong {
        Some((key, reason)) => Err(conflict(experiment, key, reason)),
        None => Ok(()),
    }
}

/// The number of kept steps.
fn check_schedule(experiment: &mut Experiment) -> Result<usize, Problem> {
    if let ScheduleKind::Linear {
        beta_start,
        beta_end,
        ..
    } = experiment.schedule.kind
        && beta_start > beta_end
    {
        // If both are given, the chosen one is reported as wrong.
        let chosen =
            ScheduleConfig::default().kind != ScheduleConfig::linear(1000, beta_start, 1e-2).kind;
        let (key, reason) = match chosen {
            true => (
                "schedule.beta_start",
                format!("must be at most schedule.beta_end, which is {beta_end:?}"),
            ),
            false => (
                "schedule.beta_end",
                format!("must be at least schedule.beta_start, which is {beta_start:?}"),
            ),
        };
        return Err(conflict(experiment, key, reason));
    }
    let full = ScheduleConfig {
        keep: None,
        ..experiment.schedule.clone()
    };
    let steps = full.try_build()?.len();
    let keep = experiment.schedule.keep;
    if keep.is_some_and(|keep| keep > steps) {
        let reason = format!("must be at most the {steps} steps of the schedule");
        return Err(conflict(experiment, "schedule.keep", reason));
    }
    // All steps is the default. But a schedule file may grow, so the number is stored.
    experiment.schedule.keep = match experiment.schedule.kind {
        ScheduleKind::File { .. } => Some(keep.unwrap_or(steps)),
        _ => keep.filter(|&keep| keep < steps),
    };
    Ok(keep.unwrap_or(steps))
}

fn check_model(experiment: &mut Experiment, steps: usize) -> Result<(), Problem> {
    let model = experiment.model;
    match model.kind {
        ModelKind::TwoLayer { .. } if model.init <= 0.0 => {
            let reason = "must be above 0: at 0 both layers are at a saddle and get no gradient (the sign is chosen by the \
                          target)";
            Err(conflict(experiment, "model.init", reason))
        }
        ModelKind::TimeBasis { basis } if basis > steps => {
            let reason = format!(
                "{steps} steps are trained (schedule.keep), which tell at most {steps} functions of time apart"
            );
            Err(conflict(experiment, "model.basis", reason))
        }
        _ => Ok(()),
    }
}

/// Early stopping needs a test set.
fn check_test_set(experiment: &mut Experiment) -> Result<(), Problem> {
    let stops = experiment.training.early_stopping.is_some();
    if stops && experiment.data.samples == Samples::All {
        let reason = "training.early_stopping needs a test set, and with all rows there is none";
        return Err(conflict(experiment, "data.samples", reason));
    }
    Ok(())
}

/// Refuses combinations of a model, its training and the data that do not exist.
fn check_training(experiment: &mut Experiment) -> Result<(), Problem> {
    let (model, training) = (experiment.model, &experiment.training);
    let frozen = matches!(training.objective, Objective::Frozen(_));
    let solved = training.optimizer == Optimizer::ClosedForm;
    let two_layer = matches!(model.kind, ModelKind::TwoLayer { .. });
    let eigen = training.basis == Basis::Eigen;
    let (key, reason) = if eigen && !training.stays_diagonal() {
        (
            "training.basis",
            "only gradient descent on the exact objective commutes with rotations: needs training.optimizer = \"sgd\" and \
             training.objective = \"exact\", or \"auto\"",
        )
    } else if eigen && model.kind != ModelKind::PerStep {
        (
            "training.basis",
            "only a per-step network has one diagonal a step in the eigenbasis: needs model.kind = \"per-step\", or \
             \"auto\"",
        )
    } else if solved && frozen && two_layer && training.weight_decay > 0.0 {
        (
            "training.weight_decay",
            "decay on both layers is a penalty on the sum of the singular values, and on frozen draws that has no closed \
             form: needs weight_decay = 0 (ridge is a penalty that has one), or sgd or adam",
        )
    } else {
        return Ok(());
    };
    Err(conflict(experiment, key, reason))
}
