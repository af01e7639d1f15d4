//! The ladder of causes: which part of the error has which cause ([`equations`](crate::equations) section 7).

use serde::Serialize;

use super::{RunError, Setup};
use crate::config::{ModelConfig, ModelKind, Objective, TrainingConfig};
use crate::denoiser::{CommutingDenoiser, ModelOptimum};
use crate::gaussian::{Divergence, Gaussian, KlPair, kl};
use crate::score::Snapshot;
use crate::training::{exact_optimum, frozen_optimum, mean};

/// One rung: all causes up to this one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rung {
    pub cause: Cause,
    /// Nats per dimension.
    pub kl_true_sampled: Divergence,
    pub kl_sampled_true: Divergence,
    /// Per component, averaged over the steps.
    pub test_loss: f64,
}

/// What a rung adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The sampler's steps, and the mismatch of `N(0, I)` with the law of `x_T`: the oracle denoiser.
    Discretisation,
    /// Of networks that cannot be every map (few functions of time, two narrow layers): their optimum on the truth.
    Model,
    /// Finitely many samples: the optimum on the training set without a ridge.
    Data,
    /// The ridge, weight decay included.
    Ridge,
    /// Training and when it was stopped: the weights as they are.
    Optimisation,
}

/// The optimum of a run's objective over the functions that its network can be, with or without the penalties.
pub(super) enum Optimum {
    /// Of the noise's mean.
    Exact(Box<ModelOptimum>, CommutingDenoiser),
    /// Of frozen draws.
    Frozen(Snapshot),
}

impl Optimum {
    /// With the ridges and the decay of the run, or without any; `None` where it has no closed form (two layers that decay,
    /// on frozen draws).
    pub(super) fn of(setup: &Setup, with_ridge: bool) -> Result<Option<Self>, RunError> {
        let model = &setup.experiment().model;
        let own = &setup.experiment().training;
        let training = match with_ridge {
            true => own.clone(),
            false => own.without_penalties(),
        };
        let train = &setup.laws().train;
        if matches!(training.objective, Objective::Frozen(_)) {
            let rows = setup.centred_rows();
            let draws = setup.frozen_draws(&rows).expect("it is frozen");
            let found = frozen_optimum(&draws, &train.mean, model, &training)?;
            return Ok(found.map(Self::Frozen));
        }
        let law = Gaussian::from_covariance(train.mean.clone(), train.covariance.as_ref())?;
        Ok(Some(Self::on(&law, setup, &training)))
    }

    /// Of the exact objective on a law.
    fn on(law: &Gaussian, setup: &Setup, training: &TrainingConfig) -> Self {
        let model = &setup.experiment().model;
        let optimum = ModelOptimum::new(law, setup.trained_schedule(), model, training);
        let denoiser = optimum.denoiser(setup.schedule());
        Self::Exact(Box::new(optimum), denoiser)
    }

    /// As a network, in f64.
    pub(super) fn network(&self, setup: &Setup) -> Snapshot {
        match self {
            Optimum::Frozen(snapshot) => snapshot.clone(),
            Optimum::Exact(optimum, _) => {
                exact_optimum(optimum, setup.schedule(), setup.experiment().data.mean)
            }
        }
    }

    /// Train and test loss, per component.
    pub(super) fn losses(&self, setup: &Setup) -> Result<(f64, Option<f64>), RunError> {
        let (train, test) = match self {
            Optimum::Frozen(snapshot) => {
                let network = snapshot.denoiser(setup.schedule())?;
                setup.evaluator().losses(&network)
            }
            Optimum::Exact(_, denoiser) => setup.evaluator().losses_in_eigenbasis(denoiser),
        };
        Ok((mean(&train), test.as_deref().map(mean)))
    }

    fn sampled(&self, setup: &Setup) -> Result<Gaussian, RunError> {
        Ok(match self {
            Optimum::Frozen(snapshot) => {
                let network = snapshot.denoiser(setup.schedule())?;
                setup.evaluator().sampled(&network)?
            }
            Optimum::Exact(_, denoiser) => setup.evaluator().sampled_in_eigenbasis(denoiser),
        })
    }
}

impl ModelConfig {
    /// Whether the network cannot be every affine map at every step.
    fn is_restricted(&self, dim: usize) -> bool {
        match self.kind {
            ModelKind::PerStep => false,
            ModelKind::TimeBasis { .. } => true,
            ModelKind::TwoLayer { width } => width < dim,
        }
    }
}

/// The rungs, the last of which is the trained network with its test loss and divergences; none without a truth.
pub(super) fn ladder(
    setup: &Setup,
    with_ridge: Option<&Optimum>,
    trained_loss: f64,
    trained_kl: &KlPair,
) -> Result<Vec<Rung>, RunError> {
    let Some(truth) = setup.evaluator().truth() else {
        return Ok(Vec::new());
    };
    let training = setup.experiment().training.without_penalties();
    let per_step = ModelConfig {
        kind: ModelKind::PerStep,
        ..setup.experiment().model
    };
    let oracle = ModelOptimum::new(truth, setup.schedule(), &per_step, &training);
    let denoiser = oracle.denoiser(setup.schedule());
    let oracle = Optimum::Exact(Box::new(oracle), denoiser);
    let restricted = setup.experiment().model.is_restricted(truth.dim());
    let restricted = restricted.then(|| Optimum::on(truth, setup, &training));
    let without_ridge = Optimum::of(setup, false)?;
    let causes = [
        (Cause::Discretisation, Some(&oracle)),
        (Cause::Model, restricted.as_ref()),
        (Cause::Data, without_ridge.as_ref()),
        (Cause::Ridge, with_ridge),
    ];
    let mut rungs = Vec::with_capacity(5);
    for (cause, optimum) in causes {
        let Some(optimum) = optimum else { continue };
        let kl = kl(truth, &optimum.sampled(setup)?);
        let (_, test) = optimum.losses(setup)?;
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
        test_loss: loss_test,
    }
}
