//! From a file to rows: choice of columns, pooling of images.

use std::path::Path;

use super::formats::{Array, Choice, Content, chosen_columns, read, read_bytes};
use super::{DataError, FormatError, ReadRows, Table, Values};
use crate::config::{Columns, Header, Reading, RealData, RowsOrigin};

/// The digits: 1797 images of 8 x 8 pixels from 0 to 16. The 65th column says which digit it is (E. Alpaydin, C.
/// Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, the test part).
const DIGITS: &[u8] = include_bytes!("digits.csv.gz");
const DIGITS_PIXELS: usize = 64;

/// Reads the rows of a source, chooses its columns and pools its images.
///
/// # Errors
/// Anything wrong with the file, with its place; columns that do not exist; images that do not divide into squares.
pub fn read_rows(real: &RealData) -> Result<Table, DataError> {
    match &real.origin {
        RowsOrigin::Digits => digits(real),
        RowsOrigin::File { path, array } => {
            let content = read(path, choice(real, array.as_deref()))?;
            prepared(content, path, real)
        }
    }
}

/// The rows of a source, from the bytes of its file, where they are in memory already. The ending of the source's path
/// still says what kind of file it is, if the bytes do not.
///
/// # Errors
/// As [`read_rows`]. The built-in digits have no file: for them the bytes are ignored.
pub fn rows_of_bytes(real: &RealData, bytes: Vec<u8>) -> Result<Table, DataError> {
    match &real.origin {
        RowsOrigin::Digits => digits(real),
        RowsOrigin::File { path, array } => {
            let name = path.to_string_lossy();
            let content = read_bytes(bytes, &name, choice(real, array.as_deref()));
            prepared(content.map_err(DataError::format(path))?, path, real)
        }
    }
}

fn digits(real: &RealData) -> Result<Table, DataError> {
    let pixels = Columns::of(0..DIGITS_PIXELS);
    let choice = Choice {
        columns: real.columns.as_ref().or(pixels.as_ref()),
        group: real.group,
        array: None,
        reading: Reading {
            header: Header::No,
            ..Reading::default()
        },
    };
    let content = read_bytes(DIGITS.to_vec(), "digits.csv.gz", choice);
    let path = Path::new("digits");
    prepared(content.map_err(DataError::format(path))?, path, real)
}

fn choice<'a>(real: &'a RealData, array: Option<&'a str>) -> Choice<'a> {
    Choice {
        array,
        columns: real.columns.as_ref(),
        group: real.group,
        reading: real.reading,
    }
}

/// The table of what was read at `path`.
fn prepared(content: Content, path: &Path, real: &RealData) -> Result<Table, DataError> {
    let table = match content {
        Content::Cells(cells) => Table {
            rows: ReadRows::new(Values::Doubles(cells.values), cells.columns),
            groups: cells.groups,
            image: None,
            notes: cells.notes,
        },
        Content::Array(array) => {
            choose(array, real.columns.as_ref(), real.group).map_err(DataError::format(path))?
        }
    };
    pool(table, real.pool)
}

/// The chosen columns of an array, which must be finite, and its group column.
fn choose(
    array: Array,
    columns: Option<&Columns>,
    group: Option<usize>,
) -> Result<Table, FormatError> {
    let width = array.columns;
    if array.axes.len() == 1 {
        let problem = "has one axis: rows and columns are needed (for rows of one number [N, 1])";
        let shape = vec![array.values.len() as u64];
        return Err(FormatError::Shape { shape, problem });
    }
    let kept = chosen_columns(width, columns, group)?;
    let read: Vec<usize> = kept.iter().copied().chain(group).collect();
    refuse_not_finite(&array, &read)?;
    let rows = array.values.len() / width;
    let groups = group.map(|group| {
        let names = (0..rows).map(|row| array.values.get(row * width + group).to_string());
        names.collect()
    });
    if kept.len() == width {
        return Ok(Table {
            rows: ReadRows::new(array.values, width),
            groups,
            image: array.image,
            notes: array.notes,
        });
    }
    let places = (0..rows).flat_map(|row| kept.iter().map(move |&column| row * width + column));
    Ok(Table {
        rows: ReadRows::new(array.values.at(places), kept.len()),
        groups,
        image: None,
        notes: array.notes,
    })
}

fn refuse_not_finite(array: &Array, columns: &[usize]) -> Result<(), FormatError> {
    let Values::Doubles(doubles) = &array.values else {
        return Ok(());
    };
    for (row, values) in doubles.chunks_exact(array.columns).enumerate() {
        if let Some(&column) = columns.iter().find(|&&c| !values[c].is_finite()) {
            let value = values[column];
            return Err(FormatError::NotFinite { row, column, value });
        }
    }
    Ok(())
}

/// Averages over squares of `size` x `size` pixels. A row without a known shape is taken for a square image.
fn pool(table: Table, size: usize) -> Result<Table, DataError> {
    if size == 1 {
        return Ok(table);
    }
    let dim = table.rows.dim();
    let side = dim.isqrt();
    let square = (side * side == dim).then_some((side, side));
    let wrong = |problem: String| {
        let problem = format!("{size}: {problem}");
        DataError::setting("data.pool", problem)
    };
    let (height, width) = table
        .image
        .or(square)
        .ok_or_else(|| wrong(format!("a row of {dim} numbers is not a square image")))?;
    if height % size != 0 || width % size != 0 {
        return Err(wrong(format!(
            "images of {width} x {height} pixels do not divide into such squares"
        )));
    }
    let (lines, columns) = (height / size, width / size);
    let mut values = Vec::with_capacity(table.rows.count() * lines * columns);
    for index in 0..table.rows.count() {
        let row = table.rows.row(index);
        for (i, j) in (0..lines * columns).map(|k| (k / columns, k % columns)) {
            let pixels = (0..size * size).map(|p| (i * size + p / size, j * size + p % size));
            let sum: f64 = pixels.map(|(y, x)| row[y * width + x]).sum();
            values.push(sum / (size * size) as f64);
        }
    }
    Ok(Table {
        rows: ReadRows::new(Values::Doubles(values), lines * columns),
        groups: table.groups,
        image: Some((lines, columns)),
        notes: table.notes,
    })
}
