//! A prediction with all its inputs, as JSON and as columns.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Point, Setting};
use crate::config::{Named, SamplerKind};
use crate::data::Dimensions;
use crate::diffusion::Schedule;
use crate::gaussian::Divergence;
use crate::theory::{Ensemble, Fluctuation, Mean, Prediction, Query, TheoryError};

/// Every input of one prediction.
#[derive(Debug, Clone, Serialize)]
pub struct Inputs {
    /// The name of the data.
    pub source: String,
    /// The number of dimensions, and what was left out.
    #[serde(flatten)]
    pub dimensions: Dimensions,
    /// The number of samples.
    pub samples: usize,
    /// The law of the rows' weights.
    pub row_weights: &'static str,
    /// Its parameter; absent for Gaussian rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row_weights_parameter: Option<f64>,
    /// Whether the mean is known or fitted.
    pub mean: Mean,
    /// The noise level, if there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub alpha_bar: Option<f64>,
    /// The number of noise levels.
    pub steps: usize,
    /// `alpha_bar_T` of the schedule.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub terminal_alpha_bar: Option<f64>,
    /// The ridge gamma.
    pub ridge: f64,
    /// The covariance ridge c.
    pub covariance_ridge: f64,
    /// The time tau of gradient flow; absent for the optimum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    /// The name of the sampler.
    pub sampler: &'static str,
    /// The kind of network.
    pub model: &'static str,
    /// What the network predicts.
    pub target: &'static str,
    /// The keys of data and schedule, defaults too, as an experiment file has them.
    pub settings: BTreeMap<String, String>,
    /// The variance of ddpm.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub variance: Option<&'static str>,
}

/// Losses per component, averaged over the noise levels.
#[derive(Debug, Clone, Serialize)]
pub struct Loss {
    /// The loss on the training set.
    pub train_loss: f64,
    /// The loss on new samples.
    pub test_loss: f64,
    /// The least possible loss.
    pub oracle_loss: f64,
    /// One standard deviation of the optimum's loss over training sets. For several noise levels it is an upper
    /// bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub train_loss_deviation: Option<f64>,
    /// The deviation of the test loss.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_loss_deviation: Option<f64>,
}

/// Divergences of the samples from the truth, in nats per dimension.
#[derive(Debug, Clone, Serialize)]
pub struct Kl {
    /// KL(true || sampled).
    #[serde(rename = "kl_true_sampled")]
    pub true_sampled: Divergence,
    /// KL(sampled || true).
    #[serde(rename = "kl_sampled_true")]
    pub sampled_true: Divergence,
    #[serde(
        rename = "kl_true_sampled_deviation",
        skip_serializing_if = "Option::is_none"
    )]
    /// One standard deviation of KL(true || sampled) over training sets.
    pub true_sampled_deviation: Option<f64>,
    #[serde(
        rename = "kl_sampled_true_deviation",
        skip_serializing_if = "Option::is_none"
    )]
    /// One standard deviation of KL(sampled || true) over training sets.
    pub sampled_true_deviation: Option<f64>,
}

/// How much two models agree that were trained on different samples.
#[derive(Debug, Clone, Serialize)]
pub struct Consistency {
    /// The overlap of samples from the same noise, from 0 to 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub overlap: Option<f64>,
    /// The divergence between the laws of both models.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_between_models: Option<Divergence>,
}

/// The optimum that was asked for; the other fields are absent.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Optimal {
    /// The best ridge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ridge: Option<f64>,
    /// The best time to stop.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau: Option<Time>,
    /// The number of samples that reaches the target.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub samples: Option<usize>,
    /// The test loss at the optimum.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub test_loss: Option<f64>,
    /// The covariance ridge of the ideal sampler with the lowest KL(true || sampled), and that divergence.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub covariance_ridge: Option<f64>,
    /// KL(true || sampled) at the best covariance ridge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kl_true_sampled: Option<f64>,
}

/// A time tau; infinite if training to the end is best.
#[derive(Debug, Clone, Copy)]
pub struct Time(pub f64);

impl Serialize for Time {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.0.is_finite() {
            serializer.serialize_f64(self.0)
        } else {
            serializer.serialize_str("infinity")
        }
    }
}

/// A prediction: the document of `predict --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Answer {
    /// The inputs.
    pub inputs: Inputs,
    /// The losses.
    #[serde(flatten)]
    pub loss: Loss,
    /// The divergences; absent if they cannot be predicted.
    #[serde(flatten)]
    pub kl: Option<Kl>,
    /// The effective ridge.
    pub effective_ridge: f64,
    /// `sum lambda/(lambda + kappa)`
    pub df1: f64,
    /// `sum (lambda/(lambda + kappa))^2`
    pub df2: f64,
    /// `sqrt(W2^2/d)` of the ideal sampler without a ridge.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub w2: Option<f64>,
    /// How much two models agree.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub consistency: Option<Consistency>,
    /// The optimum, if one was asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub optimal: Option<Optimal>,
    /// The possible error of the integrals.
    pub numerical_error: f64,
    /// Warnings.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
}

/// Several predictions, as one document.
#[derive(Debug, Serialize)]
pub struct Predictions<'a> {
    /// The predictions.
    pub predictions: &'a [Answer],
}

impl Answer {
    pub(super) fn new(
        setting: &Setting,
        point: &Point,
        schedule: &Schedule,
        query: &Query<'_>,
        ensemble: &Ensemble<'_>,
        prediction: &Prediction,
    ) -> Result<Self, TheoryError> {
        let loss_bands = if query.is_resolvent() {
            Some(ensemble.loss_deviations(query)?)
        } else {
            // They are known for its optimum only.
            None
        };
        let ideal = point.sampler.is_none() && prediction.kl.is_some();
        let kl_bands = if ideal {
            ensemble.divergence_fluctuations(point.covariance_ridge)?
        } else {
            None
        };
        let deviation = |f: Fluctuation| f.standard_deviation;
        let terminal = schedule.terminal_alpha_bar();
        Ok(Self {
            inputs: Inputs {
                source: setting.source.clone(),
                dimensions: setting.dimensions,
                samples: point.samples,
                row_weights: point.row_weights.name(),
                row_weights_parameter: point.row_weights.parameter(),
                mean: setting.mean,
                alpha_bar: point.alpha_bar,
                steps: query.levels.len(),
                terminal_alpha_bar: point.alpha_bar.is_none().then_some(terminal),
                ridge: point.ridge,
                covariance_ridge: point.covariance_ridge,
                tau: point.tau,
                settings: setting.settings.clone(),
                model: setting.model.kind.name(),
                target: setting.model.target.name(),
                sampler: point.sampler.map_or("ideal", |kind| kind.name()),
                variance: point.sampler.and_then(|kind| match kind {
                    SamplerKind::Ddpm(variance) => Some(variance.name()),
                    _ => None,
                }),
            },
            loss: Loss {
                train_loss: prediction.loss.train_loss,
                test_loss: prediction.loss.test_loss,
                oracle_loss: prediction.oracle,
                train_loss_deviation: loss_bands.map(|b| b.train_loss),
                test_loss_deviation: loss_bands.map(|b| b.test_loss),
            },
            kl: prediction.kl.map(|kl| Kl {
                true_sampled: kl.true_sampled,
                sampled_true: kl.sampled_true,
                true_sampled_deviation: kl_bands.map(|b| deviation(b.first)),
                sampled_true_deviation: kl_bands.map(|b| deviation(b.second)),
            }),
            effective_ridge: prediction.effective_ridge.kappa,
            df1: prediction.effective_ridge.df1,
            df2: prediction.effective_ridge.df2,
            w2: prediction.w2,
            consistency: prediction.kl_between_models.map(|kl| Consistency {
                overlap: prediction.overlap,
                kl_between_models: Some(kl),
            }),
            optimal: None,
            numerical_error: prediction.error,
            warnings: warnings(setting, point, prediction),
        })
    }

    /// Every number with its name. The inputs come first.
    pub fn columns(&self) -> Vec<(&'static str, Option<f64>)> {
        let kl = |f: fn(&Kl) -> Divergence| self.kl.as_ref().map(|kl| f(kl).value());
        let optimal = |f: fn(&Optimal) -> Option<f64>| self.optimal.as_ref().and_then(f);
        let consistency = self.consistency.as_ref();
        vec![
            ("samples", Some(self.inputs.samples as f64)),
            ("alpha_bar", self.inputs.alpha_bar),
            ("ridge", Some(self.inputs.ridge)),
            ("covariance_ridge", Some(self.inputs.covariance_ridge)),
            ("tau", self.inputs.tau),
            ("train_loss", Some(self.loss.train_loss)),
            ("test_loss", Some(self.loss.test_loss)),
            ("oracle_loss", Some(self.loss.oracle_loss)),
            ("kl_true_sampled", kl(|kl| kl.true_sampled)),
            ("kl_sampled_true", kl(|kl| kl.sampled_true)),
            ("w2", self.w2),
            ("overlap", consistency.and_then(|c| c.overlap)),
            ("effective_ridge", Some(self.effective_ridge)),
            ("df1", Some(self.df1)),
            ("df2", Some(self.df2)),
            ("optimal_ridge", optimal(|o| o.ridge)),
            ("optimal_tau", optimal(|o| o.tau.map(|t| t.0))),
            ("optimal_samples", optimal(|o| o.samples.map(|n| n as f64))),
            ("optimal_test_loss", optimal(|o| o.test_loss)),
            ("steps", Some(self.inputs.steps as f64)),
        ]
    }
}

/// A part of the excess loss, or of a divergence, that may be left over without a warning.
const NEGLIGIBLE: f64 = 0.05;

/// How far off a value may be that is right to relative order 1/d, if that is worth a warning.
fn rough(what: &str, value: f64, remainder: f64) -> Option<String> {
    let share = remainder / value;
    (share > NEGLIGIBLE).then(|| {
        let size = match share {
            0.0..0.5 => format!("may be off by {:.0} %", 100.0 * share),
            _ => "may be off by a factor of 2, or more".to_owned(),
        };
        format!(
            "{what} {size}: with so few dimensions or samples, or with N near d, its correction of order 1/d is large"
        )
    })
}

/// What the user should know of a prediction: the warnings of its setting, and those of its own.
fn warnings(setting: &Setting, point: &Point, prediction: &Prediction) -> Vec<String> {
    let mut warnings = setting.warnings.clone();
    if let Some(reason) = prediction.kl.and_then(|kl| kl.true_sampled.reason()) {
        warnings.push(format!("KL(true || sampled) is infinite: {reason}"));
    }
    if let (None, Some(sampler)) = (prediction.kl, point.sampler) {
        warnings.push(format!(
            "no divergence is predicted for {} with {} samples: in directions without data it leaves a variance that the \
             steps alone decide",
            sampler.name(),
            point.samples
        ));
    }
    let excess = prediction.loss.test_loss - prediction.oracle;
    warnings.extend(rough(
        "the excess of the test loss over the oracle's",
        excess,
        prediction.loss_remainder,
    ));
    if let Some(kl) = prediction.kl {
        let value = kl.true_sampled.value();
        warnings.extend(rough("KL(true || sampled)", value, prediction.kl_remainder));
    }
    if prediction.error > 1e-9 {
        warnings.push(format!("integrals may be off by {:.1e}", prediction.error));
    }
    warnings
}
