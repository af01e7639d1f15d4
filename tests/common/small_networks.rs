//! Small experiments in f64, and networks that are trained on them in memory.

use std::path::Path;

use lindiff::config::{CheckedExperiment, Experiment};
use lindiff::run::{Outcome, RunDirectory, Setup, TrainOptions, Trained, train};
use lindiff::training::{Learner, RunOptions, Stop};

/// An experiment from its text.
pub fn experiment(text: &str) -> CheckedExperiment {
    let loaded = Experiment::from_toml(text, Path::new("."), &[]);
    loaded.expect("a valid experiment").experiment
}

pub fn setup(text: &str) -> Setup {
    Setup::new(experiment(text)).expect("parts that fit together")
}

/// The dimension of [`text`].
pub const DIM: usize = 7;

/// An experiment in f64, in few steps.
pub fn text(model: &str, training: &str) -> String {
    format!(
        r#"
[data]
source = "power-law"
dim = {DIM}
samples = 16
[schedule]
steps = 40
beta_start = 0.005
beta_end = 0.2
keep = 10
[model]
{model}
[training]
{training}
[sampling]
draws = 0
[backend]
precision = "f64"
"#
    )
}

/// A network trained in memory to its end.
pub fn trained<'a>(setup: &'a Setup) -> Learner<'a> {
    let mut learner = setup.learner().unwrap();
    let stop = learner.run(RunOptions::default());
    assert_eq!(stop.unwrap(), Stop::Finished);
    learner
}

/// Trains a run to its end.
pub fn run(setup: &Setup, root: &Path) -> Box<Trained> {
    let directory = RunDirectory::create(root, setup.experiment(), false).expect("a new folder");
    match train(setup, &directory, TrainOptions::default()).expect("a run that ends") {
        Outcome::Done(trained) => trained,
        _ => panic!("the run did not end"),
    }
}
