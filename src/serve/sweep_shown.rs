//! The tables of a sweep.

use std::path::Path;

use serde::Serialize;

use super::stamp::Stamp;
use super::sweep_row::SweepRow;

/// The most rows of a table that are sent.
const MOST_ROWS: usize = 5000;

/// All that is shown of a sweep.
#[derive(Debug, Serialize)]
pub(super) struct SweepShown {
    sweep: SweepRow,
    path: String,
    /// The keys that differ between its runs.
    keys: Vec<String>,
    /// A row for each run; absent until the sweep ends or is stopped.
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Table>,
    /// A row for each point of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Table>,
    /// Why a table cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

/// A table, its cells as they are written.
#[derive(Debug, Serialize)]
struct Table {
    columns: Vec<String>,
    cells: Vec<Vec<String>>,
    /// The number of rows in the file; of more than 5000 the first are sent.
    rows: usize,
}

impl SweepShown {
    pub(super) fn read(path: &Path, row: &SweepRow) -> Self {
        let [results, summary] = ["results.csv", "summary.csv"].map(|name| table(path, name));
        let error = [&results, &summary]
            .into_iter()
            .find_map(|table| table.as_ref().err());
        let error = error.cloned();
        let [results, summary] = [results, summary].map(|table| table.ok().flatten());
        Self {
            sweep: row.clone(),
            path: path.display().to_string(),
            keys: results.as_ref().map(keys).unwrap_or_default(),
            results,
            summary,
            error,
        }
    }
}

/// The columns before `repeat` are the keys of the grid.
fn keys(results: &Table) -> Vec<String> {
    let columns = results.columns.iter();
    let keys = columns.take_while(|name| *name != "repeat");
    keys.cloned().collect()
}

fn table(path: &Path, name: &str) -> Result<Option<Table>, String> {
    let path = path.join(name);
    if Stamp::of(&path).is_none() {
        return Ok(None);
    }
    let read = || -> Result<Table, csv::Error> {
        let mut reader = csv::Reader::from_path(&path)?;
        let columns = reader.headers()?.iter().map(str::to_owned).collect();
        let (mut cells, mut rows) = (Vec::new(), 0);
        for record in reader.records() {
            let record = record?;
            rows += 1;
            if rows <= MOST_ROWS {
                cells.push(record.iter().map(str::to_owned).collect());
            }
        }
        Ok(Table {
            columns,
            cells,
            rows,
        })
    };
    read().map(Some).map_err(|error| format!("{name}: {error}"))
}
