//! `lindiff reproduce` keeps the parts that it measured: it goes on where it was stopped, and processes share them out.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;
use std::process::{Command, Output};

use serde_json::Value;

use crate::desk::program;
use crate::terminal::{signal, wait};

fn reproduce(out: &Path, more: &[&str]) -> Command {
    let mut command = program();
    command
        .args([
            "reproduce",
            "ridge",
            "losses-vs-noise",
            "--quick",
            "--json",
            "--out",
        ])
        .arg(out);
    command.args(more);
    command
}

fn said(output: &Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stderr.clone()).unwrap()
}

fn measured_before(output: &Output) -> usize {
    said(output).matches("(measured before)").count()
}

fn told(output: &Output) -> Value {
    serde_json::from_slice(&output.stdout).unwrap()
}

fn parts(out: &Path) -> usize {
    let names = fs::read_dir(out.join("parts")).into_iter().flatten();
    let names = names.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names
        .filter(|name| name.ends_with(".part") && !name.starts_with('.'))
        .count()
}

/// The tables and pictures. The report says how long it took, and the record holds its digest.
fn pictures(out: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(out).unwrap().map(Result::unwrap) {
        let name = entry.file_name().into_string().unwrap();
        if ["csv", "svg", "png"]
            .iter()
            .any(|ending| name.ends_with(ending))
        {
            found.insert(name, fs::read(entry.path()).unwrap());
        }
    }
    found
}

#[test]
fn figures_that_were_stopped_and_shared_out_are_those_of_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let (whole, parted) = (folder.path().join("whole"), folder.path().join("parted"));
    let once = reproduce(&whole, &[]).output().unwrap();
    assert_eq!(measured_before(&once), 0);
    let all = parts(&whole);
    assert_eq!(all, 6);

    let mut child = reproduce(&parted, &[]).spawn().unwrap();
    while parts(&parted) == 0 {
        assert!(child.try_wait().unwrap().is_none(), "it ended too early");
        std::thread::yield_now();
    }
    signal(&child, "TERM");
    assert_eq!(wait(&mut child).code(), Some(75));
    let kept = parts(&parted);
    assert!(kept < all);
    assert!(pictures(&parted).len() < pictures(&whole).len());

    let first = reproduce(&parted, &["--shard", "1/2"]).output().unwrap();
    // The first part is one of its own.
    assert!(measured_before(&first) >= 1);
    assert!(!parted.join("report.html").exists());
    let left = told(&first)["parts_left"].as_u64().unwrap() as usize;
    assert_eq!(left, all - parts(&parted));
    let second = reproduce(&parted, &["--shard", "2/2"]).output().unwrap();
    // Of the report every part was measured before.
    assert!(measured_before(&second) >= all);
    assert_eq!(told(&second), told(&once));
    assert_eq!(pictures(&parted), pictures(&whole));
    let report = fs::read_to_string(parted.join("report.md")).unwrap();
    assert!(!report.contains("--shard"), "{report}");

    // A second time it only draws.
    let again = reproduce(&parted, &[]).output().unwrap();
    assert_eq!(measured_before(&again), all);
    assert_eq!(pictures(&parted), pictures(&whole));
}

#[test]
fn parts_of_the_other_set_are_measured_again() {
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("out");
    let spectra = |more: &[&str]| {
        let mut command = program();
        command.args(["reproduce", "spectra", "--out"]).arg(&out);
        command.args(more).output().unwrap()
    };
    assert_eq!(measured_before(&spectra(&["--quick"])), 0);
    assert_eq!(measured_before(&spectra(&["--quick"])), 1);
    assert_eq!(measured_before(&spectra(&[])), 0);
}
