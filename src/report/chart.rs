//! Charts as SVG and PNG, all in one style.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kuva::plot::{LinePlot, ScatterPlot};
use kuva::render::annotations::ReferenceLine;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;

use crate::text::FileError;

/// Okabe and Ito's colours, which the colour-blind can tell apart, in the order of use.
const COLORS: [&str; 7] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000",
];
/// Pixels of PNG for a unit of SVG: sharp on a dense screen.
const PNG_SCALE: f32 = 2.0;

/// A picture could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PlotError {
    #[error(transparent)]
    File(#[from] FileError),
    #[error("{path}: {problem}")]
    Render { path: PathBuf, problem: String },
    #[error("the chart {title:?} cannot be drawn: {problem}")]
    Draw { title: String, problem: String },
}

/// How a series is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Style {
    Line,
    Dashed,
    Dotted,
    Points,
}

/// Named points `(x, y)`; those that an axis cannot show (not finite, not positive on a logarithm) are left out.
#[derive(Debug, Clone)]
pub struct Series {
    pub name: String,
    pub points: Vec<(f64, f64)>,
    pub style: Style,
    /// Which colour of the palette.
    pub color: usize,
}

/// A chart with its labels (with units) and axes.
#[derive(Debug, Clone, Default)]
pub struct Chart {
    pub title: String,
    pub x_label: String,
    pub y_label: String,
    pub log_x: bool,
    pub log_y: bool,
    pub series: Vec<Series>,
    /// A vertical line and what it marks, which the x axis's label tells: beside the line it may be cut off.
    pub mark: Option<(f64, String)>,
}

/// A chart as a picture.
#[derive(Debug, Clone)]
pub struct Drawn {
    pub svg: String,
    pub png: Vec<u8>,
}

impl Chart {
    /// The files that [`save`](Self::save) writes: `STEM.svg` and `STEM.png`.
    pub fn files(stem: &Path) -> [PathBuf; 2] {
        ["svg", "png"].map(|ending| with_ending(stem, ending))
    }

    /// The chart as a picture; none if there is no point to show.
    pub fn draw(&self) -> Result<Option<Drawn>, PlotError> {
        let plots = || -> Vec<Plot> { self.series.iter().filter_map(|s| self.plot(s)).collect() };
        if plots().is_empty() {
            return Ok(None);
        }
        let svg = kuva::render_to_svg(plots(), self.layout(&plots()));
        let png = kuva::render_to_png(plots(), self.layout(&plots()), PNG_SCALE);
        let png = png.map_err(|problem| PlotError::Draw {
            title: self.title.clone(),
            problem: problem.to_string(),
        })?;
        Ok(Some(Drawn { svg, png }))
    }

    fn shows(&self, (x, y): (f64, f64)) -> bool {
        let on_axis = |v: f64, log: bool| v.is_finite() && (!log || v > 0.0);
        on_axis(x, self.log_x) && on_axis(y, self.log_y)
    }

    fn plot(&self, series: &Series) -> Option<Plot> {
        let points = series.points.iter().copied().filter(|p| self.shows(*p));
        let points: Vec<(f64, f64)> = points.collect();
        if points.is_empty() {
            return None;
        }
        let color = COLORS[series.color % COLORS.len()];
        let line = || {
            let line = LinePlot::new()
                .with_data(points.clone())
                .with_color(color)
                .with_stroke_width(2.0);
            // Nameless: the other side of a band, say.
            match series.name.is_empty() {
                true => line,
                false => line.with_legend(series.name.clone()),
            }
        };
        Some(match series.style {
            Style::Line => line().into(),
            Style::Dashed => line().with_dashed().into(),
            Style::Dotted => line().with_dotted().into(),
            Style::Points => {
                let points = ScatterPlot::new()
                    .with_data(points.clone())
                    .with_color(color)
                    .with_size(4.0);
                match series.name.is_empty() {
                    true => points.into(),
                    false => points.with_legend(series.name.clone()).into(),
                }
            }
        })
    }

    fn layout(&self, plots: &[Plot]) -> Layout {
        let mut layout = Layout::auto_from_plots(plots)
            .with_title(self.title.clone())
            .with_x_label(match &self.mark {
                Some((_, name)) => format!("{} (dashed: {name})", self.x_label),
                None => self.x_label.clone(),
            })
            .with_y_label(self.y_label.clone())
            .with_width(820.0)
            .with_height(520.0);
        if self.log_x {
            layout = layout.with_log_x();
        }
        if self.log_y {
            layout = layout.with_log_y();
        }
        if let Some((x, _)) = self.mark {
            let line = ReferenceLine::vertical(x);
            layout = layout.with_reference_line(line.with_color("#777777"));
        }
        layout
    }
}

/// The path with `ending` added. `with_extension` would take `.5` of `k=0.5` for an ending and replace it.
fn with_ending(stem: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(stem);
    path.push(".");
    path.push(ending);
    path.into()
}
