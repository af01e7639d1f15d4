//! Whose the files of a folder are.

use crate::desk::PROGRAM;
use std::fs;
use std::process::Command;
use std::time::Duration;

use super::{SweepDesk, column, results, whole_rows};

#[test]
fn to_start_a_sweep_anew_removes_what_a_sweep_wrote_and_nothing_else() {
    let desk = SweepDesk::new();
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
    assert_eq!(whole_rows(&desk.path("grid/rows")), 1);
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
    let desk = SweepDesk::new();
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
    let desk = SweepDesk::new();
    let grid = [
        "--slim",
        "--grid",
        "data.samples=5,10,20,40",
        "--repeats",
        "200",
    ];
    let mut child = desk.sweep("grid", &grid).spawn().unwrap();
    while whole_rows(&desk.path("grid/rows")) < 3 {
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

/// A limit on the size of files, which a row meets and a run's weights do not.
#[cfg(unix)]
#[test]
fn after_a_disk_was_full_the_same_sweep_does_what_it_could_not() {
    let desk = SweepDesk::new();
    let grid = ["--grid", "data.samples=5,10"];
    let full = Command::new("sh")
        .arg("-c")
        .arg("trap '' XFSZ; ulimit -f 6; exec \"$0\" \"$@\"")
        .arg(PROGRAM)
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
