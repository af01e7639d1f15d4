//! A chart's places on paper: titles, axes, and the frame between them.

use super::axes::{CATEGORIES, category, draw_axes, label_width, plain, tick_text};
use super::axis::Ruler;
use super::describe::description;
use super::legend::{Legend, column_width, key_rows};
use super::model::{Chart, Scale};
use super::placed::{EDGE_ROW, Frame, MARGIN, Placed, Sizes};
use super::plot::{draw_quantities, is_finite, is_infinite, is_zero, values};
use super::scene::{Anchor, Scene, Shape, Text};
use super::style::{Dash, Ink, text_width, wrapped, wrapped_bold};

/// The chart in a picture of this width, and the charts below it.
pub(super) fn scene(chart: &Chart, width: f64) -> Scene {
    let mut first = alone(chart, width);
    if let Some(below) = &chart.below {
        let second = scene(below, width);
        let (height, title) = (first.height + MARGIN, second.title);
        first.description += &format!(" Below: {title}. {}", second.description);
        let shapes = second.shapes.into_iter();
        first
            .shapes
            .extend(shapes.map(|shape| shape.lowered(height)));
        first.height = height + second.height;
    }
    first
}

fn alone(chart: &Chart, width: f64) -> Scene {
    let sizes = Sizes::of(width);
    let mut scene = Scene {
        width,
        height: 0.0,
        title: chart.title.clone(),
        description: description(chart),
        shapes: Vec::new(),
    };
    let top = head(chart, sizes, &mut scene);
    let legend = Legend::of(chart, sizes);
    let mut height = match is_finite(chart) {
        true => sizes.plot_height,
        // Without a number on its axis a chart has nothing to show but the rows at its edges.
        false => legend.height_beside(sizes).max(3.0 * EDGE_ROW),
    };
    if let Scale::Categories(names) = &chart.y.scale {
        height = height.max(36.0 * names.len() as f64);
    }
    // A legend below takes less than a fifth of the picture.
    let below = legend.height_below(sizes);
    height = height.max(4.0 * below - top);
    let placed = place(chart, sizes, (top, top + height), &legend);
    let ticks_bottom = draw_axes(&placed, &mut scene);
    draw_mark(&placed, &mut scene);
    draw_quantities(&placed, &mut scene);
    let bottom = legend.draw(&placed, ticks_bottom, &mut scene);
    scene.height = (bottom + MARGIN).ceil();
    scene
}

/// Title, key and the label of the vertical axis; where the frame begins.
fn head(chart: &Chart, sizes: Sizes, scene: &mut Scene) -> f64 {
    let mut y = title_rows(&chart.title, sizes, scene);
    y = key_rows(chart, sizes, y + 4.0, scene);
    if !chart.y.label.is_empty() {
        for line in wrapped(&chart.y.label, sizes.small, sizes.width - 2.0 * MARGIN) {
            y += sizes.leading();
            scene.text(Text {
                at: (MARGIN, y),
                text: plain(line),
                size: sizes.small,
                bold: false,
                anchor: Anchor::Start,
                ink: Ink::Soft,
            });
        }
    }
    if chart.mark.is_some() {
        y += sizes.leading() + 2.0;
    }
    y + 12.0
}

/// The title in bold lines at the top; where they end.
pub(super) fn title_rows(title: &str, sizes: Sizes, scene: &mut Scene) -> f64 {
    let mut y = MARGIN;
    for line in wrapped_bold(title, sizes.title, sizes.width - 2.0 * MARGIN) {
        y += 1.25 * sizes.title;
        scene.text(Text {
            at: (MARGIN, y - 0.25 * sizes.title),
            text: plain(line),
            size: sizes.title,
            bold: true,
            anchor: Anchor::Start,
            ink: Ink::Text,
        });
    }
    y
}

fn place<'a>(
    chart: &'a Chart,
    sizes: Sizes,
    (top, bottom): (f64, f64),
    legend: &Legend,
) -> Placed<'a> {
    let found = values(chart);
    let (up, down) = match &chart.y.scale {
        Scale::Categories(_) => (bottom, top),
        scale => {
            let is_log = *scale == Scale::Logarithmic;
            let above = if is_infinite(chart) { EDGE_ROW } else { 0.0 };
            let below = if is_log && is_zero(chart) {
                EDGE_ROW
            } else {
                0.0
            };
            (top + above, bottom - below)
        }
    };
    let y = Ruler::new(&chart.y, &found.y, &found.wide_y, (down, up));
    let left = MARGIN + 8.0 + left_room(chart, sizes, &y);
    let right = sizes.width
        - match legend.is_column() {
            true => column_width(sizes),
            false => MARGIN + 6.0,
        };
    Placed {
        chart,
        sizes,
        frame: Frame {
            left,
            right,
            top,
            bottom,
        },
        x: Ruler::new(&chart.x, &found.x, &found.wide_x, (left, right)),
        y,
    }
}

fn left_room(chart: &Chart, sizes: Sizes, y: &Ruler) -> f64 {
    let widest = |widths: &mut dyn Iterator<Item = f64>| widths.fold(0.0, f64::max);
    match &chart.y.scale {
        Scale::Categories(names) => {
            let lines = names
                .iter()
                .flat_map(|name| category(name, sizes, CATEGORIES * sizes.width));
            widest(&mut lines.map(|line| text_width(&line, sizes.small)))
        }
        _ => {
            let ticks = y.ticks(6).into_iter();
            widest(&mut ticks.map(|tick| label_width(&tick.label, sizes.small)))
        }
    }
}

/// The marked place, with its meaning above the frame.
fn draw_mark(placed: &Placed<'_>, scene: &mut Scene) {
    let Some((value, meaning)) = &placed.chart.mark else {
        return;
    };
    let Placed {
        sizes, frame, x, ..
    } = placed;
    let Some(at) = x
        .at(*value)
        .filter(|at| (frame.left..=frame.right).contains(at))
    else {
        return;
    };
    scene.shapes.push(Shape::Line {
        points: vec![(at, frame.top - 6.0), (at, frame.bottom)],
        ink: Ink::Soft,
        width: 1.2,
        dash: Dash::Dashed,
        opacity: 1.0,
    });
    let half = text_width(meaning, sizes.small) / 2.0;
    let middle = at.clamp(
        MARGIN + half,
        (sizes.width - MARGIN - half).max(MARGIN + half),
    );
    scene.text(tick_text(
        *sizes,
        (middle, frame.top - 12.0),
        plain(meaning.clone()),
        Anchor::Middle,
    ));
}
