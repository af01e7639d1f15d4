//! How to read a file that does not say so itself.

use std::fmt;
use std::ops::Range;
use std::str::FromStr;

use super::names::named;

/// What the user says about a file. By default everything is found out.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Reading {
    /// Whether the first line is a header.
    pub header: Header,
    /// What separates cells.
    pub delimiter: Delimiter,
    /// What begins the decimals.
    pub decimal: Decimal,
    /// What becomes of colours.
    pub color: Color,
}

/// Whether the first line of a table names its columns.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Header {
    /// The line decides. A line that may be a header or a row is refused.
    Auto,
    /// It is a header.
    Yes,
    /// It is a row.
    No,
}

named!(Header { "auto": Header::Auto, "yes": Header::Yes, "no": Header::No });

/// The separator between the cells of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Delimiter {
    /// The separator for which most cells are numbers.
    Auto,
    /// `,`
    Comma,
    /// `;`
    Semicolon,
    /// A tab.
    Tab,
    /// `|`
    Bar,
    /// One or more blanks.
    Space,
}

named!(Delimiter {
    "auto": Delimiter::Auto,
    ",": Delimiter::Comma,
    ";": Delimiter::Semicolon,
    "tab": Delimiter::Tab,
    "bar": Delimiter::Bar,
    "space": Delimiter::Space,
});

/// The mark before the decimals of a number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decimal {
    /// The mark for which most cells are numbers.
    Auto,
    /// A point. Then commas and blanks may separate thousands.
    Point,
    /// A comma. Then points and blanks may separate thousands.
    Comma,
}

named!(Decimal { "auto": Decimal::Auto, ".": Decimal::Point, ",": Decimal::Comma });

/// How colour pictures are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Color {
    /// As their luma.
    Grey,
    /// As red, green and blue of each pixel.
    Rgb,
}

named!(Color { "grey": Color::Grey, "rgb": Color::Rgb });

/// Columns of a table, counted from 0, in their order; at least one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Columns(Vec<Range<usize>>);

impl Columns {
    /// Columns in ascending order; `None` if there are none, or if their order is not ascending.
    pub fn of(columns: impl IntoIterator<Item = usize>) -> Option<Self> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for column in columns {
            match ranges.last_mut() {
                Some(last) if last.end > column => return None,
                Some(last) if last.end == column => last.end += 1,
                _ => ranges.push(column..column + 1),
            }
        }
        (!ranges.is_empty()).then_some(Self(ranges))
    }

    /// The columns in ascending order.
    pub fn iter(&self) -> impl Iterator<Item = usize> {
        self.0.iter().cloned().flatten()
    }

    /// One more than the last column.
    pub fn end(&self) -> usize {
        self.0.last().map_or(0, |range| range.end)
    }
}

impl FromStr for Columns {
    type Err = ();

    /// Reads `0..4`, or several such ranges and single columns, separated by commas, in ascending order.
    fn from_str(text: &str) -> Result<Self, ()> {
        let mut ranges: Vec<Range<usize>> = Vec::new();
        for part in text.split(',') {
            let number = |text: &str| text.trim().parse::<usize>().map_err(|_| ());
            let range = match part.split_once("..") {
                Some((start, end)) => number(start)?..number(end)?,
                None => number(part)?..number(part)?.checked_add(1).ok_or(())?,
            };
            if range.is_empty() || ranges.last().is_some_and(|last| last.end > range.start) {
                return Err(());
            }
            ranges.push(range);
        }
        Ok(Self(ranges))
    }
}

impl fmt::Display for Columns {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Range { start, end }) in self.0.iter().enumerate() {
            let comma = if index > 0 { "," } else { "" };
            write!(f, "{comma}{start}..{end}")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_written_as_they_are_read() {
        for text in ["0..4", "0..5,6..13", "1..2,3..4"] {
            assert_eq!(text.parse::<Columns>().unwrap().to_string(), text);
        }
        let single: Columns = "0, 2..4".parse().unwrap();
        assert_eq!(single.iter().collect::<Vec<_>>(), [0, 2, 3]);
        assert_eq!(Columns::of([0, 2, 3]), Some(single));
        assert_eq!(Columns::of([3, 1]), None);
        assert_eq!(Columns::of([1, 1]), None);
        for wrong in [
            "",
            "4..4",
            "4..2",
            "0..3,2..5",
            "3,1",
            "a..b",
            "0..",
            "-1..3",
        ] {
            assert!(wrong.parse::<Columns>().is_err(), "{wrong}");
        }
    }
}
