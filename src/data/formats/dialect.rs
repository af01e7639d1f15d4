//! How the lines of a table are written: what separates the cells, and what begins the decimals.

use std::borrow::Cow;

use csv::{ReaderBuilder, StringRecord};

use super::FormatError;
use super::cell::{Cell, Numerals, is_whole, unsigned};
use crate::config::{Decimal, Delimiter, Reading};

/// How many lines are examined.
const SAMPLE: usize = 100;
/// Whole numbers with more digits are not exact in 64 bits.
const MOST_DIGITS: usize = 15;

/// The separator of the cells of a table, and the notation of its numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Dialect {
    pub delimiter: u8,
    pub numerals: Numerals,
}

impl Dialect {
    /// Chooses the dialect in which most cells below the first line are numbers. Among equals the first wins: commas
    /// before other separators, and points before decimal commas.
    ///
    /// # Errors
    /// Lines that can be read in two ways, giving different numbers.
    pub(super) fn of(text: &str, reading: Reading) -> Result<Self, FormatError> {
        let lines = sample(text);
        let mut best: Option<(f64, Self)> = None;
        for delimiter in delimiters(reading.delimiter) {
            for &comma in decimals(reading.decimal) {
                let numerals = Numerals::of(reading.decimal, comma);
                let dialect = Self {
                    delimiter: *delimiter,
                    numerals,
                };
                let Some(share) = dialect.share_of_numbers(&lines) else {
                    continue;
                };
                if best.is_none_or(|(most, _)| share > most) {
                    best = Some((share, dialect));
                }
            }
        }
        // A single column has no separator.
        let alone = Self {
            delimiter: delimiters(reading.delimiter)[0],
            numerals: Numerals::of(reading.decimal, reading.decimal == Decimal::Comma),
        };
        let dialect = best.map_or(alone, |(_, dialect)| dialect);
        dialect.refuse_doubtful(&lines, reading)?;
        Ok(dialect)
    }

    /// The cells of a line, without the blanks around them.
    pub(super) fn split(self, line: &str) -> Vec<String> {
        let mut record = StringRecord::new();
        let line = self.blanks_for_tabs(line);
        // Reading text from memory cannot fail.
        let _ = self
            .reader()
            .from_reader(line.as_bytes())
            .read_record(&mut record);
        self.cells(&record).map(str::to_owned).collect()
    }

    /// If blanks separate the cells, tabs do too.
    pub(super) fn blanks_for_tabs(self, text: &str) -> Cow<'_, str> {
        if self.delimiter == b' ' && text.contains('\t') {
            text.replace('\t', " ").into()
        } else {
            text.into()
        }
    }

    /// The cells of a record, without the blanks around them.
    pub(super) fn cells(self, record: &StringRecord) -> impl Iterator<Item = &str> {
        let blanks = self.delimiter == b' ';
        let cells = record.iter().map(str::trim);
        cells.filter(move |cell| !blanks || !cell.is_empty())
    }

    pub(super) fn reader(self) -> ReaderBuilder {
        let mut builder = ReaderBuilder::new();
        builder
            .has_headers(false)
            .flexible(true)
            .delimiter(self.delimiter);
        builder
    }

    /// The share of numbers among the cells below the first line, taken over lines with the most frequent number of
    /// cells. `None` if that number is one.
    fn share_of_numbers(self, lines: &[&str]) -> Option<f64> {
        let below = if lines.len() > 1 { &lines[1..] } else { lines };
        let rows: Vec<Vec<String>> = below.iter().map(|line| self.split(line)).collect();
        let width = most_frequent(rows.iter().map(Vec::len))?;
        let cells: Vec<&String> = rows
            .iter()
            .filter(|row| row.len() == width)
            .flatten()
            .collect();
        let is_number = |cell: &&&String| {
            let value = self.numerals.cell(cell);
            !matches!(value, Cell::Word) || self.numerals.is_grouped(cell)
        };
        let numbers = cells.iter().filter(is_number).count();
        (width > 1).then(|| numbers as f64 / cells.len() as f64)
    }

    /// Refuses cells that may be other numbers than they seem.
    fn refuse_doubtful(self, lines: &[&str], reading: Reading) -> Result<(), FormatError> {
        if reading.decimal != Decimal::Auto {
            return Ok(());
        }
        let rows: Vec<Vec<String>> = lines.iter().map(|line| self.split(line)).collect();
        let cells = || rows.iter().flatten().map(String::as_str);
        // 1,234 may be either if all are so; 0,793 or 1,2345 decides.
        let point = Numerals {
            comma: false,
            given: true,
        };
        let comma = Numerals {
            comma: true,
            given: false,
        };
        let may_group =
            |cell: &&str| point.parse(cell).is_some() && !unsigned(cell).starts_with('0');
        let mut with_comma = cells()
            .filter(|cell| cell.contains(',') && comma.parse(cell).is_some())
            .peekable();
        if let Some(&text) = with_comma.peek()
            && with_comma.all(|cell| may_group(&cell))
            && !cells().any(|cell| cell.contains('.') && point.parse(cell).is_some())
        {
            return Err(FormatError::Thousands {
                text: text.to_owned(),
            });
        }
        if let Some(text) = cells().find(|cell| self.numerals.is_grouped(cell)) {
            let decimal = if self.numerals.comma { ',' } else { '.' };
            return Err(FormatError::Grouped {
                text: text.to_owned(),
                decimal,
            });
        }
        let found_commas =
            !self.numerals.comma && self.delimiter == b',' && reading.delimiter == Delimiter::Auto;
        match found_commas
            .then(|| self.decimal_commas(lines, &rows))
            .flatten()
        {
            Some(text) => Err(FormatError::DecimalCommas { text }),
            None => Ok(()),
        }
    }

    /// Finds decimal commas between comma separators: all numbers are whole, but arranged like decimals.
    fn decimal_commas(self, lines: &[&str], rows: &[Vec<String>]) -> Option<String> {
        let mantissa = |cell: &str| {
            unsigned(cell)
                .split(['e', 'E'])
                .next()
                .unwrap_or_default()
                .to_owned()
        };
        let numbers = || {
            rows.iter()
                .flatten()
                .filter(|cell| self.numerals.parse(cell).is_some())
        };
        if !numbers().all(|cell| is_whole(&mantissa(cell))) {
            return None;
        }
        let betrays = |cell: &&String| {
            let digits = mantissa(cell);
            let padded = digits.len() > 1 && digits.starts_with('0');
            *cell == "-0" || padded || digits.len() > MOST_DIGITS
        };
        let both = || {
            has_both_commas(lines)
                .then(|| lines.last().map(|line| line.to_string()))
                .flatten()
        };
        numbers().find(betrays).cloned().or_else(both)
    }
}

/// Whether every line below the first has both commas followed by a blank and commas that are not.
fn has_both_commas(lines: &[&str]) -> bool {
    let below = if lines.len() > 1 { &lines[1..] } else { lines };
    below.iter().all(|line| {
        let after = line
            .match_indices(',')
            .filter_map(|(at, _)| line[at + 1..].chars().next());
        let (blank, other): (Vec<char>, Vec<char>) = after.partition(|c| c.is_whitespace());
        !blank.is_empty() && !other.is_empty()
    })
}

/// The first lines that are not blank. A cell of several lines makes one line of them.
fn sample(text: &str) -> Vec<&str> {
    let mut lines = Vec::new();
    let (mut start, mut end, mut quotes, mut gathered) = (0, 0, 0, 0);
    for line in text.split_inclusive('\n') {
        end += line.len();
        quotes += line.matches('"').count();
        gathered += 1;
        // A quote may also be a letter, so the gathering of lines has a limit.
        if quotes % 2 == 1 && gathered < SAMPLE && end < text.len() {
            continue;
        }
        let whole = text[start..end].trim_matches('\n');
        if !whole.trim().is_empty() {
            lines.push(whole);
        }
        if lines.len() == SAMPLE {
            break;
        }
        (start, quotes, gathered) = (end, 0, 0);
    }
    lines
}

fn delimiters(given: Delimiter) -> &'static [u8] {
    match given {
        Delimiter::Auto => b",;\t| ",
        Delimiter::Comma => b",",
        Delimiter::Semicolon => b";",
        Delimiter::Tab => b"\t",
        Delimiter::Bar => b"|",
        Delimiter::Space => b" ",
    }
}

fn decimals(given: Decimal) -> &'static [bool] {
    match given {
        Decimal::Auto => &[false, true],
        Decimal::Point => &[false],
        Decimal::Comma => &[true],
    }
}

/// The most frequent number; the largest one among equals.
pub(super) fn most_frequent(numbers: impl Iterator<Item = usize>) -> Option<usize> {
    let mut counts = std::collections::BTreeMap::new();
    numbers.for_each(|n| *counts.entry(n).or_insert(0usize) += 1);
    let most = counts.into_iter().max_by_key(|&(_, count)| count)?;
    Some(most.0)
}
