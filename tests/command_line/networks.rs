//! Networks of every kind as a user meets them: trained, looked into, evaluated at other steps, exported, predicted.

use crate::desk::program;
use std::fs;
use std::path::Path;
use std::process::Output;

use serde_json::Value;

struct Desk {
    folder: tempfile::TempDir,
}

impl Desk {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let experiment = "data.source = \"power-law\"\ndata.dim = 6\ndata.samples = 30\nschedule.steps = 60\n\
                          schedule.keep = 12\ntraining.epochs = 20\nsampling.draws = 0\n";
        fs::write(folder.path().join("small.toml"), experiment).unwrap();
        Self { folder }
    }

    fn path(&self) -> &Path {
        self.folder.path()
    }

    fn lindiff(&self, arguments: &[&str]) -> Output {
        program()
            .args(arguments)
            .current_dir(self.path())
            .output()
            .unwrap()
    }

    fn must(&self, arguments: &[&str]) -> String {
        let output = self.lindiff(arguments);
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {errors}");
        String::from_utf8(output.stdout).unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        serde_json::from_str(&self.must(arguments)).unwrap()
    }

    fn train(&self, kind: &str, more: &[&str]) {
        let kind = format!("model.kind={kind}");
        let base = [
            "train",
            "small.toml",
            "--out",
            "run",
            "--overwrite",
            "--set",
            &kind,
        ];
        self.must(&[&base, more].concat());
    }
}

#[test]
fn a_basis_of_time_is_inspected_evaluated_and_sampled_at_any_steps() {
    let desk = Desk::new();
    desk.train(
        "time-basis",
        &["--set", "model.basis=4", "--set", "model.target=v"],
    );
    let seen = desk.json(&["inspect", "run", "--json"]);
    assert_eq!(seen["kind"], "time-basis");
    assert_eq!(seen["target"], "v");
    assert_eq!((&seen["basis"], &seen["steps"]), (&4.into(), &12.into()));
    assert_eq!(seen["parameters"], 4 * (36 + 6));
    assert!(seen["per_step"][0]["distance_to_optimum"].is_number());
    // A bare file is for any steps, and says what it is at some noise levels.
    let bare = desk.json(&[
        "inspect",
        "run/checkpoints/epoch-000020/model.safetensors",
        "--json",
    ]);
    assert!(bare.get("steps").is_none());
    let levels = bare["per_step"].as_array().unwrap();
    assert!(
        levels
            .iter()
            .all(|l| l["alpha_bar"].is_number() && l.get("step").is_none())
    );
    let (own, all) = (
        desk.json(&["evaluate", "run", "--json"]),
        desk.json(&["evaluate", "run", "--keep", "60", "--json"]),
    );
    assert_eq!((&own["steps"], &all["steps"]), (&12.into(), &60.into()));
    assert_eq!(own["ladder"][1]["cause"], "model");
    assert!(own.get("predicted").is_some() && all.get("predicted").is_none());
    desk.must(&["sample", "run", "--keep", "30", "--draws", "5"]);
    desk.must(&["export", "run", "--out", "arrays"]);
    for name in ["basis_weight", "basis_bias", "eps_weight", "eps_bias"] {
        assert!(desk.path().join(format!("arrays/{name}.npy")).is_file());
    }
    let output = desk.lindiff(&["evaluate", "run", "--keep", "61"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("must be from 1 to the 60 steps"));
}

#[test]
fn two_layers_show_their_balance_and_the_rank_in_use() {
    let desk = Desk::new();
    desk.train(
        "two-layer",
        &["--set", "model.width=4", "--set", "training.epochs=300"],
    );
    for path in ["run", "run/checkpoints/epoch-000300"] {
        let seen = desk.json(&["inspect", path, "--json"]);
        assert_eq!(
            (&seen["kind"], &seen["width"]),
            (&"two-layer".into(), &4.into())
        );
        assert_eq!(seen["parameters"], 12 * (2 * 4 * 6 + 6));
        let last = &seen["per_step"][4];
        // From balanced layers, which flow keeps and descent nearly; and no rank that there is no width for.
        let balance = last["layers"]["relative_balance"].as_f64().unwrap();
        assert!(0.0 < balance && balance < 0.01, "{balance}");
        assert_eq!(last["layers"]["rank"], 4);
    }
    let evaluated = desk.json(&["evaluate", "run", "--json"]);
    let causes = evaluated["ladder"].as_array().unwrap().iter();
    let causes: Vec<&str> = causes.map(|rung| rung["cause"].as_str().unwrap()).collect();
    assert_eq!(
        causes,
        ["discretisation", "model", "data", "ridge", "optimisation"]
    );
    assert!(evaluated.get("predicted").is_none());
    // As wide as the data it is every map, and theory says how it goes.
    desk.train("two-layer", &["--set", "model.width=6"]);
    let evaluated = desk.json(&["evaluate", "run", "--json"]);
    assert_eq!(evaluated["ladder"].as_array().unwrap().len(), 4);
    assert_eq!(evaluated["predicted"]["path"], "flow");
    let metrics = fs::read_to_string(desk.path().join("run/metrics.csv")).unwrap();
    let last: Vec<&str> = metrics.lines().last().unwrap().split(',').collect();
    let number = |column: usize| last[column].parse::<f64>().unwrap();
    assert!((number(6) - number(3)).abs() < 0.1 * number(3), "{last:?}");
    let output = desk.lindiff(&["evaluate", "run", "--keep", "10"]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("is defined only at its"));
}

#[test]
fn every_sampler_is_predicted_side_by_side_for_numbers_of_steps() {
    let desk = Desk::new();
    let samplers = "ddpm,sde,ode,heun,ddim";
    let arguments = [
        "predict",
        "--dim",
        "20",
        "--exponent",
        "1",
        "--samples",
        "1000000000",
        "--beta-end",
        "0.02",
        "--sampler",
        samplers,
        "--keep",
        "20,100,500",
    ];
    let csv = desk.must(&[&arguments[..], &["--csv", "--plot", "steps"]].concat());
    let mut lines = csv.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let column = |name: &str| header.iter().position(|h| *h == name).unwrap();
    let (steps, kl, sampler) = (
        column("steps"),
        column("kl_true_sampled"),
        column("sampler"),
    );
    let rows: Vec<Vec<&str>> = lines.map(|line| line.split(',').collect()).collect();
    assert_eq!(rows.len(), 15);
    for (name, rows) in samplers.split(',').zip(rows.chunks(3)) {
        let values: Vec<f64> = rows.iter().map(|row| row[kl].parse().unwrap()).collect();
        assert!(rows.iter().all(|row| row[sampler] == name));
        assert_eq!(
            rows.iter().map(|row| row[steps]).collect::<Vec<_>>(),
            ["20", "100", "500"]
        );
        assert!(
            values[0] > values[1] && values[1] > values[2],
            "{name}: {values:?}"
        );
    }
    assert!(desk.path().join("steps.svg").is_file() && desk.path().join("steps.png").is_file());
    let output = desk.lindiff(&[
        "predict",
        "--dim",
        "9",
        "--exponent",
        "1",
        "--sampler",
        "ddpm,heum",
    ]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("did you mean \"heun\"?"));
}

#[test]
fn what_is_refused_leaves_a_finished_run_as_it_was() {
    let desk = Desk::new();
    desk.train("two-layer", &["--set", "model.width=4"]);
    let read = |name: &str| fs::read(desk.path().join("run").join(name)).unwrap();
    let before = ["config.toml", "summary.json", "metrics.csv"].map(read);
    // Copies: weights that lie in the run itself are refused as that.
    for (from, to) in [
        ("data.safetensors", "data.safetensors"),
        (
            "checkpoints/epoch-000020/model.safetensors",
            "model.safetensors",
        ),
    ] {
        fs::copy(desk.path().join("run").join(from), desk.path().join(to)).unwrap();
    }
    let train = ["train", "small.toml", "--out", "run", "--overwrite"];
    for (more, reason) in [
        (&["--set", "data.samples=1"][..], "at least 2"),
        (&["--checkpoint", "5"], "a new run begins at 0"),
        (&["--init", "data.safetensors"], "no tensor weight"),
        (
            &[
                "--init",
                "model.safetensors",
                "--set",
                "training.optimizer=closed-form",
                "--set",
                "model.kind=two-layer",
                "--set",
                "model.width=4",
            ],
            "starts from nothing",
        ),
    ] {
        let output = desk.lindiff(&[&train[..], more].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{more:?}: {errors}");
        assert!(errors.contains(reason), "{more:?}: {errors}");
        assert!(before == ["config.toml", "summary.json", "metrics.csv"].map(read));
    }
}

#[test]
fn exports_of_two_kinds_into_one_folder_do_not_mix() {
    let desk = Desk::new();
    desk.train("two-layer", &["--set", "model.width=4"]);
    desk.must(&["export", "run", "--out", "arrays"]);
    assert!(desk.path().join("arrays/down.npy").is_file());
    desk.train("per-step", &[]);
    desk.must(&["export", "run", "--out", "arrays", "--overwrite"]);
    assert!(!desk.path().join("arrays/down.npy").exists());
    assert!(desk.path().join("arrays/weight.npy").is_file());
}

#[test]
fn senseless_questions_to_theory_are_refused() {
    let desk = Desk::new();
    for (more, reason) in [
        (&["--tau", "nan"][..], "must be finite and 0 or more"),
        (&["--tau=-1"], "must be finite and 0 or more"),
        (
            &["--optimal", "samples", "--target-kl=-1"],
            "is not above 0",
        ),
        (
            &["--set", "model.kind=time-basis", "--keep", "5"],
            "as many steps as functions of time",
        ),
    ] {
        let output = desk.lindiff(&[&["predict", "small.toml"], more].concat());
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{more:?}: {errors}");
        assert!(errors.contains(reason), "{more:?}: {errors}");
    }
    let frozen = [
        "predict",
        "small.toml",
        "--set",
        "training.objective=frozen",
    ];
    let output = desk.lindiff(&frozen);
    assert!(output.status.success());
    assert!(String::from_utf8_lossy(&output.stderr).contains("has another optimum"));
}

#[test]
fn a_target_makes_a_difference_to_predictions_with_a_ridge_only() {
    let desk = Desk::new();
    let test = |more: &[&str]| {
        let predicted = desk.json(&[&["predict", "small.toml", "--json"], more].concat());
        predicted["test_loss"].as_f64().unwrap()
    };
    let bare = test(&[]);
    for (target, differs) in [("eps", false), ("x0", true), ("v", true), ("score", false)] {
        let set = format!("model.target={target}");
        assert!((test(&["--set", &set]) - bare).abs() < 1e-9, "{target}");
        let off = test(&["--set", &set, "--ridge", "0.1"]) - test(&["--ridge", "0.1"]);
        assert_eq!(off.abs() > 1e-4, differs, "{target}: {off}");
    }
    let narrow = desk.lindiff(&[
        "predict",
        "small.toml",
        "--set",
        "model.kind=two-layer",
        "--set",
        "model.width=3",
    ]);
    assert_eq!(narrow.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&narrow.stderr).contains("which theory does not predict"));
}
