//! Tests of charts by their scenes, and of what is written from them.

mod colors;
mod files;
mod layout;

use super::axis::Label;
use super::scene::{Anchor, Scene, Shape, Text};
use super::style::text_width;
use super::*;

fn chart(quantities: impl IntoIterator<Item = Quantity>) -> Chart {
    let chart = Chart::new("losses", Axis::log("N/d"), Axis::log("loss per component"));
    chart.with_all(quantities)
}

fn texts(scene: &Scene) -> impl Iterator<Item = &Text> {
    scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Text(text) => Some(text),
        _ => None,
    })
}

/// Left, right, top and bottom of a text.
fn extent(text: &Text) -> [f64; 4] {
    let Label { base, raised } = &text.text;
    let width = text_width(base, text.size) + text_width(raised, 0.75 * text.size);
    let (x, y) = text.at;
    let left = match text.anchor {
        Anchor::Start => x,
        Anchor::Middle => x - width / 2.0,
        Anchor::End => x - width,
    };
    [
        left,
        left + width,
        y - 0.75 * text.size,
        y + 0.2 * text.size,
    ]
}

fn overlap(a: &Text, b: &Text) -> bool {
    let ([l, r, t, b_], [l2, r2, t2, b2]) = (extent(a), extent(b));
    l < r2 && l2 < r && t < b2 && t2 < b_
}
