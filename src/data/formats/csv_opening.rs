//! The first lines of a table, and what they say about the rest.

use super::cell::{Numerals, is_whole};
use super::csv_header::{First, Start};
use super::csv_lines::{Line, Lines};
use super::dialect::{Dialect, most_frequent};
use super::text::Comment;
use super::{Choice, FormatError};
use crate::config::{Columns, Delimiter, Header, Reading};

/// How many lines below the first are examined before the rows are read.
const LOOKED_AT: usize = 200;

/// The width of a table, and which parts of it are read.
pub(super) struct Shape {
    pub(super) width: usize,
    pub(super) chosen: Vec<usize>,
    /// Columns that have nothing but a name.
    pub(super) blank: Vec<usize>,
    /// Whether the first column holds row names, for which the header has no name.
    pub(super) row_names: bool,
}

/// The first lines of a table, and what they say.
pub(super) struct Opening {
    pub(super) shape: Shape,
    pub(super) header: bool,
    /// The cells of the header.
    names: Option<Vec<String>>,
    first: First,
    first_line: u64,
    pub(super) rows: Vec<Line>,
    trailing: bool,
}

impl Opening {
    pub(super) fn read(
        lines: &mut Lines<'_>,
        choice: Choice<'_>,
        comments: usize,
    ) -> Result<Self, FormatError> {
        let numerals = lines.dialect.numerals;
        let none = || FormatError::NoRows {
            header: false,
            comments,
        };
        let mut first = lines.next().ok_or_else(none)?;
        let first_line = first.number;
        let mut rows: Vec<Line> = std::iter::from_fn(|| lines.next())
            .take(LOOKED_AT)
            .collect();
        let lengths = rows.iter().map(|line| line.cells.len());
        let below = most_frequent(lengths).unwrap_or(first.cells.len());
        let of_width = |line: &&Line| line.cells.len() == below;
        let last_empty = rows
            .iter()
            .filter(of_width)
            .all(|line| line.cells[below - 1].is_empty());
        let mut row_names = false;
        if below == first.cells.len() + 1 && below > 1 {
            if last_empty {
                first.cells.push(String::new());
            } else if are_row_names(rows.iter().filter(of_width), numerals)
                && !first.has_numbers(numerals)
            {
                first.cells.insert(0, String::new());
                row_names = true;
            }
        }
        let width = first.cells.len();
        let trailing = last_empty && width > 1 && first.is_blank(width - 1);
        let blank = match choice.columns {
            Some(_) => Vec::new(),
            None => blank_columns(&first, &rows),
        };
        let mut chosen = chosen_columns(width, choice.columns, choice.group)?;
        let given = choice.columns.is_some();
        chosen.retain(|c| !blank.contains(c) && (given || !row_names || *c != 0));
        let below: Vec<Line> = rows
            .iter()
            .filter(|row| row.cells.len() == width && !row.is_empty())
            .cloned()
            .collect();
        let told = match (choice.reading.header, row_names) {
            (Header::No, false) => First::Row,
            (Header::Auto, false) => Start {
                first: &first,
                below: &below,
                chosen: &chosen,
                numerals,
            }
            .first()?,
            _ => First::Names,
        };
        let header = told != First::Row;
        let names = header.then(|| first.cells.clone());
        if !header {
            rows.insert(0, first);
        }
        Ok(Self {
            shape: Shape {
                width,
                chosen,
                blank,
                row_names,
            },
            header,
            names,
            first: told,
            first_line,
            rows,
            trailing,
        })
    }

    /// The names of all columns: from the header, or from a comment right above the rows.
    pub(super) fn names(&mut self, comments: &[Comment], dialect: Dialect) -> Option<Vec<String>> {
        let of_comment = || {
            let above = comments
                .iter()
                .rfind(|comment| comment.line < self.first_line)?;
            let names = dialect.split(&above.text);
            (names.len() == self.shape.width && names.len() > 1).then_some(names)
        };
        self.names.take().or_else(of_comment)
    }

    pub(super) fn tell(&self, dialect: Dialect, reading: Reading, notes: &mut Vec<String>) {
        if self.first == First::Numbers {
            notes.push(format!(
                "line {} is read as a header, though it has numbers; --set data.header=no makes it a row",
                self.first_line
            ));
        }
        if dialect.numerals.comma && !dialect.numerals.given {
            notes.push(
                "numbers are read with decimal commas; --set data.decimal=. reads them otherwise"
                    .to_owned(),
            );
        }
        if dialect.delimiter == b'|' && reading.delimiter == Delimiter::Auto {
            notes.push("cells are parted by bars (data.delimiter)".to_owned());
        }
        if self.shape.row_names {
            notes.push("the header is one cell shorter than the rows: column 0 holds their names, and is left out".to_owned());
        }
        // A delimiter at the end of every line does not make a column.
        let last = [self.shape.width - 1];
        let ends = self.trailing && self.shape.blank == last;
        if !self.shape.blank.is_empty() && !ends {
            let blank: Vec<String> = self.shape.blank.iter().map(usize::to_string).collect();
            notes.push(format!(
                "nothing stands in column {}, which is left out",
                blank.join(", ")
            ));
        }
    }
}

/// Whether the first cells of rows are names, as R writes them under a header that has none for them: text, or whole
/// numbers.
fn are_row_names<'a>(mut rows: impl Iterator<Item = &'a Line>, numerals: Numerals) -> bool {
    rows.all(|row| numerals.parse(&row.cells[0]).is_none() || is_whole(&row.cells[0]))
}

/// The columns in which the first line and all rows are blank.
fn blank_columns(first: &Line, rows: &[Line]) -> Vec<usize> {
    let is_blank = |c: &usize| first.is_blank(*c) && rows.iter().all(|row| row.is_blank(*c));
    (0..first.cells.len()).filter(is_blank).collect()
}

/// The columns that are read, in the order of the file.
pub(crate) fn chosen_columns(
    width: usize,
    columns: Option<&Columns>,
    group: Option<usize>,
) -> Result<Vec<usize>, FormatError> {
    let refuse = |key, value| {
        let last = width - 1;
        Err(FormatError::Columns { key, value, last })
    };
    match (columns, group) {
        (Some(columns), _) if columns.end() > width => refuse("data.columns", columns.to_string()),
        (_, Some(group)) if group >= width => refuse("data.group", group.to_string()),
        (Some(columns), _) => Ok(columns.iter().collect()),
        // A table that has only its group column.
        (None, Some(group)) if width == 1 => refuse("data.group", group.to_string()),
        (None, group) => Ok((0..width).filter(|column| Some(*column) != group).collect()),
    }
}
