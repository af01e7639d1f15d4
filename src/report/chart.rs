//! Charts as SVG and PNG, all in one style.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use kuva::plot::{LinePlot, ScatterPlot};
use kuva::render::annotations::ReferenceLine;
use kuva::render::layout::Layout;
use kuva::render::plots::Plot;

use crate::text::FileError;

/// The colours of Okabe and Ito, in the order of use; the last is black. Colour-blind people can tell them apart.
const COLORS: [&str; 7] = [
    "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000",
];
/// PNG pixels for one unit of SVG: sharp on a dense screen.
const PNG_SCALE: f32 = 2.0;

/// Why a picture could not be written.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what its variant means")]
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
    /// A solid line.
    Line,
    /// A dashed line.
    Dashed,
    /// A dotted line.
    Dotted,
    /// Points without a line.
    Points,
}

/// Named points `(x, y)`. Points that an axis cannot show (not finite, or not positive on a logarithmic axis) are
/// left out.
#[derive(Debug, Clone)]
pub struct Series {
    /// The name in the legend; an empty one has no entry.
    pub name: String,
    /// The points `(x, y)`.
    pub points: Vec<(f64, f64)>,
    /// How the points are drawn.
    pub style: Style,
    /// The index of its colour in the palette.
    pub color: usize,
}

impl Series {
    /// A series; one with an empty name has no entry in the legend.
    pub fn new(
        name: impl Into<String>,
        points: Vec<(f64, f64)>,
        color: usize,
        style: Style,
    ) -> Self {
        Self {
            name: name.into(),
            points,
            style,
            color,
        }
    }
}

/// A chart with its axes and their labels (with units).
#[derive(Debug, Clone, Default)]
pub struct Chart {
    /// The title.
    pub title: String,
    /// The label of the x axis.
    pub x_label: String,
    /// The label of the y axis.
    pub y_label: String,
    /// Whether the x axis is logarithmic.
    pub log_x: bool,
    /// Whether the y axis is logarithmic.
    pub log_y: bool,
    /// The series, the first at the back.
    pub series: Vec<Series>,
    /// A vertical line with its meaning. The label of the x axis states the meaning, because text beside the line may
    /// be cut off.
    pub mark: Option<(f64, String)>,
}

/// A drawn chart.
#[derive(Debug, Clone)]
pub struct Drawn {
    /// The picture as SVG.
    pub svg: String,
    /// The picture as PNG.
    pub png: Vec<u8>,
}

impl Chart {
    /// A chart whose axes are both logarithmic.
    pub fn log_log(
        title: impl Into<String>,
        x_label: impl Into<String>,
        y_label: impl Into<String>,
        series: Vec<Series>,
    ) -> Self {
        Self {
            title: title.into(),
            x_label: x_label.into(),
            y_label: y_label.into(),
            log_x: true,
            log_y: true,
            series,
            mark: None,
        }
    }

    /// The files of a chart that is saved as STEM: `STEM.svg` and `STEM.png`.
    pub fn files(stem: &Path) -> [PathBuf; 2] {
        ["svg", "png"].map(|ending| with_ending(stem, ending))
    }

    /// Draws the chart; `None` if there is no point to show.
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
            // A series without a name, such as the other side of a band.
            if series.name.is_empty() {
                line
            } else {
                line.with_legend(series.name.clone())
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
                if series.name.is_empty() {
                    points.into()
                } else {
                    points.with_legend(series.name.clone()).into()
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

/// The path with `ending` added. `with_extension` would replace the `.5` of `k=0.5`.
fn with_ending(stem: &Path, ending: &str) -> PathBuf {
    let mut path = OsString::from(stem);
    path.push(".");
    path.push(ending);
    path.into()
}
