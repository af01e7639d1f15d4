//! Tables in text files.

use super::cell::{Numerals, is_missing};
use super::csv_columns::Numbers;
use super::csv_lines::{Line, Lines};
use super::csv_opening::{Opening, Shape};
use super::dialect::Dialect;
use super::text::{Comment, decode, without_comments};
use super::{Choice, FormatError};
use crate::config::{Columns, Delimiter};

/// The chosen cells of a table.
#[derive(Debug, Clone, PartialEq)]
pub struct Cells {
    /// The numbers `[rows, columns]`, row-major.
    pub values: Vec<f64>,
    /// The number of columns.
    pub columns: usize,
    /// The cells of the group column, by row.
    pub groups: Option<Vec<String>>,
    /// The names of the columns, if they have names.
    pub names: Option<Vec<String>>,
    /// Notes: what was left out, and what may have been misread.
    pub notes: Vec<String>,
}

/// Reads a table with or without a header. Cells are separated by commas, semicolons, tabs, bars or blanks. Blank
/// lines and comments (`#`, `%`) are skipped. Columns that are not coordinates (row numbers, row names, blank
/// columns) are left out, unless the user chose columns. Only columns that are read must hold numbers.
///
/// # Errors
/// A line with another number of cells than the first. In a column that is read: a missing value, a word, or a number
/// that is not finite; with line and column. Columns that do not exist. Whatever can be read in two ways, with the
/// options that decide.
pub fn read_csv(bytes: &[u8], choice: Choice<'_>) -> Result<Cells, FormatError> {
    let text = decode(bytes)?;
    let (text, comments) = without_comments(&text);
    let (text, mut reading, mut notes) = (text.as_ref(), choice.reading, Vec::new());
    let text = match named_delimiter(text) {
        Some((delimiter, rest)) if reading.delimiter == Delimiter::Auto => {
            reading.delimiter = delimiter;
            rest
        }
        Some((_, rest)) => rest,
        None => text,
    };
    let dialect = Dialect::of(text, reading)?;
    let text = dialect.blanks_for_tabs(text);
    let mut lines = Lines::new(&text, dialect);
    let mut start = Opening::read(&mut lines, choice, comments.len())?;
    start.tell(dialect, reading, &mut notes);
    let names = start.names(&comments, dialect);
    let mut table = Table::new(start.shape, dialect.numerals, choice.group);
    for line in start.rows {
        table.push(&line)?;
    }
    while let Some(line) = lines.next() {
        table.push(&line)?;
    }
    if table.values.is_empty() {
        let header = start.header;
        return Err(FormatError::NoRows {
            header,
            comments: comments.len(),
        });
    }
    table.tell(&comments, &mut notes);
    let mut columns = table.shape.chosen.clone();
    if choice.columns.is_none() {
        let numbers = Numbers {
            values: &table.values,
            columns: &columns,
            names: names.as_deref(),
        };
        let out = numbers.row_numbers()?;
        notes
            .extend(out.iter().map(|&place| {
                format!("{} numbers the rows, and is left out", numbers.told(place))
            }));
        leave_out(&mut table.values, &mut columns, &out);
        let numbers = Numbers {
            values: &table.values,
            columns: &columns,
            names: names.as_deref(),
        };
        notes.extend(numbers.note_of_labels());
        notes.extend(numbers.note_of_row_numbers().filter(|_| names.is_some()));
    }
    Ok(Cells {
        values: table.values,
        names: names.map(|names| columns.iter().map(|&c| names[c].clone()).collect()),
        columns: columns.len(),
        groups: choice.group.map(|_| table.groups),
        notes,
    })
}

/// The first line that Excel writes, such as `sep=;`, and the text after it. That line is left empty, so that lines
/// are still counted correctly.
fn named_delimiter(text: &str) -> Option<(Delimiter, &str)> {
    let (first, _) = text.split_once('\n')?;
    let name = first.trim_matches(['"', ' ']).strip_prefix("sep=")?;
    let delimiter = match name {
        "," => Delimiter::Comma,
        ";" => Delimiter::Semicolon,
        "\t" => Delimiter::Tab,
        "|" => Delimiter::Bar,
        _ => return None,
    };
    Some((delimiter, &text[first.len()..]))
}

/// Removes columns by their positions.
fn leave_out(values: &mut Vec<f64>, columns: &mut Vec<usize>, out: &[usize]) {
    let width = columns.len();
    let mut index = 0..;
    values.retain(|_| !out.contains(&(index.next().unwrap_or_default() % width)));
    let mut place = 0..;
    columns.retain(|_| !out.contains(&place.next().unwrap_or_default()));
}

/// A table that has been read.
struct Table {
    shape: Shape,
    numerals: Numerals,
    group: Option<usize>,
    values: Vec<f64>,
    groups: Vec<String>,
    /// Lines whose cells are all empty.
    empty: Vec<u64>,
}

impl Table {
    fn new(shape: Shape, numerals: Numerals, group: Option<usize>) -> Self {
        Self {
            shape,
            numerals,
            group,
            values: Vec::new(),
            groups: Vec::new(),
            empty: Vec::new(),
        }
    }

    fn push(&mut self, line: &Line) -> Result<(), FormatError> {
        let (got, expected) = (line.cells.len(), self.shape.width);
        if line.is_empty() {
            self.empty.push(line.number);
            return Ok(());
        }
        if got != expected {
            return Err(FormatError::Ragged {
                line: line.number,
                expected,
                got,
            });
        }
        if let Some(column) = line.cells.iter().position(|cell| cell.contains('\n')) {
            return Err(FormatError::ManyLines {
                line: line.number,
                column,
            });
        }
        if let Some(&column) = self.shape.blank.iter().find(|&&c| !line.is_blank(c)) {
            let text = line.cells[column].clone();
            return Err(FormatError::NotBlank {
                line: line.number,
                column,
                text,
            });
        }
        for &column in &self.shape.chosen {
            let number = self
                .numerals
                .number(&line.cells[column], line.number, column);
            self.values
                .push(number.map_err(|error| self.with_columns(error, line))?);
        }
        if let Some(column) = self.group {
            let name = &line.cells[column];
            if is_missing(name) {
                let text = name.clone();
                return Err(FormatError::Missing {
                    line: line.number,
                    column,
                    text,
                });
            }
            self.groups.push(name.clone());
        }
        Ok(())
    }

    /// Adds to an error about a word where a number should be: how to leave out all words of its line.
    fn with_columns(&self, error: FormatError, line: &Line) -> FormatError {
        let FormatError::NotANumber {
            line: number,
            column,
            text,
            hint,
        } = error
        else {
            return error;
        };
        let chosen = || self.shape.chosen.iter().copied();
        let is_number = |&column: &usize| self.numerals.parse(&line.cells[column]).is_some();
        let hint = match (hint.as_str(), Columns::of(chosen().filter(is_number))) {
            ("", Some(columns)) => {
                format!("; columns of words are left out with --set data.columns={columns}")
            }
            ("", None) if chosen().len() > 1 => {
                "; no cell of this line is one: remove it, or begin it with #".to_owned()
            }
            _ => hint,
        };
        FormatError::NotANumber {
            line: number,
            column,
            text,
            hint,
        }
    }

    fn tell(&self, comments: &[Comment], notes: &mut Vec<String>) {
        let listed = |lines: &[u64]| {
            let first: Vec<String> = lines.iter().take(5).map(u64::to_string).collect();
            let more = if lines.len() > 5 { ", ..." } else { "" };
            format!("{}{more}", first.join(", "))
        };
        let lines: Vec<u64> = comments.iter().map(|comment| comment.line).collect();
        if !lines.is_empty() {
            notes.push(format!(
                "{} passed over as comments: {}",
                counted(lines.len(), "line"),
                listed(&lines)
            ));
        }
        if !self.empty.is_empty() {
            notes.push(format!(
                "{} of empty cells passed over: {}",
                counted(self.empty.len(), "line"),
                listed(&self.empty)
            ));
        }
    }
}

pub(super) fn counted(count: usize, what: &str) -> String {
    match count {
        1 => format!("1 {what}"),
        _ => format!("{count} {what}s"),
    }
}
