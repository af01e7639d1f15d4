//! When training stops, what it can be asked to do afterwards, and which of its checkpoints a command takes.

use crate::desk::Desk;
use lindiff::run::{RunDirectory, extend};

/// Fewer samples than dimensions: the test loss falls, then rises.
const SMALL: &str = "[data]\nsource = \"power-law\"\ndim = 12\nsamples = 8\n[schedule]\nkeep = 20\nbeta_end = 0.02\n[training]\n\
                     epochs = 40\n[sampling]\ndraws = 50\n[backend]\nprecision = \"f64\"\n";

fn desk() -> Desk {
    let desk = Desk::new();
    desk.write("small.toml", SMALL);
    desk
}

fn weights(run: &str, epoch: usize) -> String {
    format!("{run}/checkpoints/epoch-{epoch:06}/model.safetensors")
}

/// The columns `epoch` and `time` of `metrics.csv`.
fn times(desk: &Desk, run: &str) -> Vec<(usize, f64)> {
    let text = desk.text(&format!("{run}/metrics.csv"));
    let row = |line: &str| {
        let cells: Vec<&str> = line.split(',').collect();
        (cells[0].parse().unwrap(), cells[1].parse().unwrap())
    };
    text.lines().skip(1).map(row).collect()
}

/// All of `metrics.csv` but the last column, which is seconds.
fn metrics(desk: &Desk, run: &str) -> Vec<String> {
    let text = desk.text(&format!("{run}/metrics.csv"));
    let row = |line: &str| line.rsplit_once(',').unwrap().0.to_owned();
    text.lines().map(row).collect()
}

#[test]
fn a_run_stops_at_the_end_of_the_first_epoch_that_reaches_tau() {
    let desk = desk();
    for (name, tau, more) in [
        ("plain", 2.0, "training.momentum=0"),
        ("momentum", 2.0, "training.momentum=0.5"),
        ("given-rate", 1.0, "training.learning_rate=0.1"),
        ("cosine", 3.0, "training.lr_schedule=cosine"),
    ] {
        let tau_is = format!("training.tau={tau}");
        let train = |out: &str, more: &[&str]| {
            desk.must(&[&["train", "small.toml", "--out", out][..], more].concat())
        };
        train(name, &["--set", &tau_is, "--set", more]);
        let (epoch, time) = *times(&desk, name).last().unwrap();
        assert!(
            epoch < 40 && time >= tau * (1.0 - 1e-9),
            "{name}: {epoch} {time}"
        );
        // With every epoch recorded the one before it is seen to be below.
        let every = format!("{name}-every");
        train(
            &every,
            &[
                "--set",
                &tau_is,
                "--set",
                more,
                "--set",
                "training.evaluate=1",
            ],
        );
        let all = times(&desk, &every);
        assert_eq!(all.last(), Some(&(epoch, time)));
        assert!(all[all.len() - 2].1 < tau, "{name}: {all:?}");
        if name != "cosine" {
            // A run of as many epochs is the same run.
            let same = format!("{name}-epochs");
            train(
                &same,
                &["--set", &format!("training.epochs={epoch}"), "--set", more],
            );
            assert_eq!(
                desk.bytes(&weights(name, epoch)),
                desk.bytes(&weights(&same, epoch))
            );
        }
        assert!(
            desk.must(&["train", "--resume", name])
                .contains("nothing to do")
        );
    }
}

/// Learning rates that add up to tau but for rounding are not one epoch too few: ten times 0.1 is 1 - 1e-16.
#[test]
fn rates_that_add_up_to_tau_reach_it() {
    let desk = desk();
    let sets = ["training.learning_rate=0.1", "training.tau=1"];
    desk.must(&[
        "train",
        "small.toml",
        "--out",
        "run",
        "--set",
        sets[0],
        "--set",
        sets[1],
    ]);
    assert_eq!(times(&desk, "run").last().unwrap().0, 10);
}

#[test]
fn a_tau_that_cannot_be_reached_or_does_not_count_is_said_and_a_senseless_one_refused() {
    let desk = desk();
    let said = desk.must(&[
        "train",
        "small.toml",
        "--out",
        "far",
        "--set",
        "training.tau=1000",
    ]);
    assert!(said.contains("below training.tau = 1000"), "{said}");
    let needed = said
        .split(": ")
        .find_map(|part| part.split_once(" epochs reach it"));
    let needed: usize = needed.unwrap().0.parse().unwrap();
    let (epochs, time) = *times(&desk, "far").last().unwrap();
    let rate = time / epochs as f64;
    assert!(
        rate * needed as f64 >= 1000.0 && rate * (needed - 1) as f64 <= 1000.0,
        "{said}"
    );
    let adam = [
        "--set",
        "training.optimizer=adam",
        "--set",
        "training.tau=1",
    ];
    let said = desk.must(&[&["train", "small.toml", "--out", "adam"][..], &adam].concat());
    assert!(
        said.contains("training.tau is ignored: training.optimizer is \"adam\""),
        "{said}"
    );
    for wrong in ["0", "-1", "inf", "nan", "\"soon\""] {
        let set = format!("training.tau={wrong}");
        let said = desk.refused(&["train", "small.toml", "--out", "wrong", "--set", &set]);
        assert!(said.contains("training.tau"), "{said}");
        assert!(!desk.path("wrong").exists());
    }
}

#[test]
fn a_finished_run_trains_on_to_the_bytes_of_a_run_that_had_as_many_epochs() {
    let desk = desk();
    for more in [
        "training.evaluate=log",
        "training.optimizer=adam",
        "training.evaluate=7",
        "training.momentum=0.5",
        "training.checkpoints=1",
        "training.tau=1000",
    ] {
        for (name, epochs) in [("on", "40"), ("whole", "90")] {
            let epochs = format!("training.epochs={epochs}");
            desk.must(&[
                "train",
                "small.toml",
                "--out",
                name,
                "--overwrite",
                "--set",
                more,
                "--set",
                &epochs,
            ]);
        }
        desk.must(&["train", "--resume", "on", "--epochs", "90"]);
        let same = desk.bytes(&weights("on", 90)) == desk.bytes(&weights("whole", 90));
        assert!(same, "{more}");
        if more != "training.checkpoints=1" {
            // With one checkpoint there is none before the last evaluation of the shorter run, whose row stays.
            assert_eq!(metrics(&desk, "on"), metrics(&desk, "whole"), "{more}");
        }
        assert!(desk.text("on/config.toml").contains("epochs = 90"));
        let said = desk.must(&["train", "--resume", "on", "--epochs", "90"]);
        assert!(said.contains("nothing to do"), "{said}");
        assert!(
            desk.must(&["train", "--resume", "on"])
                .contains("nothing to do")
        );
    }
}

#[test]
fn epochs_that_would_change_nothing_or_all_are_refused_with_the_reason() {
    let desk = desk();
    let train =
        |out: &str, set: &str| desk.must(&["train", "small.toml", "--out", out, "--set", set]);
    train("cosine", "training.lr_schedule=cosine");
    train("solved", "training.optimizer=closed-form");
    train("early", "training.early_stopping.patience=1");
    train("tau", "training.tau=1");
    train("plain", "training.epochs=40");
    for (run, epochs, reason) in [
        ("cosine", "90", "cosine"),
        ("solved", "90", "closed form"),
        ("early", "90", "stopped early"),
        ("tau", "90", "training.tau"),
        ("plain", "39", "the run has done 40 epochs"),
    ] {
        let config = desk.bytes(&format!("{run}/config.toml"));
        let said = desk.refused(&["train", "--resume", run, "--epochs", epochs]);
        assert!(said.contains(reason), "{said}");
        assert_eq!(config, desk.bytes(&format!("{run}/config.toml")));
    }
    let said = desk.refused(&["train", "small.toml", "--epochs", "90"]);
    assert!(said.contains("--set training.epochs=90"), "{said}");
}

#[test]
fn the_best_checkpoint_can_be_named_and_is_the_usual_one_after_early_stopping() {
    let desk = desk();
    let stopping = [
        "--set",
        "training.early_stopping.patience=2",
        "--set",
        "training.epochs=4000",
    ];
    let done = desk.json(&[&["train", "small.toml", "--out", "early"][..], &stopping].concat());
    let (best, last) = (&done["best"]["epoch"], &done["last"]["epoch"]);
    let (best, last) = (
        best.as_u64().unwrap() as usize,
        last.as_u64().unwrap() as usize,
    );
    assert!(done["stop"] == "early" && best < last, "{done}");
    let epoch = |words: &[&str]| {
        let words = [&["evaluate", "early", "--draws", "0"][..], words].concat();
        desk.json(&words)["epoch"].as_u64().unwrap() as usize
    };
    let named = best.to_string();
    for (words, expected) in [
        (&[][..], best),
        (&["--checkpoint", "best"], best),
        (&["--checkpoint", &named], best),
        (&["--checkpoint", "last"], last),
    ] {
        assert_eq!(epoch(words), expected, "{words:?}");
    }
    for (command, more) in [
        (&["evaluate", "early"][..], &[][..]),
        (&["sample", "early", "--out", "usual.npy"], &["--overwrite"]),
        (&["export", "early", "--out", "usual"], &["--overwrite"]),
        (&["inspect", "early"], &[]),
    ] {
        let said = desk.must(command);
        let told = format!("epoch {best} (--checkpoint last: epoch {last})");
        assert!(said.contains(&told), "{said}");
        let named = desk.must(&[command, more, &["--checkpoint", "best"]].concat());
        assert!(!named.contains("stopped early"), "{named}");
    }
    desk.must(&[
        "sample",
        "early",
        "--checkpoint",
        &named,
        "--out",
        "named.npy",
    ]);
    assert_eq!(desk.bytes("usual.npy"), desk.bytes("named.npy"));
    desk.must(&[
        "sample",
        "early",
        "--checkpoint",
        "last",
        "--out",
        "last.npy",
    ]);
    assert_ne!(desk.bytes("usual.npy"), desk.bytes("last.npy"));
    // A run that did not stop early: the last, without a word.
    desk.must(&[
        "train",
        "small.toml",
        "--out",
        "run",
        "--set",
        "training.epochs=4000",
    ]);
    assert_eq!(
        desk.json(&["evaluate", "run", "--draws", "0"])["epoch"],
        4000
    );
    assert_ne!(
        desk.json(&["evaluate", "run", "--draws", "0", "--checkpoint", "best"])["epoch"],
        4000
    );
}

#[test]
fn a_run_without_a_test_set_has_no_best_checkpoint_and_says_so() {
    let desk = Desk::new();
    let rows: String = (0..30)
        .map(|i| format!("{},{}\n", (i * i) as f64 % 7.3, (i * 5) as f64 % 3.1))
        .collect();
    desk.write("rows.csv", rows);
    desk.write("all.toml", "[data]\nsource = \"file\"\npath = \"rows.csv\"\nsamples = \"all\"\n[schedule]\nkeep = 5\n[training]\nepochs = 3\n[sampling]\ndraws = 0\n");
    desk.must(&["train", "all.toml", "--out", "run"]);
    let said = desk.refused(&["evaluate", "run", "--checkpoint", "best"]);
    assert!(said.contains("no test set"), "{said}");
    let said = desk.refused(&["evaluate", "run", "--checkpoint", "first"]);
    assert!(said.contains("\"last\" or \"best\""), "{said}");
}

#[test]
fn samples_are_written_as_the_name_says() {
    let desk = desk();
    desk.must(&["train", "small.toml", "--out", "run"]);
    let sample = |out: &str, more: &[&str]| {
        desk.must(&[&["sample", "run", "--draws", "7", "--out", out][..], more].concat())
    };
    sample("a.npy", &[]);
    sample("a.CSV", &[]);
    let text = desk.text("a.CSV");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines.len(), lines[0].split(',').count()), (8, 12));
    assert!(lines[0].starts_with("x0,x1,"));
    // The same numbers as in the .npy: f32, after a header of 128 bytes.
    let npy = desk.bytes("a.npy");
    let numbers = npy[npy.len() - 7 * 12 * 4..].chunks_exact(4);
    let numbers = numbers.map(|bytes| f32::from_le_bytes(bytes.try_into().unwrap()));
    let cells = lines[1..].iter().flat_map(|line| line.split(','));
    assert!(numbers.eq(cells.map(|cell| cell.parse::<f32>().unwrap())));
    sample("a.png", &["--image", "4", "3"]);
    assert!(desk.bytes("a.png").starts_with(b"\x89PNG"));
    assert!(!desk.path("a.png.npy").exists());
    sample("b.csv", &["--image", "3", "4"]);
    assert!(desk.bytes("b.png").starts_with(b"\x89PNG"));
    let said = desk.refused(&["sample", "run", "--out", "c.png"]);
    assert!(said.contains("give --image W H with W x H = 12"), "{said}");
    for wrong in ["c.txt", "c.npz", "c.jpeg", "samples v1.2b"] {
        let said = desk.refused(&["sample", "run", "--out", wrong]);
        assert!(said.contains(".npy, .csv, or .png"), "{said}");
        assert!(!desk.path(wrong).exists());
    }
    // A square shape need not be given.
    desk.must(&[
        "train",
        "small.toml",
        "--out",
        "square",
        "--set",
        "data.dim=9",
    ]);
    desk.must(&["sample", "square", "--out", "square.png"]);
    assert!(desk.bytes("square.png").starts_with(b"\x89PNG"));
}

#[test]
fn a_flag_that_is_a_key_of_the_experiment_is_answered_with_the_set_that_means_it() {
    let desk = desk();
    for (flag, value, set) in [
        ("--epochs", None, "--set training.epochs=VALUE"),
        ("--lr", Some("0.1"), "--set training.learning_rate=0.1"),
        (
            "--learning-rate",
            Some("0.1"),
            "--set training.learning_rate=0.1",
        ),
        ("--batch_size", Some("16"), "--set training.batch_size=16"),
        ("--samples", Some("50"), "--set data.samples=50"),
        ("--ridg", Some("0.5"), "--set training.ridge=0.5"),
        ("--training.ridge", Some("0.5"), "--set training.ridge=0.5"),
        ("--precision", Some("f64"), "--set backend.precision=f64"),
    ] {
        let mut words = vec!["train", "small.toml", flag];
        words.extend(value);
        if flag == "--epochs" {
            // A flag of this command: it says itself what is meant.
            words.push("7");
            assert!(desk.refused(&words).contains("--set training.epochs=7"));
            continue;
        }
        let said = desk.refused(&words);
        assert!(said.contains(set), "{said}");
        let joined = format!("{flag}={}", value.unwrap());
        let said = desk.refused(&["train", "small.toml", &joined]);
        assert!(said.contains(set), "{said}");
    }
    let kinds = desk.refused(&["sweep", "small.toml", "--grid", "seed=1,2", "--kind", "ode"]);
    assert!(
        kinds.contains("--set sampling.kind=ode") && kinds.contains("--set model.kind=ode"),
        "{kinds}"
    );
    // A command that takes no key, and a flag that is like none.
    assert!(
        !desk
            .refused(&["evaluate", "run", "--epochs", "5"])
            .contains("--set")
    );
    assert!(
        !desk
            .refused(&["train", "small.toml", "--frobnicate"])
            .contains("a key of")
    );
}

/// Too many epochs, stopped before the first of them, can be taken back, down to those that are done.
#[test]
fn a_number_of_epochs_that_was_too_large_can_be_taken_back() {
    let desk = desk();
    for (name, epochs) in [("run", "40"), ("whole", "90")] {
        let epochs = format!("training.epochs={epochs}");
        desk.must(&["train", "small.toml", "--out", name, "--set", &epochs]);
    }
    let directory = RunDirectory::open_to_write(&desk.path("run")).unwrap();
    extend(&directory, 1_000_000_000_000).unwrap();
    drop(directory);
    let said = desk.refused(&["train", "--resume", "run", "--epochs", "40"]);
    assert!(said.contains("the run has done 40 epochs"), "{said}");
    desk.must(&["train", "--resume", "run", "--epochs", "90"]);
    assert_eq!(
        desk.bytes(&weights("run", 90)),
        desk.bytes(&weights("whole", 90))
    );
    assert_eq!(metrics(&desk, "run"), metrics(&desk, "whole"));
}

#[test]
fn an_epoch_that_goes_far_beyond_tau_is_told_with_the_rate_that_ends_at_tau() {
    let desk = desk();
    let sets = [
        "--set",
        "training.tau=1.2",
        "--set",
        "training.momentum=0.9",
    ];
    let train = |out: &str, more: &[&str]| {
        desk.must(&[&["train", "small.toml", "--out", out][..], &sets, more].concat())
    };
    let said = train("beyond", &[]);
    let (_, time) = *times(&desk, "beyond").last().unwrap();
    assert!(
        time > 1.32 && said.contains(&format!("stops at tau = {time:.3}")),
        "{said}"
    );
    let paste = said
        .split("--set ")
        .nth(1)
        .unwrap()
        .split_whitespace()
        .next()
        .unwrap();
    let said = train("at", &["--set", paste]);
    let (_, time) = *times(&desk, "at").last().unwrap();
    assert!(
        (time - 1.2).abs() < 1e-9 && !said.contains("stops at tau"),
        "{time} {said}"
    );
}
