//! Moving averages of parameters.

use burn::tensor::Tensor;

use super::pass::{Update, in_place, scalar};
use crate::score::Real;

/// Moves an average towards a value, `a <- a + share (w - a)`, in place if nobody else holds the average.
pub fn move_towards<const D: usize>(average: Tensor<D>, value: Tensor<D>, share: f64) -> Tensor<D> {
    let [average] = in_place([average], value, Towards { share });
    average
}

#[derive(Clone, Copy)]
pub(super) struct Towards {
    pub(super) share: f64,
}

impl Update<1> for Towards {
    fn by_operations<const D: usize>(
        self,
        [average]: [Tensor<D>; 1],
        value: Tensor<D>,
    ) -> [Tensor<D>; 1] {
        let share = scalar(self.share, &average);
        [average.clone() + (value - average) * share]
    }

    #[inline(always)]
    fn update<E: Real>(self, [average]: [&mut [E]; 1], value: &[E]) {
        for (a, w) in average.iter_mut().zip(value) {
            let old = a.widened();
            *a = E::rounded(old + self.share * (w.widened() - old));
        }
    }
}
