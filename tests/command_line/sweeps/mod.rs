//! `lindiff sweep`: rows that are there whole or not at all, whoever was killed when.

mod extending;
mod folders;
mod runs;
#[cfg(unix)]
mod scripts;
mod state;
mod tools;

use crate::desk::program;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

pub(super) const EXPERIMENT: &str = "name = \"small\"\n[data]\nsource = \"power-law\"\ndim = 8\nsamples = 10\n\
                          [schedule]\nsteps = 20\n[training]\nepochs = 30\n[sampling]\ndraws = 0\n";

pub(super) struct SweepDesk(tempfile::TempDir);

impl SweepDesk {
    pub(super) fn new() -> Self {
        let desk = Self(tempfile::tempdir().unwrap());
        fs::write(desk.path("small.toml"), EXPERIMENT).unwrap();
        desk
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub(super) fn sweep(&self, out: &str, more: &[&str]) -> Command {
        let mut command = program();
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
    pub(super) fn status(&self, out: &str, more: &[&str]) -> (i32, String) {
        let output = self.sweep(out, more).output().unwrap();
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        (output.status.code().unwrap(), said)
    }
}

/// The table without the seconds, which differ.
pub(crate) fn results(folder: &Path) -> Vec<Vec<String>> {
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

pub(crate) fn column(folder: &Path, name: &str) -> Vec<String> {
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

/// How many rows are there whole: lines of the logs, behind the header of each.
pub(crate) fn whole_rows(folder: &Path) -> usize {
    let Ok(entries) = fs::read_dir(folder) else {
        return 0;
    };
    let paths = entries.map(|entry| entry.unwrap().path());
    let logs = paths.filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"));
    let lines = logs.map(|log| {
        fs::read(log)
            .unwrap()
            .iter()
            .filter(|&&b| b == b'\n')
            .count()
    });
    lines.map(|lines| lines.saturating_sub(1)).sum()
}
