//! Which files of a folder did `reproduce` make? Only these may it replace.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::figure::{points_file, repeats_file};
use super::finding::{Finding, Sheet};
use super::report::{MARKDOWN, TITLE};
use crate::report::{Chart, contact_sheet};
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
    /// Whether the files were made by an older version, which kept no record.
    of_before: bool,
}

impl<'a> ReportFolder<'a> {
    pub fn new(folder: &'a Path, overwrite: bool) -> Self {
        let report = || fs::read_to_string(folder.join(MARKDOWN)).unwrap_or_default();
        let of_before = Record::read(folder).is_none() && report().starts_with(TITLE);
        Self {
            folder,
            overwrite,
            of_before,
        }
    }

    /// Refuses to replace a file that this program did not make there.
    pub fn check(&self, name: &str) -> Result<(), RunError> {
        let path = self.folder.join(name);
        if self.overwrite || self.of_before || path.symlink_metadata().is_err() {
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
            self.write_chart(name, chart)?;
        }
        for sheet in &finding.sheets {
            self.write_sheet(sheet)?;
        }
        Ok(())
    }

    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), RunError> {
        self.write_with(name, |path| {
            fs::write(path, content).map_err(RunError::io(self.folder.join(name)))
        })
    }

    /// Writes a file, and records its content before the file is in its place.
    fn write_with<E: Into<RunError>>(
        &self,
        name: &str,
        fill: impl FnOnce(&Path) -> Result<(), E>,
    ) -> Result<(), RunError> {
        self.check(name)?;
        write_whole_with(&self.folder.join(name), |partial| {
            fill(partial).map_err(Into::into)?;
            let mut record = Record::read(self.folder).unwrap_or_default();
            let contents = record.files.entry(name.to_owned()).or_default();
            contents.insert(digest_of_file(partial).map_err(RunError::io(partial))?);
            let record = document(&record);
            Ok(write_whole(&self.folder.join(RECORD), record.as_bytes())?)
        })
    }

    /// Writes both files of a chart; none if there is no point to show.
    fn write_chart(&self, name: &str, chart: &Chart) -> Result<(), RunError> {
        if let Some(drawn) = chart.draw()? {
            self.write(&format!("{name}.svg"), drawn.svg.as_bytes())?;
            self.write(&format!("{name}.png"), &drawn.png)?;
        }
        Ok(())
    }

    fn write_sheet(&self, sheet: &Sheet) -> Result<(), RunError> {
        let Sheet { file, images, side } = sheet;
        self.write_with(file, |path| contact_sheet(images, *side, *side, path))
    }
}
