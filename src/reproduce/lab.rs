//! Networks trained for the figures, beside what theory says of them.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use rayon::prelude::*;
use toml::Value;

use super::made::Made;
use crate::config::{Draft, Setting};
use crate::denoiser::CommutingDenoiser;
use crate::diffusion::NoiseLevel;
use crate::gaussian::{KlPair, kl};
use crate::run::{RunError, RunTheory, Setup, sampled_by, without_ending};
use crate::theory::{Ensemble, Network, PredictedLosses, Progress, TrainedModel, refined};
use crate::training::observer::{Event, ObserverError};
use crate::training::{Observer, State, mean};

/// The share of the largest rate that theory can follow at which the figures' networks are trained.
const RATE_SHARE: f64 = 0.5;

/// What all figures are made with.
pub(super) struct Lab<'a> {
    pub quick: bool,
    /// Data files, as images or rows.
    pub data: &'a [PathBuf],
    pub made: &'a Made<'a>,
    pub interrupt: &'a AtomicBool,
    pub tell: &'a dyn Fn(&str),
}

impl Lab<'_> {
    pub fn dim(&self) -> usize {
        if self.quick { 40 } else { 200 }
    }

    /// Repeats of a figure whose full set has as many.
    pub fn repeats(&self, full: usize) -> usize {
        if self.quick { 5 } else { full }
    }

    /// Epochs of a figure whose full set has as many.
    pub fn epochs(&self, full: usize) -> usize {
        if self.quick { full / 4 } else { full }
    }

    /// A power law.
    pub fn power_law(&self, exponent: f64, samples: usize) -> Case {
        Case::new(Draft::empty(), samples)
            .with("data.source", "power-law")
            .with("data.dim", whole(self.dim()))
            .with("data.exponent", exponent)
    }

    pub fn check(&self) -> Result<(), RunError> {
        match self.interrupt.load(Ordering::Relaxed) {
            true => Err(RunError::Stopped),
            false => Ok(()),
        }
    }
}

/// A kind of run: the same but for the seed.
#[derive(Debug, Clone)]
pub(super) struct Case {
    draft: Draft,
    settings: Vec<Setting>,
    samples: usize,
    steps: Option<usize>,
}

impl Case {
    pub fn new(source: Draft, samples: usize) -> Self {
        Self {
            draft: source,
            settings: Vec::new(),
            samples,
            steps: Some(20),
        }
    }

    /// With all steps of the schedule, not twenty of them.
    pub fn with_all_steps(mut self) -> Self {
        self.steps = None;
        self
    }

    pub fn with_ridge(self, ridge: f64) -> Self {
        self.with("training.ridge", ridge)
    }

    pub fn with(mut self, key: &str, value: impl Into<Value>) -> Self {
        self.settings.push(Setting::new(key, value));
        self
    }

    /// The parts of a run of this kind.
    pub fn setup(&self, seed: u64, rate: f64, epochs: usize) -> Result<Setup, RunError> {
        let mut settings = self.settings.clone();
        settings.extend([
            Setting::new("seed", seed as i64),
            Setting::new("data.samples", whole(self.samples)),
            Setting::new("training.learning_rate", rate),
            Setting::new("training.epochs", whole(epochs)),
            Setting::new("training.evaluate", whole(epochs)),
            Setting::new("sampling.draws", 0),
        ]);
        settings.extend(
            self.steps
                .map(|keep| Setting::new("schedule.keep", keep as i64)),
        );
        let loaded = self.draft.with(&settings)?;
        Setup::new(loaded.experiment)
    }

    /// Trains `repeats` networks by descent, looking at them after some numbers of epochs (ascending).
    pub fn study(
        &self,
        lab: &Lab<'_>,
        repeats: usize,
        epochs: &[usize],
    ) -> Result<Study, RunError> {
        lab.check()?;
        let last = *epochs.last().expect("epochs to look at");
        let first = self.setup(1, 1e-3, last)?;
        let theory = RunTheory::of(&first, false)?.expect("descent from a known truth");
        let rate = RATE_SHARE * theory.largest_rate()?;
        let train = |repeat: usize| self.descend(1 + repeat as u64, rate, epochs, lab.interrupt);
        let runs = (0..repeats)
            .into_par_iter()
            .map(train)
            .collect::<Result<_, _>>()?;
        Ok(Study {
            theory,
            rate,
            epochs: epochs.to_vec(),
            runs,
        })
    }

    fn descend(
        &self,
        seed: u64,
        rate: f64,
        epochs: &[usize],
        interrupt: &AtomicBool,
    ) -> Result<Run, RunError> {
        let setup = self.setup(seed, rate, *epochs.last().expect("epochs to look at"))?;
        let mut seen = Seen {
            epochs,
            denoisers: Vec::new(),
        };
        let mut learner = setup.learner(None)?.expect("descent takes steps");
        learner.run(&mut [&mut seen], interrupt)?;
        drop(learner);
        if seen.denoisers.len() < epochs.len() {
            return Err(RunError::Stopped);
        }
        let denoisers = seen.denoisers;
        Ok(Run { setup, denoisers })
    }
}

/// Keeps the network as it is after some epochs.
struct Seen<'a> {
    epochs: &'a [usize],
    denoisers: Vec<CommutingDenoiser>,
}

impl Observer for Seen<'_> {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
        if self.epochs.contains(&event.state.epoch) {
            let denoiser = event.network.commuting();
            self.denoisers
                .push(denoiser.expect("trained in the eigenbasis"));
        }
        Ok(())
    }
}

/// One network, at each of the epochs that were looked at.
pub(super) struct Run {
    pub setup: Setup,
    pub denoisers: Vec<CommutingDenoiser>,
}

impl Run {
    /// Train and test loss per component, averaged over the steps.
    pub fn losses(&self, look: usize) -> (f64, f64) {
        let (train, test) = self.step_losses(look);
        (mean(&train), mean(&test))
    }

    /// The same by step.
    pub fn step_losses(&self, look: usize) -> (Vec<f64>, Vec<f64>) {
        let (train, test) = self
            .setup
            .evaluator
            .losses_in_eigenbasis(&self.denoisers[look]);
        (train, test.expect("there is a truth"))
    }

    /// Of the truth and what is sampled, nats per dimension.
    pub fn kl(&self, look: usize) -> KlPair {
        let sampled = sampled_by(&self.denoisers[look], &self.setup);
        kl(
            self.setup.evaluator.truth().expect("there is one"),
            &sampled,
        )
    }
}

/// Networks of one kind, and the theory of them.
pub(super) struct Study {
    pub theory: RunTheory,
    pub rate: f64,
    pub epochs: Vec<usize>,
    pub runs: Vec<Run>,
}

impl Study {
    pub fn setup(&self) -> &Setup {
        &self.runs[0].setup
    }

    pub fn ensemble(&self) -> Result<Ensemble<'_>, RunError> {
        Ok(self.theory.ensemble()?)
    }

    /// A number of every run at a look.
    pub fn each<T>(&self, measure: impl Fn(&Run) -> T) -> Vec<T> {
        self.runs.iter().map(measure).collect()
    }

    /// The state of training at a look.
    pub fn state(&self, look: usize) -> State {
        let epoch = self.epochs[look];
        State {
            epoch,
            tau: self.rate * epoch as f64,
            ..State::at_start(self.rate)
        }
    }

    /// The predicted losses at a look, averaged over the steps.
    pub fn predicted(&self, look: usize) -> Result<PredictedLosses, RunError> {
        let found = self.theory.losses_at(&self.state(look))?;
        Ok(found.expect("descent on the exact objective"))
    }

    /// The predicted losses of one step at a look.
    pub fn predicted_step(&self, step: usize, look: usize) -> Result<PredictedLosses, RunError> {
        let progress = Progress::Descent(vec![(self.rate, self.epochs[look])]);
        self.step_model(step, progress)
    }

    /// Those of the optimum.
    pub fn optimum_step(&self, step: usize) -> Result<PredictedLosses, RunError> {
        self.step_model(step, Progress::Converged)
    }

    fn step_model(&self, step: usize, progress: Progress) -> Result<PredictedLosses, RunError> {
        let ensemble = self.ensemble()?;
        let setup = self.setup();
        let of_schedule = setup.schedule.step(step);
        let ridge = setup.experiment.training.total_ridge(&of_schedule);
        let model = TrainedModel {
            steps: vec![(NoiseLevel::from(&of_schedule), ridge)],
            target: setup.experiment.model.target,
            network: Network::PerStep {
                init: setup.experiment.model.init,
            },
            progress,
        };
        let (found, _) = refined(&ensemble, |lens| model.losses(&ensemble, lens))?;
        Ok(found.value)
    }

    /// The kept step whose `alpha_bar` is nearest.
    pub fn step_near(&self, alpha_bar: f64) -> usize {
        let schedule = &self.setup().schedule;
        let distance = |i: &usize| (schedule.step(*i).alpha_bar - alpha_bar).abs();
        let steps = 0..schedule.len();
        steps
            .min_by(|a, b| distance(a).total_cmp(&distance(b)))
            .expect("a step")
    }
}

/// The digits and the data files, each with the name that figures call it by.
pub(super) fn sources(data: &[PathBuf]) -> Result<Vec<(String, Draft)>, RunError> {
    let digits = ("digits".to_owned(), Draft::of_data(Path::new("digits"))?);
    let files = names_of(data).into_iter().zip(data);
    let files = files.map(|(name, path)| Ok((name, Draft::of_data(path)?)));
    std::iter::once(Ok(digits)).chain(files).collect()
}

/// A whole number as TOML has it.
pub(super) fn whole(number: usize) -> i64 {
    number as i64
}

/// Data files as figures call them: their names without endings, each once.
pub(super) fn names_of(files: &[PathBuf]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for path in files {
        let mut stem = without_ending(path, &["gz"]);
        stem = without_ending(&stem, &["npy", "npz", "csv", "tsv", "txt", "idx"]);
        let stem = stem.file_name().unwrap_or_default().to_string_lossy();
        let numbered = (2..).map(|n| format!("{stem}-{n}"));
        let mut candidates = std::iter::once(stem.to_string()).chain(numbered);
        let free = candidates.find(|name| name != "digits" && !names.contains(name));
        names.extend(free);
    }
    names
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_data_file_has_a_name_of_its_own() {
        let files = [
            "a/k=0.5.npy",
            "b/k=0.7.npy",
            "c/k=0.5.csv.gz",
            "digits.csv",
            "x.idx3-ubyte",
        ];
        let names = names_of(&files.map(PathBuf::from));
        assert_eq!(
            names,
            ["k=0.5", "k=0.7", "k=0.5-2", "digits-2", "x.idx3-ubyte"]
        );
    }
}
