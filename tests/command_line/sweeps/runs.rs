//! The runs of a grid and their rows.

use std::fs;
use std::process::Child;
use std::time::Duration;

use super::{SweepDesk, column, results, whole_rows};

const GRID: [&str; 7] = [
    "--slim",
    "--grid",
    "data.samples=5,10,20,40,80",
    "--grid",
    "training.ridge=0,0.1,0.2,0.3",
    "--repeats",
    "10",
];

#[test]
fn two_hundred_runs_of_four_shards_killed_at_twenty_instants_are_those_never_killed() {
    let desk = SweepDesk::new();
    let run = |out: &str, more: &[&str]| -> Child {
        desk.sweep(out, &[&GRID[..], more].concat())
            .spawn()
            .unwrap()
    };
    let rows = || whole_rows(&desk.path("killed/rows"));
    let shards = ["1/4", "2/4", "3/4", "4/4"];
    for k in 0..20u64 {
        let wanted = rows() + (k as usize * 5) % 7;
        let mut child = run("killed", &["--shard", shards[k as usize % 4]]);
        while rows() <= wanted {
            let ended = child.try_wait().unwrap();
            assert!(ended.is_none(), "it ended before it was killed: {ended:?}");
            std::thread::sleep(Duration::from_micros(200));
        }
        // An instant that no clock of the sweep knows.
        std::thread::sleep(Duration::from_micros((k * 7919) % 4001));
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let there = whole_rows(&desk.path("killed/rows"));
    assert!(there < 200, "the kills were too late to show anything");
    for mut shard in shards.map(|shard| run("killed", &["--shard", shard])) {
        assert!(shard.wait().unwrap().success());
    }
    assert_eq!(whole_rows(&desk.path("killed/rows")), 200);
    assert!(run("whole", &["--jobs", "2"]).wait().unwrap().success());
    let (killed, whole) = (results(&desk.path("killed")), results(&desk.path("whole")));
    assert_eq!(killed.len(), 200);
    assert_eq!(killed, whole);
    let summary = |out: &str| fs::read(desk.path(out).join("summary.csv")).unwrap();
    assert_eq!(summary("killed"), summary("whole"));
    assert!(
        column(&desk.path("whole"), "status")
            .iter()
            .all(|s| s == "done")
    );
    let mut names = column(&desk.path("whole"), "run");
    names.sort();
    names.dedup();
    assert_eq!(names.len(), 200);
}

#[test]
fn rows_of_run_directories_are_those_of_runs_in_memory() {
    let desk = SweepDesk::new();
    let grid = [
        "--grid",
        "data.samples=6,30",
        "--grid",
        "training.optimizer=sgd,closed-form,adam",
    ];
    assert_eq!(desk.status("folders", &grid).0, 0);
    assert_eq!(desk.status("slim", &[&grid[..], &["--slim"]].concat()).0, 0);
    for name in [
        "train_loss",
        "test_loss",
        "kl_true_sampled",
        "kl_sampled_true",
        "predicted_test_loss",
    ] {
        let of = |out| column(&desk.path(out), name);
        for (a, b) in of("folders").iter().zip(of("slim")) {
            let (a, b): (f64, f64) = (a.parse().unwrap(), b.parse().unwrap());
            // In f32 weights are rounded once more where they lie in a file.
            assert!(a == b || (a / b - 1.0).abs() < 1e-4, "{name}: {a} {b}");
        }
    }
    assert!(desk.path("folders/runs").is_dir() && !desk.path("slim/runs").exists());
}

#[test]
fn a_run_that_fails_is_a_row_with_its_error_and_the_others_go_on() {
    let desk = SweepDesk::new();
    let grid = [
        "--slim",
        "--grid",
        "training.learning_rate=1e9,0.1",
        "--set",
        "training.epochs=200",
    ];
    let (status, _) = desk.status("grid", &grid);
    assert_eq!(status, 1);
    let statuses = column(&desk.path("grid"), "status");
    assert!(statuses[0].contains("not a finite number"), "{statuses:?}");
    assert_eq!(statuses[1], "done");
}

#[test]
fn a_wrong_grid_is_refused_before_anything_is_written() {
    let desk = SweepDesk::new();
    for (grid, part) in [
        ("data.sample=1,2", "data.samples"),
        ("training.ridge=0,-1", "-1"),
        ("data.samples", "KEY=V1"),
        ("data.samples=5,10,5", "twice"),
        ("training.ridge=0.1,0.10", "0.1 and 0.10 are the same value"),
        (
            "training.ridge=0.2,0.1,1e-1",
            "0.1 and 1e-1 are the same value",
        ),
        ("model.kind=\"per-step\",per-step", "are the same value"),
    ] {
        let (status, said) = desk.status("grid", &["--grid", grid]);
        assert!(status == 2 && said.contains(part), "{grid}: {said}");
        assert!(!desk.path("grid").exists());
    }
    let twice = ["--grid", "seed=1,2", "--repeats", "2"];
    assert_eq!(desk.status("grid", &twice).0, 2);
    assert_eq!(
        desk.status("grid", &["--grid", "seed=1,2", "--shard", "3/2"])
            .0,
        2
    );
}

#[test]
fn a_run_that_several_points_share_is_done_once_and_has_a_row_at_each() {
    let desk = SweepDesk::new();
    // The digits have no exponent.
    let grid = [
        "--slim",
        "--grid",
        "data.source=digits,power-law",
        "--grid",
        "data.exponent=0,1",
        "--set",
        "data.samples=60",
    ];
    let output = desk.sweep("grid", &grid).arg("--json").output().unwrap();
    let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        (told["runs"].as_u64(), told["done"].as_u64()),
        (Some(4), Some(4))
    );
    assert_eq!(whole_rows(&desk.path("grid/rows")), 3);
    let runs = column(&desk.path("grid"), "run");
    assert!(runs[0] == runs[1] && runs[2] != runs[3], "{runs:?}");
}
