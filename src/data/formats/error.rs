//! Everything that can be wrong with the content of a file, and where.
//!
//! Lines are counted from 1, as in editors. Columns and rows of numbers are counted from 0, as in `data.columns` and
//! `data.group`.

use std::path::PathBuf;

use crate::memory::OutOfMemory;

/// What is wrong with the content of a file, and where.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum FormatError {
    #[error("the file is empty")]
    Empty,
    #[error(
        "byte {byte} is not text, and no other format is recognised: give .npy, .npz, .csv, IDX, a gzip of one of them, or a folder of PNG, PGM or JPEG"
    )]
    Unknown { byte: usize },
    #[error("the text begins as UTF-16 and is broken or cut short: save it as UTF-8")]
    Utf16,
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
    #[error(transparent)]
    Memory(#[from] OutOfMemory),
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
    #[error(
        "{}no rows{}",
        if *.header { "a header and " } else { "" },
        if *.comments > 0 { "; lines that begin with # or % are comments" } else { "" }
    )]
    NoRows { header: bool, comments: usize },
    #[error("line {line}: {got} cells, where the first line has {expected}")]
    Ragged {
        line: u64,
        expected: usize,
        got: usize,
    },
    #[error("line {line}, column {column}: a cell of several lines: a quote is open there")]
    ManyLines { line: u64, column: usize },
    #[error("line {line}, column {column}: {text:?} in a column that is empty in the lines before")]
    NotBlank {
        line: u64,
        column: usize,
        text: String,
    },
    #[error(
        "line {line} may be a header or a row: {why}; say which with --set data.header=yes (a header) or --set data.header=no (a row)"
    )]
    DoubtfulHeader { line: u64, why: String },
    #[error(
        "column {column} {why}: leave it out with --set data.columns={without}, or read it with --set data.columns={with}"
    )]
    DoubtfulColumn {
        column: usize,
        why: String,
        without: String,
        with: String,
    },
    #[error(
        "{text:?} is 1000 times larger if its comma parts the thousands: say which with --set data.decimal=. (thousands) or --set data.decimal=, (decimals)"
    )]
    Thousands { text: String },
    #[error(
        "{text:?} has marks between its thousands: they are read with --set data.decimal={decimal}"
    )]
    Grouped { text: String, decimal: char },
    #[error(
        "{text:?} looks like decimal commas between commas, which cannot be told apart: write semicolons between the cells, or read whole numbers with --set data.delimiter=,"
    )]
    DecimalCommas { text: String },
    #[error(
        "line {line}, column {column}: a missing value ({text:?}); fill it in, or leave the row or the column out"
    )]
    Missing {
        line: u64,
        column: usize,
        text: String,
    },
    #[error(
        "line {line}, column {column}: {text:?} is a bound, not a number; fill it in, or leave the row or the column out"
    )]
    Bounded {
        line: u64,
        column: usize,
        text: String,
    },
    #[error("line {line}, column {column}: {text:?} is not a number{hint}")]
    NotANumber {
        line: u64,
        column: usize,
        text: String,
        /// What would be right, after a semicolon; may be empty.
        hint: String,
    },
    #[error("line {line}, column {column}: {text:?} is not a finite number")]
    NotFiniteText {
        line: u64,
        column: usize,
        text: String,
    },
    #[error("row {row}, column {column}: {value} is not a finite number")]
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
    #[error(
        "no .png, .pgm, .ppm or .jpg in this folder{}{}",
        if *.folders { " itself, only folders" } else { "" },
        if others.is_empty() { String::new() } else { format!("; there are {}", others.join(", ")) }
    )]
    NoImages {
        folders: bool,
        /// The endings of the files in the folder.
        others: Vec<String>,
    },
    #[error("{}: {problem}", .name.display())]
    Image { name: PathBuf, problem: String },
    #[error(
        "{}: {} x {} pixels, where {} has {} x {}",
        .name.display(), .size.1, .size.0, .first.display(), .first_size.1, .first_size.0
    )]
    ImageSize {
        /// Height and width of the first picture.
        first_size: (usize, usize),
        first: PathBuf,
        size: (usize, usize),
        name: PathBuf,
    },
}

impl FormatError {
    /// Whether the error is about a table that can be read in two ways.
    pub(crate) fn is_doubtful(&self) -> bool {
        matches!(
            self,
            Self::DoubtfulHeader { .. }
                | Self::DoubtfulColumn { .. }
                | Self::Thousands { .. }
                | Self::Grouped { .. }
                | Self::DecimalCommas { .. }
        )
    }
}
