//! A chart as SVG and PNG.

use super::layout::scene;
use super::model::Chart;
use super::style::{Theme, color_rules, dark_rules};
use super::svg::{CLASS, Use, svg};

/// The width of a chart in a file, in units of SVG.
pub const WIDTH: f64 = 680.0;
/// The width of a chart on a phone.
pub const NARROW_WIDTH: f64 = 360.0;

impl Chart {
    /// The chart as a file of SVG, in light colours, or dark ones where the reader wants them.
    pub fn svg(&self) -> String {
        svg(&scene(self, WIDTH), Use::File)
    }

    /// The chart as a part of a page, which must hold [`page_rules`]. `name` must be unique on the page; `width` is in
    /// units of SVG, [`WIDTH`] or [`NARROW_WIDTH`].
    pub fn svg_part(&self, name: &str, width: f64) -> String {
        svg(&scene(self, width), Use::Part(name))
    }

    /// The chart as PNG, `scale` pixels for a unit of SVG. `None` if it would have no pixel, or too many.
    #[cfg(feature = "plots")]
    pub fn png(&self, theme: Theme, scale: f64) -> Option<Vec<u8>> {
        super::png::png(&scene(self, WIDTH), theme, scale)
    }
}

/// Rules of CSS for charts that are parts of a page.
pub fn page_rules() -> String {
    let root = format!(".{CLASS}");
    format!(
        "{root}{{display:block;width:100%;height:auto}}{}{}",
        color_rules(&root, Theme::Light),
        dark_rules(&root)
    )
}
