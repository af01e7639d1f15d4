//! Both axes on paper: lines, ticks, numbers and names.

use super::axis::{Label, Tick};
use super::model::Scale;
use super::placed::{MARGIN, Placed, Sizes};
use super::plot::{is_finite, is_infinite, is_zero};
use super::scene::{Anchor, Place, Scene, Text};
use super::style::{Ink, text_width, wrapped};

/// Both axes with their ticks, and the label of the horizontal one; where they end below.
pub(super) fn draw_axes(placed: &Placed<'_>, scene: &mut Scene) -> f64 {
    draw_y_axis(placed, scene);
    let Placed {
        chart,
        sizes,
        frame,
        x,
        ..
    } = placed;
    let ends = vec![(frame.left, frame.bottom), (frame.right, frame.bottom)];
    scene.line(ends, Ink::Soft, 1.0);
    let mut bottom = frame.bottom + 8.0 + sizes.leading();
    if let Scale::Categories(names) = &chart.x.scale {
        let room = (frame.right - frame.left) / names.len() as f64 - 4.0;
        for (i, name) in names.iter().enumerate() {
            let lines = category(name, *sizes, room);
            for (k, line) in lines.into_iter().enumerate() {
                let y = frame.bottom + 6.0 + (k + 1) as f64 * sizes.leading();
                bottom = bottom.max(y);
                let at = (x.within(i as f64), y);
                scene.text(tick_text(*sizes, at, plain(line), Anchor::Middle));
            }
        }
    } else {
        let ticks = x.ticks(((frame.right - frame.left) / 62.0) as usize);
        let numbered = apart(&ticks, placed);
        for tick in &ticks {
            let Some(at) = x.at(tick.value) else { continue };
            let is_numbered = numbered.contains(&tick.value);
            let length = if is_numbered { 5.0 } else { 3.0 };
            let line = vec![(at, frame.bottom), (at, frame.bottom + length)];
            scene.line(line, Ink::Soft, 1.0);
            if is_numbered {
                let at = (at, frame.bottom + 5.0 + sizes.leading());
                scene.text(tick_text(*sizes, at, tick.label.clone(), Anchor::Middle));
            }
        }
    }
    let middle = (frame.left + frame.right) / 2.0;
    for line in wrapped(&chart.x.label, sizes.small, sizes.width - 2.0 * MARGIN) {
        bottom += sizes.leading() + 1.0;
        let half = text_width(&line, sizes.small) / 2.0;
        let at = middle.clamp(
            MARGIN + half,
            (sizes.width - MARGIN - half).max(MARGIN + half),
        );
        scene.text(tick_text(*sizes, (at, bottom), plain(line), Anchor::Middle));
    }
    bottom
}

/// The numbered ticks whose labels do not touch, from the left.
fn apart(ticks: &[Tick], placed: &Placed<'_>) -> Vec<f64> {
    let mut end = f64::NEG_INFINITY;
    let mut kept = Vec::new();
    for tick in ticks.iter().filter(|tick| !tick.label.is_empty()) {
        let Some(at) = placed.x.at(tick.value) else {
            continue;
        };
        let half = label_width(&tick.label, placed.sizes.small) / 2.0;
        if at - half > end + 4.0 {
            end = at + half;
            kept.push(tick.value);
        }
    }
    kept
}

fn draw_y_axis(placed: &Placed<'_>, scene: &mut Scene) {
    let Placed {
        chart,
        sizes,
        frame,
        y,
        ..
    } = placed;
    let third = 0.35 * sizes.small;
    let numbered = |at: f64, label: Label, scene: &mut Scene| {
        scene.line(vec![(frame.left, at), (frame.right, at)], Ink::Grid, 1.0);
        let place = (frame.left - 7.0, at + third);
        scene.text(tick_text(*sizes, place, label, Anchor::End));
    };
    if let Scale::Categories(names) = &chart.y.scale {
        for (i, name) in names.iter().enumerate() {
            let lines = category(name, *sizes, CATEGORIES * sizes.width);
            let at = y.within(i as f64);
            scene.line(vec![(frame.left, at), (frame.right, at)], Ink::Grid, 1.0);
            let first = at - sizes.leading() * (lines.len() as f64 - 1.0) / 2.0 + third;
            for (k, line) in lines.into_iter().enumerate() {
                let at = (frame.left - 7.0, first + k as f64 * sizes.leading());
                scene.text(tick_text(*sizes, at, plain(line), Anchor::End));
            }
        }
        return;
    }
    for tick in y.ticks(6).into_iter().filter(|_| is_finite(chart)) {
        let Some(at) = y.at(tick.value) else { continue };
        match tick.label.is_empty() {
            false => numbered(at, tick.label, scene),
            true => scene.line(
                vec![(frame.left - 3.0, at), (frame.left, at)],
                Ink::Soft,
                1.0,
            ),
        }
    }
    let edges = [
        (is_infinite(chart), f64::INFINITY, "\u{221e}"),
        (
            chart.y.scale == Scale::Logarithmic && is_zero(chart),
            0.0,
            "0",
        ),
    ];
    for (is_shown, value, sign) in edges {
        let (x, _) = placed.x.ends();
        if is_shown && let Some((_, at)) = placed.at((x, value), 0) {
            numbered(at, plain(sign.to_owned()), scene);
        }
    }
}

pub(super) fn tick_text(sizes: Sizes, at: Place, text: Label, anchor: Anchor) -> Text {
    Text {
        at,
        text,
        size: sizes.small,
        bold: false,
        anchor,
        ink: Ink::Soft,
    }
}

/// The lines of a category's name.
pub(super) fn category(name: &str, sizes: Sizes, room: f64) -> Vec<String> {
    wrapped(name, sizes.small, room)
}

/// The share of the width that names of categories may take.
pub(super) const CATEGORIES: f64 = 0.36;

pub(super) fn label_width(label: &Label, size: f64) -> f64 {
    text_width(&label.base, size) + text_width(&label.raised, 0.75 * size)
}

pub(super) fn plain(base: String) -> Label {
    Label {
        base,
        raised: String::new(),
    }
}
