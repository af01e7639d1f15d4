//! The network of a run at the start of training.

use super::Setup;
use crate::config::{Basis, ModelKind, Optimizer};
use crate::data::Rows;
use crate::gaussian::{Gaussian, symmetric_eigen};
use crate::run::RunError;
use crate::score::{ScoreNetwork, Snapshot};
use crate::training::{Coordinates, Learner, LearnerParts, ObjectiveParams};

impl Setup {
    /// The network with the initial weights of the experiment.
    pub fn network(&self) -> ScoreNetwork {
        self.initial_network(false)
    }

    fn initial_network(&self, diagonal: bool) -> ScoreNetwork {
        ScoreNetwork::init(
            &self.experiment.model,
            &self.schedule,
            self.laws().dim(),
            self.experiment.data.mean,
            diagonal,
            &self.device,
        )
    }

    /// Whether training uses diagonal weights in the eigenbasis of the training covariance: if the experiment asks
    /// for it, or if it changes only the time.
    pub(in crate::run) fn in_eigenbasis(&self, given_weights: bool) -> Result<bool, RunError> {
        let training = &self.experiment.training;
        let per_step = self.experiment.model.kind == ModelKind::PerStep;
        let possible = training.stays_diagonal() && per_step && !given_weights;
        match training.basis {
            Basis::Data => Ok(false),
            Basis::Auto => Ok(possible),
            Basis::Eigen if possible => Ok(true),
            Basis::Eigen => {
                let problem = "training.basis = \"eigen\" needs weights that start as a multiple of the identity: leave \
                               --init out, or use \"auto\"";
                Err(RunError::Invalid(problem.to_owned()))
            }
        }
    }

    /// The parameters of this run's objective, apart from its training set.
    pub fn objective_params(&self) -> ObjectiveParams<'_> {
        ObjectiveParams {
            training: &self.experiment.training,
            target: self.experiment.model.target,
            schedule: &self.schedule,
            seed: self.experiment.seed,
            device: &self.device,
        }
    }

    /// Whether training takes steps. The closed form is solved without any.
    pub fn takes_steps(&self) -> bool {
        self.experiment.training.optimizer != Optimizer::ClosedForm
    }

    /// A learner at epoch 0 with the initial weights of the experiment.
    ///
    /// # Errors
    /// [`RunError::Invalid`] if the optimiser is the closed form, which [takes no steps](Self::takes_steps).
    pub fn learner(&self) -> Result<Learner<'_>, RunError> {
        if self.in_eigenbasis(false)? {
            self.diagonal_learner()
        } else {
            self.learner_of(self.network())
        }
    }

    /// A learner at epoch 0 with the given initial weights.
    ///
    /// # Errors
    /// The errors of [`learner`](Self::learner).
    pub fn learner_from(&self, init: &Snapshot) -> Result<Learner<'_>, RunError> {
        self.in_eigenbasis(true)?;
        let (schedule, device) = (&self.schedule, &self.device);
        let network =
            ScoreNetwork::from_snapshot(init, schedule, self.experiment.data.mean, device);
        self.learner_of(network)
    }

    /// A learner of diagonal weights, in the eigenbasis of the training covariance.
    fn diagonal_learner(&self) -> Result<Learner<'_>, RunError> {
        let (eigenvalues, vectors) = symmetric_eigen(self.laws().train.covariance.as_ref())?;
        let law = Gaussian::from_spectral(self.mean().clone(), vectors, eigenvalues.clone());
        let (learning_rate, stable_rate) = self.rates(&self.objective_rows())?;
        self.started(LearnerParts {
            network: self.initial_network(true),
            objective: self.objective_params().in_eigenbasis(eigenvalues),
            coordinates: Coordinates::Eigenbasis(law),
            evaluator: &self.evaluator,
            training: self.experiment.training.clone(),
            learning_rate,
            stable_rate,
            device: self.device.clone(),
        })
    }

    /// A learner of a network in the coordinates of the data.
    fn learner_of(&self, network: ScoreNetwork) -> Result<Learner<'_>, RunError> {
        let centred = self.objective_rows();
        let (learning_rate, stable_rate) = self.rates(&centred)?;
        self.started(LearnerParts {
            network,
            objective: self.objective_params().on(&self.laws().train, &centred),
            coordinates: Coordinates::Data {
                mean: self.mean().clone(),
            },
            evaluator: &self.evaluator,
            training: self.experiment.training.clone(),
            learning_rate,
            stable_rate,
            device: self.device.clone(),
        })
    }

    fn started<'a>(&self, parts: LearnerParts<'a>) -> Result<Learner<'a>, RunError> {
        Learner::new(parts).ok_or_else(|| {
            let problem = "training.optimizer = \"closed-form\" is solved, not trained";
            RunError::Invalid(problem.to_owned())
        })
    }

    /// The centred rows if the objective needs them, else no rows.
    pub(super) fn objective_rows(&self) -> Rows {
        if self.needs_rows() {
            self.centred_rows()
        } else {
            Rows::new(Vec::new(), self.laws().dim())
        }
    }
}
