//! The penalties on the weights of a network.

use super::ModelKind;

/// What the loss adds for the size of the weights: `gamma_t ||W_t||^2` at each step, and `decay` times the squared
/// norm of the parameters behind `W_t`.
///
/// ```
/// use lindiff::config::{ModelKind, Penalties};
///
/// let penalties = Penalties { ridge: 0.25, covariance_ridge: 0.5, decay: 0.125 };
/// assert_eq!(penalties.at(0.5), 0.5);
/// // The parameters of a per-step network are W_t: decay is a ridge.
/// assert_eq!(penalties.of(ModelKind::PerStep).at(0.5), 0.625);
/// ```
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Penalties {
    /// The constant part of the ridge `gamma_t`.
    pub ridge: f64,
    /// The covariance ridge c: it adds `alpha_bar_t c` to the ridge of step t.
    pub covariance_ridge: f64,
    /// The coefficient of the squared norm of the parameters: half the weight decay, or 0 where decay is decoupled.
    pub decay: f64,
}

impl Penalties {
    /// No penalty at all.
    pub const NONE: Self = Self {
        ridge: 0.0,
        covariance_ridge: 0.0,
        decay: 0.0,
    };

    /// The ridge `gamma_t = ridge + alpha_bar_t covariance_ridge` of a step, without the decay.
    pub fn at(&self, alpha_bar: f64) -> f64 {
        self.ridge + alpha_bar * self.covariance_ridge
    }

    /// The penalties for a kind of network. If the parameters are `W_t` themselves, the decay is a part of the ridge.
    pub fn of(self, kind: ModelKind) -> Self {
        if kind.is_direct() {
            Self {
                ridge: self.ridge + self.decay,
                decay: 0.0,
                ..self
            }
        } else {
            self
        }
    }
}
