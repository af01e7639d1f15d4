//! What does a run show? Trains one into a run directory, evaluates it, and reads it back.
//!
//! Everything that a command does is one call of this module; nothing here prints.

mod compare;
mod data_file;
mod error;
mod evaluate;
mod export;
mod files;
mod forecast;
mod inspect;
mod ladder;
mod measure;
mod memory;
mod ownership;
mod plots;
mod prediction;
mod reproduce;
mod run_directory;
mod setup;
mod spectrum;
mod sweep;
mod train;
mod verdict;
mod which_checkpoint;

pub use compare::{Comparison, compare};
pub(crate) use error::quoted;
pub use error::{RunError, resume_command};
pub use evaluate::{EvaluateOptions, Losses, Summary, evaluate, summarise};
pub use export::export;
pub use files::{ChartFiles, ResultFile, without_ending};
pub use forecast::{
    Basis, BestRidge, BestTime, CrossValidation, Forecast, Forecasted, StepForecast, Tail,
    WithSamples, forecast,
};
pub use inspect::{Inspection, inspect};
pub use ladder::{Cause, Rung};
pub use measure::{Measured, measure, sampled_by, train_in_memory};
pub use memory::{Estimate, check_draws};
pub use prediction::{Predicted, PredictedPath, RunTheory, theory_network};
pub use reproduce::{Finding, ReproduceOptions, Told, Verdict, figure_names, reproduce};
pub use run_directory::{ResumeFrom, RunDirectory};
pub use setup::Setup;
pub use spectrum::{
    EffectiveDimension, Gaussianity, SamplesForKl, SpectrumReport, spectrum_report,
};
pub use sweep::{
    Axis, Point, SweepOptions, SweepProgress, SweepResult, mean_and_error, points, sweep,
};
pub use train::{
    Evaluations, Outcome, RidgeAdvice, TrainOptions, Trained, check_trainable, extend, resume,
    train,
};
pub use verdict::{OTHER_LAW, pasted, verdict};
pub use which_checkpoint::WhichCheckpoint;
