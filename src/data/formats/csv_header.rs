//! Whether the first line of a table is a header or a row.

use super::FormatError;
use super::cell::{Cell, Numerals, is_whole};
use super::csv_columns::{is_index_name, is_known_name};
use super::csv_lines::Line;

/// The least number of columns for which a line of consecutive whole numbers is not an accident.
const MANY_COLUMNS: usize = 10;
/// The least number of rows for which the range of a column is known. The second constant says how many ranges away a
/// number is far outside.
const MANY_ROWS: usize = 10;
const FAR: f64 = 3.0;

/// The kind of a first line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum First {
    Row,
    /// A header of names.
    Names,
    /// A header of names, some or all of which are numbers.
    Numbers,
}

/// The first line of a table, with some lines below it.
pub(super) struct Start<'a> {
    pub first: &'a Line,
    pub below: &'a [Line],
    /// The columns that are read.
    pub chosen: &'a [usize],
    pub numerals: Numerals,
}

impl Start<'_> {
    /// Decides whether the first line is a header. Words make a header if they are most of it. Numbers do if they
    /// count upwards in ten columns or more while all lines below have decimals.
    ///
    /// # Errors
    /// A line that may be a header or a row.
    pub(super) fn first(&self) -> Result<First, FormatError> {
        let of = |wanted: fn(Cell) -> bool| -> Vec<usize> {
            let chosen = self.chosen.iter().copied();
            chosen
                .filter(|&c| wanted(self.cell(self.first, c)))
                .collect()
        };
        let numbers = of(|cell| matches!(cell, Cell::Number(_) | Cell::NotFinite));
        let words = of(|cell| cell == Cell::Word);
        let gaps = of(|cell| matches!(cell, Cell::Missing | Cell::Bounded));
        let bounds = of(|cell| cell == Cell::Bounded);
        let empty = self.chosen.len() - numbers.len() - words.len() - gaps.len();
        match (numbers.len(), words.len(), gaps.len()) {
            (0, 0, 0) if self.names_others() => Ok(First::Names),
            (0, 0, _) => Ok(First::Row),
            (0, _, _) => match bounds.first() {
                Some(&column) => Err(self.doubt(&format!(
                    "column {column} is {:?} beside words",
                    self.text(column)
                ))),
                None => Ok(First::Names),
            },
            (_, 0, 0)
                if empty == 0 && self.all_whole(&numbers) && self.is_beside_names(&numbers) =>
            {
                Ok(First::Numbers)
            }
            (_, 0, 0) if empty == 0 => self.of_numbers(&numbers),
            (_, 0, 0) if self.over_an_index(&numbers) => Ok(First::Numbers),
            // A value is missing. The reader of the row will say so.
            (_, 0, _) => Ok(First::Row),
            _ => self.of_words_and_numbers(&words, &numbers, gaps.len()),
        }
    }

    /// The line has words beside numbers in the columns that are read.
    fn of_words_and_numbers(
        &self,
        words: &[usize],
        numbers: &[usize],
        gaps: usize,
    ) -> Result<First, FormatError> {
        let whole = self.all_whole(numbers);
        let over_numbers = words.iter().any(|&c| self.below_are_numbers(c));
        let named = over_numbers || whole && self.counts(numbers);
        if !named {
            return Ok(First::Row);
        }
        let indexed = words.iter().any(|&c| is_index_name(self.text(c)));
        let mostly_words =
            whole && (words.len() > numbers.len() || indexed && words.len() == numbers.len());
        let counted = self.counts(numbers) && (numbers.len() >= 3 || indexed);
        if gaps == 0 && over_numbers && (mostly_words || counted) {
            return Ok(First::Numbers);
        }
        let (word, number) = (words[0], numbers[0]);
        let why = format!(
            "column {word} is the word {:?}, and column {number} the number {}",
            self.text(word),
            self.text(number)
        );
        Err(self.doubt(&why))
    }

    /// The line has only numbers in the columns that are read.
    fn of_numbers(&self, columns: &[usize]) -> Result<First, FormatError> {
        let rows: Vec<&Line> = self.below.iter().collect();
        if rows.is_empty() {
            return Ok(First::Row);
        }
        let whole = self.all_whole(columns);
        let consecutive = whole && columns.len() > 1 && self.counts(columns);
        let has_decimals = |line: &&Line| columns.iter().any(|&c| !is_whole(&line.cells[c]));
        let only_decimals = |line: &&Line| columns.iter().all(|&c| !is_whole(&line.cells[c]));
        let many = columns.len() >= MANY_COLUMNS;
        if consecutive && many && rows.iter().all(has_decimals) {
            return Ok(First::Numbers);
        }
        let rises = |line: &Line| {
            let values: Vec<Option<f64>> = columns.iter().map(|&c| self.value(line, c)).collect();
            values
                .windows(2)
                .all(|pair| matches!(pair, [Some(a), Some(b)] if a < b))
        };
        let others_rise = 2 * rows.iter().filter(|line| rises(line)).count() >= rows.len();
        if consecutive && !others_rise && (many || rows.iter().all(only_decimals)) {
            return Err(self.doubt("its numbers count on from column to column"));
        }
        if many && rises(self.first) && !others_rise {
            return Err(
                self.doubt("its numbers rise from column to column, unlike those of other lines")
            );
        }
        if whole && columns.len() > 1 && rows.iter().all(only_decimals) {
            return Err(self.doubt("its numbers are whole, and all others have decimals"));
        }
        let alone = columns.len() == 1 && self.value(self.first, columns[0]) == Some(0.0);
        if alone && whole && rows.len() > 1 && rows.iter().all(only_decimals) {
            return Err(self.doubt("it is 0, as pandas calls a column without a name"));
        }
        let year = |value: Option<f64>| value.is_some_and(|year| (1800.0..=2100.0).contains(&year));
        let years = |line: &Line| columns.iter().all(|&c| year(self.value(line, c)));
        if whole
            && columns.len() > 1
            && rises(self.first)
            && years(self.first)
            && !rows.iter().any(|line| years(line))
        {
            return Err(self.doubt("its numbers are years"));
        }
        if self.is_far_outside(columns) {
            return Err(self.doubt("all of its numbers lie far outside those of their columns"));
        }
        Ok(First::Row)
    }

    /// Whether there are enough rows and columns to judge, and in every column that varies the first number is far
    /// outside of all others.
    fn is_far_outside(&self, columns: &[usize]) -> bool {
        let far = |&column: &usize| {
            let first = self.value(self.first, column)?;
            let values = self
                .below
                .iter()
                .filter_map(|line| self.value(line, column));
            let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| {
                (low.min(v), high.max(v))
            });
            let away = FAR * (high - low);
            (high > low).then_some(first < low - away || first > high + away)
        };
        let known: Vec<bool> = columns.iter().filter_map(far).collect();
        self.below.len() >= MANY_ROWS && known.len() > 1 && known.into_iter().all(|far| far)
    }

    /// Whether a column that is not read has a word above numbers, or a name that columns often have.
    fn names_others(&self) -> bool {
        let mut others = (0..self.first.cells.len()).filter(|column| !self.chosen.contains(column));
        others.any(|column| {
            let word = self.cell(self.first, column) == Cell::Word;
            word && (self.below_are_numbers(column) || is_known_name(self.text(column)))
        })
    }

    /// Whether these numbers stand beside names in columns that are not read; or beside an empty cell, as pandas
    /// writes columns without names, if they count upwards.
    fn is_beside_names(&self, numbers: &[usize]) -> bool {
        let corner = !self.chosen.contains(&0) && self.text(0).is_empty();
        self.names_others() || corner && self.below_are_numbers(0) && self.counts(numbers)
    }

    /// Whether the line is as pandas writes columns without names beside its index: an empty cell, then numbers that
    /// count upwards.
    fn over_an_index(&self, numbers: &[usize]) -> bool {
        let index = self.chosen[0];
        let others = numbers.len() + 1 == self.chosen.len();
        let nameless = self.text(index).is_empty() && self.below_are_numbers(index);
        let alone = numbers.len() == 1 && self.text(numbers[0]) != "0";
        others && nameless && !alone && self.all_whole(numbers) && self.counts(numbers)
    }

    /// Whether each number is one more than the number before it.
    fn counts(&self, columns: &[usize]) -> bool {
        let values: Vec<Option<f64>> = columns.iter().map(|&c| self.value(self.first, c)).collect();
        values
            .windows(2)
            .all(|pair| matches!(pair, [Some(a), Some(b)] if *b == a + 1.0))
    }

    fn all_whole(&self, columns: &[usize]) -> bool {
        columns.iter().all(|&column| is_whole(self.text(column)))
    }

    fn below_are_numbers(&self, column: usize) -> bool {
        let mut values = self.below.iter().map(|line| self.cell(line, column));
        values.any(|cell| matches!(cell, Cell::Number(_)))
    }

    fn text(&self, column: usize) -> &str {
        &self.first.cells[column]
    }

    fn cell(&self, line: &Line, column: usize) -> Cell {
        line.cells
            .get(column)
            .map_or(Cell::Empty, |text| self.numerals.cell(text))
    }

    fn value(&self, line: &Line, column: usize) -> Option<f64> {
        self.numerals.parse(line.cells.get(column)?)
    }

    fn doubt(&self, why: &str) -> FormatError {
        FormatError::DoubtfulHeader {
            line: self.first.number,
            why: why.to_owned(),
        }
    }
}
