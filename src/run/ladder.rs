//! The ladder of causes: which cause has which part of the error ([`equations`](crate::equations) section 7)?

use serde::Serialize;

use super::optimum::{Optimum, Solution};
use super::{RunError, Setup};
use crate::config::{ModelConfig, ModelKind, Penalties};
use crate::denoiser::{ModelOptimum, mean};
use crate::gaussian::{Divergence, KlPair, kl};

/// One rung, with all causes up to this one.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Rung {
    /// The cause that is added.
    pub cause: Cause,
    /// KL(true || sampled), in nats per dimension.
    pub kl_true_sampled: Divergence,
    /// KL(sampled || true), in nats per dimension.
    pub kl_sampled_true: Divergence,
    /// The test loss per component, averaged over the steps.
    pub test_loss: f64,
}

/// The cause that a rung adds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Cause {
    /// The steps of the sampler, and the difference between `N(0, I)` and the law of `x_T`: the oracle.
    Discretisation,
    /// A network that cannot be every map (few functions of time, two narrow layers): its optimum on the truth.
    Model,
    /// Finitely many samples: the optimum on the training set without a ridge.
    Data,
    /// The ridge, including weight decay.
    Ridge,
    /// Training and its end: the actual weights.
    Optimisation,
}

/// The rungs; none without a truth. The last is the trained network with its test loss and divergences.
pub(super) fn ladder(
    setup: &Setup,
    with_ridge: Option<&Solution>,
    trained_loss: f64,
    trained_kl: &KlPair,
) -> Result<Vec<Rung>, RunError> {
    let evaluator = setup.evaluator();
    let Some(truth) = evaluator.truth() else {
        return Ok(Vec::new());
    };
    let schedule = setup.schedule();
    let per_step = ModelConfig {
        kind: ModelKind::PerStep,
        ..setup.experiment().model
    };
    let oracle = ModelOptimum::new(truth, schedule, &per_step, Penalties::NONE).denoiser(schedule);
    let oracle = Solution::Commuting(oracle);
    let restricted = setup.experiment().model.kind.is_restricted(truth.dim());
    let restricted =
        restricted.then(|| Optimum::on(truth, setup, Penalties::NONE).solution(schedule));
    let without_ridge = Optimum::of(setup, false)?.map(|optimum| optimum.solution(schedule));
    let causes = [
        (Cause::Discretisation, Some(&oracle)),
        (Cause::Model, restricted.as_ref()),
        (Cause::Data, without_ridge.as_ref()),
        (Cause::Ridge, with_ridge),
    ];
    let mut rungs = Vec::with_capacity(5);
    for (cause, solution) in causes {
        let Some(solution) = solution else { continue };
        let denoiser = solution.denoiser(schedule)?;
        let kl = kl(truth, &evaluator.sampled(&*denoiser)?);
        let (_, test) = evaluator.losses(&*denoiser);
        let test = mean(&test.expect("there is a truth"));
        rungs.push(rung(cause, &kl, test));
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
