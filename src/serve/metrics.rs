//! `metrics.csv` of a run: its names, its last row, all of its rows.

use std::fs;
use std::path::Path;

use serde::{Serialize, Serializer};

use super::ends::Ends;

/// The most rows that are sent: more than a chart has pixels.
const MOST_ROWS: usize = 2000;

/// A number of a table. JSON has no infinite ones: they are written as words.
#[derive(Debug, Clone, Copy)]
pub(super) struct Number(pub f64);

impl PartialEq for Number {
    /// By bits, so that what is not a number equals itself.
    fn eq(&self, other: &Self) -> bool {
        self.0.to_bits() == other.0.to_bits()
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        match self.0 {
            f64::INFINITY => to.serialize_str("infinity"),
            f64::NEG_INFINITY => to.serialize_str("-infinity"),
            value if value.is_nan() => to.serialize_str("nan"),
            value => to.serialize_f64(value),
        }
    }
}

/// The names of the columns and the cells of the last row.
#[derive(Debug)]
pub(super) struct LastRow {
    columns: Vec<String>,
    cells: Vec<Option<Number>>,
}

impl LastRow {
    /// The last whole row; `None` if there is none yet.
    ///
    /// # Errors
    /// Says why the file is not the table of a run.
    pub(super) fn read(path: &Path) -> Result<Option<Self>, String> {
        let wrong = |what: &dyn std::fmt::Display| format!("metrics.csv: {what}");
        let ends = Ends::read(path).map_err(|error| wrong(&error))?;
        let Some(header) = ends.header else {
            return Ok(None);
        };
        let columns = columns(&header).map_err(|problem| wrong(&problem))?;
        let Some(last) = ends.last else {
            return Ok(None);
        };
        match cells(&last, columns.len()) {
            Some(cells) => Ok(Some(Self { columns, cells })),
            None => Err(wrong(&format!(
                "its last row is not {} numbers: {last:.80}",
                columns.len()
            ))),
        }
    }

    /// The cell of a column.
    pub(super) fn of(&self, name: &str) -> Option<Number> {
        let index = self.columns.iter().position(|column| column == name)?;
        self.cells[index]
    }
}

fn columns(header: &str) -> Result<Vec<String>, String> {
    let columns: Vec<String> = header.split(',').map(str::to_owned).collect();
    let has = |name: &str| columns.iter().any(|column| column == name);
    if columns[0] != "epoch" || !has("train_loss") {
        return Err(format!(
            "its first line has no columns epoch and train_loss, as those of a run have: {header:.80}"
        ));
    }
    Ok(columns)
}

/// The numbers of a row, which has an epoch; `None` if it is none.
fn cells(line: &str, count: usize) -> Option<Vec<Option<Number>>> {
    let cell = |text: &str| match text {
        "" => Some(None),
        text => text.parse().ok().map(|value| Some(Number(value))),
    };
    let cells: Vec<_> = line.split(',').map(cell).collect::<Option<_>>()?;
    (cells.len() == count && cells[0].is_some()).then_some(cells)
}

/// All rows of a table, column by column.
#[derive(Debug, Serialize)]
pub(super) struct Metrics {
    /// The names of the columns.
    columns: Vec<String>,
    /// The values of each column.
    values: Vec<Vec<Option<Number>>>,
    /// The number of rows in the file. Of more than 2000 some are left out.
    rows: usize,
    /// The number of rows that are no numbers.
    unreadable: usize,
}

impl Metrics {
    /// Reads the whole rows; a last one that is half-written is left out.
    ///
    /// # Errors
    /// Says why the file is not the table of a run.
    pub(super) fn read(path: &Path) -> Result<Self, String> {
        let bytes = fs::read(path).map_err(|error| format!("metrics.csv: {error}"))?;
        Self::of(&String::from_utf8_lossy(&bytes))
            .map_err(|problem| format!("metrics.csv: {problem}"))
    }

    fn of(text: &str) -> Result<Self, String> {
        let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
        let mut lines = whole.lines();
        let columns = match lines.next() {
            Some(header) => columns(header)?,
            None => Vec::new(),
        };
        let read: Vec<_> = lines.map(|line| cells(line, columns.len())).collect();
        let unreadable = read.iter().filter(|row| row.is_none()).count();
        let all: Vec<_> = read.into_iter().flatten().collect();
        let kept = evenly(all.len(), MOST_ROWS);
        let column = |index: usize| kept.iter().map(|&row| all[row][index]).collect();
        Ok(Self {
            values: (0..columns.len()).map(column).collect(),
            rows: all.len() + unreadable,
            columns,
            unreadable,
        })
    }
}

/// At most `most` of the numbers below `count`, evenly, with the first and the last.
fn evenly(count: usize, most: usize) -> Vec<usize> {
    match count {
        _ if count <= most => (0..count).collect(),
        _ => (0..most).map(|i| i * (count - 1) / (most - 1)).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_are_read_by_columns_and_a_row_that_is_half_written_is_left_out() {
        let read = Metrics::of("epoch,train_loss,test_loss\n0,1,inf\n1,0.5,\n2,0.2").unwrap();
        let json = serde_json::to_value(&read).unwrap();
        let expected = serde_json::json!({
            "columns": ["epoch", "train_loss", "test_loss"],
            "values": [[0.0, 1.0], [1.0, 0.5], ["infinity", null]],
            "rows": 2,
            "unreadable": 0,
        });
        assert_eq!(json, expected);
    }

    #[test]
    fn a_row_that_is_no_numbers_is_counted_and_the_others_are_shown() {
        let read = Metrics::of("epoch,train_loss\n0,1\n?,2\n2\n3,4\n").unwrap();
        assert_eq!((read.rows, read.unreadable), (4, 2));
        assert_eq!(read.values[0], [Some(Number(0.0)), Some(Number(3.0))]);
    }

    #[test]
    fn of_many_rows_the_first_and_the_last_are_kept() {
        let kept = evenly(123_457, MOST_ROWS);
        assert_eq!(kept.len(), MOST_ROWS);
        assert_eq!((kept[0], kept[MOST_ROWS - 1]), (0, 123_456));
        assert!(kept.windows(2).all(|pair| pair[0] < pair[1]));
        assert_eq!(evenly(3, MOST_ROWS), [0, 1, 2]);
    }

    #[test]
    fn a_table_of_another_program_is_refused() {
        assert!(Metrics::of("loss,step\n1,2\n").is_err());
    }
}
