//! Writes `.npy` files.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::Path;

use npyz::WriterBuilder;

/// Writes numbers in row-major order as an `.npy` of f64.
pub fn write_npy(path: &Path, shape: &[usize], values: &[f64]) -> io::Result<()> {
    write(path, shape, values.iter().copied())
}

/// Writes numbers in row-major order, rounded, as an `.npy` of f32.
pub fn write_npy_f32(path: &Path, shape: &[usize], values: &[f64]) -> io::Result<()> {
    write(path, shape, values.iter().map(|&x| x as f32))
}

fn write<T: npyz::AutoSerialize>(
    path: &Path,
    shape: &[usize],
    values: impl Iterator<Item = T>,
) -> io::Result<()> {
    let shape: Vec<u64> = shape.iter().map(|&n| n as u64).collect();
    let mut file = BufWriter::new(File::create(path)?);
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
    let mut writer = options.writer(&mut file).begin_nd()?;
    writer.extend(values)?;
    writer.finish()?;
    // The buffered rest may fail too. Dropping the buffer would hide that.
    file.flush()
}
