//! Which columns of a table vary, and so count as dimensions.

use std::borrow::Cow;
use std::fmt;

use faer::{Col, Mat, MatRef};
use serde::Serialize;

use super::{DataError, ReadRows};

/// The columns that are not constant: they are the dimensions of a table.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Varying {
    columns: Vec<usize>,
    /// The number of columns of the table.
    width: usize,
}

impl Varying {
    /// Finds them.
    ///
    /// # Errors
    /// Rows that are all equal.
    pub fn of(rows: &ReadRows) -> Result<Self, DataError> {
        let mut varies = vec![false; rows.dim()];
        let first = rows.row(0);
        for i in 1..rows.count() {
            let row = rows.row(i);
            let pairs = row.iter().zip(first.iter());
            let differs = pairs.map(|(x, y)| x != y);
            varies.iter_mut().zip(differs).for_each(|(v, d)| *v |= d);
        }
        let columns: Vec<usize> = (0..rows.dim()).filter(|&j| varies[j]).collect();
        match (columns.is_empty(), rows.count()) {
            (true, 1) => Err(alike(
                "there is only one row, and a variance needs two".into(),
            )),
            (true, count) => Err(alike(format!("the {count} rows are all alike"))),
            (false, _) => Ok(Self {
                columns,
                width: rows.dim(),
            }),
        }
    }

    /// The number of columns that vary.
    pub fn dim(&self) -> usize {
        self.columns.len()
    }

    /// The number of constant columns.
    pub fn constant(&self) -> usize {
        self.width - self.dim()
    }

    /// The rows without the constant columns.
    pub fn chosen<'a>(&self, rows: &'a ReadRows) -> Cow<'a, ReadRows> {
        if self.constant() == 0 {
            return Cow::Borrowed(rows);
        }
        let width = self.width;
        let places =
            (0..rows.count()).flat_map(|i| self.columns.iter().map(move |j| i * width + j));
        Cow::Owned(ReadRows::new(rows.values().at(places), self.dim()))
    }

    /// A row of the table from its numbers in the columns that vary; the other numbers are those of `rest`.
    pub fn filled(&self, rest: &[f64], numbers: &Col<f64>) -> Col<f64> {
        let mut row = Col::from_fn(self.width, |j| rest[j]);
        for (k, &j) in self.columns.iter().enumerate() {
            row[j] = numbers[k];
        }
        row
    }

    /// Directions in the columns that vary, as directions in all columns, `[d, r]` to `[D, r]`: the other entries are
    /// 0.
    pub fn directions(&self, directions: MatRef<'_, f64>) -> Mat<f64> {
        let mut all = Mat::zeros(self.width, directions.ncols());
        for (k, &j) in self.columns.iter().enumerate() {
            all.row_mut(j).copy_from(directions.row(k));
        }
        all
    }
}

fn alike(problem: String) -> DataError {
    let problem = format!("{problem}: no direction has any variance");
    DataError::setting("data", problem)
}

/// The number of dimensions, and what was left out. Every command counts in this way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Dimensions {
    /// The dimension d.
    pub dim: usize,
    /// The number of directions that were dropped because their variance is small.
    pub dropped: usize,
    /// The number of constant columns, which are left out.
    pub constant: usize,
}

/// Such as `64 dimensions`, or `51 of 61 dimensions (10 of little or no variance dropped, 3 constant columns left
/// out)`.
impl fmt::Display for Dimensions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = |count: usize, word: &str| match count {
            1 => format!("1 {word}"),
            _ => format!("{count} {word}s"),
        };
        let mut left_out = Vec::new();
        let Self {
            dim,
            dropped,
            constant,
        } = *self;
        if dropped > 0 {
            left_out.push(format!("{dropped} of little or no variance dropped"));
            write!(f, "{dim} of {}", plural(dim + dropped, "dimension"))?;
        } else {
            f.write_str(&plural(dim, "dimension"))?;
        }
        if constant > 0 {
            left_out.push(format!("{} left out", plural(constant, "constant column")));
        }
        if left_out.is_empty() {
            Ok(())
        } else {
            write!(f, " ({})", left_out.join(", "))
        }
    }
}
