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
    /// Whether a task that was stopped goes on where it was.
    pub(super) goes_on: bool,
}

impl Tasks {
    /// The shards of a sweep: `words` and `--shard I/K`.
    pub fn shards(words: &[OsString], count: usize) -> Result<Self, ScriptError> {
        let command = format!("set -- {} --shard \"$task/{count}\"\n", line(words)?);
        Ok(Self {
            count: Some(count),
            command,
            goes_on: true,
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
            goes_on: true,
        })
    }

    /// Figures, a task for each: `words`, the name of the figure, and `--out` with a folder of that name in `out`. A
    /// figure that was stopped begins anew.
    pub fn figures(words: &[OsString], names: &[&str], out: &Path) -> Result<Self, ScriptError> {
        let names: Vec<OsString> = names.iter().map(OsString::from).collect();
        let command = format!(
            "figures=({})\nfigure=${{figures[task - 1]}}\nset -- {} \"$figure\" --out {}/\"$figure\"\n",
            line(&names)?,
            line(words)?,
            word(out)?
        );
        Ok(Self {
            count: Some(names.len()),
            command,
            goes_on: false,
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

    /// A comment that says what happens when the script is `done` (a participle) once more.
    pub(super) fn again(&self, done: &str) -> String {
        match self.goes_on {
            true => format!("# It may be {done} again at any time: what is done stays done.\n"),
            false => format!("# When it is {done} again, each of its tasks begins anew.\n"),
        }
    }
}

fn line(words: &[OsString]) -> Result<String, ScriptError> {
    let words: Vec<String> = words.iter().map(word).collect::<Result<_, _>>()?;
    Ok(words.join(" "))
}
