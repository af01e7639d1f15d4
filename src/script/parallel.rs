//! The script for GNU parallel, which shares out the cores of one machine.

use super::arrays::Array;
use super::error::ScriptError;
use super::job::{Job, Script};
use super::word::word;

pub(super) fn script(job: &Job) -> Result<Script, ScriptError> {
    let resources = &job.resources;
    let count = job.tasks.count();
    let cpus = resources.cpus.map_or(1, |cpus| cpus.get());
    let at_once = resources.at_once.map(|n| n.get());
    let jobs = match at_once {
        Some(jobs) => jobs.to_string(),
        None => format!("$(( $(nproc) > {cpus} ? $(nproc) / {cpus} : 1 ))"),
    };
    // A task has ten seconds to save its work, where the default is a fifth of one.
    let mut options = "--termseq TERM,10000,KILL,25".to_owned();
    if let Some(limit) = resources.time_limit {
        options += &format!(" --timeout {}", limit.seconds());
    }
    // Not indented, because a word may hold several lines.
    let command = &job.tasks.command;
    let text = format!(
        "#!/bin/bash\n# {} of lindiff for GNU parallel on this machine: bash THIS-FILE\n# It may be run again at any time: \
         what is done stays done.\n\n{}\none() {{\n    task=$1\n{command}    {} \"$@\" --threads {cpus} --quiet\n}}\n\
         export -f one\n# The shell of the user need not be bash, which knows the function.\nexport SHELL=\"$BASH\"\n\
         seq {count} | parallel --jobs \"{jobs}\" {options} one\n",
        job.tasks.text(),
        job.preparation()?,
        word(&job.program)?
    );
    let arrays = vec![Array {
        before: 0,
        count,
        at_once,
    }];
    Ok(Script { text, arrays })
}
