//! What does a run show? This room trains a run into a run directory, evaluates it, and reads it back.
//!
//! A command of the program that works on runs is one call of this room. Nothing here prints.

mod beside;
mod compare;
mod data_file;
mod error;
mod evaluate;
mod exact;
mod export;
mod facts;
mod inspect;
mod ladder;
mod layout;
pub(crate) mod lock;
mod measure;
mod memory;
mod neural;
mod optimum;
pub(crate) mod ownership;
mod plots;
mod prediction;
mod recorded;
mod run_directory;
mod sampler;
pub(crate) mod setup;
mod sheet;
mod train;
mod verdict;
mod which_checkpoint;

pub use beside::{Beside, DistanceUnit, Fresh, Neighbourhood, Twins, Typical};
pub use compare::{Comparison, compare};
pub use error::{RunError, resume_command};
pub use evaluate::{EvaluateOptions, Summary, evaluate, summarise};
pub use exact::Losses;
pub use export::export;
pub use inspect::{Inspection, inspect};
pub use ladder::{Cause, Rung};
pub(crate) use layout::is_of_lock;
pub use measure::{Measured, measure, train_in_memory};
pub use memory::{Estimate, check_draws};
pub use neural::{
    AffineInspection, LevelLosses, MemberLosses, NeuralEvent, NeuralInspection, NeuralLosses,
    NeuralOptions, NeuralSampler, NeuralSetup, NeuralSummary, NeuralTrained, TensorInspection,
    estimate_neural, evaluate_neural, export_neural, extend_neural, inspect_neural, resume_neural,
    resume_neural_from, train_neural,
};
pub use optimum::Solution;
pub use prediction::{Predicted, PredictedPath, RunTheory};
pub use run_directory::{ResumeFrom, RunDirectory};
pub use sampler::RunSampler;
pub use setup::Setup;
pub use sheet::SampleSheet;
pub use train::{
    Evaluations, Outcome, RidgeAdvice, TrainOptions, Trained, check_trainable, extend, resume,
    train,
};
pub use verdict::verdict;
pub use which_checkpoint::WhichCheckpoint;
