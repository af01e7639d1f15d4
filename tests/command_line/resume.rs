//! Runs that are killed, interrupted, or broken.

use crate::run_folder::{Folder, checkpoints, lindiff, metrics, must};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::thread::sleep;
use std::time::Duration;

use crate::uniform::Uniform;

/// Adam on rows with weights, with a cosine rate, minibatches, fresh noise, early stopping, and a checkpoint every epoch.
const ADAM: &str = r#"
name = "adam"
seed = 3
[data]
source = "power-law"
dim = 20
samples = 40
row_weights = "student"
[schedule]
steps = 40
beta_start = 1e-3
beta_end = 0.2
[training]
objective = "sampled"
noise_draws = 2
batch_size = 16
optimizer = "adam"
learning_rate = 0.01
lr_schedule = "cosine"
weight_decay = 0.01
epochs = 250
evaluate = 1
[training.early_stopping]
patience = 60
[sampling]
draws = 500
"#;

/// Descent with momentum on frozen draws, in f64.
const MOMENTUM: &str = r#"
name = "momentum"
[data]
source = "digits"
samples = 60
min_variance = 0.05
[schedule]
keep = 50
[training]
objective = "frozen"
optimizer = "sgd"
momentum = 0.9
lr_schedule = "cosine"
epochs = 60
evaluate = 3
[sampling]
draws = 0
[backend]
precision = "f64"
"#;

fn assert_same(one: &Path, two: &Path) {
    assert_eq!(metrics(one), metrics(two));
    let by_step = |root: &Path| fs::read(root.join("losses_by_step.csv")).unwrap();
    assert!(by_step(one) == by_step(two));
    let (a, b) = (
        checkpoints(one).pop().unwrap(),
        checkpoints(two).pop().unwrap(),
    );
    assert_eq!(a.file_name(), b.file_name());
    let model = |checkpoint: PathBuf| fs::read(checkpoint.join("model.safetensors")).unwrap();
    assert!(model(a) == model(b), "the weights differ");
    let summary = |root: &Path| fs::read_to_string(root.join("summary.json")).unwrap();
    assert_eq!(summary(one), summary(two));
}

#[test]
fn a_run_killed_at_twenty_random_instants_ends_as_if_it_never_was() {
    let folder = Folder::new(ADAM);
    let (whole, killed) = (folder.path("whole"), folder.path("killed"));
    must(&folder.train(&whole));
    let mut uniform = Uniform(1);
    let mut kills_in_training = 0;
    while kills_in_training < 20 {
        let resume = ["train", "--resume", killed.to_str().unwrap()];
        let begun = killed.join("config.toml").is_file();
        let start = folder.train(&killed);
        let mut child = if begun {
            lindiff(&resume).spawn().unwrap()
        } else {
            // Killed before it was a run directory at all: there is nothing to go on with.
            let _ = fs::remove_dir_all(&killed);
            lindiff(&start).spawn().unwrap()
        };
        sleep(Duration::from_secs_f64(0.005 + 0.12 * uniform.next()));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(
            !killed.join("summary.json").exists(),
            "it ended before all kills: make it longer"
        );
        kills_in_training += usize::from(killed.join("metrics.csv").exists());
    }
    must(&["train", "--resume", killed.to_str().unwrap()]);
    assert_same(&whole, &killed);
    let text = fs::read_to_string(killed.join("metrics.csv")).unwrap();
    let epochs: Vec<&str> = text
        .lines()
        .map(|line| line.split(',').next().unwrap())
        .collect();
    assert_eq!(epochs[0], "epoch");
    for (expected, epoch) in epochs[1..].iter().enumerate() {
        assert_eq!(*epoch, expected.to_string());
    }
}

#[test]
fn ctrl_c_leaves_a_checkpoint_says_how_to_go_on_and_changes_nothing() {
    let folder = Folder::new(MOMENTUM);
    let (whole, stopped) = (folder.path("whole"), folder.path("stopped"));
    must(&folder.train(&whole));
    let child = lindiff(&folder.train(&stopped)).spawn().unwrap();
    // As soon as there is a second checkpoint, in the middle of training.
    let checkpoints = stopped.join("checkpoints");
    while fs::read_dir(&checkpoints).map_or(0, |entries| entries.count()) < 2 {
        sleep(Duration::from_millis(2));
    }
    let pid = child.id().to_string();
    assert!(
        Command::new("kill")
            .args(["-INT", &pid])
            .status()
            .unwrap()
            .success()
    );
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(130), "{said}");
    assert!(said.contains("lindiff train --resume"), "{said}");
    assert!(!stopped.join("summary.json").exists());
    must(&["train", "--resume", stopped.to_str().unwrap()]);
    assert_same(&whole, &stopped);
}

#[test]
fn networks_of_every_kind_resume_to_the_same_bytes() {
    for (base, model) in [
        (ADAM, "kind = \"time-basis\"\nbasis = 5\ntarget = \"v\""),
        (ADAM, "kind = \"two-layer\"\nwidth = 30\ntarget = \"score\""),
        (MOMENTUM, "kind = \"time-basis\"\ntarget = \"x0\""),
        (MOMENTUM, "kind = \"two-layer\"\nwidth = 10"),
    ] {
        let folder = Folder::new(&format!("{base}\n[model]\n{model}"));
        let (whole, gone_back) = (folder.path("whole"), folder.path("gone-back"));
        let few = ["--set", "training.epochs=60"];
        must(&[&folder.train(&whole)[..], &few].concat());
        must(&[&folder.train(&gone_back)[..], &few].concat());
        let checkpoint = if base == ADAM { "58" } else { "54" };
        let root = gone_back.to_str().unwrap();
        must(&["train", "--resume", root, "--checkpoint", checkpoint]);
        assert_same(&whole, &gone_back);
    }
}

#[test]
fn weights_that_are_diagonal_in_the_eigenbasis_resume_to_the_same_bytes() {
    let exact = MOMENTUM.replace("\"frozen\"", "\"exact\"\nbasis = \"eigen\"");
    for text in [exact.clone(), exact.replace("f64", "f32")] {
        let folder = Folder::new(&text);
        let (whole, gone_back) = (folder.path("whole"), folder.path("gone-back"));
        must(&folder.train(&whole));
        must(&folder.train(&gone_back));
        let root = gone_back.to_str().unwrap();
        // The checkpoints of the last three evaluations are kept: every third epoch and the last.
        must(&["train", "--resume", root, "--checkpoint", "54"]);
        assert_same(&whole, &gone_back);
        // A checkpoint of the other basis is refused, not gone on with from something else.
        let config = fs::read_to_string(gone_back.join("config.toml")).unwrap();
        let full = folder.path("full");
        must(&[&folder.train(&full)[..], &["--set", "training.basis=data"]].concat());
        fs::write(full.join("config.toml"), config).unwrap();
        let output = lindiff(&[
            "train",
            "--resume",
            full.to_str().unwrap(),
            "--checkpoint",
            "54",
        ])
        .output()
        .unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(
            !output.status.success() && said.contains("training.basis"),
            "{said}"
        );
    }
}

#[test]
fn a_finished_run_says_so_and_stays_as_it_is() {
    let folder = Folder::new(&MOMENTUM.replace("epochs = 60", "epochs = 3"));
    let root = folder.path("run");
    must(&folder.train(&root));
    let before = fs::read(root.join("metrics.csv")).unwrap();
    let output = must(&["train", "--resume", root.to_str().unwrap()]);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(said.contains("finished at epoch 3"), "{said}");
    assert_eq!(before, fs::read(root.join("metrics.csv")).unwrap());
    // And one that is there is not written over.
    let output = lindiff(&folder.train(&root)).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("--overwrite"));
}

#[test]
fn a_damaged_or_newer_checkpoint_is_named_and_the_one_before_it_can_be_used() {
    let folder = Folder::new(&MOMENTUM.replace("epochs = 60", "epochs = 9"));
    let root = folder.path("run");
    must(&folder.train(&root));
    let last = checkpoints(&root).pop().unwrap();
    let model = last.join("model.safetensors");
    let good = fs::read(&model).unwrap();
    let state = fs::read_to_string(last.join("state.json")).unwrap();
    let refused = |what: &str| {
        for arguments in [
            vec!["evaluate", root.to_str().unwrap()],
            vec!["train", "--resume", root.to_str().unwrap()],
            vec!["inspect", last.to_str().unwrap()],
        ] {
            let output = lindiff(&arguments).output().unwrap();
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
            assert!(said.contains(what), "{arguments:?}: {said}");
        }
    };
    fs::write(&model, &good[..good.len() - 9]).unwrap();
    refused("cut short or altered");
    let mut altered = good.clone();
    *altered.last_mut().unwrap() ^= 1;
    fs::write(&model, &altered).unwrap();
    refused("cut short or altered");
    must(&["evaluate", root.to_str().unwrap(), "--checkpoint", "6"]);
    fs::write(&model, &good).unwrap();
    let newer = state.replace("\"format_version\": 1", "\"format_version\": 2");
    fs::write(last.join("state.json"), newer).unwrap();
    refused("newer");
    fs::write(last.join("state.json"), &state[..state.len() / 2]).unwrap();
    refused("state.json");
    // The one before, when asked for; it makes the broken one again.
    let whole = folder.path("whole");
    must(&folder.train(&whole));
    fs::remove_file(root.join("summary.json")).unwrap();
    must(&[
        "train",
        "--resume",
        root.to_str().unwrap(),
        "--checkpoint",
        "6",
    ]);
    assert_same(&whole, &root);
}

#[test]
fn a_second_process_on_one_run_is_refused() {
    let folder = Folder::new(&MOMENTUM.replace("epochs = 60", "epochs = 4000"));
    let root = folder.path("run");
    let mut child = lindiff(&folder.train(&root)).spawn().unwrap();
    while !root.join("metrics.csv").exists() {
        sleep(Duration::from_millis(2));
    }
    let output = lindiff(&["train", "--resume", root.to_str().unwrap()])
        .output()
        .unwrap();
    child.kill().unwrap();
    child.wait().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("another process"), "{said}");
}

#[test]
fn a_loss_that_is_no_number_stops_the_run_with_epoch_step_rate_and_the_stable_rate() {
    let folder = Folder::new(
        &MOMENTUM
            .replace("momentum = 0.9", "learning_rate = 7.0")
            .replace("= 60\ne", "= 900\ne"),
    );
    let root = folder.path("run");
    let output = lindiff(&folder.train(&root)).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(1), "{said}");
    for word in ["epoch", "step", "learning rate 7e0", "largest stable rate"] {
        assert!(said.contains(word), "{said}");
    }
    assert!(
        said.contains("warning: the learning rate 7e0 is above"),
        "{said}"
    );
    // Losses that were no numbers are nowhere called the best.
    assert!(!metrics(&root).join("\n").contains("NaN"));
}

#[test]
fn a_changed_data_file_is_refused() {
    let folder = Folder::new(
        "[data]\nsource = \"file\"\npath = \"rows.csv\"\nsamples = 20\ndraw = \"rows\"\n[schedule]\nkeep = 5\n\
         [training]\nepochs = 3\n[sampling]\ndraws = 0\n",
    );
    let mut uniform = Uniform(9);
    let row = |u: &mut Uniform| format!("{},{},{}\n", u.next(), u.next(), u.next());
    let rows: String = (0..60).map(|_| row(&mut uniform)).collect();
    let path = folder.path("rows.csv");
    fs::write(&path, &rows).unwrap();
    let root = folder.path("run");
    must(&folder.train(&root));
    fs::write(&path, rows.replacen("0.", "1.", 1)).unwrap();
    let output = lindiff(&["train", "--resume", root.to_str().unwrap()])
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        String::from_utf8_lossy(&output.stderr)
            .contains("not the data that this run was begun with")
    );
}
