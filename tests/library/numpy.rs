//! Arrays as NumPy writes them.

use std::io::{Cursor, Write};

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

/// An `.npy` of version 1, its header as NumPy writes it.
pub fn npy(descr: &str, fortran: bool, shape: &str, data: &[u8]) -> Vec<u8> {
    let fortran = if fortran { "True" } else { "False" };
    with_header(
        &format!("{{'descr': '{descr}', 'fortran_order': {fortran}, 'shape': {shape}, }}"),
        data,
    )
}

pub fn with_header(header: &str, data: &[u8]) -> Vec<u8> {
    // Padded with blanks and ended by a newline, so that the numbers begin at a multiple of 64.
    let padded = (10 + header.len() + 1).next_multiple_of(64) - 11;
    let header = format!("{header:padded$}\n");
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [&b"\x93NUMPY\x01\x00"[..], &length, header.as_bytes(), data].concat()
}

/// Numbers as an `.npy` of f64.
pub fn doubles(shape: &[usize], values: &[f64]) -> Vec<u8> {
    let axes: String = shape.iter().map(|axis| format!("{axis}, ")).collect();
    let bytes: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    npy("<f8", false, &format!("({axes})"), &bytes)
}

/// An archive as `numpy.savez` writes it.
pub fn npz(arrays: &[(&str, &[u8])]) -> Vec<u8> {
    archive(arrays, CompressionMethod::Stored)
}

/// An archive as `numpy.savez_compressed` writes it.
pub fn npz_compressed(arrays: &[(&str, &[u8])]) -> Vec<u8> {
    archive(arrays, CompressionMethod::Deflated)
}

fn archive(arrays: &[(&str, &[u8])], method: CompressionMethod) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    let mut zip = ZipWriter::new(&mut bytes);
    let options = SimpleFileOptions::default().compression_method(method);
    for (name, array) in arrays {
        zip.start_file(format!("{name}.npy"), options).unwrap();
        zip.write_all(array).unwrap();
    }
    zip.finish().unwrap();
    bytes.into_inner()
}
