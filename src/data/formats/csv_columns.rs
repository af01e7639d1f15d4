//! Columns of a table that are not coordinates: row numbers and labels.

use std::collections::HashSet;

use super::FormatError;
use crate::config::Columns;

/// Names that programs and people give to row numbers. In pandas and R they may also have no name.
const INDEX: [&str; 19] = [
    "id",
    "ids",
    "index",
    "idx",
    "row",
    "rows",
    "rowid",
    "row_id",
    "row.id",
    "rowname",
    "rownames",
    "row_names",
    "row.names",
    "no",
    "no.",
    "nr",
    "nr.",
    "#",
    "...1",
];
const LABEL: [&str; 14] = [
    "label",
    "labels",
    "class",
    "classes",
    "target",
    "targets",
    "category",
    "species",
    "cluster",
    "y",
    "y_true",
    "ground_truth",
    "is_anomaly",
    "outcome",
];
/// A label has at most this many values, each of them often.
const MOST_VALUES: usize = 30;
const LEAST_REPEATS: usize = 3;
/// The least number of rows for which counting is not an accident.
const MANY_ROWS: usize = 10;

pub(super) fn is_index_name(name: &str) -> bool {
    let name = name.to_lowercase();
    INDEX.contains(&name.as_str()) || name.starts_with("unnamed:") || name.starts_with("level_")
}

fn is_label_name(name: &str) -> bool {
    LABEL.contains(&name.to_lowercase().as_str())
}

pub(super) fn is_known_name(name: &str) -> bool {
    is_index_name(name) || is_label_name(name)
}

/// The numbers of a table whose columns were not chosen by the user.
pub(super) struct Numbers<'a> {
    /// The numbers `[rows, columns]`, row-major.
    pub values: &'a [f64],
    /// The number of each column in the file.
    pub columns: &'a [usize],
    /// The names of all columns of the file, if they have names.
    pub names: Option<&'a [String]>,
}

impl Numbers<'_> {
    /// The positions of columns that number the rows. They are known by their name, and hold whole numbers, each
    /// once.
    ///
    /// # Errors
    /// Columns that may or may not number the rows.
    pub(super) fn row_numbers(&self) -> Result<Vec<usize>, FormatError> {
        let mut found = Vec::new();
        if self.columns.len() == 1 {
            return Ok(found);
        }
        for (place, &column) in self.columns.iter().enumerate() {
            let name = self.name(place);
            let once = self.is_whole(place) && self.distinct(place) == self.rows();
            let nameless = self.names.is_some() && name.is_empty();
            if (nameless || is_index_name(name)) && once {
                found.push(place);
            } else if nameless && column == 0 {
                return Err(
                    self.doubt(place, "has no name, as row numbers and row names have none")
                );
            } else if self.names.is_none() && column == 0 && self.may_number_the_rows(place) {
                return Err(self.doubt(place, "seems to number the rows"));
            }
        }
        // No other column would remain.
        if found.len() == self.columns.len() {
            found.clear();
        }
        Ok(found)
    }

    /// A note on columns that look like labels, and how to leave them out.
    pub(super) fn note_of_labels(&self) -> Option<String> {
        if self.columns.len() == 1 {
            return None;
        }
        let axes = |name: &str| {
            self.names
                .is_some_and(|names| names.iter().any(|n| n.eq_ignore_ascii_case(name)))
        };
        let named = |place: usize| {
            let name = self.name(place);
            // A `y` beside x or z is a coordinate.
            is_label_name(name) && !(name.eq_ignore_ascii_case("y") && (axes("x") || axes("z")))
        };
        let (mut few, mut decimals) = (Vec::new(), 0);
        for place in 0..self.columns.len() {
            match self.is_whole(place) {
                true if self.repeats(place) => few.push(place),
                true => {}
                false => decimals += 1,
            }
        }
        // If many columns are so, it is the nature of these data.
        let beside_decimals = few.len() <= 2 && decimals > few.len();
        let is_label = |place: &usize| named(*place) || beside_decimals && few.contains(place);
        let labels: Vec<usize> = (0..self.columns.len()).filter(is_label).collect();
        let left = Columns::of(
            (0..self.columns.len())
                .filter(|p| !labels.contains(p))
                .map(|p| self.columns[p]),
        )?;
        let told: Vec<String> = labels.iter().map(|&place| self.told(place)).collect();
        let (look, them) = match told.len() {
            0 => return None,
            1 => ("looks like a label and is read as a coordinate", "it"),
            _ => ("look like labels and are read as coordinates", "them"),
        };
        Some(format!(
            "{} {look}; leave {them} out with --set data.columns={left}",
            told.join(", ")
        ))
    }

    /// A note on a named column that seems to number the rows but is read.
    pub(super) fn note_of_row_numbers(&self) -> Option<String> {
        let place = (0..self.columns.len()).find(|&place| self.may_number_the_rows(place))?;
        let left = self.without(place)?;
        Some(format!(
            "{} seems to number the rows and is read as a coordinate; leave it out with --set data.columns={left}",
            self.told(place)
        ))
    }

    /// Whether a column counts upwards from row to row, or is the only column of whole numbers, each of them once.
    fn may_number_the_rows(&self, place: usize) -> bool {
        if self.rows() < MANY_ROWS || !self.is_whole(place) {
            return false;
        }
        let mut others = (0..self.columns.len()).filter(|&other| other != place);
        self.counts(place)
            || self.distinct(place) == self.rows() && !others.any(|other| self.is_whole(other))
    }

    /// A column in words: `column 3 ("label")`.
    pub(super) fn told(&self, place: usize) -> String {
        let column = self.columns[place];
        match self.name(place) {
            "" if self.names.is_some() => format!("column {column} (without a name)"),
            "" => format!("column {column}"),
            name => format!("column {column} (\"{name}\")"),
        }
    }

    fn doubt(&self, place: usize, why: &str) -> FormatError {
        let written =
            |columns: Option<Columns>| columns.map_or_else(String::new, |c| c.to_string());
        FormatError::DoubtfulColumn {
            column: self.columns[place],
            why: why.to_owned(),
            without: written(self.without(place)),
            with: written(Columns::of(self.columns.iter().copied())),
        }
    }

    fn without(&self, place: usize) -> Option<Columns> {
        let column = self.columns[place];
        Columns::of(self.columns.iter().copied().filter(|&c| c != column))
    }

    fn name(&self, place: usize) -> &str {
        self.names.map_or("", |names| &names[self.columns[place]])
    }

    fn rows(&self) -> usize {
        self.values.len() / self.columns.len()
    }

    fn column(&self, place: usize) -> impl Iterator<Item = f64> + '_ {
        self.values
            .iter()
            .copied()
            .skip(place)
            .step_by(self.columns.len())
    }

    fn is_whole(&self, place: usize) -> bool {
        self.column(place).all(|value| value.fract() == 0.0)
    }

    fn distinct(&self, place: usize) -> usize {
        let bits: HashSet<u64> = self.column(place).map(f64::to_bits).collect();
        bits.len()
    }

    /// Whether the column has few values, each of them often.
    fn repeats(&self, place: usize) -> bool {
        let mut values = HashSet::new();
        let few = self.column(place).all(|value| {
            values.insert(value.to_bits());
            values.len() <= MOST_VALUES
        });
        few && values.len() > 1 && values.len() * LEAST_REPEATS <= self.rows()
    }

    /// Whether the column rises by one from row to row.
    fn counts(&self, place: usize) -> bool {
        let next = self.column(place).skip(1);
        self.column(place)
            .zip(next)
            .all(|(value, next)| next == value + 1.0)
    }
}
