//! Tables as text.

use csv::{ByteRecord, ReaderBuilder};

use super::FormatError;
use super::csv_header::{is_header, is_missing, number};
use crate::config::Columns;

/// The chosen cells of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// `[rows, columns]`, row-major
    pub values: Vec<f64>,
    pub columns: usize,
    /// What stands in the group column, by row.
    pub groups: Option<Vec<String>>,
}

/// Reads a table with or without a header, its cells parted by commas, semicolons, tabs or, where there are none of
/// these, blanks; blank lines are passed over. Numbers are needed in the columns `columns` (of none given: all but
/// the `group`) only.
///
/// A first line is a header if it has a word in a chosen column, or one where the next line has a number.
///
/// # Errors
/// Lines of other lengths than the first; in a chosen column a missing value, a word, or a number that is not
/// finite: with line and column. Columns that there are not. A column of row numbers, where no columns were chosen.
pub fn read_csv(
    bytes: &[u8],
    columns: Option<Columns>,
    group: Option<usize>,
) -> Result<Cells, FormatError> {
    if let Some(byte) = bytes.iter().position(|b| *b == 0) {
        return Err(FormatError::Unknown { byte });
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = Lines::new(bytes);
    let first = lines.next()?.ok_or(FormatError::NoRows { header: false })?;
    let second = lines.next()?;
    let width = first.cells.len();
    let chosen = chosen_columns(width, columns, group)?;
    let header = is_header(
        &first.cells,
        second.as_ref().map(|line| &line.cells[..]),
        &chosen,
    );
    let nameless = header && first.cells[0].is_empty();
    let mut table = Table {
        width,
        chosen,
        group,
        values: Vec::new(),
        groups: Vec::new(),
    };
    if !header {
        table.push(&first)?;
    }
    let mut next = second;
    while let Some(line) = next {
        table.push(&line)?;
        next = lines.next()?;
    }
    if table.values.is_empty() {
        return Err(FormatError::NoRows { header });
    }
    if nameless && columns.is_none() && table.first_column_counts() {
        return Err(FormatError::RowNumbers { width });
    }
    Ok(Cells {
        values: table.values,
        columns: table.chosen.len(),
        groups: group.map(|_| table.groups),
    })
}

/// What has been read of a table.
struct Table {
    width: usize,
    chosen: Vec<usize>,
    group: Option<usize>,
    values: Vec<f64>,
    groups: Vec<String>,
}

impl Table {
    fn push(&mut self, line: &Line) -> Result<(), FormatError> {
        let got = line.cells.len();
        if got != self.width {
            return Err(FormatError::Ragged {
                line: line.number,
                expected: self.width,
                got,
            });
        }
        for &column in &self.chosen {
            self.values
                .push(number(&line.cells[column], line.number, column)?);
        }
        if let Some(column) = self.group {
            let name = &line.cells[column];
            if is_missing(name) {
                return Err(FormatError::Missing {
                    line: line.number,
                    column,
                    text: name.clone(),
                });
            }
            self.groups.push(name.clone());
        }
        Ok(())
    }

    /// Whether the first chosen column goes up by one from row to row.
    fn first_column_counts(&self) -> bool {
        let first: Vec<f64> = self
            .values
            .iter()
            .copied()
            .step_by(self.chosen.len())
            .collect();
        self.chosen.first() == Some(&0) && first.windows(2).all(|pair| pair[1] == pair[0] + 1.0)
    }
}

/// A line that is not blank.
struct Line {
    /// From 1.
    number: u64,
    cells: Vec<String>,
}

/// The lines of a table that are not blank.
struct Lines<'a> {
    bytes: &'a [u8],
    reader: csv::Reader<&'a [u8]>,
    delimiter: u8,
    record: ByteRecord,
}

impl<'a> Lines<'a> {
    fn new(bytes: &'a [u8]) -> Self {
        let delimiter = delimiter(bytes);
        let mut builder = ReaderBuilder::new();
        builder
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter);
        Self {
            bytes,
            reader: builder.from_reader(bytes),
            delimiter,
            record: ByteRecord::new(),
        }
    }

    fn next(&mut self) -> Result<Option<Line>, FormatError> {
        loop {
            let read = self.reader.read_byte_record(&mut self.record);
            // Of bytes in memory, and with lines of any length, nothing can fail.
            if !read.map_err(|_| FormatError::Unknown { byte: 0 })? {
                return Ok(None);
            }
            let cells = self.record.iter().map(text);
            let cells: Vec<String> = match self.delimiter {
                b' ' => cells.filter(|cell| !cell.is_empty()).collect(),
                _ => cells.collect(),
            };
            // A line of blanks is one empty cell, or none.
            if cells.len() > 1 || cells.first().is_some_and(|cell| !cell.is_empty()) {
                let number = self.number();
                return Ok(Some(Line { number, cells }));
            }
        }
    }

    /// The line of the record, whose own position is that of the blank lines before it.
    fn number(&self) -> u64 {
        let Some(position) = self.record.position() else {
            return 0;
        };
        let before = &self.bytes[position.byte() as usize..];
        let blank = before.iter().take_while(|b| matches!(b, b'\n' | b'\r'));
        position.line() + blank.filter(|b| **b == b'\n').count() as u64
    }
}

/// A cell without the blanks around it, as UTF-8 or else as Latin-1, in which every byte is a letter.
fn text(cell: &[u8]) -> String {
    match std::str::from_utf8(cell) {
        Ok(text) => text.trim().to_owned(),
        Err(_) => {
            let text: String = cell.iter().copied().map(char::from).collect();
            text.trim().to_owned()
        }
    }
}

/// The one of `,;` and tab that the first line has most of; without any, blanks if the first two lines have them.
fn delimiter(bytes: &[u8]) -> u8 {
    let lines = bytes.split(|b| *b == b'\n').map(<[u8]>::trim_ascii);
    let mut lines = lines.filter(|line| !line.is_empty());
    let (first, second) = (lines.next().unwrap_or_default(), lines.next());
    let count = |delimiter| first.iter().filter(|b| **b == delimiter).count();
    // Of equals the last wins: the comma.
    let most = b"\t;,"
        .iter()
        .copied()
        .max_by_key(|d| count(*d))
        .unwrap_or(b',');
    let blanks = |line: &[u8]| line.contains(&b' ');
    match count(most) == 0 && blanks(first) && second.is_none_or(blanks) {
        true => b' ',
        false => most,
    }
}

fn chosen_columns(
    width: usize,
    columns: Option<Columns>,
    group: Option<usize>,
) -> Result<Vec<usize>, FormatError> {
    check_columns(width, columns, group)?;
    let Columns { start, end } = columns.unwrap_or(Columns {
        start: 0,
        end: width,
    });
    let kept = |column: &usize| columns.is_some() || Some(*column) != group;
    let chosen: Vec<usize> = (start..end).filter(kept).collect();
    match chosen.is_empty() {
        // A table of nothing but its groups.
        true => Err(FormatError::Columns {
            key: "data.group",
            value: group.unwrap_or_default().to_string(),
            last: width - 1,
        }),
        false => Ok(chosen),
    }
}

/// Refuses columns that there are not, of `width`.
pub(in crate::data) fn check_columns(
    width: usize,
    columns: Option<Columns>,
    group: Option<usize>,
) -> Result<(), FormatError> {
    let refuse = |key, value| {
        let last = width - 1;
        Err(FormatError::Columns { key, value, last })
    };
    match (columns, group) {
        (Some(Columns { start, end }), _) if end > width || start >= end => {
            refuse("data.columns", format!("\"{start}..{end}\""))
        }
        (_, Some(group)) if group >= width => refuse("data.group", group.to_string()),
        _ => Ok(()),
    }
}
