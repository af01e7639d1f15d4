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
    /// Prints or submits the script whose tasks measure the parts of the figures. The last task makes the report.
    pub(super) fn hand_over(
        &self,
        scheduler: SchedulerName,
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        let out = absolute(&self.out)?;
        let words = self.words()?;
        let figures = match self.figures.len() {
            0 => figure_names().count(),
            named => named,
        };
        let shards = self.shards.map_or(figures, |shards| shards.get());
        let report = quoted(&out.join("report.html"));
        let plan = Plan {
            name: "reproduce".to_owned(),
            tasks: Tasks::shards(&words, shards)?,
            folder: &out,
            stem: Scheduler::from(scheduler).name().to_owned(),
            prepare: &|| Ok(()),
            watch: vec![format!("ls {}", quoted(&out.join("parts")))],
            collect: vec![report],
        };
        self.cluster.hand_over(scheduler, plan, output)
    }

    /// The command with absolute paths, without a shard.
    fn words(&self) -> Result<Vec<OsString>, Failure> {
        let mut words: Vec<OsString> = vec!["reproduce".into()];
        words.extend(self.figures.iter().map(OsString::from));
        words.extend(self.quick.then(|| "--quick".into()));
        words.extend(self.overwrite.then(|| "--overwrite".into()));
        for path in &self.data {
            words.extend(flag("--data", Some(absolute(path)?)));
        }
        words.extend(flag("--out", Some(absolute(&self.out)?)));
        Ok(words)
    }
}
