//! Turns a loss on the graph into its value and gradient.

use burn::optim::GradientsParams;
use burn::tensor::Tensor;

use crate::score::Part;

/// The value of a loss, and its gradient with respect to a part of the network.
pub(super) fn backward(loss: Tensor<1>, part: &Part) -> (f64, GradientsParams) {
    let value = loss.clone().inner().into_data();
    let value = value.iter::<f64>().next().expect("a loss is one number");
    let gradients = GradientsParams::from_grads(loss.backward(), part);
    (value, gradients)
}
