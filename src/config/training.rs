//! What follows from the training section: the ridge that the objective carries, the epochs that are evaluated.

use super::{Evaluate, NoiseDraws, Objective, Optimizer, Penalties, TrainingConfig};

impl TrainingConfig {
    /// Whether training ends with this epoch, and not for early stopping: it is the last one, or tau is reached.
    pub fn ends_at(&self, epoch: usize, time: f64) -> bool {
        epoch >= self.epochs || self.reaches_tau(time)
    }

    /// Whether the time of training is `tau`, but for the rounding of a sum of rates.
    pub fn reaches_tau(&self, time: f64) -> bool {
        self.tau.is_some_and(|tau| time >= tau * (1.0 - 1e-9))
    }

    /// The penalties on the weights that training minimises.
    ///
    /// Weight decay wd adds wd W to the gradient of sgd and adam, which is the gradient of (wd/2) ||W||^2; the
    /// closed form solves the same problem. The decoupled decay of adamw moves the weights outside of the
    /// gradient: its fixed point is not the optimum of a ridge, so that it adds nothing here
    /// ([`equations`](crate::equations) section 2).
    pub fn penalties(&self) -> Penalties {
        let decay = match self.optimizer {
            Optimizer::Sgd { .. } | Optimizer::Adam { .. } | Optimizer::ClosedForm => {
                self.weight_decay / 2.0
            }
            Optimizer::AdamW { .. } => 0.0,
        };
        Penalties {
            ridge: self.ridge,
            covariance_ridge: self.covariance_ridge,
            decay,
        }
    }
}

impl TrainingConfig {
    /// The rows of a minibatch where gradients are noisy: by fresh noise, or as minibatches of frozen draws are.
    pub fn minibatches(&self, samples: usize) -> Option<usize> {
        let rows = |draws: NoiseDraws| draws.batch_size.unwrap_or(samples).min(samples);
        match self.objective {
            Objective::Exact => None,
            Objective::Sampled(draws) => Some(rows(draws)),
            Objective::Frozen(draws) => Some(rows(draws)).filter(|rows| *rows < samples),
        }
    }

    /// Whether gradient descent commutes with rotations: on the exact objective. The weights of a per-step network then
    /// stay diagonal in the eigenbasis of the training covariance, as they start from a multiple of I.
    pub fn stays_diagonal(&self) -> bool {
        matches!(self.optimizer, Optimizer::Sgd { .. }) && self.objective == Objective::Exact
    }
}

impl Optimizer {
    /// The momentum of gradient descent; 0 for the other optimisers.
    pub fn momentum(&self) -> f64 {
        match self {
            Optimizer::Sgd { momentum, .. } => *momentum,
            _ => 0.0,
        }
    }
}

impl Evaluate {
    /// Whether `epoch` is one of those of a run of `epochs` at which losses are evaluated: 0 and the last in any
    /// case; between them 1, 2, 3, 5, 8, 12, ... (n -> ceil(1.5 n)), or every n.
    pub fn is_due(self, epoch: usize, epochs: usize) -> bool {
        if epoch == 0 || epoch == epochs {
            return true;
        }
        match self {
            Evaluate::Log => {
                let mut due = 1_usize;
                while due < epoch {
                    // ceil(1.5 n), which no number of epochs can overflow.
                    due = due.saturating_add(due.div_ceil(2));
                }
                due == epoch
            }
            Evaluate::Every(interval) => interval > 0 && epoch.is_multiple_of(interval),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::{Basis, ModelKind, Objective, RateSchedule};

    fn training(optimizer: Optimizer) -> TrainingConfig {
        TrainingConfig {
            objective: Objective::Exact,
            optimizer,
            lr_schedule: RateSchedule::Constant,
            epochs: 500,
            weight_decay: 0.5,
            ridge: 0.1,
            covariance_ridge: 0.2,
            evaluate: Evaluate::Log,
            basis: Basis::Auto,
            checkpoints: 3,
            tau: None,
            early_stopping: None,
        }
    }

    /// The ridge of a per-step network where `alpha_bar` is 0.75.
    fn ridge(optimizer: Optimizer) -> f64 {
        let penalties = training(optimizer).penalties();
        penalties.of(ModelKind::PerStep).at(0.75)
    }

    #[test]
    fn coupled_weight_decay_counts_half_in_the_ridge_of_a_per_step_network() {
        let sgd = Optimizer::Sgd {
            momentum: 0.0,
            learning_rate: None,
        };
        let adam = Optimizer::Adam {
            learning_rate: 1e-3,
        };
        for optimizer in [sgd, adam, Optimizer::ClosedForm] {
            approx::assert_relative_eq!(ridge(optimizer), 0.1 + 0.15 + 0.25, epsilon = 1e-15);
        }
    }

    #[test]
    fn the_decoupled_decay_of_adamw_is_no_ridge() {
        let adamw = Optimizer::AdamW {
            learning_rate: 1e-3,
        };
        approx::assert_relative_eq!(ridge(adamw), 0.25, epsilon = 1e-15);
    }

    fn due(evaluate: Evaluate, epochs: usize) -> Vec<usize> {
        (0..=epochs)
            .filter(|&epoch| evaluate.is_due(epoch, epochs))
            .collect()
    }

    #[test]
    fn evaluations_in_a_logarithmic_rhythm_end_with_the_last_epoch() {
        let expected = [
            0, 1, 2, 3, 5, 8, 12, 18, 27, 41, 62, 93, 140, 210, 315, 473, 500,
        ];
        assert_eq!(due(Evaluate::Log, 500), expected);
        assert_eq!(due(Evaluate::Log, 0), [0]);
        assert_eq!(due(Evaluate::Log, 1), [0, 1]);
        assert!(!Evaluate::Log.is_due(usize::MAX - 1, usize::MAX));
    }

    #[test]
    fn evaluations_every_n_epochs_include_the_first_and_the_last() {
        assert_eq!(due(Evaluate::Every(3), 8), [0, 3, 6, 8]);
        assert_eq!(due(Evaluate::Every(3), 9), [0, 3, 6, 9]);
        assert_eq!(due(Evaluate::Every(100), 5), [0, 5]);
    }
}
