//! File formats. Each reader takes bytes and gives an [`Array`], or says in words what is wrong and where; none
//! panics, and none takes memory that the bytes do not account for.

mod csv;
mod folder;
mod idx;
mod npy;

use std::io::{self, Read};
use std::path::Path;

use flate2::read::MultiGzDecoder;

pub use csv::{Cells, read_csv};
pub use folder::read_folder;
pub use idx::read_idx;
pub use npy::{read_npy, read_npz, write_npy, write_npy_f32};

use super::DataError;
use crate::config::Columns;

/// Numbers in rows, before columns are chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Array {
    /// `[rows, columns]`, row-major
    pub values: Vec<f64>,
    pub columns: usize,
    /// Height and width, where a row is an image.
    pub image: Option<(usize, usize)>,
}

/// A file that was read: numbers, or the cells of a table, of which only some may be numbers.
pub enum Content {
    Array(Array),
    Cells(Cells),
}

/// Reads a file (decompressed if it is a gzip) or a folder of images, by its content and its name's ending.
///
/// `array` names the array of an `.npz`; `columns` and `group` say which cells of a table are looked at.
pub fn read(
    path: &Path,
    array: Option<&str>,
    columns: Option<Columns>,
    group: Option<usize>,
) -> Result<Content, DataError> {
    if path.is_dir() {
        return Ok(Content::Array(read_folder(path)?));
    }
    let bytes = std::fs::read(path).map_err(DataError::io(path))?;
    let bytes = if bytes.starts_with(&[0x1f, 0x8b]) {
        gunzip(&bytes).map_err(|e| {
            DataError::content(path, format!("the gzip is cut short or broken: {e}"))
        })?
    } else {
        bytes
    };
    parse(&bytes, path, array, columns, group).map_err(|problem| DataError::content(path, problem))
}

fn parse(
    bytes: &[u8],
    path: &Path,
    array: Option<&str>,
    columns: Option<Columns>,
    group: Option<usize>,
) -> Result<Content, String> {
    let name = path.to_string_lossy().to_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    if bytes.is_empty() {
        return Err("the file is empty".to_owned());
    }
    if bytes.starts_with(b"\x93NUMPY") || name.ends_with(".npy") {
        return read_npy(bytes).map(Content::Array);
    }
    if bytes.starts_with(b"PK\x03\x04") || name.ends_with(".npz") {
        return read_npz(bytes, array).map(Content::Array);
    }
    if bytes.starts_with(&[0, 0]) || name.contains("idx") && !name.ends_with(".csv") {
        return read_idx(bytes).map(Content::Array);
    }
    if bytes.starts_with(b"\x89PNG") || bytes.starts_with(b"P5") || bytes.starts_with(b"P2") {
        return Err("one image is one row: give the folder that holds the images".to_owned());
    }
    read_csv(bytes, columns, group).map(Content::Cells)
}

/// Decompresses a gzip, of one member or several.
pub fn gunzip(bytes: &[u8]) -> io::Result<Vec<u8>> {
    let mut out = Vec::new();
    MultiGzDecoder::new(bytes).read_to_end(&mut out)?;
    Ok(out)
}

/// Refuses numbers that are not finite, by row and column from 0.
fn check_finite(values: &[f64], columns: usize) -> Result<(), String> {
    match values.iter().position(|v| !v.is_finite()) {
        None => Ok(()),
        Some(at) => Err(format!(
            "row {}, column {}: {} is no finite number",
            at / columns,
            at % columns,
            values[at]
        )),
    }
}
