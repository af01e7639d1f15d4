//! Files of samples: which formats there are, and how numbers are written.

use std::ffi::OsStr;
use std::path::Path;

use crate::data::{Rows, write_npy, write_npy_f32};
use crate::run::RunError;

/// The format of a file of samples, by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Format {
    Npy,
    Csv,
    Png,
}

impl Format {
    /// A name without an ending means `.npy`. The 5 of `tau=1.5` is not an ending.
    pub fn of(path: &Path) -> Result<Self, RunError> {
        let digits = |ending: &&OsStr| ending.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        let Some(ending) = path.extension().filter(|ending| !digits(ending)) else {
            return Ok(Self::Npy);
        };
        let known = [("npy", Self::Npy), ("csv", Self::Csv), ("png", Self::Png)];
        let found = known
            .into_iter()
            .find(|(name, _)| ending.eq_ignore_ascii_case(name));
        found.map(|(_, format)| format).ok_or_else(|| {
            let path = path.display();
            RunError::Invalid(format!(
                "--out {path}: the ending says what is written: .npy, .csv, or .png for a picture"
            ))
        })
    }
}

/// Writes rows as numbers.
pub(super) fn write_numbers(format: Format, path: &Path, rows: &Rows) -> Result<(), RunError> {
    let written = match format {
        Format::Csv => std::fs::write(path, csv(rows)),
        _ if single(rows) => write_npy_f32(path, &[rows.count(), rows.dim()], rows.values()),
        _ => write_npy(path, &[rows.count(), rows.dim()], rows.values()),
    };
    written.map_err(RunError::io(path))
}

/// Whether f32 can hold the rows: the largest number must neither overflow nor lose all its digits.
fn single(rows: &Rows) -> bool {
    let finite = rows.values().iter().filter(|x| x.is_finite());
    let largest = finite.fold(0.0, |most: f64, x| most.max(x.abs()));
    largest == 0.0 || (f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX)).contains(&largest)
}

/// A header `x0,x1,...`, then one line for each row. Numbers are in f32 (in f64 where f32 does not reach), as short
/// as possible.
fn csv(rows: &Rows) -> String {
    let single = single(rows);
    let names: Vec<String> = (0..rows.dim()).map(|j| format!("x{j}")).collect();
    let mut text = names.join(",") + "\n";
    for i in 0..rows.count() {
        let cells: Vec<String> = rows
            .row(i)
            .iter()
            .map(|x| {
                if single {
                    (*x as f32).to_string()
                } else {
                    x.to_string()
                }
            })
            .collect();
        text += &cells.join(",");
        text.push('\n');
    }
    text
}
