//! An independent program, in Python with numpy alone, recomputes what `evaluate` says from three files of a run.

use crate::desk::program;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::python::numpy;

#[test]
fn the_check_meets_published_values_and_hand_formulas() {
    if numpy() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent");
        let output = Command::new("python3")
            .arg("test_check_run.py")
            .current_dir(folder)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{errors}");
    }
}

fn lindiff(arguments: &[&str]) -> String {
    let output = program().args(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    String::from_utf8(output.stdout).unwrap()
}

/// Trains, evaluates, and has every number of `loss`, `kl`, `w2` and `ladder` recomputed to 1e-8.
fn check(text: &str) {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("experiment.toml");
    let common = "[backend]\nprecision = \"f64\"\n";
    fs::write(&config, format!("{text}\n{common}")).unwrap();
    let run = folder.path().join("run");
    let run = run.to_str().unwrap();
    lindiff(&[
        "train",
        config.to_str().unwrap(),
        "--out",
        run,
        "--set",
        "sampling.draws=0",
    ]);
    let json = folder.path().join("evaluate.json");
    fs::write(&json, lindiff(&["evaluate", run, "--json"])).unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/check_run.py");
    let output = Command::new("python3")
        .arg(script)
        .args([run, "--compare", json.to_str().unwrap()])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{text}\n{said}{errors}");
}

const DIGITS: &str = "data.source = \"digits\"\ndata.draw = \"rows\"\ndata.samples = 300\ndata.min_variance = 0.01\n\
                      schedule.keep = 60\ntraining.epochs = 40\n";
const POWER_LAW: &str = "data.source = \"power-law\"\ndata.dim = 20\ntraining.epochs = 30\n";

#[test]
fn rows_with_ridge_and_decay_agree() {
    if numpy() {
        check(&format!(
            "{DIGITS}training.ridge = 0.02\ntraining.weight_decay = 0.01\ntraining.covariance_ridge = 0.03"
        ));
    }
}

#[test]
fn every_sampler_agrees() {
    if numpy() {
        for kind in ["ddpm", "sde", "ode", "heun", "ddim"] {
            check(&format!(
                "{POWER_LAW}data.samples = 50\nschedule.keep = 40\nsampling.kind = \"{kind}\""
            ));
        }
        check(&format!(
            "{POWER_LAW}data.samples = 50\nschedule.keep = 40\nsampling.variance = \"posterior\""
        ));
    }
}

#[test]
fn fewer_samples_than_dimensions_and_a_known_mean_agree() {
    if numpy() {
        for mean in ["fitted", "known"] {
            check(&format!(
                "{POWER_LAW}data.samples = 10\nschedule.kind = \"cosine\"\nschedule.steps = 50\ndata.mean = \"{mean}\""
            ));
        }
    }
}
