//! What must hold for an experiment with a network that is not linear.

use super::error::Problem;
use super::problems::conflict;
use crate::config::{
    CheckedNeural, Experiment, Mean, NeuralConfig, Objective, Optimizer, RealData, Samples, Scale,
};

/// Refuses what such a network does not have.
pub(super) fn check_neural(mut experiment: Experiment) -> Result<CheckedNeural, Problem> {
    let wrong = trained_otherwise(&experiment)
        .or_else(|| seen_otherwise(&experiment))
        .or_else(|| divided_otherwise(&experiment))
        .or_else(|| computed_otherwise(&experiment));
    if let Some((key, reason)) = wrong {
        return Err(conflict(&mut experiment, key, reason));
    }
    let checked = CheckedNeural::of_checked(experiment);
    Ok(checked.expect("a network, Adam and drawn noise were asked for"))
}

type Wrong = Option<(&'static str, &'static str)>;

/// Such a network is trained by Adam on drawn noise alone.
fn trained_otherwise(experiment: &Experiment) -> Wrong {
    let training = &experiment.training;
    match training.objective {
        Objective::Sampled(draws) if draws.noise_draws != 1 => Some((
            "training.noise_draws",
            "a network that is not linear sees each row once an epoch, with one draw at one noise level: needs 1",
        )),
        Objective::Sampled(_) if matches!(training.optimizer, Optimizer::Adam { .. }) => None,
        Objective::Sampled(_) => Some((
            "training.optimizer",
            "a network that is not linear is trained by Adam: needs \"adam\"",
        )),
        Objective::Exact | Objective::Frozen(_) => Some((
            "training.objective",
            "the loss of a network that is not linear has no closed form, and new noise is drawn in each epoch: needs \
             \"sampled\"",
        )),
    }
}

/// Such a network sees all columns, about the mean of all rows, in one scale.
fn seen_otherwise(experiment: &Experiment) -> Wrong {
    let real = experiment.data.source.real();
    if experiment.data.mean == Mean::Known {
        return Some((
            "data.mean",
            "a network that is not linear finds the mean itself, as a part of what it learns: leave the key out",
        ));
    }
    let real = real?;
    if real.scale != Scale::Trace {
        return Some((
            "data.scale",
            "a network that is not linear sees all columns in one scale, in which their mean variance is 1: needs \"trace\"",
        ));
    }
    let everything = RealData::digits().min_variance;
    (real.min_variance != everything).then_some((
        "data.min_variance",
        "a network that is not linear sees all columns, also those that are constant: leave the key out",
    ))
}

/// Each network of an ensemble has its own rows.
fn divided_otherwise(experiment: &Experiment) -> Wrong {
    let several = experiment
        .network
        .is_some_and(|network: NeuralConfig| network.ensemble > 1);
    let grouped = experiment
        .data
        .source
        .real()
        .is_some_and(|real| real.group.is_some());
    match experiment.data.samples {
        _ if !several => None,
        Samples::All | Samples::Half => Some((
            "data.samples",
            "each of the training.ensemble networks has its own rows: needs the number of rows of one network",
        )),
        Samples::Count(_) if grouped => Some((
            "data.group",
            "a group could be cut between two networks of the ensemble: needs training.ensemble = 1",
        )),
        Samples::Count(_) => None,
    }
}

/// Such a network has sigmoids, and their exponentials.
fn computed_otherwise(experiment: &Experiment) -> Wrong {
    (!experiment.backend.has_exponentials()).then_some((
        "backend.precision",
        "a network that is not linear needs exponentials, which \"wgpu\" computes in \"f32\" alone: needs \"f32\", or \
         another backend",
    ))
}
