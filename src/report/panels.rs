//! Panels of pictures side by side, with facts below each: small enough for the top of a page.

use super::axes::plain;
use super::chart_files::{Drawn, PlotError};
use super::layout::title_rows;
use super::placed::{MARGIN, Sizes};
use super::raster::{Raster, range};
use super::scene::{Anchor, Place, Scene, Shape, Text};
use super::style::{Ink, wrapped};
use crate::data::Rows;

/// The width, narrow enough that the letters can be read at 400 pixels.
const WIDTH: f64 = 560.0;
const TITLE: f64 = 17.0;
const TEXT: f64 = 14.5;
/// The distance of the lines of a name.
const LEADING: f64 = 1.2 * TEXT;
const NAMES: f64 = 112.0;
const BETWEEN: f64 = 12.0;

/// Square grey pictures in rows and panels.
#[derive(Debug, Clone, PartialEq)]
pub struct Panels {
    /// The title.
    pub title: String,
    /// A sentence at the end.
    pub note: String,
    /// The names of the rows of pictures, from the top.
    pub names: Vec<String>,
    /// The names of the facts below.
    pub facts: Vec<String>,
    /// The panels from the left.
    pub panels: Vec<Panel>,
}

/// A panel.
#[derive(Debug, Clone, PartialEq)]
pub struct Panel {
    /// What is above it.
    pub heading: String,
    /// The pictures of each row, as many in all rows and panels.
    pub rows: Vec<Rows>,
    /// The facts.
    pub facts: Vec<String>,
}

impl Panels {
    /// Draws the panels.
    ///
    /// # Errors
    /// A picture of too many pixels.
    pub fn draw(&self) -> Result<Drawn, PlotError> {
        Drawn::of(&self.scene())
    }

    fn scene(&self) -> Scene {
        let mut scene = Scene {
            width: WIDTH,
            height: 0.0,
            title: self.title.clone(),
            description: self.description(),
            shapes: Vec::new(),
        };
        let sizes = Sizes {
            title: TITLE,
            ..Sizes::of(WIDTH)
        };
        let mut y = title_rows(&self.title, sizes, &mut scene);
        let count = self.panels.len().max(1) as f64;
        let width = (WIDTH - 2.0 * MARGIN - NAMES - (count - 1.0) * BETWEEN) / count;
        let values = self.panels.iter().flat_map(|panel| &panel.rows);
        let range = range(values.flat_map(|rows| rows.values()).copied());
        y += 24.0;
        let mut bottom = y;
        for (k, panel) in self.panels.iter().enumerate() {
            let left = MARGIN + NAMES + k as f64 * (width + BETWEEN);
            let middle = left + width / 2.0;
            let heading = text(
                (middle, y),
                panel.heading.clone(),
                Anchor::Middle,
                Ink::Text,
            );
            scene.text(Text {
                bold: true,
                ..heading
            });
            bottom = self.draw_panel(panel, (left, y + 9.0), width, range, k == 0, &mut scene);
        }
        y = bottom + 4.0;
        for line in wrapped(&self.note, TEXT, WIDTH - 2.0 * MARGIN) {
            y += 1.3 * TEXT;
            scene.text(text((MARGIN, y), line, Anchor::Start, Ink::Soft));
        }
        scene.height = (y + MARGIN).ceil();
        scene
    }

    /// Draws a panel, the first one with all names; where it ends.
    fn draw_panel(
        &self,
        panel: &Panel,
        (left, top): Place,
        width: f64,
        range: (f64, f64),
        is_first: bool,
        scene: &mut Scene,
    ) -> f64 {
        let mut y = top;
        for (rows, name) in panel.rows.iter().zip(&self.names) {
            let cell = width / rows.count() as f64;
            let side = cell - 2.0;
            if is_first {
                names(name, y + side / 2.0, scene);
            }
            for index in 0..rows.count() {
                let row = rows.row(index);
                let raster = Raster::of(row, row.len().isqrt(), false, range);
                scene.shapes.push(Shape::Picture {
                    at: (left + index as f64 * cell, y),
                    size: (side, side),
                    raster,
                });
            }
            y += side + 5.0;
        }
        y += 2.0;
        for (fact, name) in panel.facts.iter().zip(&self.facts) {
            let lines = wrapped(name, TEXT, NAMES).len() as f64;
            let height = 1.3 * TEXT * lines;
            if is_first {
                names(name, y + height / 2.0, scene);
            }
            let at = (left + width / 2.0, y + height / 2.0 + 0.35 * TEXT);
            scene.text(text(at, fact.clone(), Anchor::Middle, Ink::Text));
            y += height + 1.0;
        }
        y
    }

    fn description(&self) -> String {
        let panels = self.panels.iter().map(|panel| {
            let facts = self.facts.iter().zip(&panel.facts);
            let facts: Vec<String> = facts.map(|(name, fact)| format!("{name} {fact}")).collect();
            format!(" {}: {}.", panel.heading, facts.join(", "))
        });
        format!(
            "Rows of pictures: {}.{} {}",
            self.names.join("; "),
            panels.collect::<String>(),
            self.note
        )
    }
}

fn text(at: Place, text: String, anchor: Anchor, ink: Ink) -> Text {
    Text {
        at,
        text: plain(text),
        size: TEXT,
        bold: false,
        anchor,
        ink,
    }
}

/// A name at the left, in lines around a height.
fn names(name: &str, middle: f64, scene: &mut Scene) {
    let lines = wrapped(name, TEXT, NAMES);
    let first = middle - (lines.len() as f64 - 1.0) / 2.0 * LEADING + 0.35 * TEXT;
    for (k, line) in lines.into_iter().enumerate() {
        let at = (MARGIN, first + k as f64 * LEADING);
        scene.text(text(at, line, Anchor::Start, Ink::Soft));
    }
}
