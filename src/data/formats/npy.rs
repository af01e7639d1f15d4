//! NumPy's `.npy` and `.npz`.

use std::fs::File;
use std::io::{self, BufWriter, Cursor, Read};
use std::path::Path;

use half::f16;
use npyz::npz::NpzArchive;
use npyz::{DType, Deserialize, NpyFile, NpyHeader, Order, TypeChar, WriterBuilder};

use super::{Array, check_finite};

/// Reads an `.npy` of numbers: C or Fortran order, either byte order, one axis (a row a number) or more (all but
/// the first are flattened; of three, the last two are an image's height and width).
pub fn read_npy(bytes: &[u8]) -> Result<Array, String> {
    check_header_length(bytes)?;
    let file = NpyFile::new(bytes).map_err(|e| format!("not a .npy file: {e}"))?;
    decode(file)
}

/// Reads an array of an `.npz`, by its name, or the only one.
pub fn read_npz(bytes: &[u8], array: Option<&str>) -> Result<Array, String> {
    let broken = |e: io::Error| format!("not a .npz file, or one that is cut short: {e}");
    let mut archive = NpzArchive::new(Cursor::new(bytes)).map_err(broken)?;
    let names: Vec<String> = archive.array_names().map(str::to_owned).collect();
    let listed = names.join("\", \"");
    let name = match (array, names.as_slice()) {
        (Some(name), _) if names.iter().any(|n| n == name) => name,
        (Some(name), _) => return Err(format!("no array \"{name}\"; there are \"{listed}\"")),
        (None, [only]) => only.as_str(),
        (None, []) => return Err("it holds no array".to_owned()),
        (None, _) => {
            return Err(format!(
                "it holds several arrays: set data.array to one of \"{listed}\""
            ));
        }
    };
    let file = archive.by_name(name).map_err(broken)?;
    let file = file.ok_or_else(|| format!("no array \"{name}\""))?;
    decode(file).map_err(|problem| format!("array \"{name}\": {problem}"))
}

/// A header says its own length; one that is longer than the file is not to be allocated.
fn check_header_length(bytes: &[u8]) -> Result<(), String> {
    let length = match bytes.get(6..12) {
        Some(&[1, _, a, b, ..]) => u16::from_le_bytes([a, b]) as usize,
        Some(&[_, _, a, b, c, d]) => u32::from_le_bytes([a, b, c, d]) as usize,
        _ => return Err("not a .npy file: it is cut short in its header".to_owned()),
    };
    match length <= bytes.len() {
        true => Ok(()),
        false => Err("not a .npy file: it is cut short in its header".to_owned()),
    }
}

fn decode<R: Read>(file: NpyFile<R>) -> Result<Array, String> {
    let header = file.header().clone();
    let item = item_size(&header)?;
    let shape: Vec<usize> = header.shape().iter().map(|&n| n as usize).collect();
    let count = shape.iter().try_fold(1usize, |all, &n| all.checked_mul(n));
    let expected = count
        .and_then(|count| count.checked_mul(item))
        .filter(|&bytes| bytes < isize::MAX as usize)
        .ok_or_else(|| format!("its shape {shape:?} is impossible"))?;
    let (columns, image) = match shape.as_slice() {
        [] => return Err("it holds a single number, not rows".to_owned()),
        [_] => (1, None),
        [_, columns] => (*columns, None),
        [_, height, width] => (height * width, Some((*height, *width))),
        [_, rest @ ..] => (rest.iter().product(), None),
    };
    if expected == 0 {
        return Err(format!("its shape {shape:?} holds no numbers"));
    }
    // Read no more than the shape says, and let memory grow with what is there.
    let mut data = Vec::new();
    let read = file
        .into_inner()
        .take(expected as u64 + 1)
        .read_to_end(&mut data);
    read.map_err(|e| format!("it is cut short or broken: {e}"))?;
    if data.len() != expected {
        let how = if data.len() < expected {
            "cut short: "
        } else {
            "longer than its shape says: "
        };
        let got = data.len();
        return Err(format!(
            "{how}{expected} bytes of numbers are needed for {shape:?}, {got} or more are there"
        ));
    }
    let values = numbers(&header, &data)?;
    let values = match header.order() {
        Order::C => values,
        Order::Fortran => from_fortran(&values, &shape),
    };
    check_finite(&values, columns)?;
    Ok(Array {
        values,
        columns,
        image,
    })
}

/// Bytes of an item, if it is a real number.
fn item_size(header: &NpyHeader) -> Result<usize, String> {
    let dtype = header.dtype();
    let DType::Plain(plain) = &dtype else {
        return Err(format!(
            "structured arrays ({}) are not read: save plain numbers",
            dtype.descr()
        ));
    };
    match plain.type_char() {
        TypeChar::Float | TypeChar::Int | TypeChar::Uint | TypeChar::Bool => {}
        TypeChar::Object => {
            return Err(
                "it holds pickled Python objects, which are not read: save plain numbers"
                    .to_owned(),
            );
        }
        TypeChar::Complex => return Err("complex numbers are not read".to_owned()),
        _ => return Err(format!("items of type {plain} are no numbers")),
    }
    plain
        .num_bytes()
        .ok_or_else(|| format!("items of type {plain} have no size"))
}

fn numbers(header: &NpyHeader, data: &[u8]) -> Result<Vec<f64>, String> {
    fn all<T: Deserialize>(
        header: &NpyHeader,
        data: &[u8],
        to: impl Fn(T) -> f64,
    ) -> Result<Vec<f64>, String> {
        let file = NpyFile::with_header(header.clone(), data);
        let values = file.into_vec::<T>().map_err(|e| e.to_string())?;
        Ok(values.into_iter().map(to).collect())
    }
    let DType::Plain(plain) = header.dtype() else {
        return Err("structured arrays are not read".to_owned());
    };
    match (plain.type_char(), plain.size_field()) {
        (TypeChar::Float, 2) => all(header, data, |x: f16| x.to_f64()),
        (TypeChar::Float, 4) => all(header, data, |x: f32| x.into()),
        (TypeChar::Float, 8) => all(header, data, |x: f64| x),
        (TypeChar::Int, 1) => all(header, data, |x: i8| x.into()),
        (TypeChar::Int, 2) => all(header, data, |x: i16| x.into()),
        (TypeChar::Int, 4) => all(header, data, |x: i32| x.into()),
        (TypeChar::Int, 8) => all(header, data, |x: i64| x as f64),
        (TypeChar::Uint, 1) => all(header, data, |x: u8| x.into()),
        (TypeChar::Uint, 2) => all(header, data, |x: u16| x.into()),
        (TypeChar::Uint, 4) => all(header, data, |x: u32| x.into()),
        (TypeChar::Uint, 8) => all(header, data, |x: u64| x as f64),
        (TypeChar::Bool, 1) => all(header, data, |x: bool| f64::from(u8::from(x))),
        _ => Err(format!("numbers of type {plain} are not read")),
    }
}

/// Numbers whose first axis runs fastest, with the last axis fastest.
fn from_fortran(values: &[f64], shape: &[usize]) -> Vec<f64> {
    let mut index = vec![0; shape.len()];
    let mut strides = vec![1; shape.len()];
    for axis in 1..shape.len() {
        strides[axis] = strides[axis - 1] * shape[axis - 1];
    }
    let mut out = Vec::with_capacity(values.len());
    for _ in 0..values.len() {
        out.push(
            values[index
                .iter()
                .zip(&strides)
                .map(|(i, s)| i * s)
                .sum::<usize>()],
        );
        for axis in (0..shape.len()).rev() {
            index[axis] += 1;
            if index[axis] < shape[axis] {
                break;
            }
            index[axis] = 0;
        }
    }
    out
}

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
    let file = BufWriter::new(File::create(path)?);
    let options = npyz::WriteOptions::new().default_dtype().shape(&shape);
    let mut writer = options.writer(file).begin_nd()?;
    writer.extend(values)?;
    writer.finish()
}
