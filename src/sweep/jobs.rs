//! The remaining runs, shared out among the jobs of this process.

use std::collections::{BTreeSet, HashSet};
use std::fs;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use super::directory::RUNS;
use super::identity::GridRun;
use super::log::{Header, RowLog};
use super::options::{SweepOptions, SweepProgress};
use super::row::{Ended, RowEnd, RunRow, differences};
use super::rows::Rows;
use crate::memory;
use crate::run::{
    Estimate, EvaluateOptions, Measured, Outcome, RunDirectory, RunError, Setup, Summary,
    TrainOptions, WhichCheckpoint, evaluate, measure, resume, train,
};

pub(super) struct Jobs<'a> {
    header: Header,
    options: &'a SweepOptions<'a>,
    /// The runs to do, each with the number of times that it has failed.
    left: Vec<(&'a GridRun, u32)>,
    /// How many runs of this process's share were done before.
    found: usize,
    /// The next run to do.
    next: AtomicUsize,
    counts: Mutex<Counts>,
    /// The notes that were shown.
    noted: Mutex<BTreeSet<String>>,
}

#[derive(Debug, Clone, Copy, Default)]
struct Counts {
    done: usize,
    failed: usize,
}

impl<'a> Jobs<'a> {
    /// The remaining runs of this process's share. A run that several points of the grid share is done once.
    pub fn of_share(
        runs: &'a [GridRun],
        rows: &Rows<RowEnd>,
        header: Header,
        options: &'a SweepOptions<'a>,
    ) -> Self {
        let (index, of) = options.shard;
        let (mut found, mut left, mut names) = (0, Vec::new(), HashSet::new());
        for run in runs.iter().skip(index).step_by(of) {
            let row = rows.of(run.name);
            match row.filter(|row| !(row.has_failed() && options.retry_failed)) {
                Some(_) => found += 1,
                None if names.insert(run.name) => {
                    left.push((run, row.map_or(0, |row| row.failures() + 1)));
                }
                None => {}
            }
        }
        // So that a process which is stopped and started again does not spend its time on the same failing runs.
        left.sort_by_key(|&(_, failures)| failures);
        Self {
            header,
            options,
            left,
            found,
            next: AtomicUsize::new(0),
            counts: Mutex::default(),
            noted: Mutex::default(),
        }
    }

    /// Does the runs, `jobs` at a time.
    pub fn run(&self) -> Result<(), RunError> {
        self.tell(Counts::default());
        if self.left.is_empty() {
            return Ok(());
        }
        let log = RowLog::create(self.options.root, &self.header)?;
        self.run_into(&log)?;
        log.sync()
    }

    fn run_into(&self, log: &RowLog) -> Result<(), RunError> {
        let jobs = self.options.jobs.min(self.left.len());
        if jobs == 1 {
            return self.job(log);
        }
        let threads = rayon::current_num_threads().div_ceil(jobs);
        let pool = || {
            let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
            builder.build().expect("threads can be started")
        };
        std::thread::scope(|scope| {
            let job = || pool().install(|| self.job(log));
            let jobs: Vec<_> = (0..jobs).map(|_| scope.spawn(job)).collect();
            let done = jobs
                .into_iter()
                .map(|job| job.join().expect("no job panics"));
            done.collect()
        })
    }

    /// Takes one run after another until none is left.
    fn job(&self, log: &RowLog) -> Result<(), RunError> {
        while !self.options.interrupt.load(Ordering::Relaxed) {
            let taken = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&(run, failures)) = self.left.get(taken) else {
                break;
            };
            if let Some(row) = self.row_of(run)? {
                let failed = row.has_failed();
                let differs = differences(&run.settings(), &self.header.base);
                log.add(RunRow { failures, ..row }, differs)?;
                self.count(failed);
            }
        }
        Ok(())
    }

    /// Does a run. `None` if it was interrupted or another process is doing it.
    fn row_of(&self, run: &GridRun) -> Result<Option<RunRow>, RunError> {
        let start = Instant::now();
        let outcome = if self.options.slim {
            self.in_memory(run)
        } else {
            self.in_folder(run)
        };
        let seconds = start.elapsed().as_secs_f64();
        let row = |outcome| {
            let row = RunRow::of(run.name, outcome);
            Some(RunRow { seconds, ..row })
        };
        match outcome {
            Ok(None) => Ok(None),
            Err(error @ RunError::Locked { .. }) => {
                self.note_once(&format!("{error}; the run is left"));
                Ok(None)
            }
            Ok(Some(measured)) => Ok(row(Ok(&measured))),
            // A full disk is not a result of a run: the same command tries again.
            Err(error) if error.is_of_files() => Err(error),
            Err(error) => Ok(row(Err(&error))),
        }
    }

    fn count(&self, failed: bool) {
        let mut counts = self.counts.lock().expect("no job panics");
        match failed {
            false => counts.done += 1,
            true => counts.failed += 1,
        }
        self.tell(*counts);
    }

    fn tell(&self, Counts { done, failed }: Counts) {
        (self.options.progress)(SweepProgress {
            done: done + self.found,
            failed,
            left: self.left.len() - done - failed,
            found: self.found,
        });
    }

    /// The parts of a run. Shows the notes on its data.
    fn setup(&self, run: &GridRun) -> Result<Setup, RunError> {
        let setup = Setup::new(run.point.experiment.clone())?;
        for note in &setup.dataset().notes {
            self.note_once(note);
        }
        Ok(setup)
    }

    fn note_once(&self, note: &str) {
        let mut noted = self.noted.lock().expect("no job panics");
        if noted.insert(note.to_owned()) {
            (self.options.note)(note);
        }
    }

    fn in_memory(&self, run: &GridRun) -> Result<Option<Measured>, RunError> {
        measure(&self.setup(run)?, self.options.interrupt)
    }

    /// Does a run in its own folder, and resumes it if it is there.
    fn in_folder(&self, run: &GridRun) -> Result<Option<Measured>, RunError> {
        let root = self.options.root.join(RUNS).join(run.name.to_string());
        let there = root.join("config.toml").is_file();
        if there {
            refuse_altered(&root, run)?;
        }
        let setup = self.setup(run)?;
        // Checked before the folder is made.
        Estimate::of(&setup, false)?.check(&setup, memory::available())?;
        let options = TrainOptions {
            interrupt: Some(self.options.interrupt),
            ..TrainOptions::default()
        };
        let start = Instant::now();
        let outcome = if there {
            resume(&setup, &RunDirectory::open_to_write(&root)?, None, options)?
        } else {
            let directory = RunDirectory::create(&root, &run.point.experiment, false)?;
            train(&setup, &directory, options)?
        };
        let seconds = start.elapsed().as_secs_f64();
        let summary = match outcome {
            Outcome::Interrupted { .. } => return Ok(None),
            Outcome::Done(trained) => trained.evaluations.last,
            Outcome::AlreadyDone { .. } => {
                let options = EvaluateOptions {
                    checkpoint: WhichCheckpoint::Last,
                    ..Default::default()
                };
                evaluate(&RunDirectory::open(&root)?, options, |_, _| {})?
            }
        };
        Ok(Some(measured(&summary, seconds)))
    }
}

/// Refuses a run directory whose experiment differs from that of the run.
fn refuse_altered(root: &Path, run: &GridRun) -> Result<(), RunError> {
    let path = root.join("config.toml");
    let text = fs::read_to_string(&path).map_err(RunError::io(&path))?;
    if text == run.config {
        return Ok(());
    }
    let problem =
        "is not the experiment that its folder's name says: it was altered; remove the folder";
    Err(RunError::Data {
        path,
        problem: problem.to_owned(),
    })
}

fn measured(summary: &Summary, seconds: f64) -> Measured {
    Measured {
        loss: summary.loss,
        kl: summary.kl,
        predicted: summary.predicted,
        epochs: summary.epoch,
        seconds,
    }
}
