//! A script is handed to its scheduler.

use std::ffi::OsString;
use std::num::NonZero;
use std::path::{Path, PathBuf};
use std::process::Command;

use super::arrays::Array;
use super::error::ScriptError;
use super::job::Script;
use super::scheduler::Scheduler;

/// What a scheduler said of a script.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submitted {
    /// The numbers of the jobs, in the order of the arrays.
    pub jobs: Vec<String>,
    /// The file of the script.
    pub script: PathBuf,
}

/// The largest index of an array, as `scontrol show config` says it; `None` if it does not.
pub fn largest_array() -> Option<NonZero<usize>> {
    let output = Command::new("scontrol")
        .args(["show", "config"])
        .output()
        .ok()?;
    largest_array_in(&String::from_utf8_lossy(&output.stdout))
}

fn largest_array_in(config: &str) -> Option<NonZero<usize>> {
    let mut lines = config.lines();
    let size = lines.find_map(|line| {
        line.strip_prefix("MaxArraySize")?
            .trim_start()
            .strip_prefix('=')
    })?;
    // The size is one more than the largest index.
    NonZero::new(size.trim().parse::<usize>().ok()?.checked_sub(1)?)
}

/// Submits a script that lies in the file `script`. What its tasks say goes to files in the folder `logs`.
///
/// # Errors
/// A scheduler that takes no scripts, is not there, or refuses this one.
pub fn submit(
    scheduler: Scheduler,
    script: &Script,
    file: &Path,
    logs: &Path,
) -> Result<Submitted, ScriptError> {
    scheduler.check_queue()?;
    let mut jobs = Vec::new();
    for array in &script.arrays {
        let (program, arguments) = match scheduler {
            Scheduler::Slurm => ("sbatch", arguments_of_sbatch(array, file)),
            Scheduler::HyperQueue | Scheduler::Parallel => {
                let quiet = ["submit", "--output-mode", "quiet"].map(OsString::from);
                ("hq", [&quiet[..], &[file.into()]].concat())
            }
        };
        let output = Command::new(program)
            .args(arguments)
            .current_dir(logs)
            .output();
        let output = output.map_err(|source| ScriptError::NotStarted { program, source })?;
        if !output.status.success() {
            return Err(ScriptError::Refused {
                program,
                said: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
                before: before(&jobs),
            });
        }
        // Slurm says NUMBER or NUMBER;CLUSTER.
        let said = String::from_utf8_lossy(&output.stdout);
        jobs.push(said.trim().split(';').next().unwrap_or_default().to_owned());
    }
    Ok(Submitted {
        jobs,
        script: file.to_owned(),
    })
}

/// The script names its first array itself; of a further one it is told the option and the tasks before it.
fn arguments_of_sbatch(array: &Array, file: &Path) -> Vec<OsString> {
    let mut arguments: Vec<OsString> = vec!["--parsable".into()];
    let is_further = array.before > 0;
    arguments.extend(is_further.then(|| array.option().into()));
    arguments.push(file.into());
    arguments.extend(is_further.then(|| array.before.to_string().into()));
    arguments
}

/// The jobs that are queued already.
fn before(jobs: &[String]) -> String {
    match jobs {
        [] => String::new(),
        jobs => format!(
            ". The jobs {} are queued: scancel {}",
            jobs.join(", "),
            jobs.join(" ")
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_index_is_one_less_than_the_size_that_slurm_shows() {
        let shown = "MailProg                = /bin/mail\nMaxArraySize            = 1001\nMaxBatchRequeue         = 5\n";
        assert_eq!(largest_array_in(shown).map(NonZero::get), Some(1000));
        assert_eq!(largest_array_in("MaxArraySize = 0\n"), None);
        assert_eq!(largest_array_in(""), None);
    }
}
