//! What do networks that are not linear learn of the same rows? Burn modules of score networks with a non-linearity,
//! and their training in memory ([`equations`](crate::equations) section 10).
//!
//! [`Networks`] are E networks of one kind ([`NetworkConfig`]: a multilayer perceptron or a U-Net) whose parameters lie
//! in common tensors. A [`Trainer`] trains them together, each on its own rows, from the same start and with the same
//! noise. [`NeuralDenoiser`] is one of them as a denoiser of points.

mod batches;
mod block;
mod config;
mod conv;
mod denoiser;
mod file;
mod fused;
mod linear;
mod mlp;
mod networks;
mod norm;
mod parameters;
mod pictures;
mod resize;
mod start;
mod time_features;
mod trainer;
mod unet;
mod update;

pub use config::{NetworkConfig, NetworkConfigError, NetworkKind};
pub use denoiser::NeuralDenoiser;
pub use file::{read_networks, write_networks};
pub use mlp::Mlp;
pub use networks::Networks;
pub use parameters::{Named, ParameterError};
pub use trainer::{Trainer, TrainerConfig, TrainerError, TrainerState};
pub use unet::UNet;
