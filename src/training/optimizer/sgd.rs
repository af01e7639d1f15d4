//! Gradient descent with momentum.

use burn::optim::{LearningRate, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};

use super::WEIGHT_RANK;
use super::pass::{Update, in_place, restore, scalar};
use crate::score::Real;

/// Gradient descent: `v <- m v + g + wd w`, `w <- w - lr v`.
///
/// Dampening is 0, so a constant gradient moves the weights by `lr/(1 - m)` a step in the end. The decay is coupled:
/// it is the ridge `gamma = wd/2` of [`equations`](crate::equations) section 2.
#[derive(Debug, Clone, Copy)]
pub struct Sgd {
    momentum: f64,
    weight_decay: f64,
}

impl Sgd {
    /// Gradient descent with the momentum m and the weight decay wd.
    pub fn new(momentum: f64, weight_decay: f64) -> Self {
        Self {
            momentum,
            weight_decay,
        }
    }
}

/// The velocity v.
#[derive(Debug, Clone)]
pub struct SgdState<const D: usize> {
    velocity: Tensor<D>,
}

impl<const D: usize> RecordState for SgdState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_tensor(prefix, "velocity", self.velocity.to_data());
    }

    fn state_unflatten(prefix: &str, src: &mut StateSource, device: &Device) -> Option<Self> {
        let data = src.take_tensor(prefix, "velocity")?;
        let dtype = data.dtype();
        Some(Self {
            velocity: restore(data, device, dtype),
        })
    }
}

impl Optimizer for Sgd {
    type State<const D: usize> = SgdState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let decay = if D == WEIGHT_RANK {
            self.weight_decay
        } else {
            0.0
        };
        if self.momentum == 0.0 {
            let [tensor] = in_place([tensor], grad, Descent { lr, decay });
            return (tensor, None);
        }
        let momentum = self.momentum;
        let velocity = state.map_or_else(|| grad.zeros_like(), |s| s.velocity);
        let update = HeavyBall {
            lr,
            decay,
            momentum,
        };
        let [tensor, velocity] = in_place([tensor, velocity], grad, update);
        (tensor, Some(SgdState { velocity }))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.velocity = state.velocity.to_device(device);
        state
    }
}

#[derive(Clone, Copy)]
pub(super) struct Descent {
    pub(super) lr: f64,
    pub(super) decay: f64,
}

impl Update<1> for Descent {
    fn by_operations<const D: usize>(
        self,
        [weight]: [Tensor<D>; 1],
        gradient: Tensor<D>,
    ) -> [Tensor<D>; 1] {
        let number = |value| scalar(value, &weight);
        let slope = gradient + weight.clone() * number(self.decay);
        [weight.clone() - slope * number(self.lr)]
    }

    #[inline(always)]
    fn update<E: Real>(self, [weight]: [&mut [E]; 1], gradient: &[E]) {
        for (w, g) in weight.iter_mut().zip(gradient) {
            let old = w.widened();
            *w = E::rounded(old - self.lr * (g.widened() + self.decay * old));
        }
    }
}

#[derive(Clone, Copy)]
pub(super) struct HeavyBall {
    pub(super) lr: f64,
    pub(super) decay: f64,
    pub(super) momentum: f64,
}

impl Update<2> for HeavyBall {
    fn by_operations<const D: usize>(
        self,
        [weight, velocity]: [Tensor<D>; 2],
        gradient: Tensor<D>,
    ) -> [Tensor<D>; 2] {
        let number = |value| scalar(value, &weight);
        let moved = velocity * number(self.momentum);
        let moved = moved + gradient + weight.clone() * number(self.decay);
        let changed = weight.clone() - moved.clone() * number(self.lr);
        [changed, moved]
    }

    #[inline(always)]
    fn update<E: Real>(self, [weight, velocity]: [&mut [E]; 2], gradient: &[E]) {
        for ((w, v), g) in weight.iter_mut().zip(velocity).zip(gradient) {
            let old = w.widened();
            let moved = self.momentum * v.widened() + (g.widened() + self.decay * old);
            *w = E::rounded(old - self.lr * moved);
            *v = E::rounded(moved);
        }
    }
}
