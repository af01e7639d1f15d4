//! `--status`, `--tables` and `--retry-failed`.

use std::fs;
use std::process::{Output, Stdio};
use std::time::Duration;

use serde_json::Value;

use super::{SweepDesk, column, results, whole_rows};
use crate::desk::program;
use crate::terminal::Session;

const GRID: [&str; 5] = ["--slim", "--grid", "data.samples=5,10", "--repeats", "4"];

fn ask(desk: &SweepDesk, arguments: &[&str]) -> Output {
    let folder = desk.path("grid");
    let mut command = program();
    command.arg("sweep").args(arguments).arg(folder);
    command.output().unwrap()
}

fn status(desk: &SweepDesk) -> Value {
    let output = ask(desk, &["--json", "--status"]);
    assert!(output.status.success(), "{output:?}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn counts(status: &Value) -> [u64; 4] {
    ["runs", "done", "failed", "left"].map(|key| status[key].as_u64().unwrap())
}

#[test]
fn the_state_of_a_sweep_is_told_from_its_rows_while_shards_come_and_go() {
    let desk = SweepDesk::new();
    assert_eq!(
        desk.status("grid", &[&GRID[..], &["--shard", "1/3"]].concat())
            .0,
        0
    );
    let told = status(&desk);
    assert_eq!(counts(&told), [8, 3, 0, 5]);
    let left: Vec<u64> = (0..3)
        .map(|i| told["shards"][i]["left"].as_u64().unwrap())
        .collect();
    assert_eq!(left, [0, 3, 2]);
    assert_eq!(
        (told["at_work"].as_u64(), told["unattended"].as_u64()),
        (Some(0), Some(5))
    );
    assert!(told["seconds"]["median"].as_f64().unwrap() > 0.0);
    let text = String::from_utf8(ask(&desk, &["--status"]).stdout).unwrap();
    assert!(
        text.starts_with("8 runs: 3 done, 0 failed, 5 left\n"),
        "{text}"
    );
    assert!(text.contains("2/3") && !text.contains("1/3"), "{text}");
    assert!(text.contains("nobody is at work"), "{text}");
    for shard in ["2/3", "3/3"] {
        assert_eq!(
            desk.status("grid", &[&GRID[..], &["--shard", shard]].concat())
                .0,
            0
        );
    }
    assert_eq!(counts(&status(&desk)), [8, 8, 0, 0]);
}

#[test]
fn a_process_that_is_killed_is_at_work_before_and_not_after() {
    let desk = SweepDesk::new();
    let long = [
        "--slim",
        "--grid",
        "data.samples=5,10,20,40",
        "--repeats",
        "500",
    ];
    let mut child = desk.sweep("grid", &long).spawn().unwrap();
    while whole_rows(&desk.path("grid/rows")) < 3 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let told = status(&desk);
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(told["at_work"].as_u64(), Some(1));
    let process = &told["processes"][0];
    assert_eq!(process["process"].as_u64(), Some(child.id().into()));
    assert!(told["seconds_left"].as_f64().unwrap() > 0.0, "{told}");
    assert_eq!(status(&desk)["at_work"].as_u64(), Some(0));
    // The tables of a sweep that was killed.
    let told = ask(&desk, &["--json", "--tables"]);
    let told: Value = serde_json::from_slice(&told.stdout).unwrap();
    let [runs, done, _, left] = counts(&told);
    assert!(runs == 2000 && done >= 3 && done + left == runs);
    let done_rows = column(&desk.path("grid"), "status");
    assert_eq!(
        done_rows.iter().filter(|s| *s == "done").count() as u64,
        done
    );
}

#[test]
fn the_tables_of_rows_that_are_there_are_those_that_the_sweep_writes() {
    let desk = SweepDesk::new();
    let grid = [
        "--slim",
        "--grid",
        "seed=3,4",
        "--grid",
        "data.samples=5,1_0",
    ];
    assert_eq!(desk.status("grid", &grid).0, 0);
    let names = ["grid/results.csv", "grid/summary.csv"].map(|name| desk.path(name));
    let before = names.clone().map(|path| fs::read(path).unwrap());
    assert_eq!(
        column(&desk.path("grid"), "data.samples"),
        ["5", "1_0", "5", "1_0"]
    );
    names.iter().for_each(|path| fs::remove_file(path).unwrap());
    assert!(ask(&desk, &["--tables"]).status.success());
    assert_eq!(names.map(|path| fs::read(path).unwrap()), before);
}

#[test]
fn runs_that_failed_are_done_again_when_asked_and_their_failures_are_told_by_reason() {
    let desk = SweepDesk::new();
    let grid = [
        "--slim",
        "--grid",
        "training.learning_rate=1e9,1e8,0.1",
        "--set",
        "training.epochs=200",
    ];
    assert_eq!(desk.status("grid", &grid).0, 1);
    let told = status(&desk);
    assert_eq!(counts(&told), [3, 1, 2, 0]);
    let failures = told["failures"].as_array().unwrap();
    let all: u64 = failures.iter().map(|f| f["runs"].as_u64().unwrap()).sum();
    assert_eq!(all, 2, "{failures:?}");
    assert!(
        failures[0]["reason"]
            .as_str()
            .unwrap()
            .contains("not a finite number")
    );
    // A failure that came from outside.
    let log = desk.path("grid/rows/000001.jsonl");
    let text = fs::read_to_string(&log).unwrap();
    let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
    let mut row: Value = serde_json::from_str(&lines[3]).unwrap();
    row.as_object_mut().unwrap().remove("measured");
    row["error"] = "no memory".into();
    lines[3] = row.to_string();
    fs::write(&log, lines.join("\n") + "\n").unwrap();
    assert_eq!(desk.status("grid", &grid).0, 1);
    assert_eq!(counts(&status(&desk)), [3, 0, 3, 0]);
    let again = [&grid[..], &["--retry-failed"]].concat();
    assert_eq!(desk.status("grid", &again).0, 1);
    assert_eq!(counts(&status(&desk)), [3, 1, 2, 0]);
    assert_eq!(whole_rows(&desk.path("grid/rows")), 6);
    assert_eq!(results(&desk.path("grid")).len(), 3);
    // A run that never failed comes first, so that a task with little time does not spend it on the others.
    let failures = |log: &str| -> Vec<u64> {
        let text = fs::read_to_string(desk.path("grid/rows").join(log)).unwrap();
        let rows = text
            .lines()
            .skip(1)
            .map(|line| serde_json::from_str(line).unwrap());
        rows.map(|row: Value| row["failures"].as_u64().unwrap_or(0))
            .collect()
    };
    let mut wider = again;
    wider[2] = "training.learning_rate=1e9,1e8,0.1,0.2";
    assert_eq!(desk.status("grid", &wider).0, 1);
    assert_eq!(failures("000003.jsonl"), [0, 2, 2]);
}

#[test]
fn a_watched_sweep_is_a_line_at_each_look_in_a_pipe_and_the_watch_ends_with_its_last_run() {
    let desk = SweepDesk::new();
    assert_eq!(
        desk.status("grid", &[&GRID[..], &["--shard", "1/2"]].concat())
            .0,
        0
    );
    let mut watch = program();
    watch
        .args(["sweep", "--watch=0.1", "--status"])
        .arg(desk.path("grid"));
    let watch = watch.stdout(Stdio::piped()).spawn().unwrap();
    std::thread::sleep(Duration::from_millis(300));
    assert_eq!(
        desk.status("grid", &[&GRID[..], &["--shard", "2/2"]].concat())
            .0,
        0
    );
    let output = watch.wait_with_output().unwrap();
    assert!(output.status.success());
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines.len() > 1, "{text}");
    assert_eq!(lines[0], "8 runs: 4 done, 0 failed, 4 left");
    assert_eq!(lines[lines.len() - 1], "8 runs: 8 done, 0 failed, 0 left");
}

#[test]
fn a_watched_sweep_is_drawn_over_itself_on_a_terminal() {
    let desk = SweepDesk::new();
    let part = |shard| {
        desk.status("grid", &[&GRID[..], &["--shard", shard]].concat())
            .0
    };
    assert_eq!(part("1/2"), 0);
    let mut watch = program();
    watch
        .args(["sweep", "--watch=0.1", "--status"])
        .arg(desk.path("grid"));
    watch.env_remove("COLUMNS").env("TERM", "xterm");
    let mut watch = Session::start(watch, 100);
    watch.wait_for("4 left");
    assert_eq!(part("2/2"), 0);
    let (status, screen) = watch.end();
    assert!(status.success());
    let text = screen.text();
    assert_eq!(text.matches("8 runs:").count(), 1, "{text}");
    assert!(text.contains("8 runs: 8 done, 0 failed, 0 left"), "{text}");
}

#[test]
fn only_the_folder_of_a_sweep_is_asked_and_no_experiment_with_it() {
    let desk = SweepDesk::new();
    for asked in ["--status", "--tables"] {
        let output = ask(&desk, &[asked]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("is not the folder of a sweep"), "{said}");
        assert!(!desk.path("grid").exists());
    }
    let (status, said) = desk.status("grid", &["--grid", "seed=1,2", "--status", "grid"]);
    assert!(
        status == 2 && said.contains("cannot be used with"),
        "{said}"
    );
    let (status, said) = desk.status("grid", &[]);
    assert!(status == 2 && said.contains("--grid"), "{said}");
}

#[test]
fn rows_of_a_version_that_kept_a_file_for_each_are_refused_and_stay() {
    let desk = SweepDesk::new();
    assert_eq!(desk.status("grid", &GRID).0, 0);
    let old = desk.path("grid/rows/0123456789abcdef.json");
    fs::write(&old, "{}").unwrap();
    let record = fs::read(desk.path("grid/sweep.json")).unwrap();
    let (status, said) = desk.status("grid", &GRID);
    assert!(status == 2 && said.contains("older version"), "{said}");
    assert_eq!(fs::read(desk.path("grid/sweep.json")).unwrap(), record);
    assert!(old.exists());
}
