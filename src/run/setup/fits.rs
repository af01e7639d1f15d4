//! Do weights and data fit a run?

use super::Setup;
use crate::config::{ModelKind, Named};
use crate::data::Laws;
use crate::run::{RunDirectory, RunError};
use crate::score::{Parameters, Snapshot};

/// A kind of network with its size, in words.
fn described(kind: ModelKind) -> String {
    match kind {
        ModelKind::PerStep => kind.name().to_owned(),
        ModelKind::TimeBasis { basis } => format!("{} (basis {basis})", kind.name()),
        ModelKind::TwoLayer { width } => format!("{} (width {width})", kind.name()),
    }
}

impl Setup {
    /// Refuses data that differ from those at the beginning of the run.
    pub fn check_same(&self, laws: &Laws, directory: &RunDirectory) -> Result<(), RunError> {
        let (now, then) = (&self.laws().train, &laws.train);
        let same = now.mean.nrows() == then.mean.nrows()
            && now.mean == then.mean
            && now.covariance == then.covariance;
        if same {
            return Ok(());
        }
        Err(RunError::DataChanged {
            path: directory.root().to_owned(),
        })
    }

    /// Refuses weights for another number of steps or another dimension.
    pub fn check_fits(&self, snapshot: &Snapshot) -> Result<(), RunError> {
        let wrong = |what: String| Err(RunError::Invalid(what));
        let (steps, dim) = (self.schedule.len(), self.laws().dim());
        let got = (snapshot.steps().unwrap_or(steps), snapshot.dim());
        if got != (steps, dim) {
            return wrong(format!(
                "weights of {} steps and dimension {}, where the run has {steps} and {dim}",
                got.0, got.1
            ));
        }
        let model = &self.experiment.model;
        if snapshot.kind() != model.kind {
            return wrong(format!(
                "weights of a {} network, where the run has {}",
                described(snapshot.kind()),
                described(model.kind)
            ));
        }
        if snapshot.target != model.target {
            let (got, expected) = (snapshot.target.name(), model.target.name());
            return wrong(format!(
                "weights that predict {got:?}, where the run has model.target = {expected:?}"
            ));
        }
        Ok(())
    }

    /// Whether weights are centred on another mean than this run's, and would become another map if centred on it.
    pub fn recentres(&self, snapshot: &Snapshot) -> bool {
        let Parameters::TimeBasis {
            mean: Some(mean), ..
        } = &snapshot.parameters
        else {
            return false;
        };
        let own = self.mean();
        (mean - own).norm_max() > 1e-6 * (1.0 + own.norm_max())
    }

    /// Weights to start from, centred on the run's mean.
    pub fn centred(&self, weights: Snapshot) -> Result<Snapshot, RunError> {
        let centred = weights.centred_on(self.mean(), &self.schedule, self.experiment.data.mean);
        centred.map_err(|error| RunError::Invalid(error.to_string()))
    }

    /// Refuses initial weights that do not fit, are not finite in the run's precision, or are functions of another
    /// time.
    pub fn check_given(&self, snapshot: &Snapshot) -> Result<(), RunError> {
        let wrong = |what: String| Err(RunError::Invalid(what));
        self.check_fits(snapshot)?;
        if let Some((tensor, index)) = snapshot.first_beyond(self.experiment.backend.precision) {
            let precision = self.experiment.backend.precision.name();
            return wrong(format!(
                "weights that are not finite numbers in {precision}: {tensor}, at {} of its first dimension",
                index + 1
            ));
        }
        if let Parameters::TimeBasis { basis, .. } = &snapshot.parameters {
            let (got, expected) = (basis.range(), self.schedule.log_snr_range());
            let off = |k: usize| (got[k] - expected[k]).abs() > 1e-6 * (1.0 + expected[k].abs());
            if off(0) || off(1) {
                return wrong(format!(
                    "weights that are functions of time for the log_snr {got:?}, where the run's schedule has {expected:?}"
                ));
            }
        }
        Ok(())
    }
}
