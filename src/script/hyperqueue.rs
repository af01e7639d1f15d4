//! The script for HyperQueue.

use super::arrays::Array;
use super::error::ScriptError;
use super::job::{Job, Script};
use super::word::word;

/// How often a task is started again whose worker went away.
const RESTARTS: u32 = 100;

pub(super) fn script(job: &Job) -> Result<Script, ScriptError> {
    let resources = &job.resources;
    let count = job.tasks.count();
    let cpus = resources.cpus.map_or(1, |cpus| cpus.get());
    let mut text = format!(
        "#!/bin/bash\n# {} of lindiff for HyperQueue: hq submit THIS-FILE\n# It may be submitted again at any time: what is \
         done stays done.\n#HQ --name={} --array=1-{count} --cpus={cpus} --crash-limit={RESTARTS}\n",
        job.tasks.text(),
        job.plain_name()
    );
    if let Some(limit) = resources.time_limit {
        text += &format!("#HQ --time-limit={}s\n", limit.seconds());
    }
    text += &format!(
        "\n{}\ntask=$HQ_TASK_ID\n{}exec {} \"$@\" --threads {cpus} --quiet\n",
        job.preparation()?,
        job.tasks.command,
        word(&job.program)?
    );
    let arrays = vec![Array {
        before: 0,
        count,
        at_once: None,
    }];
    Ok(Script { text, arrays })
}
