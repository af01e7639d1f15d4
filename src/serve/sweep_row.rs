//! A sweep in the list.

use std::path::Path;

use serde::Serialize;

use super::row::Row;
use super::stamp::Stamp;
use super::sweep_logs::{logs, rows_in};
use super::walk::Found;

/// A sweep in the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct SweepRow {
    id: String,
    /// The rows in its logs: runs that have ended, and those that were done again.
    rows: usize,
    /// When the last of its files was written, in seconds since 1970.
    changed: Option<f64>,
}

impl Row for SweepRow {
    /// The stamps of the tables and of the logs.
    type Stamps = Vec<Option<Stamp>>;

    fn stamps(path: &Path) -> Self::Stamps {
        let tables = ["results.csv", "summary.csv"].map(|name| path.join(name));
        let files = tables.into_iter().chain(logs(path));
        files.map(|path| Stamp::of(&path)).collect()
    }

    fn read(found: &Found, stamps: &Self::Stamps) -> Self {
        let times = stamps.iter().flatten().filter_map(|stamp| stamp.seconds());
        let rows = logs(&found.path)
            .into_iter()
            .filter_map(|log| rows_in(&log).ok());
        Self {
            id: found.id.clone(),
            rows: rows.sum(),
            changed: times.reduce(f64::max),
        }
    }
}
