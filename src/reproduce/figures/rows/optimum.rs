//! What drawn and real rows are measured by: the optimum on a training set, and its divergence at N = 8d.

use rayon::prelude::*;

use serde::{Deserialize, Serialize};

use crate::denoiser::{CommutingDenoiser, mean};
use crate::diffusion::NoiseLevel;
use crate::gaussian::KlPair;
use crate::reproduce::case::Case;
use crate::reproduce::lab::{Lab, check};
use crate::reproduce::loss_pair::LossPair;
use crate::reproduce::points::MeasuredPoints;
use crate::reproduce::study::ideal_kl;
use crate::run::{RunError, Setup};
use crate::theory::{Ensemble, PredictedLosses, Query, TheoryError};

/// The number of training sets.
pub(super) const REPEATS: usize = 24;
/// N/d at which divergences are told.
pub(super) const MANY: f64 = 8.0;
/// The control of losses of few rows.
pub(super) const HALF: &str = "half as many samples";

/// The divergence of the ideal sampler at N = 8d.
#[derive(Serialize, Deserialize)]
pub struct Found {
    /// `4N/d KL(sampled||true)`, a mean over training sets.
    pub coefficient: f64,
    /// `E w^2`, its limit for many samples. Of real rows w is `x'Sigma^-1 x/d`, so that this is Mardia's kurtosis.
    pub mean_square: f64,
}

/// The series of the divergence times 4N/d.
pub(super) fn scaled(label: &str) -> String {
    format!("4N/d KL(sampled||true), {label}")
}

/// The last mean of `4N/d KL(sampled||true)`.
pub(super) fn last_mean(points: &MeasuredPoints, label: &str) -> f64 {
    let means = points.means(&scaled(label));
    means.last().map_or(f64::NAN, |point| point.1)
}

/// A training set, with the optimum on it.
pub(super) struct Optimum {
    pub losses: LossPair,
    pub kl: KlPair,
}

impl Optimum {
    pub fn of(setup: &Setup) -> Result<Self, RunError> {
        let law = setup.laws().train.law()?;
        let denoiser = CommutingDenoiser::optimum(&law, setup.schedule(), |_| 0.0);
        let (train, test) = setup.evaluator().losses(&denoiser);
        Ok(Self {
            losses: LossPair {
                train_loss: mean(&train),
                test_loss: mean(&test.expect("a truth or rows to test on")),
            },
            kl: ideal_kl(setup)?,
        })
    }
}

/// A measurement of the training set of every repeat.
pub(super) fn each<T: Send>(
    lab: &Lab<'_>,
    case: &Case,
    repeats: usize,
    measure: impl Fn(&Setup) -> Result<T, RunError> + Sync,
) -> Result<Vec<T>, RunError> {
    let interrupt = lab.interrupt;
    let set = |repeat| {
        check(interrupt)?;
        measure(&case.untrained(repeat)?)
    };
    (0..repeats).into_par_iter().map(set).collect()
}

pub(super) fn noise_levels(setup: &Setup) -> Vec<NoiseLevel> {
    setup.schedule().iter().map(|step| step.level()).collect()
}

/// The predicted losses of the optimum without a ridge, averaged over noise levels.
pub(super) fn optimum_losses(
    ensemble: &Ensemble<'_>,
    levels: &[NoiseLevel],
) -> Result<PredictedLosses, TheoryError> {
    Ok(ensemble.query_losses(&Query::new(levels))?.losses)
}
