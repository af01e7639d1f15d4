//! Rows, and what else is known of them.

use std::collections::BTreeMap;

use super::ReadRows;

/// Rows `[P, D]`, after the choice of columns and the pooling if they were read from a file.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    /// The rows.
    pub rows: ReadRows,
    /// The group of each row.
    pub groups: Option<Vec<String>>,
    /// Height and width, if a row is an image.
    pub image: Option<(usize, usize)>,
    /// Notes on how the rows were read.
    pub notes: Vec<String>,
}

impl Table {
    /// Rows without groups, shape or notes.
    pub fn of_rows(rows: ReadRows) -> Self {
        Self {
            rows,
            groups: None,
            image: None,
            notes: Vec::new(),
        }
    }

    /// The group of each row as a number, from 0 in the order in which groups are met.
    pub fn group_numbers(&self) -> Option<Vec<usize>> {
        let mut numbers = BTreeMap::new();
        let number = |name| {
            let next = numbers.len();
            *numbers.entry(name).or_insert(next)
        };
        Some(self.groups.as_ref()?.iter().map(number).collect())
    }
}
