//! When training stops, what it can be asked to do afterwards, and which of its checkpoints a command takes.

mod going_on;
mod tau;

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
