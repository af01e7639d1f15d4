//! What a script is made of, and the script.

use std::path::PathBuf;

use super::arrays::Array;
use super::error::ScriptError;
use super::resources::Resources;
use super::tasks::Tasks;
use super::word::word;

/// Tasks, and all that they need to know of where they run.
#[derive(Debug, Clone)]
pub struct Job {
    /// The name that the queue shows. Letters that a scheduler may not take are replaced.
    pub name: String,
    /// The absolute path of the program.
    pub program: PathBuf,
    /// The folder that relative paths start from.
    pub folder: PathBuf,
    /// What is done.
    pub tasks: Tasks,
    /// What each task may use.
    pub resources: Resources,
}

/// A script, and how it is submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Script {
    /// The whole text.
    pub text: String,
    /// The arrays of its tasks, in the order in which they are submitted. The script itself names the first.
    pub arrays: Vec<Array>,
}

impl Job {
    /// The name with only such letters as every scheduler takes.
    pub(super) fn plain_name(&self) -> String {
        let plain = |c: char| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => c,
            _ => '-',
        };
        self.name.chars().map(plain).collect()
    }

    /// The lines before a task: its folder, and those of the user.
    pub(super) fn preparation(&self) -> Result<String, ScriptError> {
        let folder = word(&self.folder)?;
        let mut text = format!("cd -- {folder} || exit 2\n");
        for line in &self.resources.setup {
            text += &format!("{line}\n");
        }
        Ok(text)
    }
}
