//! NumPy's `.npy`.

use std::io::{self, Read};

use half::f16;

use super::array::Shape;
use super::npy_header::{Header, ItemType, Kind, parse};
use super::{Array, FormatError};
use crate::data::Values;
use crate::memory;

const FORMAT: &str = ".npy";
/// More than the header of an array of plain numbers can need. NumPy itself reads at most 10,000 bytes.
const MAX_HEADER: u64 = 65_535;

/// Reads an `.npy` of real numbers: C or Fortran order, either byte order, two axes or more.
///
/// Integers beyond 2^53 are rounded to f64.
pub fn read_npy(bytes: &[u8]) -> Result<Array, FormatError> {
    decode(bytes, bytes.len() as u64)
}

/// Reads an array to its end, where `promised` bytes are said to be there. The memory used grows with the bytes that are
/// there, whatever a header says.
pub(super) fn decode<R: Read>(mut reader: R, promised: u64) -> Result<Array, FormatError> {
    let (header, start) = read_header(&mut reader)?;
    let shape = Shape::new(header.shape.clone(), header.item.bytes)?;
    let end = start + shape.bytes as u64;
    if promised < end {
        return Err(FormatError::CutShort {
            format: FORMAT,
            needed: end,
            got: promised,
        });
    }
    let needed = memory_needed(&header, &shape);
    memory::check(needed, "the array", || "save fewer rows".to_owned())?;
    let mut data = Vec::new();
    // One more byte shows whether there are too many. It also makes an archive check its sums.
    let mut reader = reader.take(shape.bytes as u64 + 1);
    reader.read_to_end(&mut data).map_err(unreadable)?;
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

fn unreadable(error: io::Error) -> FormatError {
    FormatError::Archive {
        problem: error.to_string(),
    }
}

/// The bytes in memory while an array is read: as they stand in the file, as numbers, and once more in another order.
fn memory_needed(header: &Header, shape: &Shape) -> usize {
    let count = shape.bytes / header.item.bytes;
    let number = match (header.item.kind, header.item.bytes) {
        (Kind::Uint | Kind::Bool, 1) => 1,
        _ => size_of::<f64>(),
    };
    let copies = 1 + usize::from(header.fortran);
    memory::bytes([count, header.item.bytes + copies * number])
}

/// The header, and the byte at which the numbers begin.
fn read_header<R: Read>(reader: &mut R) -> Result<(Header, u64), FormatError> {
    let preamble = read_up_to(reader, 8).map_err(unreadable)?;
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
    let length = read_up_to(reader, width).map_err(unreadable)?;
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
    let text = read_up_to(reader, length).map_err(unreadable)?;
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_array_beyond_the_free_memory_is_refused_before_it_is_read() {
        let Some(free) = memory::available() else {
            return;
        };
        let shape = format!("({}, 1)", free / 16 + 1);
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}}}");
        let length = u16::try_from(header.len()).unwrap().to_le_bytes();
        let bytes = [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes()].concat();
        let refused = decode(&bytes[..], u64::MAX);
        assert!(
            matches!(refused, Err(FormatError::Memory(_))),
            "{refused:?}"
        );
        let refused = decode(&bytes[..], bytes.len() as u64);
        assert!(
            matches!(refused, Err(FormatError::CutShort { .. })),
            "{refused:?}"
        );
    }
}
