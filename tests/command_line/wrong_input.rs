//! The command line at the hands of users: status 2 for wrong input, before anything is written, with what would
//! be right; and one JSON document on stdout where that was asked for.

use crate::desk::Desk;
use std::fs;

/// Writes a file, and gives its whole path.
fn written(desk: &Desk, name: &str, text: &str) -> String {
    desk.write(name, text);
    desk.path(name).to_str().unwrap().to_owned()
}

/// The document that a command prints, without the version that every one has.
fn document(desk: &Desk, arguments: &[&str]) -> serde_json::Value {
    let output = desk.type_in(arguments);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {said}");
    let document = serde_json::from_slice(&output.stdout);
    let mut document: serde_json::Value = document.expect("one JSON document, and no more");
    let keys = document.as_object_mut().expect("a document has keys");
    let version = Some(lindiff::text::VERSION.into());
    assert_eq!(keys.remove("version"), version, "{arguments:?}");
    document
}

const SMALL: &str = "name = \"small\"\n[data]\nsource = \"power-law\"\ndim = 6\nsamples = 30\n[schedule]\nkeep = 20\n\
                     [training]\nepochs = 8\n[sampling]\ndraws = 200\n";

#[test]
fn mistakes_in_an_experiment_are_named_and_nothing_is_written() {
    let desk = Desk::new();
    let config = written(&desk, "small.toml", SMALL);
    for (set, words) in [
        ("training.epoch=3", ["training.epoch", "training.epochs"]),
        ("data.source=\"digit\"", ["digit", "digits"]),
        ("data.samples=0", ["data.samples", "0"]),
        ("schedule.beta_start=0", ["beta_start", "0"]),
        ("schedule.beta_end=1", ["beta_end", "1"]),
        ("schedule.keep=2000", ["keep", "2000"]),
        ("training.ridge=-1", ["training.ridge", "-1"]),
        ("backend.name=\"gpu\"", ["backend.name", "flex"]),
        ("data.draw=\"rows\"", ["data.draw", "rows"]),
        ("training.optimizer=\"adamm\"", ["adamm", "adam"]),
    ] {
        let said = desk.refused(&["train", &config, "--set", set]);
        for word in words {
            assert!(said.contains(word), "{set}: {said}");
        }
    }
    assert!(!desk.path("artifacts").exists());
    let said = desk.refused(&["train", "nowhere.toml"]);
    assert!(said.contains("nowhere.toml"), "{said}");
    let broken = written(&desk, "broken.toml", "[data\nsource = 1");
    assert!(desk.refused(&["train", &broken]).contains("line 1"));
}

#[test]
fn missing_and_unreadable_files_are_wrong_input() {
    let desk = Desk::new();
    let file = written(
        &desk,
        "file.toml",
        "[data]\nsource = \"file\"\npath = \"rows.csv\"\nsamples = 3\ndraw = \"rows\"\n[schedule]\nkeep = 3",
    );
    assert!(desk.refused(&["train", &file]).contains("rows.csv"));
    desk.write("rows.csv", "a,b\n1,2\n3,NA\n");
    let said = desk.refused(&["train", &file]);
    assert!(said.contains("line 3, column 1"), "{said}");
    desk.write("rows.csv", "1,2\n3,5\n7,6\n");
    let said = desk.refused(&["train", &file]);
    assert!(said.contains("\"all\""), "{said}");
    for command in ["evaluate", "sample", "inspect", "export", "compare"] {
        let mut arguments = vec![command, "nowhere"];
        match command {
            "export" => arguments.extend(["--out", "there"]),
            "compare" => arguments.push("nowhere"),
            _ => {}
        }
        assert!(desk.refused(&arguments).contains("nowhere"));
    }
    fs::create_dir(desk.path("other")).unwrap();
    desk.write("other/notes.txt", "mine");
    let small = written(&desk, "small.toml", SMALL);
    let said = desk.refused(&["train", &small, "--out", "other", "--overwrite"]);
    assert!(said.contains("no run wrote"), "{said}");
    assert!(desk.path("other/notes.txt").exists());
    // A run directory without a checkpoint is named as that.
    fs::create_dir(desk.path("empty")).unwrap();
    desk.write("empty/config.toml", SMALL);
    desk.refused(&["evaluate", "empty"]);
}

#[test]
fn training_and_evaluation_answer_with_one_json_document() {
    let desk = Desk::new();
    let config = written(&desk, "small.toml", SMALL);
    let dry = document(&desk, &["train", &config, "--dry-run", "--json"]);
    assert_eq!(dry["dim"], 6);
    assert!(!desk.path("artifacts").exists());
    let done = document(&desk, &["train", &config, "--json"]);
    assert_eq!(done["last"]["epoch"], 8);
    let summary = document(&desk, &["evaluate", "artifacts/small", "--json"]);
    for key in [
        "epoch",
        "dim",
        "samples",
        "steps",
        "train_loss",
        "test_loss",
        "oracle_loss",
        "optimum_train_loss",
        "optimum_test_loss",
        "kl_true_sampled",
        "kl_sampled_true",
        "w2",
        "ladder",
        "monte_carlo",
        "warnings",
    ] {
        assert!(summary.get(key).is_some(), "{key} is missing");
    }
    assert_eq!(summary, done["last"]);
    let ladder = summary["ladder"].as_array().unwrap();
    let causes: Vec<&str> = ladder
        .iter()
        .map(|r| r["cause"].as_str().unwrap())
        .collect();
    assert_eq!(causes, ["discretisation", "data", "ridge", "optimisation"]);
    assert_eq!(ladder[3]["kl_true_sampled"], summary["kl_true_sampled"]);
    assert_eq!(ladder[3]["test_loss"], summary["test_loss"]);
}

/// A desk with a trained run.
fn trained() -> (Desk, String) {
    let desk = Desk::new();
    let config = written(&desk, "small.toml", SMALL);
    document(&desk, &["train", &config, "--json"]);
    (desk, config)
}

#[test]
fn inspection_answers_with_one_json_document() {
    let (desk, _) = trained();
    let inspected = document(&desk, &["inspect", "artifacts/small", "--json"]);
    assert_eq!(inspected["parameters"], 20 * (36 + 6));
    assert_eq!(inspected["finite"], true);
    let step = &inspected["per_step"][0];
    for key in [
        "norm",
        "asymmetry",
        "distance_to_optimum",
        "diagonal_share",
        "learned_spectrum",
    ] {
        assert!(step.get(key).is_some(), "{key} is missing");
    }
    let bare = document(
        &desk,
        &[
            "inspect",
            "artifacts/small/checkpoints/epoch-000008/model.safetensors",
            "--json",
        ],
    );
    assert!(bare["per_step"][0].get("distance_to_optimum").is_none());
}

#[test]
fn each_other_command_answers_with_one_json_document() {
    let (desk, config) = trained();
    document(
        &desk,
        &[
            "train",
            &config,
            "--out",
            "other",
            "--set",
            "training.epochs=4",
            "--json",
        ],
    );
    let comparison = document(&desk, &["compare", "artifacts/small", "other", "--json"]);
    assert_eq!(comparison["differences"][0]["key"], "training.epochs");
    let drawn = document(
        &desk,
        &[
            "sample",
            "artifacts/small",
            "--draws",
            "12",
            "--image",
            "3",
            "2",
            "--json",
        ],
    );
    assert_eq!(drawn["draws"], 12);
    assert!(desk.path("samples.npy").exists() && desk.path("samples.png").exists());
    let said = desk.refused(&[
        "sample",
        "artifacts/small",
        "--out",
        "no.npy",
        "--image",
        "4",
        "2",
    ]);
    assert!(said.contains("W x H must be 6"), "{said}");
    document(
        &desk,
        &["export", "artifacts/small", "--out", "arrays", "--json"],
    );
    let weight =
        lindiff::data::formats::read_npy(&fs::read(desk.path("arrays/weight.npy")).unwrap());
    assert_eq!(weight.unwrap().values.len(), 20 * 36);
    document(&desk, &["backends", "--json"]);
    let completions = desk.type_in(&["completions", "bash"]);
    assert!(String::from_utf8_lossy(&completions.stdout).contains("_lindiff"));
}

#[test]
fn given_weights_are_where_training_starts() {
    let desk = Desk::new();
    let config = written(&desk, "small.toml", SMALL);
    document(&desk, &["train", &config, "--json"]);
    let weights = "artifacts/small/checkpoints/epoch-000008/model.safetensors";
    let none = ["--set", "training.epochs=0"];
    let arguments = [
        "train", &config, "--init", weights, "--out", "again", none[0], none[1], "--json",
    ];
    let again = document(&desk, &arguments);
    let first = document(&desk, &["evaluate", "artifacts/small", "--json"]);
    let loss = |v: &serde_json::Value| v["test_loss"].as_f64().unwrap();
    assert!((loss(&again["last"]) - loss(&first)).abs() < 1e-6);
    let said = desk.refused(&[
        "train",
        &config,
        "--init",
        weights,
        "--out",
        "no",
        "--set",
        "schedule.keep=7",
    ]);
    assert!(said.contains("20 steps"), "{said}");
    assert!(!desk.path("no").exists());
}

#[test]
fn no_variance_where_the_truth_has_some_is_infinity_with_the_reason() {
    let desk = Desk::new();
    let config = written(&desk, "small.toml", SMALL);
    for (samples, mean, lacking) in [
        (5, "fitted", 2),
        (6, "fitted", 1),
        (5, "known", 1),
        (6, "known", 0),
        (7, "fitted", 0),
    ] {
        let samples = format!("data.samples={samples}");
        let mean = format!("data.mean={mean}");
        let arguments = [
            "train",
            &config,
            "--json",
            "--overwrite",
            "--set",
            &samples,
            "--set",
            &mean,
            "--set",
            "training.optimizer=\"closed-form\"",
            "--set",
            "backend.precision=\"f64\"",
        ];
        let done = document(&desk, &arguments);
        let last = &done["last"];
        let warned = last["warnings"].to_string();
        for rung in [1, 3] {
            let kl = &last["ladder"][rung]["kl_true_sampled"];
            assert_eq!(kl == "infinity", lacking > 0, "{samples} {mean}: {kl}");
        }
        let reason = format!("no variance in {lacking} directions");
        assert_eq!(
            warned.contains(&reason),
            lacking > 0,
            "{samples} {mean}: {warned}"
        );
        assert!(last["w2"].as_f64().unwrap().is_finite());
    }
}

#[test]
fn a_run_that_no_memory_holds_is_refused_with_the_numbers_before_anything_is_written() {
    let place = Desk::new();
    let text = "[data]\nsource = \"power-law\"\ndim = 400\nsamples = 10\n\
                [schedule]\nsteps = 100000\nbeta_start = 1e-6\nbeta_end = 1e-4\n[training]\noptimizer = \"adam\"\n";
    let experiment = written(&place, "huge.toml", text);
    let out = place.path("huge");
    let said = place.refused(&["train", &experiment, "--out", out.to_str().unwrap()]);
    for part in ["MB of memory", "schedule.keep", "data.pool", "\"sgd\""] {
        assert!(said.contains(part), "{part}: {said}");
    }
    assert!(!out.exists());
}
