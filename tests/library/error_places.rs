//! An error names the file, the line or the setting that is at fault.

use std::path::Path;

use lindiff::config::{ConfigError, Experiment, Origin, Problem};

/// What is said to a wrong experiment, with settings laid over it.
fn refusal(text: &str, sets: &[&str]) -> ConfigError {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    match Experiment::from_toml(text, Path::new("/experiments"), &sets) {
        Ok(loaded) => panic!("accepted: {text}\n{loaded:?}"),
        Err(error) => error,
    }
}

fn assert_says(message: &str, parts: &[&str]) {
    for part in parts {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    assert!(!message.contains('\n'), "more than a line: {message:?}");
}

#[test]
fn a_syntax_error_is_placed() {
    let message = refusal("seed = 1\nname = \"open\n", &[]).to_string();
    assert_says(&message, &["the experiment: line 2, column "]);
    let message = refusal("seed = 1\nseed = 2", &[]).to_string();
    assert_says(&message, &["line 2", "duplicate key"]);
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("absent.toml");
    let error = Experiment::load(&path, &[]).unwrap_err();
    assert_eq!(error.origin, Origin::File(path.clone()));
    assert!(matches!(*error.problem, Problem::Unreadable { .. }));
    assert_says(
        &error.to_string(),
        &[path.to_str().unwrap(), "cannot be read"],
    );
    std::fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    assert_says(
        &Experiment::load(&path, &[]).unwrap_err().to_string(),
        &["UTF-8"],
    );
    assert!(Experiment::load(folder.path(), &[]).is_err());
}

#[test]
fn an_error_says_whether_the_file_or_the_command_line_is_at_fault() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("run.toml");
    std::fs::write(&path, "data.source = \"digits\"\n[training]\nridge = -1\n").unwrap();
    let error = Experiment::load(&path, &[]).unwrap_err();
    assert_says(
        &error.to_string(),
        &[path.to_str().unwrap(), "training.ridge = -1"],
    );
    let error = Experiment::load(&path, &["training.ridge=-2".to_owned()]).unwrap_err();
    assert_eq!(error.origin, Origin::Set);
    assert_says(&error.to_string(), &["--set: training.ridge = -2"]);
    let error = Experiment::load(&path, &["training.rigde=2".to_owned()]).unwrap_err();
    assert_says(
        &error.to_string(),
        &["--set: training.rigde", "did you mean training.ridge?"],
    );
}

#[test]
fn a_setting_without_a_key_and_a_value_is_refused() {
    for set in [
        "training.epochs",
        "=3",
        "training..epochs=3",
        ".epochs=3",
        "",
    ] {
        let error = refusal("data.source = \"digits\"", &[set]);
        assert_eq!(error.origin, Origin::Set, "{set}");
        assert_says(&error.to_string(), &["KEY=VALUE"]);
    }
}

#[test]
fn a_wrong_schedule_file_is_refused_when_the_experiment_is_read() {
    let folder = tempfile::tempdir().unwrap();
    let numbers = folder.path().join("alpha_bar.txt");
    let text = "data.source = \"digits\"\n[schedule]\nkind = \"file\"\npath = \"alpha_bar.txt\"\n";
    let read = || Experiment::from_toml(text, folder.path(), &[]);
    let place = numbers.to_str().unwrap();
    assert_says(&read().unwrap_err().to_string(), &[place, "cannot be read"]);
    for (content, part) in [
        ("", "holds no numbers"),
        ("0.9 half", "line 1: \"half\" is not a number"),
        ("1.0 0.5", "alpha_bar_1 = 1"),
        ("0.9 0.9", "alpha_bar_2 = 0.9"),
        ("0.9 0.0", "alpha_bar_2 = 0"),
        ("0.9 nan", "alpha_bar_2 = NaN"),
    ] {
        std::fs::write(&numbers, content).unwrap();
        assert_says(&read().unwrap_err().to_string(), &[place, part]);
    }
    std::fs::write(&numbers, "0.9\n0.5\n0.1\n").unwrap();
    let schedule = read().unwrap().experiment.into_params().schedule;
    assert_eq!(schedule.keep, Some(3));
    let built = schedule.build().unwrap();
    let alpha_bar: Vec<f64> = built.iter().map(|step| step.alpha_bar).collect();
    for (built, given) in alpha_bar.iter().zip([0.9, 0.5, 0.1]) {
        approx::assert_relative_eq!(*built, given, max_relative = 1e-15);
    }
}
