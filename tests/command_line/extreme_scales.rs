//! Numbers near the ends of what a double holds, as units and faulty instruments make them, give what the same numbers near
//! 1 give.

use crate::desk::Desk;
use std::fs;

use lindiff::data::formats::read_npy;
use lindiff::data::write_npy;
use lindiff::text::statistics::worst;
use serde_json::Value;

/// Writes 40 rows of 6 numbers times a size, and an experiment on half of them.
fn write_rows(desk: &Desk, size: f64) {
    let number = |k: usize| ((k * k % 97) as f64 + (k as f64).sin()) / 97.0 * size;
    let numbers: Vec<f64> = (0..240).map(number).collect();
    write_npy(&desk.path("rows.npy"), &[40, 6], &numbers).unwrap();
    let config = "[data]\nsource = \"file\"\npath = \"rows.npy\"\ndraw = \"rows\"\nsamples = 20\n[schedule]\nkeep = 10\n\
                  [training]\nepochs = 20\n[sampling]\ndraws = 200\n[backend]\nprecision = \"f64\"\n";
    desk.write("rows.toml", config);
}

fn close(found: &Value, expected: &Value, relative: f64) {
    let (a, b) = (found.as_f64().unwrap(), expected.as_f64().unwrap());
    assert!((a - b).abs() <= relative * b.abs(), "{a} is not {b}");
}

const SIZES: [f64; 5] = [1e300, 1.7e306, 1e-300, 3e-161, 1e75];

#[test]
fn the_spectrum_and_the_forecast_of_rows_do_not_know_their_size() {
    let desk = Desk::new();
    write_rows(&desk, 1.0);
    let spectrum = desk.json(&["spectrum", "rows.npy"]);
    let forecast = desk.json(&["forecast", "rows.toml"]);
    for size in SIZES {
        write_rows(&desk, size);
        let found = desk.json(&["spectrum", "rows.npy"]);
        for k in 0..6 {
            close(&found["eigenvalues"][k], &spectrum["eigenvalues"][k], 1e-9);
        }
        close(
            &found["gaussianity"]["projections_largest"],
            &spectrum["gaussianity"]["projections_largest"],
            1e-9,
        );
        let found = desk.json(&["forecast", "rows.toml"]);
        close(
            &found["now"]["test_loss"]["value"],
            &forecast["now"]["test_loss"]["value"],
            1e-9,
        );
        close(
            &found["best_ridge"]["test_loss"],
            &forecast["best_ridge"]["test_loss"],
            1e-6,
        );
    }
}

#[test]
fn a_run_on_numbers_of_any_size_has_the_same_losses_and_samples_of_that_size() {
    let desk = Desk::new();
    let run = |size: f64, name: &str| {
        write_rows(&desk, size);
        let losses = desk.json(&["train", "rows.toml", "--out", name]);
        let drawn = desk.json(&[
            "sample",
            name,
            "--draws",
            "5",
            "--out",
            &format!("{name}.npy"),
        ]);
        assert_eq!(drawn["dim"], 6);
        // The numbers are of the size of those that were read, not infinite and not 0.
        let table = format!("{name}.csv");
        desk.json(&["sample", name, "--draws", "5", "--out", &table]);
        let file = std::fs::read(desk.path(&format!("{name}.npy"))).unwrap();
        let from_npy = read_npy(&file).unwrap().values.into_doubles();
        let text = fs::read_to_string(desk.path(&table)).unwrap();
        let cells = text.lines().skip(1).flat_map(|line| line.split(','));
        let from_csv: Vec<f64> = cells.map(|cell| cell.parse().unwrap()).collect();
        for numbers in [from_npy, from_csv] {
            let largest = worst(numbers.iter().map(|x| x.abs()));
            assert!(
                largest > 0.3 * size && largest < 10.0 * size,
                "{size}: {largest}"
            );
        }
        losses["last"]["test_loss"].clone()
    };
    let expected = run(1.0, "one");
    for (size, name) in [(1e300, "large"), (1e-300, "small"), (1e30, "fine")] {
        close(&run(size, name), &expected, 1e-9);
        let again = desk.json(&["evaluate", name, "--draws", "0"]);
        close(&again["test_loss"], &expected, 1e-9);
    }
}

#[test]
fn where_the_scale_is_to_be_kept_numbers_without_squares_are_refused() {
    let desk = Desk::new();
    for size in [1e200, 1e-200, 1e300] {
        write_rows(&desk, size);
        for command in ["spectrum", "forecast"] {
            let said = desk.refused(&[command, "rows.toml", "--set", "data.scale=none"]);
            assert!(
                said.contains("data.scale") && said.contains("\"trace\""),
                "{said}"
            );
        }
    }
}

#[test]
fn eigenvalues_of_any_size_are_predicted_from() {
    let desk = Desk::new();
    for (text, samples) in [
        ("1e300 1 1e-300", "20"),
        ("1e-300 1e-301", "20"),
        ("1e300 1e299 1e298", "9"),
    ] {
        fs::write(desk.path("eigenvalues.txt"), text).unwrap();
        let answer = desk.json(&[
            "predict",
            "--spectrum",
            "eigenvalues.txt",
            "--samples",
            samples,
        ]);
        let (train, oracle) = (
            answer["train_loss"].as_f64().unwrap(),
            answer["oracle_loss"].as_f64().unwrap(),
        );
        assert!(
            train.is_finite() && train > -1e-12 && train <= oracle * (1.0 + 1e-9) + 1e-12,
            "{text}: {answer}"
        );
        assert!(
            answer["test_loss"].as_f64().unwrap() >= oracle * (1.0 - 1e-9),
            "{text}: {answer}"
        );
        assert!(!answer["kl_true_sampled"].is_null(), "{text}: {answer}");
    }
}

#[test]
fn eigenvalues_that_have_lost_their_digits_are_refused() {
    let desk = Desk::new();
    for text in ["5e-324", "1e-310 1e-311", "2e-308"] {
        fs::write(desk.path("eigenvalues.txt"), text).unwrap();
        let predict = [
            "predict",
            "--spectrum",
            "eigenvalues.txt",
            "--samples",
            "20",
        ];
        let said = desk.refused(&predict);
        assert!(said.contains("must be larger"), "{text}: {said}");
    }
}
