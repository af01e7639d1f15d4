//! Plain-text tables.

use std::fmt;

use textwrap::core::display_width;

use super::Page;

/// A table whose first column is text and whose other columns are numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    rows: Vec<Vec<String>>,
}

impl Table {
    /// An empty table with the titles of its columns.
    pub fn new<S: Into<String>>(header: impl IntoIterator<Item = S>) -> Self {
        Self {
            rows: vec![header.into_iter().map(Into::into).collect()],
        }
    }

    /// Adds a row.
    pub fn row<S: Into<String>>(&mut self, cells: impl IntoIterator<Item = S>) {
        self.rows.push(cells.into_iter().map(Into::into).collect());
    }

    /// The table in columns if the page is wide enough, else with one cell a line.
    pub fn on(&self, page: Page) -> String {
        let columns = self.to_string();
        if columns.lines().all(|line| page.holds(display_width(line))) {
            columns
        } else {
            self.narrow()
        }
    }

    /// One cell a line: each row under its first cell, each cell beside the title of its column.
    fn narrow(&self) -> String {
        let mut text = String::new();
        let Some((titles, rows)) = self.rows.split_first() else {
            return text;
        };
        for row in rows {
            text += &format!("{}\n", row[0].trim());
            for (title, cell) in titles.iter().zip(row).skip(1) {
                text += &match title.as_str() {
                    "" => format!("  {cell}\n"),
                    title => format!("  {title}: {cell}\n"),
                };
            }
        }
        text
    }
}

impl fmt::Display for Table {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let columns = self.rows.iter().map(Vec::len).max().unwrap_or(0);
        let width = |column: usize| {
            let cells = self.rows.iter().filter_map(|row| row.get(column));
            cells.map(|cell| display_width(cell)).max().unwrap_or(0)
        };
        let widths: Vec<usize> = (0..columns).map(width).collect();
        for (index, row) in self.rows.iter().enumerate() {
            let mut line = String::new();
            for (column, cell) in row.iter().enumerate() {
                let blank = " ".repeat(widths[column] - display_width(cell));
                line += &match column {
                    0 => format!("{cell}{blank}"),
                    _ => format!("  {blank}{cell}"),
                };
            }
            writeln!(f, "{}", line.trim_end())?;
            if index == 0 {
                let rule = widths.iter().sum::<usize>() + 2 * (columns - 1);
                writeln!(f, "{}", "-".repeat(rule))?;
            }
        }
        Ok(())
    }
}
