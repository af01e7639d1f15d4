//! Why there is no prediction.

use crate::config::ConfigError;
use crate::data::DataError;
use crate::theory::TheoryError;

/// Why there is no prediction.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum PredictError {
    #[error("alpha_bar = {alpha_bar}: must be above 0 and below 1")]
    AlphaBar { alpha_bar: f64 },
    #[error("tau = {tau}: must be finite and 0 or more")]
    Tau { tau: f64 },
    #[error("the target {target} of the samples is not above 0")]
    Target { target: f64 },
    #[error("data.samples = \"all\": give --samples N, or use `lindiff forecast`")]
    AllSamples,
    #[error("--alpha-bar: a network in a basis of time (model.kind) is of all steps together")]
    OneLevelOfATimeBasis,
    #[error("model.basis: as many steps as functions of time are needed (--keep)")]
    FewerStepsThanFunctions,
    #[error(
        "model.width: two layers narrower than the data choose directions, which theory does not predict"
    )]
    NarrowLayers,
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Data(#[from] DataError),
    #[error(transparent)]
    Theory(#[from] TheoryError),
}
