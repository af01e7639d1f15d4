//! Which files of a folder did `reproduce` or `demo` make? Only these may they replace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::figure::{points_file, repeats_file};
use super::finding::Finding;
use crate::report::Drawn;
use crate::run::RunError;
use crate::text::digest::digest_of_file;
use crate::text::{FileError, document, write_whole, write_whole_with};

/// The file with the record.
const RECORD: &str = ".lindiff-reproduce";

/// The SHA-256 of every content that was written under a name. A file that was changed since belongs to the user.
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

/// The folder for figures and report, or for a demonstration.
pub(crate) struct ReportFolder<'a> {
    folder: &'a Path,
    overwrite: bool,
}

impl<'a> ReportFolder<'a> {
    pub fn new(folder: &'a Path, overwrite: bool) -> Self {
        Self { folder, overwrite }
    }

    /// Refuses to replace a file that this program did not make there.
    pub fn check(&self, name: &str) -> Result<(), RunError> {
        let path = self.folder.join(name);
        if self.overwrite || path.symlink_metadata().is_err() {
            return Ok(());
        }
        let record = Record::read(self.folder).unwrap_or_default();
        let made = record.files.get(name);
        let made =
            made.is_some_and(|made| digest_of_file(&path).is_ok_and(|now| made.contains(&now)));
        if made {
            Ok(())
        } else {
            Err(FileError::Exists { path }.into())
        }
    }

    pub fn create(&self) -> Result<(), RunError> {
        fs::create_dir_all(self.folder).map_err(RunError::io(self.folder))
    }

    /// Writes a figure's data and pictures.
    pub(super) fn write_figure(&self, finding: &Finding) -> Result<(), RunError> {
        self.write(&points_file(finding.name), &finding.points.csv())?;
        if finding.agreement.is_some() {
            let repeats = finding.points.measurements().csv();
            self.write(&repeats_file(finding.name), &repeats)?;
        }
        for (name, chart) in &finding.charts {
            // None if there is no point to show.
            if let Some(drawn) = chart.draw()? {
                self.write_drawn(name, &drawn)?;
            }
        }
        for (name, sheet) in &finding.sheets {
            self.write_drawn(name, &sheet.draw()?)?;
        }
        Ok(())
    }

    /// Writes both files of a picture.
    pub fn write_drawn(&self, name: &str, drawn: &Drawn) -> Result<(), RunError> {
        self.write(&format!("{name}.svg"), drawn.svg.as_bytes())?;
        self.write(&format!("{name}.png"), &drawn.png)
    }

    /// Writes a file, and records its content before the file is in its place.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), RunError> {
        self.check(name)?;
        let file = self.folder.join(name);
        write_whole_with(&file, |partial| {
            fs::write(partial, content).map_err(RunError::io(&file))?;
            let mut record = Record::read(self.folder).unwrap_or_default();
            let contents = record.files.entry(name.to_owned()).or_default();
            contents.insert(digest_of_file(partial).map_err(RunError::io(partial))?);
            let record = document(&record);
            Ok(write_whole(&self.folder.join(RECORD), record.as_bytes())?)
        })
    }
}
