//! What a cell says: a number, a word, or that something is missing; and whether a line of cells is a header.

use super::FormatError;

/// Words that stand for a missing number.
const MISSING: [&str; 9] = ["", "na", "n/a", "nan", "null", "none", "?", "-", "."];

pub(super) fn is_missing(cell: &str) -> bool {
    MISSING.iter().any(|word| cell.eq_ignore_ascii_case(word))
}

/// A finite number from a cell.
pub(super) fn number(cell: &str, line: u64, column: usize) -> Result<f64, FormatError> {
    let text = || cell.to_owned();
    if is_missing(cell) {
        let text = text();
        return Err(FormatError::Missing { line, column, text });
    }
    match cell.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        Ok(_) => {
            let text = text();
            Err(FormatError::NotFiniteText { line, column, text })
        }
        Err(_) => {
            let text = text();
            Err(FormatError::NotANumber { line, column, text })
        }
    }
}

/// Whether a first line is a header: it has a word, other than one for a missing number, in a chosen column, or
/// where the `second` line has a number; or it numbers the columns (0, 1, 2, ...) beside a word, as pandas does.
///
/// A word alone does not make one: rows may begin with the first line and have a label each.
pub(super) fn is_header(first: &[String], second: Option<&[String]>, chosen: &[usize]) -> bool {
    let is_number = |cell: &String| cell.parse::<f64>().is_ok();
    let below = |column: usize| {
        second
            .and_then(|line| line.get(column))
            .is_some_and(is_number)
    };
    let names = first.iter().enumerate().any(|(column, cell)| {
        let word = !is_number(cell) && !is_missing(cell);
        word && (chosen.contains(&column) || below(column))
    });
    names || numbers_columns(first, below, chosen)
}

/// Columns are numbered from 0 or 1: three or more of those chosen beside a word, or two or more of all beside nothing
/// over a column of row numbers.
fn numbers_columns(first: &[String], below: impl Fn(usize) -> bool, chosen: &[usize]) -> bool {
    let nameless = first[0].is_empty() && below(0);
    let values: Option<Vec<f64>> = match nameless {
        true => first[1..].iter().map(|cell| cell.parse().ok()).collect(),
        false => chosen.iter().map(|&c| first[c].parse().ok()).collect(),
    };
    let least = if nameless { 2 } else { 3 };
    let Some(values) = values.filter(|values| values.len() >= least) else {
        return false;
    };
    let counts = values.windows(2).all(|pair| pair[1] == pair[0] + 1.0);
    let is_word = |cell: &String| cell.parse::<f64>().is_err() && !is_missing(cell);
    counts && (values[0] == 0.0 || values[0] == 1.0) && (nameless || first.iter().any(is_word))
}
