//! The answer, as it is printed and written.

use serde::Serialize;

use crate::denoiser::Measured;
use crate::theory::Bounded;

/// What arrays say of a network.
///
/// Losses are mean squared errors of the predicted `x_0`, per component. Times `ab/(1 - ab)` they are losses of the
/// predicted noise.
#[derive(Debug, Clone, Serialize)]
pub struct Probe {
    /// The name of the arrays.
    pub source: String,
    /// What the network predicts.
    pub target: &'static str,
    /// The number n of draws of test rows.
    pub draws: usize,
    /// The dimension d.
    pub dim: usize,
    /// The number M of clean rows that are not training rows.
    pub test_rows: usize,
    /// The number N of training rows, if they were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_rows: Option<usize>,
    /// The noise levels, the least noise first.
    pub levels: Vec<LevelProbe>,
    /// The leading directions of the test rows at each level.
    pub directions: Vec<DirectionProbe>,
    /// What the training rows say, if they were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<TrainingProbe>,
    /// What samples of the network say, if they were given together with training rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<SamplesProbe>,
    /// Three sentences: has it learned more than the covariance, does it copy, how many rows is its linear part worth?
    pub verdict: Vec<String>,
    /// What speaks against the numbers.
    pub warnings: Vec<String>,
    /// How the input was read.
    pub notes: Vec<String>,
}

/// One noise level.
#[derive(Debug, Clone, Serialize)]
pub struct LevelProbe {
    /// `alpha_bar`
    pub alpha_bar: f64,
    /// `sigma = sqrt((1 - ab)/ab)`: the noise in `x_0 + sigma eps`.
    pub sigma: f64,
    /// The number of draws of test rows.
    pub draws: usize,
    /// The loss of `x_0` on test rows: `wiener + affine_excess + nonlinear`.
    pub test_loss: f64,
    /// The plain mean of the squared errors of the draws, with all of their chance.
    pub measured_loss: f64,
    /// The least loss of an affine map on the test rows, exactly: that of `S (S + sigma^2)^-1`.
    pub wiener: f64,
    /// What the affine part of the network loses more than that.
    pub affine_excess: f64,
    /// What the rest of the network adds; below 0 where it helps.
    pub nonlinear: f64,
    /// The share of the variance of the output that the affine part has.
    pub affine_share: f64,
    /// The standard errors of the measured values, over test rows.
    pub standard_errors: LevelErrors,
    /// The number of rows with which a linear network has this affine part, with its 95 % interval.
    pub effective_samples: Option<Bounded>,
    /// The ridge that it then has, in the unit of the variances.
    pub ridge: Option<Bounded>,
    /// Why there are no effective samples.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub not_identified: Option<String>,
    /// What the training rows say, if they were given.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub training: Option<LevelTraining>,
}

/// Standard errors over test rows.
#[derive(Debug, Clone, Copy, Serialize)]
#[allow(
    missing_docs,
    reason = "each field is named after what it is the error of"
)]
pub struct LevelErrors {
    pub test_loss: f64,
    pub affine_excess: f64,
    pub nonlinear: f64,
    pub affine_share: f64,
}

/// A network beside others that were made from its training rows, at one noise level.
#[derive(Debug, Clone, Serialize)]
pub struct LevelTraining {
    /// How far the network is from the linear network at its optimum: `E|D - D'|^2/Var D` on the test rows.
    pub from_linear_optimum: f64,
    /// How far it is from the local linear filter of 5 x 5 pixels, if rows are images.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from_local_filter: Option<f64>,
    /// How far it is from the denoiser that copies: the optimum of all functions on the training rows.
    pub from_copying: f64,
    /// The effective samples of the linear network of the same training rows, on the same draws.
    pub linear_effective_samples: Option<Bounded>,
    /// The loss on training rows, if enough of the draws are of them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_loss: Option<Measured>,
    /// How far the gains on training rows are from those of the linear optimum, which they have at the end of any
    /// training: in the leading direction where they are farthest.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gain_gap: Option<Measured>,
}

/// A leading direction of the test rows at one noise level.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct DirectionProbe {
    /// The noise level, as a place in [`Probe::levels`], from 0.
    pub level: usize,
    /// The rank of the direction by its variance, from 1.
    pub rank: usize,
    /// Its variance in the test rows.
    pub variance: f64,
    /// `u' A u`, A the affine part.
    pub gain: f64,
    /// The standard error of the gain.
    pub standard_error: f64,
    /// The gain of Wiener's filter.
    pub wiener: f64,
    /// The expected gain of a linear network of as many training rows.
    pub predicted: Option<f64>,
    /// The affine excess in this direction.
    pub affine_excess: f64,
    /// The non-linear term in this direction.
    pub nonlinear: f64,
}

/// What the training rows say of the whole network.
#[derive(Debug, Clone, Serialize)]
pub struct TrainingProbe {
    /// Whether training has ended; `None` if the draws do not tell.
    pub ended: Option<bool>,
    /// That in words.
    pub sentence: String,
    /// The noise below which a network that fits its training rows copies them, `sigma_c(N)`.
    pub copying_sigma: f64,
    /// The `alpha_bar` of that noise.
    pub copying_alpha_bar: f64,
}

/// Samples beside training rows.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SamplesProbe {
    /// The number of samples.
    pub count: usize,
    /// The share of copies with its 95 % interval.
    pub copies: Bounded,
    /// The share of test rows that would be called copies, with its 95 % interval.
    pub test_rows_copies: Bounded,
}
