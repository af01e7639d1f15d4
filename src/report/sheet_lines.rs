//! Rows that are not pictures: the numbers of each against the column, with those that they are compared with.

use super::placed::{MARGIN, Sizes};
use super::scene::{Anchor, Place, Scene, Shape};
use super::sheet_model::{Sheet, note, rounded, sentences, signed};
use super::style::{Dash, Hue, Ink};

/// Boxes side by side, on a wide page and on a phone.
const COLUMNS: [usize; 2] = [3, 1];
const HEIGHT: f64 = 84.0;
/// A line has at most so many points; of more columns neighbours are averaged.
const MOST_POINTS: usize = 200;

/// The hue and the dash of series `k`.
fn style(k: usize) -> (Ink, Dash) {
    match k {
        0 => (Ink::Hue(Hue::Blue), Dash::Solid),
        1 => (Ink::Hue(Hue::Red), Dash::Dashed),
        _ => (Ink::Text, Dash::Dotted),
    }
}

/// Draws a box for each index, all with one vertical scale; where they end.
pub(super) fn draw_lines(
    sheet: &Sheet,
    range: (f64, f64),
    sizes: Sizes,
    top: f64,
    scene: &mut Scene,
) -> f64 {
    let mut y = key(sheet, sizes, top, scene);
    let columns = COLUMNS[usize::from(sizes.is_narrow())];
    let cell = (sizes.width - 2.0 * MARGIN) / columns as f64;
    let indices: Vec<usize> = (0..sheet.count()).collect();
    for block in indices.chunks(columns) {
        for (k, &index) in block.iter().enumerate() {
            let left = MARGIN + k as f64 * cell;
            let corners = [(left, y), (left + cell - 10.0, y + HEIGHT)];
            draw_box(sheet, index, range, corners, scene);
            let told = sheet.numbers.iter().map(|numbers| {
                let value = rounded(numbers.values[index]);
                format!("{} {value}", numbers.name)
            });
            let told: Vec<String> = told.collect();
            let at = (left, y + HEIGHT + sizes.leading());
            scene.text(note(sizes, at, told.join(", "), Anchor::Start));
        }
        y += HEIGHT + sizes.leading() + 12.0;
    }
    let dim = sheet.series.first().map_or(0, |series| series.rows.dim());
    let averaged = match dim.div_ceil(MOST_POINTS) {
        0 | 1 => String::new(),
        width => format!(", means of {width} neighbours"),
    };
    let text = format!(
        "Columns 1 to {dim} from left to right{averaged}; from {} at the bottom to {} at the top, in all boxes.",
        signed(range.0),
        signed(range.1)
    );
    sentences(&text, sizes, y - 6.0, scene)
}

/// What the lines are; where that ends.
fn key(sheet: &Sheet, sizes: Sizes, top: f64, scene: &mut Scene) -> f64 {
    let mut y = top;
    for (k, series) in sheet.series.iter().enumerate() {
        y += sizes.leading();
        let middle = y - 0.35 * sizes.small;
        let (ink, dash) = style(k);
        scene.shapes.push(Shape::Line {
            points: vec![(MARGIN, middle), (MARGIN + 26.0, middle)],
            ink,
            width: 1.8,
            dash,
            opacity: 1.0,
        });
        scene.text(note(sizes, (MARGIN + 34.0, y), &series.name, Anchor::Start));
    }
    y + 10.0
}

fn draw_box(
    sheet: &Sheet,
    index: usize,
    (low, high): (f64, f64),
    corners: [Place; 2],
    scene: &mut Scene,
) {
    let [(left, top), (right, bottom)] = corners;
    let frame = vec![
        (left, top),
        (right, top),
        (right, bottom),
        (left, bottom),
        (left, top),
    ];
    scene.line(frame, Ink::Grid, 1.0);
    for (k, series) in sheet.series.iter().enumerate().rev() {
        let row = series.rows.row(index);
        let width = row.len().div_ceil(MOST_POINTS).max(1);
        let means: Vec<f64> = row
            .chunks(width)
            .map(|chunk| chunk.iter().sum::<f64>() / chunk.len() as f64)
            .collect();
        let step = (right - left) / (means.len().max(2) - 1) as f64;
        let place = |(j, value): (usize, &f64)| {
            let share = ((value - low) / (high - low)).clamp(0.0, 1.0);
            (left + j as f64 * step, bottom - share * (bottom - top))
        };
        let (ink, dash) = style(k);
        scene.shapes.push(Shape::Line {
            points: means.iter().enumerate().map(place).collect(),
            ink,
            width: 1.3,
            dash,
            opacity: 1.0,
        });
    }
}
