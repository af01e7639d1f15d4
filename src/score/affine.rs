//! The affine maps of a network on an autodiff graph.

use burn::tensor::Tensor;

/// The affine maps of some steps on an autodiff graph, `f = W y + c`, whatever they are made of.
///
/// # Shapes
/// - weight `[T, d, d]`, or `[T, 1, d]` where it is diagonal
/// - offset `[T, d]`
#[derive(Debug, Clone)]
pub struct Affine {
    pub weight: Tensor<3>,
    pub offset: Option<Tensor<2>>,
}

impl Affine {
    /// What the network predicts of every row at every step, `[T, n, d]` of centred vectors `[T, n, d]`; of full weights.
    pub fn forward(&self, centred: Tensor<3>) -> Tensor<3> {
        let linear = centred.matmul(self.weight.clone().transpose());
        match &self.offset {
            Some(offset) => linear + offset.clone().unsqueeze_dim::<3>(1),
            None => linear,
        }
    }
}
