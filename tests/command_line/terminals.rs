//! What a shell, a scheduler and a terminal see: statuses, what a vanished reader or a full disk does, Ctrl-C, narrow
//! screens, JSON.

use crate::desk::{PROGRAM, program};
use std::fs::{self, File};
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::terminal::{Session, signal, wait};
use serde_json::Value;

/// A run of a moment.
const SHORT: &str = "name = \"short\"\n[data]\nsource = \"power-law\"\ndim = 8\nsamples = 30\n[schedule]\nkeep = 20\n\
                     [training]\nepochs = 20\n[sampling]\ndraws = 500\n";
/// A run of hours, in epochs of a moment.
const LONG: &[&str] = &[
    "--set",
    "training.epochs=50000000",
    "--set",
    "training.evaluate=1000",
];
/// Draws of hours.
const MANY: &str = "20000000";

struct Desk(tempfile::TempDir);

impl Desk {
    fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::write(desk.path("short.toml"), SHORT).unwrap();
        desk
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.current_dir(self.0.path()).args(arguments);
        command.stdin(Stdio::null());
        command
    }

    fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    fn must(&self, arguments: &[&str]) -> Output {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", said(&output));
        output
    }

    /// By a shell, which arranges streams and signals: `"$@"` is the command.
    fn by_shell(&self, script: &str, arguments: &[&str]) -> Command {
        let mut shell = Command::new("sh");
        shell.current_dir(self.0.path()).stdin(Stdio::null());
        shell.args(["-c", script, "sh", PROGRAM]);
        shell.args(arguments);
        shell.stdout(Stdio::null()).stderr(Stdio::null());
        shell
    }

    fn in_terminal(&self, columns: u16, arguments: &[&str]) -> Session {
        let mut command = self.command(arguments);
        command.env_remove("COLUMNS").env("TERM", "xterm");
        Session::start(command, columns)
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The error that `--json` tells last.
fn json_error(output: &Output) -> Value {
    let said = said(output);
    let last = said.lines().last().expect("an error");
    let error: Value = serde_json::from_str(last).unwrap_or_else(|e| panic!("{e}: {said}"));
    assert_eq!(error["version"], lindiff::text::VERSION);
    assert_eq!(error["error"]["status"], output.status.code().unwrap());
    error["error"]["message"].clone()
}

/// Whether files that are being written lie anywhere in a folder.
fn has_parts(folder: &Path) -> bool {
    let entries = fs::read_dir(folder).unwrap().map(Result::unwrap);
    entries.into_iter().any(|entry| {
        entry.file_name().to_string_lossy().contains("partial")
            || entry.path().is_dir() && has_parts(&entry.path())
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_result_that_a_full_disk_does_not_take_is_an_error() {
    let desk = Desk::new();
    for arguments in [
        &["backends"][..],
        &["backends", "--json"],
        &["--help"],
        &["predict", "--help"],
        &["--version"],
        &["completions", "zsh"],
        &["predict", "--dim", "9", "--samples", "5,50", "--csv"],
        &["spectrum", "short.toml", "--json"],
        &["train", "short.toml"],
    ] {
        let full = File::options().write(true).open("/dev/full").unwrap();
        let output = desk.command(arguments).stdout(full).output().unwrap();
        let said = said(&output);
        assert_eq!(output.status.code(), Some(1), "{arguments:?}: {said}");
        assert!(
            said.contains("could not be written"),
            "{arguments:?}: {said}"
        );
        assert!(!said.contains("panicked"), "{arguments:?}: {said}");
        if arguments.contains(&"--json") {
            assert!(
                json_error(&output)
                    .as_str()
                    .unwrap()
                    .contains("could not be written")
            );
        }
    }
    // What it left is whole.
    desk.must(&["evaluate", "artifacts/short"]);
}

#[test]
fn a_reader_of_stdout_that_went_away_is_a_status_and_no_words() {
    let desk = Desk::new();
    desk.must(&["train", "short.toml"]);
    for arguments in [
        &["backends"][..],
        &["completions", "fish"],
        &["--help"],
        &["compare", "artifacts/short", "artifacts/short", "--json"],
        &["evaluate", "artifacts/short"],
        &["sample", "artifacts/short", "--out", "/dev/stdout"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let output = desk.command(arguments).stdout(writer).output().unwrap();
        assert_eq!(output.status.code(), Some(1), "{arguments:?}");
        assert_eq!(said(&output), "", "{arguments:?}");
    }
}

#[test]
fn a_reader_that_leaves_after_the_first_bytes_is_noticed_too() {
    let desk = Desk::new();
    let ridges: Vec<String> = (0..2000)
        .map(|i| format!("{}", 1e-3 * f64::from(i)))
        .collect();
    let ridges = ridges.join(",");
    let arguments = [
        "predict",
        "--dim",
        "3",
        "--alpha-bar",
        "0.5",
        "--samples",
        "9",
        "--csv",
    ];
    let mut command = desk.command(&[&arguments[..], &["--ridge", &ridges]].concat());
    let mut child = command
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdout = child.stdout.take().unwrap();
    stdout.read_exact(&mut [0; 10]).unwrap();
    drop(stdout);
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(said(&output), "");
}

#[test]
fn training_does_not_care_who_reads_what_it_says() {
    let desk = Desk::new();
    desk.must(&["train", "short.toml", "--out", "heard"]);
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    let mut unheard = desk.command(&["train", "short.toml", "--out", "unheard"]);
    unheard.stdout(Stdio::null()).stderr(writer);
    assert!(unheard.status().unwrap().success());
    for (out, streams) in [
        ("deaf", "2>&-"),
        ("mute", ">&-"),
        ("closed", "<&- >&- 2>&-"),
    ] {
        let script = format!("exec \"$@\" {streams}");
        let mut command = desk.by_shell(&script, &["train", "short.toml", "--out", out]);
        assert!(command.status().unwrap().success(), "{streams}");
    }
    let read = |out: &str, name: &str| {
        let text = fs::read_to_string(desk.path(out).join(name)).unwrap();
        // The last column of metrics is the seconds it took.
        let lines = text.lines().map(|line| match name {
            "metrics.csv" => line.rsplit_once(',').unwrap().0.to_owned(),
            _ => line.to_owned(),
        });
        lines.collect::<Vec<String>>()
    };
    for out in ["unheard", "deaf", "mute", "closed"] {
        for name in ["metrics.csv", "summary.json", "plots/losses.svg"] {
            assert_eq!(read(out, name), read("heard", name), "{out}/{name}");
        }
    }
}

#[test]
fn each_signal_stops_training_at_an_epoch_with_its_own_status() {
    let desk = Desk::new();
    for (name, status) in [("INT", 130), ("TERM", 75), ("HUP", 129)] {
        let arguments = [&["train", "short.toml", "--json", "--out", name][..], LONG].concat();
        let mut command = desk.command(&arguments);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        while !desk.path(name).join("metrics.csv").exists() {
            std::thread::yield_now();
        }
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        assert!(output.stdout.is_empty());
        let message = json_error(&output);
        let go_on = format!("lindiff train --resume {name}");
        assert!(message.as_str().unwrap().ends_with(&go_on), "{message}");
        assert!(!desk.path(name).join("summary.json").exists());
    }
}

#[test]
fn signals_that_are_ignored_stay_ignored() {
    let desk = Desk::new();
    // As nohup does, and a shell for its background jobs.
    for name in ["HUP", "INT", "TERM"] {
        let script = format!("trap '' {name}; exec \"$@\"");
        let arguments = [
            "train",
            "short.toml",
            "--out",
            name,
            "--set",
            "training.epochs=3000",
        ];
        let mut child = desk.by_shell(&script, &arguments).spawn().unwrap();
        while !desk.path(name).join("metrics.csv").exists() {
            std::thread::yield_now();
        }
        signal(&child, name);
        assert!(wait(&mut child).success(), "{name}");
        assert!(desk.path(name).join("summary.json").exists());
    }
}

#[test]
fn ctrl_c_ends_drawing_at_once_and_leaves_no_half_file() {
    let desk = Desk::new();
    desk.must(&["train", "short.toml"]);
    let drawn = format!("sampling.draws={MANY}");
    for arguments in [
        &["sample", "artifacts/short", "--draws", MANY][..],
        &["evaluate", "artifacts/short", "--draws", MANY],
        &["train", "short.toml", "--out", "run", "--set", &drawn],
    ] {
        let mut session = desk.in_terminal(100, arguments);
        session.wait_for("drawing samples");
        signal(&session.child, "INT");
        let (status, screen) = session.end();
        assert_eq!(status.code(), Some(130), "{}", screen.text());
        assert!(!screen.text().contains("drawing"), "{}", screen.text());
        assert!(screen.text().contains("stopped"), "{}", screen.text());
    }
    assert!(!desk.path("samples.npy").exists() && !desk.path("run/summary.json").exists());
    assert!(!has_parts(desk.0.path()));
    // What was trained is there.
    desk.must(&["evaluate", "run", "--draws", "0"]);
}

#[test]
fn what_computes_for_long_shows_that_it_does_and_ends_at_ctrl_c() {
    let desk = Desk::new();
    let grid: Vec<String> = (1..4000).map(|i| i.to_string()).collect();
    let grid = grid.join(",");
    let predict = [
        "predict",
        "--dim",
        "300",
        "--exponent",
        "1",
        "--optimal",
        "ridge",
        "--plot",
        "grid",
    ];
    let predict = [&predict[..], &["--samples", &grid]].concat();
    let names: Vec<String> = (0..300).map(|i| format!("gene-{i}")).collect();
    let mut rows = names.join(",") + "\n";
    let mut x = 0.3_f64;
    for _ in 0..3000 {
        let row: Vec<String> = (0..300)
            .map(|_| {
                x = 3.9 * x * (1.0 - x);
                format!("{x:.5}")
            })
            .collect();
        rows += &(row.join(",") + "\n");
    }
    fs::write(desk.path("rows.csv"), rows).unwrap();
    let forecast = ["forecast", "rows.csv"];
    for (what, arguments) in [("predicting", &predict[..]), ("forecasting", &forecast)] {
        let mut session = desk.in_terminal(80, arguments);
        session.wait_for(what);
        signal(&session.child, "INT");
        let (status, screen) = session.end();
        assert_eq!(status.code(), Some(130), "{}", screen.text());
        assert!(!screen.text().contains(what), "{}", screen.text());
    }
    assert!(!desk.path("grid.svg").exists() && !has_parts(desk.0.path()));
}

#[test]
fn a_sweep_that_is_stopped_leaves_whole_tables_and_goes_on() {
    let desk = Desk::new();
    let grid = [
        "sweep",
        "short.toml",
        "--grid",
        "data.samples=20,30,40",
        "--json",
        "--out",
        "grid",
    ];
    for (name, status, jobs) in [("INT", 130, "1"), ("TERM", 75, "2")] {
        let out = format!("grid-{name}");
        let arguments = [
            "sweep",
            "short.toml",
            "--grid",
            "data.samples=20,30",
            "--json",
            "--out",
            &out,
        ];
        let arguments = [&arguments[..], &["--jobs", jobs], LONG].concat();
        let mut command = desk.command(&arguments);
        let child = command
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let begun = || {
            let runs = fs::read_dir(desk.path(&out).join("runs"));
            runs.is_ok_and(|mut runs| {
                runs.any(|run| run.unwrap().path().join("metrics.csv").exists())
            })
        };
        while !begun() {
            std::thread::yield_now();
        }
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(
            (&told["interrupted"], &told["left"]),
            (&true.into(), &2.into())
        );
        json_error(&output);
        let table = fs::read_to_string(desk.path(&out).join("results.csv")).unwrap();
        assert!(table.ends_with('\n'));
    }
    let told: Value = serde_json::from_slice(&desk.must(&grid).stdout).unwrap();
    assert_eq!(
        (&told["version"], &told["done"]),
        (&lindiff::text::VERSION.into(), &3.into())
    );
}

#[test]
fn figures_that_are_stopped_are_whole_or_not_there() {
    let desk = Desk::new();
    for (name, status) in [("INT", 130), ("TERM", 75)] {
        let mut command = desk.command(&["reproduce", "--out", name, "--json"]);
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        while !desk.path(name).join("spectra.csv").exists() {
            std::thread::yield_now();
        }
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        assert_eq!(output.status.code(), Some(status), "{}", said(&output));
        assert!(output.stdout.is_empty());
        json_error(&output);
        assert!(!desk.path(name).join("report.md").exists());
        let csv = fs::read_to_string(desk.path(name).join("spectra.csv")).unwrap();
        assert!(csv.ends_with('\n'));
    }
}

#[test]
fn a_second_signal_ends_what_the_first_only_asked_with_the_status_of_the_first() {
    let desk = Desk::new();
    for (name, status) in [("INT", 130), ("TERM", 75)] {
        // An epoch of minutes: every step draws its noise.
        let arguments = [
            "train",
            "short.toml",
            "--out",
            name,
            "--set",
            "training.objective=\"sampled\"",
            "--set",
            "data.samples=30000",
            "--set",
            "data.dim=64",
            "--set",
            "schedule.keep=1000",
            "--set",
            "sampling.draws=0",
        ];
        let mut session = desk.in_terminal(80, &arguments);
        session.wait_for("0/20");
        signal(&session.child, name);
        session.wait_for("once more to stop at once");
        signal(&session.child, name);
        let (ended, screen) = session.end();
        assert_eq!(ended.code(), Some(status), "{}", screen.text());
        assert!(!screen.text().contains("0/20"), "{}", screen.text());
    }
}

#[test]
fn nothing_is_wider_than_a_narrow_terminal_and_bars_are_gone_at_the_end() {
    let desk = Desk::new();
    for columns in [40, 57, 79] {
        let out = format!("run-{columns}");
        let arguments = [
            "train",
            "short.toml",
            "--out",
            &out,
            "--set",
            "training.epochs=2000",
        ];
        let (status, screen) = desk.in_terminal(columns, &arguments).end();
        let text = screen.text();
        assert!(status.success(), "{text}");
        assert_eq!(screen.overflows, 0, "{columns}: {text}");
        assert!(
            !text.contains('[') && !text.contains("left"),
            "{columns}: {text}"
        );
        for command in [
            &["inspect", &out][..],
            &["backends"],
            &["spectrum", "short.toml"],
        ] {
            let (status, screen) = desk.in_terminal(columns, command).end();
            assert!(status.success());
            assert_eq!(screen.overflows, 0, "{columns}: {}", screen.text());
        }
    }
}

#[test]
fn a_terminal_without_room_for_a_bar_shows_numbers_alone() {
    let desk = Desk::new();
    let train = &["train", "short.toml", "--set", "training.epochs=5000000"][..];
    let sweep = &[
        "sweep",
        "short.toml",
        "--slim",
        "--grid",
        "data.samples=9,8",
    ];
    let slow = &["--set", "training.epochs=5000000"];
    for (command, shown) in [
        (train, "/5000000"),
        (&[&sweep[..], slow].concat(), "0 done, 0 failed"),
    ] {
        let mut session = desk.in_terminal(25, command);
        session.wait_for(shown);
        assert_eq!(session.overflows(), 0, "{command:?}");
        signal(&session.child, "INT");
        signal(&session.child, "INT");
        assert_eq!(session.end().0.code(), Some(130));
    }
}

#[test]
fn what_is_piped_has_a_line_a_sentence_and_no_control_characters() {
    let desk = Desk::new();
    let mut command = desk.command(&["train", "short.toml"]);
    let output = command.env("COLUMNS", "30").output().unwrap();
    let text = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(text.lines().any(|line| line.len() > 80), "{text}");
    let verdict = text
        .lines()
        .find(|line| line.contains("test loss") && line.ends_with('.'));
    assert!(verdict.is_some(), "{text}");
    let all = text + &said(&output);
    assert!(all.chars().all(|c| c == '\n' || !c.is_control()), "{all:?}");
}

#[test]
fn nothing_is_drawn_on_a_terminal_that_cannot_draw_over_a_line() {
    let desk = Desk::new();
    let mut command = desk.command(&["train", "short.toml"]);
    command.env_remove("COLUMNS").env("TERM", "dumb");
    let (status, screen) = Session::start(command, 80).end();
    assert!(status.success() && screen.text().contains("epochs in"));
    assert_eq!((screen.sequences, screen.overflows), (0, 0));
}

#[test]
fn a_table_takes_its_narrow_form_where_its_columns_have_no_room() {
    let desk = Desk::new();
    desk.must(&["train", "short.toml"]);
    let (_, wide) = desk
        .in_terminal(120, &["evaluate", "artifacts/short"])
        .end();
    assert!(
        wide.text().contains("KL(true||sampled)  KL(sampled||true)"),
        "{}",
        wide.text()
    );
    let (_, narrow) = desk.in_terminal(50, &["evaluate", "artifacts/short"]).end();
    assert!(
        narrow.text().contains("\n  KL(true||sampled): "),
        "{}",
        narrow.text()
    );
    // COLUMNS is for a terminal only, and wins there.
    let mut command = desk.command(&["evaluate", "artifacts/short"]);
    command.env("COLUMNS", "50");
    let piped = String::from_utf8(command.output().unwrap().stdout).unwrap();
    assert!(
        piped.contains("KL(true||sampled)  KL(sampled||true)"),
        "{piped}"
    );
}

#[test]
fn threads_are_at_least_one_and_at_most_the_cores() {
    let desk = Desk::new();
    for wrong in ["0", "-3", "2.5", "many"] {
        let output = desk.run(&["backends", &format!("--threads={wrong}")]);
        assert_eq!(output.status.code(), Some(2));
        assert!(said(&output).contains("from 1 to"), "{}", said(&output));
    }
    let output = desk.must(&["spectrum", "short.toml", "--threads", "100000", "--json"]);
    assert!(
        said(&output).starts_with("note: --threads 100000 "),
        "{}",
        said(&output)
    );
    serde_json::from_slice::<Value>(&output.stdout).unwrap();
    let quiet = desk.must(&["backends", "--threads", "100000", "--quiet"]);
    assert_eq!(said(&quiet), "");
}

#[test]
fn errors_are_json_where_json_is_asked_for() {
    let desk = Desk::new();
    fs::write(
        desk.path("wrong.toml"),
        "[data]\nsource = \"digits\"\nsampels = 3\n",
    )
    .unwrap();
    for (arguments, word) in [
        (&["train", "missing.toml", "--json"][..], "missing.toml"),
        (&["--json", "train", "wrong.toml"], "sampels"),
        (&["evaluate", "nowhere", "--json", "--quiet"], "nowhere"),
        (&["predict", "--dmi", "5", "--json"], "--dmi"),
        (&["--json", "no-command"], "no-command"),
        (&["--json"], "subcommand"),
        (&["sweep", "--json", "short.toml"], "--grid"),
        (
            &["train", "short.toml", "--threads", "0", "--json"],
            "--threads",
        ),
    ] {
        let output = desk.run(arguments);
        assert_eq!(output.status.code(), Some(2), "{}", said(&output));
        assert!(output.stdout.is_empty());
        let message = json_error(&output);
        assert!(message.as_str().unwrap().contains(word), "{message}");
    }
    // A word after `--` is no flag.
    let output = desk.run(&["evaluate", "--", "--json"]);
    assert!(said(&output).starts_with("error: "), "{}", said(&output));
}

#[test]
fn every_document_has_a_version_and_the_whole_time_is_told() {
    let desk = Desk::new();
    let train = desk.must(&["train", "short.toml", "--json"]);
    let done: Value = serde_json::from_slice(&train.stdout).unwrap();
    assert!(done["total_seconds"].as_f64() > done["seconds"].as_f64());
    let again = desk
        .must(&["train", "--resume", "artifacts/short", "--json"])
        .stdout;
    let texts = [
        String::from_utf8(train.stdout).unwrap(),
        String::from_utf8(again).unwrap(),
        fs::read_to_string(desk.path("artifacts/short/summary.json")).unwrap(),
        fs::read_to_string(desk.path("artifacts/short/checkpoints/epoch-000020/state.json"))
            .unwrap(),
    ];
    let version = format!("\n  \"version\": {},", lindiff::text::VERSION);
    for text in &texts {
        assert_eq!(text.matches(&version).count(), 1, "{text}");
    }
    for arguments in [
        &["predict", "--dim", "5", "--samples", "3,9"][..],
        &["export", "artifacts/short", "--out", "arrays"],
        &[
            "sweep",
            "short.toml",
            "--grid",
            "data.samples=9",
            "--slim",
            "--out",
            "sweep",
        ],
        &["train", "short.toml", "--out", "dry", "--dry-run"],
    ] {
        let output = desk.must(&[arguments, &["--json"]].concat());
        let told: Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(told["version"], lindiff::text::VERSION, "{arguments:?}");
    }
    let written = fs::read_dir(desk.path("sweep"))
        .unwrap()
        .map(|e| e.unwrap().path());
    let documents: Vec<_> = written
        .filter(|path| path.extension().is_some_and(|e| e == "json"))
        .collect();
    assert!(!documents.is_empty());
    for path in documents {
        let told: Value = serde_json::from_slice(&fs::read(&path).unwrap()).unwrap();
        assert_eq!(
            told["version"],
            lindiff::text::VERSION,
            "{}",
            path.display()
        );
    }
    let text = desk.must(&["train", "short.toml", "--out", "told"]).stdout;
    assert!(String::from_utf8_lossy(&text).contains(" s in all"));
}
