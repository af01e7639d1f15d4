//! A chart with its sizes and its rulers: where a point lies on paper.

use super::axis::Ruler;
use super::model::Chart;
use super::scene::Place;

/// Sizes that depend on the width of the picture.
#[derive(Debug, Clone, Copy)]
pub(super) struct Sizes {
    pub width: f64,
    pub small: f64,
    pub title: f64,
    pub plot_height: f64,
    pub radius: f64,
    pub line: f64,
}

/// The margin around the picture.
pub(super) const MARGIN: f64 = 12.0;
/// The row of infinite values above the axis, and that of zero below a logarithmic one.
pub(super) const EDGE_ROW: f64 = 18.0;
/// Below this width a picture is one for a phone.
const NARROW: f64 = 480.0;

impl Sizes {
    pub fn of(width: f64) -> Self {
        let is_narrow = width < NARROW;
        let pick = |narrow: f64, wide: f64| if is_narrow { narrow } else { wide };
        Self {
            width,
            small: pick(11.5, 12.0),
            title: pick(14.5, 16.0),
            plot_height: pick(250.0, 310.0),
            radius: pick(3.0, 3.5),
            line: pick(1.8, 2.0),
        }
    }

    /// Whether the picture is one for a phone.
    #[cfg(feature = "plots")]
    pub fn is_narrow(&self) -> bool {
        self.width < NARROW
    }

    /// The distance of lines of text.
    pub fn leading(&self) -> f64 {
        1.3 * self.small
    }
}

/// The rectangle of the data.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Frame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

/// A chart with its rulers.
pub(super) struct Placed<'a> {
    pub chart: &'a Chart,
    pub sizes: Sizes,
    pub frame: Frame,
    pub x: Ruler,
    pub y: Ruler,
}

impl Placed<'_> {
    /// The place of a point of quantity `index`. Infinite values, and zero on a logarithmic axis, lie in their rows at the
    /// edges.
    pub fn at(&self, (x, y): (f64, f64), index: usize) -> Option<Place> {
        let x = self.x.at(x)?;
        // Quantities that are infinite at one place are seen beside each other.
        let apart = 4.0 * (index % 3) as f64;
        let y = match self.y.at(y) {
            Some(y) => y,
            None if y == f64::INFINITY => self.frame.top + 2.0 + apart,
            None if y == 0.0 => self.frame.bottom - 2.0 - apart,
            None => return None,
        };
        Some((x, y))
    }
}
