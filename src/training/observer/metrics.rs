//! Writes `metrics.csv` and `losses_by_step.csv`, one row for each evaluation, and syncs every row. So a checkpoint
//! on the disk never has fewer rows beside it than when it was written.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

use super::{Event, Observer, ObserverError};
use crate::diffusion::Schedule;
use crate::sampling::Evaluation;
use crate::training::state::State;

const METRICS_FILE: &str = "metrics.csv";
const BY_STEP_FILE: &str = "losses_by_step.csv";
const METRICS: &str = "epoch,tau,train_loss,test_loss,oracle_loss,predicted_train_loss,\
                       predicted_test_loss,kl_true_sampled,kl_sampled_true,seconds";
const BY_STEP: &str = "epoch,step,alpha_bar,train_loss,test_loss,oracle_loss";

/// The predicted train and test loss for a state of training, if there is a prediction.
pub type Predict<'a> = dyn Fn(&State) -> Option<(f64, f64)> + 'a;

/// The two tables of a run directory.
pub struct Metrics<'a> {
    metrics: Table,
    by_step: Table,
    schedule: Schedule,
    /// Whether training has a time tau (gradient descent).
    timed: bool,
    predict: &'a Predict<'a>,
}

impl<'a> Metrics<'a> {
    /// Begins both tables, or continues them after the rows up to `epoch`. Rows of later epochs, and a row that was
    /// cut short, are removed, because they are made again.
    pub fn open(
        folder: &Path,
        after: Option<usize>,
        schedule: &Schedule,
        timed: bool,
        predict: &'a Predict<'a>,
    ) -> Result<Self, ObserverError> {
        Ok(Self {
            metrics: Table::open(folder.join(METRICS_FILE), METRICS, after)?,
            by_step: Table::open(folder.join(BY_STEP_FILE), BY_STEP, after)?,
            schedule: schedule.clone(),
            timed,
            predict,
        })
    }
}

impl Observer for Metrics<'_> {
    fn epoch(&mut self, event: &Event<'_>) -> Result<(), ObserverError> {
        match event.evaluation {
            Some(evaluation) => self.write(event.state, evaluation),
            None => Ok(()),
        }
    }
}

impl Metrics<'_> {
    /// Adds the rows of an evaluation at the state's epoch.
    pub fn write(&mut self, state: &State, evaluation: &Evaluation) -> Result<(), ObserverError> {
        let mut rows = String::new();
        for (index, step) in self.schedule.iter().enumerate() {
            let at = |losses: &Option<Vec<f64>>| cell(losses.as_ref().map(|l| l[index]));
            rows += &format!(
                "{},{},{},{},{},{}\n",
                state.epoch,
                self.schedule.original_step(index),
                step.alpha_bar,
                cell(Some(evaluation.train[index])),
                at(&evaluation.test),
                at(&evaluation.oracle),
            );
        }
        self.by_step.append(&rows)?;
        let kl = evaluation.kl;
        let predicted = (self.predict)(state);
        let row = format!(
            "{},{},{},{},{},{},{},{},{},{:.3}\n",
            state.epoch,
            cell(self.timed.then_some(state.tau)),
            cell(Some(evaluation.train_loss())),
            cell(evaluation.test_loss()),
            cell(evaluation.oracle_loss()),
            cell(predicted.map(|losses| losses.0)),
            cell(predicted.map(|losses| losses.1)),
            cell(kl.map(|kl| kl.true_sampled.value())),
            cell(kl.map(|kl| kl.sampled_true.value())),
            state.seconds,
        );
        self.metrics.append(&row)
    }
}

/// A number that reads back exactly, or an empty cell.
fn cell(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
}

/// A CSV file whose first column is the epoch. Rows are appended.
struct Table {
    path: PathBuf,
    file: File,
}

impl Table {
    fn open(path: PathBuf, header: &str, after: Option<usize>) -> Result<Self, ObserverError> {
        let mut kept = format!("{header}\n");
        if let (Some(last), Ok(text)) = (after, fs::read_to_string(&path)) {
            let rows = whole_rows(&text, header).filter(|(epoch, _)| *epoch <= last);
            kept.extend(rows.map(|(_, line)| line));
        }
        // Written beside and renamed: a kill here must not lose the existing rows.
        let partial = path.with_extension("csv.partial");
        let write = || -> std::io::Result<File> {
            let mut file = File::create(&partial)?;
            file.write_all(kept.as_bytes())?;
            file.sync_all()?;
            fs::rename(&partial, &path)?;
            OpenOptions::new().append(true).open(&path)
        };
        let file = write().map_err(ObserverError::io(&path))?;
        Ok(Self { path, file })
    }

    fn append(&mut self, rows: &str) -> Result<(), ObserverError> {
        let write = self.file.write_all(rows.as_bytes());
        write
            .and_then(|()| self.file.sync_data())
            .map_err(ObserverError::io(&self.path))
    }
}

/// The complete rows with their epochs, without a last line that was cut short.
fn whole_rows<'a>(text: &'a str, header: &str) -> impl Iterator<Item = (usize, &'a str)> {
    let cells = header.split(',').count();
    text.split_inclusive('\n').skip(1).filter_map(move |line| {
        let whole = line.ends_with('\n') && line.split(',').count() == cells;
        let epoch = line.split(',').next()?.parse().ok()?;
        whole.then_some((epoch, line))
    })
}

/// The first of these epochs without its row in `metrics.csv` and its `steps` rows in `losses_by_step.csv`.
pub fn first_missing(
    folder: &Path,
    mut epochs: impl Iterator<Item = usize>,
    steps: usize,
) -> Option<usize> {
    let count = |file: &str, header: &str| {
        let text = fs::read_to_string(folder.join(file)).unwrap_or_default();
        let mut counts = BTreeMap::<usize, usize>::new();
        for (epoch, _) in whole_rows(&text, header) {
            *counts.entry(epoch).or_default() += 1;
        }
        counts
    };
    let metrics = count(METRICS_FILE, METRICS);
    let by_step = count(BY_STEP_FILE, BY_STEP);
    epochs.find(|epoch| metrics.get(epoch) != Some(&1) || by_step.get(epoch) != Some(&steps))
}
