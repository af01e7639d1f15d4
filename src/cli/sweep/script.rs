//! A sweep as tasks of a scheduler.

use std::ffi::OsString;
use std::path::Path;
use std::process::ExitCode;

use super::super::failure::Failure;
use super::super::output::Output;
use super::super::script::{Plan, SchedulerName, absolute, flag};
use super::Sweep;
use crate::script::{Scheduler, Tasks};
use crate::sweep::{GridPoint, prepare};
use crate::text::quoted;

impl Sweep {
    /// Prints or submits the script whose tasks are the shards of this sweep.
    pub(super) fn hand_over(
        &self,
        scheduler: SchedulerName,
        points: Vec<GridPoint>,
        root: &Path,
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        let shards = self.shards.map_or(0, |shards| shards.get());
        if !(1..=points.len()).contains(&shards) {
            let runs = points.len();
            return Err(Failure::of_input(format!(
                "--script makes a task of each shard: give --shards K, from 1 to the {runs} runs of this grid"
            )));
        }
        let root = absolute(root)?;
        let of_sweep = |flag: &str| format!("lindiff sweep {flag} {}", quoted(&root));
        let plan = Plan {
            name: format!("sweep-{}", points[0].experiment.name),
            tasks: Tasks::shards(&self.words(&root)?, shards)?,
            folder: &root,
            stem: Scheduler::from(scheduler).name().to_owned(),
            prepare: &|| prepare(&self.grid, points.clone(), &root),
            watch: vec![of_sweep("--status") + " --watch"],
            collect: vec![of_sweep("--tables")],
        };
        self.cluster.hand_over(scheduler, plan, output)
    }

    /// The command, with absolute paths, without a shard.
    fn words(&self, root: &Path) -> Result<Vec<OsString>, Failure> {
        let config = self.config.as_ref().expect("clap asks for it");
        let mut words: Vec<OsString> = vec!["sweep".into(), absolute(config)?.into()];
        for axis in &self.grid {
            let values = axis.values.join(",");
            words.extend(flag("--grid", Some(format!("{}={values}", axis.key))));
        }
        for set in &self.set {
            words.extend(flag("--set", Some(set)));
        }
        words.extend(flag("--repeats", Some(self.repeats.to_string())));
        words.extend(flag("--jobs", Some(self.jobs.to_string())));
        words.extend(self.slim.then(|| "--slim".into()));
        words.extend(self.retry_failed.then(|| "--retry-failed".into()));
        words.extend(flag("--out", Some(root)));
        Ok(words)
    }
}
