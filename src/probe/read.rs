//! Reads arrays and rows from files.

use std::io::BufReader;
use std::path::Path;

use super::{Arrays, ProbeError};
use crate::config::RealData;
use crate::data::formats::{Array, FormatError, Npz};
use crate::data::{DataError, Rows, Table, read_rows};

/// Rows of a file, and the height and width of an image that a row is, if the file says it.
#[derive(Debug, Clone)]
pub struct FileRows {
    /// The rows.
    pub rows: Rows,
    /// Height and width.
    pub image: Option<(usize, usize)>,
    /// How the file was read.
    pub notes: Vec<String>,
}

/// Reads the arrays `x_t`, `prediction`, `alpha_bar` and `row` (if it is there) of an `.npz`, and the height and width
/// of an image if `x_t` has them.
///
/// # Errors
/// A file that is no `.npz` or is cut short; an array that is missing or has another shape; the errors of
/// [`Arrays::new`].
pub fn read_arrays(path: &Path) -> Result<(Arrays, Option<(usize, usize)>), ProbeError> {
    let mut file = Archive {
        npz: Npz::open(path)?,
        path,
    };
    let in_file = |source: ProbeError| ProbeError::InFile {
        path: path.to_owned(),
        source: Box::new(source),
    };
    let (x_t, image) = file.matrix("x_t", "[n, d]")?;
    let (draws, dim) = (x_t.count(), x_t.dim());
    let (prediction, _) = file.matrix("prediction", &format!("[{draws}, {dim}], that of x_t,"))?;
    let list = format!("[{draws}], a number for each row of x_t,");
    let alpha_bar = file.list("alpha_bar", &list)?;
    let row = match file.holds("row") {
        true => Some(file.list("row", &list)?),
        false => None,
    };
    let arrays = Arrays::new(x_t, prediction, alpha_bar).map_err(in_file)?;
    let arrays = match row {
        Some(row) => arrays
            .of_rows(whole(&row).map_err(in_file)?)
            .map_err(in_file)?,
        None => arrays,
    };
    Ok((arrays, image))
}

/// Reads rows of any file that holds rows, as they stand there.
///
/// # Errors
/// Anything wrong with the file, with its place.
pub fn read_file_rows(path: &Path) -> Result<FileRows, ProbeError> {
    let Table {
        rows, image, notes, ..
    } = read_rows(&RealData::file(path))?;
    let all = 0..rows.count();
    Ok(FileRows {
        rows: rows.part(all),
        image,
        notes,
    })
}

struct Archive<'a> {
    npz: Npz<BufReader<std::fs::File>>,
    path: &'a Path,
}

impl Archive<'_> {
    fn holds(&self, name: &str) -> bool {
        self.npz.names().iter().any(|known| known == name)
    }

    /// An array of one axis, or of more of which all others have the length 1.
    fn list(&mut self, name: &'static str, expected: &str) -> Result<Vec<f64>, ProbeError> {
        let array = self.array(name, expected)?;
        match array.columns {
            1 => Ok(array.values.into_doubles()),
            _ => Err(self.shape(name, &array.axes, expected)),
        }
    }

    /// An array of two axes; further ones are flattened.
    fn matrix(
        &mut self,
        name: &'static str,
        expected: &str,
    ) -> Result<(Rows, Option<(usize, usize)>), ProbeError> {
        let array = self.array(name, expected)?;
        match array.axes.len() {
            1 => Err(self.shape(name, &array.axes, expected)),
            _ => Ok((
                Rows::new(array.values.into_doubles(), array.columns),
                array.image,
            )),
        }
    }

    fn array(&mut self, name: &'static str, expected: &str) -> Result<Array, ProbeError> {
        self.npz.array(name).map_err(|error| match error {
            FormatError::NoSuchArray { names, .. } => {
                self.in_file(ProbeError::Absent { name, names })
            }
            FormatError::InArray { source, .. } if matches!(*source, FormatError::Shape { .. }) => {
                let FormatError::Shape { shape, .. } = *source else {
                    unreachable!("a shape, as the guard says")
                };
                self.in_file(ProbeError::Shape {
                    array: name,
                    found: shape,
                    expected: expected.to_owned(),
                })
            }
            error => DataError::Format {
                path: self.path.to_owned(),
                source: error,
            }
            .into(),
        })
    }

    fn shape(&self, array: &'static str, axes: &[usize], expected: &str) -> ProbeError {
        self.in_file(ProbeError::Shape {
            array,
            found: axes.iter().map(|&n| n as u64).collect(),
            expected: expected.to_owned(),
        })
    }

    fn in_file(&self, source: ProbeError) -> ProbeError {
        ProbeError::InFile {
            path: self.path.to_owned(),
            source: Box::new(source),
        }
    }
}

/// Row numbers, which must be whole and not below 0.
fn whole(row: &[f64]) -> Result<Vec<usize>, ProbeError> {
    let number = |(draw, &value): (usize, &f64)| {
        if value >= 0.0 && value.fract() == 0.0 && value < usize::MAX as f64 {
            Ok(value as usize)
        } else {
            Err(ProbeError::RowNumber { draw, value })
        }
    };
    row.iter().enumerate().map(number).collect()
}
