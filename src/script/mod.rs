//! How is work handed to a cluster? A script for Slurm, HyperQueue or GNU parallel whose tasks are shards of a sweep, a
//! run, or figures.
//!
//! The scheduler itself starts, watches and ends the tasks; nothing of ours has to stay alive. A task may be ended at
//! any time and started again: it goes on from what it saved. So every script may also be submitted again.

mod arrays;
mod error;
mod hyperqueue;
mod parallel;
mod resources;
mod slurm;
mod submit;
mod tasks;
mod time_limit;

use std::path::{Path, PathBuf};

use crate::text::quoted;

pub use arrays::Array;
pub use error::ScriptError;
pub use resources::Resources;
pub use submit::{Submitted, largest_array, submit};
pub use tasks::Tasks;
pub use time_limit::TimeLimit;

/// What reads the script.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scheduler {
    /// `sbatch`
    Slurm,
    /// `hq submit`
    HyperQueue,
    /// `parallel`, on one machine
    Parallel,
}

impl Scheduler {
    /// Its name on the command line, which is also that of its scripts.
    pub fn name(self) -> &'static str {
        match self {
            Self::Slurm => "slurm",
            Self::HyperQueue => "hyperqueue",
            Self::Parallel => "parallel",
        }
    }

    /// Refuses a scheduler to which nothing can be submitted.
    pub fn check_queue(self) -> Result<(), ScriptError> {
        match self {
            Self::Slurm | Self::HyperQueue => Ok(()),
            Self::Parallel => Err(ScriptError::Unsupported {
                flag: "--submit",
                problem: "GNU parallel has no queue: print the script, and run it with bash",
            }),
        }
    }
}

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
    /// The script for a scheduler.
    ///
    /// # Errors
    /// What this scheduler cannot be told; a line of the user's that is more than one line; a path that is not UTF-8.
    pub fn script(&self, scheduler: Scheduler) -> Result<Script, ScriptError> {
        self.resources.check(scheduler)?;
        match scheduler {
            Scheduler::Slurm => slurm::script(self),
            Scheduler::HyperQueue => hyperqueue::script(self),
            Scheduler::Parallel => parallel::script(self),
        }
    }

    /// The name with only such letters as every scheduler takes.
    fn plain_name(&self) -> String {
        let plain = |c: char| match c {
            'a'..='z' | 'A'..='Z' | '0'..='9' | '-' | '_' | '.' => c,
            _ => '-',
        };
        self.name.chars().map(plain).collect()
    }

    /// The lines before a task: its folder, and those of the user.
    fn preparation(&self) -> Result<String, ScriptError> {
        let folder = word(&self.folder)?;
        let mut text = format!("cd -- {folder} || exit 2\n");
        for line in &self.resources.setup {
            text += &format!("{line}\n");
        }
        Ok(text)
    }
}

/// A word of a shell.
fn word(word: impl AsRef<Path>) -> Result<String, ScriptError> {
    let word = word.as_ref();
    match word.to_str() {
        Some(_) => Ok(quoted(word)),
        None => Err(ScriptError::NotUtf8 {
            path: word.to_owned(),
        }),
    }
}

#[cfg(all(test, unix))]
mod tests;
