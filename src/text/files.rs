//! Files that a command writes for its user. No existing file is replaced without being asked to. A file is written
//! completely or not at all.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::hash::{BuildHasher, RandomState};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Why a file could not be written.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum FileError {
    #[error("{path}: {source}")]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} exists: choose another name, or replace it with --overwrite")]
    Exists { path: PathBuf },
    #[error("{path}: {problem}")]
    Unusable {
        path: PathBuf,
        problem: &'static str,
    },
}

impl FileError {
    /// Turns an error of the system into one for a path.
    pub fn io(path: impl Into<PathBuf>) -> impl FnOnce(io::Error) -> Self {
        let path = path.into();
        move |source| Self::Io { path, source }
    }

    /// Whether the user's input is at fault, such as a path that leads nowhere.
    pub fn is_input(&self) -> bool {
        match self {
            Self::Io { source, .. } => is_of_user(source),
            Self::Exists { .. } | Self::Unusable { .. } => true,
        }
    }
}

/// Whether an error of the system comes from a wrong path, rather than from a full disk or a broken device.
pub fn is_of_user(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::NotFound | io::ErrorKind::PermissionDenied | io::ErrorKind::NotADirectory
    )
}

/// A result file that may be written: it does not exist, or the user asked to overwrite it.
///
/// It is made before the computation, so that no result is lost because a name is taken.
#[derive(Debug)]
pub struct ResultFile {
    path: PathBuf,
    overwrite: bool,
}

impl ResultFile {
    /// Checks the path.
    ///
    /// # Errors
    /// [`FileError::Exists`] unless `overwrite`, a path that is a folder, and a path in a folder that does not exist.
    pub fn new(path: impl Into<PathBuf>, overwrite: bool) -> Result<Self, FileError> {
        let path = path.into();
        let wrong = |path: &Path, problem| {
            let path = path.to_owned();
            Err(FileError::Unusable { path, problem })
        };
        if path.is_dir() {
            return wrong(&path, "is a folder: give the name of a file");
        }
        let folder = path.parent().unwrap_or(Path::new(""));
        if !folder.as_os_str().is_empty() && !folder.is_dir() {
            return wrong(
                folder,
                "there is no such folder: make it, or choose another",
            );
        }
        let file = Self { path, overwrite };
        file.refuse_taken()?;
        Ok(file)
    }

    /// The path of the file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    fn refuse_taken(&self) -> Result<(), FileError> {
        // A link that leads nowhere also counts.
        if self.overwrite || self.is_device() || self.path.symlink_metadata().is_err() {
            return Ok(());
        }
        Err(FileError::Exists {
            path: self.path.clone(),
        })
    }

    /// Whether it is a pipe or a device (`/dev/stdout`). That holds nothing that could be lost, and cannot be renamed
    /// over.
    fn is_device(&self) -> bool {
        let found = self.path.metadata();
        found.is_ok_and(|found| !found.is_file() && !found.is_dir())
    }

    /// Writes the whole content.
    pub fn write(&self, content: &[u8]) -> Result<(), FileError> {
        self.write_with(|path| fs::write(path, content).map_err(FileError::io(&self.path)))
    }

    /// Lets `fill` write a file beside this one, and renames it.
    pub fn write_with<E: From<FileError>>(
        &self,
        fill: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), E> {
        if self.is_device() {
            return fill(&self.path);
        }
        // If the path is a link, its target is replaced.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        write_whole_with(&target, |partial| {
            fill(partial)?;
            // The file may have appeared in the meantime.
            Ok(self.refuse_taken()?)
        })
    }
}

/// A path without its ending, if that is one of `endings`. Any other ending stays: in `k=0.5` the `.5` is a part of
/// the name.
pub fn without_ending(path: &Path, endings: &[&str]) -> PathBuf {
    let ending = path.extension().unwrap_or_default();
    if endings
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
    {
        path.with_extension("")
    } else {
        path.to_owned()
    }
}

/// Writes a file beside its final place, under a name that no other process uses, and renames it. So it is there
/// completely or not at all. An existing file is replaced.
pub fn write_whole(path: &Path, content: &[u8]) -> Result<(), FileError> {
    write_whole_with(path, |partial| {
        fs::write(partial, content).map_err(FileError::io(path))
    })
}

/// Lets `fill` write a file beside its final place, and renames it: see [`write_whole`].
pub fn write_whole_with<E: From<FileError>>(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), E>,
) -> Result<(), E> {
    let partial = partial_beside(path);
    let place = || -> std::io::Result<()> {
        File::open(&partial)?.sync_all()?;
        fs::rename(&partial, path)
    };
    let written =
        fill(&partial).and_then(|()| place().map_err(|error| FileError::io(path)(error).into()));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

/// The beginning of the names of unfinished files.
const PARTIAL: &str = ".lindiff-partial-";

/// Whether a file of this name was being written when the program was killed.
pub fn is_partial(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PARTIAL.as_bytes())
}

/// A name that only this process uses: two machines that share the folder may have a process of the same number, so it
/// holds a random number too. Its length does not depend on the file's name.
fn partial_beside(path: &Path) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    static RANDOM: LazyLock<u64> = LazyLock::new(|| RandomState::new().hash_one(0));
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    let (process, random) = (std::process::id(), *RANDOM);
    path.with_file_name(format!("{PARTIAL}{process}-{random:016x}-{count}"))
}
