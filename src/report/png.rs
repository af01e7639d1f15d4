//! A scene as PNG. The letters are those of Inter, which this program brings: the picture is equal on every machine.

use tiny_skia::{
    Color, ColorU8, FillRule, FilterQuality, LineCap, LineJoin, Paint, Path, PathBuilder, Pixmap,
    PixmapPaint, Stroke, StrokeDash, Transform,
};
use ttf_parser::{Face, OutlineBuilder};

use super::raster::Raster;
use super::scene::{Anchor, Place, Scene, Shape, Text};
use super::style::{Ink, Theme};
use super::svg::{RAISE, RAISED_SIZE, marker_stroke};

const REGULAR: &[u8] = include_bytes!("fonts/Inter-Regular.ttf");
const SEMIBOLD: &[u8] = include_bytes!("fonts/Inter-SemiBold.ttf");

/// The picture in one theme, with `scale` pixels for a unit of the scene. `None` if it has no pixel, or too many.
pub(super) fn png(scene: &Scene, theme: Theme, scale: f64) -> Option<Vec<u8>> {
    let size = |length: f64| (length * scale).ceil() as u32;
    let (width, height) = (size(scene.width), size(scene.height));
    let mut canvas = Canvas {
        pixels: Pixmap::new(width, height)?,
        theme,
        scale: Transform::from_scale(scale as f32, scale as f32),
        regular: Face::parse(REGULAR, 0).expect("a font"),
        semibold: Face::parse(SEMIBOLD, 0).expect("a font"),
    };
    canvas.pixels.fill(canvas.color(Ink::Paper, 1.0));
    for shape in &scene.shapes {
        canvas.draw(shape);
    }
    encoded(&canvas.pixels)
}

/// The paper has no transparency: three bytes a pixel are enough.
fn encoded(pixels: &Pixmap) -> Option<Vec<u8>> {
    use image::{ExtendedColorType, ImageEncoder, codecs::png};
    let rgb: Vec<u8> = pixels
        .pixels()
        .iter()
        .flat_map(|p| [p.red(), p.green(), p.blue()])
        .collect();
    let mut bytes = Vec::new();
    png::PngEncoder::new_with_quality(
        &mut bytes,
        png::CompressionType::Default,
        png::FilterType::Adaptive,
    )
    .write_image(
        &rgb,
        pixels.width(),
        pixels.height(),
        ExtendedColorType::Rgb8,
    )
    .ok()?;
    Some(bytes)
}

struct Canvas {
    pixels: Pixmap,
    theme: Theme,
    scale: Transform,
    regular: Face<'static>,
    semibold: Face<'static>,
}

impl Canvas {
    fn color(&self, ink: Ink, opacity: f64) -> Color {
        let [_, red, green, blue] = ink.rgb(self.theme).to_be_bytes();
        Color::from_rgba8(red, green, blue, (255.0 * opacity).round() as u8)
    }

    fn paint(&self, ink: Ink, opacity: f64) -> Paint<'static> {
        let mut paint = Paint::default();
        paint.set_color(self.color(ink, opacity));
        paint
    }

    fn draw(&mut self, shape: &Shape) {
        match shape {
            Shape::Line {
                points,
                ink,
                width,
                dash,
                opacity,
            } => {
                let dash = dash.lengths().map(|lengths| lengths.map(|l| l as f32));
                let stroke = Stroke {
                    width: *width as f32,
                    line_join: LineJoin::Round,
                    line_cap: match dash {
                        Some(_) => LineCap::Butt,
                        None => LineCap::Round,
                    },
                    dash: dash.and_then(|lengths| StrokeDash::new(lengths.into(), 0.0)),
                    ..Stroke::default()
                };
                if let Some(path) = path(points, false) {
                    let paint = self.paint(*ink, *opacity);
                    self.pixels
                        .stroke_path(&path, &paint, &stroke, self.scale, None);
                }
            }
            Shape::Area {
                points,
                ink,
                opacity,
            } => self.fill(path(points, true), *ink, *opacity),
            Shape::Dots { at, ink, radius } => {
                let mut circles = PathBuilder::new();
                for (x, y) in at {
                    circles.push_circle(*x as f32, *y as f32, *radius as f32);
                }
                self.fill(circles.finish(), *ink, 1.0);
            }
            Shape::Marker {
                outline,
                ink,
                hollow,
            } => {
                let (fill, around) = match hollow {
                    true => (Ink::Paper, *ink),
                    false => (*ink, Ink::Paper),
                };
                let Some(path) = path(outline, true) else {
                    return;
                };
                self.fill(Some(path.clone()), fill, 1.0);
                let stroke = Stroke {
                    width: marker_stroke(*hollow) as f32,
                    ..Stroke::default()
                };
                let paint = self.paint(around, 1.0);
                self.pixels
                    .stroke_path(&path, &paint, &stroke, self.scale, None);
            }
            Shape::Text(text) => self.text(text),
            Shape::Picture { at, size, raster } => self.picture(*at, *size, raster),
        }
    }

    fn fill(&mut self, path: Option<Path>, ink: Ink, opacity: f64) {
        if let Some(path) = path {
            let paint = self.paint(ink, opacity);
            self.pixels
                .fill_path(&path, &paint, FillRule::Winding, self.scale, None);
        }
    }

    fn picture(&mut self, at: Place, size: Place, raster: &Raster) {
        let (width, height) = (raster.width(), raster.height());
        let Some(mut pixels) = Pixmap::new(width as u32, height as u32) else {
            return;
        };
        for (pixel, [red, green, blue]) in pixels.pixels_mut().iter_mut().zip(raster.pixels()) {
            *pixel = ColorU8::from_rgba(red, green, blue, 255).premultiply();
        }
        let placed = self
            .scale
            .pre_translate(at.0 as f32, at.1 as f32)
            .pre_scale(
                (size.0 / width as f64) as f32,
                (size.1 / height as f64) as f32,
            );
        let paint = PixmapPaint {
            quality: FilterQuality::Nearest,
            ..PixmapPaint::default()
        };
        self.pixels
            .draw_pixmap(0, 0, pixels.as_ref(), &paint, placed, None);
    }

    fn text(&mut self, text: &Text) {
        let face = if text.bold {
            &self.semibold
        } else {
            &self.regular
        };
        let raised_size = RAISED_SIZE * text.size;
        let width = advance(face, &text.text.base, text.size)
            + advance(face, &text.text.raised, raised_size);
        let (x, y) = text.at;
        let left = match text.anchor {
            Anchor::Start => x,
            Anchor::Middle => x - width / 2.0,
            Anchor::End => x - width,
        };
        let mut letters = Letters::default();
        let end = letters.write(face, &text.text.base, (left, y), text.size);
        let raised = (end, y - RAISE * text.size);
        letters.write(face, &text.text.raised, raised, raised_size);
        self.fill(letters.path.finish(), text.ink, 1.0);
    }
}

fn path(points: &[Place], closed: bool) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (i, &(x, y)) in points.iter().enumerate() {
        match i {
            0 => path.move_to(x as f32, y as f32),
            _ => path.line_to(x as f32, y as f32),
        }
    }
    if closed {
        path.close();
    }
    path.finish()
}

/// The width of a text.
fn advance(face: &Face<'_>, text: &str, size: f64) -> f64 {
    let widths = text.chars().map(|c| {
        let glyph = face.glyph_index(c).unwrap_or_default();
        f64::from(face.glyph_hor_advance(glyph).unwrap_or_default())
    });
    widths.sum::<f64>() * size / f64::from(face.units_per_em())
}

/// The outlines of letters.
#[derive(Default)]
struct Letters {
    path: PathBuilder,
    at: Place,
    scale: f64,
}

impl Letters {
    /// Adds a text on the line of `at`; where it ends.
    fn write(&mut self, face: &Face<'_>, text: &str, at: Place, size: f64) -> f64 {
        self.at = at;
        self.scale = size / f64::from(face.units_per_em());
        for c in text.chars() {
            // Glyph 0 is a box: the letter is missing.
            let glyph = face.glyph_index(c).unwrap_or_default();
            face.outline_glyph(glyph, self);
            self.at.0 += self.scale * f64::from(face.glyph_hor_advance(glyph).unwrap_or_default());
        }
        self.at.0
    }

    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        let x = self.at.0 + self.scale * f64::from(x);
        let y = self.at.1 - self.scale * f64::from(y);
        (x as f32, y as f32)
    }
}

impl OutlineBuilder for Letters {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let (first, second) = (self.place(x1, y1), self.place(x2, y2));
        let (x, y) = self.place(x, y);
        self.path
            .cubic_to(first.0, first.1, second.0, second.1, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}
