//! `lindiff probe`, as its users meet it: with arrays that Python wrote.

use std::process::Command;

use serde_json::Value;

use crate::desk::Desk;
use crate::python::python_has;

/// Rows, and what a network that is a little curved says of them.
const MAKE: &str = r#"
import numpy as np
rng = np.random.default_rng(3)
dim = 36
scale = 1 / np.sqrt(np.arange(1, dim + 1))
clean = rng.standard_normal((600, dim)) * scale + 0.3
train = clean[:80]
levels, times = [0.95, 0.6, 0.2], 3
row = np.tile(np.arange(600), times * len(levels))
ab = np.repeat(levels, times * 600)
noise = rng.standard_normal((len(row), dim))
x_t = np.sqrt(ab)[:, None] * clean[row] + np.sqrt(1 - ab)[:, None] * noise
z = ((1 - ab) / ab)[:, None]
x = x_t / np.sqrt(ab)[:, None] - 0.3
x0 = 0.3 + scale**2 / (scale**2 + 1.2 * z) * x + 0.05 * np.sin(3 * x)
a, r = np.sqrt(ab)[:, None], np.sqrt(1 - ab)[:, None]
v = a * (x_t - a * x0) / r - r * x0
np.savez("arrays.npz", x_t=x_t, prediction=v, alpha_bar=ab, row=row)
np.save("clean.npy", clean)
np.save("train.npy", train)
np.save("samples.npy", np.concatenate([train[:30] + 0.01, rng.standard_normal((70, dim)) * scale + 0.3]))
"#;

/// What Python prints.
fn run_python(desk: &Desk, arguments: &[&str]) -> String {
    let mut python = Command::new("python3");
    let output = python
        .args(arguments)
        .current_dir(desk.path(""))
        .output()
        .unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{errors}");
    String::from_utf8(output.stdout).unwrap()
}

fn number(value: &Value, key: &str) -> f64 {
    let found = value.get(key).and_then(Value::as_f64);
    found.unwrap_or_else(|| panic!("{key} in {value}"))
}

#[track_caller]
fn near(found: &Value, wanted: &Value, key: &str, tolerance: f64) {
    let (found, wanted) = (number(found, key), number(wanted, key));
    let error = (found - wanted).abs();
    assert!(error <= tolerance, "{key}: {found}, numpy has {wanted}");
}

#[test]
fn an_independent_program_computes_the_same() {
    if !python_has("numpy") {
        return;
    }
    let desk = Desk::new();
    run_python(&desk, &["-c", MAKE]);
    let files = ["--train", "train.npy", "--samples", "samples.npy"];
    let asked = [
        "probe",
        "arrays.npz",
        "--clean",
        "clean.npy",
        "--target",
        "v",
    ];
    let found = desk.json(&[&asked[..], &files].concat());
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/independent/probe.py");
    let arguments = [
        script,
        "arrays.npz",
        "clean.npy",
        "v",
        "train.npy",
        "samples.npy",
    ];
    let wanted: Value = serde_json::from_str(&run_python(&desk, &arguments)).unwrap();
    let list = |value: &Value, key: &str| value[key].as_array().unwrap().clone();
    let levels = list(&found, "levels");
    assert_eq!(levels.len(), 3);
    for (found, wanted) in levels.iter().zip(list(&wanted, "levels")) {
        for key in ["alpha_bar", "sigma", "draws", "measured_loss", "wiener"] {
            near(found, &wanted, key, 1e-10);
        }
        let errors = &found["standard_errors"];
        for key in ["affine_excess", "nonlinear", "affine_share"] {
            near(found, &wanted, key, 1e-6 * number(errors, key));
        }
        let parts = ["wiener", "affine_excess", "nonlinear"];
        let sum: f64 = parts.iter().map(|key| number(found, key)).sum();
        assert!((number(found, "test_loss") - sum).abs() < 1e-10);
        for key in ["from_linear_optimum", "from_copying", "from_local_filter"] {
            near(&found["training"], &wanted, key, 1e-8);
        }
    }
    let directions = list(&found, "directions");
    assert_eq!(directions.len(), list(&wanted, "directions").len());
    for (found, wanted) in directions.iter().zip(list(&wanted, "directions")) {
        for key in ["level", "rank", "variance", "gain", "wiener", "predicted"] {
            near(found, &wanted, key, 1e-9);
        }
    }
    near(&found["training"], &wanted, "copying_sigma", 1e-8);
    let (samples, rows) = (
        &found["samples"]["copies"],
        &found["samples"]["test_rows_copies"],
    );
    assert_eq!(number(samples, "value"), number(&wanted, "copies"));
    assert_eq!(number(rows, "value"), number(&wanted, "test_rows_copies"));
    assert!(
        found["verdict"][0]
            .as_str()
            .unwrap()
            .contains("the covariance")
    );
}

#[test]
fn the_tables_fit_on_80_columns_and_the_sentences_are_three() {
    if !python_has("numpy") {
        return;
    }
    let desk = Desk::new();
    run_python(&desk, &["-c", MAKE]);
    let asked = [
        "probe",
        "arrays.npz",
        "--clean",
        "clean.npy",
        "--target",
        "v",
        "--train",
        "train.npy",
    ];
    let mut command = desk.command();
    let output = command
        .args(asked)
        .args(["--plot", "probe"])
        .env("COLUMNS", "80")
        .output()
        .unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    // A sentence is one line in a pipe, as the first one and the reasons are.
    let tables = said.lines().take_while(|line| !line.starts_with("It has"));
    let tables = tables.filter(|line| !line.starts_with("- "));
    assert!(tables.clone().count() > 20, "{said}");
    for line in tables.skip(1) {
        assert!(line.chars().count() <= 80, "{line}");
    }
    for title in [
        "sigma",
        "= Wiener",
        "+ affine excess",
        "+ non-linear",
        "effective rows",
        "copier",
        "gain gap",
    ] {
        assert!(said.contains(title), "{title}: {said}");
    }
    assert!(
        desk.text("probe.svg").contains("</svg>")
            && desk.bytes("probe.png").starts_with(b"\x89PNG")
    );
    assert!(
        desk.refused(&[&asked[..], &["--plot", "probe"]].concat())
            .contains("--overwrite")
    );
    let found = desk.json(&asked);
    assert_eq!(found["verdict"].as_array().unwrap().len(), 3);
}

#[test]
fn wrong_files_are_refused_with_their_names() {
    if !python_has("numpy") {
        return;
    }
    let desk = Desk::new();
    run_python(&desk, &["-c", MAKE]);
    let of = |arguments: &[&str]| desk.refused(&[&["probe"], arguments].concat());
    assert!(of(&["absent.npz", "--clean", "clean.npy"]).contains("absent.npz"));
    assert!(of(&["clean.npy", "--clean", "clean.npy"]).contains("clean.npy: it is not an .npz"));
    assert!(of(&["arrays.npz"]).contains("--clean"));
    assert!(of(&["arrays.npz", "--clean", "clean.npy"]).contains("Use --target v"));
    let swapped = "import numpy as np; a = dict(np.load('arrays.npz')); \
                   a['x_t'], a['prediction'] = a['prediction'], a['x_t']; np.savez_compressed('swapped.npz', **a)";
    run_python(&desk, &["-c", swapped]);
    assert!(
        of(&["swapped.npz", "--clean", "clean.npy", "--target", "v"]).contains("are exchanged")
    );
    let scaled = "import numpy as np; np.save('scaled.npy', 16 * np.load('clean.npy'))";
    run_python(&desk, &["-c", scaled]);
    assert!(
        of(&["arrays.npz", "--clean", "scaled.npy", "--target", "v"]).contains("times as large")
    );
    assert!(
        of(&["arrays.npz", "--clean", "clean.npy", "--target", "noise"])
            .contains("eps, x0, v, score")
    );
}

/// The Python of the README and of `docs/python.md` that exports from PyTorch.
fn documented() -> String {
    let pages = [
        include_str!("../../README.md"),
        include_str!("../../docs/python.md"),
    ]
    .concat();
    let blocks = pages.split("```python\n").skip(1);
    let blocks = blocks.map(|rest| rest.split("```").next().unwrap());
    blocks
        .filter(|block| block.contains("torch.randn"))
        .collect()
}

#[test]
fn the_documented_pytorch_exports_what_is_read() {
    if !python_has("torch") {
        return;
    }
    let desk = Desk::new();
    let seeded = format!("import torch; torch.manual_seed(1)\n{}", documented());
    run_python(&desk, &["-c", &seeded]);
    let found = desk.json(&[
        "probe",
        "arrays.npz",
        "--clean",
        "rows.npy",
        "--train",
        "train.npy",
    ]);
    assert_eq!(found["test_rows"], 900);
    assert_eq!(found["levels"].as_array().unwrap().len(), 4);
    // It is the best network for the law of these rows, of which 900 are a sample.
    for level in found["levels"].as_array().unwrap() {
        assert!(
            number(level, "affine_excess") < 0.02 * number(level, "wiener"),
            "{level}"
        );
        assert!(number(level, "nonlinear").abs() < 1e-6, "{level}");
    }
    assert!(
        found["verdict"][0]
            .as_str()
            .unwrap()
            .starts_with("It has not learned more")
    );
}
