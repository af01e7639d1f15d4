//! Adam and AdamW.

use burn::optim::{LearningRate, Optimizer, RecordState, StateSink, StateSource};
use burn::tensor::{Device, Tensor};

use super::WEIGHT_RANK;
use super::pass::{Update, in_place, restore, scalar};
use crate::score::Real;

const BETA_1: f64 = 0.9;
const BETA_2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

/// Adam (Kingma and Ba, arXiv 1412.6980; betas 0.9 and 0.999, epsilon 1e-8), with the weight decay coupled, or
/// decoupled as in AdamW (Loshchilov and Hutter, arXiv 1711.05101):
///
/// ```text
/// g' = g + wd w (coupled) or g          w <- (1 - lr wd) w first (decoupled)
/// m <- b1 m + (1 - b1) g',   v <- b2 v + (1 - b2) g'^2
/// w <- w - lr (m/(1 - b1^n)) / (sqrt(v/(1 - b2^n)) + eps)       at step n
/// ```
///
/// Coupled decay is the ridge `wd/2`, because the step vanishes where `g + wd w = 0`. Decoupled decay is not a ridge:
/// at its fixed point `wd w` balances the *normalised* step, which has lost the size of the gradient.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Adam {
    weight_decay: f64,
    decoupled: bool,
}

impl Adam {
    /// Adam on `g + wd w`.
    pub fn coupled(weight_decay: f64) -> Self {
        Self {
            weight_decay,
            decoupled: false,
        }
    }

    /// AdamW: the decay is separate from the gradient.
    pub fn decoupled(weight_decay: f64) -> Self {
        Self {
            weight_decay,
            decoupled: true,
        }
    }

    /// Step number `steps` (from 1) of a parameter: its new numbers and moments m and v, in place where nobody else
    /// holds them.
    pub fn advance<const D: usize>(
        &self,
        lr: LearningRate,
        steps: u64,
        tensor: Tensor<D>,
        [first, second]: [Tensor<D>; 2],
        gradient: Tensor<D>,
    ) -> (Tensor<D>, [Tensor<D>; 2]) {
        let decay = if D == WEIGHT_RANK {
            self.weight_decay
        } else {
            0.0
        };
        let (coupled, decoupled) = if self.decoupled {
            (0.0, decay)
        } else {
            (decay, 0.0)
        };
        let update = AdamUpdate {
            lr,
            coupled,
            shrink: 1.0 - lr * decoupled,
            correct_1: 1.0 / (1.0 - BETA_1.powf(steps as f64)),
            correct_2: 1.0 / (1.0 - BETA_2.powf(steps as f64)),
        };
        let [tensor, first, second] = in_place([tensor, first, second], gradient, update);
        (tensor, [first, second])
    }
}

/// The moments m and v, and the number n of steps taken.
#[derive(Debug, Clone)]
pub struct AdamState<const D: usize> {
    first: Tensor<D>,
    second: Tensor<D>,
    steps: u64,
}

impl<const D: usize> RecordState for AdamState<D> {
    fn state_flatten(&self, prefix: &str, out: &mut StateSink) {
        out.push_tensor(prefix, "first", self.first.to_data());
        out.push_tensor(prefix, "second", self.second.to_data());
        out.push_scalar(prefix, "steps", self.steps.into());
    }

    fn state_unflatten(prefix: &str, src: &mut StateSource, device: &Device) -> Option<Self> {
        let first = src.take_tensor(prefix, "first")?;
        let second = src.take_tensor(prefix, "second")?;
        let steps = u64::try_from(src.take_scalar(prefix, "steps")?).ok()?;
        let dtype = first.dtype();
        Some(Self {
            first: restore(first, device, dtype),
            second: restore(second, device, dtype),
            steps,
        })
    }
}

impl Optimizer for Adam {
    type State<const D: usize> = AdamState<D>;

    fn step<const D: usize>(
        &self,
        lr: LearningRate,
        tensor: Tensor<D>,
        grad: Tensor<D>,
        state: Option<Self::State<D>>,
    ) -> (Tensor<D>, Option<Self::State<D>>) {
        let state = state.unwrap_or_else(|| AdamState {
            first: grad.zeros_like(),
            second: grad.zeros_like(),
            steps: 0,
        });
        let steps = state.steps + 1;
        let moments = [state.first, state.second];
        let (tensor, [first, second]) = self.advance(lr, steps, tensor, moments, grad);
        let state = AdamState {
            first,
            second,
            steps,
        };
        (tensor, Some(state))
    }

    fn to_device<const D: usize>(mut state: Self::State<D>, device: &Device) -> Self::State<D> {
        state.first = state.first.to_device(device);
        state.second = state.second.to_device(device);
        state
    }
}

#[derive(Clone, Copy)]
pub(super) struct AdamUpdate {
    pub(super) lr: f64,
    pub(super) coupled: f64,
    pub(super) shrink: f64,
    /// `1/(1 - b1^n)`
    pub(super) correct_1: f64,
    /// `1/(1 - b2^n)`
    pub(super) correct_2: f64,
}

impl Update<3> for AdamUpdate {
    fn by_operations<const D: usize>(
        self,
        [weight, first, second]: [Tensor<D>; 3],
        gradient: Tensor<D>,
    ) -> [Tensor<D>; 3] {
        let number = |value| scalar(value, &weight);
        let gradient = gradient + weight.clone() * number(self.coupled);
        let first = first * number(BETA_1) + gradient.clone() * number(1.0 - BETA_1);
        let square = gradient.clone() * gradient;
        let second = second * number(BETA_2) + square * number(1.0 - BETA_2);
        let size = (second.clone() * number(self.correct_2)).sqrt() + number(EPSILON);
        let step = first.clone() * number(self.lr * self.correct_1) / size;
        [weight.clone() * number(self.shrink) - step, first, second]
    }

    #[inline(always)]
    fn update<E: Real>(self, [weight, first, second]: [&mut [E]; 3], gradient: &[E]) {
        let numbers = weight.iter_mut().zip(first).zip(second).zip(gradient);
        for (((w, m), v), g) in numbers {
            let old = w.widened();
            let g = g.widened() + self.coupled * old;
            let first = BETA_1 * m.widened() + (1.0 - BETA_1) * g;
            let second = BETA_2 * v.widened() + (1.0 - BETA_2) * g * g;
            let step =
                self.lr * (first * self.correct_1) / ((second * self.correct_2).sqrt() + EPSILON);
            *w = E::rounded(self.shrink * old - step);
            *m = E::rounded(first);
            *v = E::rounded(second);
        }
    }
}
