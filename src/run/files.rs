//! Files that a command writes for its user: none that exists is replaced unasked, and each is written whole or not at all.

use std::ffi::OsStr;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};

use super::RunError;
use crate::report::Chart;

/// A result file that may be written: it does not exist, or the user asked to overwrite it.
///
/// It is made before anything is computed, so that a computation is not lost to a name that is taken.
#[derive(Debug)]
pub struct ResultFile {
    path: PathBuf,
    overwrite: bool,
}

impl ResultFile {
    /// # Errors
    /// [`RunError::FileExists`] unless `overwrite`, a path that is a folder, and a path in a folder that does not exist.
    pub fn new(path: impl Into<PathBuf>, overwrite: bool) -> Result<Self, RunError> {
        let path = path.into();
        let wrong = |path: &Path, problem: &str| {
            Err(RunError::Data {
                path: path.to_owned(),
                problem: problem.to_owned(),
            })
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

    pub fn path(&self) -> &Path {
        &self.path
    }

    fn refuse_taken(&self) -> Result<(), RunError> {
        // A link that leads nowhere is there too.
        if self.overwrite || self.is_device() || self.path.symlink_metadata().is_err() {
            return Ok(());
        }
        Err(RunError::FileExists {
            path: self.path.clone(),
        })
    }

    /// A pipe or a device (`/dev/stdout`): it holds nothing that could be lost, and cannot be renamed over.
    fn is_device(&self) -> bool {
        let found = self.path.metadata();
        found.is_ok_and(|found| !found.is_file() && !found.is_dir())
    }

    pub fn write(&self, content: &[u8]) -> Result<(), RunError> {
        self.write_with(|path| fs::write(path, content).map_err(RunError::io(&self.path)))
    }

    /// Lets `fill` write a file beside the place of this one, and renames it.
    pub fn write_with<E: Into<RunError>>(
        &self,
        fill: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), RunError> {
        if self.is_device() {
            return fill(&self.path).map_err(Into::into);
        }
        // Where the path is a link, the file that it leads to is the one that is replaced.
        let target = fs::canonicalize(&self.path).unwrap_or_else(|_| self.path.clone());
        write_whole_with(&target, |partial| {
            fill(partial).map_err(Into::into)?;
            // It may have come to be in the meantime.
            self.refuse_taken()
        })
    }
}

/// The two files of a chart, `.svg` and `.png`.
#[derive(Debug)]
pub struct ChartFiles {
    svg: ResultFile,
    png: ResultFile,
}

impl ChartFiles {
    /// Of the file that a user named, with or without one of the two endings.
    ///
    /// # Errors
    /// Those of [`ResultFile::new`].
    pub fn new(file: &Path, overwrite: bool) -> Result<Self, RunError> {
        let [svg, png] = Chart::files(&without_ending(file, &["svg", "png"]));
        Ok(Self {
            svg: ResultFile::new(svg, overwrite)?,
            png: ResultFile::new(png, overwrite)?,
        })
    }

    /// Draws a chart into them; nothing, and `false`, if it has no point to show.
    pub fn save(&self, chart: &Chart) -> Result<bool, RunError> {
        let Some(drawn) = chart.draw()? else {
            return Ok(false);
        };
        self.svg.write(drawn.svg.as_bytes())?;
        self.png.write(&drawn.png)?;
        Ok(true)
    }
}

/// A path without its ending, if that is one of `endings`. Any other stays: `k=0.5` is a name, and `.5` no ending.
pub fn without_ending(path: &Path, endings: &[&str]) -> PathBuf {
    let ending = path.extension().unwrap_or_default();
    match endings
        .iter()
        .any(|known| ending.eq_ignore_ascii_case(known))
    {
        true => path.with_extension(""),
        false => path.to_owned(),
    }
}

/// Writes a file beside its place, under a name that no other process takes, and renames it: it is there whole, or not at
/// all. What was there is replaced.
pub(crate) fn write_whole(path: &Path, content: &[u8]) -> Result<(), RunError> {
    write_whole_with(path, |partial| {
        fs::write(partial, content).map_err(RunError::io(path))
    })
}

/// The same of a file that `fill` writes.
pub(crate) fn write_whole_with(
    path: &Path,
    fill: impl FnOnce(&Path) -> Result<(), RunError>,
) -> Result<(), RunError> {
    let partial = partial_beside(path);
    let place = || -> std::io::Result<()> {
        File::open(&partial)?.sync_all()?;
        fs::rename(&partial, path)
    };
    let written = fill(&partial).and_then(|()| place().map_err(RunError::io(path)));
    if written.is_err() {
        let _ = fs::remove_file(&partial);
    }
    written
}

/// How the names of files begin that are being written.
const PARTIAL: &str = ".lindiff-partial-";

/// Whether a file of this name is what was being written when the program was killed.
pub(crate) fn is_partial(name: &OsStr) -> bool {
    name.as_encoded_bytes().starts_with(PARTIAL.as_bytes())
}

/// A name of this process's own, as short as it is whatever the file is called.
fn partial_beside(path: &Path) -> PathBuf {
    static COUNT: AtomicUsize = AtomicUsize::new(0);
    let count = COUNT.fetch_add(1, Ordering::Relaxed);
    path.with_file_name(format!("{PARTIAL}{}-{count}", std::process::id()))
}
