//! What is chosen for a user is said: on which rows a network is trained, and on which it is tested.

use crate::desk::Desk;

fn rows(count: usize) -> String {
    let cell = |i: usize, j: usize| ((i * i * (j + 3) + 7 * i) % 101) as f64 / 10.0;
    let row = |i| {
        (0..3)
            .map(|j| format!("{:.2}", cell(i, j)))
            .collect::<Vec<_>>()
            .join(",")
    };
    (0..count).map(|i| row(i) + "\n").collect()
}

/// What is said before training, and the resolved file.
fn trained(data: &str, count: usize) -> (String, String) {
    let desk = Desk::new();
    desk.write("rows.csv", rows(count));
    let text = format!(
        "[data]\n{data}\n[schedule]\nkeep = 5\n[training]\nepochs = 2\n[sampling]\ndraws = 0\n"
    );
    desk.write("mine.toml", text);
    let said = desk.must(&["train", "mine.toml", "--out", "run"]);
    (said, desk.text("run/config.toml"))
}

const FILE: &str = "source = \"file\"\npath = \"rows.csv\"";

#[test]
fn a_file_is_trained_on_half_of_its_rows_at_most_400_and_tested_on_the_others() {
    for (count, samples) in [(30, 15), (31, 15), (1000, 400)] {
        let (said, config) = trained(FILE, count);
        let told = format!(
            "training on {samples} of the {count} rows of rows.csv; {} others are the test set",
            count - samples
        );
        assert!(said.contains(&told), "{said}");
        assert!(
            config.contains(&format!("samples = {samples}\n")),
            "{config}"
        );
        assert!(config.contains("draw = \"rows\"\n"), "{config}");
    }
}

#[test]
fn what_was_written_is_done_and_said() {
    let (said, config) = trained(&format!("{FILE}\ndraw = \"gaussian\""), 60);
    assert!(
        said.contains(
            "400 vectors drawn from the Gaussian with the mean and covariance of rows.csv"
        ),
        "{said}"
    );
    assert!(config.contains("samples = 400\n"), "{config}");
    let (said, _) = trained(&format!("{FILE}\nsamples = 7"), 60);
    assert!(
        said.contains("training on 7 of the 60 rows of rows.csv; 53 others"),
        "{said}"
    );
    let (said, _) = trained(&format!("{FILE}\nsamples = \"all\""), 60);
    assert!(
        said.contains("training on all 60 rows of rows.csv; there is no test set"),
        "{said}"
    );
    let (said, _) = trained(&format!("{FILE}\ngroup = 2"), 60);
    assert!(
        said.contains("training on 30 of the 60 rows of rows.csv"),
        "{said}"
    );
    let (said, config) = trained("source = \"power-law\"\ndim = 5", 1);
    assert!(
        said.contains("training on 400 vectors drawn from the power-law truth"),
        "{said}"
    );
    assert!(config.contains("draw = \"gaussian\""), "{config}");
    let (said, _) = trained("source = \"digits\"\nmin_variance = 0.05", 1);
    assert!(
        said.contains("drawn from the Gaussian with the mean and covariance of the digits"),
        "{said}"
    );
    let (said, _) = trained(
        "source = \"digits\"\nmin_variance = 0.05\nsamples = \"half\"",
        1,
    );
    assert!(
        said.contains("training on 400 of the 1797 rows of the digits; 1397 others"),
        "{said}"
    );
}

#[test]
fn half_of_the_rows_is_refused_where_there_are_none() {
    let desk = Desk::new();
    desk.write("rows.csv", rows(20));
    for (data, reason) in [
        (
            "source = \"power-law\"\nsamples = \"half\"",
            "has no rows of its own",
        ),
        (
            "source = \"file\"\npath = \"rows.csv\"\ndraw = \"gaussian\"\nsamples = \"half\"",
            "needs a number",
        ),
        (
            "source = \"file\"\npath = \"rows.csv\"\nsamples = \"most\"",
            "\"half\"",
        ),
    ] {
        desk.write("mine.toml", format!("[data]\n{data}\n"));
        let said = desk.refused(&["train", "mine.toml"]);
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn a_prediction_for_a_file_is_for_as_many_samples_as_would_be_trained_on() {
    let desk = Desk::new();
    desk.write("rows.csv", rows(90));
    desk.write(
        "mine.toml",
        format!("[data]\n{FILE}\n[schedule]\nkeep = 5\n"),
    );
    assert_eq!(
        desk.json(&["predict", "mine.toml"])["inputs"]["samples"],
        45
    );
}

#[test]
fn a_run_whose_files_say_data_center_goes_on() {
    let desk = Desk::new();
    let text = "name = \"mine\"\n[data]\nsource = \"power-law\"\ndim = 4\nmean = \"known\"\n[schedule]\nsteps = 5\n[training]\nepochs = 2\n";
    desk.write("mine.toml", text);
    desk.must(&["train", "mine.toml", "--out", "run"]);
    for file in ["run/config.toml", "run/.lindiff-run"] {
        let text = desk.text(file);
        let known = ["mean = \"known\"", "mean = \\\"known\\\""];
        let [found] = known
            .into_iter()
            .filter(|known| text.contains(known))
            .collect::<Vec<_>>()[..]
        else {
            panic!("{file}: {text}")
        };
        desk.write(file, text.replace(found, "center = false"));
    }
    desk.must(&["train", "--resume", "run", "--epochs", "4"]);
    assert!(desk.text("run/config.toml").contains("mean = \"known\"\n"));
}

#[test]
fn keys_are_listed_with_their_defaults_and_ranges() {
    let desk = Desk::new();
    let all = desk.json(&["keys"]);
    assert_eq!(
        all["keys"].as_array().unwrap().len(),
        lindiff::config::KEYS.len()
    );
    let some = desk.json(&["keys", "min_variance"]);
    let key = &some["keys"][0];
    assert_eq!(key["key"], "data.min_variance");
    assert_eq!(key["default"], "1e-12");
    assert_eq!(key["range"], "a number, 0 or more");
    assert_eq!(key["counts_where"], "data.source = \"digits\", \"file\"");
}
