//! The optimum of a run's objective, and the result of training.

use super::{RunError, Setup};
use crate::config::{Objective, Penalties};
use crate::denoiser::{CommutingDenoiser, Denoiser, ModelOptimum, frozen_optimum};
use crate::diffusion::Schedule;
use crate::gaussian::Gaussian;
use crate::score::{Snapshot, SnapshotError};

/// The result of training, or of solving the closed form.
#[derive(Debug, Clone)]
pub enum Solution {
    /// Coefficients along the eigenvectors of the training law: the closed form, or descent in the eigenbasis.
    Commuting(CommutingDenoiser),
    /// A network in the coordinates of the data.
    Network(Snapshot),
}

impl Solution {
    /// The denoiser at the steps of a schedule.
    ///
    /// # Errors
    /// A schedule with another number of steps than there are parameters for.
    pub fn denoiser<'a>(
        &'a self,
        schedule: &'a Schedule,
    ) -> Result<Box<dyn Denoiser + 'a>, SnapshotError> {
        Ok(match self {
            Self::Commuting(denoiser) => Box::new(denoiser),
            Self::Network(snapshot) => Box::new(snapshot.denoiser(schedule)?),
        })
    }
}

/// The optimum of a run's objective among the functions of its network, with or without the penalties.
pub(super) enum Optimum {
    /// The optimum for the averaged noise.
    Exact(ModelOptimum),
    /// The optimum on frozen draws.
    Frozen(Snapshot),
}

impl Optimum {
    /// The optimum with the ridges and the decay of the run, or without any. `None` if there is no closed form (two
    /// layers with decay, on frozen draws).
    pub(super) fn of(setup: &Setup, with_ridge: bool) -> Result<Option<Self>, RunError> {
        let model = &setup.experiment().model;
        let training = &setup.experiment().training;
        let penalties = if with_ridge {
            training.penalties()
        } else {
            Penalties::NONE
        };
        let train = &setup.laws().train;
        if matches!(training.objective, Objective::Frozen(_)) {
            let rows = setup.centred_rows();
            let draws = setup.frozen_draws(&rows).expect("it is frozen");
            let found = frozen_optimum(&draws, model, penalties)?;
            let network = |weights| {
                let schedule = setup.trained_schedule();
                Snapshot::of_closed_form(weights, model, schedule, &train.mean)
            };
            return Ok(found.map(|weights| Self::Frozen(network(weights))));
        }
        Ok(Some(Self::on(&train.law()?, setup, penalties)))
    }

    /// The optimum of the exact objective on a law.
    pub(super) fn on(law: &Gaussian, setup: &Setup, penalties: Penalties) -> Self {
        let (schedule, model) = (setup.trained_schedule(), &setup.experiment().model);
        Self::Exact(ModelOptimum::new(law, schedule, model, penalties))
    }

    /// The optimum as a network in f64.
    pub(super) fn network(&self, setup: &Setup) -> Snapshot {
        match self {
            Self::Frozen(snapshot) => snapshot.clone(),
            Self::Exact(optimum) => {
                let weights = optimum.weights(setup.experiment().data.mean);
                let (schedule, mean) = (setup.schedule(), optimum.law().mean());
                Snapshot::of_closed_form(weights, optimum.model(), schedule, mean)
            }
        }
    }

    /// The optimum in the form for evaluation at the steps of a schedule.
    pub(super) fn solution(self, schedule: &Schedule) -> Solution {
        match self {
            Self::Frozen(snapshot) => Solution::Network(snapshot),
            Self::Exact(optimum) => Solution::Commuting(optimum.denoiser(schedule)),
        }
    }
}
