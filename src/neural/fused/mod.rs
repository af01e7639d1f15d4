//! Operations of the U-Net in one pass, with gradients of their own, for the backend `flex`.
//!
//! burn's own operations would take three times as long: each makes a pass over memory, and the gradient of a filter
//! is a slow convolution. Other backends use burn's operations; tests compare the two.

mod conv;
mod node;
mod norm;
mod resize;
mod sigmoid;

pub(super) use conv::conv;
pub(super) use norm::norm_silu;
pub(super) use resize::{double_and_join, halve};
