//! The results of a forecast, as they are printed and written.

use serde::Serialize;

use super::checks::{GroupsLeftOut, RowChecks};
use crate::data::Dimensions;
use crate::gaussian::Infinite;

/// What a value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The rows determine it.
    Identified,
    /// It depends on directions that the rows do not show. The logit of their degrees of freedom is continued in a
    /// straight line.
    Extrapolated,
}

/// A value with its 95 % interval.
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

/// The loss on rows of new groups, which is measured.
impl From<&GroupsLeftOut> for Forecasted {
    fn from(groups: &GroupsLeftOut) -> Self {
        Self {
            value: groups.losses.test_loss,
            low: groups.low,
            high: groups.high,
            basis: Basis::Identified,
        }
    }
}

/// A value that the rows do not always give.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Quantity {
    /// They give it.
    Known(Forecasted),
    /// It is infinite.
    Infinite {
        /// The word "infinity", because JSON has no infinite numbers.
        value: &'static str,
        /// Why.
        reason: String,
    },
    /// They do not give it.
    Unknown {
        /// Why.
        reason: String,
    },
}

impl Quantity {
    /// No value, and why.
    pub(super) fn unknown(reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self::Unknown { reason }
    }

    /// An infinite value, and why.
    pub(super) fn infinite(reason: Infinite) -> Self {
        let reason = reason.to_string();
        Self::Infinite {
            value: "infinity",
            reason,
        }
    }

    /// The value with its interval, if there is one.
    pub fn known(&self) -> Option<&Forecasted> {
        match self {
            Self::Known(value) => Some(value),
            Self::Infinite { .. } | Self::Unknown { .. } => None,
        }
    }
}

/// A value without an interval, which the rows do not always give.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Estimate {
    /// They give it.
    Known {
        /// The value.
        value: f64,
    },
    /// They do not give it.
    Unknown {
        /// Why.
        reason: &'static str,
    },
}

/// How far samples are from the truth only because the sampler takes finitely many steps, in nats per dimension.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct OfSteps {
    /// `KL(true || sampled)`
    pub kl_true_sampled: f64,
    /// `KL(sampled || true)`
    pub kl_sampled_true: f64,
}

/// The forecast for a number of rows.
#[derive(Debug, Clone, Serialize)]
pub struct WithSamples {
    /// The number of rows.
    pub samples: usize,
    /// The test loss, per component, averaged over the steps.
    pub test_loss: Forecasted,
    /// The test loss minus the oracle's loss.
    pub excess_loss: Quantity,
    /// `KL(true || sampled)` after training to the end, in nats per dimension.
    pub kl_true_sampled: Quantity,
    /// `KL(sampled || true)` after training to the end, in nats per dimension.
    pub kl_sampled_true: Quantity,
    /// `sqrt(W2^2/d)` of the ideal sampler after training to the end, W2 the 2-Wasserstein distance.
    pub w2: Estimate,
}

/// The leave-one-out loss at one step, with its 95 % interval.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct StepForecast {
    /// The step, from 1.
    pub step: usize,
    /// Its alpha_bar.
    pub alpha_bar: f64,
    /// The test loss at this step, per component.
    pub test_loss: f64,
    /// The lower end of the interval.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
}

/// A test loss with a choice and without it, by leave-one-out.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Gain {
    /// The test loss with the choice.
    pub test_loss: f64,
    /// The test loss without it.
    pub test_loss_without: f64,
    /// The loss without it minus that with it.
    pub gain: f64,
    /// The lower end of the 95 % interval of the gain, from the differences row by row.
    pub gain_low: f64,
    /// The upper end of the interval.
    pub gain_high: f64,
}

impl Gain {
    /// The gain as a share of the loss without the choice.
    pub fn share(&self) -> f64 {
        self.gain / self.test_loss_without
    }
}

/// The ridge gamma of the lowest leave-one-out loss, equal at every step.
#[derive(Debug, Clone, Serialize)]
pub struct BestRidge {
    /// The ridge; 0 if none lowers the loss.
    pub ridge: f64,
    /// The loss with it, and without any ridge gamma.
    #[serde(flatten)]
    pub gain: Gain,
    /// The settings to paste behind `lindiff train`; absent for a ridge of 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
}

/// The time to stop of the lowest leave-one-out loss.
#[derive(Debug, Clone, Serialize)]
pub struct BestTime {
    /// tau, the sum of the learning rates of full-batch steps; absent if training to the end is best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    /// The loss with it, and after training to the end.
    #[serde(flatten)]
    pub gain: Gain,
    /// The settings to paste behind `lindiff train`; absent if training to the end is best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
}

/// The test loss with a number of rows, and that of as many Gaussian rows with this spectrum.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CurvePoint {
    /// The number of rows.
    pub samples: usize,
    /// The test loss.
    pub test_loss: Forecasted,
    /// The test loss of Gaussian rows.
    pub gaussian: f64,
}

/// What a forecast would be if the rows were Gaussian, beside what they show.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct GaussianRule {
    /// The test loss that Gaussian rows with this spectrum would have, for as many rows as [`Forecast::now`].
    pub test_loss: f64,
    /// The number of Gaussian rows that would have the test loss of these rows.
    pub samples: f64,
    /// By how many times that is fewer.
    pub times_fewer: f64,
}

/// Denoisers that are built on several covariances, tested on the same folds.
#[derive(Debug, Clone, Serialize)]
pub struct Covariances {
    /// The number of folds. Each is tested on denoisers of the rows of the others.
    pub folds: usize,
    /// The best ridge, the best covariance ridge, then the covariances in the order in which they were asked for.
    pub compared: Vec<OfCovariance>,
    /// The name of the one whose test loss is lowest, beyond chance and by at least a thousandth: lower than that of
    /// the best ridge, or, if it is the best ridge, lower than that of the next. Absent if no difference is seen.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best: Option<String>,
}

/// The test loss of the denoiser that is built on one covariance.
#[derive(Debug, Clone, Serialize)]
pub struct OfCovariance {
    /// The name of the covariance.
    pub name: String,
    /// The test loss, per component, averaged over the steps and over all rows.
    pub test_loss: f64,
    /// The lower end of its 95 % interval, from the spread over folds.
    pub low: f64,
    /// The upper end of the interval.
    pub high: f64,
    /// The test loss minus that of the best ridge, on the same folds.
    pub difference: f64,
    /// The lower end of its interval. The intervals of all differences hold together with 95 %.
    pub difference_low: f64,
    /// The upper end of the interval.
    pub difference_high: f64,
    /// The weight of the multiple of the identity, from 0 to 1, for all rows; absent if the covariance has none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub shrinkage: Option<f64>,
    /// The best ridge gamma for all rows; absent for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ridge: Option<f64>,
    /// The best covariance ridge c for all rows, on which `C + c I` is built; absent for the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covariance_ridge: Option<f64>,
    /// The settings to paste behind `lindiff train`; absent for a ridge of 0, and where training has no such covariance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub set: Option<String>,
}

/// The output of `forecast --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Forecast {
    /// The name of the rows.
    pub source: String,
    /// The number N of rows.
    pub rows: usize,
    /// The number of dimensions, and what was left out.
    #[serde(flatten)]
    pub dimensions: Dimensions,
    /// The number of directions in which the rows vary.
    pub rank: usize,
    /// The number of steps.
    pub steps: usize,
    /// The ridge gamma.
    pub ridge: f64,
    /// The covariance ridge c.
    pub covariance_ridge: f64,
    /// The train loss of all N rows.
    pub train_loss: f64,
    /// By leave-one-out: each row is tested on a network of the others. So `samples` is less than N.
    pub now: WithSamples,
    /// The part of the sampler's steps in the divergences.
    pub of_steps: OfSteps,
    /// The least possible loss.
    pub oracle_loss: Forecasted,
    /// The test loss at each step, by leave-one-out.
    pub by_step: Vec<StepForecast>,
    /// The forecasts for other numbers of rows.
    pub with_samples: Vec<WithSamples>,
    /// The best ridge; absent if the network of the experiment has no ridge of this kind.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_ridge: Option<BestRidge>,
    /// The best time to stop; absent as the best ridge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub best_time: Option<BestTime>,
    /// Denoisers that are built on other covariances; absent unless asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covariances: Option<Covariances>,
    /// The forecasts for the numbers of rows of a picture, few to many; empty unless asked for.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub curve: Vec<CurvePoint>,
    /// What Gaussian rows would do; absent where that cannot be said.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaussian: Option<GaussianRule>,
    /// Whether the rows are independent of each other, and a few of them do not carry the loss.
    pub checks: RowChecks,
    /// The verdict, in sentences.
    pub verdict: Vec<String>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// How the rows were read, where that was not certain.
    pub notes: Vec<String>,
}
