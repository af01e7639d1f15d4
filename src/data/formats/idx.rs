//! The IDX format of MNIST: two zero bytes, a type, the number of axes, big-endian sizes, numbers.

use super::array::Shape;
use super::{Array, FormatError};
use crate::data::Values;

const FORMAT: &str = "IDX file";
/// The type code of unsigned bytes.
const BYTE: u8 = 0x08;

/// Reads an IDX file of images, or of any numbers with two axes or more.
pub fn read_idx(bytes: &[u8]) -> Result<Array, FormatError> {
    let &[0, 0, kind, axes, ref rest @ ..] = bytes else {
        return Err(FormatError::NotThis {
            format: "an IDX file",
            expected: "two zero bytes, a type and the number of axes",
        });
    };
    let (item, number) = numbers_of(kind)?;
    let start = 4 + 4 * usize::from(axes);
    let cut = |needed: usize| FormatError::CutShort {
        format: FORMAT,
        needed: needed as u64,
        got: bytes.len() as u64,
    };
    if axes == 1 {
        return Err(FormatError::Labels);
    }
    if bytes.len() < start {
        return Err(cut(start));
    }
    let (header, data) = rest.split_at(start - 4);
    let size = |b: &[u8]| u64::from(u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let shape = Shape::new(header.chunks_exact(4).map(size).collect(), item)?;
    if data.len() < shape.bytes {
        return Err(cut(start + shape.bytes));
    }
    if data.len() > shape.bytes {
        return Err(FormatError::TooLong {
            format: FORMAT,
            end: (start + shape.bytes) as u64,
            extra: (data.len() - shape.bytes) as u64,
        });
    }
    let values = match kind {
        BYTE => Values::Bytes(data.to_vec()),
        _ => Values::Doubles(data.chunks_exact(item).map(number).collect()),
    };
    Ok(shape.rows(values))
}

/// Reads a number from its bytes.
type Number = fn(&[u8]) -> f64;

/// The number of bytes of a type, and how to read it.
fn numbers_of(kind: u8) -> Result<(usize, Number), FormatError> {
    fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.try_into().expect("a chunk of that size")
    }
    match kind {
        BYTE => Ok((1, |b| b[0].into())),
        0x09 => Ok((1, |b| (b[0] as i8).into())),
        0x0B => Ok((2, |b| i16::from_be_bytes(fixed(b)).into())),
        0x0C => Ok((4, |b| i32::from_be_bytes(fixed(b)).into())),
        0x0D => Ok((4, |b| f32::from_be_bytes(fixed(b)).into())),
        0x0E => Ok((8, |b| f64::from_be_bytes(fixed(b)))),
        other => Err(FormatError::Header {
            format: FORMAT,
            byte: 2,
            problem: format!("type 0x{other:02x}, where 0x08, 0x09 and 0x0b to 0x0e are known"),
        }),
    }
}
