//! One affine map for all steps, expanded in functions of time.

use std::ops::Range;

use burn::module::{Module, Param, ParamId};
use burn::tensor::Tensor;

use super::{Affine, TensorDevice};

/// The network `f(y, t) = sum_k phi_k(t) (A_k y + c_k)` of the centred noised vector `y = x_t - sqrt(ab_t) m`, with
/// Chebyshev polynomials phi_k of the log signal-to-noise ratio ([`TimeBasis`](crate::diffusion::TimeBasis)).
///
/// # Shapes
/// - weight `[K, d, d]`, the output's index before the input's
/// - offset `[K, d]`; `None` if the mean is known
/// - phi `[T, K]`, not a parameter: the functions at the trained steps
#[derive(Module, Debug)]
pub struct TimeBasisNet {
    /// A
    pub weight: Param<Tensor<3>>,
    /// c
    pub offset: Option<Param<Tensor<2>>>,
    phi: Tensor<2>,
}

impl TimeBasisNet {
    /// The module with the given coefficients, and the values `phi[t][k]` of the functions at the steps.
    pub fn new(
        weight: Tensor<3>,
        offset: Option<Tensor<2>>,
        phi: &[Vec<f64>],
        device: &TensorDevice,
    ) -> Self {
        let shape = [phi.len(), weight.shape()[0]];
        Self {
            weight: Param::initialized(ParamId::from(1), weight.require_grad()),
            offset: offset.map(|c| Param::initialized(ParamId::from(2), c.require_grad())),
            phi: device.tensor(phi.concat(), shape),
        }
    }

    /// The affine maps of some steps.
    pub fn affine(&self, steps: Range<usize>) -> Affine {
        let [count, dim, inputs] = self.weight.shape().dims();
        let phi = self.phi.clone().slice([steps.clone(), 0..count]);
        let flat = self.weight.val().reshape([count, dim * inputs]);
        let weight = phi.clone().matmul(flat);
        Affine {
            weight: weight.reshape([steps.len(), dim, inputs]),
            offset: self.offset.as_ref().map(|c| phi.matmul(c.val())),
        }
    }

    /// The number T of steps.
    pub fn steps(&self) -> usize {
        self.phi.shape()[0]
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.weight.shape()[2]
    }
}
