//! Which functions can the network be? The burn modules of time-conditioned linear score networks.
//!
//! A network predicts its [target](crate::config::Target) of a centred, noised vector `y = x_t - sqrt(ab_t) m` at
//! every step: by one affine map for each step ([`PerStep`]), by one for all steps in a basis of time
//! ([`TimeBasisNet`]), or through two layers ([`TwoLayer`]). The rest of the program sees a [`Snapshot`] of its
//! parameters, or a [`NetworkDenoiser`]: an affine map to the noise at each step, in the coordinates of `x_t`.
//! [`write_model`] and [`read_model`] write and read its file. See [`equations`](crate::equations) section 2.

mod affine;
mod backend;
mod closed_form;
mod denoiser;
mod device;
mod draw;
mod model_file;
mod network;
mod numbers;
mod part;
mod per_step;
mod real;
mod snapshot;
mod time_basis;
mod two_layer;

pub use crate::sampling::DrawOptions;
pub use affine::Affine;
pub use backend::{BackendError, Offer, in_memory};
pub use denoiser::NetworkDenoiser;
pub use device::TensorDevice;
pub use draw::draw;
pub use model_file::{ModelFileError, read_model, write_model};
pub use network::{BLOCK_ELEMENTS, ScoreNetwork};
pub use numbers::Numbers;
pub use part::Part;
pub use per_step::{PerStep, PerStepConfig};
pub use real::Real;
pub use snapshot::{Parameters, Snapshot, SnapshotError};
pub use time_basis::TimeBasisNet;
pub use two_layer::{TwoLayer, TwoLayerConfig};
