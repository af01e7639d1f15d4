//! Tables of a run with rows for each epoch that was evaluated. Every row is synced. So a checkpoint on the disk never has
//! fewer rows beside it than when it was written.

use std::collections::BTreeMap;
use std::fs::{self, File, OpenOptions};
use std::io::Write;
use std::path::PathBuf;

use super::ObserverError;

/// A CSV file whose first column is the epoch.
#[derive(Debug, Clone)]
pub struct EpochTable {
    path: PathBuf,
    header: &'static str,
    /// The number of rows of an epoch.
    rows: usize,
}

/// A table to which rows are appended.
pub struct OpenTable {
    path: PathBuf,
    file: File,
}

impl EpochTable {
    /// A table with that header and as many rows for each epoch.
    pub fn new(path: PathBuf, header: &'static str, rows: usize) -> Self {
        Self { path, header, rows }
    }

    /// Begins the table, or continues it after the rows up to the epoch `after`. Rows of later epochs, and a row that was
    /// cut short, are removed, because they are made again.
    pub fn open(self, after: Option<usize>) -> Result<OpenTable, ObserverError> {
        let Self { path, header, .. } = self;
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
        Ok(OpenTable { path, file })
    }

    /// The first of these epochs that does not have all its rows.
    fn first_missing(&self, epochs: &[usize]) -> Option<usize> {
        let text = fs::read_to_string(&self.path).unwrap_or_default();
        let mut counts = BTreeMap::<usize, usize>::new();
        for (epoch, _) in whole_rows(&text, self.header) {
            *counts.entry(epoch).or_default() += 1;
        }
        let complete = |epoch: &&usize| counts.get(epoch) == Some(&self.rows);
        epochs.iter().find(|epoch| !complete(epoch)).copied()
    }
}

impl OpenTable {
    /// Adds rows, each with its line end.
    pub fn append(&mut self, rows: &str) -> Result<(), ObserverError> {
        let write = self.file.write_all(rows.as_bytes());
        write
            .and_then(|()| self.file.sync_data())
            .map_err(ObserverError::io(&self.path))
    }
}

/// A number that reads back exactly, or an empty cell.
pub fn cell(value: Option<f64>) -> String {
    value.map_or_else(String::new, |v| v.to_string())
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

/// The first of these epochs that does not have all its rows in every table.
pub fn first_missing(tables: &[EpochTable], epochs: impl Iterator<Item = usize>) -> Option<usize> {
    let epochs: Vec<usize> = epochs.collect();
    let missing = tables
        .iter()
        .filter_map(|table| table.first_missing(&epochs));
    missing.min()
}
