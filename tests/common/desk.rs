//! A folder in which commands are typed.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use serde_json::Value;

/// The path of the program.
pub const PROGRAM: &str = env!("CARGO_BIN_EXE_lindiff");

/// The program, nothing asked of it yet.
pub fn program() -> Command {
    Command::new(PROGRAM)
}

pub struct Desk(tempfile::TempDir);

impl Desk {
    pub fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    pub fn write(&self, name: &str, text: impl AsRef<[u8]>) {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    pub fn bytes(&self, name: &str) -> Vec<u8> {
        fs::read(self.path(name)).unwrap_or_else(|error| panic!("{name}: {error}"))
    }

    pub fn text(&self, name: &str) -> String {
        String::from_utf8(self.bytes(name)).unwrap()
    }

    /// The program in this folder, nothing asked of it yet.
    pub fn command(&self) -> Command {
        let mut command = program();
        command.current_dir(self.0.path());
        command
    }

    pub fn type_in(&self, arguments: &[&str]) -> Output {
        self.command().args(arguments).output().unwrap()
    }

    /// What stderr says of a command that works.
    pub fn must(&self, arguments: &[&str]) -> String {
        let output = self.type_in(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        said
    }

    /// The document that a command prints with `--json`.
    pub fn json(&self, arguments: &[&str]) -> Value {
        let output = self.type_in(&[arguments, &["--json"]].concat());
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{arguments:?}: {said}");
        serde_json::from_slice(&output.stdout).expect("one JSON document")
    }

    /// What stderr says of a command that is refused as wrong input.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.type_in(arguments);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{arguments:?}: {said}");
        assert!(!said.contains("panicked"), "{said}");
        assert!(output.stdout.is_empty(), "{arguments:?}");
        said
    }
}
