//! The Python of `docs/python.md` reads a network's file and gives the noise that this program gives. It also writes
//! weights that training starts from. (Needs numpy and safetensors.)

use crate::desk::program;
use std::fs;
use std::path::Path;
use std::process::Command;

use crate::python::python_has;

/// The blocks of Python in `docs/python.md`, in order.
fn blocks() -> Vec<String> {
    let page = include_str!("../../docs/python.md");
    let blocks = page.split("```python\n").skip(1);
    blocks
        .map(|rest| rest.split("```").next().unwrap().to_owned())
        .collect()
}

fn python(folder: &Path, script: &str) -> String {
    let output = Command::new("python3")
        .args(["-c", script])
        .current_dir(folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn lindiff(folder: &Path, arguments: &[&str]) {
    let output = program()
        .args(arguments)
        .current_dir(folder)
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
}

const COMPARE: &str = r#"
import csv, sys
weight, bias = np.load("arrays/eps_weight.npy"), np.load("arrays/eps_bias.npy")
rng, worst = np.random.default_rng(1), 0.0
for step, row in enumerate(csv.DictReader(open("arrays/schedule.csv"))):
    x = rng.standard_normal((20, weight.shape[1])).astype(sys.argv[1] if len(sys.argv) > 1 else "f4")
    found = eps("run/checkpoints/epoch-000006/model.safetensors", x, step, float(row["alpha_bar"]))
    wanted = x @ weight[step].T + bias[step]
    worst = max(worst, np.abs(found - wanted).max() / np.abs(wanted).max())
print(step + 1, worst)
"#;

#[test]
fn the_documented_python_gives_the_same_noise_for_every_kind_of_network_and_target() {
    if !(python_has("numpy") && python_has("safetensors")) {
        return;
    }
    let script = blocks()[0].clone() + COMPARE;
    for kind in ["per-step", "time-basis", "two-layer"] {
        for target in ["eps", "x0", "v", "score"] {
            let folder = tempfile::tempdir().unwrap();
            let folder = folder.path();
            let experiment = format!(
                "data.source = \"digits\"\ndata.samples = 100\ndata.min_variance = 0.01\nschedule.keep = 30\n\
                 model.kind = \"{kind}\"\nmodel.target = \"{target}\"\ntraining.epochs = 6\nsampling.draws = 0"
            );
            fs::write(folder.join("experiment.toml"), experiment).unwrap();
            lindiff(folder, &["train", "experiment.toml", "--out", "run"]);
            lindiff(folder, &["export", "run", "--out", "arrays"]);
            let said = python(folder, &script);
            let (steps, worst) = said.trim().split_once(' ').unwrap();
            assert_eq!(steps, "30");
            let worst: f64 = worst.parse().unwrap();
            assert!(worst < 1e-6, "{kind}, {target}: off by {worst:e}");
        }
    }
}

#[test]
fn training_starts_from_weights_made_in_python() {
    if !(python_has("numpy") && python_has("safetensors")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    python(folder, &blocks()[1]);
    let config = Path::new(env!("CARGO_MANIFEST_DIR")).join("configs/digits.toml");
    let config = config.to_str().unwrap();
    let sets = [
        "schedule.keep=100",
        "training.epochs=3",
        "training.checkpoints=9",
    ];
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", *set]).collect();
    let init = ["--init", "init.safetensors", "--out", "run"];
    lindiff(folder, &[&["train", config], &sets[..], &init].concat());
    let look = r#"
from safetensors import safe_open
import numpy as np
def tensor(path, name):
    with safe_open(path, "np") as f:
        return f.get_tensor(name)
begun = "run/checkpoints/epoch-000000/model.safetensors"
print(np.array_equal(tensor(begun, "weight"), tensor("init.safetensors", "weight")))
print(np.abs(tensor("run/checkpoints/epoch-000003/model.safetensors", "weight")).max() > 0.6)
print(np.abs(tensor(begun, "bias")).max() < 1e-6)
"#;
    assert_eq!(python(folder, look), "True\nTrue\nTrue\n");
}

#[test]
fn functions_of_another_time_are_refused_and_those_of_another_mean_told() {
    if !(python_has("numpy") && python_has("safetensors")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let experiment = "data.source = \"power-law\"\ndata.dim = 4\ndata.samples = 9\nschedule.keep = 5\n\
                      model.kind = \"time-basis\"\nmodel.basis = 3\ntraining.epochs = 2\nsampling.draws = 0";
    fs::write(folder.join("experiment.toml"), experiment).unwrap();
    lindiff(folder, &["train", "experiment.toml", "--out", "run"]);
    let make = r#"
from safetensors import safe_open
from safetensors.numpy import save_file
with safe_open("run/checkpoints/epoch-000002/model.safetensors", "np") as f:
    w = {name: f.get_tensor(name) for name in f.keys()}
save_file(w, "same.safetensors", metadata={"target": "eps"})
save_file(w | {"mean": w["mean"] + 1}, "mean.safetensors", metadata={"target": "eps"})
save_file(w | {"log_snr": w["log_snr"] + 1}, "time.safetensors", metadata={"target": "eps"})
del w["mean"]
save_file(w, "bare.safetensors", metadata={"target": "eps"})
"#;
    python(folder, make);
    for (file, status, said) in [
        ("same", 0, None),
        ("bare", 0, None),
        ("mean", 0, Some("centred on another mean")),
        ("time", 2, Some("functions of time for the log_snr")),
    ] {
        let init = format!("{file}.safetensors");
        let arguments = ["train", "experiment.toml", "--init", &init, "--out", file];
        let mut command = program();
        let output = command
            .args(arguments)
            .current_dir(folder)
            .output()
            .unwrap();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(status), "{file}: {errors}");
        assert_eq!(
            errors.contains(said.unwrap_or("another mean")),
            said.is_some(),
            "{file}: {errors}"
        );
    }
}

#[test]
fn weights_for_something_else_are_refused_with_what_they_are() {
    if !(python_has("numpy") && python_has("safetensors")) {
        return;
    }
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    let make = r#"
import numpy as np
from safetensors.numpy import save_file
z = lambda *shape: np.zeros(shape, np.float32)
save_file({"weight": z(9, 4, 4), "bias": z(9, 4)}, "steps.safetensors")
save_file({"weight": z(5, 4, 3), "bias": z(5, 4)}, "square.safetensors")
save_file({"weight": z(5, 4, 4), "bias": z(5, 4)}, "v.safetensors", metadata={"target": "v"})
save_file({"weight": z(5, 4, 4), "bias": z(5, 4)}, "odd.safetensors", metadata={"target": "noise"})
save_file({"down": z(5, 2, 4), "up": z(5, 4, 2), "bias": z(5, 4)}, "layers.safetensors")
save_file({"basis_weight": z(3, 4, 4), "basis_bias": z(3, 4)}, "basis.safetensors")
save_file({"weight": z(5, 4, 4).astype(np.int32), "bias": z(5, 4)}, "int.safetensors")
broken = z(5, 4, 4)
broken[2, 1, 3] = np.nan
save_file({"weight": broken, "bias": z(5, 4)}, "nan.safetensors")
large = np.full((5, 4, 4), 1e300)
save_file({"weight": large, "bias": np.zeros((5, 4))}, "large.safetensors")
save_file({"down": z(5, 2, 4), "bias": z(5, 4)}, "half.safetensors")
open("cut.safetensors", "wb").write(open("v.safetensors", "rb").read()[:-7])
"#;
    python(folder, make);
    let experiment = "data.source = \"power-law\"\ndata.dim = 4\nschedule.keep = 5";
    fs::write(folder.join("experiment.toml"), experiment).unwrap();
    for (file, reason) in [
        (
            "steps",
            "weights of 9 steps and dimension 4, where the run has 5 and 4",
        ),
        ("square", "weight has shape [5, 4, 3], not [T, d, d = 4]"),
        (
            "v",
            "weights that predict \"v\", where the run has model.target = \"eps\"",
        ),
        ("odd", "the target \"noise\" is none of eps, x0, v, score"),
        (
            "layers",
            "weights of a two-layer (width 2) network, where the run has per-step",
        ),
        ("basis", "there is no tensor log_snr"),
        ("nan", "not finite numbers in f32: weight, at 3"),
        ("large", "not finite numbers in f32: weight, at 1"),
        ("half", "there is no tensor up"),
        ("int", "weight is I32, not F32 or F64"),
        ("cut", "where its header says"),
    ] {
        let output = program()
            .args(["train", "experiment.toml", "--out", "run"])
            .args(["--init", &format!("{file}.safetensors")])
            .current_dir(folder)
            .output()
            .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{file}: {said}");
        assert!(said.contains(reason), "{file}: {said}");
        assert!(!folder.join("run").exists(), "{file}");
    }
}
