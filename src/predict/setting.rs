//! What all predictions of a grid have in common.

use std::collections::BTreeMap;

use super::{PredictError, theory_network};
use crate::config::{
    Experiment, ModelConfig, Objective, Optimizer, Samples, ScheduleConfig, TrainingConfig,
};
use crate::data::{Dimensions, truth};
use crate::diffusion::Schedule;
use crate::gaussian::Spectrum;
use crate::theory::{Mean, Network};

/// Rows over dimensions below which the spectrum of rows is a rough estimate.
const FEW_ROWS: usize = 5;

/// A truth, and what is trained on samples of it.
#[derive(Debug, Clone)]
pub struct Setting {
    pub source: String,
    pub spectrum: Spectrum,
    pub dimensions: Dimensions,
    /// How many samples are taken where a grid does not say.
    pub samples: Samples,
    /// The rows that the spectrum was computed from, if any.
    pub rows: Option<usize>,
    pub mean: Mean,
    pub schedule: ScheduleConfig,
    pub model: ModelConfig,
    pub training: TrainingConfig,
    /// How the data were read, where that was not certain.
    pub notes: Vec<String>,
    pub warnings: Vec<String>,
    /// The keys of data and schedule, defaults too, as an experiment file has them.
    pub settings: BTreeMap<String, String>,
}

impl Setting {
    /// The setting of an experiment, whose truth is read or made.
    ///
    /// # Errors
    /// Whatever is wrong with the data.
    pub fn of(experiment: &Experiment) -> Result<Self, PredictError> {
        let truth = truth(&experiment.data)?;
        let dim = truth.dimensions.dim;
        let rows = truth.count();
        let mut warnings: Vec<String> = truth.warning().cloned().into_iter().collect();
        if let Some(rows) = rows.filter(|rows| *rows <= FEW_ROWS * dim) {
            warnings.push(format!(
                "the truth is an estimate from {rows} rows in {dim} dimensions: the answer follows the number of rows; \
                 `lindiff forecast` is meant for that"
            ));
        }
        warnings.extend(unlike(&experiment.training));
        let mut settings = experiment.settings();
        settings.retain(|key, _| {
            key != "data.samples" && (key.starts_with("data.") || key.starts_with("schedule."))
        });
        Ok(Self {
            source: experiment.name.clone(),
            spectrum: truth.spectrum,
            dimensions: truth.dimensions,
            samples: experiment.data.samples,
            rows,
            mean: experiment.data.mean,
            schedule: experiment.schedule.clone(),
            model: experiment.model,
            training: experiment.training.clone(),
            notes: truth.notes,
            warnings,
            settings,
        })
    }

    /// The network, as theory describes it.
    pub(super) fn network(
        &self,
        schedule: &Schedule,
        alpha_bar: Option<f64>,
    ) -> Result<Network, PredictError> {
        let dim = self.spectrum.dim();
        match theory_network(&self.model, &self.training, schedule, dim) {
            Some(Network::TimeBasis { .. }) if alpha_bar.is_some() => {
                Err(PredictError::OneLevelOfATimeBasis)
            }
            Some(Network::TimeBasis { ref phi, .. }) if phi[0].len() > phi.len() => {
                Err(PredictError::FewerStepsThanFunctions)
            }
            Some(network) => Ok(network),
            None => Err(PredictError::NarrowLayers),
        }
    }
}

/// The warning that an experiment trains otherwise than is predicted.
fn unlike(training: &TrainingConfig) -> Option<String> {
    if matches!(training.objective, Objective::Frozen(_)) {
        return Some(
            "predicted is the objective averaged over the noise; that of frozen draws (training.objective) has \
             another optimum"
                .to_owned(),
        );
    }
    let decoupled = matches!(training.optimizer, Optimizer::AdamW { .. });
    (decoupled && training.weight_decay > 0.0).then(|| {
        "the decoupled decay of adamw is no ridge, and is left out of what is predicted".to_owned()
    })
}
