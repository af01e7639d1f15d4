//! The common part of all predictions of a grid.

use std::collections::BTreeMap;

use super::{PredictError, theory_network};
use crate::config::{
    CheckedExperiment, ModelConfig, Objective, Optimizer, Samples, ScheduleConfig, TrainingConfig,
};
use crate::data::{Dimensions, truth};
use crate::diffusion::Schedule;
use crate::gaussian::Spectrum;
use crate::theory::{Mean, Network};

/// If there are fewer rows than this times the dimensions, their spectrum is a rough estimate.
const FEW_ROWS: usize = 5;

/// A truth, and the network that is trained on samples of it.
#[derive(Debug, Clone)]
pub struct Setting {
    /// The name of the data.
    pub source: String,
    /// The truth's eigenvalues.
    pub spectrum: Spectrum,
    /// The number of dimensions, and what was left out.
    pub dimensions: Dimensions,
    /// The number of samples, if a grid does not say.
    pub samples: Samples,
    /// The number of rows behind the spectrum, if it comes from rows.
    pub rows: Option<usize>,
    /// Whether the mean is known or fitted.
    pub mean: Mean,
    /// The noise schedule.
    pub schedule: ScheduleConfig,
    /// The network.
    pub model: ModelConfig,
    /// The penalties and the optimiser.
    pub training: TrainingConfig,
    /// How the data were read, where that was not certain.
    pub notes: Vec<String>,
    /// Warnings.
    pub warnings: Vec<String>,
    /// The keys of data and schedule, including defaults, as an experiment file has them.
    pub settings: BTreeMap<String, String>,
}

impl Setting {
    /// The setting of an experiment. Its truth is read or made.
    ///
    /// # Errors
    /// Anything wrong with the data.
    pub fn of(experiment: &CheckedExperiment) -> Result<Self, PredictError> {
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

    /// The network as theory describes it.
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

/// A warning if the experiment trains in another way than is predicted.
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
        "the decoupled decay of adamw is not a ridge, and is left out of the prediction".to_owned()
    })
}
