//! The common part of all predictions of a grid.

use std::collections::BTreeMap;

use super::{PredictError, theory_network};
#[cfg(feature = "files")]
use crate::config::{CheckedExperiment, Objective, Optimizer};
use crate::config::{ModelConfig, RowWeights, Samples, ScheduleConfig, TrainingConfig};
#[cfg(feature = "files")]
use crate::data::truth;
use crate::data::{Dimensions, Truth};
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
    /// The law of the rows' weights.
    pub row_weights: RowWeights,
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
    /// The setting of a truth and a network with the defaults of an experiment: one map a step, which predicts the noise,
    /// without a ridge. The mean is fitted, and rows are Gaussian.
    ///
    /// ```
    /// use lindiff::config::Scale;
    /// use lindiff::data::{Rows, Truth};
    /// use lindiff::predict::{Grid, Setting, predict};
    ///
    /// // The spectrum of forty rows in two dimensions; ten times as many samples.
    /// let rows = Rows::new((0..80).map(|i| ((i * i) % 13) as f64).collect(), 2);
    /// let setting = Setting::new("rows", Truth::of_rows(rows, Scale::Trace, 0.0)?);
    /// let grid = Grid {
    ///     samples: vec![400],
    ///     ..Grid::default()
    /// };
    /// let answer = predict(&setting, &grid.points(&setting)?[0], None)?;
    /// assert!(answer.loss.test_loss > answer.loss.oracle_loss);
    /// # Ok::<(), Box<dyn std::error::Error>>(())
    /// ```
    pub fn new(source: impl Into<String>, truth: Truth) -> Self {
        let dim = truth.dimensions.dim;
        let rows = truth.count();
        let mut warnings: Vec<String> = truth.warning().cloned().into_iter().collect();
        if let Some(rows) = rows.filter(|rows| *rows <= FEW_ROWS * dim) {
            warnings.push(format!(
                "the truth is an estimate from {rows} rows in {dim} dimensions: the answer follows the number of rows; \
                 `lindiff forecast` is meant for that"
            ));
        }
        Self {
            source: source.into(),
            spectrum: truth.spectrum,
            dimensions: truth.dimensions,
            samples: Samples::default(),
            rows,
            row_weights: RowWeights::None,
            mean: Mean::Fitted,
            schedule: ScheduleConfig::default(),
            model: ModelConfig::default(),
            training: TrainingConfig::default(),
            notes: truth.notes,
            warnings,
            settings: BTreeMap::new(),
        }
    }

    /// The setting of an experiment. Its truth is read or made.
    ///
    /// # Errors
    /// Anything wrong with the data.
    #[cfg(feature = "files")]
    pub fn of(experiment: &CheckedExperiment) -> Result<Self, PredictError> {
        let mut setting = Self::new(&experiment.name, truth(&experiment.data)?);
        setting.warnings.extend(unlike(&experiment.training));
        setting.settings = experiment.settings();
        setting.settings.retain(|key, _| {
            key != "data.samples" && (key.starts_with("data.") || key.starts_with("schedule."))
        });
        Ok(Self {
            samples: experiment.data.samples,
            row_weights: experiment.data.row_weights,
            mean: experiment.data.mean,
            schedule: experiment.schedule.clone(),
            model: experiment.model,
            training: experiment.training.clone(),
            ..setting
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
#[cfg(feature = "files")]
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
