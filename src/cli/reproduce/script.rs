//! Figures as tasks of a scheduler.

use std::ffi::OsString;
use std::process::ExitCode;

use super::super::failure::Failure;
use super::super::output::Output;
use super::super::script::{Plan, SchedulerName, absolute, flag};
use super::Reproduce;
use crate::reproduce::figure_names;
use crate::script::{Scheduler, Tasks};
use crate::text::quoted;

impl Reproduce {
    /// Prints or submits the script whose tasks are the figures.
    pub(super) fn hand_over(
        &self,
        scheduler: SchedulerName,
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        let out = absolute(&self.out)?;
        let wanted =
            |name: &&str| self.figures.is_empty() || self.figures.iter().any(|n| n == name);
        let names: Vec<&str> = figure_names().filter(wanted).collect();
        let reports = names.iter().map(|name| out.join(name).join("report.html"));
        let plan = Plan {
            name: "reproduce".to_owned(),
            tasks: Tasks::figures(&self.words()?, &names, &out)?,
            folder: &out,
            stem: Scheduler::from(scheduler).name().to_owned(),
            prepare: &|| Ok(()),
            watch: Vec::new(),
            collect: reports.map(|report| quoted(&report)).collect(),
        };
        self.cluster.hand_over(scheduler, plan, output)
    }

    /// The command without figures and folder.
    fn words(&self) -> Result<Vec<OsString>, Failure> {
        let mut words: Vec<OsString> = vec!["reproduce".into()];
        words.extend(self.quick.then(|| "--quick".into()));
        words.extend(self.overwrite.then(|| "--overwrite".into()));
        for path in &self.data {
            words.extend(flag("--data", Some(absolute(path)?)));
        }
        Ok(words)
    }
}
