//! A table of a sweep, as it is sent.

use std::path::Path;

use serde::Serialize;

use super::stamp::Stamp;

/// The most rows of a table that are sent.
pub(super) const MOST_ROWS: usize = 5000;

/// A table, its cells as they are written.
#[derive(Debug, PartialEq, Serialize)]
pub(super) struct Table {
    pub columns: Vec<String>,
    pub cells: Vec<Vec<String>>,
    /// The number of all rows; of more than 5000 the first are sent.
    pub rows: usize,
}

impl Table {
    /// The table in a file; `None` if there is none.
    ///
    /// # Errors
    /// Says what is wrong with the file.
    pub(super) fn read(folder: &Path, name: &str) -> Result<Option<Self>, String> {
        let path = folder.join(name);
        if Stamp::of(&path).is_none() {
            return Ok(None);
        }
        let read = || -> Result<Self, csv::Error> {
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
            Ok(Self {
                columns,
                cells,
                rows,
            })
        };
        read().map(Some).map_err(|error| format!("{name}: {error}"))
    }
}
