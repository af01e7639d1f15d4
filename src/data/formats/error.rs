//! What can be wrong with the content of a file, and where.
//!
//! Lines are counted from 1, as editors do; columns and rows of numbers from 0, as `data.columns` and
//! `data.group` do.

use std::path::PathBuf;

/// What is wrong with the content of a file, and where.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error("the file is empty")]
    Empty,
    #[error(
        "byte {byte} is no text, and no other format is known by: .npy, .npz, .csv, IDX, or a gzip of one, or a folder of PNG or PGM"
    )]
    Unknown { byte: usize },
    #[error("it is not {format}: it does not begin with {expected}")]
    NotThis {
        format: &'static str,
        expected: &'static str,
    },
    #[error("the {format} is cut short: {needed} bytes are needed, {got} are there")]
    CutShort {
        format: &'static str,
        needed: u64,
        got: u64,
    },
    #[error("the {format} ends at byte {end}, and {extra} bytes or more follow it")]
    TooLong {
        format: &'static str,
        end: u64,
        extra: u64,
    },
    #[error("byte {byte} of the header of the {format}: {problem}")]
    Header {
        format: &'static str,
        byte: usize,
        problem: String,
    },
    #[error("items of type {descr} ({what}) are not read: save plain numbers")]
    Items { descr: String, what: &'static str },
    #[error("a shape of {shape:?} {problem}")]
    Shape {
        shape: Vec<u64>,
        problem: &'static str,
    },
    #[error("an IDX file of one axis, such as one of labels: the one of images is meant")]
    Labels,
    #[error("the archive is broken or cut short: {problem}")]
    Archive { problem: String },
    #[error("no array {name:?}; there are {names:?}")]
    NoSuchArray { name: String, names: Vec<String> },
    #[error("several arrays: name one of {names:?} in data.array")]
    WhichArray { names: Vec<String> },
    #[error("array {name:?}: {source}")]
    InArray {
        name: String,
        source: Box<FormatError>,
    },
    #[error(
        "the gzip is broken or cut short, {decompressed} decompressed bytes into its content: {source}"
    )]
    Gzip {
        decompressed: usize,
        source: std::io::Error,
    },
    #[error("{}no rows", if *.header { "a header and " } else { "" })]
    NoRows { header: bool },
    #[error("line {line}: {got} cells, where the first line has {expected}")]
    Ragged {
        line: u64,
        expected: usize,
        got: usize,
    },
    #[error(
        "line {line}, column {column}: a missing value ({text:?}); fill it in, or leave the row or the column out"
    )]
    Missing {
        line: u64,
        column: usize,
        text: String,
    },
    #[error(
        "line {line}, column {column}: {text:?} is no number; columns of words are left out with data.columns = \"START..END\""
    )]
    NotANumber {
        line: u64,
        column: usize,
        text: String,
    },
    #[error("line {line}, column {column}: {text:?} is no finite number")]
    NotFiniteText {
        line: u64,
        column: usize,
        text: String,
    },
    #[error(
        "column 0 has no name and counts the rows: it is no coordinate; leave it out with data.columns = \"1..{width}\""
    )]
    RowNumbers { width: usize },
    #[error("row {row}, column {column}: {value} is no finite number")]
    NotFinite {
        row: usize,
        column: usize,
        value: f64,
    },
    #[error(
        "{key} = {value}: there are the columns 0 to {last}{}",
        if *.key == "data.columns" { ", the end of a range not included" } else { "" }
    )]
    Columns {
        key: &'static str,
        value: String,
        last: usize,
    },
    #[error("one image is one row: name the folder that holds the images")]
    LoneImage,
    #[error("no .png and no .pgm in this folder{}", if *.folders { " itself, only folders" } else { "" })]
    NoImages { folders: bool },
    #[error("{}: {problem}", .name.display())]
    Image { name: PathBuf, problem: String },
    #[error(
        "{}: {} x {} pixels, where {} has {} x {}",
        .name.display(), .size.1, .size.0, .first.display(), .first_size.1, .first_size.0
    )]
    ImageSize {
        /// Height and width.
        first_size: (usize, usize),
        first: PathBuf,
        size: (usize, usize),
        name: PathBuf,
    },
}
