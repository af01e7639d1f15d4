//! What a sheet of rows shows, and how its texts look.

use super::axes::plain;
use super::describe::short;
use super::placed::{MARGIN, Sizes};
use super::raster::Looks;
use super::scene::{Anchor, Place, Scene, Text};
use super::style::{Ink, wrapped};
use crate::data::Rows;

/// Rows of one kind, such as the samples.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// The name.
    pub name: String,
    /// The rows. Those with one index, of all series, are shown together.
    pub rows: Rows,
}

/// A number of each index, written below its pictures.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// What the numbers are.
    pub name: String,
    /// The numbers.
    pub values: Vec<f64>,
}

/// A picture of rows.
#[derive(Debug, Clone, PartialEq)]
pub struct Sheet {
    /// The title.
    pub title: String,
    /// Sentences below the title.
    pub caption: String,
    /// How rows are shown.
    pub looks: Looks,
    /// What is shown of each index, from the top.
    pub series: Vec<Series>,
    /// Numbers of each index.
    pub numbers: Vec<Numbers>,
}

impl Sheet {
    /// The number of indices.
    pub(super) fn count(&self) -> usize {
        let counts = self.series.iter().map(|series| series.rows.count());
        counts.min().unwrap_or(0)
    }
}

/// Soft text in lines; where they end.
pub(super) fn sentences(text: &str, sizes: Sizes, mut y: f64, scene: &mut Scene) -> f64 {
    for line in wrapped(text, sizes.small, sizes.width - 2.0 * MARGIN) {
        y += sizes.leading();
        scene.text(note(sizes, (MARGIN, y), line, Anchor::Start));
    }
    y
}

pub(super) fn note(sizes: Sizes, at: Place, text: impl Into<String>, anchor: Anchor) -> Text {
    Text {
        at,
        text: plain(text.into()),
        size: sizes.small,
        bold: false,
        anchor,
        ink: Ink::Soft,
    }
}

/// Two digits after the point; a dash where there is no number.
pub(super) fn rounded(value: f64) -> String {
    match value.is_finite() {
        true => format!("{value:.2}"),
        false => "\u{2013}".to_owned(),
    }
}

/// Three digits, with a true minus.
pub(super) fn signed(value: f64) -> String {
    short(value).replace('-', "\u{2212}")
}
