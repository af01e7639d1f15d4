//! Printed scripts, run by the schedulers that they are for. `tests/slurm/run.sh` starts these and runs the tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use crate::desk::program;
use crate::sweeps::{column, results, whole_rows};

const EXPERIMENT: &str = "name = \"small\"\n[data]\nsource = \"power-law\"\ndim = 8\nsamples = 10\n[schedule]\nsteps = 20\n\
                          [training]\nevaluate = 100000000\n[sampling]\ndraws = 0\n";
/// Longer than any wait here.
const DEADLINE: Duration = Duration::from_secs(400);

struct Bench(tempfile::TempDir);

impl Bench {
    fn new() -> Self {
        let bench = Self(tempfile::tempdir().unwrap());
        fs::write(bench.path("small.toml"), EXPERIMENT).unwrap();
        bench
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn sweep(&self, out: &str, grid: &[String], more: &[&str]) -> Command {
        let mut command = program();
        command.current_dir(self.0.path());
        command.args(["sweep", "small.toml", "--out", out]);
        command.args(grid).args(more);
        command
    }

    fn must(&self, out: &str, grid: &[String], more: &[&str]) -> String {
        run(&mut self.sweep(out, grid, more))
    }

    /// The epochs that a run does in a second, beside another one.
    fn epochs_in_a_second(&self) -> f64 {
        let epochs = 200_000;
        let grid = grid(&[("seed", "1,2"), ("training.epochs", &epochs.to_string())]);
        self.must(
            "calibration",
            &grid,
            &["--jobs", "2", "--threads", "2", "--quiet"],
        );
        let seconds = &column(&self.path("calibration"), "seconds")[0];
        f64::from(epochs) / seconds.parse::<f64>().unwrap()
    }
}

/// What a command that works prints.
fn run(command: &mut Command) -> String {
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {said}");
    String::from_utf8(output.stdout).unwrap()
}

fn typed(line: &str) -> String {
    run(Command::new("bash").args(["-c", line]))
}

fn grid(axes: &[(&str, &str)]) -> Vec<String> {
    let words = axes
        .iter()
        .map(|(key, values)| ["--grid".to_owned(), format!("{key}={values}")]);
    words.flatten().collect()
}

fn wait_until(what: &str, mut is: impl FnMut() -> bool) {
    let start = Instant::now();
    while !is() {
        assert!(
            start.elapsed() < DEADLINE,
            "{what}: never; {}",
            typed("squeue")
        );
        std::thread::sleep(Duration::from_millis(200));
    }
}

/// The job of a script that the program submitted.
fn submitted(told: &str) -> String {
    let told: serde_json::Value = serde_json::from_str(told).unwrap();
    told["jobs"][0].as_str().unwrap().to_owned()
}

/// The value of a key of a task, as Slurm shows it.
fn shown(job: &str, task: usize, key: &str) -> String {
    let text = typed(&format!("scontrol show job {job}_{task}"));
    let mut words = text.split_whitespace();
    let value = words.find_map(|word| word.strip_prefix(key)?.strip_prefix('='));
    value
        .unwrap_or_else(|| panic!("no {key}: {text}"))
        .to_owned()
}

/// The processes of a shard.
fn processes(bench: &Bench, shard: &str) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().map(Result::unwrap) {
        let Ok(words) = fs::read(entry.path().join("cmdline")) else {
            continue;
        };
        let words: Vec<&[u8]> = words.split(|b| *b == 0).collect();
        let out = bench.path("grid");
        let is_ours = words.contains(&out.as_os_str().as_encoded_bytes());
        if words[0].ends_with(b"/lindiff") && is_ours && words.contains(&shard.as_bytes()) {
            found.push(entry.file_name().into_string().unwrap());
        }
    }
    found
}

/// The runs of a shard of four that are done, in a sweep of the folder `grid`.
fn done(bench: &Bench, shard: usize) -> u64 {
    let mut command = program();
    command
        .args(["sweep", "--json", "--status"])
        .arg(bench.path("grid"));
    let told: serde_json::Value = serde_json::from_str(&run(&mut command)).unwrap();
    let shards = told["shards"].as_array().unwrap();
    // Before the first process begins, the whole grid is one shard.
    let is_begun = shards.len() == 4;
    if is_begun {
        shards[shard - 1]["done"].as_u64().unwrap()
    } else {
        0
    }
}

#[test]
#[ignore = "needs a Slurm of its own: tests/slurm/run.sh"]
fn tasks_of_slurm_that_are_killed_pre_empted_and_out_of_time_leave_each_row_once() {
    let bench = Bench::new();
    let speed = bench.epochs_in_a_second();
    // Runs of a few seconds: every task has some left when it is disturbed.
    let epochs: Vec<String> = [3.0, 3.1, 3.2, 3.3]
        .iter()
        .map(|s| format!("{:.0}", s * speed))
        .collect();
    let grid = grid(&[("seed", "1,2,3,4"), ("training.epochs", &epochs.join(","))]);
    bench.must(
        "whole",
        &grid,
        &["--jobs", "2", "--threads", "2", "--quiet"],
    );
    let more = [
        "--shards",
        "4",
        "--script",
        "slurm",
        "--time-limit",
        "1",
        "--cpus",
        "1",
        "--submit",
        "--json",
    ];
    let job = submitted(&bench.must("grid", &grid, &more));

    // Task 1 stands still until Slurm says that its time is nearly over, however fast the machine is.
    wait_until("a row of task 1", || done(&bench, 1) > 0);
    let still = processes(&bench, "1/4");
    assert_eq!(still.len(), 1);
    typed(&format!("kill -STOP {}", still[0]));

    wait_until("a row of task 2", || done(&bench, 2) > 0);
    let pids = processes(&bench, "2/4");
    assert!(!pids.is_empty());
    typed(&format!("kill -KILL {}", pids.join(" ")));
    wait_until("the end of task 2", || {
        shown(&job, 2, "JobState") == "FAILED"
    });
    assert!(done(&bench, 2) < 4);

    wait_until("a row of task 3", || done(&bench, 3) > 0);
    let high = typed("sbatch --parsable --partition=high --output=/dev/null --wrap 'sleep 2'");
    wait_until("the pre-emption of task 3", || {
        shown(&job, 3, "Restarts") == "1"
    });
    assert!(done(&bench, 3) < 4);
    let folder = std::env::var("SLURM_CONF").unwrap();
    let folder = Path::new(&folder).parent().unwrap();
    let controller = folder.join("slurmctld.pid");
    typed(&format!(
        "kill $(cat '{0}'); while [ -s '{0}' ]; do sleep 0.1; done; slurmctld",
        controller.display()
    ));
    let restarts = |task: usize| shown(&job, task, "Restarts").parse::<u32>().unwrap();
    assert_eq!(restarts(1), 0);
    assert!(done(&bench, 1) < 4);
    // With its notice Slurm sends SIGCONT too, so that the task goes on by itself.
    wait_until("the notice for task 1", || restarts(1) == 1);
    assert!(done(&bench, 1) < 4);
    wait_until("the end of all tasks", || {
        typed("squeue --noheader").is_empty()
    });
    assert!(typed(&format!("scontrol show job {high}")).contains("JobState=COMPLETED"));
    assert_eq!(restarts(1), 1);
    for task in [1, 3, 4] {
        assert_eq!(shown(&job, task, "JobState"), "COMPLETED");
        assert_eq!(done(&bench, task), 4);
    }
    assert!(done(&bench, 2) < 4);

    // The rest of task 2: the same command again.
    submitted(&bench.must("grid", &grid, &more));
    wait_until("the end of the second submission", || {
        typed("squeue --noheader").is_empty()
    });
    assert_eq!(results(&bench.path("grid")), results(&bench.path("whole")));
    assert_eq!(column(&bench.path("grid"), "status"), vec!["done"; 16]);
    assert_eq!(whole_rows(&bench.path("grid/rows")), 16);
}

#[test]
#[ignore = "needs a Slurm of its own: tests/slurm/run.sh"]
fn a_run_that_slurm_pre_empts_ends_with_the_bytes_of_one_that_was_not() {
    let bench = Bench::new();
    let epochs = format!("training.epochs={:.0}", 6.0 * bench.epochs_in_a_second());
    let train = |out: &str, more: &[&str]| {
        let mut command = program();
        command.current_dir(bench.path("")).args([
            "train",
            "small.toml",
            "--set",
            &epochs,
            "--out",
            out,
        ]);
        run(command.args(more))
    };
    train("whole", &["--threads", "1"]);
    let job = submitted(&train("run", &["--script", "slurm", "--submit", "--json"]));
    wait_until("the first epoch", || bench.path("run/metrics.csv").exists());
    typed("sbatch --partition=high --exclusive --output=/dev/null --wrap 'sleep 1'");
    wait_until("the end", || typed("squeue --noheader").is_empty());
    let text = typed(&format!("scontrol show job {job}"));
    assert!(
        text.contains("Restarts=1 ") && text.contains("JobState=COMPLETED"),
        "{text}"
    );
    let model = |out: &str| {
        let last = fs::read_dir(bench.path(out).join("checkpoints"))
            .unwrap()
            .map(|e| e.unwrap().path())
            .max();
        fs::read(last.unwrap().join("model.safetensors")).unwrap()
    };
    assert!(model("run") == model("whole"));
    let summary = |out: &str| fs::read_to_string(bench.path(out).join("summary.json")).unwrap();
    assert_eq!(summary("run"), summary("whole"));
}

/// The script for another scheduler, and the table that it must leave.
fn other(bench: &Bench, scheduler: &str) -> (PathBuf, Vec<Vec<String>>) {
    let grid = grid(&[("seed", "1,2,3,4"), ("data.samples", "5,10,20,40")]);
    bench.must("whole", &grid, &["--quiet"]);
    let script = bench.path("script.sh");
    fs::write(
        &script,
        bench.must("grid", &grid, &["--shards", "4", "--script", scheduler]),
    )
    .unwrap();
    (script, results(&bench.path("whole")))
}

#[test]
#[ignore = "needs GNU parallel: tests/slurm/run.sh"]
fn gnu_parallel_makes_the_rows_of_the_sweep() {
    let bench = Bench::new();
    let (script, wanted) = other(&bench, "parallel");
    // A user's shell that does not know functions of bash.
    run(Command::new("bash").arg(script).env("SHELL", "/bin/sh"));
    assert_eq!(results(&bench.path("grid")), wanted);
}

#[test]
#[ignore = "needs HyperQueue: tests/slurm/run.sh"]
fn hyperqueue_makes_the_rows_of_the_sweep() {
    let bench = Bench::new();
    let (script, wanted) = other(&bench, "hyperqueue");
    let python = std::env::var("LINDIFF_HYPERQUEUE").unwrap();
    run(Command::new(python)
        .arg("tests/slurm/in_hyperqueue.py")
        .arg(script)
        .arg("4"));
    assert_eq!(results(&bench.path("grid")), wanted);
}
