//! NumPy's `.npz`: a zip archive of `.npy` files, stored or compressed.

use std::fs::File;
use std::io::{BufReader, Cursor, Read, Seek};
use std::path::Path;

use zip::ZipArchive;
use zip::result::ZipError;

use super::npy::decode;
use super::{Array, FormatError};
use crate::data::DataError;

/// The first bytes of a zip archive.
const BEGINS: &[u8] = b"PK";

/// An open `.npz`, whose arrays are read one at a time.
#[derive(Debug)]
pub struct Npz<R> {
    archive: ZipArchive<R>,
    names: Vec<String>,
}

impl Npz<BufReader<File>> {
    /// Opens a file; no array is read yet.
    ///
    /// # Errors
    /// A file that cannot be read, and the errors of [`Npz::new`].
    pub fn open(path: &Path) -> Result<Self, DataError> {
        let file = File::open(path).map_err(DataError::io(path))?;
        Self::new(BufReader::new(file)).map_err(DataError::format(path))
    }
}

impl<R: Read + Seek> Npz<R> {
    /// Reads the list of the arrays.
    ///
    /// # Errors
    /// Bytes that are no zip archive, or a part of one.
    pub fn new(mut reader: R) -> Result<Self, FormatError> {
        let mut start = Vec::new();
        let mut begun = reader.by_ref().take(BEGINS.len() as u64);
        begun.read_to_end(&mut start).map_err(|e| broken(&e))?;
        if start.is_empty() {
            return Err(FormatError::Empty);
        }
        if start != BEGINS {
            return Err(FormatError::NotThis {
                format: "an .npz",
                expected: "PK, as numpy.savez writes it",
            });
        }
        let archive = ZipArchive::new(reader).map_err(|e| broken(&e))?;
        let names = array_names(&archive).map_err(|e| broken(&e))?;
        Ok(Self { archive, names })
    }

    /// The names of the arrays, without the ending `.npy`, in order.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// Reads an array to its end.
    ///
    /// # Errors
    /// A name that is not there; anything wrong with the array, with its name; more memory than there is.
    pub fn array(&mut self, name: &str) -> Result<Array, FormatError> {
        let name = name.to_owned();
        if !self.names.contains(&name) {
            let names = self.names.clone();
            return Err(FormatError::NoSuchArray { name, names });
        }
        let file = self.archive.by_name(&format!("{name}.npy"));
        let file = file.map_err(|e| broken(&e))?;
        let size = file.size();
        decode(file, size).map_err(|source| FormatError::InArray {
            name,
            source: Box::new(source),
        })
    }
}

/// Reads an array of an `.npz` by its name, or the only one.
pub fn read_npz(bytes: &[u8], array: Option<&str>) -> Result<Array, FormatError> {
    let mut archive = Npz::new(Cursor::new(bytes))?;
    let name = match (array, archive.names()) {
        (Some(name), _) => name.to_owned(),
        (None, [only]) => only.clone(),
        (None, []) => return Err(broken(&"it holds no array")),
        (None, names) => {
            let names = names.to_vec();
            return Err(FormatError::WhichArray { names });
        }
    };
    archive.array(&name)
}

fn array_names<R: Read + Seek>(archive: &ZipArchive<R>) -> Result<Vec<String>, ZipError> {
    let mut names = Vec::new();
    for name in archive.file_names() {
        names.extend(name?.strip_suffix(".npy").map(str::to_owned));
    }
    names.sort();
    Ok(names)
}

fn broken(problem: &dyn std::fmt::Display) -> FormatError {
    FormatError::Archive {
        problem: problem.to_string(),
    }
}
