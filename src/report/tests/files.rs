//! What is written: SVG and PNG of one scene, and the letters of both.

use super::super::style::Ink;
use super::super::*;
#[cfg(feature = "plots")]
use super::super::{layout::scene, scene::Shape, style::text_width};
#[cfg(feature = "plots")]
use super::{chart, extent, texts};

fn strange() -> Chart {
    let name = "a < b & \"c\" 'd' \u{1}\u{7}\u{ffff} 日本";
    let quantity = Quantity::new(name, Hue::Blue)
        .line([(1.0, 1.0), (10.0, 2.0)])
        .measured([Measured::new(3.0, 1e-9, Some(1.0))])
        .band([(1.0, 0.5, 1.5), (10.0, f64::NAN, 3.0)]);
    Chart::new(name, Axis::log(name), Axis::log("</svg>"))
        .with(quantity)
        .key(KeyOf::Band, name)
        .marked(Some((3.0, name.to_owned())))
}

#[test]
fn svg_is_xml_with_its_title_its_description_and_the_texts_as_they_were() {
    for text in [
        strange().svg(),
        strange().above(strange()).svg_part("a", NARROW_WIDTH),
    ] {
        let document = roxmltree::Document::parse(&text).unwrap();
        let root = document.root_element();
        assert_eq!(root.tag_name().name(), "svg");
        assert_eq!(root.attribute("role"), Some("img"));
        let labels = root.attribute("aria-labelledby").unwrap();
        for (id, tag) in labels.split(' ').zip(["title", "desc"]) {
            let node = document
                .descendants()
                .find(|node| node.attribute("id") == Some(id))
                .unwrap();
            assert_eq!(node.tag_name().name(), tag);
            assert!(!node.text().unwrap().is_empty());
        }
        let [_, _, width, height] = root
            .attribute("viewBox")
            .unwrap()
            .split(' ')
            .map(|number| number.parse::<f64>().unwrap())
            .collect::<Vec<_>>()[..]
        else {
            panic!("a view box of four numbers")
        };
        assert!(width > 300.0 && height > 200.0);
        let said: Vec<&str> = document
            .descendants()
            .filter_map(|node| node.text())
            .collect();
        assert!(said.contains(&"</svg>"), "{said:?}");
        assert!(
            said.iter()
                .any(|text| text.starts_with("a < b & \"c\" 'd'"))
        );
    }
}

#[test]
fn every_color_of_a_file_has_one_for_the_dark_and_a_part_takes_both_from_its_page() {
    let file = strange().svg();
    let document = roxmltree::Document::parse(&file).unwrap();
    let style = document
        .descendants()
        .find(|node| node.tag_name().name() == "style")
        .unwrap();
    let style = style.text().unwrap();
    assert!(style.contains("prefers-color-scheme:dark"));
    let mut painted = 0;
    for node in document.descendants() {
        let classes: Vec<&str> = node
            .attribute("class")
            .unwrap_or_default()
            .split(' ')
            .collect();
        for (attribute, letter) in [("fill", 'f'), ("stroke", 's')] {
            let Some(color) = node.attribute(attribute).filter(|c| *c != "none") else {
                continue;
            };
            let ink = Ink::ALL
                .into_iter()
                .find(|ink| {
                    let class = format!("{letter}-{}", ink.name());
                    classes.contains(&class.as_str())
                })
                .unwrap();
            assert_eq!(color, ink.hex(Theme::Light));
            let rule = format!(
                ".{letter}-{}{{{attribute}:{}}}",
                ink.name(),
                ink.hex(Theme::Dark)
            );
            assert!(style.contains(&rule), "{rule}");
            painted += 1;
        }
    }
    assert!(painted > 20);
    let part = strange().svg_part("a", WIDTH);
    assert!(!part.contains("<style") && !part.contains('#'), "{part}");
    for ink in Ink::ALL {
        for theme in [Theme::Light, Theme::Dark] {
            assert!(page_rules().contains(&ink.hex(theme)));
        }
    }
}

#[cfg(feature = "plots")]
#[test]
fn png_shows_what_svg_shows_in_both_colors() {
    let chart = chart([Quantity::new("", Hue::Red).points([(1.0, 1.0), (10.0, 3.0)])]);
    let scene = scene(&chart, WIDTH);
    let centers = scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Marker { outline, .. } => {
            let mean = |of: fn(&(f64, f64)) -> f64| outline.iter().map(of).sum::<f64>() / 4.0;
            Some((mean(|p| p.0), mean(|p| p.1)))
        }
        _ => None,
    });
    let centers: Vec<(f64, f64)> = centers.collect();
    assert_eq!(centers.len(), 2);
    for theme in [Theme::Light, Theme::Dark] {
        let png = chart.png(theme, 2.0).unwrap();
        let image = image::load_from_memory(&png).unwrap().to_rgb8();
        assert_eq!(f64::from(image.width()), 2.0 * scene.width);
        assert_eq!(f64::from(image.height()), 2.0 * scene.height);
        let rgb = |ink: Ink| {
            let [_, r, g, b] = ink.rgb(theme).to_be_bytes();
            [r, g, b]
        };
        assert_eq!(image.get_pixel(0, 0).0, rgb(Ink::Paper));
        for (x, y) in &centers {
            let pixel = image.get_pixel((2.0 * x) as u32, (2.0 * y) as u32);
            assert_eq!(pixel.0, rgb(Ink::Hue(Hue::Red)));
        }
        // The title is there: dark pixels of its letters, at its place.
        let title = texts(&scene).next().unwrap();
        let [left, right, top, bottom] = extent(title).map(|v| (2.0 * v) as u32);
        let inked = (left..right).flat_map(|x| (top..bottom).map(move |y| (x, y)));
        let inked = inked.filter(|(x, y)| image.get_pixel(*x, *y).0 == rgb(Ink::Text));
        assert!(inked.count() > 100);
    }
}

#[cfg(feature = "plots")]
#[test]
fn the_widths_of_letters_are_those_of_the_font() {
    let face = ttf_parser::Face::parse(include_bytes!("../fonts/Inter-Regular.ttf"), 0).unwrap();
    for c in (' '..='~').chain(['é', 'σ', 'Ж']) {
        let glyph = face.glyph_index(c).unwrap();
        let own = f64::from(face.glyph_hor_advance(glyph).unwrap()) / 2048.0;
        let room = text_width(&c.to_string(), 1.0);
        assert!(room > 0.9 * own, "{c}: {room} {own}");
        if c.is_ascii() {
            assert!((room / own - 1.17).abs() < 0.01, "{c}: {room} {own}");
        }
    }
}
