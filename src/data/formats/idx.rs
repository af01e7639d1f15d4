//! The IDX format of MNIST and its kin: two zero bytes, a type, the number of axes, big-endian sizes, numbers.

use super::{Array, check_finite};

/// Reads an IDX file of images (or of any numbers with two axes or more).
pub fn read_idx(bytes: &[u8]) -> Result<Array, String> {
    let &[0, 0, kind, axes, ref rest @ ..] = bytes else {
        return Err(
            "not an IDX file: it does not begin with two zero bytes, a type and the number of axes"
                .to_owned(),
        );
    };
    let sizes = usize::from(axes) * 4;
    if rest.len() < sizes {
        return Err("not an IDX file: it is cut short in its header".to_owned());
    }
    let (header, data) = rest.split_at(sizes);
    let big_endian = |b: &[u8]| u32::from_be_bytes([b[0], b[1], b[2], b[3]]) as usize;
    let shape: Vec<usize> = header.chunks_exact(4).map(big_endian).collect();
    let (item, number) = numbers_of(kind)?;
    let count = shape.iter().try_fold(1usize, |all, &n| all.checked_mul(n));
    let expected = count
        .and_then(|count| count.checked_mul(item))
        .ok_or_else(|| format!("its shape {shape:?} is impossible"))?;
    if axes < 2 {
        let what = "an IDX file with one axis, such as one of labels; the file of images is meant";
        return Err(what.to_owned());
    }
    if data.len() != expected {
        let how = if data.len() < expected {
            "cut short"
        } else {
            "longer than its header says"
        };
        let got = data.len();
        return Err(format!(
            "{how}: {expected} bytes of numbers are needed for {shape:?}, {got} are there"
        ));
    }
    if expected == 0 {
        return Err(format!("its shape {shape:?} holds no numbers"));
    }
    let values: Vec<f64> = data.chunks_exact(item).map(number).collect();
    let columns = shape[1..].iter().product();
    check_finite(&values, columns)?;
    let image = match shape.as_slice() {
        &[_, height, width] => Some((height, width)),
        _ => None,
    };
    Ok(Array {
        values,
        columns,
        image,
    })
}

/// Reads a number from its bytes.
type Number = fn(&[u8]) -> f64;

/// Bytes of a number of a type, and how it is read.
fn numbers_of(kind: u8) -> Result<(usize, Number), String> {
    fn fixed<const N: usize>(bytes: &[u8]) -> [u8; N] {
        bytes.try_into().expect("a chunk of that size")
    }
    match kind {
        0x08 => Ok((1, |b| b[0].into())),
        0x09 => Ok((1, |b| (b[0] as i8).into())),
        0x0B => Ok((2, |b| i16::from_be_bytes(fixed(b)).into())),
        0x0C => Ok((4, |b| i32::from_be_bytes(fixed(b)).into())),
        0x0D => Ok((4, |b| f32::from_be_bytes(fixed(b)).into())),
        0x0E => Ok((8, |b| f64::from_be_bytes(fixed(b)))),
        other => Err(format!("not an IDX file: type 0x{other:02x} is unknown")),
    }
}
