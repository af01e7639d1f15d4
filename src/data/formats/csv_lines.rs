//! The lines of a table, one after another.

use csv::StringRecord;

use super::cell::Numerals;
use super::dialect::Dialect;

/// A line that is not blank.
#[derive(Clone)]
pub(super) struct Line {
    /// The number of the line, from 1.
    pub number: u64,
    pub cells: Vec<String>,
}

impl Line {
    pub(super) fn is_blank(&self, column: usize) -> bool {
        self.cells.get(column).is_none_or(String::is_empty)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.cells.iter().all(String::is_empty)
    }

    pub(super) fn has_numbers(&self, numerals: Numerals) -> bool {
        self.cells.iter().any(|cell| numerals.parse(cell).is_some())
    }
}

/// The lines of a table that are not blank.
pub(super) struct Lines<'a> {
    text: &'a str,
    reader: csv::Reader<&'a [u8]>,
    pub(super) dialect: Dialect,
    record: StringRecord,
}

impl<'a> Lines<'a> {
    pub(super) fn new(text: &'a str, dialect: Dialect) -> Self {
        Self {
            text,
            reader: dialect.reader().from_reader(text.as_bytes()),
            dialect,
            record: StringRecord::new(),
        }
    }

    pub(super) fn next(&mut self) -> Option<Line> {
        // Reading text from memory, with lines of any length, cannot fail.
        while self.reader.read_record(&mut self.record).ok()? {
            let cells: Vec<String> = self
                .dialect
                .cells(&self.record)
                .map(str::to_owned)
                .collect();
            // A line of blanks is one empty cell, or none.
            if cells.len() > 1 || cells.first().is_some_and(|cell| !cell.is_empty()) {
                let number = self.number();
                return Some(Line { number, cells });
            }
        }
        None
    }

    /// The number of the line of the record. (The record's own position is that of the blank lines before it.)
    pub(super) fn number(&self) -> u64 {
        let Some(position) = self.record.position() else {
            return 0;
        };
        let before = &self.text.as_bytes()[position.byte() as usize..];
        position.line() + before.iter().take_while(|b| **b == b'\n').count() as u64
    }
}
