//! What several test files need.
#![allow(dead_code)] // each file uses a part of it

use std::path::Path;
use std::process::Command;
use std::sync::atomic::AtomicBool;

use lindiff::config::Experiment;
use lindiff::run::{Outcome, RunDirectory, Setup, TrainOptions, Trained, train};
use lindiff::training::observer::{Event, Observer, ObserverError};
use lindiff::training::{Learner, Stop};

/// An observer that does nothing.
pub struct Silent;

impl Observer for Silent {
    fn epoch(&mut self, _: &Event<'_>) -> Result<(), ObserverError> {
        Ok(())
    }
}

/// An experiment from its text.
pub fn experiment(text: &str) -> Experiment {
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
    let mut learner = setup.learner(None).unwrap().expect("takes steps");
    let stop = learner.run(&mut [&mut Silent], &AtomicBool::new(false));
    assert_eq!(stop.unwrap(), Stop::Finished);
    learner
}

/// Trains a run to its end.
pub fn run(setup: &Setup, root: &Path) -> Box<Trained> {
    let directory = RunDirectory::create(root, &setup.experiment, false).expect("a new folder");
    let interrupt = AtomicBool::new(false);
    let options = TrainOptions {
        interrupt: &interrupt,
        observer: &mut Silent,
        progress: &mut |_, _| {},
    };
    match train(setup, &directory, options).expect("a run that ends") {
        Outcome::Done(trained) => trained,
        _ => panic!("the run did not end"),
    }
}

/// Whether there is a Python with numpy. A test that needs it says so and stops where there is none; with
/// LINDIFF_REQUIRE_NUMPY=1 it fails.
pub fn numpy() -> bool {
    python_has("numpy")
}

/// The same of any module of Python's.
pub fn python_has(module: &str) -> bool {
    let found = Command::new("python3")
        .args(["-c", &format!("import {module}")])
        .output()
        .is_ok_and(|output| output.status.success());
    let required = std::env::var_os("LINDIFF_REQUIRE_NUMPY").is_some();
    assert!(
        found || !required,
        "python3 with {module} is required and not there"
    );
    if !found {
        eprintln!("no python3 with {module}: not checked");
    }
    found
}

/// A small generator of uniform numbers in (0, 1), for draws that are the tests' own.
pub struct Uniform(pub u64);

impl Uniform {
    pub fn next(&mut self) -> f64 {
        // SplitMix64 (Steele, Lea and Flood, 2014)
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) >> 11) as f64 / (1u64 << 53) as f64
    }
}
