//! The rows of all logs of a sweep.

use std::collections::HashMap;
use std::path::Path;

use serde::de::DeserializeOwned;

use super::identity::RunName;
use super::log::logs_in;
use super::row::Ended;
use crate::run::RunError;

/// The row that counts of each run, by the run's name.
pub(super) struct Rows<R> {
    places: HashMap<RunName, usize>,
    rows: Vec<R>,
}

impl<R> Default for Rows<R> {
    fn default() -> Self {
        let (places, rows) = (HashMap::new(), Vec::new());
        Self { places, rows }
    }
}

impl<R: Ended + DeserializeOwned> Rows<R> {
    /// Reads the logs of a sweep, one line at a time.
    pub fn read(root: &Path) -> Result<Self, RunError> {
        let mut rows = Self::default();
        for log in logs_in(root)? {
            log.read(|row| rows.add(row))?;
        }
        Ok(rows)
    }

    /// Adds a row, unless there is one of its run that counts in its place.
    pub fn add(&mut self, row: R) {
        let next = self.rows.len();
        let place = *self.places.entry(row.run()).or_insert(next);
        match self.rows.get_mut(place) {
            None => self.rows.push(row),
            Some(there) if row.supersedes(there) => *there = row,
            Some(_) => {}
        }
    }

    pub fn of(&self, run: RunName) -> Option<&R> {
        self.places.get(&run).map(|&place| &self.rows[place])
    }
}
