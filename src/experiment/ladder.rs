//! The ladder of causes: which part of the error has which cause (theory.md section 7).

use serde::Serialize;

use super::{RunError, Setup};
use crate::config::Objective;
use crate::gaussian::{CommutingDenoiser, Divergence, Gaussian, KlPair, kl};
use crate::score::Snapshot;
use crate::training::{frozen_optimum, mean};

/// One rung: all causes up to this one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rung {
    pub cause: Cause,
    /// Nats per dimension.
    pub kl_true_sampled: Divergence,
    pub kl_sampled_true: Divergence,
    /// Per component, averaged over the steps.
    pub loss_test: f64,
}

/// What a rung adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The sampler's steps, and the mismatch of `N(0, I)` with the law of `x_T`: the oracle denoiser.
    Discretisation,
    /// Finitely many samples: the optimum on the training set without a ridge.
    Data,
    /// The ridge, weight decay included.
    Ridge,
    /// Training and when it was stopped: the weights as they are.
    Optimisation,
}

/// The optimum of a run's objective, with or without the ridge.
pub(super) enum Optimum {
    /// Of the noise's mean.
    Commuting(CommutingDenoiser),
    /// Of frozen draws.
    Frozen(Snapshot),
}

impl Optimum {
    /// With the total ridge of the run, or without any.
    pub(super) fn of(setup: &Setup, with_ridge: bool) -> Result<Self, RunError> {
        let config = &setup.experiment.training;
        let train = &setup.laws().train;
        let ridge = |step: &crate::diffusion::Step| match with_ridge {
            true => config.total_ridge(step),
            false => 0.0,
        };
        match config.objective {
            Objective::Frozen(draws) => Ok(Self::Frozen(frozen_optimum(
                &setup.centred_rows(),
                &train.mean,
                &setup.schedule,
                setup.experiment.seed,
                draws.noise_draws,
                setup.offset(),
                ridge,
            )?)),
            _ => {
                let law = Gaussian::from_covariance(train.mean.clone(), train.covariance.as_ref())?;
                let optimum = CommutingDenoiser::optimum(&law, &setup.schedule, ridge);
                Ok(Self::Commuting(optimum))
            }
        }
    }

    /// Train and test loss, per component.
    pub(super) fn losses(&self, setup: &Setup) -> (f64, Option<f64>) {
        let (train, test) = match self {
            Optimum::Frozen(snapshot) => setup.evaluator.losses(snapshot),
            Optimum::Commuting(denoiser) => setup.evaluator.losses_in_eigenbasis(denoiser),
        };
        (mean(&train), test.as_deref().map(mean))
    }

    fn sampled(&self, setup: &Setup) -> Result<Gaussian, RunError> {
        Ok(match self {
            Optimum::Frozen(snapshot) => setup.evaluator.sampled(snapshot)?,
            Optimum::Commuting(denoiser) => setup.evaluator.sampled_in_eigenbasis(denoiser),
        })
    }
}

/// The rungs, the last of which is the trained network with its test loss and divergences; none without a truth.
pub(super) fn ladder(
    setup: &Setup,
    with_ridge: &Optimum,
    trained_loss: f64,
    trained_kl: &KlPair,
) -> Result<Vec<Rung>, RunError> {
    let Some(truth) = setup.evaluator.truth() else {
        return Ok(Vec::new());
    };
    let oracle = CommutingDenoiser::optimum(truth, &setup.schedule, |_| 0.0);
    let oracle = Optimum::Commuting(oracle);
    let without_ridge = Optimum::of(setup, false)?;
    let causes = [
        (Cause::Discretisation, &oracle),
        (Cause::Data, &without_ridge),
        (Cause::Ridge, with_ridge),
    ];
    let mut rungs = Vec::with_capacity(4);
    for (cause, optimum) in causes {
        let kl = kl(truth, &optimum.sampled(setup)?);
        let (_, test) = optimum.losses(setup);
        rungs.push(rung(cause, &kl, test.expect("there is a truth")));
    }
    rungs.push(rung(Cause::Optimisation, trained_kl, trained_loss));
    Ok(rungs)
}

fn rung(cause: Cause, kl: &KlPair, loss_test: f64) -> Rung {
    Rung {
        cause,
        kl_true_sampled: kl.true_sampled,
        kl_sampled_true: kl.sampled_true,
        loss_test,
    }
}
