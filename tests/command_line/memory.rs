//! No demand however large ends in an abort: few rows in many columns need little memory, and what does not fit is refused
//! with the numbers; and every command counts the dimensions of a table in the same way.

use crate::desk::PROGRAM;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use lindiff::data::{Principal, ReadRows, Values, Varying, write_npy};
use proptest::prelude::*;
use serde_json::Value;

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn write(&self, name: &str, text: &str) {
        fs::write(self.path(name), text).unwrap();
    }

    /// Rows of numbers without any order, by a formula of row and column.
    fn rows(&self, name: &str, rows: usize, columns: usize, number: impl Fn(usize, usize) -> f64) {
        let numbers = (0..rows * columns).map(|k| number(k / columns, k % columns));
        let numbers: Vec<f64> = numbers.collect();
        write_npy(&self.path(name), &[rows, columns], &numbers).unwrap();
    }

    /// Types a command in a shell that may have 4 GB of addresses.
    fn type_in(&self, arguments: &[&str]) -> Output {
        Command::new("sh")
            .args(["-c", "ulimit -v 4000000; exec \"$0\" \"$@\""])
            .arg(PROGRAM)
            .args(arguments)
            .current_dir(self.0.path())
            .output()
            .unwrap()
    }

    fn json(&self, arguments: &[&str]) -> Value {
        let output = self.type_in(&[arguments, &["--json", "--quiet"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).unwrap()
    }

    fn refused(&self, arguments: &[&str]) -> String {
        let output = self.type_in(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        said
    }
}

fn wave(i: usize, j: usize) -> f64 {
    ((i * (j + 1) * (j + 1)) as f64 + 0.3 * (i * i + j) as f64).sin()
}

const CONFIG: &str = "name = \"few\"\n[data]\nsource = \"file\"\npath = \"few.npy\"\ndraw = \"rows\"\nsamples = 15\n\
                      [schedule]\nkeep = 5\n[training]\nepochs = 3\n[sampling]\ndraws = 100\n";

const SMALL: &str = "name = \"small\"\n[data]\nsource = \"power-law\"\ndim = 6\nsamples = 30\n[schedule]\nkeep = 5\n\
                     [training]\nepochs = 3\n[sampling]\ndraws = 100\n";

#[test]
fn twenty_rows_in_65536_columns_need_no_covariance_of_65536_columns() {
    let desk = Desk::new();
    desk.rows("few.npy", 20, 65_536, wave);
    desk.write("few.toml", CONFIG);
    let spectrum = desk.json(&["spectrum", "few.npy"]);
    assert_eq!(
        (&spectrum["dim"], &spectrum["rank"]),
        (&65_536.into(), &19.into())
    );
    assert!((spectrum["trace"].as_f64().unwrap() / 65_536.0 - 1.0).abs() < 1e-9);
    let forecast = desk.json(&["forecast", "few.npy", "--set", "schedule.keep=5"]);
    assert_eq!(
        (&forecast["dim"], &forecast["rows"]),
        (&65_536.into(), &20.into())
    );
    let run = desk.json(&["train", "few.toml", "--out", "run"]);
    assert_eq!(run["last"]["dim"], 19);
    assert!(
        desk.type_in(&["sample", "run", "--draws", "2"])
            .status
            .success()
    );
    let everything = [
        "train",
        "few.toml",
        "--dry-run",
        "--set",
        "data.min_variance=0",
    ];
    let said = desk.refused(&everything);
    assert!(
        said.contains("MB of memory") && said.contains("data.min_variance"),
        "{said}"
    );
}

#[test]
fn a_truth_of_65536_dimensions_is_predicted_from_its_eigenvalues_alone() {
    let desk = Desk::new();
    let question = [
        "predict",
        "--dim",
        "65536",
        "--exponent",
        "1",
        "--samples",
        "1000",
        "--alpha-bar",
        "0.9",
    ];
    let answer = desk.json(&question);
    assert_eq!(
        answer["dim"].as_u64().or(answer["inputs"]["dim"].as_u64()),
        Some(65_536)
    );
}

#[test]
fn a_demand_beyond_the_memory_is_refused_with_the_numbers_and_nothing_is_written() {
    let desk = Desk::new();
    desk.write("small.toml", SMALL);
    let train = |sets: &[&'static str]| {
        let mut arguments = vec!["train", "small.toml", "--out", "run"];
        sets.iter().for_each(|set| arguments.extend(["--set", set]));
        arguments
    };
    let cases = [
        (train(&["sampling.draws=10000000000"]), "sampling.draws"),
        (
            train(&["sampling.draws=9223372036854775807"]),
            "sampling.draws",
        ),
        (
            train(&["model.kind=two-layer", "model.width=1000000000000000000"]),
            "model.width",
        ),
        (
            train(&[
                "training.objective=sampled",
                "training.noise_draws=1000000000000",
            ]),
            "noise_draws",
        ),
        (
            train(&[
                "training.objective=frozen",
                "training.noise_draws=9000000000000000000",
            ]),
            "noise_draws",
        ),
        (train(&["data.dim=60000"]), "data.dim"),
        (
            train(&["data.dim=20000", "model.kind=time-basis", "model.basis=4"]),
            "data.dim",
        ),
    ];
    for (arguments, advice) in cases {
        let said = desk.refused(&arguments);
        assert!(
            said.contains("MB of memory") && said.contains(advice),
            "{arguments:?}: {said}"
        );
        assert!(!desk.path("run").exists(), "{arguments:?}");
    }
}

#[test]
fn a_run_draws_and_evaluates_no_more_than_the_memory_holds() {
    let desk = Desk::new();
    desk.write("small.toml", SMALL);
    desk.json(&["train", "small.toml", "--out", "run"]);
    for arguments in [
        ["sample", "run", "--draws", "10000000000"],
        ["sample", "run", "--draws", "18446744073709551615"],
        ["evaluate", "run", "--draws", "1000000000000"],
    ] {
        let said = desk.refused(&arguments);
        assert!(
            said.contains("MB of memory") && said.contains("--draws"),
            "{said}"
        );
    }
    assert!(!desk.path("samples.npy").exists());
}

#[test]
fn a_point_of_a_sweep_that_does_not_fit_fails_alone_and_says_why() {
    let desk = Desk::new();
    desk.write("small.toml", SMALL);
    let grid = "model.width=8,1000000000000000000";
    let two_layers = "model.kind=two-layer";
    let sweep = ["sweep", "small.toml", "--grid", grid, "--set", two_layers];
    let output = desk.type_in(&[&sweep[..], &["--out", "sweep"]].concat());
    assert_eq!(output.status.code(), Some(1));
    let results = fs::read_to_string(desk.path("sweep").join("results.csv")).unwrap();
    let (fits, refused) = (results.lines().nth(1), results.lines().nth(2));
    assert!(fits.unwrap().contains(",done,"), "{results}");
    assert!(refused.unwrap().contains("MB of memory"), "{results}");
}

#[test]
fn a_grid_of_more_points_than_the_memory_holds_is_refused() {
    let desk = Desk::new();
    desk.write("small.toml", SMALL);
    let values: Vec<String> = (1..2000).map(|value| value.to_string()).collect();
    let values = values.join(",");
    let axes = ["data.samples", "training.epochs", "seed"].map(|key| format!("{key}={values}"));
    let mut sweep = vec!["sweep", "small.toml"];
    axes.iter().for_each(|axis| sweep.extend(["--grid", axis]));
    assert!(desk.refused(&sweep).contains("MB of memory"));
    let repeats = [
        "sweep",
        "small.toml",
        "--grid",
        "data.samples=9",
        "--repeats",
        "4000000000",
    ];
    assert!(desk.refused(&repeats).contains("--repeats"));
}

#[test]
fn keys_of_a_grid_that_do_not_count_are_named_once() {
    let desk = Desk::new();
    desk.write("small.toml", SMALL);
    for (grid, set, key) in [
        (
            "training.momentum=0.1,0.5",
            "training.optimizer=adam",
            "training.momentum",
        ),
        ("model.width=8,9", "model.kind=per-step", "model.width"),
        (
            "training.noise_draws=1,2",
            "training.objective=exact",
            "training.noise_draws",
        ),
    ] {
        let sweep = [
            "sweep",
            "small.toml",
            "--grid",
            grid,
            "--set",
            set,
            "--out",
            key,
        ];
        let output = desk.type_in(&sweep);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let notes: Vec<&str> = said
            .lines()
            .filter(|line| line.starts_with("note:"))
            .collect();
        let ignored = notes
            .iter()
            .filter(|note| note.contains(key) && note.contains("ignored"));
        assert_eq!(ignored.count(), 1, "{said}");
    }
}

#[test]
fn every_command_counts_the_columns_that_are_not_constant() {
    let desk = Desk::new();
    // Of 40 columns 5 are constant; 30 rows leave 29 directions.
    desk.rows(
        "few.npy",
        30,
        40,
        |i, j| if j % 8 == 3 { 7.0 } else { wave(i, j) },
    );
    desk.write("few.toml", CONFIG);
    for report in [
        desk.json(&["spectrum", "few.npy"]),
        desk.json(&["forecast", "few.npy", "--set", "schedule.keep=5"]),
        desk.json(&["forecast", "few.toml"]),
    ] {
        assert_eq!(
            (&report["dim"], &report["constant"]),
            (&35.into(), &5.into())
        );
        assert_eq!(report["dropped"], 0);
    }
    assert_eq!(desk.json(&["spectrum", "few.npy"])["rank"], 29);
    // A network is of the directions in which the truth has variance, and says of how many.
    let dry = desk.type_in(&["train", "few.toml", "--dry-run"]);
    let said = String::from_utf8_lossy(&dry.stdout).into_owned();
    assert!(
        said.contains(
            "29 of 35 dimensions (6 of little or no variance dropped, 5 constant columns left out)"
        ),
        "{said}"
    );
    let predicted = desk.json(&["predict", "few.toml"]);
    let inputs = &predicted["inputs"];
    assert_eq!(
        (&inputs["dim"], &inputs["dropped"], &inputs["constant"]),
        (&29.into(), &6.into(), &5.into())
    );
    // What is chosen to be dropped is dropped everywhere.
    for command in ["spectrum", "forecast"] {
        let report = desk.json(&[
            command,
            "digits",
            "--set",
            "data.min_variance=0.01",
            "--set",
            "schedule.keep=5",
        ]);
        let counts = (&report["dim"], &report["dropped"], &report["constant"]);
        assert_eq!(counts, (&51.into(), &10.into(), &3.into()), "{command}");
    }
}

#[test]
fn tables_without_much_in_them_are_read_or_refused_but_never_panic() {
    let desk = Desk::new();
    desk.rows("constant.npy", 30, 4, |_, _| 2.5);
    desk.rows("one-row.npy", 1, 6, wave);
    desk.rows("two-rows.npy", 2, 6, wave);
    desk.rows("one-column.npy", 30, 1, wave);
    desk.rows("one-varies.npy", 30, 5, |i, j| {
        if j == 1 { wave(i, j) } else { 1.0 }
    });
    desk.rows("one-dominates.npy", 30, 5, |i, j| {
        wave(i, j) * if j == 1 { 1e9 } else { 1.0 }
    });
    desk.rows("one-dominates-by-far.npy", 30, 5, |i, j| {
        wave(i, j) * if j == 1 { 1e200 } else { 1.0 }
    });
    for name in [
        "constant",
        "one-row",
        "two-rows",
        "one-column",
        "one-varies",
        "one-dominates",
        "one-dominates-by-far",
    ] {
        let file = format!("{name}.npy");
        let config = CONFIG
            .replace("few", name)
            .replace("samples = 15", "samples = 1");
        let experiment = format!("{name}.toml");
        desk.write(&experiment, &config);
        for arguments in [
            vec!["spectrum", &file],
            vec!["forecast", &file, "--set", "schedule.keep=5"],
            vec!["train", &experiment, "--out", name],
            vec!["predict", &experiment, "--samples", "20"],
            vec![
                "reproduce",
                "spectra",
                "--quick",
                "--data",
                &file,
                "--out",
                "report",
            ],
        ] {
            let output = desk.type_in(&arguments);
            let said = String::from_utf8_lossy(&output.stderr).into_owned();
            let status = output.status.code();
            assert!(
                matches!(status, Some(0 | 2)),
                "{arguments:?}: {status:?} {said}"
            );
            assert_eq!(
                status == Some(2),
                said.contains("error:"),
                "{arguments:?}: {said}"
            );
        }
    }
}

/// Rows as numbers, of which columns may have scales of their own.
fn few_rows() -> impl Strategy<Value = ReadRows> {
    (2usize..12, 1usize..30).prop_flat_map(|(count, more)| {
        let dim = count + more;
        let numbers = prop::collection::vec(-1.0f64..1.0, count * dim);
        let scales = prop::collection::vec(-2i32..3, dim);
        (numbers, scales).prop_map(move |(mut numbers, scales)| {
            for row in numbers.chunks_exact_mut(dim) {
                let pairs = row.iter_mut().zip(&scales);
                pairs.for_each(|(x, scale)| *x = *x * 10f64.powi(*scale) + 3.0);
            }
            ReadRows::new(Values::Doubles(numbers), dim)
        })
    })
}

proptest! {
    #[test]
    fn inner_products_of_rows_give_the_spectrum_of_their_covariance(rows in few_rows()) {
        let (gram, covariance) = (Principal::by_gram(&rows).unwrap(), Principal::by_covariance(&rows).unwrap());
        prop_assert_eq!(gram.variances().len(), rows.dim());
        let largest = covariance.variances()[0];
        for (a, b) in gram.variances().iter().zip(covariance.variances()) {
            prop_assert!((a - b).abs() <= 1e-10 * largest, "{} {}", a, b);
        }
        // The directions are orthonormal, and along each the rows have the variance.
        let rank = gram.rank();
        let directions = gram.leading(rank);
        let products = directions.transpose() * &directions;
        for (i, j) in (0..rank * rank).map(|k| (k / rank, k % rank)) {
            let expected = if i == j { 1.0 } else { 0.0 };
            prop_assert!((products[(i, j)] - expected).abs() < 1e-9);
        }
        for k in 0..rank {
            let along = |i: usize| (0..rows.dim()).map(|j| directions[(j, k)] * (rows.row(i)[j] - gram.mean()[j])).sum::<f64>();
            let variance = (0..rows.count()).map(|i| along(i).powi(2)).sum::<f64>() / rows.count() as f64;
            prop_assert!((variance - gram.variances()[k]).abs() <= 1e-10 * largest);
        }
    }

    #[test]
    fn columns_that_vary_are_those_with_two_different_numbers(
        numbers in prop::collection::vec(0u8..3, 1..60),
        dim in 1usize..7,
    ) {
        let count = numbers.len() / dim;
        prop_assume!(count > 0);
        let rows = ReadRows::new(Values::Bytes(numbers[..count * dim].to_vec()), dim);
        let varies = |j: &usize| (0..count).any(|i| rows.row(i)[*j] != rows.row(0)[*j]);
        let expected = (0..dim).filter(varies).count();
        match Varying::of(&rows) {
            Ok(varying) => prop_assert_eq!((varying.dim(), varying.constant()), (expected, dim - expected)),
            Err(_) => prop_assert_eq!(expected, 0),
        }
    }
}
