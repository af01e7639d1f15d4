//! The results of a forecast, as they are printed and written.

use serde::Serialize;

use super::checks::RowChecks;
use crate::data::Dimensions;
use crate::gaussian::KlPair;

/// What a value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The rows determine it.
    Identified,
    /// It depends on eigenvalues that the rows do not show. A power law is assumed for these, fitted to the others.
    AssumesTheTail,
}

/// A value with its 95 % interval, from a jackknife over ten parts of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Forecasted {
    /// The value.
    pub value: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
    /// What the value rests on.
    pub basis: Basis,
}

/// The losses with a number of rows, per component, averaged over the steps.
#[derive(Debug, Clone, Serialize)]
pub struct WithSamples {
    /// The number of rows.
    pub samples: usize,
    /// The train loss.
    pub train_loss: f64,
    /// The test loss.
    pub test_loss: Forecasted,
    /// The test loss minus the oracle's loss.
    pub excess_loss: Forecasted,
    /// `sqrt(W2^2/d)` of the ideal sampler without any ridge.
    pub w2: Forecasted,
}

/// The test loss at one step, with its 95 % interval.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct StepForecast {
    /// The step, from 1.
    pub step: usize,
    /// Its alpha_bar.
    pub alpha_bar: f64,
    /// The test loss at this step.
    pub test_loss: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// The closed-form denoiser of four fifths of the rows, measured on the others, beside the forecast for that number
/// of rows.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CrossValidation {
    /// The number of folds.
    pub folds: usize,
    /// The number of rows that each denoiser is fitted to.
    pub samples: usize,
    /// The measured test loss, a mean over folds.
    pub test_loss: f64,
    /// The standard error of the mean.
    pub standard_error: f64,
    /// The forecast for as many rows.
    pub forecast: f64,
}

/// The ridge of the lowest test loss.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BestRidge {
    /// The best ridge gamma.
    pub ridge: f64,
    /// The test loss with it.
    pub test_loss: f64,
    /// The test loss without a ridge.
    pub test_loss_without: f64,
}

/// The best time to stop without a ridge.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct BestTime {
    /// tau, the sum of the learning rates of full-batch steps; absent if training to the end is best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    /// The test loss at that time.
    pub test_loss: f64,
}

/// The assumption about eigenvalues that the rows do not show.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Tail {
    /// kappa_N(0): the rows do not show eigenvalues well below it.
    pub least_effective_ridge: f64,
    /// The exponent of the power law `nu^-exponent`.
    pub exponent: f64,
}

/// The output of `forecast --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Forecast {
    /// The name of the rows.
    pub source: String,
    /// The number of rows.
    pub rows: usize,
    /// The number of dimensions, and what was left out.
    #[serde(flatten)]
    pub dimensions: Dimensions,
    /// The number of steps.
    pub steps: usize,
    /// The ridge gamma.
    pub ridge: f64,
    /// The covariance ridge c.
    pub covariance_ridge: f64,
    /// The losses with the given rows.
    pub now: WithSamples,
    /// The least possible loss.
    pub oracle_loss: Forecasted,
    /// The divergences after training to the end, for Gaussian rows with this spectrum: those due to the sampler's
    /// steps, and without a ridge those due to finitely many rows.
    #[serde(flatten)]
    pub kl: KlPair,
    /// The test loss at each step.
    pub by_step: Vec<StepForecast>,
    /// The cross-validation.
    pub cross_validation: CrossValidation,
    /// The best ridge.
    pub best_ridge: BestRidge,
    /// The best time to stop.
    pub best_time: BestTime,
    /// The losses with other numbers of rows.
    pub with_samples: Vec<WithSamples>,
    /// The assumed tail of the spectrum, if some value depends on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    /// Whether the rows are independent of each other, and a few of them do not carry the loss.
    pub checks: RowChecks,
    /// The verdict, in sentences.
    pub verdict: Vec<String>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// How the rows were read, where that was not certain.
    pub notes: Vec<String>,
}
