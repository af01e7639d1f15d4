//! Arrays that are not what they are said to be are refused, with what is wrong.

use std::path::PathBuf;

use lindiff::config::{Named, Target};
use lindiff::data::Rows;
use lindiff::probe::{Arrays, Mismatch, ProbeError, Question, read_arrays, read_file_rows};
use tempfile::TempDir;

use crate::numpy::{doubles, npy, npz, npz_compressed};
use crate::probed::{Drawn, answer, gaussian_rows, refusal, wiener};
use crate::shared::level;

const VARIANCES: [f64; 5] = [3.0, 1.0, 0.5, 0.3, 0.2];
const LEVELS: [f64; 3] = [0.9, 0.5, 0.1];

fn drawn() -> Drawn {
    Drawn::new(2, &gaussian_rows(1, 120, &VARIANCES), &LEVELS, 2)
}

fn predictions(drawn: &Drawn, target: Target) -> Rows {
    drawn.predictions(target, wiener(&VARIANCES))
}

#[track_caller]
fn mismatch(question: &Question) -> Mismatch {
    match answer(question) {
        Err(ProbeError::Mismatch { problem, .. }) => problem,
        Err(other) => panic!("{other}"),
        Ok(_) => panic!("an answer"),
    }
}

#[test]
fn predictions_of_another_target_are_refused_with_the_right_one() {
    let drawn = drawn();
    for (name, target) in Target::NAMES {
        let prediction = predictions(&drawn, *target);
        for (other, wrong) in Target::NAMES.iter().filter(|(other, _)| other != name) {
            let said = refusal(&drawn.question(prediction.clone(), *wrong));
            assert!(said.contains(&format!("not of {other}")), "{said}");
            assert!(said.contains(&format!("--target {name}")), "{said}");
        }
    }
}

#[test]
fn other_row_numbers_are_told() {
    let mut drawn = drawn();
    let prediction = predictions(&drawn, Target::Eps);
    drawn.row.iter_mut().for_each(|row| *row = (*row + 1) % 120);
    let found = mismatch(&drawn.question(prediction, Target::Eps));
    assert!(matches!(found, Mismatch::OtherRows { .. }), "{found:?}");
    assert!(found.to_string().contains("counted from 0"));
}

#[test]
fn rows_of_another_scale_or_mean_are_told_with_how_far_they_are() {
    let mut scaled = drawn();
    let prediction = predictions(&scaled, Target::Eps);
    let mut shifted = scaled.clone();
    let values = |rows: &Rows, f: &dyn Fn(f64) -> f64| {
        Rows::new(rows.values().iter().map(|&x| f(x)).collect(), rows.dim())
    };
    scaled.clean = values(&scaled.clean, &|x| x / 16.0);
    let found = mismatch(&scaled.question(prediction.clone(), Target::Eps));
    let Mismatch::Scale { times } = found else {
        panic!("{found:?}")
    };
    assert!((times - 16.0).abs() < 0.5, "{times}");
    // The mean variance of these rows is 1.
    shifted.clean = values(&shifted.clean, &|x| x + 0.5);
    let found = mismatch(&shifted.question(prediction, Target::Eps));
    let Mismatch::Shift { share } = found else {
        panic!("{found:?}")
    };
    assert!((share - 0.5).abs() < 0.1, "{share}");
}

#[test]
fn another_noise_level_is_told_with_the_one_that_is_there() {
    let mut root = drawn();
    let prediction = predictions(&root, Target::Eps);
    root.alpha_bar.iter_mut().for_each(|ab| *ab = ab.sqrt());
    let found = mismatch(&root.question(prediction.clone(), Target::Eps));
    let Mismatch::Level { found } = found else {
        panic!("{found:?}")
    };
    assert!((found - 0.9).abs() < 0.03, "{found}");

    let mut unscaled = drawn();
    let dim = unscaled.x_t.dim();
    let values = unscaled.x_t.values().iter().enumerate();
    let values = values.map(|(i, x)| x / unscaled.alpha_bar[i / dim].sqrt());
    unscaled.x_t = Rows::new(values.collect(), dim);
    let found = mismatch(&unscaled.question(prediction.clone(), Target::Eps));
    assert_eq!(found, Mismatch::NotScaled);

    let mut louder = drawn();
    let louder_noise = |i: usize| {
        let at = level(louder.alpha_bar[i]);
        let pair = louder
            .clean
            .row(louder.row[i])
            .iter()
            .zip(louder.noise.row(i));
        pair.map(move |(x, e)| at.signal_scale() * x + 2.0 * at.noise_scale() * e)
            .collect::<Vec<f64>>()
    };
    louder.x_t = Rows::new((0..louder.row.len()).flat_map(louder_noise).collect(), dim);
    let found = mismatch(&louder.question(prediction, Target::Eps));
    let Mismatch::Noise { found, expected } = found else {
        panic!("{found:?}")
    };
    assert!(
        (expected - 0.1).abs() < 1e-12 && (found - 0.4).abs() < 0.04,
        "{found}"
    );
}

#[test]
fn arrays_that_are_exchanged_are_told() {
    let mut drawn = drawn();
    for target in [Target::Eps, Target::X0, Target::V, Target::Score] {
        let predicted = predictions(&drawn, target);
        let prediction = std::mem::replace(&mut drawn.x_t, predicted);
        let found = mismatch(&drawn.question(prediction.clone(), target));
        assert_eq!(found, Mismatch::Swapped);
        drawn.x_t = prediction;
    }
}

#[test]
fn right_arrays_are_never_refused() {
    for seed in 0..200 {
        let clean = gaussian_rows(1000 + seed, 40, &VARIANCES);
        let drawn = Drawn::new(seed, &clean, &[0.9999, 0.9, 0.5, 0.1, 0.006], 1);
        let target = Target::NAMES[seed as usize % 4].1;
        let question = drawn.question(predictions(&drawn, target), target);
        if let Err(error) = answer(&question) {
            panic!("{seed}: {error}");
        }
    }
}

#[test]
fn a_level_with_too_few_draws_is_refused_by_its_alpha_bar() {
    let clean = gaussian_rows(1, 120, &VARIANCES);
    let few = Drawn::new(
        3,
        &clean.select(&[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]),
        &[0.9],
        1,
    );
    let said = refusal(&few.question(predictions(&few, Target::Eps), Target::Eps));
    assert!(
        said.contains("alpha_bar = 0.900000 has 11 draws") && said.contains("2 d + 2 = 12"),
        "{said}"
    );
    let each = Drawn::new(3, &clean, &[0.5], 1);
    let mut each_level = each.clone();
    let levels = (0..120).map(|i| 0.1 + 0.8 * f64::from(i) / 120.0);
    each_level.alpha_bar = levels.collect();
    let said = refusal(&each_level.question(predictions(&each, Target::Eps), Target::Eps));
    assert!(
        said.contains("there are 120 levels: choose a few"),
        "{said}"
    );
}

#[test]
fn draws_of_training_rows_alone_are_refused() {
    let drawn = drawn();
    let question = drawn.question(predictions(&drawn, Target::Eps), Target::Eps);
    let said = refusal(&question.train(drawn.clean.clone()).unwrap());
    assert!(
        said.contains("every clean row that was drawn is a training row"),
        "{said}"
    );
}

#[test]
fn what_is_not_finite_or_has_another_shape_is_refused_with_its_place() {
    let rows = |count: usize, dim: usize| Rows::new(vec![1.0; count * dim], dim);
    let of = |x_t: Rows, prediction: Rows, alpha_bar: Vec<f64>| {
        Arrays::new(x_t, prediction, alpha_bar)
            .unwrap_err()
            .to_string()
    };
    let mut values = vec![1.0; 6];
    values[4] = f64::NAN;
    let broken = Rows::new(values, 3);
    assert_eq!(
        of(broken.clone(), rows(2, 3), vec![0.5; 2]),
        "x_t: row 1, column 1 is NaN: all numbers must be finite"
    );
    assert!(of(rows(2, 3), broken, vec![0.5; 2]).starts_with("prediction: row 1, column 1 is NaN"));
    assert_eq!(
        of(rows(2, 3), rows(2, 4), vec![0.5; 2]),
        "prediction has the shape [2, 4], where [2, 3], that of x_t, is expected"
    );
    assert!(
        of(rows(2, 3), rows(2, 3), vec![0.5; 3])
            .starts_with("alpha_bar has the shape [3], where [2]")
    );
    for (value, part) in [
        (0.0, "above 0"),
        (f64::NAN, "NaN"),
        (1.0, "1/(1 + sigma^2)"),
        (80.0, "sigma"),
    ] {
        let said = of(rows(2, 3), rows(2, 3), vec![0.5, value]);
        assert!(
            said.starts_with("alpha_bar of draw 1 is") && said.contains(part),
            "{said}"
        );
    }
    let arrays = || Arrays::new(rows(4, 3), rows(4, 3), vec![0.5; 4]).unwrap();
    let said = arrays().of_rows(vec![0; 3]).unwrap_err().to_string();
    assert!(
        said.starts_with("row has the shape [3], where [4]"),
        "{said}"
    );
    let question =
        |arrays: Arrays, clean: Rows| Question::new(arrays, clean).map_err(|e| e.to_string());
    let far = question(arrays().of_rows(vec![0, 1, 2, 3]).unwrap(), rows(3, 3)).unwrap();
    assert_eq!(
        refusal(&far),
        "row of draw 3 is 3, but the last clean row is row 2: they are counted from 0"
    );
    let missing = question(arrays(), rows(3, 3)).unwrap();
    assert!(refusal(&missing).contains("there are 4 draws and 3 clean rows"));
    let narrow = question(arrays(), rows(3, 2)).unwrap_err();
    assert!(
        narrow.contains("the rows of --clean have 2 columns, x_t has 3"),
        "{narrow}"
    );
    let image = question(arrays(), rows(3, 3))
        .unwrap()
        .image(2, 2)
        .unwrap_err();
    assert_eq!(
        image.to_string(),
        "--image 2 2: 4 pixels, where a row has 3 numbers"
    );
}

/// An archive in a folder of its own.
fn file(bytes: &[u8]) -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("arrays.npz");
    std::fs::write(&path, bytes).unwrap();
    (folder, path)
}

fn read_refusal(bytes: &[u8]) -> String {
    let (_folder, path) = file(bytes);
    let said = read_arrays(&path).unwrap_err().to_string();
    assert!(said.contains("arrays.npz: "), "{said}");
    said
}

#[test]
fn arrays_of_any_layout_are_read_as_the_same_numbers() {
    let six = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
    let halves: Vec<u8> = [0.5f32; 2].iter().flat_map(|x| x.to_be_bytes()).collect();
    let by_column: Vec<u8> = [1.0f32, 4.0, 2.0, 5.0, 3.0, 6.0]
        .iter()
        .flat_map(|x| x.to_le_bytes())
        .collect();
    let arrays: [(&str, &[u8]); 5] = [
        ("x_t", &doubles(&[2, 3], &six)),
        ("prediction", &npy("<f4", true, "(2, 3)", &by_column)),
        ("alpha_bar", &npy(">f4", false, "(2, 1)", &halves)),
        ("row", &npy("<i4", false, "(2,)", &[1, 0, 0, 0, 0, 0, 0, 0])),
        ("more", b"not read"),
    ];
    for bytes in [npz(&arrays), npz_compressed(&arrays)] {
        let (_folder, path) = file(&bytes);
        let (read, image) = read_arrays(&path).unwrap();
        assert_eq!((read.count(), read.dim(), image), (2, 3, None));
        let rows = Rows::new(six.to_vec(), 3);
        let same = Arrays::new(rows.clone(), rows, vec![0.5; 2]).unwrap();
        assert_eq!(read, same.of_rows(vec![1, 0]).unwrap());
    }
    let images: [(&str, &[u8]); 3] = [
        ("x_t", &doubles(&[1, 1, 2, 3], &six)),
        ("prediction", &doubles(&[1, 6], &six)),
        ("alpha_bar", &doubles(&[1], &[0.5])),
    ];
    let (_folder, path) = file(&npz(&images));
    let (read, image) = read_arrays(&path).unwrap();
    assert_eq!((read.dim(), image), (6, Some((2, 3))));
}

#[test]
fn an_archive_without_what_is_needed_is_refused_with_the_array_and_the_shapes() {
    let x = doubles(&[2, 2], &[1.0; 4]);
    let half = doubles(&[2], &[0.5; 2]);
    let of = |arrays: &[(&str, &[u8])]| read_refusal(&npz(arrays));
    let absent = of(&[("x_t", &x), ("alpha_bar", &half)]);
    assert!(
        absent.contains(r#"no array "prediction", only alpha_bar, x_t"#),
        "{absent}"
    );
    let cases: [(&str, Vec<u8>, &str); 6] = [
        (
            "alpha_bar",
            doubles(&[], &[0.5]),
            "alpha_bar has the shape [], where [2]",
        ),
        (
            "alpha_bar",
            doubles(&[3], &[0.5; 3]),
            "alpha_bar has the shape [3], where [2]",
        ),
        (
            "alpha_bar",
            x.clone(),
            "alpha_bar has the shape [2, 2], where [2]",
        ),
        ("x_t", half.clone(), "x_t has the shape [2], where [n, d]"),
        (
            "prediction",
            doubles(&[2, 3], &[1.0; 6]),
            "prediction has the shape [2, 3], where [2, 2]",
        ),
        ("row", doubles(&[2], &[0.0, 1.5]), "row of draw 1 is 1.5"),
    ];
    for (name, bytes, part) in cases {
        let mut arrays: Vec<(&str, &[u8])> =
            vec![("x_t", &x), ("prediction", &x), ("alpha_bar", &half)];
        arrays.retain(|(known, _)| *known != name);
        arrays.push((name, &bytes));
        let said = of(&arrays);
        assert!(said.contains(part), "{said}");
    }
    let mut nan = x.clone();
    let end = nan.len();
    nan[end - 8..].copy_from_slice(&f64::NAN.to_le_bytes());
    let said = of(&[("x_t", &x), ("prediction", &nan), ("alpha_bar", &half)]);
    assert!(
        said.contains("prediction: row 1, column 1 is NaN"),
        "{said}"
    );
    let pickled = npy("|O", false, "(2, 2)", b"\x80\x04.");
    let said = of(&[("x_t", &pickled), ("prediction", &x), ("alpha_bar", &half)]);
    assert!(
        said.contains(r#"array "x_t""#) && said.contains("pickled"),
        "{said}"
    );
    assert!(read_refusal(&x).contains("not an .npz"));
    let whole = npz(&[("x_t", &x), ("prediction", &x), ("alpha_bar", &half)]);
    for length in 0..whole.len() {
        read_refusal(&whole[..length]);
    }
}

#[test]
fn rows_of_a_file_are_read_as_they_stand_there() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.npy");
    std::fs::write(
        &path,
        doubles(&[2, 2, 2], &[1.0, 7.0, 1.0, 2.0, 1.0, 7.0, 3.0, 4.0]),
    )
    .unwrap();
    let read = read_file_rows(&path).unwrap();
    assert_eq!(
        read.rows,
        Rows::new(vec![1.0, 7.0, 1.0, 2.0, 1.0, 7.0, 3.0, 4.0], 4)
    );
    assert_eq!(read.image, Some((2, 2)));
}
