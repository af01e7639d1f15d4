//! From a file to rows: which columns, and pooled images.

use std::path::{Path, PathBuf};

use super::formats::{Array, Cells, Content, gunzip, read, read_csv};
use super::{DataError, Rows};
use crate::config::{Columns, RealData, RowsOrigin};

/// The digits: 1797 images of 8 x 8 pixels from 0 to 16, and what each shows in the 65th column (E. Alpaydin,
/// C. Kaynak, Optical Recognition of Handwritten Digits, UCI Machine Learning Repository, the test part).
const DIGITS: &[u8] = include_bytes!("digits.csv.gz");
const DIGITS_PIXELS: Columns = Columns { start: 0, end: 64 };

/// What was read: rows `[P, D]`, after columns and pooling.
#[derive(Debug, Clone, PartialEq)]
pub struct Table {
    pub rows: Rows,
    /// The group of each row.
    pub groups: Option<Vec<String>>,
    /// Height and width, where a row is an image.
    pub image: Option<(usize, usize)>,
}

/// Reads the rows of a source, its columns chosen and its images pooled.
pub fn read_rows(real: &RealData) -> Result<Table, DataError> {
    let (content, path) = match &real.origin {
        RowsOrigin::Digits => {
            let bytes = gunzip(DIGITS).expect("the digits are a gzip");
            let columns = real.columns.unwrap_or(DIGITS_PIXELS);
            let path = PathBuf::from("digits");
            let cells = read_csv(&bytes, Some(columns), real.group)
                .map_err(|problem| DataError::content(&path, problem))?;
            (Content::Cells(cells), path)
        }
        RowsOrigin::File { path, array } => {
            let content = read(path, array.as_deref(), real.columns, real.group)?;
            (content, path.clone())
        }
    };
    let table = match content {
        Content::Cells(Cells {
            values,
            columns,
            groups,
        }) => Table {
            rows: Rows::new(values, columns),
            groups,
            image: None,
        },
        Content::Array(array) => choose(array, real.columns, real.group)
            .map_err(|problem| DataError::content(&path, problem))?,
    };
    pool(table, real.pool, &path)
}

/// The chosen columns of an array, and its group column.
fn choose(array: Array, columns: Option<Columns>, group: Option<usize>) -> Result<Table, String> {
    let Array {
        values,
        columns: width,
        image,
    } = array;
    if columns.is_none() && group.is_none() {
        return Ok(Table {
            rows: Rows::new(values, width),
            groups: None,
            image,
        });
    }
    let Columns { start, end } = columns.unwrap_or(Columns {
        start: 0,
        end: width,
    });
    if end > width || start >= end {
        let problem = format!(
            "data.columns = \"{start}..{end}\": there are the columns 0 to {}",
            width - 1
        );
        return Err(problem);
    }
    if let Some(group) = group.filter(|group| *group >= width) {
        return Err(format!(
            "data.group = {group}: there are the columns 0 to {}",
            width - 1
        ));
    }
    let rows = values.chunks_exact(width);
    let groups = group.map(|group| rows.clone().map(|row| row[group].to_string()).collect());
    let kept: Vec<usize> = (start..end)
        .filter(|c| columns.is_some() || Some(*c) != group)
        .collect();
    let picked = rows.flat_map(|row| kept.iter().map(|&c| row[c])).collect();
    Ok(Table {
        rows: Rows::new(picked, kept.len()),
        groups,
        image: None,
    })
}

/// Means over squares of `size` x `size` pixels. A row that does not say its shape is taken for a square image.
fn pool(table: Table, size: usize, path: &Path) -> Result<Table, DataError> {
    if size == 1 {
        return Ok(table);
    }
    let dim = table.rows.dim();
    let side = dim.isqrt();
    let square = (side * side == dim).then_some((side, side));
    let wrong = |problem: String| {
        let problem = format!("data.pool = {size}: {problem}");
        DataError::content(path, problem)
    };
    let (height, width) = table
        .image
        .or(square)
        .ok_or_else(|| wrong(format!("a row of {dim} numbers is no square image")))?;
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
        rows: Rows::new(values, lines * columns),
        groups: table.groups,
        image: Some((lines, columns)),
    })
}
