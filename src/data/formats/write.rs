//! Writes `.npy` files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Writes numbers in row-major order as an `.npy` of f64.
pub fn write_npy(path: &Path, shape: &[usize], values: &[f64]) -> io::Result<()> {
    write(path, "<f8", shape, values.iter().map(|x| x.to_le_bytes()))
}

/// Writes numbers in row-major order, rounded, as an `.npy` of f32.
pub fn write_npy_f32(path: &Path, shape: &[usize], values: &[f64]) -> io::Result<()> {
    let items = values.iter().map(|&x| (x as f32).to_le_bytes());
    write(path, "<f4", shape, items)
}

fn write<const BYTES: usize>(
    path: &Path,
    item: &str,
    shape: &[usize],
    items: impl ExactSizeIterator<Item = [u8; BYTES]>,
) -> io::Result<()> {
    if items.len() != shape.iter().product::<usize>() {
        let problem = format!("{} numbers in the shape {shape:?}", items.len());
        return Err(io::Error::new(io::ErrorKind::InvalidInput, problem));
    }
    let mut file = BufWriter::new(File::create(path)?);
    file.write_all(&header(item, shape)?)?;
    for item in items {
        file.write_all(&item)?;
    }
    // The buffered rest may fail too. Dropping the buffer would hide that.
    file.flush()
}

/// The header of version 1: its length in two bytes, then a Python dictionary, padded so that the numbers begin at a
/// multiple of 64 bytes.
fn header(item: &str, shape: &[usize]) -> io::Result<Vec<u8>> {
    const ALIGNMENT: usize = 64;
    let axes: String = shape.iter().map(|axis| format!("{axis}, ")).collect();
    let mut text = format!("{{'descr': '{item}', 'fortran_order': False, 'shape': ({axes}), }}");
    let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
    let end = bytes.len() + size_of::<u16>() + text.len() + 1;
    text += &" ".repeat(end.next_multiple_of(ALIGNMENT) - end);
    text.push('\n');
    let length = u16::try_from(text.len()).map_err(io::Error::other)?;
    bytes.extend(length.to_le_bytes());
    bytes.extend(text.into_bytes());
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_header_is_a_dictionary_and_the_numbers_begin_at_a_multiple_of_64_bytes() {
        for shape in [&[2, 3][..], &[], &[1 << 40; 7], &[usize::MAX; 3]] {
            let header = header("<f8", shape).unwrap();
            assert!(header.len().is_multiple_of(64) && header.ends_with(b"\n"));
            let length = u16::from_le_bytes([header[8], header[9]]);
            assert_eq!(usize::from(length), header.len() - 10);
        }
        let header = header("<f8", &[2, 3]).unwrap();
        let text = std::str::from_utf8(&header[10..]).unwrap().trim_end();
        let expected = "{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3, ), }";
        assert_eq!(text, expected);
    }
}
