//! Where axes, labels, lines and markers lie.

use proptest::prelude::*;

use super::super::axis::{Label, Ruler};
use super::super::labels::{Wish, spread};
use super::super::layout::scene;
use super::super::scene::{Anchor, Scene, Shape, Text};
use super::super::style::Ink;
use super::super::*;
use super::{chart, extent, overlap, texts};

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
fn a_chart_of_infinite_values_alone_is_low_and_has_no_other_number_on_its_axis() {
    let with = |y: f64| {
        let quantity = Quantity::new("KL", Hue::Blue).points([(1.0, y), (10.0, f64::INFINITY)]);
        scene(&chart([quantity]), WIDTH)
    };
    let on_the_left = |scene: &Scene| -> Vec<String> {
        let ends = texts(scene).filter(|text| text.anchor == Anchor::End);
        ends.map(|text| text.text.base.clone()).collect()
    };
    let (mixed, infinite) = (with(1.0), with(f64::INFINITY));
    assert!(on_the_left(&mixed).len() > 2);
    assert_eq!(on_the_left(&infinite), ["\u{221e}"]);
    assert!(infinite.height < mixed.height - 100.0);
}

#[test]
fn a_key_explains_only_what_is_drawn() {
    let scene = scene(
        &chart([Quantity::new("KL", Hue::Blue).line([(1.0, 1.0), (2.0, 2.0)])])
            .key(KeyOf::Line(Dash::Solid), "theory")
            .key(KeyOf::Bars, "means")
            .key(KeyOf::Band, "spread"),
        WIDTH,
    );
    let said = |what: &str| texts(&scene).any(|text| text.text.base == what);
    assert!(said("theory") && !said("means") && !said("spread"));
}

#[test]
fn a_short_logarithmic_axis_has_three_numbers() {
    let ruler = Ruler::new(&Axis::log(""), &[1.0, 1.72], &[], (0.0, 300.0));
    assert!(ruler.ticks(6).len() >= 3, "{:?}", ruler.ticks(6));
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
