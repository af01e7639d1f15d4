//! File systems that have no locks, as Lustre that was mounted without `flock`: a library in front of the system's says
//! what they say. Without a C compiler these tests say so and check nothing.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::desk::Desk;

const EXPERIMENT: &str = "name = \"small\"\n[data]\nsource = \"power-law\"\ndim = 8\nsamples = 10\n\
                          [schedule]\nsteps = 20\n[training]\nepochs = 30\n[sampling]\ndraws = 0\n";

/// `flock` that always answers with the error of the environment variable.
const FLOCK: &str = "#include <errno.h>\n#include <stdlib.h>\n\
                     int flock(int file, int operation) { errno = atoi(getenv(\"FLOCK_ERROR\")); return -1; }\n";
const EIO: i32 = 5;
const ENOLCK: i32 = 37;
const ENOSYS: i32 = 38;
const EOPNOTSUPP: i32 = 95;

/// A desk on a file system whose locks answer with an error.
struct Unlockable {
    desk: Desk,
    library: PathBuf,
}

impl Unlockable {
    fn new() -> Option<Self> {
        let desk = Desk::new();
        desk.write("flock.c", FLOCK);
        desk.write("small.toml", EXPERIMENT);
        let (source, library) = (desk.path("flock.c"), desk.path("flock.so"));
        let built = Command::new("cc")
            .args(["-shared", "-fPIC", "-o"])
            .args([&library, &source])
            .status();
        match built {
            Ok(status) if status.success() => Some(Self { desk, library }),
            _ => {
                eprintln!("skipped: no C compiler `cc`");
                None
            }
        }
    }

    fn command(&self, error: i32, arguments: &[&str]) -> Command {
        let mut command = self.desk.command();
        command
            .args(arguments)
            .env("LD_PRELOAD", &self.library)
            .env("FLOCK_ERROR", error.to_string());
        command
    }

    fn type_in(&self, error: i32, arguments: &[&str]) -> Output {
        self.command(error, arguments).output().unwrap()
    }

    /// What stderr says of a command that works.
    fn must(&self, error: i32, arguments: &[&str]) -> String {
        let output = self.type_in(error, arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }
}

const TRAIN: [&str; 5] = ["train", "small.toml", "--out", "run", "--quiet"];
const SWEEP: [&str; 7] = [
    "sweep",
    "small.toml",
    "--grid",
    "data.samples=5,10",
    "--out",
    "grid",
    "--quiet",
];

fn warnings(said: &str) -> usize {
    said.matches("warning: ").count()
}

#[test]
fn without_locks_a_run_is_trained_and_resumed_to_the_same_bytes_and_each_command_says_so_once() {
    let Some(place) = Unlockable::new() else {
        return;
    };
    place.desk.must(&[
        "train",
        "small.toml",
        "--out",
        "with",
        "--quiet",
        "--set",
        "training.epochs=40",
    ]);
    for (run, error) in [("a", ENOSYS), ("b", ENOLCK), ("c", EOPNOTSUPP)] {
        let said = place.must(error, &["train", "small.toml", "--out", run, "--quiet"]);
        assert!(warnings(&said) == 1 && said.contains("no locks"), "{said}");
        let more = ["train", "--resume", run, "--epochs", "40", "--quiet"];
        assert_eq!(warnings(&place.must(error, &more)), 1);
        let model = |run: &str| {
            let name = format!("{run}/checkpoints/epoch-000040/model.safetensors");
            place.desk.bytes(&name)
        };
        assert_eq!(model(run), model("with"));
        let overwrite = [
            "train",
            "small.toml",
            "--out",
            run,
            "--quiet",
            "--overwrite",
        ];
        let said = place.must(error, &overwrite);
        assert!(!said.contains("no run wrote it"), "{said}");
    }
}

#[test]
fn a_lock_that_fails_for_another_reason_is_an_error_that_names_the_file() {
    let Some(place) = Unlockable::new() else {
        return;
    };
    for (command, lock) in [(&TRAIN[..], "run/.lock"), (&SWEEP, "grid/.lock")] {
        let output = place.type_in(EIO, command);
        let said = String::from_utf8_lossy(&output.stderr);
        assert_eq!(output.status.code(), Some(1), "{said}");
        assert!(said.contains(lock) && said.contains("os error 5"), "{said}");
        assert!(!said.contains("another process"), "{said}");
    }
}

#[test]
fn without_locks_a_second_process_is_refused_and_the_first_is_named_until_it_is_gone() {
    let Some(place) = Unlockable::new() else {
        return;
    };
    let long = [&TRAIN[..], &["--set", "training.epochs=100000000"]].concat();
    let mut child = place.command(ENOSYS, &long).spawn().unwrap();
    while !place.desk.path("run/checkpoints").is_dir() {
        assert!(child.try_wait().unwrap().is_none());
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    let again = [&TRAIN[..], &["--overwrite"]].concat();
    let output = place.type_in(ENOSYS, &again);
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains(&format!("process {}", child.id())), "{said}");
    assert!(said.contains("run/.lock.1"), "{said}");
    place.must(ENOSYS, &again);
}

#[test]
fn without_locks_shards_at_once_leave_the_tables_of_one_sweep_with_locks() {
    let Some(place) = Unlockable::new() else {
        return;
    };
    let with = [
        &SWEEP[..5],
        &["with", "--slim", "--quiet", "--repeats", "4"],
    ]
    .concat();
    place.desk.must(&with);
    let shards: Vec<_> = ["1/3", "2/3", "3/3"]
        .map(|shard| {
            let more = ["--slim", "--repeats", "4", "--shard", shard];
            let command = [&SWEEP[..], &more].concat();
            let mut command = place.command(ENOSYS, &command);
            command
                .stderr(std::process::Stdio::piped())
                .spawn()
                .unwrap()
        })
        .into();
    for shard in shards {
        let output = shard.wait_with_output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}");
        assert!(warnings(&said) == 1 && said.contains("no locks"), "{said}");
    }
    assert_eq!(
        place.desk.bytes("grid/summary.csv"),
        place.desk.bytes("with/summary.csv")
    );
    let again = [&SWEEP[..], &["--overwrite"]].concat();
    let said = place.must(ENOSYS, &again);
    assert!(!said.contains("no sweep wrote it"), "{said}");
    let left: Vec<_> = fs::read_dir(place.desk.path("grid"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .filter(|name| name.contains("partial"))
        .collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_sweep_whose_folder_was_moved_goes_on_there() {
    let desk = Desk::new();
    desk.write("small.toml", EXPERIMENT);
    desk.must(&SWEEP);
    fs::create_dir(desk.path("elsewhere")).unwrap();
    fs::rename(desk.path("grid"), desk.path("elsewhere/moved")).unwrap();
    let more = [
        "sweep",
        "small.toml",
        "--grid",
        "data.samples=5,10,20",
        "--out",
        "elsewhere/moved",
    ];
    let told = desk.json(&[&more[..], &["--quiet"]].concat());
    assert_eq!(
        (told["runs"].as_u64(), told["done"].as_u64()),
        (Some(3), Some(3))
    );
    assert!(!desk.path("grid").exists());
}
