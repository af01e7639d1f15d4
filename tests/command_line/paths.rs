//! Names of files and folders, and pipes: no path passes through a text that could change it, and what can be read
//! once is read once.
#![cfg(unix)]

use std::ffi::OsStr;
use std::fs::{self, File};
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;
use std::process::{Command, Output, Stdio};
use std::sync::mpsc;
use std::time::Duration;

use crate::desk::{Desk, PROGRAM};

/// Decomposed accents, vowel signs, joiners, blanks of every kind, quotes, and what shells and TOML read otherwise.
const NAMES: [&str; 14] = [
    "de\u{301}compose\u{301}",
    "हिन्दी",
    "ตัวเลข",
    "👩\u{200d}🔬",
    "no\u{a0}break\u{202f}",
    "it's \"quoted\"",
    "back\\slash \\u0041 \\",
    "tab\tline\nend",
    " blanks  ",
    "a=b,c;d",
    "$HOME `x` !y",
    "# [section]",
    "2024-01-01",
    "'''\"\"\"",
];

/// What a command that works says on stdout and stderr.
#[track_caller]
fn done<T: AsRef<OsStr>>(desk: &Desk, arguments: &[T]) -> (String, String) {
    let output = desk.command().args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}");
    (String::from_utf8(output.stdout).unwrap(), said)
}

/// Rows of four numbers.
fn table(rows: usize) -> String {
    let row = |i: usize| {
        let number = |j: usize| {
            format!(
                "{:.4}",
                ((i * 37 + j * j * 11 + i * i * j) % 101) as f64 / 50.0 - 1.0
            )
        };
        (0..4).map(number).collect::<Vec<_>>().join(",") + "\n"
    };
    (0..rows).map(row).collect()
}

const SMALL: &str = "[schedule]\nkeep = 10\n[training]\nepochs = 4\n[sampling]\ndraws = 0\n";

fn config(path: &str, more: &str) -> String {
    let path = toml::Value::from(path);
    format!(
        "[data]\nsource = \"file\"\npath = {path}\ndraw = \"rows\"\nsamples = 20\n{more}{SMALL}"
    )
}

fn json(text: &str) -> serde_json::Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn data_of_any_name_in_a_folder_of_any_name_are_read_by_every_command() {
    let desk = Desk::new();
    for name in NAMES {
        let folder = desk.path("").join(name);
        fs::create_dir(&folder).unwrap();
        let rows = folder.join(format!("{name}.csv"));
        fs::write(&rows, table(60)).unwrap();
        let eigenvalues = folder.join(format!("{name}.txt"));
        fs::write(&eigenvalues, "3\n2\n1\n").unwrap();
        for command in ["forecast", "spectrum"] {
            let (told, _) = done(
                &desk,
                &[OsStr::new(command), rows.as_os_str(), "--json".as_ref()],
            );
            assert_eq!(json(&told)["rows"], 60, "{name}");
        }
        let predict = [
            "predict".as_ref(),
            "--spectrum".as_ref(),
            eigenvalues.as_os_str(),
            "--samples".as_ref(),
            "9".as_ref(),
            "--json".as_ref(),
        ];
        done::<&OsStr>(&desk, &predict);
        // In a file, and in a setting.
        let file = folder.join(format!("{name}.toml"));
        fs::write(&file, config(&format!("{name}.csv"), "")).unwrap();
        let run = folder.join("run");
        let train = |more: &[&OsStr], out: &Path| {
            let command = [
                &[
                    "train".as_ref(),
                    file.as_os_str(),
                    "--out".as_ref(),
                    out.as_os_str(),
                ],
                more,
            ]
            .concat();
            done::<&OsStr>(&desk, &command);
        };
        train(&[], &run);
        let mut set = OsStr::new("data.path=").to_owned();
        set.push(format!("{name}/{name}.csv"));
        if name.trim_ascii() == name {
            train(&["--set".as_ref(), &set], &folder.join("set"));
        }
        let resolved = fs::read_to_string(run.join("config.toml")).unwrap();
        let resolved: toml::Table = resolved.parse().unwrap();
        assert_eq!(resolved["data"]["path"].as_str(), rows.to_str());
        done(
            &desk,
            &["train".as_ref(), "--resume".as_ref(), run.as_os_str()],
        );
        done(&desk, &["evaluate".as_ref(), run.as_os_str()]);
    }
}

#[test]
fn a_run_is_called_by_its_file_as_far_as_a_folder_can_be() {
    let desk = Desk::new();
    fs::write(desk.path("rows.csv"), table(60)).unwrap();
    for (stem, folder) in [
        ("e\u{301}t\u{e9}", "e\u{301}t\u{e9}"),
        ("a\\b\tc", "a-b-c"),
        (" x ", "x"),
        (&"ü".repeat(120), &"ü".repeat(100)),
    ] {
        let file = desk.path(&format!("{stem}.toml"));
        fs::write(&file, config("rows.csv", "")).unwrap();
        done(&desk, &["train".as_ref(), file.as_os_str()]);
        assert!(
            desk.path("artifacts")
                .join(folder)
                .join("summary.json")
                .is_file(),
            "{stem}"
        );
    }
    // What looks like a number is a name.
    done(&desk, &["train", " x .toml", "--set", "name=2024"]);
    assert!(desk.path("artifacts/2024").is_dir());
}

#[test]
fn a_grid_of_files_of_any_name_is_swept() {
    let desk = Desk::new();
    let names = ["e\u{301}.csv", "it's.csv", "no\u{a0}.csv", "2024"];
    for (i, name) in names.iter().enumerate() {
        fs::write(desk.path("").join(name), table(50 + i)).unwrap();
    }
    fs::write(desk.path("grid.toml"), config("e\u{301}.csv", "")).unwrap();
    let grid = format!("data.path={}", names.join(","));
    done(
        &desk,
        &["sweep", "grid.toml", "--grid", &grid, "--out", "grid"],
    );
    let table = fs::read_to_string(desk.path("grid/results.csv")).unwrap();
    for name in names {
        assert!(table.contains(name), "{table}");
    }
    assert_eq!(table.matches(",done,").count(), names.len(), "{table}");
}

#[test]
fn a_path_that_is_not_utf_8_is_refused_by_its_name() {
    let desk = Desk::new();
    let name = OsStr::from_bytes(b"bad\xff.csv");
    fs::write(desk.path("").join(name), table(60)).unwrap();
    for command in [
        &["forecast".as_ref(), name][..],
        &["spectrum".as_ref(), name],
        &["predict".as_ref(), "--spectrum".as_ref(), name],
    ] {
        let output = desk.command().args(command).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{said}");
        assert!(said.contains("bad") && said.contains("UTF-8"), "{said}");
    }
}

/// Waits for a program; one that reads a pipe twice would wait without end.
#[track_caller]
fn ended(child: std::process::Child) -> Output {
    let id = child.id();
    let (tell, told) = mpsc::channel();
    std::thread::spawn(move || tell.send(child.wait_with_output()));
    told.recv_timeout(Duration::from_secs(120))
        .unwrap_or_else(|_| {
            let _ = Command::new("kill").arg(id.to_string()).status();
            panic!("it waits for more");
        })
        .unwrap()
}

/// Feeds a program through its standard input.
#[track_caller]
fn fed(desk: &Desk, arguments: &[&str], text: &str) -> (Option<i32>, String, String) {
    let mut command = desk.command();
    command
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let text = text.to_owned();
    // It may be refused before it is read.
    std::thread::spawn(move || stdin.write_all(text.as_bytes()));
    let output = ended(child);
    let of = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    (output.status.code(), of(&output.stdout), of(&output.stderr))
}

#[test]
fn standard_input_is_data_as_a_file_is() {
    let desk = Desk::new();
    let rows = table(60);
    fs::write(desk.path("stdin.csv"), &rows).unwrap();
    for command in ["forecast", "spectrum"] {
        let (_, told, said) = fed(&desk, &[command, "/dev/stdin", "--json"], &rows);
        let (file, _) = done(&desk, &[command, "stdin.csv", "--json"]);
        assert_eq!(told, file, "{said}");
    }
    let predict = [
        "predict",
        "--spectrum",
        "/dev/stdin",
        "--samples",
        "9,20",
        "--sampler",
        "ddpm,heun",
        "--json",
    ];
    let (status, told, said) = fed(&desk, &predict, "4\n2\n1\n");
    assert_eq!(
        (status, json(&told)["predictions"].as_array().unwrap().len()),
        (Some(0), 4),
        "{said}"
    );
    // An experiment, too.
    let text = config("stdin.csv", "");
    let (status, _, said) = fed(
        &desk,
        &[
            "sweep",
            "/dev/stdin",
            "--grid",
            "data.samples=10,20",
            "--out",
            "grid",
        ],
        &text.replace("stdin.csv", desk.path("stdin.csv").to_str().unwrap()),
    );
    assert_eq!(status, Some(0), "{said}");
}

#[test]
fn a_fifo_is_read_once_by_every_command() {
    let desk = Desk::new();
    let fifo = desk.path("pipe e\u{301}");
    assert!(
        Command::new("mkfifo")
            .arg(&fifo)
            .status()
            .unwrap()
            .success()
    );
    let name = fifo.to_str().unwrap();
    let write = |text: &str, arguments: &[&str]| {
        let child = desk
            .command()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        File::options()
            .write(true)
            .open(&fifo)
            .unwrap()
            .write_all(text.as_bytes())
            .unwrap();
        let output = ended(child);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
    };
    write(&table(60), &["forecast", name]);
    write(&table(60), &["spectrum", name]);
    write(
        "3\n2\n1\n",
        &["predict", "--spectrum", name, "--samples", "9"],
    );
    fs::write(desk.path("exact.toml"), config(name, "")).unwrap();
    write(&table(60), &["train", "exact.toml", "--dry-run"]);
    write(&table(60), &["train", "exact.toml", "--out", "run"]);
    fs::write(
        desk.path("frozen.toml"),
        config(name, "").replace("epochs = 4", "epochs = 4\nobjective = \"frozen\""),
    )
    .unwrap();
    write(&table(60), &["train", "frozen.toml", "--out", "frozen"]);
    let resolved = fs::read_to_string(desk.path("run/config.toml")).unwrap();
    assert!(resolved.contains("# data.path is a pipe"), "{resolved}");
    // Nobody writes any more: nothing waits, and what needs the rows says so.
    let child = |arguments: &[&str]| {
        desk.command()
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap()
    };
    assert!(ended(child(&["evaluate", "run"])).status.success());
    assert!(ended(child(&["train", "--resume", "run"])).status.success());
    for refused in [
        &["train", "--resume", "frozen"][..],
        &["evaluate", "frozen"],
        &["sweep", "exact.toml", "--grid", "data.samples=10,20"],
        &["reproduce", "--quick", "spectra", "--data", name],
    ] {
        let output = ended(child(refused));
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{refused:?}: {said}");
        assert!(
            said.contains("pipe") && said.contains("to a file"),
            "{said}"
        );
    }
}

#[test]
fn a_shell_s_own_pipe_is_called_pipe() {
    let desk = Desk::new();
    fs::write(desk.path("rows.csv"), table(60)).unwrap();
    let line = format!("'{PROGRAM}' forecast <(cat rows.csv) --json");
    let Ok(output) = Command::new("bash")
        .args(["-c", &line])
        .current_dir(desk.path(""))
        .output()
    else {
        eprintln!("no bash: not checked");
        return;
    };
    assert!(
        output.status.success(),
        "{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let told = json(&String::from_utf8(output.stdout).unwrap());
    assert_eq!(
        (&told["source"], &told["rows"]),
        (&"pipe".into(), &60.into())
    );
}
