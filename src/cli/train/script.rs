//! A run as the task of a scheduler.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use super::super::failure::Failure;
use super::super::output::Output;
use super::super::script::{Plan, SchedulerName, absolute, flag};
use super::Train;
use crate::config::{Checked, Experiment, IsChecked};
use crate::run::RunDirectory;
use crate::script::{Scheduler, Tasks};
use crate::text::quoted;

/// A run with this file can be resumed.
const BEGUN: &str = "config.toml";

impl Train {
    /// Prints or submits the script whose task is this run.
    pub(super) fn hand_over(
        &self,
        scheduler: SchedulerName,
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        if let Some(root) = &self.resume {
            RunDirectory::open(root)?;
            let root = absolute(root)?;
            return self.plan(scheduler, &root, &[], output);
        }
        self.refuse_flags_of_resume()?;
        let config = self.config.as_ref().expect("clap asks for it");
        let root = match Experiment::load_any(config, &self.sets())?.experiment {
            Checked::Linear(experiment) => self.free_root(&experiment)?,
            Checked::Neural(experiment) => self.free_root(&experiment)?,
        };
        let mut words: Vec<OsString> = vec!["train".into(), absolute(config)?.into()];
        for set in self.sets() {
            words.extend(flag("--set", Some(set)));
        }
        words.extend(flag("--init", self.init.as_ref()));
        words.extend(flag("--out", Some(&root)));
        self.plan(scheduler, &root, &words, output)
    }

    /// The run directory, if a run may begin there.
    fn free_root(&self, experiment: &impl IsChecked) -> Result<std::path::PathBuf, Failure> {
        let root = absolute(&self.root(experiment))?;
        RunDirectory::check_free(&root, false)?;
        RunDirectory::check_inputs(&root, experiment, self.init.as_deref())?;
        Ok(root)
    }

    fn plan(
        &self,
        scheduler: SchedulerName,
        root: &Path,
        begin: &[OsString],
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        let mut go_on: Vec<OsString> = vec!["train".into(), "--resume".into(), root.into()];
        go_on.extend(flag("--epochs", self.epochs.map(|n| n.to_string())));
        let begin = if begin.is_empty() { &go_on } else { begin };
        let run = root.file_name().unwrap_or_default().to_string_lossy();
        let name = Scheduler::from(scheduler).name();
        let plan = Plan {
            name: format!("train-{run}"),
            tasks: Tasks::run(begin, &root.join(BEGUN), &go_on)?,
            // The folder of the run belongs to the run alone.
            folder: root.parent().unwrap_or(root),
            stem: format!("{run}-{name}"),
            prepare: &|| Ok(()),
            watch: Vec::new(),
            collect: vec![format!("lindiff evaluate {}", quoted(root))],
        };
        self.cluster.hand_over(scheduler, plan, output)
    }
}
