//! What a second sweep in the same folder finds, extends or is refused.

use std::fs;

use super::{EXPERIMENT, SweepDesk, column, results, whole_rows};

#[test]
fn a_larger_grid_finds_what_a_smaller_one_left() {
    let desk = SweepDesk::new();
    assert_eq!(
        desk.status("grid", &["--slim", "--grid", "data.samples=5,10"])
            .0,
        0
    );
    let log = desk.path("grid/rows/000001.jsonl");
    let before = fs::read(&log).unwrap();
    assert_eq!(
        desk.status("grid", &["--slim", "--grid", "data.samples=5,10,20"])
            .0,
        0
    );
    assert_eq!(results(&desk.path("grid")).len(), 3);
    assert_eq!(whole_rows(&desk.path("grid/rows")), 3);
    assert_eq!(fs::read(&log).unwrap(), before);
}

#[test]
fn a_row_that_is_damaged_and_data_that_were_changed_are_refused_and_named() {
    let desk = SweepDesk::new();
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
    let log = desk.path("grid/rows/000001.jsonl");
    let whole = fs::read_to_string(&log).unwrap();
    fs::write(&log, whole.replacen("\"seconds\":", "\"seconds\"", 1)).unwrap();
    let (status, said) = desk.status("grid", &grid);
    assert!(
        status == 2 && said.contains("line 2") && said.contains(log.to_str().unwrap()),
        "{said}"
    );
    fs::write(&log, whole).unwrap();
    fs::write(desk.path("data.csv"), text + "1,1\n").unwrap();
    let (status, said) = desk.status("grid", &grid);
    assert!(status == 2 && said.contains("data.csv"), "{said}");
}

/// Sweeps in the folder of [`ASKED`], and what the refusal says of each.
const OTHERS: [(&[&str], &[&str]); 7] = [
    (
        &["--grid", "data.samples=5,10"],
        &["data.samples", "20", "seed", "2, 3"],
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
];

const ASKED: [&str; 5] = ["--slim", "--grid", "data.samples=5,10,20", "--repeats", "3"];

#[test]
fn a_sweep_without_the_runs_that_are_there_is_refused_with_the_difference_and_nothing_is_lost() {
    let desk = SweepDesk::new();
    assert_eq!(desk.status("grid", &ASKED).0, 0);
    let before = results(&desk.path("grid"));
    assert_eq!(before.len(), 9);
    fs::write(desk.path("grid/notes.md"), "mine").unwrap();
    for (other, differences) in OTHERS {
        let (status, said) = desk.status("grid", other);
        assert_eq!(status, 2, "{other:?}: {said}");
        for difference in differences {
            assert!(said.contains(difference), "{other:?}: {said}");
        }
        assert!(
            said.contains("--overwrite") && said.contains("sweep.json"),
            "{said}"
        );
        assert_eq!(results(&desk.path("grid")), before);
    }
    // An experiment that was edited has other runs too.
    let edited = EXPERIMENT.replace("epochs = 30", "epochs = 31");
    fs::write(desk.path("small.toml"), edited).unwrap();
    let (status, said) = desk.status("grid", &ASKED);
    assert!(
        status == 2 && said.contains("training.epochs is 30 there and 31 here"),
        "{said}"
    );
    assert_eq!(results(&desk.path("grid")), before);
    assert_eq!(
        fs::read_to_string(desk.path("grid/notes.md")).unwrap(),
        "mine"
    );
}

#[test]
fn a_sweep_goes_on_in_another_order_with_other_spellings_and_with_more_of_each() {
    let desk = SweepDesk::new();
    assert_eq!(desk.status("grid", &ASKED).0, 0);
    let same = &["--slim", "--grid", "data.samples=20,5,10", "--repeats", "3"][..];
    let more = &[
        "--slim",
        "--grid",
        "data.samples=20,5,10,40",
        "--repeats",
        "4",
    ];
    let two_axes = &[
        "--grid",
        "training.ridge=0.0,1e-1",
        "--grid",
        "data.samples=5,10,20,40",
        "--repeats",
        "4",
    ];
    for (sweep, rows) in [(same, 9), (more, 16), (two_axes, 32)] {
        let (status, said) = desk.status("grid", sweep);
        assert_eq!(status, 0, "{said}");
        assert_eq!(results(&desk.path("grid")).len(), rows);
    }
    assert_eq!(whole_rows(&desk.path("grid/rows")), 32);
}

#[test]
fn a_sweep_whose_record_was_emptied_damaged_or_removed_goes_on_from_its_rows() {
    let desk = SweepDesk::new();
    let folder = desk.path("grid");
    assert_eq!(desk.status("grid", &ASKED).0, 0);
    let before = results(&folder);
    let record = folder.join("sweep.json");
    let whole = fs::read(&record).unwrap();
    for damaged in [Some(""), Some("{\"program_version\": "), None] {
        let damage = || match damaged {
            Some(text) => fs::write(&record, text).unwrap(),
            None => fs::remove_file(&record).unwrap(),
        };
        damage();
        let (status, said) = desk.status("grid", &["--slim", "--grid", "data.samples=5,7"]);
        assert!(
            status == 2 && said.contains("data.samples takes 10, 20 there"),
            "{damaged:?}: {said}"
        );
        let (status, said) = desk.status("grid", &ASKED);
        assert_eq!(status, 0, "{damaged:?}: {said}");
        assert_eq!(fs::read(&record).unwrap(), whole, "{damaged:?}");
        assert_eq!(results(&folder), before);
        assert_eq!(whole_rows(&folder.join("rows")), before.len());
    }
}

#[test]
fn a_sweep_that_was_stopped_before_its_first_row_and_lost_its_record_is_begun_anew() {
    let desk = SweepDesk::new();
    let grid = ["--grid", "data.samples=5"];
    assert_eq!(desk.status("grid", &grid).0, 0);
    let folder = desk.path("grid");
    // What a kill within the first line leaves.
    fs::write(folder.join("rows/000001.jsonl"), "{\"program_ver").unwrap();
    for file in ["sweep.json", "results.csv", "summary.csv"] {
        fs::remove_file(folder.join(file)).unwrap();
    }
    let (status, said) = desk.status("grid", &grid);
    assert_eq!(status, 0, "{said}");
    assert_eq!(column(&folder, "status"), ["done"]);
}

#[test]
fn a_sweep_of_a_version_that_did_not_record_its_runs_has_those_of_its_rows() {
    let desk = SweepDesk::new();
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
