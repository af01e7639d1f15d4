//! What a chart shows: axes and quantities, without a place on paper.

use super::style::{Dash, Hue};

/// How the values of an axis are placed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scale {
    /// Evenly.
    Linear,
    /// By their logarithms. Values that are not positive are left out.
    Logarithmic,
    /// Names at 0, 1, 2, ...; on the vertical axis from the top.
    Categories(Vec<String>),
}

/// An axis: its label, with the unit, and its scale.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Axis {
    /// What the axis shows, with its unit.
    pub label: String,
    /// How values are placed.
    pub scale: Scale,
}

impl Axis {
    /// An even axis.
    pub fn linear(label: impl Into<String>) -> Self {
        let label = label.into();
        let scale = Scale::Linear;
        Self { label, scale }
    }

    /// A logarithmic axis.
    pub fn log(label: impl Into<String>) -> Self {
        let label = label.into();
        let scale = Scale::Logarithmic;
        Self { label, scale }
    }

    /// An axis of names.
    pub fn names<S: Into<String>>(names: impl IntoIterator<Item = S>) -> Self {
        let names = names.into_iter().map(Into::into);
        Self {
            label: String::new(),
            scale: Scale::Categories(names.collect()),
        }
    }
}

/// A measured value with the ends of its bar; both are the value itself if there is no bar.
#[derive(Debug, Clone, Copy, PartialEq)]
#[allow(missing_docs, reason = "said above")]
pub struct Measured {
    pub x: f64,
    pub y: f64,
    pub low: f64,
    pub high: f64,
}

impl Measured {
    /// A value with a bar of `error` to both sides; without one there is no bar.
    pub fn new(x: f64, y: f64, error: Option<f64>) -> Self {
        let error = error.unwrap_or(0.0);
        Self {
            x,
            y,
            low: y - error,
            high: y + error,
        }
    }
}

/// A line and how it is broken.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Line {
    pub dash: Dash,
    pub points: Vec<(f64, f64)>,
}

/// A quantity: one name, one hue; its theory as lines, its measurements as points with bars, its spread as a band.
#[derive(Debug, Clone, PartialEq)]
pub struct Quantity {
    pub(super) name: String,
    pub(super) hue: Hue,
    pub(super) lines: Vec<Line>,
    pub(super) points: Vec<Measured>,
    pub(super) band: Vec<(f64, f64, f64)>,
    pub(super) joined: bool,
    pub(super) hollow: bool,
}

impl Quantity {
    /// A quantity that shows nothing yet. One with an empty name has no label.
    pub fn new(name: impl Into<String>, hue: Hue) -> Self {
        Self {
            name: name.into(),
            hue,
            lines: Vec::new(),
            points: Vec::new(),
            band: Vec::new(),
            joined: false,
            hollow: false,
        }
    }

    /// Adds a solid line through points `(x, y)`, in the order of x.
    pub fn line(self, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.line_as(Dash::Solid, points)
    }

    /// Adds a line through points `(x, y)`, in the order of x.
    pub fn line_as(mut self, dash: Dash, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        let points = points.into_iter().collect();
        self.lines.push(Line { dash, points });
        self
    }

    /// Adds points `(x, y)` without bars.
    pub fn points(self, points: impl IntoIterator<Item = (f64, f64)>) -> Self {
        self.measured(points.into_iter().map(|(x, y)| Measured::new(x, y, None)))
    }

    /// Adds measured points with their bars.
    pub fn measured(mut self, points: impl IntoIterator<Item = Measured>) -> Self {
        self.points.extend(points);
        self
    }

    /// A filled band between `(x, low, high)`.
    pub fn band(mut self, band: impl IntoIterator<Item = (f64, f64, f64)>) -> Self {
        self.band.extend(band);
        self
    }

    /// Joins the points by a thin straight line: where there is no theory, or measurements are a trace.
    pub fn joined(mut self) -> Self {
        self.joined = true;
        self
    }

    /// Draws the points hollow: the companion of a quantity of the same hue.
    pub fn hollow(mut self) -> Self {
        self.hollow = true;
        self
    }

    /// How the first line is broken; it is shown beside the name.
    pub(super) fn dash(&self) -> Option<Dash> {
        self.lines.first().map(|line| line.dash)
    }
}

/// What the key above a chart explains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "names of shapes")]
pub enum KeyOf {
    Line(Dash),
    Points,
    /// Points with bars.
    Bars,
    Hollow,
    Band,
}

/// A chart: axes, quantities (the first at the back), and what lines, points and bands mean, said once.
#[derive(Debug, Clone, PartialEq)]
pub struct Chart {
    /// The title.
    pub title: String,
    /// The horizontal axis.
    pub x: Axis,
    /// The vertical axis.
    pub y: Axis,
    /// The quantities.
    pub quantities: Vec<Quantity>,
    /// What lines, points and bands are.
    pub key: Vec<(KeyOf, String)>,
    /// A vertical line with its meaning.
    pub mark: Option<(f64, String)>,
    /// Another chart below, in the same picture.
    pub below: Option<Box<Chart>>,
}

impl Chart {
    /// A chart without quantities.
    pub fn new(title: impl Into<String>, x: Axis, y: Axis) -> Self {
        Self {
            title: title.into(),
            x,
            y,
            quantities: Vec::new(),
            key: Vec::new(),
            mark: None,
            below: None,
        }
    }

    /// Adds a quantity.
    pub fn with(mut self, quantity: Quantity) -> Self {
        self.quantities.push(quantity);
        self
    }

    /// Adds quantities.
    pub fn with_all(mut self, quantities: impl IntoIterator<Item = Quantity>) -> Self {
        self.quantities.extend(quantities);
        self
    }

    /// Says what a kind of shape is, above the chart.
    pub fn key(mut self, of: KeyOf, text: impl Into<String>) -> Self {
        self.key.push((of, text.into()));
        self
    }

    /// Marks a place of the horizontal axis by a vertical line; nothing for `None`.
    pub fn marked(mut self, mark: Option<(f64, String)>) -> Self {
        self.mark = mark;
        self
    }

    /// Adds a chart below, in the same picture.
    pub fn above(mut self, below: Self) -> Self {
        self.below = Some(Box::new(below));
        self
    }

    /// Whether there is a finite point that the axes can show.
    pub fn is_empty(&self) -> bool {
        let is_on =
            |v: f64, axis: &Axis| v.is_finite() && (axis.scale != Scale::Logarithmic || v > 0.0);
        let shows = |(x, y): (f64, f64)| is_on(x, &self.x) && is_on(y, &self.y);
        let is_empty = |quantity: &Quantity| {
            let lines = quantity.lines.iter().flat_map(|line| line.points.clone());
            let points = quantity.points.iter().map(|p| (p.x, p.y));
            !lines.chain(points).any(shows)
        };
        let below = self.below.as_ref();
        self.quantities.iter().all(is_empty) && below.is_none_or(|below| below.is_empty())
    }
}
