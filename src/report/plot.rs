//! The quantities inside the frame: bands at the back, then lines, then points with their bars.

use super::model::{Chart, Line, Measured, Quantity, Scale};
use super::placed::Placed;
use super::scene::{Place, Scene, Shape};
use super::style::{Dash, Ink};

/// The opacity of a band.
pub(super) const BAND: f64 = 0.16;
/// More points than this, nearer to each other than that on paper, are drawn small.
const MANY: usize = 40;
const NEAR: f64 = 9.0;
const SMALL_RADIUS: f64 = 1.7;

/// The values that the axes must show, and the ends of bars and bands.
#[derive(Debug, Default)]
pub(super) struct Values {
    pub x: Vec<f64>,
    pub y: Vec<f64>,
    pub wide_x: Vec<f64>,
    pub wide_y: Vec<f64>,
}

pub(super) fn values(chart: &Chart) -> Values {
    let mut found = Values::default();
    let bars_lie = is_by_name(chart);
    for quantity in &chart.quantities {
        let on_lines = quantity.lines.iter().flat_map(|line| &line.points).copied();
        let measured = quantity.points.iter().map(|p| (p.x, p.y));
        for (x, y) in on_lines.chain(measured) {
            found.x.push(x);
            found.y.push(y);
        }
        for Measured { low, high, .. } in &quantity.points {
            match bars_lie {
                true => found.wide_x.extend([*low, *high]),
                false => found.wide_y.extend([*low, *high]),
            }
        }
        for (x, low, high) in &quantity.band {
            found.wide_x.push(*x);
            found.wide_y.extend([*low, *high]);
        }
    }
    found
}

fn heights(chart: &Chart) -> impl Iterator<Item = f64> {
    chart.quantities.iter().flat_map(|quantity| {
        let lines = quantity.lines.iter().flat_map(|line| &line.points);
        let points = quantity.points.iter().map(|p| p.y);
        lines.map(|p| p.1).chain(points)
    })
}

/// Whether a value is infinite: the chart has a row for those.
pub(super) fn is_infinite(chart: &Chart) -> bool {
    heights(chart).any(|y| y == f64::INFINITY)
}

/// Whether the vertical axis shows a finite value, so that it has numbers.
pub(super) fn is_finite(chart: &Chart) -> bool {
    let is_log = chart.y.scale == Scale::Logarithmic;
    heights(chart).any(|y| y.is_finite() && (!is_log || y > 0.0))
}

/// Whether a value is zero: a logarithmic chart has a row for those.
pub(super) fn is_zero(chart: &Chart) -> bool {
    heights(chart).any(|y| y == 0.0)
}

pub(super) fn draw_quantities(placed: &Placed<'_>, scene: &mut Scene) {
    let quantities = &placed.chart.quantities;
    for quantity in quantities {
        draw_band(placed, quantity, scene);
    }
    for (index, quantity) in quantities.iter().enumerate() {
        if quantity.joined {
            draw_joined(placed, index, scene);
        }
        if is_dense(placed, index) {
            draw_dense(placed, index, scene);
        }
    }
    for (index, quantity) in quantities.iter().enumerate() {
        for line in &quantity.lines {
            draw_line(placed, index, line, scene);
        }
    }
    for index in 0..quantities.len() {
        if !is_dense(placed, index) {
            draw_points(placed, index, scene);
        }
    }
}

fn draw_band(placed: &Placed<'_>, quantity: &Quantity, scene: &mut Scene) {
    let edge = |value: fn(&(f64, f64, f64)) -> f64| -> Vec<Place> {
        let band = quantity.band.iter();
        let band = band.filter(|(_, low, high)| !low.is_nan() && high.is_finite());
        band.filter_map(|b| Some((placed.x.at(b.0)?, placed.y.within(value(b)))))
            .collect()
    };
    let mut outline = simplified(edge(|b| b.1));
    outline.extend(simplified(edge(|b| b.2)).into_iter().rev());
    if outline.len() > 3 {
        scene.shapes.push(Shape::Area {
            points: outline,
            ink: Ink::Hue(quantity.hue),
            opacity: BAND,
        });
    }
}

/// Draws the pieces of a line between values that cannot be shown. Where theory is infinite the line runs in the row of
/// infinite values, not joined to the rest.
fn draw_line(placed: &Placed<'_>, index: usize, line: &Line, scene: &mut Scene) {
    let is_edge = |y: f64| placed.y.at(y).is_none();
    let mut pieces: Vec<(bool, Vec<Place>)> = Vec::new();
    for &(x, y) in &line.points {
        let Some(at) = placed.at((x, y), index) else {
            pieces.push((false, Vec::new()));
            continue;
        };
        match pieces.last_mut() {
            Some((edge, piece)) if *edge == is_edge(y) => piece.push(at),
            _ => pieces.push((is_edge(y), vec![at])),
        }
    }
    for (_, mut piece) in pieces {
        match piece[..] {
            [] => continue,
            // A single value is a short stroke.
            [(x, y)] => piece = vec![(x - 4.0, y), (x + 4.0, y)],
            _ => {}
        }
        scene.shapes.push(Shape::Line {
            points: simplified(piece),
            ink: Ink::Hue(placed.chart.quantities[index].hue),
            width: placed.sizes.line,
            dash: line.dash,
            opacity: 1.0,
        });
    }
}

/// The line without points that lie within a tenth of a unit of the line through their neighbours that stay.
fn simplified(points: Vec<Place>) -> Vec<Place> {
    let mut kept: Vec<Place> = Vec::with_capacity(points.len());
    let mut since: Vec<Place> = Vec::new();
    for &point in &points {
        if let Some(&last) = kept.last() {
            let is_far = |p: &Place| distance(*p, last, point) > 0.1;
            if since.len() > 40 || since.iter().any(is_far) {
                kept.extend(since.last());
                since.clear();
            }
            since.push(point);
        } else {
            kept.push(point);
        }
    }
    kept.extend(since.last());
    kept
}

/// The distance of a point from the segment between two others.
fn distance((x, y): Place, (ax, ay): Place, (bx, by): Place) -> f64 {
    let (dx, dy) = (bx - ax, by - ay);
    let square = dx * dx + dy * dy;
    let share = match square {
        0.0 => 0.0,
        square => (((x - ax) * dx + (y - ay) * dy) / square).clamp(0.0, 1.0),
    };
    (x - ax - share * dx).hypot(y - ay - share * dy)
}

/// A thin line through the points.
fn draw_joined(placed: &Placed<'_>, index: usize, scene: &mut Scene) {
    let quantity = &placed.chart.quantities[index];
    let mut pieces: Vec<Vec<Place>> = vec![Vec::new()];
    for point in &quantity.points {
        match placed.at((point.x, point.y), index) {
            Some(at) if placed.y.at(point.y).is_some() => {
                pieces.last_mut().expect("one piece").push(at);
            }
            _ => pieces.push(Vec::new()),
        }
    }
    for points in pieces.into_iter().filter(|piece| piece.len() > 1) {
        scene.shapes.push(Shape::Line {
            points: simplified(points),
            ink: Ink::Hue(quantity.hue),
            width: 0.7 * placed.sizes.line,
            dash: if quantity.hollow {
                Dash::Dashed
            } else {
                Dash::Solid
            },
            opacity: 0.75,
        });
    }
}

fn places(placed: &Placed<'_>, index: usize) -> Vec<Place> {
    let points = placed.chart.quantities[index].points.iter();
    points
        .filter_map(|p| placed.at((p.x, p.y), index))
        .collect()
}

/// Whether the points, without bars, are so many that they would hide each other.
fn is_dense(placed: &Placed<'_>, index: usize) -> bool {
    let quantity = &placed.chart.quantities[index];
    let has_bars = quantity.points.iter().any(|p| p.low < p.high);
    if has_bars || quantity.points.len() <= MANY {
        return false;
    }
    let places = places(placed, index);
    let mut gaps: Vec<f64> = places
        .windows(2)
        .map(|pair| (pair[1].0 - pair[0].0).hypot(pair[1].1 - pair[0].1))
        .collect();
    gaps.sort_unstable_by(f64::total_cmp);
    gaps.get(gaps.len() / 2).is_some_and(|gap| *gap < NEAR)
}

/// Small points; those that would lie on the one before are left out.
fn draw_dense(placed: &Placed<'_>, index: usize, scene: &mut Scene) {
    let quantity = &placed.chart.quantities[index];
    let mut kept: Vec<Place> = Vec::new();
    for (x, y) in places(placed, index) {
        let is_hidden = |(a, b): &Place| (x - a).hypot(y - b) < 1.2 * SMALL_RADIUS;
        if !kept.last().is_some_and(is_hidden) {
            kept.push((x, y));
        }
    }
    scene.shapes.push(Shape::Dots {
        at: kept,
        ink: Ink::Hue(quantity.hue),
        radius: SMALL_RADIUS,
    });
}

fn is_by_name(chart: &Chart) -> bool {
    matches!(chart.y.scale, Scale::Categories(_))
}

fn draw_points(placed: &Placed<'_>, index: usize, scene: &mut Scene) {
    let quantity = &placed.chart.quantities[index];
    let bars_lie = is_by_name(placed.chart);
    for point in &quantity.points {
        let Some(at) = placed.at((point.x, point.y), index) else {
            continue;
        };
        if point.low < point.high {
            let ends = match bars_lie {
                true => [point.low, point.high].map(|v| (placed.x.within(v), at.1)),
                false => [point.low, point.high].map(|v| (at.0, placed.y.within(v))),
            };
            scene.line(ends.into(), Ink::Hue(quantity.hue), 1.3);
        }
        scene.marker(at, placed.sizes.radius, quantity.hue, quantity.hollow);
    }
}

/// Where the label of a quantity wants to be: at the end of its line, or at its last point if that lies farther.
pub(super) fn end(placed: &Placed<'_>, index: usize) -> Option<Place> {
    let lines = placed.chart.quantities[index].lines.iter();
    let of_line = lines.take(1).find_map(|line| {
        let mut points = line.points.iter().rev();
        points.find_map(|p| placed.at(*p, index))
    });
    let all = of_line.into_iter().chain(places(placed, index));
    all.reduce(|a, b| if b.0 > a.0 + 0.5 { b } else { a })
}
