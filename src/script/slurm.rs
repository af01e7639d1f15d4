//! The script for Slurm.

use super::arrays::{Array, arrays};
use super::error::ScriptError;
use super::job::{Job, Script};
use super::word::word;

/// How often a task queues itself again.
const RESTARTS: u32 = 100;
/// The seconds between SIGTERM and the end of the time, of which Slurm may take up to a minute for itself.
const NOTICE: u64 = 120;
/// A short task is warned when this part of its time is left.
const NOTICE_PART: u64 = 5;

pub(super) fn script(job: &Job) -> Result<Script, ScriptError> {
    let resources = &job.resources;
    let parts = arrays(
        job.tasks.count(),
        resources.at_once,
        resources.largest_array,
    );
    let is_array = job.tasks.count.is_some();
    let mut text = format!(
        "#!/bin/bash\n# {} of lindiff for Slurm: sbatch THIS-FILE\n# It may be submitted again at any time: what is done \
         stays done.\n",
        job.tasks.text()
    );
    for part in &parts[1..] {
        text += &format!(
            "# The tasks from {} on do not fit into the same array: sbatch {} THIS-FILE {}\n",
            part.before + 1,
            part.option(),
            part.before
        );
    }
    for line in directives(job, is_array.then_some(&parts[0])) {
        text += &format!("#SBATCH {line}\n");
    }
    text += &format!("\n{}\n", job.preparation()?);
    if is_array {
        text += "task=$((${1:-0} + SLURM_ARRAY_TASK_ID))\n";
    }
    text += &job.tasks.command;
    text += &format!(
        "# Signals of Slurm reach a step of srun alone, and srun takes no more cores than it is told.\nstatus=0\n\
         srun --ntasks=1 --cpus-per-task=\"${{SLURM_CPUS_PER_TASK:-1}}\" --kill-on-bad-exit=0 \\\n    \
         {} \"$@\" --threads \"${{SLURM_CPUS_PER_TASK:-1}}\" --quiet || status=$?\n",
        word(&job.program)?
    );
    text += &ending(is_array);
    text += "exit \"$status\"\n";
    Ok(Script {
        text,
        arrays: parts,
    })
}

impl Array {
    /// The option of `sbatch` for it.
    pub(super) fn option(&self) -> String {
        let at_once = self.at_once.map_or_else(String::new, |n| format!("%{n}"));
        format!("--array=1-{}{at_once}", self.count)
    }
}

fn directives(job: &Job, array: Option<&Array>) -> Vec<String> {
    let resources = &job.resources;
    let mut lines = vec![format!("--job-name={}", job.plain_name())];
    match array {
        Some(array) => lines.extend([array.option(), "--output=slurm-%A_%a.log".to_owned()]),
        None => lines.push("--output=slurm-%j.log".to_owned()),
    }
    lines.extend(["--open-mode=append", "--requeue"].map(str::to_owned));
    let limit = resources.time_limit;
    let notice = limit.map_or(NOTICE, |limit| NOTICE.min(limit.seconds() / NOTICE_PART));
    lines.push(format!("--signal=TERM@{notice}"));
    lines.extend(limit.map(|limit| format!("--time={limit}")));
    lines.extend(resources.cpus.map(|cpus| format!("--cpus-per-task={cpus}")));
    lines.extend(
        resources
            .memory
            .as_ref()
            .map(|memory| format!("--mem={memory}")),
    );
    // The last of several options counts.
    lines.extend(resources.options.iter().map(|line| line.trim().to_owned()));
    lines
}

/// What a task does when Slurm has stopped its program.
fn ending(is_array: bool) -> String {
    // The number alone of an array's last task is that of the whole array.
    let task = match is_array {
        true => "${SLURM_ARRAY_JOB_ID}_$SLURM_ARRAY_TASK_ID",
        false => "$SLURM_JOB_ID",
    };
    format!(
        "# 75: Slurm wanted the machine, and all is saved; 143: it did so before the program had begun. A task that ends by\n\
         # itself is not queued again, so it asks for it.\n\
         if [[ $status -eq 75 || $status -eq 143 ]] && [ \"${{SLURM_RESTART_COUNT:-0}}\" -lt {RESTARTS} ]; then\n    \
         scontrol requeue \"{task}\" && sleep 600\nfi\n"
    )
}
