//! How is a network trained, and how far has it come? Objective, optimiser, learner loop, observers and
//! checkpoints ([`equations`](crate::equations) section 2).
//!
//! An [`Objective`] turns a part of the network into a loss on burn's autodiff graph. An optimiser of [`optimizer`]
//! updates the part. The [`Learner`] goes through parts and epochs and calls [`Observer`]s.

mod checkpoint;
mod error;
mod frozen;
mod learner;
mod noise;
mod objective;
pub mod observer;
pub mod optimizer;
mod parts;
mod rate;
mod state;

pub use checkpoint::{Checkpoint, CheckpointError, CheckpointFolder, MODEL, MOMENTS, TRAINED};
pub use error::TrainingError;
pub use frozen::FrozenDraws;
pub use learner::Learner;
pub use objective::{Objective, ObjectiveParams, products_with_rows};
pub use observer::Observer;
pub use parts::{Coordinates, LearnerParts, RunOptions};
pub use rate::{AUTO_SHARE, AUTO_SHARE_IN_NOISE, Inputs, LearningRate, stable_rate};
pub use state::{Best, State, Stop};
