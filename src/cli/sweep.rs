//! `lindiff sweep`

mod script;
mod state;

use std::collections::BTreeSet;
use std::num::NonZero;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use clap::Args;

use self::state::{Asked, result_text};
use super::bars::SweepBar;
use super::failure::Failure;
use super::output::Output;
use super::script::ScriptFlags;
use super::shard::Shard;
use crate::sweep::{Axis, SweepOptions, SweepProgress, grid_points, sweep};

/// A grid of runs that goes on where it was stopped. Writes results.csv (a row for each run) and summary.csv (means
/// and standard errors)
#[derive(Debug, Args)]
#[command(after_help = "\
Repeat r has the seed of the experiment plus r at every point, so that comparisons over the grid are paired.

The same command goes on with a sweep that was stopped. A grid with more values or repeats reuses the runs that are there; a
grid without them is refused. K processes, on one machine or on several with a shared folder, each do a part with --shard 1/K
to --shard K/K.

Examples:
  lindiff sweep configs/power-law.toml --grid data.samples=50,100 --repeats 5
  lindiff sweep configs/power-law.toml --grid training.ridge=0,0.1,0.3 \\
      --grid data.exponent=0,1,2 --slim --jobs 2
  lindiff sweep configs/power-law.toml --grid data.row_weights=none,student \\
      --grid data.samples=200,400,800 --repeats 5 --slim
  lindiff sweep configs/digits.toml --grid data.samples=100,400 --shard 1/4 \\
      --out artifacts/grid
  lindiff sweep --status artifacts/grid --watch
  lindiff sweep --tables artifacts/grid
  lindiff sweep configs/power-law.toml --grid data.samples=50,100 --repeats 50 \\
      --slim --shards 32 --script slurm --parallel 8 --time-limit 1:00:00")]
pub(super) struct Sweep {
    /// The experiment
    #[arg(required_unless_present_any = ["status", "tables"])]
    config: Option<PathBuf>,
    /// A key of the experiment and the values that it takes; several make a grid
    #[arg(long, required_unless_present_any = ["status", "tables"], value_name = "KEY=V1,V2,...")]
    grid: Vec<Axis>,
    /// A key of all runs
    #[arg(long, value_name = "KEY=VALUE")]
    set: Vec<String>,
    /// Runs at each point, with different seeds
    #[arg(long, default_value_t = 1, value_name = "R", value_parser = clap::value_parser!(u32).range(1..))]
    repeats: u32,
    /// Runs at a time; the threads are shared out among them
    #[arg(long, default_value_t = 1, value_name = "J", value_parser = clap::value_parser!(u16).range(1..))]
    jobs: u16,
    /// The I-th of K parts of the grid
    #[arg(
        long,
        default_value = "1/1",
        value_name = "I/K",
        conflicts_with = "script"
    )]
    shard: Shard,
    /// Keep only the rows, not the run directories: faster and smaller
    #[arg(long)]
    slim: bool,
    /// Where rows and tables go (default: artifacts/sweep-NAME)
    #[arg(long, value_name = "DIR")]
    out: Option<PathBuf>,
    /// Do the runs that failed again
    #[arg(long)]
    retry_failed: bool,
    #[command(flatten)]
    asked: Asked,
    /// Start anew: remove the rows, runs and tables of the sweep that is there, and nothing else
    #[arg(long, conflicts_with = "script")]
    overwrite: bool,
    /// With --script: the parts of the grid, a task for each
    #[arg(long, value_name = "K", requires = "script")]
    shards: Option<NonZero<usize>>,
    #[command(flatten)]
    cluster: ScriptFlags,
}

/// How long a signal waits for an epoch and the tables.
const PATIENCE: Duration = Duration::from_secs(5);

impl Sweep {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        if let Some(answered) = self.asked.answer(output) {
            return answered;
        }
        // From the first moment on: the same command does what is left.
        output.interrupts.work_is_saved();
        let config = self.config.as_ref().expect("clap asks for it");
        let points = grid_points(config, &self.set, &self.grid, self.repeats as usize)?;
        let notes: BTreeSet<&String> = points.iter().flat_map(|point| &point.notes).collect();
        for note in notes {
            output.note(format!("note: {note}"));
        }
        let name = &points[0].experiment.name;
        let default = || PathBuf::from("artifacts").join(format!("sweep-{name}"));
        let root = self.out.clone().unwrap_or_else(default);
        if let Some(scheduler) = self.cluster.script {
            return self.hand_over(scheduler, points, &root, output);
        }
        let bar = SweepBar::new(output);
        let ended = AtomicUsize::new(0);
        output.interrupts.raise_for(
            PATIENCE,
            "stopping at the end of this epoch, or in 5 s; the same command goes on",
        );
        let options = SweepOptions {
            root: &root,
            jobs: self.jobs.into(),
            shard: self.shard.counted_from_zero(),
            slim: self.slim,
            retry_failed: self.retry_failed,
            tables: &self.asked.more_tables(),
            overwrite: self.overwrite,
            left_alone: &|path| {
                let path = root.join(path);
                let path = path.display();
                output.note(format!("note: {path}: no sweep wrote it, it stays"));
            },
            interrupt: output.interrupts.flag(),
            progress: &|progress| {
                let SweepProgress {
                    done,
                    failed,
                    found,
                    ..
                } = progress;
                ended.store(done + failed - found, Ordering::Relaxed);
                bar.show(progress);
            },
            warn: &|warning| output.warn(warning),
            note: &|note| output.note(format!("note: {note}")),
        };
        let result = sweep(&self.grid, points, &options)?;
        drop(bar);
        output.result(&result, |_| result_text(&result, output.seconds()))?;
        if result.interrupted && result.left > 0 {
            if self.slim && ended.into_inner() == 0 {
                output.warn(
                    "no run ended before the signal, and with --slim a run that was stopped begins anew: give more time, or keep \
                     the runs (without --slim)",
                );
            }
            Err(output.interrupts.failure("stopped".to_owned()))
        } else {
            Ok(ExitCode::from(u8::from(result.failed > 0)))
        }
    }
}
