//! The files that a chart is written to.

use std::path::Path;

use super::{Chart, PlotError};
use crate::text::{FileError, ResultFile, without_ending};

/// The two files of a chart, `.svg` and `.png`.
#[derive(Debug)]
pub struct ChartFiles {
    svg: ResultFile,
    png: ResultFile,
}

impl ChartFiles {
    /// The files that a user named, with or without one of the two endings.
    ///
    /// # Errors
    /// The errors of [`ResultFile::new`].
    pub fn new(file: &Path, overwrite: bool) -> Result<Self, FileError> {
        let [svg, png] = Chart::files(&without_ending(file, &["svg", "png"]));
        Ok(Self {
            svg: ResultFile::new(svg, overwrite)?,
            png: ResultFile::new(png, overwrite)?,
        })
    }

    /// Draws a chart into them; nothing, and `false`, if it has no point to show.
    ///
    /// # Errors
    /// A chart that cannot be drawn, and a file that cannot be written.
    pub fn save(&self, chart: &Chart) -> Result<bool, PlotError> {
        let Some(drawn) = chart.draw()? else {
            return Ok(false);
        };
        self.svg.write(drawn.svg.as_bytes())?;
        self.png.write(&drawn.png)?;
        Ok(true)
    }
}
