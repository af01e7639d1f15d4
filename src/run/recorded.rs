//! The experiment of a run as its directory records it, and which of its keys may be edited afterwards.

use std::collections::BTreeMap;

use super::layout::{CONFIG, MARKER};
use super::ownership::Marker;
use super::{RunDirectory, RunError};
use crate::config::{Checked, CheckedExperiment, CheckedNeural, Experiment, IsChecked};
use crate::text::document;

/// The resolved experiment as the file of a run holds it.
fn resolved(experiment: &Experiment) -> String {
    let read_once = experiment.data.pipe().map(|_| PIPE_COMMENT);
    read_once.unwrap_or_default().to_owned() + &experiment.to_toml()
}

/// The comment in the file of a run whose data cannot be read again.
const PIPE_COMMENT: &str =
    "# data.path is a pipe, which was read once: of its data only data.safetensors is left.\n";

/// The keys of a run's experiment that may be edited afterwards: its name, the place of its data (they are compared),
/// and the number of checkpoints that are kept.
const FREE: [&str; 3] = ["name", "data.path", "training.checkpoints"];
/// Further keys that may be edited if nothing is trained: how the network is sampled, and on which device.
const FREE_TO_READ: [&str; 4] = [
    "sampling.kind",
    "sampling.variance",
    "sampling.draws",
    "backend.name",
];

impl RunDirectory {
    /// Changes the experiment of a run, such as its number of epochs, in `config.toml` and in the marker.
    pub fn write_experiment(&self, experiment: &impl IsChecked) -> Result<(), RunError> {
        self.write_marker(experiment)?;
        self.write_config(experiment)
    }

    pub(super) fn write_config(&self, experiment: &Experiment) -> Result<(), RunError> {
        self.write(CONFIG, resolved(experiment).as_bytes())
    }

    pub(super) fn write_marker(&self, experiment: &Experiment) -> Result<(), RunError> {
        let marker = Marker::new(experiment.to_toml());
        self.write(MARKER, document(&marker).as_bytes())
    }

    /// The resolved experiment, for reading the run of a linear network.
    ///
    /// # Errors
    /// [`RunError::Edited`] if anything but the sampler differs from the experiment of the training;
    /// [`RunError::NotLinear`].
    pub fn experiment(&self) -> Result<CheckedExperiment, RunError> {
        self.linear(self.any_experiment()?)
    }

    /// The resolved experiment, for resuming the training of a linear network.
    ///
    /// # Errors
    /// [`RunError::Edited`] if it differs from the experiment at the beginning of the run; [`RunError::NotLinear`].
    pub fn experiment_to_train(&self) -> Result<CheckedExperiment, RunError> {
        self.linear(self.any_experiment_to_train()?)
    }

    /// As [`experiment`](Self::experiment), for either kind of network.
    ///
    /// # Errors
    /// [`RunError::Edited`].
    pub fn any_experiment(&self) -> Result<Checked, RunError> {
        self.unedited(|key| FREE.contains(&key) || FREE_TO_READ.contains(&key))
    }

    /// As [`experiment_to_train`](Self::experiment_to_train), for either kind of network.
    ///
    /// # Errors
    /// [`RunError::Edited`].
    pub fn any_experiment_to_train(&self) -> Result<Checked, RunError> {
        self.unedited(|key| FREE.contains(&key))
    }

    /// The experiment, if its network is not linear.
    pub fn neural_experiment(&self) -> Result<Option<CheckedNeural>, RunError> {
        Ok(match self.any_experiment()? {
            Checked::Linear(_) => None,
            Checked::Neural(neural) => Some(neural),
        })
    }

    /// The experiment of a network that is not linear.
    ///
    /// # Errors
    /// A linear one.
    pub(super) fn any_neural_experiment(&self) -> Result<CheckedNeural, RunError> {
        let linear = || {
            let path = self.root().display();
            RunError::Invalid(format!("{path}: its network is linear"))
        };
        self.neural_experiment()?.ok_or_else(linear)
    }

    fn linear(&self, experiment: Checked) -> Result<CheckedExperiment, RunError> {
        match experiment {
            Checked::Linear(linear) => Ok(linear),
            Checked::Neural(neural) => Err(RunError::NotLinear {
                path: self.root().to_owned(),
                kind: neural.kind().name(),
            }),
        }
    }

    fn unedited(&self, free: impl Fn(&str) -> bool) -> Result<Checked, RunError> {
        let path = self.path(CONFIG);
        let experiment = Experiment::load_any(&path, &[])?.experiment;
        // Runs of older versions have no record.
        let Some(marker) = Marker::read(self.root()) else {
            return Ok(experiment);
        };
        let begun = Experiment::any_from_toml(&marker.config, self.root(), &[])?.experiment;
        let (then, now) = (begun.settings(), experiment.settings());
        let differs = |key: &&String| then.get(*key) != now.get(*key) && !free(key);
        let Some(key) = then.keys().chain(now.keys()).find(differs) else {
            return Ok(experiment);
        };
        let shown = |settings: &BTreeMap<String, String>| {
            let value = settings.get(key).cloned();
            value.unwrap_or_else(|| "absent".to_owned())
        };
        Err(RunError::Edited {
            path,
            key: key.clone(),
            then: shown(&then),
            now: shown(&now),
        })
    }
}
