//! The affine maps of a network on an autodiff graph.

use burn::tensor::Tensor;

/// The affine maps of some steps on an autodiff graph, `f = W y + c`, for every kind of network.
///
/// # Shapes
/// - weight `[T, d, d]`, or its diagonal `[T, 1, d]`
/// - offset `[T, d]`
#[derive(Debug, Clone)]
pub struct Affine {
    /// W
    pub weight: Tensor<3>,
    /// c
    pub offset: Option<Tensor<2>>,
}

impl Affine {
    /// The network's predictions for every row at every step: `[T, n, d]` from centred vectors `[T, n, d]`. For full
    /// weights only.
    pub fn forward(&self, centred: Tensor<3>) -> Tensor<3> {
        let linear = centred.matmul(self.weight.clone().transpose());
        match &self.offset {
            Some(offset) => linear + offset.clone().unsqueeze_dim::<3>(1),
            None => linear,
        }
    }
}
