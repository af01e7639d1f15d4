//! How is a result shown? Charts in one style, and pictures of samples. The numbers come from other rooms.
//!
//! A chart is data, [`Chart`]; `layout` gives it places on paper, a scene; `svg` and `png` write the scene, so both are
//! one picture. Nothing here but [`ChartFiles`] touches a file, and without the feature `plots` there are
//! charts alone, as SVG: enough for a page in a browser.

mod axes;
mod axis;
mod chart;
#[cfg(feature = "plots")]
mod chart_files;
mod describe;
mod labels;
mod layout;
mod legend;
mod model;
#[cfg(feature = "plots")]
mod panels;
mod placed;
mod plot;
#[cfg(feature = "plots")]
mod png;
#[cfg(feature = "plots")]
mod raster;
mod scene;
#[cfg(feature = "plots")]
mod sheet;
#[cfg(feature = "plots")]
mod sheet_lines;
#[cfg(feature = "plots")]
mod sheet_model;
mod style;
mod svg;
#[cfg(test)]
mod tests;

pub use chart::{NARROW_WIDTH, WIDTH, page_rules};
#[cfg(feature = "plots")]
pub use chart_files::{ChartFiles, Drawn, PlotError};
pub use model::{Axis, Chart, KeyOf, Measured, Quantity, Scale};
#[cfg(feature = "plots")]
pub use panels::{Panel, Panels};
#[cfg(feature = "plots")]
pub use raster::Looks;
#[cfg(feature = "plots")]
pub use sheet_model::{Numbers, Series, Sheet};
pub use style::{Dash, FONT_FAMILY, Hue, Theme};
#[cfg(feature = "burn")]
pub(crate) use svg::escaped;
