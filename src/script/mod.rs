//! How is work handed to a cluster? A script for Slurm, HyperQueue or GNU parallel whose tasks are shards of a sweep, a
//! run, or figures.
//!
//! The scheduler itself starts, watches and ends the tasks; nothing of ours has to stay alive. A task may be ended at
//! any time and started again: it goes on from what it saved. So every script may also be submitted again.

mod arrays;
mod error;
mod hyperqueue;
mod job;
mod parallel;
mod resources;
mod scheduler;
mod slurm;
mod submit;
mod tasks;
mod time_limit;
mod word;

pub use arrays::Array;
pub use error::ScriptError;
pub use job::{Job, Script};
pub use resources::Resources;
pub use scheduler::Scheduler;
pub use submit::{Submitted, largest_array, submit};
pub use tasks::Tasks;
pub use time_limit::TimeLimit;

/// The script of a job for a scheduler.
///
/// # Errors
/// What this scheduler cannot be told; a line of the user's that is more than one line; a path that is not UTF-8.
pub fn script(job: &Job, scheduler: Scheduler) -> Result<Script, ScriptError> {
    job.resources.check(scheduler)?;
    match scheduler {
        Scheduler::Slurm => slurm::script(job),
        Scheduler::HyperQueue => hyperqueue::script(job),
        Scheduler::Parallel => parallel::script(job),
    }
}

#[cfg(all(test, unix))]
mod tests;
