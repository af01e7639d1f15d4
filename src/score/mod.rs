//! Which functions can the network be? Burn modules for time-conditioned linear score networks.
//!
//! A network predicts the noise of a centred, noised vector `y = x_t - sqrt(ab_t) m` at every step; what it is
//! to the rest of the program is a [`Snapshot`]: an affine map a step in the coordinates of `x_t`. Nothing here
//! knows of files. Equations: theory.md section 2.

mod backend;
mod device;
mod network;
mod per_step;
mod real;
mod snapshot;

pub use backend::{BackendError, Offer};
pub use device::TensorDevice;
pub use network::{BLOCK_ELEMENTS, ScoreNetwork};
pub use per_step::{PerStep, PerStepConfig};
pub use real::Real;
pub use snapshot::{Snapshot, SnapshotError};
