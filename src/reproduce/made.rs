//! Which files of a folder `reproduce` made: these it may make again.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::report::Chart;
use crate::run::RunError;
use crate::run::files::{write_whole, write_whole_with};
use crate::text::document;
use crate::training::digest;

/// The file that remembers what was made.
const RECORD: &str = ".lindiff-reproduce";

/// Every content that was written under a name, by its SHA-256: a file that was changed since is the user's.
#[derive(Default, Serialize, Deserialize)]
struct Record {
    files: BTreeMap<String, BTreeSet<String>>,
}

impl Record {
    fn read(folder: &Path) -> Option<Self> {
        let text = fs::read(folder.join(RECORD)).ok()?;
        serde_json::from_slice(&text).ok()
    }
}

/// A folder that figures and reports are made in.
pub(super) struct Made<'a> {
    folder: &'a Path,
    overwrite: bool,
    /// Whether an older version, which kept no record, made what is there.
    of_before: bool,
}

impl<'a> Made<'a> {
    pub fn in_folder(folder: &'a Path, overwrite: bool) -> Self {
        let report = || fs::read_to_string(folder.join("report.md")).unwrap_or_default();
        let of_before =
            Record::read(folder).is_none() && report().starts_with(super::report::TITLE);
        Self {
            folder,
            overwrite,
            of_before,
        }
    }

    /// Refuses to replace a file that `reproduce` did not make.
    pub fn check(&self, name: &str) -> Result<(), RunError> {
        let path = self.folder.join(name);
        if self.overwrite || self.of_before || path.symlink_metadata().is_err() {
            return Ok(());
        }
        let record = Record::read(self.folder).unwrap_or_default();
        let made = record.files.get(name);
        let made = made.is_some_and(|made| digest(&path).is_ok_and(|now| made.contains(&now)));
        match made {
            true => Ok(()),
            false => Err(RunError::FileExists { path }),
        }
    }

    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), RunError> {
        self.write_with(name, |path| {
            fs::write(path, content).map_err(RunError::io(self.folder.join(name)))
        })
    }

    /// Writes a file, and remembers what it is before it stands in its place.
    pub fn write_with<E: Into<RunError>>(
        &self,
        name: &str,
        fill: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), RunError> {
        self.check(name)?;
        write_whole_with(&self.folder.join(name), |partial| {
            fill(partial).map_err(Into::into)?;
            let mut record = Record::read(self.folder).unwrap_or_default();
            let contents = record.files.entry(name.to_owned()).or_default();
            contents.insert(digest(partial)?);
            write_whole(&self.folder.join(RECORD), document(&record).as_bytes())
        })
    }

    /// Both files of a chart; none if it has no point to show.
    pub fn save(&self, name: &str, chart: &Chart) -> Result<(), RunError> {
        if let Some(drawn) = chart.draw()? {
            self.write(&format!("{name}.svg"), drawn.svg.as_bytes())?;
            self.write(&format!("{name}.png"), &drawn.png)?;
        }
        Ok(())
    }
}
