//! Optimisers, as burn's `Optimizer`s: one pass over the values, with hyper-parameters in f64.
//!
//! burn's own optimisers keep betas, epsilon and decay as f32 even for f64 tensors, start Adam's epsilon at 1e-5,
//! dampen momentum by 0.1, and panic when they reload an f64 record. The optimisers here avoid all of that. Their
//! records (moments, and the number of steps) are burn's, in the precision of the tensors.
//!
//! | | update, `g` the gradient, `wd` the weight decay, `lr` the learning rate |
//! |---|---|
//! | [`Sgd`] | `g' = g + wd w`, `v <- m v + g'` (dampening 0), `w <- w - lr v`: the ridge `wd/2` |
//! | [`Adam`] | moments of `g' = g + wd w`: coupled, the ridge `wd/2` |
//! | [`Adam::decoupled`] (AdamW) | `w <- (1 - lr wd) w`, then Adam on `g`: its fixed point is not that of a ridge |
//!
//! A parameter of rank 2 is an offset (a bias) and never decays. [`move_towards`] makes moving averages.

mod adam;
mod average;
mod pass;
mod sgd;

use burn::optim::ModuleOptimizer;

pub use adam::Adam;
pub use average::move_towards;
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

#[cfg(test)]
mod tests {
    use super::adam::AdamUpdate;
    use super::average::Towards;
    use super::pass::{Update, in_place};
    use super::sgd::{Descent, HeavyBall};
    use burn::tensor::{DType, Device, Tensor, TensorData};

    fn tensor(numbers: Vec<f64>) -> Tensor<3> {
        let data = TensorData::new(numbers, [2, 3, 5]);
        Tensor::from_data(data, (&Device::flex(), DType::F64))
    }

    fn numbers(seed: f64) -> Tensor<3> {
        tensor((0..30).map(|k| ((k as f64 + 1.0) * seed).sin()).collect())
    }

    /// Checks that the loops over memory and a backend's operations agree.
    fn agree<const N: usize>(update: impl Update<N>, tensors: impl Fn() -> [Tensor<3>; N]) {
        let looped = in_place(tensors(), numbers(0.7), update);
        let operated = update.by_operations(tensors(), numbers(0.7));
        for (one, two) in looped.into_iter().zip(operated) {
            let (one, two) = (one.into_data(), two.into_data());
            for (a, b) in one.iter::<f64>().zip(two.iter::<f64>()) {
                assert!((a - b).abs() < 1e-14, "{a} {b}");
            }
        }
    }

    #[test]
    fn an_update_is_the_same_by_loops_and_by_operations() {
        let (lr, decay) = (0.01, 0.1);
        agree(Descent { lr, decay }, || [numbers(1.1)]);
        agree(Towards { share: 0.01 }, || [numbers(1.1)]);
        let momentum = 0.9;
        let ball = HeavyBall {
            lr,
            decay,
            momentum,
        };
        agree(ball, || [numbers(1.1), numbers(1.3)]);
        let square = || numbers(1.7).powi_scalar(2);
        for (coupled, shrink) in [(0.1, 1.0), (0.0, 0.999)] {
            let update = AdamUpdate {
                lr,
                coupled,
                shrink,
                correct_1: 2.0,
                correct_2: 3.0,
            };
            agree(update, || [numbers(1.1), numbers(1.3), square()]);
        }
    }
}
