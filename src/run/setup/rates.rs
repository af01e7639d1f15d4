//! The learning rate of a run, and the training time that it reaches.

use super::Setup;
use crate::config;
use crate::data::Rows;
use crate::gaussian::symmetric_eigen;
use crate::run::RunError;
use crate::training::{AUTO_SHARE, AUTO_SHARE_IN_NOISE, Inputs, LearningRate, stable_rate};

impl Setup {
    /// The learning rate at the start of training.
    pub fn learning_rate(&self) -> Result<f64, RunError> {
        Ok(self.rates(&self.objective_rows())?.0)
    }

    /// A note if all epochs together do not reach `training.tau`, or if the epoch that reaches it goes far beyond.
    pub fn missed_tau(&self) -> Result<Option<String>, RunError> {
        /// The share of tau that is not worth a note.
        const LITTLE: f64 = 0.1;
        let training = &self.experiment.training;
        let (Some(tau), config::Optimizer::Sgd { momentum, .. }) =
            (training.tau, training.optimizer)
        else {
            return Ok(None);
        };
        let base = self.learning_rate()?;
        let rate = LearningRate::new(base, training.lr_schedule, training.epochs);
        let passes = match training.minibatches(self.laws().train.count) {
            None => 1,
            Some(rows) => self.laws().train.count.div_ceil(rows),
        };
        let (mut epoch, mut time) = (0, 0.0);
        while !training.ends_at(epoch, time) {
            time += rate.at(epoch) * passes as f64 / (1.0 - momentum);
            epoch += 1;
        }
        if !training.reaches_tau(time) {
            let needed = (epoch as f64 * tau / time).ceil();
            return Ok(Some(format!(
                "training.epochs = {epoch} end at tau = {time:.3}, below training.tau = {tau}: {needed} epochs reach it"
            )));
        }
        let beyond = time > tau * (1.0 + LITTLE);
        Ok(beyond.then(|| {
            let finer = base * tau / time;
            format!(
                "training stops at tau = {time:.3}, the end of the first epoch that reaches training.tau = {tau}; for tau \
                 itself: --set training.learning_rate={finer}"
            )
        }))
    }

    /// The learning rate at the start of training, and for sgd the largest stable one.
    pub(super) fn rates(&self, centred: &Rows) -> Result<(f64, Option<f64>), RunError> {
        let config = &self.experiment.training;
        Ok(match config.optimizer {
            config::Optimizer::Sgd { learning_rate, .. } => {
                let stable = self.stable_rate(centred)?;
                let share = match config.minibatches(self.laws().train.count) {
                    None => AUTO_SHARE,
                    Some(_) => AUTO_SHARE_IN_NOISE,
                };
                (learning_rate.unwrap_or(share * stable), Some(stable))
            }
            config::Optimizer::Adam { learning_rate }
            | config::Optimizer::AdamW { learning_rate } => (learning_rate, None),
            config::Optimizer::ClosedForm => (0.0, None),
        })
    }

    /// The largest stable learning rate of gradient descent on this objective.
    fn stable_rate(&self, centred: &Rows) -> Result<f64, RunError> {
        let config = &self.experiment.training;
        let train = &self.laws().train;
        let (eigenvalues, _) = symmetric_eigen(train.covariance.as_ref())?;
        let frozen = self.frozen_draws(centred).map(|draws| draws.extremes());
        let frozen = frozen.transpose()?;
        let inputs = Inputs::by_step(&self.schedule, &eigenvalues, frozen.as_deref());
        let (model, count) = (&self.experiment.model, train.count);
        Ok(stable_rate(config, model, &self.schedule, &inputs, count)?)
    }
}
