//! The files that a chart is written to.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use super::chart::WIDTH;
use super::layout::scene;
use super::png::png;
use super::scene::Scene;
use super::svg::{Use, svg};
use super::{Chart, Theme};
use crate::text::{FileError, ResultFile, without_ending};

/// PNG pixels for one unit of SVG: sharp on a dense screen.
const PNG_SCALE: f64 = 2.0;

/// Why a picture could not be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum PlotError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("the chart {title:?} cannot be drawn")]
    Draw { title: String },
}

/// A drawn chart.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// The picture as SVG.
    pub svg: String,
    /// The picture as PNG, in light colours.
    pub png: Vec<u8>,
}

impl Drawn {
    /// Draws a scene in light colours.
    ///
    /// # Errors
    /// A scene of too many pixels.
    pub(super) fn of(scene: &Scene) -> Result<Self, PlotError> {
        let png = png(scene, Theme::Light, PNG_SCALE);
        let png = png.ok_or_else(|| PlotError::Draw {
            title: scene.title.clone(),
        })?;
        let svg = svg(scene, Use::File);
        Ok(Self { svg, png })
    }
}

impl Chart {
    /// The files of a chart that is saved as STEM: `STEM.svg` and `STEM.png`.
    pub fn files(stem: &Path) -> [PathBuf; 2] {
        ["svg", "png"].map(|ending| with_ending(stem, ending))
    }

    /// Draws the chart; `None` if there is no point to show.
    ///
    /// # Errors
    /// A chart of too many pixels.
    pub fn draw(&self) -> Result<Option<Drawn>, PlotError> {
        if self.is_empty() {
            return Ok(None);
        }
        Drawn::of(&scene(self, WIDTH)).map(Some)
    }
}

/// The path with `ending` added. `with_extension` would replace the `.5` of `k=0.5`.
fn with_ending(stem: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(stem);
    path.push(".");
    path.push(ending);
    path.into()
}

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

    /// Writes a picture that is drawn.
    ///
    /// # Errors
    /// A file that cannot be written.
    pub fn write(&self, drawn: &Drawn) -> Result<(), PlotError> {
        self.svg.write(drawn.svg.as_bytes())?;
        self.png.write(&drawn.png)?;
        Ok(())
    }

    /// Draws a chart into them; nothing, and `false`, if it has no point to show.
    ///
    /// # Errors
    /// A chart that cannot be drawn, and a file that cannot be written.
    pub fn save(&self, chart: &Chart) -> Result<bool, PlotError> {
        let Some(drawn) = chart.draw()? else {
            return Ok(false);
        };
        self.write(&drawn)?;
        Ok(true)
    }
}
