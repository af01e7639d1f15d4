//! Tests of charts by their scenes, and of what is written from them.

use proptest::prelude::*;

use super::axis::{Label, Ruler};
use super::labels::{Wish, spread};
use super::layout::scene;
use super::scene::{Anchor, Scene, Shape, Text};
use super::style::{Ink, text_width};
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

/// The value that a label states.
fn stated(Label { base, raised }: &Label) -> f64 {
    let plain = |text: &str| -> f64 { text.replace('\u{2212}', "-").parse().unwrap() };
    if raised.is_empty() {
        return plain(base);
    }
    let factor = base.strip_suffix("10").unwrap();
    let factor = factor.strip_suffix('·').map_or(1.0, plain);
    factor * 10f64.powi(raised.replace('\u{2212}', "-").parse().unwrap())
}

proptest! {
    #[test]
    fn numbers_on_an_axis_are_in_one_notation_and_state_their_values(
        from in -12.0..8.0f64, span in 0.01..20.0f64, is_log: bool, most in 2usize..12
    ) {
        let axis = if is_log { Axis::log("") } else { Axis::linear("") };
        let values = [10f64.powf(from), 10f64.powf(from + span)];
        let ruler = Ruler::new(&axis, &values, &[], (0.0, 500.0));
        let ticks = ruler.ticks(most);
        let numbered: Vec<_> = ticks.iter().filter(|tick| !tick.label.is_empty()).collect();
        prop_assert!(numbered.len() >= 2, "{ticks:?}");
        let (low, high) = ruler.ends();
        for tick in &ticks {
            let spare = 1e-9 * (high - low).abs();
            prop_assert!((low - spare..=high + spare).contains(&tick.value), "{tick:?}");
        }
        for tick in &numbered {
            let error = (stated(&tick.label) - tick.value).abs();
            prop_assert!(error <= 1e-9 * tick.value.abs().max(1e-3 * (high - low)), "{tick:?}");
        }
        let raised = numbered.iter().filter(|t| !t.label.raised.is_empty()).count();
        // Zero has no power of ten.
        let zero = numbered.iter().filter(|t| t.value == 0.0).count();
        prop_assert!(raised == 0 || raised + zero == numbered.len(), "{numbered:?}");
        let powers = (low.log10().ceil() as i64)..=(high.log10().floor() as i64);
        if is_log && powers.count() >= 2 {
            for tick in numbered {
                let log = tick.value.log10();
                prop_assert!((log - log.round()).abs() < 1e-9, "{tick:?}");
            }
        }
    }

    #[test]
    fn an_axis_ends_where_the_data_end(
        from in -12.0..8.0f64, span in 0.01..20.0f64, below in 0.1..1e9f64, above in 0.1..1e9f64
    ) {
        let (least, most) = (10f64.powf(from), 10f64.powf(from + span));
        let ends = |wide: &[f64]| {
            let ruler = Ruler::new(&Axis::log(""), &[least, most], wide, (0.0, 500.0));
            let (low, high) = ruler.ends();
            (low.log10(), high.log10())
        };
        let (low, high) = ends(&[]);
        prop_assert!((from - low - 0.04 * span).abs() < 1e-6);
        prop_assert!((high - from - span - 0.04 * span).abs() < 1e-6);
        // Bars and bands stretch it by a factor of two at most, so that no decade is empty.
        let (low, high) = ends(&[least / below, most * above]);
        let spare = 0.04 * (span + 0.61);
        prop_assert!(low > from - 0.302 - spare && high < from + span + 0.302 + spare);
    }

    #[test]
    fn labels_neither_overlap_nor_leave_their_room_and_keep_their_order(
        wishes in prop::collection::vec((-50.0..350.0f64, 5.0..40.0f64), 1..9)
    ) {
        let wishes: Vec<Wish> = wishes.into_iter().map(|(at, height)| Wish { at, height }).collect();
        let total: f64 = wishes.iter().map(|wish| wish.height).sum();
        let Some(middles) = spread(&wishes, 0.0, 300.0) else {
            prop_assert!(total > 300.0);
            return Ok(());
        };
        let mut labels: Vec<(f64, f64, f64)> =
            middles.iter().zip(&wishes).map(|(middle, w)| (*middle, w.height, w.at)).collect();
        labels.sort_by(|a, b| a.0.total_cmp(&b.0));
        let half = |label: &(f64, f64, f64)| label.1 / 2.0;
        prop_assert!(labels[0].0 - half(&labels[0]) > -1e-9);
        let last = labels.last().unwrap();
        prop_assert!(last.0 + half(last) < 300.0 + 1e-9);
        for pair in labels.windows(2) {
            prop_assert!(pair[0].0 + half(&pair[0]) <= pair[1].0 - half(&pair[1]) + 1e-9);
            prop_assert!(pair[0].2 <= pair[1].2);
        }
    }

    #[test]
    fn no_text_of_a_chart_overlaps_another_and_the_names_take_less_than_a_fifth(
        ends in prop::collection::vec((-3.0..3.0f64, "[a-z]{1,9}( [a-z]{1,9}){0,2}"), 1..9),
        width in prop::sample::select(vec![WIDTH, NARROW_WIDTH]),
        mark in prop::option::of(1.0..100.0f64),
        infinite: bool,
    ) {
        let quantities = ends.iter().enumerate().map(|(i, (end, name))| {
            let at = |k: f64| (10f64.powf(k), 10f64.powf(end * k / 2.0));
            let quantity = Quantity::new(name.clone(), Hue::nth(i)).line([at(0.0), at(1.0), at(2.0)]);
            match infinite {
                true => quantity.points([(3.0, f64::INFINITY)]),
                false => quantity,
            }
        });
        let chart = chart(quantities)
            .key(KeyOf::Line(Dash::Solid), "theory")
            .key(KeyOf::Bars, "mean over training sets, ± 1 standard error")
            .marked(mark.map(|at| (at, "the best".to_owned())));
        let scene = scene(&chart, width);
        let all: Vec<&Text> = texts(&scene).collect();
        for (i, a) in all.iter().enumerate() {
            let [left, right, top, bottom] = extent(a);
            prop_assert!(left > 0.0 && right < scene.width + 1.0, "{a:?}");
            prop_assert!(top > 0.0 && bottom < scene.height, "{a:?}");
            for b in &all[..i] {
                prop_assert!(!overlap(a, b), "{a:?} {b:?}");
            }
        }
        let words: Vec<&str> = ends.iter().flat_map(|(_, name)| name.split(' ')).collect();
        let is_name = |text: &Text| {
            text.ink == Ink::Text && !text.bold && text.text.base.split(' ').all(|w| words.contains(&w))
        };
        let names: Vec<[f64; 4]> =
            all.iter().filter(|text| is_name(text)).map(|text| extent(text)).collect();
        let least = |k: usize| names.iter().map(|e| e[k]).fold(f64::INFINITY, f64::min);
        let most = |k: usize| names.iter().map(|e| e[k]).fold(0.0, f64::max);
        let area = (most(1) - least(0)) * (most(3) - least(2));
        prop_assert!(area < 0.2 * scene.width * scene.height, "{area}");
    }
}

#[test]
fn labels_move_as_little_as_they_can() {
    let wish = |at| Wish { at, height: 10.0 };
    let found = spread(&[wish(50.0), wish(50.0), wish(100.0)], 0.0, 200.0).unwrap();
    assert_eq!(found, [45.0, 55.0, 100.0]);
    // At the edge they give way.
    let found = spread(&[wish(0.0), wish(-30.0)], 0.0, 200.0).unwrap();
    assert_eq!(found, [15.0, 5.0]);
}

#[test]
fn infinite_values_lie_on_the_upper_edge_beside_their_sign() {
    let found = |y: f64| {
        let points = [(1.0, y), (2.0, 1.0), (4.0, 0.5)];
        scene(
            &chart([Quantity::new("KL", Hue::Blue).points(points)]),
            WIDTH,
        )
    };
    let sign = |scene: &Scene| {
        texts(scene)
            .find(|t| t.text.base == "\u{221e}")
            .map(|t| t.at.1)
    };
    assert_eq!(sign(&found(2.0)), None);
    let scene = found(f64::INFINITY);
    let at = sign(&scene).unwrap();
    let markers = scene.shapes.iter().filter_map(|shape| match shape {
        Shape::Marker { outline, .. } => Some(outline.iter().map(|p| p.1).sum::<f64>() / 16.0),
        _ => None,
    });
    let markers: Vec<f64> = markers.collect();
    // Three points, and the sample beside the name.
    assert_eq!(markers.len(), 4);
    assert!(
        (markers[0] - at).abs() < 6.0 && markers[1] > at + 10.0,
        "{markers:?} {at}"
    );
}

#[test]
fn a_line_is_not_drawn_over_values_that_are_missing() {
    let points = [
        (1.0, 1.0),
        (2.0, 2.0),
        (3.0, f64::NAN),
        (4.0, 2.0),
        (5.0, 1.0),
    ];
    let scene = scene(&chart([Quantity::new("", Hue::Red).line(points)]), WIDTH);
    let is_line = |shape: &&Shape| {
        matches!(
            shape,
            Shape::Line {
                ink: Ink::Hue(Hue::Red),
                ..
            }
        )
    };
    assert_eq!(scene.shapes.iter().filter(is_line).count(), 2);
}

#[test]
fn a_chart_without_a_point_that_can_be_shown_is_empty() {
    let with = |y: f64| chart([Quantity::new("a", Hue::Blue).points([(1.0, y)])]);
    for y in [f64::NAN, f64::INFINITY, 0.0, -1.0] {
        assert!(with(y).is_empty(), "{y}");
    }
    assert!(!with(1.0).is_empty());
    assert!(!with(0.0).above(with(1.0)).is_empty());
}

#[test]
fn many_points_are_drawn_small_and_behind_the_lines() {
    let spectrum = (1..=300).map(|i| (f64::from(i), 1.0 / f64::from(i)));
    let quantities = [
        Quantity::new("truth", Hue::Ink).line(spectrum.clone()),
        Quantity::new("samples", Hue::Red).points(spectrum),
    ];
    let scene = scene(&chart(quantities), WIDTH);
    let place = |is: fn(&Shape) -> bool| scene.shapes.iter().position(is).unwrap();
    let dots = place(|shape| matches!(shape, Shape::Dots { .. }));
    let line = place(|shape| {
        matches!(
            shape,
            Shape::Line {
                ink: Ink::Hue(Hue::Ink),
                ..
            }
        )
    });
    assert!(dots < line);
    let Shape::Dots { at, .. } = &scene.shapes[dots] else {
        unreachable!()
    };
    assert!(at.len() > 30 && at.len() < 300, "{}", at.len());
}

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

#[test]
fn the_colors_are_those_of_the_documented_style() {
    let text = include_str!("../../docs/style-of-charts.md");
    for ink in Ink::ALL {
        let (light, dark) = (ink.hex(Theme::Light), ink.hex(Theme::Dark));
        let end = format!("| `{light}` | `{dark}` |");
        let is_row = |line: &&str| line.starts_with(&format!("| {} |", ink.name()));
        let row = text.lines().find(is_row).unwrap();
        assert!(row.ends_with(&end), "{row}");
    }
}

/// Linear red, green and blue.
fn linear(rgb: u32) -> [f64; 3] {
    [16, 8, 0].map(|shift| {
        let value = f64::from(rgb >> shift & 255) / 255.0;
        match value <= 0.04045 {
            true => value / 12.92,
            false => ((value + 0.055) / 1.055).powf(2.4),
        }
    })
}

fn times(matrix: &[[f64; 3]; 3], vector: [f64; 3]) -> [f64; 3] {
    matrix.map(|row| row.iter().zip(vector).map(|(a, b)| a * b).sum())
}

/// CIE L*a*b* (D65).
fn lab(rgb: [f64; 3]) -> [f64; 3] {
    const XYZ: [[f64; 3]; 3] = [
        [0.4124 / 0.9505, 0.3576 / 0.9505, 0.1805 / 0.9505],
        [0.2126, 0.7152, 0.0722],
        [0.0193 / 1.089, 0.1192 / 1.089, 0.9505 / 1.089],
    ];
    let [x, y, z] = times(&XYZ, rgb.map(|v| v.clamp(0.0, 1.0))).map(|t| match t > 0.008856 {
        true => t.cbrt(),
        false => 7.787 * t + 16.0 / 116.0,
    });
    [116.0 * y - 16.0, 500.0 * (x - y), 200.0 * (y - z)]
}

#[test]
fn hues_stand_out_from_the_paper_and_from_each_other_for_color_blind_readers() {
    // Full protanopia, deuteranopia and tritanopia (Machado, Oliveira and Fernandes 2009).
    const KINDS: [[[f64; 3]; 3]; 3] = [
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ],
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ],
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ],
    ];
    let luminance = |rgb: u32| times(&[[0.2126, 0.7152, 0.0722]; 3], linear(rgb))[0];
    for theme in [Theme::Light, Theme::Dark] {
        let hues: Vec<u32> = Hue::ALL
            .into_iter()
            .map(|hue| Ink::Hue(hue).rgb(theme))
            .collect();
        let paper = luminance(Ink::Paper.rgb(theme));
        for hue in &hues {
            let (a, b) = (luminance(*hue), paper);
            let contrast = (a.max(b) + 0.05) / (a.min(b) + 0.05);
            assert!(contrast >= 3.0, "{hue:06x}: {contrast}");
        }
        for kind in &KINDS {
            let seen: Vec<[f64; 3]> = hues.iter().map(|h| lab(times(kind, linear(*h)))).collect();
            for (i, a) in seen.iter().enumerate() {
                for (j, b) in seen[..i].iter().enumerate() {
                    let square: f64 = a.iter().zip(b).map(|(a, b)| (a - b).powi(2)).sum();
                    assert!(
                        square.sqrt() >= 10.9,
                        "{theme:?} {i} {j}: {}",
                        square.sqrt()
                    );
                }
            }
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
    let face = ttf_parser::Face::parse(include_bytes!("fonts/Inter-Regular.ttf"), 0).unwrap();
    for c in (' '..='~').chain(['é', 'σ', 'Ж']) {
        let glyph = face.glyph_index(c).unwrap();
        let own = f64::from(face.glyph_hor_advance(glyph).unwrap()) / 2048.0;
        let room = text_width(&c.to_string(), 1.0);
        assert!(room > 0.9 * own, "{c}: {room} {own}");
        if c.is_ascii() {
            assert!((room / own - 1.08).abs() < 0.01, "{c}: {room} {own}");
        }
    }
}
