//! A sheet of rows: each sample above what it is compared with, in one scale.

use super::axis::Label;
use super::chart::WIDTH;
use super::chart_files::{Drawn, PlotError};
use super::layout::title_rows;
use super::placed::{MARGIN, Sizes};
use super::raster::{Looks, Raster, range};
use super::scene::{Anchor, Scene, Shape, Text};
use super::sheet_lines::draw_lines;
use super::sheet_model::{Sheet, note, rounded, sentences, signed};
use super::style::{Ink, text_width, wrapped};
use super::svg::{Use, svg};

/// The room around a picture.
const GAP: f64 = 4.0;
/// Pictures side by side, on a wide page and on a phone.
const COLUMNS: [usize; 2] = [10, 5];

impl Sheet {
    /// The sheet as a file of SVG.
    pub fn svg(&self) -> String {
        svg(&self.scene(WIDTH), Use::File)
    }

    /// The sheet as a part of a page, as [`Chart::svg_part`](super::Chart::svg_part).
    pub fn svg_part(&self, name: &str, width: f64) -> String {
        svg(&self.scene(width), Use::Part(name))
    }

    /// Draws the sheet.
    ///
    /// # Errors
    /// A sheet of too many pixels.
    pub fn draw(&self) -> Result<Drawn, PlotError> {
        Drawn::of(&self.scene(WIDTH))
    }

    fn scene(&self, width: f64) -> Scene {
        let sizes = Sizes::of(width);
        let mut scene = Scene {
            width,
            height: 0.0,
            title: self.title.clone(),
            description: self.description(),
            shapes: Vec::new(),
        };
        let mut y = title_rows(&self.title, sizes, &mut scene);
        y = sentences(&self.caption, sizes, y + 4.0, &mut scene) + 12.0;
        let shown = self.series.iter().flat_map(|series| series.rows.values());
        let range = range(shown.copied());
        y = match self.looks {
            Looks::Picture {
                width,
                height,
                is_color,
            } => {
                let pixels = Pixels {
                    width,
                    height,
                    is_color,
                    range,
                };
                let y = draw_pictures(self, pixels, sizes, y, &mut scene);
                draw_scale(range, is_color, sizes, y, &mut scene)
            }
            Looks::Lines => draw_lines(self, range, sizes, y, &mut scene),
        };
        scene.height = (y + MARGIN).ceil();
        scene
    }

    fn description(&self) -> String {
        let names: Vec<&str> = self.series.iter().map(|series| &series.name[..]).collect();
        let mut text = format!(
            "{} {} of each: {}.",
            self.caption,
            self.count(),
            names.join(", ")
        );
        for numbers in &self.numbers {
            let values: Vec<String> = numbers.values.iter().map(|v| rounded(*v)).collect();
            text += &format!(" {}: {}.", numbers.name, values.join(", "));
        }
        text
    }
}

/// How rows become pixels.
#[derive(Debug, Clone, Copy)]
struct Pixels {
    width: usize,
    height: usize,
    is_color: bool,
    range: (f64, f64),
}

/// Blocks of pictures side by side, one series below the other; where they end.
fn draw_pictures(sheet: &Sheet, pixels: Pixels, sizes: Sizes, top: f64, scene: &mut Scene) -> f64 {
    let columns = COLUMNS[usize::from(sizes.is_narrow())];
    let left = MARGIN + names_width(sheet, sizes);
    let cell = (sizes.width - MARGIN - left) / columns as f64;
    let unit = (cell - GAP) / pixels.width.max(pixels.height) as f64;
    let size = (unit * pixels.width as f64, unit * pixels.height as f64);
    let mut y = top;
    let indices: Vec<usize> = (0..sheet.count()).collect();
    for block in indices.chunks(columns) {
        for series in &sheet.series {
            name(sheet, &series.name, sizes, y + size.1 / 2.0, scene);
            for (k, &index) in block.iter().enumerate() {
                let raster = Raster::of(
                    series.rows.row(index),
                    pixels.width,
                    pixels.is_color,
                    pixels.range,
                );
                let x = left + k as f64 * cell + (cell - size.0) / 2.0;
                scene.shapes.push(Shape::Picture {
                    at: (x, y),
                    size,
                    raster,
                });
            }
            y += size.1 + GAP;
        }
        for numbers in &sheet.numbers {
            // A long name takes two lines on a phone.
            let lines = wrapped(&numbers.name, sizes.small, most_name(sizes)).len();
            let half = lines as f64 * sizes.leading() / 2.0;
            name(sheet, &numbers.name, sizes, y + half, scene);
            let base = y + half + 0.35 * sizes.small;
            y += 2.0 * half;
            for (k, &index) in block.iter().enumerate() {
                let at = (left + (k as f64 + 0.5) * cell, base);
                let text = rounded(numbers.values[index]);
                scene.text(Text {
                    ink: Ink::Text,
                    ..note(sizes, at, text, Anchor::Middle)
                });
            }
        }
        y += if sheet.series.len() > 1 { 14.0 } else { 0.0 };
    }
    y
}

/// The room for names at the left; none if there is one series alone.
fn names_width(sheet: &Sheet, sizes: Sizes) -> f64 {
    if sheet.series.len() + sheet.numbers.len() < 2 {
        return 0.0;
    }
    let series = sheet.series.iter().map(|series| &series.name);
    let names = series.chain(sheet.numbers.iter().map(|numbers| &numbers.name));
    let lines = names.flat_map(|name| wrapped(name, sizes.small, most_name(sizes)));
    lines
        .map(|line| text_width(&line, sizes.small))
        .fold(0.0, f64::max)
        + 8.0
}

fn most_name(sizes: Sizes) -> f64 {
    0.19 * sizes.width
}

/// A name at the left with its middle at a height.
fn name(sheet: &Sheet, text: &str, sizes: Sizes, middle: f64, scene: &mut Scene) {
    if names_width(sheet, sizes) == 0.0 {
        return;
    }
    let lines = wrapped(text, sizes.small, most_name(sizes));
    let first = middle - (lines.len() as f64 - 1.0) / 2.0 * sizes.leading() + 0.35 * sizes.small;
    for (k, line) in lines.into_iter().enumerate() {
        let at = (MARGIN, first + k as f64 * sizes.leading());
        scene.text(note(sizes, at, line, Anchor::Start));
    }
}

/// The scale of greys with the values of its ends; where it ends.
fn draw_scale(
    (dark, light): (f64, f64),
    is_color: bool,
    sizes: Sizes,
    top: f64,
    scene: &mut Scene,
) -> f64 {
    const BAR: f64 = 90.0;
    let (low, high) = (signed(dark), signed(light));
    let what = if is_color {
        "red, green and blue from"
    } else {
        "black"
    };
    let y = top + 8.0;
    let base = y + 0.85 * sizes.small;
    let before = Label {
        base: format!("{what} {low}"),
        raised: String::new(),
    };
    let x = MARGIN + text_width(&before.base, sizes.small) + 12.0;
    scene.text(Text {
        text: before,
        ..note(sizes, (MARGIN, base), "", Anchor::Start)
    });
    scene.shapes.push(Shape::Picture {
        at: (x, y),
        size: (BAR, sizes.small),
        raster: Raster::scale(),
    });
    let frame = [
        (0.0, 0.0),
        (BAR, 0.0),
        (BAR, sizes.small),
        (0.0, sizes.small),
        (0.0, 0.0),
    ];
    let frame = frame.map(|(dx, dy)| (x + dx, y + dy)).to_vec();
    scene.line(frame, Ink::Soft, 0.75);
    let after = if is_color {
        format!("to {high}, in all pictures")
    } else {
        format!("{high} white, in all pictures")
    };
    scene.text(note(sizes, (x + BAR + 6.0, base), after, Anchor::Start));
    y + sizes.small
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::Rows;
    use crate::report::{Looks, NARROW_WIDTH, Numbers, Series};

    fn sheet(looks: Looks) -> Sheet {
        let rows = |add: f64| Rows::new((0..48).map(|k| add + f64::from(k)).collect(), 4);
        let series = |name: &str, add| Series {
            name: name.to_owned(),
            rows: rows(add),
        };
        Sheet {
            title: "few: samples".to_owned(),
            caption: "Each with its nearest row.".to_owned(),
            looks,
            series: vec![series("sample", 0.0), series("nearest row", -5.0)],
            numbers: vec![Numbers {
                name: "to nearest row".to_owned(),
                values: (0..12).map(|k| f64::from(k) / 10.0).collect(),
            }],
        }
    }

    #[test]
    fn a_sheet_shows_all_rows_in_one_scale_with_its_ends_and_their_numbers() {
        let svg = sheet(Looks::square(4).unwrap()).svg();
        // Twelve samples, twelve rows, and the scale.
        assert_eq!(svg.matches("<image").count(), 25);
        for text in [
            ">black \u{2212}5<",
            ">47 white, in all pictures<",
            ">1.10<",
            ">nearest row<",
        ] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
        // Two blocks of at most ten; on a phone three of at most five.
        let names = |svg: &str| svg.matches(">sample<").count();
        assert_eq!(names(&svg), 2);
        let narrow = sheet(Looks::square(4).unwrap()).svg_part("a", NARROW_WIDTH);
        assert_eq!(names(&narrow), 3);
    }

    #[test]
    fn rows_that_are_no_pictures_are_lines_with_a_key() {
        let svg = sheet(Looks::Lines).svg();
        assert!(!svg.contains("<image"));
        for text in [
            ">sample<",
            ">nearest row<",
            ">to nearest row 1.10<",
            "Columns 1 to 4",
        ] {
            assert!(svg.contains(text), "{text} in {svg}");
        }
    }

    #[test]
    fn a_sheet_is_as_wide_as_a_chart() {
        for looks in [Looks::Lines, Looks::square(4).unwrap()] {
            let drawn = sheet(looks).draw().unwrap();
            let read = image::load_from_memory(&drawn.png).unwrap();
            assert_eq!(f64::from(read.width()), 2.0 * WIDTH);
        }
    }
}
