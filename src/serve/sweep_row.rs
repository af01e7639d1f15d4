//! A sweep in the list.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use serde::Serialize;

use super::row::Row;
use super::stamp::Stamp;
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
        // The first line of a log is of its process.
        let rows = |log: &PathBuf| lines(log).map_or(0, |lines| lines.saturating_sub(1));
        Self {
            id: found.id.clone(),
            rows: logs(&found.path).iter().map(rows).sum(),
            changed: times.reduce(f64::max),
        }
    }
}

/// The logs of a sweep, by name.
fn logs(path: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(path.join("rows"));
    let entries = entries.into_iter().flatten().flatten();
    let files = entries.filter(|entry| entry.file_type().is_ok_and(|kind| kind.is_file()));
    let paths = files.map(|entry| entry.path());
    let mut logs: Vec<_> = paths
        .filter(|path| path.extension().is_some_and(|ending| ending == "jsonl"))
        .collect();
    logs.sort();
    logs
}

/// The number of whole lines of a file.
fn lines(path: &Path) -> io::Result<usize> {
    let mut file = BufReader::with_capacity(1 << 16, File::open(path)?);
    let mut count = 0;
    loop {
        let bytes = file.fill_buf()?;
        if bytes.is_empty() {
            return Ok(count);
        }
        count += bytes.iter().filter(|byte| **byte == b'\n').count();
        let read = bytes.len();
        file.consume(read);
    }
}
