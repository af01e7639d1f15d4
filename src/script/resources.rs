//! What a task may use.

use std::num::NonZero;

use super::error::ScriptError;
use super::scheduler::Scheduler;
use super::time_limit::TimeLimit;

/// The largest array of Slurm where its administrators set no other: its MaxArraySize is 1001, and counts from 0.
const LARGEST_ARRAY: usize = 1000;

/// What each task may use, and what is said of it to the scheduler.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resources {
    /// The most tasks at a time.
    pub at_once: Option<NonZero<usize>>,
    /// The longest that a task may take.
    pub time_limit: Option<TimeLimit>,
    /// The cores of a task, which are also its threads.
    pub cpus: Option<NonZero<usize>>,
    /// The memory of a task, as Slurm writes it.
    pub memory: Option<String>,
    /// Further options of `sbatch`, one or more a line.
    pub options: Vec<String>,
    /// Lines of shell before the program.
    pub setup: Vec<String>,
    /// The largest index of an array of Slurm: its MaxArraySize minus 1.
    pub largest_array: NonZero<usize>,
}

impl Default for Resources {
    fn default() -> Self {
        Self {
            at_once: None,
            time_limit: None,
            cpus: None,
            memory: None,
            options: Vec::new(),
            setup: Vec::new(),
            largest_array: NonZero::new(LARGEST_ARRAY).expect("not 0"),
        }
    }
}

impl Resources {
    /// Refuses what a scheduler cannot be told.
    pub(super) fn check(&self, scheduler: Scheduler) -> Result<(), ScriptError> {
        let unsupported = |flag, problem| Err(ScriptError::Unsupported { flag, problem });
        if let Some(memory) = &self.memory
            && (memory.is_empty() || !memory.bytes().all(|b| b.is_ascii_alphanumeric()))
        {
            return unsupported("--mem", "a number with K, M, G or T is needed, such as 4G");
        }
        for line in &self.options {
            check_option(line)?;
        }
        if scheduler == Scheduler::Slurm {
            return Ok(());
        }
        if self.memory.is_some() {
            let problem = "only Slurm is told the memory of a task";
            return unsupported("--mem", problem);
        }
        if !self.options.is_empty() {
            return unsupported("--sbatch", "these are options of Slurm");
        }
        if scheduler == Scheduler::HyperQueue && self.at_once.is_some() {
            let problem = "HyperQueue runs as many tasks at a time as its workers have cores for: give --cpus";
            return unsupported("--parallel", problem);
        }
        Ok(())
    }
}

fn check_option(line: &str) -> Result<(), ScriptError> {
    let problem = if line.contains(['\n', '\r']) {
        "one line is needed; the flag may be repeated"
    } else if !line.trim_start().starts_with('-') {
        "options of sbatch are needed, such as --partition=gpu"
    } else {
        return Ok(());
    };
    Err(ScriptError::Line {
        flag: "--sbatch",
        line: line.to_owned(),
        problem,
    })
}
