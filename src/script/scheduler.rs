//! The schedulers that scripts are made for.

use super::error::ScriptError;

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
