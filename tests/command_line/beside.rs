//! Samples beside training rows, and twins: `lindiff sample --beside`, `--twin`, and the picture that training leaves.

use std::path::Path;

use lindiff::data::Rows;
use lindiff::run::{RunDirectory, Setup};
use serde_json::Value;

use crate::desk::Desk;
use crate::uniform::Uniform;

/// Rows that are trained on as they are.
const ROWS: &str = r#"
name = "rows"
seed = 1
[data]
source = "file"
path = "rows.csv"
samples = 12
scale = "none"
min_variance = 0.0
[schedule]
keep = 50
[training]
optimizer = "closed-form"
[sampling]
draws = 0
[backend]
precision = "f64"
"#;

/// A power law in 20 dimensions.
fn power_law(samples: usize) -> String {
    format!(
        "name = \"law\"\n[data]\nsource = \"power-law\"\ndim = 20\nexponent = 0.5\nsamples = {samples}\n\
         [training]\noptimizer = \"closed-form\"\n[sampling]\ndraws = 0\n"
    )
}

fn desk() -> Desk {
    let desk = Desk::new();
    let mut uniform = Uniform(5);
    let row = |_| {
        format!(
            "{},{},{}\n",
            uniform.next(),
            uniform.next(),
            2.0 * uniform.next()
        )
    };
    let rows: String = (0..60).map(row).collect();
    desk.write("rows.csv", format!("a,b,c\n{rows}"));
    desk.write("rows.toml", ROWS);
    desk
}

fn train(desk: &Desk, config: &str, out: &str, sets: &[&str]) {
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    desk.must(&[&["train", config, "--out", out, "--quiet"][..], &sets].concat());
}

fn number(value: &Value) -> f64 {
    value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"))
}

fn table(text: &str) -> Vec<Vec<f64>> {
    let line = |line: &str| line.split(',').map(|cell| cell.parse().unwrap()).collect();
    text.lines().skip(1).map(line).collect()
}

fn distance(x: &[f64], y: &[f64]) -> f64 {
    let squares = x.iter().zip(y).map(|(x, y)| (x - y).powi(2));
    squares.sum::<f64>().sqrt()
}

fn nearest(x: &[f64], rows: &[Vec<f64>], but: Option<usize>) -> (usize, f64) {
    let others = (0..rows.len()).filter(|i| Some(*i) != but);
    let all = others.map(|i| (i, distance(x, &rows[i])));
    all.min_by(|a, b| a.1.total_cmp(&b.1)).unwrap()
}

/// The median as it is documented: of an even number of values the upper of the two in the middle.
fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn in_rows(rows: &Rows) -> Vec<Vec<f64>> {
    (0..rows.count()).map(|i| rows.row(i).to_vec()).collect()
}

#[test]
fn nearest_rows_and_the_unit_are_those_of_all_distances() {
    let desk = desk();
    let all = table(&desk.text("rows.csv"));
    for (samples, fresh) in [("12", "test-rows"), ("\"all\"", "other-training-rows")] {
        let out = fresh;
        train(
            &desk,
            "rows.toml",
            out,
            &[&format!("data.samples={samples}")],
        );
        let done = desk.json(&[
            "sample",
            out,
            "--draws",
            "40",
            "--beside",
            "--out",
            &format!("{out}.csv"),
        ]);
        let directory = RunDirectory::open(&desk.path(out)).unwrap();
        let setup = Setup::new(directory.experiment().unwrap()).unwrap();
        let train = in_rows(&setup.dataset().train_rows.rows().unwrap());
        let is_trained = |row: &&Vec<f64>| nearest(row, &train, None).1 < 1e-12;
        let to_nearest: Vec<f64> = match samples {
            "12" => {
                let others = all.iter().filter(|row| !is_trained(row));
                others.map(|row| nearest(row, &train, None).1).collect()
            }
            _ => (0..60)
                .map(|i| nearest(&train[i], &train, Some(i)).1)
                .collect(),
        };
        let beside = &done["beside"];
        assert_eq!(beside["fresh"], fresh);
        assert_eq!(beside["fresh_rows"], to_nearest.len());
        let unit = median(to_nearest);
        assert!(
            (number(&beside["unit"]) - unit).abs() < 1e-12,
            "{unit} {beside}"
        );
        let drawn = table(&desk.text(&format!("{out}.csv")));
        let told = done["samples"].as_array().unwrap();
        assert_eq!((drawn.len(), told.len()), (40, 40));
        let mut distances = Vec::new();
        for (sample, told) in drawn.iter().zip(told) {
            let (row, distance) = nearest(sample, &train, None);
            // The row is counted in the file.
            let place = told["row"].as_u64().unwrap() as usize;
            assert!(self::distance(&all[place], &train[row]) < 1e-12);
            // Samples are written as f32.
            assert!(
                (number(&told["distance"]) - distance / unit).abs() < 1e-5,
                "{told}"
            );
            distances.push(distance / unit);
        }
        let typical = number(&beside["distance"]["median"]);
        assert!((typical - median(distances)).abs() < 1e-5, "{typical}");
    }
}

#[test]
fn samples_of_a_network_of_two_rows_are_near_them_and_those_of_many_rows_as_far_as_fresh_rows() {
    let desk = Desk::new();
    let typical = |samples: usize| {
        desk.write("law.toml", power_law(samples));
        let out = format!("law{samples}");
        train(&desk, "law.toml", &out, &[]);
        let done = desk.json(&[
            "sample",
            &out,
            "--draws",
            "300",
            "--beside",
            "--out",
            &format!("{out}.npy"),
        ]);
        assert_eq!(done["beside"]["fresh"], "draws");
        (
            number(&done["beside"]["distance"]["median"]),
            number(&done["copies"]),
        )
    };
    // Its samples lie on the line through both rows.
    let (two, copies) = typical(2);
    assert!(two < 0.5 && copies > 0.3, "{two} {copies}");
    let (many, copies) = typical(2000);
    assert!(
        (many - 1.0).abs() < 0.05 && copies == 0.0,
        "{many} {copies}"
    );
}

#[test]
fn twins_of_equal_runs_are_equal_and_those_of_other_rows_are_not() {
    let desk = desk();
    train(&desk, "rows.toml", "one", &[]);
    train(&desk, "rows.toml", "again", &[]);
    train(&desk, "rows.toml", "other", &["seed=2"]);
    let twin = |second: &str| {
        let done = desk.json(&[
            "sample",
            "one",
            "--draws",
            "30",
            "--twin",
            second,
            "--out",
            "x.npy",
            "--overwrite",
        ]);
        done["twin"].clone()
    };
    let same = twin("again");
    assert_eq!(same["distance"]["median"], 0.0);
    assert_eq!(same["distance"]["upper_quarter"], 0.0);
    assert!((number(&same["overlap"]) - 1.0).abs() < 1e-14, "{same}");
    assert_eq!(
        (&same["rows"], &same["shared_rows"]),
        (&12.into(), &12.into())
    );
    let other = twin("other");
    assert!(
        number(&other["distance"]["lower_quarter"]) > 0.01,
        "{other}"
    );
    assert!(number(&other["overlap"]) < 0.999, "{other}");
    // The second network sees the noise of the first one's seed, not that of its own.
    let draw = |run: &str, seed: &[&str]| {
        desk.must(
            &[
                &[
                    "sample",
                    run,
                    "--draws",
                    "5",
                    "--out",
                    "y.csv",
                    "--overwrite",
                ][..],
                seed,
            ]
            .concat(),
        );
        table(&desk.text("y.csv"))
    };
    let (first, second) = (draw("one", &[]), draw("other", &["--seed", "1"]));
    let done = desk.json(&[
        "sample", "one", "--draws", "5", "--twin", "other", "--out", "z.npy",
    ]);
    for (i, told) in done["samples"].as_array().unwrap().iter().enumerate() {
        let apart = distance(&first[i], &second[i]) / number(&done["beside"]["unit"]);
        assert!(
            (number(&told["twin_distance"]) - apart).abs() < 1e-5,
            "{told}"
        );
    }
}

#[test]
fn twins_that_cannot_be_compared_are_refused_with_the_reason() {
    let desk = desk();
    train(&desk, "rows.toml", "one", &[]);
    for (name, set, reason) in [
        (
            "columns",
            "data.columns=0..2",
            "it has 2 dimensions, and the first run has 3",
        ),
        (
            "steps",
            "schedule.keep=40",
            "it has 40 noise levels, and the first run has 50",
        ),
        (
            "levels",
            "schedule.beta_end=0.02",
            "its noise schedule is another one",
        ),
        (
            "sampler",
            "sampling.kind=\"ode\"",
            "its sampler is another one",
        ),
        (
            "scale",
            "data.scale=\"trace\"",
            "its rows are in other coordinates",
        ),
    ] {
        train(&desk, "rows.toml", name, &[set]);
        let said = desk.refused(&["sample", "one", "--twin", name, "--out", "x.npy"]);
        assert!(
            said.contains(&format!("--twin {name}")) && said.contains(reason),
            "{said}"
        );
        assert!(!desk.path("x.npy").exists());
    }
    let said = desk.refused(&["sample", "one", "--twin", "nothing", "--out", "x.npy"]);
    assert!(said.contains("nothing"), "{said}");
}

/// Every picture of a file of SVG is inside it.
fn assert_whole(svg: &str) {
    for (start, _) in svg.match_indices("href=\"") {
        assert!(
            svg[start..].starts_with("href=\"data:image/png;base64,"),
            "{}",
            &svg[start..start + 60]
        );
    }
}

#[test]
fn training_leaves_a_picture_of_samples_and_their_nearest_rows() {
    let desk = desk();
    let digits = "name = \"few\"\n[data]\nsource = \"digits\"\ndraw = \"rows\"\nsamples = 20\n[schedule]\nkeep = 20\n[training]\n\
                  epochs = 3\n[sampling]\ndraws = 0\n";
    desk.write("digits.toml", digits);
    train(&desk, "digits.toml", "few", &[]);
    let svg = desk.text("few/plots/samples.svg");
    // Twenty samples, their nearest rows, and the scale of greys.
    assert_eq!(svg.matches("<image").count(), 41);
    assert!(svg.contains("nearest row") && svg.contains("of 300 test rows"));
    assert_whole(&svg);
    assert!(
        image::open(desk.path("few/plots/samples.png"))
            .unwrap()
            .width()
            > 1000
    );
    let told = desk.type_in(&["inspect", "few"]).stdout;
    let path = Path::new("few").join("plots/samples.svg");
    assert!(
        String::from_utf8(told)
            .unwrap()
            .contains(path.to_str().unwrap())
    );
    // Rows of a table are lines.
    train(&desk, "rows.toml", "table", &[]);
    let svg = desk.text("table/plots/samples.svg");
    assert!(
        !svg.contains("<image") && svg.contains("Columns 1 to 3"),
        "{svg}"
    );
    // A run that is made again replaces its own picture, and leaves others.
    desk.write("table/plots/mine.png", "mine");
    desk.must(&[
        "train",
        "rows.toml",
        "--out",
        "table",
        "--overwrite",
        "--quiet",
    ]);
    assert_eq!(desk.text("table/plots/samples.svg"), svg);
    assert_eq!(desk.text("table/plots/mine.png"), "mine");
}

#[test]
fn pictures_in_colour_have_three_numbers_a_pixel() {
    let desk = desk();
    let mut uniform = Uniform(6);
    let row = |_| {
        (0..12)
            .map(|_| uniform.next().to_string())
            .collect::<Vec<_>>()
            .join(",")
            + "\n"
    };
    desk.write("rows.csv", (0..60).map(row).collect::<String>());
    train(&desk, "rows.toml", "colour", &[]);
    let sample = [
        "sample",
        "colour",
        "--draws",
        "5",
        "--beside",
        "--out",
        "colour.png",
    ];
    desk.must(&[&sample[..], &["--image", "2", "2"]].concat());
    let picture = image::open(desk.path("colour.png")).unwrap().to_rgb8();
    assert!(picture.pixels().any(|p| p.0[0].abs_diff(p.0[2]) > 100));
    let said = desk.refused(&[&sample[..], &["--image", "3", "2", "--overwrite"]].concat());
    assert!(said.contains("the vectors have 12 numbers"), "{said}");
}
