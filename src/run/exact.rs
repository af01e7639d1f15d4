//! The exact losses and divergences of a network of a run, beside those of the optimum.

use serde::Serialize;

use super::optimum::{Optimum, Solution};
use super::{RunError, Setup};
use crate::denoiser::{Denoiser, mean};
use crate::gaussian::{Gaussian, KlPair, kl};

/// Exact losses per component, averaged over the steps.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Losses {
    /// The loss on the training set.
    pub train_loss: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The loss on the test set.
    pub test_loss: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    /// The least possible loss.
    pub oracle_loss: Option<f64>,
    /// The train loss of the optimum of this run's objective, with its total ridge; absent without a closed form.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimum_train_loss: Option<f64>,
    /// The test loss of that optimum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimum_test_loss: Option<f64>,
}

/// The exact results for a denoiser of a run.
pub(super) struct Exact {
    pub(super) losses: Losses,
    /// The law of the samples.
    pub(super) sampled: Gaussian,
    /// The divergences between the truth and that law, in nats per dimension; `None` without a truth.
    pub(super) kl: Option<KlPair>,
    /// The optimum of the run's objective, including the penalties; `None` without a closed form.
    pub(super) optimum: Option<Solution>,
}

impl Exact {
    pub(super) fn of(setup: &Setup, denoiser: &dyn Denoiser) -> Result<Self, RunError> {
        let (evaluator, schedule) = (setup.evaluator(), setup.schedule());
        let average = |denoiser: &dyn Denoiser| {
            let (train, test) = evaluator.losses(denoiser);
            (mean(&train), test.as_deref().map(mean))
        };
        let (train_loss, test_loss) = average(denoiser);
        let optimum = Optimum::of(setup, true)?.map(|optimum| optimum.solution(schedule));
        let of_optimum = match &optimum {
            Some(optimum) => Some(average(&*optimum.denoiser(schedule)?)),
            None => None,
        };
        let sampled = evaluator.sampled(denoiser)?;
        Ok(Self {
            losses: Losses {
                train_loss,
                test_loss,
                oracle_loss: evaluator.oracle().map(|losses| mean(losses)),
                optimum_train_loss: of_optimum.map(|losses| losses.0),
                optimum_test_loss: of_optimum.and_then(|losses| losses.1),
            },
            kl: evaluator.truth().map(|truth| kl(truth, &sampled)),
            sampled,
            optimum,
        })
    }
}
