//! The names of quantities: at their lines' ends, in a column of less than a fifth of the picture, else in rows below.
//! And the key: what lines, points and bands are.

use super::axis::Label;
use super::labels::{Wish, spread};
use super::model::{Chart, KeyOf, Quantity, Scale};
use super::placed::{MARGIN, Placed, Sizes};
use super::plot::{BAND, end};
use super::scene::{Anchor, Scene, Shape, Text, outline};
use super::style::{Dash, Hue, Ink, text_width, wrapped};

/// The width of the sample of a line beside a name.
const SAMPLE: f64 = 18.0;
/// The column's share of the width.
const COLUMN: f64 = 0.195;
/// The gap between labels.
const GAP: f64 = 5.0;
/// The most lines of a label in the column.
const LINES: usize = 3;

/// The names, with the indices of their quantities.
pub(super) struct Legend {
    names: Vec<(usize, Vec<String>)>,
    is_column: bool,
}

/// The room right of the frame.
pub(super) fn column_width(sizes: Sizes) -> f64 {
    COLUMN * sizes.width
}

fn text_room(sizes: Sizes) -> f64 {
    column_width(sizes) - SAMPLE - 14.0
}

impl Legend {
    pub fn of(chart: &Chart, sizes: Sizes) -> Self {
        let named = chart.quantities.iter().enumerate();
        let named = named.filter(|(_, q)| !q.name.is_empty() && has_points(q));
        let named: Vec<(usize, &Quantity)> = named.collect();
        let room = text_room(sizes);
        let in_column: Vec<(usize, Vec<String>)> = named
            .iter()
            .map(|(i, q)| (*i, wrapped(&q.name, sizes.small, room)))
            .collect();
        let fits = |lines: &Vec<String>| {
            let is_narrow = |line: &String| text_width(line, sizes.small) <= room;
            lines.len() <= LINES && lines.iter().all(is_narrow)
        };
        let height: f64 = in_column
            .iter()
            .map(|(_, l)| label_height(l.len(), sizes))
            .sum();
        let is_column = !matches!(chart.y.scale, Scale::Categories(_))
            && in_column.iter().all(|(_, lines)| fits(lines))
            && height <= 0.7 * PLOT_LEAST
            && room > 60.0;
        let names = match is_column {
            true => in_column,
            false => {
                let room = sizes.width - 2.0 * MARGIN - SAMPLE - 8.0;
                let lines = |(i, q): (usize, &Quantity)| (i, wrapped(&q.name, sizes.small, room));
                named.into_iter().map(lines).collect()
            }
        };
        Self { names, is_column }
    }

    pub fn is_column(&self) -> bool {
        self.is_column && !self.names.is_empty()
    }

    /// The height of the column beside the chart.
    pub fn height_beside(&self, sizes: Sizes) -> f64 {
        let names = self.names.iter().filter(|_| self.is_column);
        names
            .map(|(_, lines)| label_height(lines.len(), sizes))
            .sum()
    }

    /// The height of the rows below the chart.
    pub fn height_below(&self, sizes: Sizes) -> f64 {
        if self.is_column {
            return 0.0;
        }
        let rows = self.rows(sizes);
        let lines = rows
            .last()
            .map_or(0, |row| row.2 + self.names[row.0].1.len());
        lines as f64 * (sizes.leading() + 3.0)
    }

    /// Names in rows: the place in the list, the left end, and the line.
    fn rows(&self, sizes: Sizes) -> Vec<(usize, f64, usize)> {
        let mut rows = Vec::new();
        let (mut x, mut line) = (MARGIN, 0);
        for (k, (_, lines)) in self.names.iter().enumerate() {
            let widths = lines.iter().map(|text| text_width(text, sizes.small));
            let width = SAMPLE + 6.0 + widths.fold(0.0, f64::max);
            let is_full = x > MARGIN && (x + width > sizes.width - MARGIN || lines.len() > 1);
            if is_full {
                (x, line) = (MARGIN, line + 1);
            }
            rows.push((k, x, line));
            x += width + 16.0;
            if lines.len() > 1 {
                (x, line) = (MARGIN, line + lines.len());
            }
        }
        rows
    }

    /// Draws the names; `below` is where the axis ends. Where the picture ends.
    pub fn draw(&self, placed: &Placed<'_>, below: f64, scene: &mut Scene) -> f64 {
        if self.is_column {
            self.draw_column(placed, scene);
            return below;
        }
        let sizes = placed.sizes;
        let step = sizes.leading() + 3.0;
        for (k, x, line) in self.rows(sizes) {
            let (index, lines) = &self.names[k];
            let y = below + 8.0 + (line + 1) as f64 * step;
            let quantity = &placed.chart.quantities[*index];
            draw_sample(quantity, (x, y - 0.35 * sizes.small), sizes, scene);
            for (i, text) in lines.iter().enumerate() {
                let at = (x + SAMPLE + 6.0, y + i as f64 * step);
                scene.text(label_text(text, at, sizes));
            }
        }
        match self.names.is_empty() {
            true => below,
            false => below + 8.0 + self.height_below(sizes),
        }
    }

    fn draw_column(&self, placed: &Placed<'_>, scene: &mut Scene) {
        let (sizes, frame) = (placed.sizes, placed.frame);
        let ends = self.names.iter().map(|(index, _)| {
            let end = end(placed, *index);
            end.unwrap_or((frame.right, frame.bottom))
        });
        let ends: Vec<(f64, f64)> = ends.collect();
        let wishes: Vec<Wish> = self
            .names
            .iter()
            .zip(&ends)
            .map(|((_, lines), end)| Wish {
                at: end.1,
                height: label_height(lines.len(), sizes),
            })
            .collect();
        let Some(middles) = spread(&wishes, frame.top - 4.0, frame.bottom + 4.0) else {
            return;
        };
        for (((index, lines), end), middle) in self.names.iter().zip(ends).zip(middles) {
            let quantity = &placed.chart.quantities[*index];
            let left = frame.right + 10.0;
            // A thin line leads to a label that is not beside its line's end.
            if (middle - end.1).abs() > 3.0 || end.0 < frame.right - 16.0 {
                scene.shapes.push(Shape::Line {
                    points: vec![(end.0 + 5.0, end.1), (left - 2.0, middle)],
                    ink: Ink::Hue(quantity.hue),
                    width: 0.8,
                    dash: Dash::Solid,
                    opacity: 0.45,
                });
            }
            draw_sample(quantity, (left, middle), sizes, scene);
            let first = middle - sizes.leading() * (lines.len() as f64 - 1.0) / 2.0;
            for (i, text) in lines.iter().enumerate() {
                let y = first + i as f64 * sizes.leading() + 0.35 * sizes.small;
                scene.text(label_text(text, (left + SAMPLE + 4.0, y), sizes));
            }
        }
    }
}

/// The least height of a frame that a column of labels must fit into.
const PLOT_LEAST: f64 = 250.0;

fn label_height(lines: usize, sizes: Sizes) -> f64 {
    lines as f64 * sizes.leading() + GAP
}

fn has_points(quantity: &Quantity) -> bool {
    !quantity.points.is_empty() || quantity.lines.iter().any(|line| !line.points.is_empty())
}

fn label_text(text: &str, at: (f64, f64), sizes: Sizes) -> Text {
    Text {
        at,
        text: Label {
            base: text.to_owned(),
            raised: String::new(),
        },
        size: sizes.small,
        bold: false,
        anchor: Anchor::Start,
        ink: Ink::Text,
    }
}

/// What a quantity looks like: a piece of its line, one of its points.
fn draw_sample(quantity: &Quantity, (x, y): (f64, f64), sizes: Sizes, scene: &mut Scene) {
    let dash = match quantity.dash() {
        Some(dash) => Some((dash, sizes.line)),
        None if quantity.joined && quantity.hollow => Some((Dash::Dashed, 0.7 * sizes.line)),
        None if quantity.joined => Some((Dash::Solid, 0.7 * sizes.line)),
        None => None,
    };
    if let Some((dash, width)) = dash {
        scene.shapes.push(Shape::Line {
            points: vec![(x, y), (x + SAMPLE, y)],
            ink: Ink::Hue(quantity.hue),
            width,
            dash,
            opacity: 1.0,
        });
    }
    if !quantity.points.is_empty() {
        let middle = (x + SAMPLE / 2.0, y);
        scene.marker(middle, sizes.radius, quantity.hue, quantity.hollow);
    }
}

/// Draws the key below the title; where it ends.
pub(super) fn key_rows(chart: &Chart, sizes: Sizes, top: f64, scene: &mut Scene) -> f64 {
    let key = chart.key.iter().filter(|(of, _)| is_drawn(chart, *of));
    let mut key = key.peekable();
    if key.peek().is_none() {
        return top;
    }
    let step = sizes.leading() + 2.0;
    let (mut x, mut y) = (MARGIN, top + step - 4.0);
    let room = sizes.width - MARGIN;
    for (of, text) in key {
        let width = SAMPLE + 6.0 + text_width(text, sizes.small);
        if x > MARGIN && x + width > room {
            (x, y) = (MARGIN, y + step);
        }
        draw_key(*of, (x, y - 0.35 * sizes.small), sizes, scene);
        let lines = wrapped(text, sizes.small, room - x - SAMPLE - 6.0);
        for (i, line) in lines.iter().enumerate() {
            if i > 0 {
                y += step;
            }
            scene.text(Text {
                ink: Ink::Soft,
                ..label_text(line, (x + SAMPLE + 6.0, y), sizes)
            });
        }
        x += width + 14.0;
    }
    y + 4.0
}

/// Whether a quantity has shapes of this kind: the key explains no others.
fn is_drawn(chart: &Chart, of: KeyOf) -> bool {
    chart.quantities.iter().any(|quantity| match of {
        KeyOf::Line(_) => quantity.lines.iter().any(|line| !line.points.is_empty()),
        KeyOf::Points | KeyOf::Bars | KeyOf::Hollow => !quantity.points.is_empty(),
        KeyOf::Band => !quantity.band.is_empty(),
    })
}

fn draw_key(of: KeyOf, (x, y): (f64, f64), sizes: Sizes, scene: &mut Scene) {
    match of {
        KeyOf::Line(dash) => scene.shapes.push(Shape::Line {
            points: vec![(x, y), (x + SAMPLE, y)],
            ink: Ink::Soft,
            width: sizes.line,
            dash,
            opacity: 1.0,
        }),
        KeyOf::Band => scene.shapes.push(Shape::Area {
            points: vec![
                (x, y - 5.0),
                (x + SAMPLE, y - 5.0),
                (x + SAMPLE, y + 5.0),
                (x, y + 5.0),
            ],
            ink: Ink::Soft,
            opacity: 2.0 * BAND,
        }),
        KeyOf::Points | KeyOf::Bars | KeyOf::Hollow => {
            let middle = x + SAMPLE / 2.0;
            if of == KeyOf::Bars {
                scene.line(vec![(middle, y - 6.0), (middle, y + 6.0)], Ink::Soft, 1.3);
            }
            scene.shapes.push(Shape::Marker {
                outline: outline((middle, y), sizes.radius, Hue::Blue),
                ink: Ink::Soft,
                hollow: of == KeyOf::Hollow,
            });
        }
    }
}
