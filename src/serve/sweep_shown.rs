//! What is shown of a sweep: its tables.

use std::path::Path;

use serde::Serialize;

use super::stamp::Stamp;
use super::sweep_logs::{logs, tables_so_far};
use super::sweep_row::SweepRow;
use super::table::Table;

/// All that is shown of a sweep.
#[derive(Debug, Serialize)]
pub(super) struct SweepShown {
    sweep: SweepRow,
    path: String,
    /// The keys that differ between its runs.
    keys: Vec<String>,
    /// Whether the tables are made of the rows in its logs, because those are newer than its own tables.
    so_far: bool,
    /// A row for each run.
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Table>,
    /// A row for each point of the grid.
    #[serde(skip_serializing_if = "Option::is_none")]
    summary: Option<Table>,
    /// Why a table cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl SweepShown {
    pub(super) fn read(path: &Path, row: &SweepRow) -> Self {
        let newer = match logs_are_newer(path) {
            true => tables_so_far(path),
            false => Ok(None),
        };
        let mut error = newer.as_ref().err().cloned();
        let newer = newer.ok().flatten();
        let so_far = newer.is_some();
        let written = |name| {
            let read = Table::read(path, name).map_err(|problem| error.get_or_insert(problem));
            read.ok().flatten()
        };
        let [results, summary] = match newer {
            Some(tables) => tables.map(Some),
            None => ["results.csv", "summary.csv"].map(written),
        };
        Self {
            sweep: row.clone(),
            path: path.display().to_string(),
            keys: results.as_ref().map(keys).unwrap_or_default(),
            so_far,
            results,
            summary,
            error,
        }
    }
}

/// Whether rows have come since the tables were written.
fn logs_are_newer(sweep: &Path) -> bool {
    let time = |path: &Path| Stamp::of(path).and_then(Stamp::seconds);
    let logs = logs(sweep);
    let last = logs.iter().filter_map(|log| time(log)).reduce(f64::max);
    last > time(&sweep.join("results.csv"))
}

/// The columns before `repeat` are the keys of the grid.
fn keys(results: &Table) -> Vec<String> {
    let columns = results.columns.iter();
    let keys = columns.take_while(|name| *name != "repeat");
    keys.cloned().collect()
}
