//! The tasks of a script, each a command of the program.

use std::ffi::OsString;
use std::path::Path;

use super::error::ScriptError;
use super::word::word;

/// Tasks, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Tasks {
    /// How many there are; `None` for a single one without a number.
    pub(super) count: Option<usize>,
    /// Lines of bash that put the words of the command of task number `$task` into `"$@"`.
    pub(super) command: String,
}

impl Tasks {
    /// The shards of a sweep or of a report: `words` and `--shard I/K`.
    pub fn shards(words: &[OsString], count: usize) -> Result<Self, ScriptError> {
        let command = format!("set -- {} --shard \"$task/{count}\"\n", line(words)?);
        Ok(Self {
            count: Some(count),
            command,
        })
    }

    /// A run: `begin` unless the file `begun` is there, then `go_on`.
    pub fn run(begin: &[OsString], begun: &Path, go_on: &[OsString]) -> Result<Self, ScriptError> {
        let command = format!(
            "if [ -e {} ]; then\n    set -- {}\nelse\n    set -- {}\nfi\n",
            word(begun)?,
            line(go_on)?,
            line(begin)?
        );
        Ok(Self {
            count: None,
            command,
        })
    }

    /// The number of tasks.
    pub fn count(&self) -> usize {
        self.count.unwrap_or(1)
    }

    /// What is counted, in words.
    pub(super) fn text(&self) -> String {
        match self.count() {
            1 => "1 task".to_owned(),
            count => format!("{count} tasks"),
        }
    }
}

fn line(words: &[OsString]) -> Result<String, ScriptError> {
    let words: Vec<String> = words.iter().map(word).collect::<Result<_, _>>()?;
    Ok(words.join(" "))
}
