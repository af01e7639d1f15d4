//! The section `training`.

use super::{Check, not_negative, positive};
use crate::config::error::ConfigError;
use crate::config::names::{ObjectiveName, OptimizerName};
use crate::config::raw::{CountOrWord, NumberOrWord, RawTraining};
use crate::config::{
    Basis, EarlyStopping, Evaluate, NoiseDraws, Objective, Optimizer, RateSchedule, TrainingConfig,
};

/// The learning rate of adam and adamw where none is given.
const ADAM_RATE: f64 = 1e-3;
const RATE: &str = "training.learning_rate";

impl Check<'_> {
    pub(super) fn training(&self, raw: &RawTraining) -> Result<TrainingConfig, ConfigError> {
        let optimizer = self.optimizer(raw)?;
        let lr_schedule = match optimizer {
            Optimizer::ClosedForm => RateSchedule::Constant,
            _ => self.choice(
                "training.lr_schedule",
                &raw.lr_schedule,
                RateSchedule::Constant,
            )?,
        };
        let ridge = |key, number| self.number(key, number, 0.0, not_negative);
        let objective = self.objective(raw)?;
        let basis = self.choice("training.basis", &raw.basis, Basis::Auto)?;
        let config = TrainingConfig {
            objective,
            optimizer,
            lr_schedule,
            epochs: raw.epochs.unwrap_or(500),
            tau: self.tau(raw, optimizer)?,
            weight_decay: ridge("training.weight_decay", raw.weight_decay)?,
            ridge: ridge("training.ridge", raw.ridge)?,
            covariance_ridge: ridge("training.covariance_ridge", raw.covariance_ridge)?,
            evaluate: self.evaluate(raw)?,
            basis,
            checkpoints: self.count("training.checkpoints", raw.checkpoints, 3, positive)?,
            early_stopping: self.early_stopping(raw)?,
        };
        if config.basis == Basis::Eigen && !config.stays_diagonal() {
            let reason = r#"only gradient descent on the exact objective commutes with rotations: needs training.optimizer = "sgd" and training.objective = "exact", or "auto""#;
            return Err(self.conflict("training.basis", reason));
        }
        Ok(config)
    }

    fn tau(&self, raw: &RawTraining, optimizer: Optimizer) -> Result<Option<f64>, ConfigError> {
        match raw.tau {
            Some(tau) if !(tau.is_finite() && tau > 0.0) => Err(self.invalid("training.tau")),
            tau => Ok(tau.filter(|_| matches!(optimizer, Optimizer::Sgd { .. }))),
        }
    }

    fn objective(&self, raw: &RawTraining) -> Result<Objective, ConfigError> {
        let name = self.choice("training.objective", &raw.objective, ObjectiveName::Exact)?;
        let draws = || -> Result<NoiseDraws, ConfigError> {
            Ok(NoiseDraws {
                noise_draws: self.count("training.noise_draws", raw.noise_draws, 1, positive)?,
                batch_size: raw.batch_size.filter(|&rows| rows > 0),
            })
        };
        Ok(match name {
            ObjectiveName::Exact => Objective::Exact,
            ObjectiveName::Sampled => Objective::Sampled(draws()?),
            ObjectiveName::Frozen => Objective::Frozen(draws()?),
        })
    }

    fn optimizer(&self, raw: &RawTraining) -> Result<Optimizer, ConfigError> {
        let name = self.choice("training.optimizer", &raw.optimizer, OptimizerName::Sgd)?;
        Ok(match name {
            OptimizerName::Sgd => {
                let momentum = |momentum| (0.0..1.0).contains(&momentum);
                Optimizer::Sgd {
                    momentum: self.number("training.momentum", raw.momentum, 0.0, momentum)?,
                    learning_rate: self.rate(raw)?,
                }
            }
            OptimizerName::Adam => Optimizer::Adam {
                learning_rate: self.adam_rate(raw)?,
            },
            OptimizerName::AdamW => Optimizer::AdamW {
                learning_rate: self.adam_rate(raw)?,
            },
            OptimizerName::ClosedForm => Optimizer::ClosedForm,
        })
    }

    /// A number, or `None` for "auto".
    fn rate(&self, raw: &RawTraining) -> Result<Option<f64>, ConfigError> {
        match &raw.learning_rate {
            None => Ok(None),
            Some(NumberOrWord::Number(rate)) if rate.is_finite() && *rate > 0.0 => Ok(Some(*rate)),
            Some(NumberOrWord::Word(word)) if word == "auto" => Ok(None),
            Some(_) => Err(self.invalid(RATE)),
        }
    }

    fn adam_rate(&self, raw: &RawTraining) -> Result<f64, ConfigError> {
        let rate = self.rate(raw)?;
        if rate.is_none() && raw.learning_rate.is_some() {
            let reason = "is the stability bound of sgd: adam and adamw need a number, or no \
                          learning_rate at all, which is 1e-3";
            return Err(self.conflict(RATE, reason));
        }
        Ok(rate.unwrap_or(ADAM_RATE))
    }

    fn evaluate(&self, raw: &RawTraining) -> Result<Evaluate, ConfigError> {
        match &raw.evaluate {
            None => Ok(Evaluate::Log),
            Some(CountOrWord::Word(word)) if word == "log" => Ok(Evaluate::Log),
            Some(CountOrWord::Count(interval)) if *interval > 0 => Ok(Evaluate::Every(*interval)),
            Some(_) => Err(self.invalid("training.evaluate")),
        }
    }

    fn early_stopping(&self, raw: &RawTraining) -> Result<Option<EarlyStopping>, ConfigError> {
        let Some(raw) = &raw.early_stopping else {
            return Ok(None);
        };
        let (patience, min_delta) = (
            "training.early_stopping.patience",
            "training.early_stopping.min_delta",
        );
        Ok(Some(EarlyStopping {
            patience: self.count(patience, raw.patience, 2, positive)?,
            min_delta: self.number(min_delta, raw.min_delta, 0.0, not_negative)?,
        }))
    }
}
