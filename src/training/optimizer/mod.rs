//! Optimisers, as burn's `Optimizer`s: one pass over the numbers, hyper-parameters in f64.
//!
//! burn's own keep betas, epsilon and decay as f32 even for f64 tensors, start Adam's epsilon at 1e-5, damp
//! momentum by 0.1, and panic on reloading an f64 record; these do none of that, in one pass over the memory.
//! Their records (moments, and the number of steps) are burn's, in the precision of the tensors.
//!
//! | | update, `g` the gradient, `wd` the weight decay, `lr` the learning rate |
//! |---|---|
//! | [`Sgd`] | `g' = g + wd w`, `v <- m v + g'` (dampening 0), `w <- w - lr v`: the ridge `wd/2` |
//! | [`Adam`] | moments of `g' = g + wd w`: coupled, the ridge `wd/2` |
//! | [`Adam::decoupled`] (AdamW) | `w <- (1 - lr wd) w`, then Adam on `g`: its fixed point is no ridge's |
//!
//! A parameter of rank 2 is an offset (a bias) and never decays.

mod adam;
mod pass;
mod sgd;

use burn::optim::ModuleOptimizer;

pub use adam::Adam;
pub use sgd::Sgd;

use crate::config::{self, TrainingConfig};

/// The rank of a weight `[T, d, d]`; parameters of lower rank do not decay.
const WEIGHT_RANK: usize = 3;

/// The optimiser of a configuration; `None` for the closed form, which takes no steps.
pub fn build(config: &TrainingConfig) -> Option<ModuleOptimizer> {
    let decay = config.weight_decay;
    match config.optimizer {
        config::Optimizer::Sgd { momentum, .. } => Some(Sgd::new(momentum, decay).into()),
        config::Optimizer::Adam { .. } => Some(Adam::coupled(decay).into()),
        config::Optimizer::AdamW { .. } => Some(Adam::decoupled(decay).into()),
        config::Optimizer::ClosedForm => None,
    }
}
