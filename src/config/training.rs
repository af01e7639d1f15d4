//! The training of the network, and what follows from it: the ridge of the objective, the epochs of evaluations.

use super::Penalties;
use super::names::{named, setters};

/// How the network is trained.
///
#[doc = include_str!("tables/training.md")]
#[derive(Debug, Clone, PartialEq)]
pub struct TrainingConfig {
    /// How the noise is averaged.
    pub objective: Objective,
    /// The optimiser.
    pub optimizer: Optimizer,
    /// How the learning rate changes.
    pub lr_schedule: RateSchedule,
    /// The largest number of epochs.
    pub epochs: usize,
    /// The training time at which a run of sgd stops, at the end of the first epoch that reaches it. tau is the sum
    /// of the learning rates of the steps, over 1 - momentum.
    pub tau: Option<f64>,
    /// The weight decay wd.
    pub weight_decay: f64,
    /// The ridge gamma in the objective of every step.
    pub ridge: f64,
    /// The covariance ridge c: it adds `alpha_bar_t c` to the ridge of step t.
    pub covariance_ridge: f64,
    /// The epochs of the evaluations.
    pub evaluate: Evaluate,
    /// The coordinates of the training.
    pub basis: Basis,
    /// The number of checkpoints that are kept, in addition to the best.
    pub checkpoints: usize,
    /// Early stopping, if it is turned on.
    pub early_stopping: Option<EarlyStopping>,
}

impl Default for TrainingConfig {
    fn default() -> Self {
        Self {
            objective: Objective::default(),
            optimizer: Optimizer::default(),
            lr_schedule: RateSchedule::default(),
            epochs: 500,
            tau: None,
            weight_decay: 0.0,
            ridge: 0.0,
            covariance_ridge: 0.0,
            evaluate: Evaluate::Log,
            basis: Basis::default(),
            checkpoints: 3,
            early_stopping: None,
        }
    }
}

impl TrainingConfig {
    setters! {
        /// How the noise is averaged.
        objective: Objective,
        /// The optimiser.
        optimizer: Optimizer,
        /// How the learning rate changes over the epochs.
        lr_schedule: RateSchedule,
        /// The largest number of epochs.
        epochs: usize,
        /// The weight decay `wd`: sgd and adam add `wd W` to the gradient, adamw subtracts from the weights.
        weight_decay: f64,
        /// The ridge `gamma`: the coefficient of `||W_t||^2` in the loss of every step.
        ridge: f64,
        /// The covariance ridge `c`: it adds `alpha_bar_t c` to the ridge of step t.
        covariance_ridge: f64,
        /// The epochs of the evaluations.
        evaluate: Evaluate,
        /// The coordinates of the training.
        basis: Basis,
        /// The number of checkpoints that are kept, in addition to the best.
        checkpoints: usize,
    }

    /// The training time at which a run of sgd stops.
    #[must_use]
    pub fn tau(mut self, tau: f64) -> Self {
        self.tau = Some(tau);
        self
    }

    /// Stops when the test loss no longer falls.
    #[must_use]
    pub fn early_stopping(mut self, stopping: EarlyStopping) -> Self {
        self.early_stopping = Some(stopping);
        self
    }
}

/// How the noise is averaged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Objective {
    /// The average is computed in closed form.
    Exact,
    /// New noise is drawn in each epoch.
    Sampled(NoiseDraws),
    /// Noise is drawn once.
    Frozen(NoiseDraws),
}

named!(Objective {
    "exact": Objective::Exact,
    "sampled": Objective::Sampled(NoiseDraws::ONE),
    "frozen": Objective::Frozen(NoiseDraws::ONE),
});

/// The draws of a noisy objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NoiseDraws {
    /// The number of independent draws for each row and step.
    pub noise_draws: usize,
    /// The number of rows of a minibatch; `None`: all.
    pub batch_size: Option<usize>,
}

impl NoiseDraws {
    /// One draw for each row and step, all rows at once.
    const ONE: Self = Self {
        noise_draws: 1,
        batch_size: None,
    };
}

impl Default for NoiseDraws {
    fn default() -> Self {
        Self::ONE
    }
}

/// The optimiser.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Optimizer {
    /// Gradient descent with momentum (without dampening). A learning rate of `None` means 0.9 of the stability
    /// bound, or 0.45 with noise.
    Sgd {
        /// The momentum m.
        momentum: f64,
        /// The learning rate.
        learning_rate: Option<f64>,
    },
    /// Adam; its weight decay is a part of the gradient.
    Adam {
        /// The learning rate.
        learning_rate: f64,
    },
    /// AdamW; its weight decay is separate from the gradient.
    AdamW {
        /// The learning rate.
        learning_rate: f64,
    },
    /// The closed form: solves the chosen objective.
    ClosedForm,
}

named!(Optimizer {
    "sgd": Optimizer::Sgd { momentum: 0.0, learning_rate: None },
    "adam": Optimizer::adam(1e-3),
    "adamw": Optimizer::adamw(1e-3),
    "closed-form": Optimizer::ClosedForm,
});

impl Optimizer {
    /// Gradient descent without momentum.
    pub const fn sgd(learning_rate: f64) -> Self {
        Optimizer::Sgd {
            momentum: 0.0,
            learning_rate: Some(learning_rate),
        }
    }

    /// Adam.
    pub const fn adam(learning_rate: f64) -> Self {
        Optimizer::Adam { learning_rate }
    }

    /// AdamW: the weight decay is separate from the gradient.
    pub const fn adamw(learning_rate: f64) -> Self {
        Optimizer::AdamW { learning_rate }
    }
}

/// How the learning rate changes over the epochs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RateSchedule {
    /// The rate does not change.
    Constant,
    /// The rate falls from the learning rate to 0 over the epochs, along half a cosine.
    Cosine,
}

named!(RateSchedule { "constant": RateSchedule::Constant, "cosine": RateSchedule::Cosine });

/// The epochs at which losses are evaluated. 0 and the last epoch always are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Evaluate {
    /// Epochs 0, 1, then n -> ceil(1.5 n).
    Log,
    /// Every n-th epoch.
    Every(usize),
}

/// The coordinates of the training.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// The eigenbasis, if that changes only the time.
    Auto,
    /// The coordinates of the data.
    Data,
    /// The eigenvectors of the training covariance, in which the weights stay diagonal. Only for sgd on the exact
    /// objective, started from a multiple of the identity.
    Eigen,
}

named!(Basis { "auto": Basis::Auto, "data": Basis::Data, "eigen": Basis::Eigen });

/// When training stops before its last epoch.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct EarlyStopping {
    /// Training stops after this many evaluations in a row without a new lowest test loss.
    pub patience: usize,
    /// A loss must fall by at least this much (absolute) to count as lower.
    pub min_delta: f64,
}

impl Default for EarlyStopping {
    fn default() -> Self {
        Self {
            patience: 2,
            min_delta: 0.0,
        }
    }
}

impl TrainingConfig {
    /// Whether training ends with this epoch, for another reason than early stopping: it is the last one, or tau is
    /// reached.
    pub fn ends_at(&self, epoch: usize, time: f64) -> bool {
        epoch >= self.epochs || self.reaches_tau(time)
    }

    /// Whether the training time is `tau`, up to the rounding of a sum of rates.
    pub fn reaches_tau(&self, time: f64) -> bool {
        self.tau.is_some_and(|tau| time >= tau * (1.0 - 1e-9))
    }

    /// The penalties on the weights that training minimises.
    ///
    /// Weight decay wd adds wd W to the gradient of sgd and adam, which is the gradient of (wd/2) ||W||^2. The closed
    /// form solves the same problem. The decoupled decay of adamw moves the weights outside of the gradient. Its
    /// fixed point is not the optimum of a ridge, so it adds nothing here ([`equations`](crate::equations) section
    /// 2).
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
    /// The number of rows of a minibatch if gradients are noisy: because of fresh noise, or because frozen draws are
    /// used in minibatches.
    pub fn minibatches(&self, samples: usize) -> Option<usize> {
        let rows = |draws: NoiseDraws| draws.batch_size.unwrap_or(samples).min(samples);
        match self.objective {
            Objective::Exact => None,
            Objective::Sampled(draws) => Some(rows(draws)),
            Objective::Frozen(draws) => Some(rows(draws)).filter(|rows| *rows < samples),
        }
    }

    /// Whether gradient descent commutes with rotations, which holds on the exact objective. The weights of a
    /// per-step network start from a multiple of I, so they then stay diagonal in the eigenbasis of the training
    /// covariance.
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
    /// Whether losses are evaluated at `epoch` of a run of `epochs`. They are at 0 and the last epoch, and between
    /// them at 1, 2, 3, 5, 8, 12, ... (n -> ceil(1.5 n)) or at every n.
    pub fn is_due(self, epoch: usize, epochs: usize) -> bool {
        if epoch == 0 || epoch == epochs {
            return true;
        }
        match self {
            Evaluate::Log => {
                let mut due = 1_usize;
                while due < epoch {
                    // ceil(1.5 n); no number of epochs can overflow it.
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
    use crate::config::ModelKind;

    fn training(optimizer: Optimizer) -> TrainingConfig {
        TrainingConfig::default()
            .optimizer(optimizer)
            .weight_decay(0.5)
            .ridge(0.1)
            .covariance_ridge(0.2)
    }

    /// The ridge of a per-step network where `alpha_bar` is 0.75.
    fn ridge(optimizer: Optimizer) -> f64 {
        let penalties = training(optimizer).penalties();
        penalties.of(ModelKind::PerStep).at(0.75)
    }

    #[test]
    fn coupled_weight_decay_counts_half_in_the_ridge_of_a_per_step_network() {
        let (sgd, adam) = (Optimizer::default(), Optimizer::adam(1e-3));
        for optimizer in [sgd, adam, Optimizer::ClosedForm] {
            approx::assert_relative_eq!(ridge(optimizer), 0.1 + 0.15 + 0.25, epsilon = 1e-15);
        }
    }

    #[test]
    fn the_decoupled_decay_of_adamw_is_no_ridge() {
        let adamw = Optimizer::adamw(1e-3);
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
