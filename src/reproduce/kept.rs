//! Parts of figures that were measured, kept beside the report. So `reproduce` goes on where it was stopped, and several
//! processes can measure the parts of one report.
//!
//! What a part holds follows from the program, the size of the set, and the data files. A part that was measured by another
//! program or on other data is measured again, as is one whose bytes are damaged.

use std::env;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use serde::Serialize;
use serde::de::DeserializeOwned;
use sha2::{Digest, Sha256};

use crate::run::RunError;
use crate::run::lock::Lock;
use crate::text::digest::digest_of_file;
use crate::text::{FileError, write_whole};

/// The folder of the parts, in that of the report.
const FOLDER: &str = "parts";
/// Held while the report is written.
const LOCK: &str = ".lock";
/// The first bytes of a part. A file without them belongs to the user.
const MARK: &[u8] = b"lindiff part\n";
/// The bytes of a SHA-256.
const SEAL: usize = 32;

/// The place of a part: its figure, and its number in the plan, from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub figure: &'static str,
    pub part: usize,
}

/// The parts that are kept for a report.
pub(super) struct KeptParts {
    folder: PathBuf,
    /// What every part follows from.
    identity: String,
}

impl KeptParts {
    /// The parts for the report in the folder `out`, of the small set or the full one, with these data files.
    pub fn new(out: &Path, quick: bool, data: &[PathBuf]) -> Result<Self, RunError> {
        let digest = |path: &PathBuf| digest_of_file(path).map_err(RunError::io(path));
        let data: Vec<String> = data.iter().map(digest).collect::<Result<_, _>>()?;
        Ok(Self {
            folder: out.join(FOLDER),
            identity: format!("{} {quick} {}", program(), data.join(" ")),
        })
    }

    /// Makes the folder.
    pub fn create(&self) -> Result<(), RunError> {
        fs::create_dir_all(&self.folder).map_err(RunError::io(&self.folder))
    }

    /// Waits until no other process writes the report. None does until the returned lock is dropped.
    pub fn writing(&self) -> Result<Lock, RunError> {
        Lock::wait_for(&self.folder.join(LOCK))
    }

    /// A part; `None` if it must be measured.
    ///
    /// # Errors
    /// A file of the user's in its place.
    pub fn read<T: DeserializeOwned>(&self, place: Place) -> Result<Option<T>, RunError> {
        let payload = self.payload(place)?;
        // Sealed bytes of this program are a part.
        Ok(payload.and_then(|bytes| postcard::from_bytes(&bytes).ok()))
    }

    /// Whether a part is there.
    pub fn has(&self, place: Place) -> Result<bool, RunError> {
        Ok(self.payload(place)?.is_some())
    }

    /// Keeps a part.
    pub fn keep(&self, place: Place, part: &impl Serialize) -> Result<(), RunError> {
        let payload = postcard::to_stdvec(part).expect("parts are numbers and texts");
        let bytes = [MARK, &self.seal(place, &payload), &payload].concat();
        Ok(write_whole(&self.file(place), &bytes)?)
    }

    fn file(&self, Place { figure, part }: Place) -> PathBuf {
        self.folder.join(format!("{figure}-{}.part", part + 1))
    }

    fn payload(&self, place: Place) -> Result<Option<Vec<u8>>, RunError> {
        let path = self.file(place);
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(RunError::io(path)(error)),
        };
        let Some(sealed) = bytes.strip_prefix(MARK) else {
            return Err(FileError::Exists { path }.into());
        };
        let payload = sealed.split_at_checked(SEAL).and_then(|(seal, payload)| {
            (seal == self.seal(place, payload)).then(|| payload.to_vec())
        });
        Ok(payload)
    }

    /// The SHA-256 of the identity, the place and the bytes of a part.
    fn seal(&self, Place { figure, part }: Place, payload: &[u8]) -> [u8; SEAL] {
        let about = format!("{} {figure} {part}\n", self.identity);
        let hasher = Sha256::new_with_prefix(about).chain_update(payload);
        hasher.finalize().into()
    }
}

/// What tells this program from others: the digest of its file, or its version where that cannot be read.
fn program() -> String {
    let digest = env::current_exe().and_then(|path| digest_of_file(&path));
    digest.unwrap_or_else(|_| env!("CARGO_PKG_VERSION").to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLACE: Place = Place {
        figure: "ridge",
        part: 2,
    };

    /// Numbers that JSON has no words for.
    fn part() -> (String, Vec<f64>) {
        let values = vec![0.1 + 0.2, f64::INFINITY, f64::NEG_INFINITY, -0.0, 5e-324];
        ("N = d/4".to_owned(), values)
    }

    #[test]
    fn a_part_is_read_as_it_was_kept_and_in_its_own_place_alone() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptParts::new(folder.path(), true, &[]).unwrap();
        kept.create().unwrap();
        assert!(!kept.has(PLACE).unwrap());
        kept.keep(PLACE, &part()).unwrap();
        let read: (String, Vec<f64>) = kept.read(PLACE).unwrap().unwrap();
        let bits = |values: &[f64]| values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
        assert_eq!((&read.0, bits(&read.1)), (&part().0, bits(&part().1)));
        let other = Place { part: 3, ..PLACE };
        fs::copy(kept.file(PLACE), kept.file(other)).unwrap();
        assert!(!kept.has(other).unwrap());
    }

    #[test]
    fn a_part_of_another_set_or_of_other_data_or_with_a_changed_byte_is_measured_again() {
        let folder = tempfile::tempdir().unwrap();
        let data = folder.path().join("rows.csv");
        fs::write(&data, "1,2\n").unwrap();
        let parts = |quick: bool| {
            KeptParts::new(folder.path(), quick, std::slice::from_ref(&data)).unwrap()
        };
        let kept = parts(true);
        kept.create().unwrap();
        kept.keep(PLACE, &part()).unwrap();
        assert!(parts(true).has(PLACE).unwrap());
        assert!(!parts(false).has(PLACE).unwrap());
        fs::write(&data, "1,3\n").unwrap();
        assert!(!parts(true).has(PLACE).unwrap());
        let mut bytes = fs::read(kept.file(PLACE)).unwrap();
        *bytes.last_mut().unwrap() ^= 1;
        fs::write(kept.file(PLACE), &bytes).unwrap();
        assert!(!kept.has(PLACE).unwrap());
        fs::write(kept.file(PLACE), &bytes[..20]).unwrap();
        assert!(!kept.has(PLACE).unwrap());
    }

    #[test]
    fn a_file_of_the_user_s_in_the_place_of_a_part_is_refused_and_stays() {
        let folder = tempfile::tempdir().unwrap();
        let kept = KeptParts::new(folder.path(), true, &[]).unwrap();
        kept.create().unwrap();
        fs::write(kept.file(PLACE), "my notes").unwrap();
        let refused = kept.read::<u8>(PLACE).unwrap_err();
        assert!(refused.to_string().contains("ridge-3.part"), "{refused}");
        assert_eq!(fs::read(kept.file(PLACE)).unwrap(), b"my notes");
    }
}
