//! The section `model`, and what it asks of the section `training`.

use super::{Check, positive};
use crate::config::error::ConfigError;
use crate::config::names::ModelName;
use crate::config::raw::RawModel;
use crate::config::{
    Basis, ModelConfig, ModelKind, Objective, Optimizer, ScheduleConfig, Target, TrainingConfig,
};

/// The default scale of two-layer weights.
const TWO_LAYER_INIT: f64 = 1e-3;

impl Check<'_> {
    pub(super) fn model(
        &self,
        raw: &RawModel,
        schedule: &ScheduleConfig,
    ) -> Result<ModelConfig, ConfigError> {
        let name = self.choice("model.kind", &raw.kind, ModelName::PerStep)?;
        let kind = match name {
            ModelName::PerStep => ModelKind::PerStep,
            ModelName::TimeBasis => ModelKind::TimeBasis {
                basis: self.basis(raw, schedule)?,
            },
            ModelName::TwoLayer => ModelKind::TwoLayer {
                width: self.count("model.width", raw.width, 64, positive)?,
            },
        };
        let default = match kind {
            ModelKind::TwoLayer { .. } => TWO_LAYER_INIT,
            _ => 0.0,
        };
        let init = self.number("model.init", raw.init, default, f64::is_finite)?;
        if matches!(kind, ModelKind::TwoLayer { .. }) && init <= 0.0 {
            let reason = "two layers start from sqrt(init) times the identity: at 0 neither would ever move (a saddle), and \
                          the sign is that of the target: must be above 0";
            return Err(self.conflict("model.init", reason));
        }
        Ok(ModelConfig {
            kind,
            init,
            target: self.choice("model.target", &raw.target, Target::Eps)?,
        })
    }

    /// Polynomials that as many steps can tell apart.
    fn basis(&self, raw: &RawModel, schedule: &ScheduleConfig) -> Result<usize, ConfigError> {
        let key = "model.basis";
        let basis = self.count(key, raw.basis, 8, positive)?;
        let steps = schedule
            .try_build()
            .map_err(|problem| self.at_file(problem, "schedule"))?
            .len();
        if basis > steps {
            let reason = format!(
                "{steps} steps are trained (schedule.keep), which tell at most {steps} functions of time apart"
            );
            return Err(self.conflict(key, reason));
        }
        Ok(basis)
    }

    /// Refuses what a kind of model and a way to train it do not have together.
    pub(super) fn fit_together(
        &self,
        model: &ModelConfig,
        training: &TrainingConfig,
    ) -> Result<(), ConfigError> {
        if training.basis == Basis::Eigen && model.kind != ModelKind::PerStep {
            let reason = "only a per-step network has one diagonal a step in the eigenbasis: needs \
                          model.kind = \"per-step\", or \"auto\"";
            return Err(self.conflict("training.basis", reason));
        }
        let decays = training.weight_decay > 0.0 && training.optimizer == Optimizer::ClosedForm;
        let frozen = matches!(training.objective, Objective::Frozen(_));
        if decays && frozen && matches!(model.kind, ModelKind::TwoLayer { .. }) {
            let reason = "decay on both layers is a penalty on the sum of the singular values, and on frozen draws that \
                          has no closed form: needs weight_decay = 0 (ridge is a penalty that has one), or sgd or adam";
            return Err(self.conflict("training.weight_decay", reason));
        }
        Ok(())
    }
}
