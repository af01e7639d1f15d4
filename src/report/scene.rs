//! A drawn chart: shapes with places on paper. SVG and PNG are written from it, so both show the same.

use super::axis::Label;
#[cfg(feature = "plots")]
use super::raster::Raster;
use super::style::{Dash, Hue, Ink};

/// A place on paper, from the upper left.
pub(super) type Place = (f64, f64);

/// Which end of a text its place is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

/// A text in one line.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Text {
    pub at: Place,
    pub text: Label,
    pub size: f64,
    pub bold: bool,
    pub anchor: Anchor,
    pub ink: Ink,
}

/// A shape.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Shape {
    Line {
        points: Vec<Place>,
        ink: Ink,
        width: f64,
        dash: Dash,
        opacity: f64,
    },
    /// A filled polygon.
    Area {
        points: Vec<Place>,
        ink: Ink,
        opacity: f64,
    },
    /// Small round dots without an outline.
    Dots {
        at: Vec<Place>,
        ink: Ink,
        radius: f64,
    },
    /// A marker: its outline as closed polygons, filled or, if hollow, filled with paper and stroked.
    Marker {
        outline: Vec<Place>,
        ink: Ink,
        hollow: bool,
    },
    Text(Text),
    /// Pixels, stretched to a width and a height.
    #[cfg(feature = "plots")]
    Picture {
        at: Place,
        size: Place,
        raster: Raster,
    },
}

impl Shape {
    /// The shape farther down.
    pub fn lowered(mut self, by: f64) -> Self {
        match &mut self {
            Shape::Line { points, .. } | Shape::Area { points, .. } => lower(points, by),
            Shape::Dots { at, .. } => lower(at, by),
            Shape::Marker { outline, .. } => lower(outline, by),
            Shape::Text(text) => text.at.1 += by,
            #[cfg(feature = "plots")]
            Shape::Picture { at, .. } => at.1 += by,
        }
        self
    }
}

fn lower(places: &mut [Place], by: f64) {
    for place in places {
        place.1 += by;
    }
}

/// A picture.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Scene {
    pub width: f64,
    pub height: f64,
    pub title: String,
    /// The chart in words, for readers who do not see it.
    pub description: String,
    pub shapes: Vec<Shape>,
}

impl Scene {
    pub fn line(&mut self, points: Vec<Place>, ink: Ink, width: f64) {
        self.shapes.push(Shape::Line {
            points,
            ink,
            width,
            dash: Dash::Solid,
            opacity: 1.0,
        });
    }

    pub fn text(&mut self, text: Text) {
        self.shapes.push(Shape::Text(text));
    }

    /// A marker of a hue's own form.
    pub fn marker(&mut self, at: Place, radius: f64, hue: Hue, hollow: bool) {
        self.shapes.push(Shape::Marker {
            outline: outline(at, radius, hue),
            ink: Ink::Hue(hue),
            hollow,
        });
    }
}

/// The form of a hue's markers: circle, square, triangle, diamond, triangle down, cross, and a pentagon for ink. All
/// have about the area of a circle of this radius.
pub(super) fn outline((x, y): Place, radius: f64, hue: Hue) -> Vec<Place> {
    let around = |corners: usize, turn: f64, radius: f64| -> Vec<Place> {
        let corner = |k: usize| {
            let angle = std::f64::consts::TAU * (k as f64 / corners as f64 + turn);
            (x + radius * angle.sin(), y - radius * angle.cos())
        };
        (0..corners).map(corner).collect()
    };
    match hue {
        Hue::Blue => around(16, 0.0, radius),
        Hue::Red => around(4, 0.125, 1.25 * radius),
        Hue::Green => around(3, 0.0, 1.45 * radius),
        Hue::Purple => around(4, 0.0, 1.35 * radius),
        Hue::Gold => around(3, 0.5, 1.45 * radius),
        Hue::Sky => {
            let (a, b) = (0.42 * radius, 1.25 * radius);
            let corners = [
                (a, a),
                (b, a),
                (b, -a),
                (a, -a),
                (a, -b),
                (-a, -b),
                (-a, -a),
                (-b, -a),
                (-b, a),
                (-a, a),
                (-a, b),
                (a, b),
            ];
            corners.map(|(dx, dy)| (x + dx, y + dy)).into()
        }
        Hue::Ink => around(5, 0.0, 1.15 * radius),
    }
}
