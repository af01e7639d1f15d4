//! A run of networks that are not linear: trained into a run directory, evaluated and read back.
//!
//! What is exact for a linear network is measured here, by drawn noise and drawn samples, beside linear networks on the
//! same draws.

mod checkpoint;
mod export;
mod inspect;
mod losses;
mod memory;
mod metrics;
mod plots;
mod sample;
mod setup;
mod summary;
mod train;
mod verdict;

pub use export::export_neural;
pub use inspect::{AffineInspection, NeuralInspection, TensorInspection, inspect_neural};
pub use losses::{LevelLosses, NeuralLosses};
pub use memory::estimate as estimate_neural;
pub use sample::NeuralSampler;
pub use setup::NeuralSetup;
pub use summary::{MemberLosses, NeuralSummary, evaluate_neural};
pub use train::{
    NeuralEvent, NeuralOptions, NeuralTrained, extend_neural, resume_neural, resume_neural_from,
    train_neural,
};
