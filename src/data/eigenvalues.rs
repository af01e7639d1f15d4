//! A file of eigenvalues.

use std::path::Path;

use super::DataError;
use super::formats::{Array, Cells, Content, FormatError, Listed, list_of_bytes, read_list};
use crate::gaussian::Spectrum;

/// Names that a column of eigenvalues may have.
const NAMES: [&str; 14] = [
    "eigenvalue",
    "eigenvalues",
    "eigval",
    "eigvals",
    "eig",
    "ev",
    "evals",
    "lambda",
    "lambdas",
    "λ",
    "value",
    "values",
    "variance",
    "variances",
];

/// Reads eigenvalues: one a line, all in one line, a column of a table that is known by its name, or an array of one
/// axis. The second result says how they were read, where that was not certain.
///
/// # Errors
/// Several columns, none of which is named as the one of eigenvalues; or something that is not a number, with its
/// place.
pub(super) fn read_eigenvalues(path: &Path) -> Result<(Spectrum, Vec<String>), DataError> {
    listed(path, read_list(path))
}

/// Eigenvalues from the bytes of a file with this name, in all the forms that a file of eigenvalues may have. The second
/// result says how they were read, where that was not certain.
///
/// ```
/// let (spectrum, _) = lindiff::data::eigenvalues_of_bytes("pasted", b"1, 2.5, 0.5".to_vec())?;
/// assert_eq!(spectrum.eigenvalues(), [2.5, 1.0, 0.5]);
/// # Ok::<(), lindiff::data::DataError>(())
/// ```
///
/// # Errors
/// Several columns, none of which is named as the one of eigenvalues; or something that is not a number, with its
/// place.
pub fn eigenvalues_of_bytes(
    name: &str,
    bytes: Vec<u8>,
) -> Result<(Spectrum, Vec<String>), DataError> {
    let path = Path::new(name);
    listed(
        path,
        list_of_bytes(bytes, name).map_err(DataError::format(path)),
    )
}

fn listed(
    path: &Path,
    listed: Result<Listed, DataError>,
) -> Result<(Spectrum, Vec<String>), DataError> {
    let wrong = |problem: String| DataError::content(path, problem);
    let listed = listed.map_err(|error| match error {
        DataError::Format { source, .. } if source.is_doubtful() => wrong(
            "several numbers in a line: write one eigenvalue a line, with a point before its decimals, or a table whose \
             header calls their column eigenvalue"
                .to_owned(),
        ),
        other => other,
    })?;
    let (values, notes) = match listed {
        Listed::Numbers(values) => (values, Vec::new()),
        Listed::Content(Content::Cells(cells)) => of_table(cells).map_err(wrong)?,
        Listed::Content(Content::Array(array)) => (
            of_array(array).map_err(DataError::format(path))?,
            Vec::new(),
        ),
    };
    let spectrum = Spectrum::from_eigenvalues(values).map_err(|e| wrong(e.to_string()))?;
    Ok((spectrum, notes))
}

fn of_table(cells: Cells) -> Result<(Vec<f64>, Vec<String>), String> {
    let Cells {
        values,
        columns,
        names,
        mut notes,
        ..
    } = cells;
    // Eigenvalues have no coordinates and no options.
    notes.retain(|note| !note.contains("data.columns"));
    for note in &mut notes {
        let end = note.find("; --set").unwrap_or(note.len());
        note.truncate(end);
    }
    if columns == 1 || values.len() == columns {
        return Ok((values, notes));
    }
    let names = names.unwrap_or_default();
    let known = |name: &String| NAMES.contains(&name.to_lowercase().as_str());
    let mut places = (0..names.len()).filter(|&place| known(&names[place]));
    let (Some(place), None) = (places.next(), places.next()) else {
        let there = if names.is_empty() {
            String::new()
        } else {
            format!(" ({})", names.join(", "))
        };
        return Err(format!(
            "{columns} columns{there}, and no single one is called eigenvalue, lambda or value: write one eigenvalue a \
             line"
        ));
    };
    notes.push(format!(
        "the eigenvalues are those of the column \"{}\"",
        names[place]
    ));
    Ok((
        values.into_iter().skip(place).step_by(columns).collect(),
        notes,
    ))
}

fn of_array(array: Array) -> Result<Vec<f64>, FormatError> {
    let (rows, columns) = (array.values.len() / array.columns, array.columns);
    if rows > 1 && columns > 1 {
        let shape = vec![rows as u64, columns as u64];
        let problem = "is a table: eigenvalues have one axis";
        return Err(FormatError::Shape { shape, problem });
    }
    Ok(array.values.into_doubles())
}
