//! Runs that are trained by the program, and what they leave.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use crate::desk::program;

/// The program with arguments, its words caught.
pub fn lindiff(arguments: &[&str]) -> Command {
    let mut command = program();
    command
        .args(arguments)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    command
}

pub fn must(arguments: &[&str]) -> Output {
    let output = lindiff(arguments).output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{arguments:?}: {errors}");
    output
}

/// A folder with an experiment file.
pub struct Folder {
    folder: tempfile::TempDir,
    pub config: PathBuf,
}

impl Folder {
    pub fn new(text: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let config = folder.path().join("experiment.toml");
        fs::write(&config, text).unwrap();
        Self { folder, config }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub fn train<'a>(&'a self, root: &'a Path) -> [&'a str; 4] {
        ["train", text(&self.config), "--out", text(root)]
    }

    /// A run that was trained to its end.
    pub fn trained(&self, name: &str) -> PathBuf {
        let root = self.path(name);
        must(&self.train(&root));
        root
    }
}

pub fn text(path: &Path) -> &str {
    path.to_str().unwrap()
}

/// The metrics without their last column, the seconds.
pub fn metrics(root: &Path) -> Vec<String> {
    let text = fs::read_to_string(root.join("metrics.csv")).unwrap();
    let lines = text.lines().map(|line| line.rsplit_once(',').unwrap().0);
    lines.map(str::to_owned).collect()
}

pub fn checkpoints(root: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(root.join("checkpoints")).unwrap();
    let mut paths: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
    paths.retain(|path| !path.file_name().unwrap().to_str().unwrap().starts_with('.'));
    paths.sort();
    paths
}
