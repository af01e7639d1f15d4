//! A grid of runs, which goes on where it was stopped.
//!
//! Every run has a name of its own, a digest of what it is; its row lies under that name, written whole or not at all.
//! So any number of processes may do parts of one grid in one folder, be killed, and go on; a larger grid finds what a
//! smaller one left.

mod directory;
mod grid;
mod manifest;
mod question;
mod row;
mod table;

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Instant;

use serde::Serialize;

use self::directory::{RESULTS, RUNS, SUMMARY, SweepDirectory};
use self::manifest::{DataDigests, Manifest};
use self::question::Question;
use self::row::{Identity, Row, Rows};
use crate::memory;
use crate::run::{
    Estimate, Measured, Outcome, RunDirectory, RunError, Setup, Summary, TrainOptions, measure,
    resume, train,
};
use crate::text::write_whole;

pub use grid::{Axis, Point, points};
pub use table::mean_and_error;

/// Which part of a grid this process does, and how.
pub struct SweepOptions<'a> {
    pub root: &'a Path,
    /// Runs at a time.
    pub jobs: usize,
    /// `(i, k)`: every k-th run from the i-th, from 0.
    pub shard: (usize, usize),
    /// Keep rows alone, no folder a run.
    pub slim: bool,
    /// Start anew: remove what a sweep wrote there before.
    pub overwrite: bool,
    /// Told of what is left alone by that.
    pub left_alone: &'a (dyn Fn(&Path) + Sync),
    /// Raised where it is to stop.
    pub interrupt: &'a AtomicBool,
    /// Told of what is done, from several threads.
    pub progress: &'a (dyn Fn(SweepProgress) + Sync),
    /// Told once of each thing that the user should know of how the data were read, from several threads.
    pub note: &'a (dyn Fn(&str) + Sync),
}

/// How far a sweep has come, of this process's share.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SweepProgress {
    pub done: usize,
    pub failed: usize,
    pub left: usize,
    /// Of those done, how many were there before.
    pub found: usize,
}

/// What a sweep came to, of the whole grid.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SweepResult {
    pub runs: usize,
    pub done: usize,
    pub failed: usize,
    /// Those of other shards, or that an interruption left.
    pub left: usize,
    pub interrupted: bool,
    pub results: PathBuf,
    pub summary: PathBuf,
}

/// Runs what is left of this process's share of a grid, then writes the tables of all that is there.
///
/// A run that fails is a row with its error; the others go on. Where files cannot be read or written it stops.
///
/// # Errors
/// A folder that no sweep made; a sweep there whose question this one does not extend, unless it is to be overwritten; files
/// that cannot be read or written, and rows that are not what their names say.
pub fn sweep(
    axes: &[Axis],
    points: Vec<Point>,
    options: &SweepOptions<'_>,
) -> Result<SweepResult, RunError> {
    let mut digests = DataDigests::default();
    let identified: Vec<(Point, Identity)> = points
        .into_iter()
        .map(|point| {
            let data = digests.of(&point.experiment.data)?;
            let identity = Identity::of(&point, data);
            Ok((point, identity))
        })
        .collect::<Result<_, RunError>>()?;
    let runs = identified.iter();
    let runs = runs.map(|(point, identity)| (identity.digest(), point.experiment.settings()));
    let mut manifest = Manifest::new(digests.known, Question::of(runs));
    let directory = SweepDirectory::open(options.root)?;
    {
        let _writing = directory.writing()?;
        match options.overwrite {
            true => start_anew(&directory, &identified, options)?,
            false => manifest.check(options.root)?,
        }
        manifest.write(options.root)?;
    }
    let rows = Rows::open(&directory)?;
    // Whatever lies there under a name of this grid must be what it says, before anything is run.
    let there: Vec<bool> = identified
        .iter()
        .map(|(_, identity)| Ok(rows.read(identity)?.is_some()))
        .collect::<Result<_, RunError>>()?;
    let (index, of) = options.shard;
    let mine = |i: &usize| i % of == index;
    let found = (0..identified.len())
        .filter(mine)
        .filter(|&i| there[i])
        .count();
    let left: Vec<usize> = (0..identified.len())
        .filter(mine)
        .filter(|&i| !there[i])
        .collect();
    let work = Work {
        identified: &identified,
        left: &left,
        rows: &rows,
        options,
        found,
        next: AtomicUsize::new(0),
        counts: Mutex::default(),
        noted: Mutex::default(),
    };
    work.run()?;
    finish(axes, identified, &rows, &directory, &manifest, options)
}

/// Removes what a sweep wrote, and tells of what else is there.
fn start_anew(
    directory: &SweepDirectory,
    identified: &[(Point, Identity)],
    options: &SweepOptions<'_>,
) -> Result<(), RunError> {
    let inputs = identified.iter();
    let inputs = inputs.flat_map(|(point, _)| point.experiment.input_files());
    let inputs: BTreeSet<&Path> = inputs.collect();
    let inputs: Vec<&Path> = inputs.into_iter().collect();
    for path in directory.clear(&inputs)? {
        (options.left_alone)(&path);
    }
    Ok(())
}

/// The runs that are left, shared by the jobs.
struct Work<'a> {
    identified: &'a [(Point, Identity)],
    left: &'a [usize],
    rows: &'a Rows,
    options: &'a SweepOptions<'a>,
    found: usize,
    next: AtomicUsize,
    /// Done and failed.
    counts: Mutex<(usize, usize)>,
    noted: Mutex<BTreeSet<String>>,
}

impl Work<'_> {
    fn run(&self) -> Result<(), RunError> {
        self.tell((0, 0));
        let jobs = self.options.jobs.min(self.left.len()).max(1);
        if jobs == 1 {
            return self.job();
        }
        let threads = rayon::current_num_threads().div_ceil(jobs);
        let pool = || {
            let builder = rayon::ThreadPoolBuilder::new().num_threads(threads);
            builder.build().expect("threads can be started")
        };
        std::thread::scope(|scope| {
            let job = || pool().install(|| self.job());
            let jobs: Vec<_> = (0..jobs).map(|_| scope.spawn(job)).collect();
            let done = jobs
                .into_iter()
                .map(|job| job.join().expect("no job panics"));
            done.collect()
        })
    }

    /// Takes one run after the other until none is left.
    fn job(&self) -> Result<(), RunError> {
        while !self.options.interrupt.load(Ordering::Relaxed) {
            let taken = self.next.fetch_add(1, Ordering::Relaxed);
            let Some(&index) = self.left.get(taken) else {
                break;
            };
            let (point, identity) = &self.identified[index];
            let start = Instant::now();
            let outcome = match self.options.slim {
                true => self.in_memory(point),
                false => self.in_folder(point, identity),
            };
            let seconds = start.elapsed().as_secs_f64();
            let row = match outcome.as_ref() {
                Ok(None) | Err(RunError::Locked { .. }) => continue,
                // No row says that a disk was full: the same command tries again.
                Err(error) if error.is_of_files() => return outcome.map(|_| ()),
                Ok(Some(measured)) => identity.row(Ok(measured), seconds),
                Err(error) => identity.row(Err(error), seconds),
            };
            self.rows.write(identity, &row)?;
            let mut counts = self.counts.lock().expect("no job panics");
            match row.error {
                None => counts.0 += 1,
                Some(_) => counts.1 += 1,
            }
            self.tell(*counts);
        }
        Ok(())
    }

    fn tell(&self, (done, failed): (usize, usize)) {
        (self.options.progress)(SweepProgress {
            done: done + self.found,
            failed,
            left: self.left.len() - done - failed,
            found: self.found,
        });
    }

    /// The parts of a run, what is to be said of its data being said.
    fn setup(&self, point: &Point) -> Result<Setup, RunError> {
        let setup = Setup::new(point.experiment.clone())?;
        for note in &setup.dataset().notes {
            let mut noted = self.noted.lock().expect("no job panics");
            if noted.insert(note.clone()) {
                (self.options.note)(note);
            }
        }
        Ok(setup)
    }

    fn in_memory(&self, point: &Point) -> Result<Option<Measured>, RunError> {
        measure(&self.setup(point)?, self.options.interrupt)
    }

    /// A run in a folder of its own, which goes on if it is there.
    fn in_folder(&self, point: &Point, identity: &Identity) -> Result<Option<Measured>, RunError> {
        let options = self.options;
        let root = options.root.join(RUNS).join(identity.digest());
        let there = root.join("config.toml").is_file();
        if there {
            refuse_altered(&root, identity)?;
        }
        let setup = self.setup(point)?;
        // Before there is a folder of it.
        Estimate::of(&setup, false)?.check(&setup, memory::available())?;
        let train_options = TrainOptions {
            interrupt: Some(options.interrupt),
            ..TrainOptions::default()
        };
        let start = Instant::now();
        let outcome = match there {
            true => resume(
                &setup,
                &RunDirectory::open_to_write(&root)?,
                None,
                train_options,
            )?,
            false => {
                let directory = RunDirectory::create(&root, &point.experiment, false)?;
                train(&setup, &directory, train_options)?
            }
        };
        let seconds = start.elapsed().as_secs_f64();
        let summary = match outcome {
            Outcome::Interrupted { .. } => return Ok(None),
            Outcome::Done(trained) => trained.evaluations.last,
            Outcome::AlreadyDone { .. } => {
                let directory = RunDirectory::open(&root)?;
                let options = crate::run::EvaluateOptions {
                    checkpoint: crate::run::WhichCheckpoint::Last,
                    ..Default::default()
                };
                crate::run::evaluate(&directory, options, |_, _| {})?
            }
        };
        Ok(Some(from_summary(&summary, seconds)))
    }
}

fn refuse_altered(root: &Path, identity: &Identity) -> Result<(), RunError> {
    let path = root.join("config.toml");
    let text = fs::read_to_string(&path).map_err(RunError::io(&path))?;
    if text == identity.config {
        return Ok(());
    }
    let problem =
        "is not the experiment that its folder's name says: it was altered; remove the folder";
    Err(RunError::Data {
        path,
        problem: problem.to_owned(),
    })
}

fn from_summary(summary: &Summary, seconds: f64) -> Measured {
    Measured {
        train_loss: summary.loss.train_loss,
        test_loss: summary.loss.test_loss,
        oracle_loss: summary.loss.oracle_loss,
        optimum_train_loss: summary.loss.optimum_train_loss,
        optimum_test_loss: summary.loss.optimum_test_loss,
        kl: summary.kl,
        predicted: summary.predicted,
        epochs: summary.epoch,
        seconds,
    }
}

/// Writes the tables of all rows that are there; one process at a time.
fn finish(
    axes: &[Axis],
    identified: Vec<(Point, Identity)>,
    rows: &Rows,
    directory: &SweepDirectory,
    manifest: &Manifest,
    options: &SweepOptions<'_>,
) -> Result<SweepResult, RunError> {
    let _writing = directory.writing()?;
    let entries = identified
        .into_iter()
        .map(|(point, identity)| {
            let row: Option<Row> = rows.read(&identity)?;
            Ok((point, identity.digest(), row))
        })
        .collect::<Result<Vec<_>, RunError>>()?;
    let (results, summary) = (directory.path(RESULTS), directory.path(SUMMARY));
    // Where another process has extended the question in the meantime, the tables are its own to write.
    if manifest.covers_that_of(options.root)? {
        write_whole(&results, &table::results(axes, &entries)?)?;
        write_whole(&summary, &table::summary(axes, &entries)?)?;
    }
    let count = |wanted: fn(&Row) -> bool| {
        let rows = entries.iter().filter_map(|entry| entry.2.as_ref());
        rows.filter(|row| wanted(row)).count()
    };
    let (done, failed) = (
        count(|row| row.error.is_none()),
        count(|row| row.error.is_some()),
    );
    Ok(SweepResult {
        runs: entries.len(),
        done,
        failed,
        left: entries.len() - done - failed,
        interrupted: options.interrupt.load(Ordering::Relaxed),
        results,
        summary,
    })
}
