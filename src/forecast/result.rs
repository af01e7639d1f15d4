//! What a forecast says, as it is printed and written.

use serde::Serialize;

use crate::data::Dimensions;
use crate::gaussian::KlPair;

/// What a value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The rows say it.
    Identified,
    /// It rests on eigenvalues that the rows do not show: a power law, fitted to those that they do.
    AssumesTheTail,
}

/// A value with its 95 % interval, from a jackknife over ten parts of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Forecasted {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub basis: Basis,
}

/// Losses per component, averaged over the steps, with a number of rows.
#[derive(Debug, Clone, Serialize)]
pub struct WithSamples {
    pub samples: usize,
    pub train_loss: f64,
    pub test_loss: Forecasted,
    /// The test loss less the oracle's.
    pub excess_loss: Forecasted,
    /// `sqrt(W2^2/d)` of the ideal sampler without any ridge.
    pub w2: Forecasted,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct StepForecast {
    pub step: usize,
    pub alpha_bar: f64,
    pub test_loss: f64,
    pub low: f64,
    pub high: f64,
}

/// The closed-form denoiser on four fifths of the rows, measured on the others, beside the forecast for as many rows.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CrossValidation {
    pub folds: usize,
    pub samples: usize,
    pub test_loss: f64,
    pub standard_error: f64,
    pub forecast: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct BestRidge {
    pub ridge: f64,
    pub test_loss: f64,
    pub test_loss_without: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct BestTime {
    /// tau, the sum of the learning rates of full-batch steps; absent where training to the end is best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    pub test_loss: f64,
}

/// What was assumed below what the rows show.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Tail {
    /// kappa_N(0): eigenvalues well below it are not shown.
    pub least_effective_ridge: f64,
    /// The power law is `nu^-exponent`.
    pub exponent: f64,
}

/// What `forecast --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Forecast {
    pub source: String,
    pub rows: usize,
    #[serde(flatten)]
    pub dimensions: Dimensions,
    pub steps: usize,
    pub ridge: f64,
    pub covariance_ridge: f64,
    pub now: WithSamples,
    pub oracle_loss: Forecasted,
    /// Of what is sampled after training to the end, for Gaussian rows with this spectrum: of the sampler's steps, and without
    /// a ridge of finitely many rows.
    #[serde(flatten)]
    pub kl: KlPair,
    pub by_step: Vec<StepForecast>,
    pub cross_validation: CrossValidation,
    pub best_ridge: BestRidge,
    pub best_time: BestTime,
    pub with_samples: Vec<WithSamples>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    pub verdict: Vec<String>,
    pub warnings: Vec<String>,
    /// How the rows were read, where that was not certain.
    pub notes: Vec<String>,
}
