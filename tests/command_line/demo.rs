//! `lindiff demo`: a page for teachers that says what was measured.

use std::fs;

use lindiff::config::{DataConfig, Draw, Source};
use lindiff::data::load;
use serde_json::Value;

use crate::desk::Desk;

const NAME: &str = "memorise-or-generalise";

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

#[test]
fn alone_it_lists_the_demonstrations() {
    let desk = Desk::new();
    let said = String::from_utf8(desk.type_in(&["demo"]).stdout).unwrap();
    assert!(said.contains(&format!("lindiff demo {NAME}")), "{said}");
    let listed = desk.json(&["demo"]);
    assert_eq!(listed["demonstrations"][0]["name"], NAME);
    let said = desk.refused(&["demo", "nothing"]);
    assert!(said.contains("nothing"), "{said}");
}

#[test]
fn the_page_shows_that_networks_of_few_rows_disagree_and_those_of_many_agree() {
    let desk = Desk::new();
    let done = desk.json(&["demo", NAME, "--out", "demo", "--quiet"]);
    let page = desk.text(&format!("demo/{NAME}.html"));
    // The numbers are those of the file beside the page.
    let file: Value = serde_json::from_slice(&desk.bytes(&format!("demo/{NAME}.json"))).unwrap();
    assert_eq!(file["sizes"], done["sizes"]);
    let sizes = done["sizes"].as_array().unwrap();
    let rows: Vec<u64> = sizes
        .iter()
        .map(|size| size["rows"].as_u64().unwrap())
        .collect();
    assert_eq!(rows, [20, 100, 400, 800]);
    let of = |key: &str| -> Vec<f64> { sizes.iter().map(|size| number(&size[key])).collect() };
    let (overlap, train, test) = (of("overlap"), of("train_loss"), of("test_loss"));
    assert!(
        overlap.is_sorted() && overlap[0] < 0.8 && overlap[3] > 0.97,
        "{overlap:?}"
    );
    assert!(
        train.is_sorted() && test.iter().rev().is_sorted(),
        "{train:?} {test:?}"
    );
    assert!(test[0] > 4.0 * train[0] && test[3] < 1.05 * train[3]);
    // A linear network of 20 rows copies none of them; a denoiser that remembers them copies nothing else.
    assert_eq!(
        (of("copies")[0], of("remembering_copies")),
        (0.0, vec![1.0; 4])
    );
    let remembering = sizes
        .iter()
        .map(|size| number(&size["remembering_distance"]["upper_quarter"]));
    assert!(remembering.into_iter().all(|distance| distance < 0.1));
    // Theory stands beside what it predicts.
    for key in ["train_loss", "test_loss"] {
        for size in &sizes[1..] {
            let ratio = number(&size[&format!("predicted_{key}")]) / number(&size[key]);
            assert!((ratio - 1.0).abs() < 0.1, "{key} {size}");
        }
    }
    for size in sizes {
        assert!(page.contains(size["sentence"].as_str().unwrap()), "{size}");
        let loss = number(&size["predicted_test_loss"]);
        assert!(page.contains(&format!("<td>{loss:.3}</td>")), "{loss}");
        let distance = number(&size["distance"]["median"]);
        assert!(
            page.contains(&format!("<td>{distance:.3}</td>")),
            "{distance}"
        );
    }
    for sentence in done["sentences"].as_array().unwrap() {
        assert!(page.contains(sentence.as_str().unwrap()), "{sentence}");
    }
    assert_needs_no_other_file(&page);
    assert!(
        image::open(desk.path(&format!("demo/{NAME}.png")))
            .unwrap()
            .width()
            > 1000
    );
    // The first network is that of the documented command.
    let trained = desk.json(&[
        "train",
        &format!("{}/configs/digits.toml", env!("CARGO_MANIFEST_DIR")),
        "--set",
        "data.samples=20",
        "--set",
        "sampling.draws=0",
        "--out",
        "few",
    ]);
    let summary: Value = serde_json::from_slice(&desk.bytes("few/summary.json")).unwrap();
    for key in ["train_loss", "test_loss"] {
        let (own, theirs) = (number(&sizes[0][key]), number(&summary["last"][key]));
        // Weights are saved in f32.
        assert!(
            (own / theirs - 1.0).abs() < 1e-4,
            "{key}: {own} {theirs} {trained}"
        );
    }
}

/// Nothing on a page leads elsewhere, but the name of SVG.
fn assert_needs_no_other_file(page: &str) {
    let page = page.replace("http://www.w3.org/2000/svg", "");
    for foreign in [
        "http:", "https:", "//", "<script", "<link", "@import", "url(",
    ] {
        let inside = page.split("base64,").map(|part| {
            // What follows a picture's letters.
            part.trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "+/=".contains(c))
        });
        for part in inside {
            assert!(!part.contains(foreign), "{foreign} in {part:.300}");
        }
    }
    for attribute in [" href=\"", " src=\""] {
        for (start, _) in page.match_indices(attribute) {
            let target = &page[start + attribute.len()..];
            assert!(
                target.starts_with('#') || target.starts_with("data:"),
                "{target:.60}"
            );
        }
    }
}

#[test]
fn files_of_a_user_are_not_replaced_unasked() {
    let desk = Desk::new();
    // Nor beside a report that has no record of its files.
    desk.write(
        "old/report.md",
        "# Generalisation of linear diffusion models: the paper's results\n",
    );
    let is_kept = |folder: &str, ending: &str| -> String {
        let name = format!("{folder}/{NAME}.{ending}");
        desk.write(&name, "mine");
        let said = desk.refused(&["demo", NAME, "--out", folder]);
        assert!(
            said.contains(&name) && said.contains("--overwrite"),
            "{said}"
        );
        assert_eq!(desk.text(&name), "mine");
        name
    };
    is_kept("old", "html");
    for ending in ["html", "json", "png", "svg"] {
        let name = is_kept("demo", ending);
        assert_eq!(fs::read_dir(desk.path("demo")).unwrap().count(), 1);
        fs::remove_file(desk.path(&name)).unwrap();
    }
}

#[test]
fn a_part_of_a_training_set_is_a_training_set_and_the_rest_are_test_rows() {
    let digits = |samples: usize| {
        let config = DataConfig::new(Source::digits(), samples).draw(Draw::Rows);
        load(&config, 3).unwrap()
    };
    let (both, first) = (digits(60), digits(30));
    let part = both.part(0..30).unwrap();
    assert_eq!(part.laws.train.covariance, first.laws.train.covariance);
    let (own, all) = (part.laws.test.unwrap(), first.laws.test.unwrap());
    assert_eq!(own.count, 1797 - 30);
    assert!((&own.covariance - &all.covariance).norm_max() < 1e-12);
    let second = both.part(30..60).unwrap();
    let (rows, of_both) = (
        second.train_rows.rows().unwrap(),
        both.train_rows.rows().unwrap(),
    );
    assert_eq!((rows.row(0), rows.count()), (of_both.row(30), 30));
    assert_eq!(second.train_rows.place(0), both.train_rows.place(30));
}
