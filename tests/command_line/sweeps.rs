//! `lindiff sweep`: rows that are there whole or not at all, whoever was killed when.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

const EXPERIMENT: &str = "name = \"small\"\n[data]\nsource = \"power-law\"\ndim = 8\nsamples = 10\n\
                          [schedule]\nsteps = 20\n[training]\nepochs = 30\n[sampling]\ndraws = 0\n";

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::write(desk.path("small.toml"), EXPERIMENT).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn sweep(&self, out: &str, more: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_lindiff"));
        command
            .arg("sweep")
            .arg(self.path("small.toml"))
            .args(more)
            .arg("--out")
            .arg(self.path(out))
            .args(["--threads", "1", "--quiet"])
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        command
    }

    /// Its exit status, and what it said.
    fn status(&self, out: &str, more: &[&str]) -> (i32, String) {
        let output = self.sweep(out, more).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), said)
    }
}

/// The table without the seconds, which differ.
fn results(folder: &Path) -> Vec<Vec<String>> {
    let mut reader = csv::Reader::from_path(folder.join("results.csv")).unwrap();
    let seconds = reader
        .headers()
        .unwrap()
        .iter()
        .position(|h| h == "seconds")
        .unwrap();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        let cells = row.iter().enumerate().filter(|(i, _)| *i != seconds);
        cells.map(|(_, cell)| cell.to_owned()).collect()
    });
    rows.collect()
}

fn column(folder: &Path, name: &str) -> Vec<String> {
    let mut reader = csv::Reader::from_path(folder.join("results.csv")).unwrap();
    let index = reader
        .headers()
        .unwrap()
        .iter()
        .position(|h| h == name)
        .unwrap();
    reader
        .records()
        .map(|row| row.unwrap()[index].to_owned())
        .collect()
}

/// Rows that are there whole.
fn whole_rows(folder: &Path) -> usize {
    let names = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name());
    names
        .filter(|name| name.to_string_lossy().ends_with(".json"))
        .count()
}

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
fn two_hundred_runs_killed_ten_times_and_finished_by_four_shards_are_those_never_killed() {
    let desk = Desk::new();
    let run = |out: &str, more: &[&str]| -> Child {
        desk.sweep(out, &[&GRID[..], more].concat())
            .spawn()
            .unwrap()
    };
    let rows = || fs::read_dir(desk.path("killed/rows")).map_or(0, |rows| rows.count());
    for k in 0..10u64 {
        let wanted = rows() + (k as usize * 5) % 17;
        let mut child = run("killed", &[]);
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
    let shards: Vec<Child> = ["1/4", "2/4", "3/4", "4/4"]
        .map(|s| run("killed", &["--shard", s]))
        .into();
    for mut shard in shards {
        assert!(shard.wait().unwrap().success());
    }
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
    let desk = Desk::new();
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
fn a_larger_grid_finds_what_a_smaller_one_left() {
    let desk = Desk::new();
    assert_eq!(
        desk.status("grid", &["--slim", "--grid", "data.samples=5,10"])
            .0,
        0
    );
    let row = desk
        .path("grid/rows")
        .join(format!("{}.json", column(&desk.path("grid"), "run")[0]));
    let before = fs::metadata(&row).unwrap().modified().unwrap();
    assert_eq!(
        desk.status("grid", &["--slim", "--grid", "data.samples=5,10,20"])
            .0,
        0
    );
    assert_eq!(results(&desk.path("grid")).len(), 3);
    assert_eq!(fs::metadata(&row).unwrap().modified().unwrap(), before);
}

#[test]
fn a_row_that_was_altered_and_data_that_were_changed_are_refused_and_named() {
    let desk = Desk::new();
    let text: String = (0..60)
        .map(|i| format!("{},{}\n", i % 7, (i * i) % 11))
        .collect();
    fs::write(desk.path("data.csv"), &text).unwrap();
    let source = format!("data.path={}", desk.path("data.csv").display());
    let grid = [
        "--slim",
        "--set",
        "data.source=file",
        "--set",
        &source,
        "--grid",
        "data.samples=20,30",
    ];
    let (status, said) = desk.status("grid", &grid);
    assert_eq!(status, 0, "{said}");
    let row = desk
        .path("grid/rows")
        .join(format!("{}.json", column(&desk.path("grid"), "run")[0]));
    let whole = fs::read_to_string(&row).unwrap();
    fs::write(&row, whole.replace("samples = 20", "samples = 21")).unwrap();
    let (status, said) = desk.status("grid", &grid);
    assert!(
        status == 2 && said.contains("altered") && said.contains(row.to_str().unwrap()),
        "{said}"
    );
    fs::write(&row, whole).unwrap();
    fs::write(desk.path("data.csv"), text + "1,1\n").unwrap();
    let (status, said) = desk.status("grid", &grid);
    assert!(status == 2 && said.contains("data.csv"), "{said}");
}

#[test]
fn a_run_that_fails_is_a_row_with_its_error_and_the_others_go_on() {
    let desk = Desk::new();
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
    let desk = Desk::new();
    for (grid, part) in [
        ("data.sample=1,2", "data.samples"),
        ("training.ridge=0,-1", "-1"),
        ("data.samples", "KEY=V1"),
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
fn another_question_is_refused_with_the_difference_and_nothing_is_lost() {
    let desk = Desk::new();
    let asked = ["--slim", "--grid", "data.samples=5,10,20", "--repeats", "3"];
    assert_eq!(desk.status("grid", &asked).0, 0);
    let before = results(&desk.path("grid"));
    assert_eq!(before.len(), 9);
    fs::write(desk.path("grid/notes.md"), "mine").unwrap();
    for (more, differences) in [
        (
            &["--grid", "data.samples=5,10"][..],
            &["data.samples", "20", "seed", "2, 3"][..],
        ),
        (
            &["--grid", "data.samples=5,10,20", "--repeats", "2"],
            &["seed takes 3 there and not here (--repeats)"],
        ),
        (
            &[
                "--grid",
                "data.samples=5,10,20",
                "--repeats",
                "3",
                "--set",
                "training.ridge=0.1",
            ],
            &["training.ridge is 0.0 there and 0.1 here"],
        ),
        (
            &[
                "--grid",
                "training.ridge=0,0.1",
                "--repeats",
                "3",
                "--set",
                "data.samples=5",
            ],
            &["data.samples takes 10, 20 there"],
        ),
        (
            &[
                "--grid",
                "data.samples=5,10,20",
                "--grid",
                "data.dim=6,7",
                "--repeats",
                "3",
            ],
            &["data.dim takes 8 there"],
        ),
        (
            &[
                "--grid",
                "data.samples=5,10,20",
                "--repeats",
                "3",
                "--set",
                "model.kind=two-layer",
            ],
            &["model.kind is \"per-step\" there"],
        ),
        (
            &[
                "--grid",
                "data.samples=5,10,20",
                "--repeats",
                "3",
                "--set",
                "seed=2",
            ],
            &["seed takes 1 there"],
        ),
    ] {
        let (status, said) = desk.status("grid", more);
        assert_eq!(status, 2, "{more:?}: {said}");
        for difference in differences {
            assert!(said.contains(difference), "{more:?}: {said}");
        }
        assert!(
            said.contains("--overwrite") && said.contains("sweep.json"),
            "{said}"
        );
        assert_eq!(results(&desk.path("grid")), before);
    }
    // An edited experiment is another question too.
    let edited = EXPERIMENT.replace("epochs = 30", "epochs = 31");
    fs::write(desk.path("small.toml"), edited).unwrap();
    let (status, said) = desk.status("grid", &asked);
    assert!(
        status == 2 && said.contains("training.epochs is 30 there and 31 here"),
        "{said}"
    );
    fs::write(desk.path("small.toml"), EXPERIMENT).unwrap();
    // The same, in another order and with other spellings, with more of each, in folders or not, goes on.
    for (more, rows) in [
        (
            &["--slim", "--grid", "data.samples=20,5,10", "--repeats", "3"][..],
            9,
        ),
        (
            &[
                "--slim",
                "--grid",
                "data.samples=20,5,10,40",
                "--repeats",
                "4",
            ],
            16,
        ),
        (
            &[
                "--grid",
                "training.ridge=0.0,1e-1",
                "--grid",
                "data.samples=5,10,20,40",
                "--repeats",
                "4",
            ],
            32,
        ),
    ] {
        let (status, said) = desk.status("grid", more);
        assert_eq!(status, 0, "{said}");
        assert_eq!(results(&desk.path("grid")).len(), rows);
    }
    assert_eq!(whole_rows(&desk.path("grid/rows")), 32);
    assert_eq!(
        fs::read_to_string(desk.path("grid/notes.md")).unwrap(),
        "mine"
    );
}

#[test]
fn a_sweep_of_before_the_question_was_recorded_is_asked_by_its_rows() {
    let desk = Desk::new();
    assert_eq!(
        desk.status("grid", &["--slim", "--grid", "data.samples=5,10"])
            .0,
        0
    );
    let manifest = desk.path("grid/sweep.json");
    let text = fs::read(&manifest).unwrap();
    let mut json: serde_json::Value = serde_json::from_slice(&text).unwrap();
    json.as_object_mut().unwrap().remove("question").unwrap();
    fs::write(&manifest, json.to_string()).unwrap();
    let (status, said) = desk.status("grid", &["--slim", "--grid", "data.samples=5,7"]);
    assert!(
        status == 2 && said.contains("data.samples takes 10 there"),
        "{said}"
    );
    assert_eq!(
        desk.status("grid", &["--slim", "--grid", "data.samples=5,7,10"])
            .0,
        0
    );
    assert_eq!(results(&desk.path("grid")).len(), 3);
}

#[test]
fn to_start_a_sweep_anew_removes_what_a_sweep_wrote_and_nothing_else() {
    let desk = Desk::new();
    assert_eq!(desk.status("grid", &["--grid", "data.samples=5,10"]).0, 0);
    let run = desk
        .path("grid/runs")
        .join(&column(&desk.path("grid"), "run")[0]);
    let kept = [
        desk.path("grid/notes.md"),
        desk.path("grid/small.toml"),
        desk.path("grid/rows/mine.json"),
        desk.path("grid/runs/old/config.toml"),
        desk.path("grid/runs/0123456789abcdef/config.toml"),
        run.join("why.txt"),
        run.join("plots/mine.png"),
    ];
    for path in &kept {
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "mine").unwrap();
    }
    let mut command = desk.sweep("grid", &["--grid", "data.samples=6", "--overwrite"]);
    let output = command.output().unwrap();
    assert!(output.status.success());
    for path in &kept {
        assert_eq!(
            fs::read_to_string(path).unwrap(),
            "mine",
            "{}",
            path.display()
        );
    }
    assert_eq!(results(&desk.path("grid")).len(), 1);
    assert_eq!(whole_rows(&desk.path("grid/rows")), 2);
    assert!(!run.join("config.toml").exists() && !run.join("checkpoints").exists());
    // What the sweep reads is not removed by it.
    let path = format!("data.path={}", desk.path("grid/results.csv").display());
    let (status, said) = desk.status(
        "grid",
        &[
            "--grid",
            "data.samples=2,3",
            "--overwrite",
            "--set",
            "data.source=file",
            "--set",
            &path,
        ],
    );
    assert!(status == 2 && said.contains("results.csv"), "{said}");
    assert_eq!(results(&desk.path("grid")).len(), 1);
}

#[test]
fn a_folder_that_no_sweep_made_is_refused_and_stays_as_it_is() {
    let desk = Desk::new();
    for (folder, file) in [
        ("mine", "results.csv"),
        ("rows", "rows/1.json"),
        ("other", "sweep.json"),
        ("hidden", ".git/HEAD"),
    ] {
        let path = desk.path(folder).join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "{\"method\": \"grid\"}").unwrap();
        for more in [&["--slim"][..], &["--slim", "--overwrite"]] {
            let grid = [&["--grid", "data.samples=5"], more].concat();
            let (status, said) = desk.status(folder, &grid);
            assert!(
                status == 2 && said.contains("choose another --out"),
                "{said}"
            );
        }
        assert_eq!(fs::read_to_string(&path).unwrap(), "{\"method\": \"grid\"}");
        assert_eq!(fs::read_dir(desk.path(folder)).unwrap().count(), 1);
    }
}

#[test]
fn a_sweep_that_another_process_is_at_work_on_is_not_started_anew() {
    let desk = Desk::new();
    let grid = [
        "--slim",
        "--grid",
        "data.samples=5,10,20,40",
        "--repeats",
        "200",
    ];
    let mut child = desk.sweep("grid", &grid).spawn().unwrap();
    while whole_rows_if_there(&desk.path("grid/rows")) < 3 {
        std::thread::sleep(Duration::from_millis(2));
    }
    let (status, said) = desk.status("grid", &[&grid[..], &["--overwrite"]].concat());
    assert!(status == 2 && said.contains("another process"), "{said}");
    // Another part of the same grid may be done beside it.
    let part = ["--shard", "800/800"];
    assert_eq!(desk.status("grid", &[&grid[..], &part].concat()).0, 0);
    child.kill().unwrap();
    child.wait().unwrap();
}

fn whole_rows_if_there(folder: &Path) -> usize {
    match folder.is_dir() {
        true => whole_rows(folder),
        false => 0,
    }
}

/// A limit on the size of files, which a row meets and a run's weights do not.
#[cfg(unix)]
#[test]
fn after_a_disk_was_full_the_same_sweep_does_what_it_could_not() {
    let desk = Desk::new();
    let grid = ["--grid", "data.samples=5,10"];
    let full = Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 6; exec \"$0\" \"$@\"")
        .arg(env!("CARGO_BIN_EXE_lindiff"))
        .arg("sweep")
        .arg(desk.path("small.toml"))
        .args(grid)
        .arg("--out")
        .arg(desk.path("grid"))
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&full.stderr).into_owned();
    assert_eq!(full.status.code(), Some(1), "{said}");
    assert!(said.contains("File too large"), "{said}");
    let (status, said) = desk.status("grid", &grid);
    assert_eq!(status, 0, "{said}");
    assert_eq!(column(&desk.path("grid"), "status"), ["done", "done"]);
}
