//! File formats. Each reader takes bytes and gives numbers in rows, or says what is wrong and where
//! ([`FormatError`]). No reader panics, and none uses more memory than the bytes account for.

mod array;
mod cell;
mod csv;
mod csv_columns;
mod csv_header;
mod csv_lines;
mod csv_opening;
mod dialect;
mod error;
mod folder;
mod idx;
mod npy;
mod npy_header;
mod npz;
mod text;
mod write;

use std::io::Read;
use std::path::Path;

use flate2::read::MultiGzDecoder;

pub use array::Array;
pub use csv::{Cells, read_csv};
pub(super) use csv_opening::chosen_columns;
pub use error::FormatError;
pub use folder::{Picture, read_folder, read_image};
pub use idx::read_idx;
pub use npy::read_npy;
pub use npz::{Npz, read_npz};
pub use write::{write_npy, write_npy_f32};

use super::DataError;
use crate::config::{Columns, Reading};

/// The content of a file: numbers, or the chosen cells of a table.
#[derive(Debug, Clone, PartialEq)]
pub enum Content {
    /// Numbers in rows.
    Array(Array),
    /// The chosen cells of a table.
    Cells(Cells),
}

/// Which part of a file to read.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Choice<'a> {
    /// The array of an `.npz`; `None`: the only one.
    pub array: Option<&'a str>,
    /// The columns; `None`: all.
    pub columns: Option<&'a Columns>,
    /// The column that holds the groups.
    pub group: Option<usize>,
    /// How a table is written.
    pub reading: Reading,
}

/// Reads a file (decompressed if it is a gzip) or a folder of images, recognised by its content and by the ending of
/// its name.
pub fn read(path: &Path, choice: Choice<'_>) -> Result<Content, DataError> {
    if path.is_dir() {
        return Ok(Content::Array(read_folder(path, choice.reading.color)?));
    }
    let bytes = std::fs::read(path).map_err(DataError::io(path))?;
    let name = path.to_string_lossy();
    read_bytes(bytes, &name, choice).map_err(DataError::format(path))
}

/// The result of reading a list of numbers.
pub(super) enum Listed {
    Numbers(Vec<f64>),
    /// The file holds something else, or a table.
    Content(Content),
}

/// Reads a list of numbers: one a line, or all in one line. Comments (`#`) may follow them.
pub(super) fn read_list(path: &Path) -> Result<Listed, DataError> {
    let bytes = std::fs::read(path).map_err(DataError::io(path))?;
    list_of_bytes(bytes, &path.to_string_lossy()).map_err(DataError::format(path))
}

/// As [`read_list`], of the bytes of a file with this name.
pub(super) fn list_of_bytes(bytes: Vec<u8>, name: &str) -> Result<Listed, FormatError> {
    let bytes = unpacked(bytes)?;
    if let Some(numbers) = text::decode(&bytes).ok().and_then(|text| text::list(&text)) {
        return Ok(Listed::Numbers(numbers));
    }
    parse(&bytes, &name.to_lowercase(), Choice::default()).map(Listed::Content)
}

/// Reads the bytes of a file with this name. If the bytes do not say what they are, the ending of the name decides.
pub fn read_bytes(bytes: Vec<u8>, name: &str, choice: Choice<'_>) -> Result<Content, FormatError> {
    parse(&unpacked(bytes)?, &name.to_lowercase(), choice)
}

fn unpacked(bytes: Vec<u8>) -> Result<Vec<u8>, FormatError> {
    if bytes.starts_with(&[0x1f, 0x8b]) {
        gunzip(&bytes)
    } else {
        Ok(bytes)
    }
}

fn parse(bytes: &[u8], name: &str, choice: Choice<'_>) -> Result<Content, FormatError> {
    let name = name.strip_suffix(".gz").unwrap_or(name);
    let begins = |with: &[u8]| bytes.starts_with(with);
    if bytes.is_empty() {
        Err(FormatError::Empty)
    } else if begins(b"\x93NUMPY") || name.ends_with(".npy") {
        read_npy(bytes).map(Content::Array)
    } else if begins(b"PK\x03\x04") || begins(b"PK\x05\x06") || name.ends_with(".npz") {
        read_npz(bytes, choice.array).map(Content::Array)
    } else if begins(&[0, 0]) || name.ends_with("-ubyte") || name.ends_with(".idx") {
        read_idx(bytes).map(Content::Array)
    } else if [
        &b"\x89PNG"[..],
        b"\xff\xd8\xff",
        b"P5\n",
        b"P5 ",
        b"P2\n",
        b"P2 ",
        b"P6\n",
        b"P3\n",
    ]
    .iter()
    .any(|m| begins(m))
    {
        Err(FormatError::LoneImage)
    } else {
        read_csv(bytes, choice).map(Content::Cells)
    }
}

/// Decompresses a gzip of one or several members. Anything else after a member is refused.
pub fn gunzip(bytes: &[u8]) -> Result<Vec<u8>, FormatError> {
    let mut out = Vec::new();
    match MultiGzDecoder::new(bytes).read_to_end(&mut out) {
        Ok(_) => Ok(out),
        Err(source) => Err(FormatError::Gzip {
            decompressed: out.len(),
            source,
        }),
    }
}
