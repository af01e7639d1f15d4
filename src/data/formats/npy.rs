//! NumPy's `.npy` and `.npz`.

use std::io::{self, Cursor, Read};

use half::f16;
use zip::ZipArchive;
use zip::result::ZipError;

use super::array::Shape;
use super::npy_header::{Header, ItemType, Kind, parse};
use super::{Array, FormatError};
use crate::data::Values;

const FORMAT: &str = ".npy";
/// More than the header of an array of plain numbers can need. NumPy itself reads at most 10,000 bytes.
const MAX_HEADER: u64 = 65_535;

/// Reads an `.npy` of real numbers: C or Fortran order, either byte order, two axes or more.
///
/// Integers beyond 2^53 are rounded to f64.
pub fn read_npy(bytes: &[u8]) -> Result<Array, FormatError> {
    let broken = |e: io::Error| FormatError::Archive {
        problem: e.to_string(),
    };
    decode(bytes, broken)
}

/// Reads an array of an `.npz` by its name, or the only one.
pub fn read_npz(bytes: &[u8], array: Option<&str>) -> Result<Array, FormatError> {
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|e| broken(&e))?;
    let mut names = array_names(&archive).map_err(|e| broken(&e))?;
    names.sort();
    let name = match (array, names.as_slice()) {
        (Some(name), _) if names.iter().any(|n| n == name) => name.to_owned(),
        (Some(name), _) => {
            let name = name.to_owned();
            return Err(FormatError::NoSuchArray { name, names });
        }
        (None, [only]) => only.clone(),
        (None, []) => return Err(broken(&"it holds no array")),
        (None, _) => return Err(FormatError::WhichArray { names }),
    };
    let file = archive.by_name(&format!("{name}.npy"));
    let array = decode(file.map_err(|e| broken(&e))?, |e| broken(&e));
    array.map_err(|source| FormatError::InArray {
        name,
        source: Box::new(source),
    })
}

/// The names of the arrays in an archive, without their ending.
fn array_names(archive: &ZipArchive<Cursor<&[u8]>>) -> Result<Vec<String>, ZipError> {
    let mut names = Vec::new();
    for name in archive.file_names() {
        names.extend(name?.strip_suffix(".npy").map(str::to_owned));
    }
    Ok(names)
}

fn broken(problem: &dyn std::fmt::Display) -> FormatError {
    FormatError::Archive {
        problem: problem.to_string(),
    }
}

/// Reads an array to its end. The memory used grows with the bytes that are there, whatever a header says.
fn decode<R: Read>(
    mut reader: R,
    broken: impl Fn(io::Error) -> FormatError,
) -> Result<Array, FormatError> {
    let (header, start) = read_header(&mut reader, &broken)?;
    let shape = Shape::new(header.shape.clone(), header.item.bytes)?;
    let end = start + shape.bytes as u64;
    let mut data = Vec::new();
    // One more byte shows whether there are too many. It also makes an archive check its sums.
    let mut reader = reader.take(shape.bytes as u64 + 1);
    reader.read_to_end(&mut data).map_err(broken)?;
    if data.len() < shape.bytes {
        return Err(FormatError::CutShort {
            format: FORMAT,
            needed: end,
            got: start + data.len() as u64,
        });
    }
    if data.len() > shape.bytes {
        return Err(FormatError::TooLong {
            format: FORMAT,
            end,
            extra: 1,
        });
    }
    let values = match (header.item.kind, header.item.bytes) {
        (Kind::Uint, 1) => Values::Bytes(data),
        (Kind::Bool, _) => Values::Bytes(data.into_iter().map(|b| u8::from(b != 0)).collect()),
        _ => Values::Doubles(numbers(header.item, &data)),
    };
    let values = match (header.fortran, values) {
        (false, values) => values,
        (true, Values::Bytes(bytes)) => Values::Bytes(from_fortran(&bytes, &shape.axes)),
        (true, Values::Doubles(x)) => Values::Doubles(from_fortran(&x, &shape.axes)),
    };
    Ok(shape.rows(values))
}

/// The header, and the byte at which the numbers begin.
fn read_header<R: Read>(
    reader: &mut R,
    broken: &impl Fn(io::Error) -> FormatError,
) -> Result<(Header, u64), FormatError> {
    let preamble = read_up_to(reader, 8).map_err(broken)?;
    if !preamble.starts_with(b"\x93NUMPY") {
        return Err(FormatError::NotThis {
            format: FORMAT,
            expected: "\\x93NUMPY",
        });
    }
    let cut = |needed, got| FormatError::CutShort {
        format: FORMAT,
        needed,
        got,
    };
    let width = match preamble.get(6) {
        Some(1) => 2,
        Some(2 | 3) => 4,
        Some(other) => {
            return Err(FormatError::Header {
                format: FORMAT,
                byte: 6,
                problem: format!("version {other}, where 1, 2 and 3 are known"),
            });
        }
        None => return Err(cut(10, preamble.len() as u64)),
    };
    let length = read_up_to(reader, width).map_err(broken)?;
    let text_start = 8 + width;
    if (length.len() as u64) < width {
        return Err(cut(text_start, 8 + length.len() as u64));
    }
    let length = length
        .iter()
        .rev()
        .fold(0, |all, &b| all << 8 | u64::from(b));
    if length > MAX_HEADER {
        return Err(FormatError::Header {
            format: FORMAT,
            byte: 8,
            problem: format!("it says it is {length} bytes long, where {MAX_HEADER} are the most"),
        });
    }
    let text = read_up_to(reader, length).map_err(broken)?;
    if (text.len() as u64) < length {
        return Err(cut(text_start + length, text_start + text.len() as u64));
    }
    Ok((parse(&text)?, text_start + length))
}

fn read_up_to<R: Read>(reader: &mut R, count: u64) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(count).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// The items as f64.
fn numbers(item: ItemType, data: &[u8]) -> Vec<f64> {
    let number = number_of(item);
    let items = data.chunks_exact(item.bytes).map(|chunk| {
        // Little-endian, in the first bytes.
        let mut bytes = [0; 8];
        bytes[..item.bytes].copy_from_slice(chunk);
        if item.big_endian {
            bytes[..item.bytes].reverse();
        }
        number(bytes)
    });
    items.collect()
}

fn number_of(item: ItemType) -> fn([u8; 8]) -> f64 {
    match (item.kind, item.bytes) {
        (Kind::Float, 2) => |b| f16::from_le_bytes([b[0], b[1]]).to_f64(),
        (Kind::Float, 4) => |b| f32::from_le_bytes([b[0], b[1], b[2], b[3]]).into(),
        (Kind::Float, _) => f64::from_le_bytes,
        (Kind::Int, 1) => |b| i8::from_le_bytes([b[0]]).into(),
        (Kind::Int, 2) => |b| i16::from_le_bytes([b[0], b[1]]).into(),
        (Kind::Int, 4) => |b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]).into(),
        (Kind::Int, _) => |b| i64::from_le_bytes(b) as f64,
        // The bytes above those of the item are zero.
        (Kind::Uint, _) => |b| u64::from_le_bytes(b) as f64,
        (Kind::Bool, _) => |b| f64::from(u8::from(b[0] != 0)),
    }
}

/// Reorders numbers whose first axis runs fastest, so that the last axis runs fastest.
fn from_fortran<T: Copy>(values: &[T], shape: &[usize]) -> Vec<T> {
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut index = vec![0; shape.len()];
    let mut place = 0;
    let mut out = Vec::with_capacity(values.len());
    while out.len() < values.len() {
        out.push(values[place]);
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            place += strides[axis];
            if index[axis] < shape[axis] {
                break;
            }
            place -= strides[axis] * shape[axis];
            index[axis] = 0;
        }
    }
    out
}
