//! A scene as SVG: real text, one `viewBox`, light colours as attributes, which every reader of SVG understands, and
//! dark ones as rules of CSS over them.

use super::scene::{Anchor, Place, Scene, Shape, Text};
use super::style::{FONT_FAMILY, Ink, Theme, dark_rules};

/// Whether a picture is a file by itself or a part of a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Use<'a> {
    /// With its size and its colours for the dark.
    File,
    /// Inside a page, which says size and colours; the name must be unique on the page.
    Part(&'a str),
}

/// The class of the root, to which the rules of the dark belong.
pub(super) const CLASS: &str = "lindiff-chart";

pub(super) fn svg(scene: &Scene, used: Use<'_>) -> String {
    let Scene { width, height, .. } = scene;
    let (name, size, style) = match used {
        Use::File => (
            "chart",
            format!(" width=\"{width}\" height=\"{height}\""),
            format!("<style>{}</style>", dark_rules(&format!(".{CLASS}"))),
        ),
        Use::Part(name) => (name, String::new(), String::new()),
    };
    let mut writer = Writer {
        text: format!(
            "<svg xmlns=\"http://www.w3.org/2000/svg\" class=\"{CLASS}\" viewBox=\"0 0 {width} {height}\"{size} \
             role=\"img\" aria-labelledby=\"{name}-title {name}-desc\" font-family=\"{FONT_FAMILY}\"><title \
             id=\"{name}-title\">{}</title><desc id=\"{name}-desc\">{}</desc>{style}",
            escaped(&scene.title),
            escaped(&scene.description),
        ),
        has_rules: used != Use::File,
    };
    let paper = writer.fill(Ink::Paper);
    writer.text += &format!("<rect width=\"{width}\" height=\"{height}\"{paper}/>\n");
    for shape in &scene.shapes {
        writer.shape(shape);
        writer.text.push('\n');
    }
    writer.text + "</svg>\n"
}

struct Writer {
    text: String,
    /// Whether the page has rules for all colours, so that attributes are not needed.
    has_rules: bool,
}

impl Writer {
    /// The attributes of what is filled with an ink; the first class of an element.
    fn fill(&self, ink: Ink) -> String {
        self.paint(&[("fill", "f", Some(ink))])
    }

    /// Attributes for `fill` and `stroke`; `None` paints nothing.
    fn paint(&self, parts: &[(&str, &str, Option<Ink>)]) -> String {
        let classes = parts.iter().filter_map(|(_, letter, ink)| {
            let name = (*ink)?.name();
            Some(format!("{letter}-{name}"))
        });
        let classes: Vec<String> = classes.collect();
        let mut text = format!(" class=\"{}\"", classes.join(" "));
        for (attribute, _, ink) in parts {
            match ink {
                None => text += &format!(" {attribute}=\"none\""),
                Some(ink) if !self.has_rules => {
                    text += &format!(" {attribute}=\"{}\"", ink.hex(Theme::Light));
                }
                Some(_) => {}
            }
        }
        text
    }

    fn shape(&mut self, shape: &Shape) {
        let written = match shape {
            Shape::Line {
                points,
                ink,
                width,
                dash,
                opacity,
            } => {
                let paint = self.paint(&[("fill", "f", None), ("stroke", "s", Some(*ink))]);
                let (cap, dashes) = match dash.lengths() {
                    None => ("round", String::new()),
                    Some([on, off]) => ("butt", format!(" stroke-dasharray=\"{on} {off}\"")),
                };
                format!(
                    "<path d=\"{}\"{paint} stroke-width=\"{}\" stroke-linejoin=\"round\" \
                     stroke-linecap=\"{cap}\"{dashes}{}/>",
                    path(points, false),
                    number(*width),
                    opaque("stroke-opacity", *opacity),
                )
            }
            Shape::Area {
                points,
                ink,
                opacity,
            } => format!(
                "<path d=\"{}\"{}{}/>",
                path(points, true),
                self.fill(*ink),
                opaque("fill-opacity", *opacity),
            ),
            Shape::Dots { at, ink, radius } => {
                // A stroke without length has round ends: a dot.
                let dots = at
                    .iter()
                    .map(|(x, y)| format!("M{} {}h0", number(*x), number(*y)));
                format!(
                    "<path d=\"{}\"{} stroke-width=\"{}\" stroke-linecap=\"round\"/>",
                    dots.collect::<String>(),
                    self.paint(&[("fill", "f", None), ("stroke", "s", Some(*ink))]),
                    number(2.0 * radius),
                )
            }
            Shape::Marker {
                outline,
                ink,
                hollow,
            } => {
                let (fill, stroke) = match hollow {
                    true => (Ink::Paper, *ink),
                    false => (*ink, Ink::Paper),
                };
                let paint = self.paint(&[("fill", "f", Some(fill)), ("stroke", "s", Some(stroke))]);
                let outline = path(outline, true);
                let width = marker_stroke(*hollow);
                format!("<path d=\"{outline}\"{paint} stroke-width=\"{width}\"/>")
            }
            Shape::Text(line) => self.line_of_text(line),
            #[cfg(feature = "plots")]
            Shape::Picture { at, size, raster } => format!(
                "<image x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\" preserveAspectRatio=\"none\" \
                 style=\"image-rendering:pixelated\" href=\"data:image/png;base64,{}\"/>",
                number(at.0),
                number(at.1),
                number(size.0),
                number(size.1),
                crate::text::base64(&raster.png()),
            ),
        };
        self.text += &written;
    }

    fn line_of_text(&self, line: &Text) -> String {
        let Text {
            at: (x, y),
            text: label,
            size,
            bold,
            anchor,
            ink,
        } = line;
        let anchor = match anchor {
            Anchor::Start => "",
            Anchor::Middle => " text-anchor=\"middle\"",
            Anchor::End => " text-anchor=\"end\"",
        };
        let weight = if *bold { " font-weight=\"600\"" } else { "" };
        let raised = match label.raised.as_str() {
            "" => String::new(),
            raised => format!(
                "<tspan dy=\"{}\" font-size=\"{}\">{}</tspan>",
                number(-RAISE * size),
                number(RAISED_SIZE * size),
                escaped(raised)
            ),
        };
        format!(
            "<text x=\"{}\" y=\"{}\" font-size=\"{size}\"{anchor}{weight}{}>{}{raised}</text>",
            number(*x),
            number(*y),
            self.fill(*ink),
            escaped(&label.base),
        )
    }
}

/// The width of a marker's outline.
pub(super) fn marker_stroke(hollow: bool) -> f64 {
    if hollow { 1.5 } else { 0.75 }
}

fn opaque(name: &str, opacity: f64) -> String {
    match opacity {
        1.0 => String::new(),
        opacity => format!(" {name}=\"{opacity}\""),
    }
}

/// How high an exponent stands, and its size, as shares of the size of the text.
pub(super) const RAISE: f64 = 0.38;
pub(super) const RAISED_SIZE: f64 = 0.75;

fn path(points: &[Place], closed: bool) -> String {
    let mut text = String::with_capacity(12 * points.len());
    for (i, (x, y)) in points.iter().enumerate() {
        text.push(if i == 0 { 'M' } else { 'L' });
        text += &format!("{} {}", number(*x), number(*y));
    }
    if closed {
        text.push('Z');
    }
    text
}

/// A tenth of a unit is finer than a pixel.
fn number(value: f64) -> String {
    let rounded = (10.0 * value).round() / 10.0;
    // No "-0".
    format!("{}", rounded + 0.0)
}

/// A text inside XML; characters that XML does not allow are left out.
pub(crate) fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => safe += "&amp;",
            '<' => safe += "&lt;",
            '>' => safe += "&gt;",
            '"' => safe += "&quot;",
            '\t' | '\n' | '\r' => safe.push(' '),
            '\0'..='\u{1f}' | '\u{7f}'..='\u{9f}' | '\u{fffe}' | '\u{ffff}' => {}
            c => safe.push(c),
        }
    }
    safe
}
