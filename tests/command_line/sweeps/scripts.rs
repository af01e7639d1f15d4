//! `--script`: what is printed does the same as the command, task by task.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use super::{SweepDesk, results, whole_rows};
use crate::desk::program;
use crate::terminal::{signal, wait};

const GRID: [&str; 4] = ["--grid", "data.samples=5,10", "--repeats", "3"];

/// The script that a command prints.
fn printed(command: &mut Command) -> String {
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", said(&output));
    String::from_utf8(output.stdout).unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// A task of a script for HyperQueue, which tells it no more than its number.
fn task(script: &Path, number: usize) -> Command {
    let mut command = Command::new("bash");
    command.arg(script).env("HQ_TASK_ID", number.to_string());
    command
}

/// A folder with a stand-in for a command, which comes first in PATH.
fn stand_in(folder: &Path, name: &str, text: &str) {
    fs::create_dir_all(folder).unwrap();
    let path = folder.join(name);
    fs::write(&path, format!("#!/bin/bash\n{text}\n")).unwrap();
    fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
}

fn path_with(folder: &Path) -> String {
    format!("{}:{}", folder.display(), std::env::var("PATH").unwrap())
}

#[test]
fn the_tasks_of_a_printed_script_make_the_rows_of_the_sweep_and_printing_makes_nothing() {
    let desk = SweepDesk::new();
    assert_eq!(
        desk.status("whole", &[&GRID[..], &["--slim"]].concat()).0,
        0
    );
    let more = [
        &GRID[..],
        &["--slim", "--script", "hyperqueue", "--shards", "4"],
    ]
    .concat();
    let text = printed(&mut desk.sweep("in parts", &more));
    assert!(!desk.path("in parts").exists());
    let script = desk.path("script.sh");
    fs::write(&script, text).unwrap();
    // From any folder, in any order.
    for number in [3, 1, 4, 2] {
        let output = task(&script, number).current_dir("/").output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    assert_eq!(whole_rows(&desk.path("in parts/rows")), 6);
    assert_eq!(
        results(&desk.path("in parts")),
        results(&desk.path("whole"))
    );
}

#[test]
fn a_run_by_a_script_that_is_stopped_goes_on_and_ends_with_the_bytes_of_one_that_was_not() {
    let desk = SweepDesk::new();
    let train = |out: &str| {
        let mut command = program();
        command.current_dir(desk.path(""));
        command.args([
            "train",
            "small.toml",
            "--set",
            "training.epochs=4000",
            "--set",
            "training.evaluate=1000",
            "--out",
            out,
        ]);
        command
    };
    assert!(
        train("whole")
            .args(["--threads", "1"])
            .output()
            .unwrap()
            .status
            .success()
    );
    let text = printed(train("stopped").args(["--script", "hyperqueue"]));
    assert!(!desk.path("stopped").exists());
    let script = desk.path("script.sh");
    fs::write(&script, text).unwrap();
    // The script runs the program by `exec`, so that the signal is for it.
    let mut child = task(&script, 1).spawn().unwrap();
    while !desk.path("stopped/metrics.csv").exists() {
        std::thread::yield_now();
    }
    signal(&child, "TERM");
    let status = wait(&mut child).code();
    assert!(
        status == Some(75) || desk.path("stopped/summary.json").exists(),
        "{status:?}"
    );
    for _ in 0..2 {
        let output = task(&script, 1).output().unwrap();
        assert!(output.status.success(), "{}", said(&output));
    }
    for name in [
        "checkpoints/epoch-004000/model.safetensors",
        "summary.json",
        "plots/losses.svg",
    ] {
        let read = |out: &str| fs::read(desk.path(out).join(name)).unwrap();
        assert!(read("whole") == read("stopped"), "{name}");
    }
}

#[test]
fn a_submitted_sweep_is_a_folder_with_its_script_and_as_many_arrays_as_the_cluster_asks_for() {
    let desk = SweepDesk::new();
    let (bin, told) = (desk.path("bin"), desk.path("told"));
    let count = told.display();
    stand_in(&bin, "scontrol", "echo 'MaxArraySize            = 3'");
    stand_in(
        &bin,
        "sbatch",
        &format!("echo \"$PWD: $*\" >> '{count}'; echo \"4$(wc -l < '{count}');cluster\""),
    );
    let more = [
        &GRID[..],
        &[
            "--script",
            "slurm",
            "--shards",
            "5",
            "--parallel",
            "4",
            "--submit",
            "--json",
        ],
    ]
    .concat();
    let submit = || {
        let output = desk
            .sweep("grid", &more)
            .env("PATH", path_with(&bin))
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", said(&output));
        let told: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        told
    };
    let queued = submit();
    assert_eq!(queued["jobs"], serde_json::json!(["41", "42", "43"]));
    assert_eq!(queued["tasks"], 5);
    let script = desk.path("grid/slurm.sh");
    assert_eq!(queued["script"], script.to_str().unwrap());
    assert!(
        fs::read_to_string(&script)
            .unwrap()
            .contains("#SBATCH --array=1-2%2\n")
    );
    let (logs, script) = (desk.path("grid/logs"), script.display());
    let logs = logs.display();
    let wanted = format!(
        "{logs}: --parsable {script}\n{logs}: --parsable --array=1-2%1 {script} 2\n{logs}: --parsable --array=1-1%1 {script} 4\n"
    );
    assert_eq!(fs::read_to_string(&told).unwrap(), wanted);
    // The same again is the same script. Another one stands beside it.
    assert_eq!(submit()["script"], queued["script"]);
    fs::write(desk.path("grid/slurm.sh"), "edited").unwrap();
    assert_eq!(
        submit()["script"],
        desk.path("grid/slurm-2.sh").to_str().unwrap()
    );
    assert_eq!(
        fs::read_to_string(desk.path("grid/slurm.sh")).unwrap(),
        "edited"
    );
    // The folder is that of this sweep: its tasks find it so, and another question is refused before it is queued.
    let (status, said) = desk.status("grid", &GRID);
    assert_eq!(status, 0, "{said}");
    let other = [
        "--grid",
        "data.samples=7",
        "--script",
        "slurm",
        "--shards",
        "1",
        "--submit",
    ];
    let output = desk
        .sweep("grid", &other)
        .env("PATH", path_with(&bin))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(self::said(&output).contains("asks another question"));
    assert_eq!(fs::read_to_string(&told).unwrap().lines().count(), 9);
}

#[test]
fn what_the_scheduler_says_against_a_script_is_told_with_the_jobs_that_are_queued_already() {
    let desk = SweepDesk::new();
    let bin = desk.path("bin");
    stand_in(
        &bin,
        "sbatch",
        "case \"$*\" in *--array*) echo 'no such account' >&2; exit 1;; *) echo 41;; esac",
    );
    let more = [
        &GRID[..],
        &[
            "--script",
            "slurm",
            "--shards",
            "4",
            "--max-array",
            "2",
            "--submit",
        ],
    ]
    .concat();
    let output = desk
        .sweep("grid", &more)
        .env("PATH", path_with(&bin))
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(1));
    let said = self::said(&output);
    assert!(
        said.contains("no such account") && said.contains("scancel 41"),
        "{said}"
    );
    // Where there is no scheduler, the script can still be printed.
    let output = desk.sweep("none", &more).env("PATH", "").output().unwrap();
    assert_eq!(output.status.code(), Some(2));
    assert!(
        self::said(&output).contains("sbatch: ")
            && self::said(&output).contains("leave out --submit")
    );
}

#[test]
fn what_no_script_can_do_is_refused_before_anything_is_written() {
    let desk = SweepDesk::new();
    for (more, word) in [
        (&["--script", "slurm"][..], "--shards"),
        (&["--script", "slurm", "--shards", "7"], "6 runs"),
        (&["--shards", "3"], "--script"),
        (&["--time-limit", "1:00:00"], "--script"),
        (
            &["--script", "slurm", "--shards", "3", "--overwrite"],
            "--overwrite",
        ),
        (
            &["--script", "slurm", "--shards", "3", "--shard", "1/3"],
            "--shard",
        ),
        (
            &["--script", "slurm", "--shards", "3", "--time-limit", "1h"],
            "MINUTES",
        ),
        (
            &["--script", "slurm", "--shards", "3", "--sbatch", "gpu"],
            "--partition=gpu",
        ),
        (
            &["--script", "parallel", "--shards", "3", "--submit"],
            "run it with bash",
        ),
        (
            &["--script", "hyperqueue", "--shards", "3", "--mem", "4G"],
            "--mem",
        ),
    ] {
        let (status, said) = desk.status("grid", &[&GRID[..], more].concat());
        assert!(status == 2 && said.contains(word), "{more:?}: {said}");
        assert!(!desk.path("grid").exists());
    }
}
