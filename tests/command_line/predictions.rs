//! `predict`, `spectrum`, `forecast`, and the predictions beside a run, as scripts read them.

use std::fs;
use std::path::Path;

use crate::desk::program;
use serde_json::Value;

fn lindiff(folder: &Path, arguments: &[&str]) -> std::process::Output {
    program()
        .current_dir(folder)
        .args(arguments)
        .output()
        .unwrap()
}

fn json(folder: &Path, arguments: &[&str]) -> Value {
    let output = lindiff(folder, &[arguments, &["--json"]].concat());
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{arguments:?}: {error}");
    serde_json::from_slice(&output.stdout).unwrap()
}

fn refusal(folder: &Path, arguments: &[&str]) -> String {
    let output = lindiff(folder, arguments);
    assert_eq!(output.status.code(), Some(2), "{arguments:?}");
    assert!(output.stdout.is_empty());
    String::from_utf8(output.stderr).unwrap()
}

#[track_caller]
fn near(value: &Value, wanted: f64, tolerance: f64) {
    let got = value
        .as_f64()
        .unwrap_or_else(|| panic!("{value} is no number"));
    assert!((got - wanted).abs() <= tolerance, "{got} is not {wanted}");
}

#[test]
fn a_prediction_has_the_documented_keys_and_only_those_that_are_defined() {
    let folder = tempfile::tempdir().unwrap();
    let of = |arguments: &[&str]| json(folder.path(), &[&["predict"], arguments].concat());
    let bare = of(&["--dim", "200", "--exponent", "1", "--samples", "400"]);
    near(&bare["kl_true_sampled"], 0.35073, 5e-6);
    near(&bare["kl_sampled_true"], 0.15429, 5e-6);
    near(&bare["effective_ridge"], 0.0, 0.0);
    near(&bare["df1"], 200.0, 1e-9);
    assert!(bare["w2"].as_f64().unwrap() > 0.0);
    assert!(bare["consistency"]["overlap"].as_f64().unwrap() < 1.0);
    assert_eq!(bare["inputs"]["steps"], 1000);
    assert!(bare.get("optimal").is_none());

    let one = of(&[
        "--dim",
        "200",
        "--exponent",
        "1",
        "--samples",
        "150",
        "--alpha-bar",
        "0.95",
        "--ridge",
        "0.1",
    ]);
    near(&one["train_loss"], 0.74095, 5e-6);
    near(&one["test_loss"], 1.02349, 5e-6);
    near(&one["oracle_loss"], 0.87068, 5e-6);
    assert!(one.get("kl_true_sampled").is_none() && one.get("w2").is_none());

    let covariance = of(&[
        "--dim",
        "200",
        "--exponent",
        "1",
        "--samples",
        "50",
        "--covariance-ridge",
        "0.01",
    ]);
    near(&covariance["kl_true_sampled"], 17.99805, 5e-6);
    near(&covariance["kl_sampled_true"], 1.24420, 5e-6);

    let infinite = of(&["--dim", "20", "--samples", "10"]);
    assert_eq!(infinite["kl_true_sampled"], "infinity");
    assert!(
        infinite["warnings"][0]
            .as_str()
            .unwrap()
            .contains("10 directions")
    );

    let sampled = of(&[
        "--dim",
        "200",
        "--exponent",
        "1",
        "--samples",
        "400",
        "--sampler",
        "ddpm",
        "--steps",
        "500",
        "--beta-start",
        "2e-4",
        "--beta-end",
        "0.02",
    ]);
    near(&sampled["kl_true_sampled"], 0.34611, 5e-6);
    near(&sampled["kl_sampled_true"], 0.15323, 5e-6);
}

#[test]
fn optima_are_solved_for() {
    let folder = tempfile::tempdir().unwrap();
    let of = |arguments: &[&str]| {
        json(
            folder.path(),
            &[&["predict", "--dim", "100", "--exponent", "0"], arguments].concat(),
        )
    };
    let alpha_bar = (39.0f64 / 64.0).to_string();
    let ridge = of(&[
        "--samples",
        "100",
        "--alpha-bar",
        &alpha_bar,
        "--optimal",
        "ridge",
    ]);
    // 27/64 and 0.654832 for large d
    near(&ridge["optimal"]["ridge"], 0.422929, 2e-6);
    near(&ridge["optimal"]["test_loss"], 0.654878, 1e-6);
    let time = of(&[
        "--samples",
        "50",
        "--alpha-bar",
        &alpha_bar,
        "--optimal",
        "tau",
    ]);
    assert!(time["optimal"]["tau"].as_f64().unwrap() > 0.0);
    let samples = of(&["--optimal", "samples", "--target-kl", "0.01"]);
    let needed = samples["optimal"]["samples"].as_u64().unwrap();
    // d/(4 N) = 0.01 at 2500, and a little more for the next term.
    assert!((2500..2700).contains(&needed), "{needed}");
    assert!(refusal(folder.path(), &["predict", "--optimal", "samples"]).contains("--target-kl"));
}

#[test]
fn several_values_of_several_flags_are_a_grid() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "predict",
        "--dim",
        "50",
        "--samples",
        "20,100",
        "--ridge",
        "0,0.1,1",
    ];
    let answer = json(folder.path(), &arguments);
    assert_eq!(answer["predictions"].as_array().unwrap().len(), 6);
    let output = lindiff(
        folder.path(),
        &[&arguments[..], &["--csv", "--plot", "grid.png"]].concat(),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!(lines.len(), 7);
    assert!(
        lines[0].starts_with("samples,alpha_bar,ridge,covariance_ridge,tau,train_loss,test_loss")
    );
    assert!(lines[1].starts_with("20,,0,0,,"));
    assert!(folder.path().join("grid.png").is_file() && folder.path().join("grid.svg").is_file());
}

#[test]
fn laws_of_row_weights_with_their_parameters_are_a_grid_and_the_answer_names_them() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "predict",
        "--dim",
        "50",
        "--samples",
        "25,100",
        "--row-weights",
        "none,two-point,student",
        "--row-weights-parameter",
        "3,6",
    ];
    let answer = json(folder.path(), &arguments);
    let answers = answer["predictions"].as_array().unwrap();
    let law = |i: usize| {
        let inputs = &answers[i]["inputs"];
        let parameter = inputs["row_weights_parameter"].as_f64();
        (inputs["row_weights"].as_str().unwrap(), parameter)
    };
    let laws: Vec<_> = (0..answers.len()).map(law).collect();
    let five = [
        ("none", None),
        ("two-point", Some(3.0)),
        ("two-point", Some(6.0)),
        ("student", Some(3.0)),
        ("student", Some(6.0)),
    ];
    assert_eq!(laws, [five, five].concat());
    // With the same covariance, heavier tails cost more.
    let test = |i: usize| answers[i]["test_loss"].as_f64().unwrap();
    for start in [0, 5] {
        let [none, two, more, heavy, light] = std::array::from_fn(|i| test(start + i));
        assert!(none < two && two < more && none < light && light < heavy);
    }
    let output = lindiff(
        folder.path(),
        &[&arguments[..], &["--csv", "--plot", "laws"]].concat(),
    );
    let text = String::from_utf8(output.stdout).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert!(lines[0].ends_with(",sampler,row_weights,row_weights_parameter"));
    assert!(lines[1].ends_with(",ideal,none,") && lines[2].ends_with(",ideal,two-point,3"));
    assert!(folder.path().join("laws.svg").is_file());
    let table = lindiff(folder.path(), &arguments).stdout;
    let table = String::from_utf8(table).unwrap();
    assert!(
        table.contains(
            "row weights none, two-point 3, two-point 6, student 3, student 6, mean known"
        )
    );
    // By the keys of an experiment the answer is the same.
    let by_key = json(
        folder.path(),
        &[
            "predict",
            "--dim",
            "50",
            "--samples",
            "25",
            "--set",
            "data.row_weights=student",
            "--set",
            "data.row_weights_parameter=6",
        ],
    );
    assert_eq!(by_key["test_loss"], answers[4]["test_loss"]);
    assert_eq!(
        by_key["inputs"]["settings"]["data.row_weights_parameter"],
        "6.0"
    );
    let gaussian = json(
        folder.path(),
        &["predict", "--dim", "50", "--samples", "25"],
    );
    // A long time is the end of training, and a shorter one is not.
    let after = |tau: &str| {
        let time = ["--tau", tau, "--sampler", "ddpm"];
        json(folder.path(), &[&arguments[..], &time].concat())
    };
    let (long, short) = (after("1e9"), after("2"));
    for (i, answer) in answers.iter().enumerate() {
        let at = |found: &Value| found["predictions"][i]["test_loss"].as_f64().unwrap();
        let end = answer["test_loss"].as_f64().unwrap();
        assert!((at(&long) / end - 1.0).abs() < 1e-3, "{}", at(&long));
        assert!((at(&short) / end - 1.0).abs() > 1e-2, "{}", at(&short));
        assert!(short["predictions"][i]["kl_true_sampled"].as_f64().unwrap() > 0.0);
    }
    assert_eq!(gaussian["test_loss"], answers[0]["test_loss"]);
    let refused = |arguments: &[&str]| refusal(folder.path(), &[&["predict"], arguments].concat());
    assert!(refused(&["--row-weights", "students"]).contains("did you mean \"student\"?"));
    let wrong = refused(&[
        "--row-weights",
        "none,student",
        "--row-weights-parameter",
        "2",
    ]);
    assert!(
        wrong.contains("data.row_weights_parameter = 2") && wrong.contains("above 2"),
        "{wrong}"
    );
}

#[test]
fn wrong_input_of_predictions_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = |arguments: &[&str]| refusal(folder.path(), &[&["predict"], arguments].concat());
    assert!(refused(&["--samples", "0"]).contains("samples = 0"));
    assert!(refused(&["--samples", "1", "--mean", "fitted"]).contains("at least 2"));
    assert!(refused(&["--ridge=-1"]).contains("gamma = -1"));
    assert!(refused(&["--alpha-bar", "1"]).contains("above 0 and below 1"));
    assert!(refused(&["--sampler", "dpm"]).contains("ddpm"));
    assert!(refused(&["--spectrum", "none.txt"]).contains("none.txt"));
    assert!(refusal(folder.path(), &["spectrum", "none.npy"]).contains("none.npy"));
    assert!(
        refusal(folder.path(), &["forecast", "digits", "--samples", "2"]).contains("at least 3")
    );
    let config = folder.path().join("synthetic.toml");
    std::fs::write(&config, "[data]\nsource = \"power-law\"\n").unwrap();
    assert!(refusal(folder.path(), &["forecast", "synthetic.toml"]).contains("lindiff predict"));
}

#[test]
fn a_spectrum_says_what_the_data_are_and_how_far_from_gaussian() {
    let folder = tempfile::tempdir().unwrap();
    let digits = json(
        folder.path(),
        &["spectrum", "digits", "--plot", "digits.png"],
    );
    assert_eq!(
        (digits["dim"].as_u64(), digits["rows"].as_u64()),
        (Some(61), Some(1797))
    );
    near(&digits["trace"], 61.0, 1e-9);
    assert!(digits["gaussianity"]["leading"].as_array().unwrap().len() == 20);
    assert!(
        digits["gaussianity"]["sentence"]
            .as_str()
            .unwrap()
            .contains("excess kurtosis")
    );
    let needed = digits["samples_for_kl"][1]["samples"].as_u64().unwrap();
    assert!((1525..1800).contains(&needed), "{needed}");
    assert!(folder.path().join("digits.svg").is_file());
    let config = folder.path().join("law.toml");
    std::fs::write(
        &config,
        "[data]\nsource = \"power-law\"\ndim = 100\nexponent = 1.5\n",
    )
    .unwrap();
    let law = json(folder.path(), &["spectrum", "law.toml"]);
    near(&law["power_law"]["exponent"], 1.5, 1e-9);
    assert!(law.get("gaussianity").is_none());
}

#[test]
fn a_forecast_of_the_digits_is_measured_and_drawn() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = [
        "forecast",
        "digits",
        "--set",
        "schedule.keep=20",
        "--samples",
        "500,5000",
    ];
    let found = json(
        folder.path(),
        &[&arguments[..], &["--plot", "digits.png"]].concat(),
    );
    assert_eq!(
        (&found["rows"], &found["now"]["samples"]),
        (&1797.into(), &1796.into())
    );
    assert_eq!(found["by_step"].as_array().unwrap().len(), 20);
    let test = &found["now"]["test_loss"];
    assert_eq!(test["basis"], "identified");
    let (low, value, high) = (&test["low"], &test["value"], &test["high"]);
    assert!(low.as_f64() < value.as_f64() && value.as_f64() < high.as_f64());
    let others = found["with_samples"].as_array().unwrap();
    assert_eq!(others.len(), 2);
    let excess = |k: usize| others[k]["excess_loss"]["value"].as_f64().unwrap();
    assert!(excess(0) > 5.0 * excess(1));
    assert!(!found["verdict"].as_array().unwrap().is_empty());
    // The curve of the picture covers what was asked for.
    let curve = found["curve"].as_array().unwrap();
    assert!(curve[0]["samples"].as_u64().unwrap() < 500);
    assert!(curve[curve.len() - 1]["samples"].as_u64().unwrap() > 5000);
    assert!(
        folder.path().join("digits.png").is_file() && folder.path().join("digits.svg").is_file()
    );
    assert!(json(folder.path(), &arguments).get("curve").is_none());
}

#[test]
fn a_forecast_compares_covariances_that_are_named_or_in_files() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |covariance| {
        let keep = ["--set", "schedule.keep=5"];
        [
            &["forecast", "digits", "--covariance", covariance][..],
            &keep,
        ]
        .concat()
    };
    let found = json(folder.path(), &ask("all"));
    let compared = found["covariances"]["compared"].as_array().unwrap();
    let names: Vec<&str> = compared
        .iter()
        .map(|one| one["name"].as_str().unwrap())
        .collect();
    let estimators = ["empirical", "ledoit-wolf", "oas", "quadratic-inverse"];
    let ridges = ["best-ridge", "best-covariance-ridge"];
    assert_eq!(names, [&ridges[..], &estimators].concat());
    assert_eq!(found["covariances"]["folds"], 10);
    assert_eq!(compared[0]["difference"], 0.0);
    let told = refusal(folder.path(), &ask("lw"));
    assert!(told.contains("neither empirical, ledoit-wolf"), "{told}");
    for (text, reason) in [("1,2\n3,4\n", "not symmetric"), ("1,0\n0,-1\n", "negative")] {
        fs::write(folder.path().join("mine.csv"), text).unwrap();
        let told = refusal(folder.path(), &ask("mine.csv"));
        assert!(told.contains(reason), "{told}");
    }
    fs::write(folder.path().join("mine.csv"), "1,0\n0,1\n").unwrap();
    let told = refusal(folder.path(), &ask("mine.csv"));
    assert!(told.contains("2 x 2, the rows have 64 columns"), "{told}");
}

#[test]
fn a_network_that_has_no_such_ridge_is_not_advised_one() {
    let folder = tempfile::tempdir().unwrap();
    let forecast = |set: &str| {
        json(
            folder.path(),
            &[
                "forecast",
                "digits",
                "--set",
                "schedule.keep=8",
                "--set",
                set,
            ],
        )
    };
    for set in [
        "model.kind=two-layer",
        "model.kind=time-basis",
        "model.target=x0",
        "training.objective=frozen",
    ] {
        let found = forecast(set);
        let key = set.split_once('=').unwrap().0;
        assert!(found["warnings"].to_string().contains(key), "{found}");
        assert!(found.get("best_ridge").is_none() && found.get("best_time").is_none());
        assert!(!found["verdict"].to_string().contains("--set"), "{found}");
    }
    assert!(forecast("training.ridge=0").get("best_ridge").is_some());
}

#[test]
fn predictions_stand_beside_what_training_measures() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("small.toml");
    let text = "[data]\nsource = \"power-law\"\ndim = 100\nsamples = 200\n[schedule]\nsteps = 200\nbeta_end = 0.05\nkeep = 20\n\
                [training]\nepochs = 60\nlearning_rate = 0.005\nridge = 0.01\n[sampling]\ndraws = 0\n";
    std::fs::write(&config, text).unwrap();
    let dry = json(folder.path(), &["train", "small.toml", "--dry-run"]);
    let run = json(folder.path(), &["train", "small.toml", "--out", "run"]);
    let (last, predicted) = (&run["last"], &run["last"]["predicted"]);
    assert_eq!(predicted["path"], "descent");
    assert_eq!(dry["predicted"]["test_loss"], predicted["test_loss"]);
    near(
        &last["train_loss"],
        predicted["train_loss"].as_f64().unwrap(),
        0.01,
    );
    near(
        &last["test_loss"],
        predicted["test_loss"].as_f64().unwrap(),
        0.01,
    );
    let kl = run["last"]["kl_true_sampled"].as_f64().unwrap();
    near(&predicted["kl_true_sampled"], kl, 0.1 * kl);
    assert!(run["best_ridge"]["ridge"].as_f64().unwrap() >= 0.0);
    let metrics = std::fs::read_to_string(folder.path().join("run/metrics.csv")).unwrap();
    for line in metrics.lines().skip(1) {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        assert!(
            (cells[2] - cells[5]).abs() < 0.01 && (cells[3] - cells[6]).abs() < 0.01,
            "{line}"
        );
    }
    // Adam's way is no law that is known: only where it ends, labelled, and no columns.
    let adam = json(
        folder.path(),
        &[
            "train",
            "small.toml",
            "--out",
            "adam",
            "--set",
            "training.optimizer=adam",
        ],
    );
    assert_eq!(adam["last"]["predicted"]["path"], "converged");
    let metrics = std::fs::read_to_string(folder.path().join("adam/metrics.csv")).unwrap();
    assert!(
        metrics
            .lines()
            .nth(1)
            .unwrap()
            .split(',')
            .nth(5)
            .unwrap()
            .is_empty()
    );
    let momentum = json(
        folder.path(),
        &[
            "train",
            "small.toml",
            "--out",
            "momentum",
            "--set",
            "training.momentum=0.5",
        ],
    );
    // Momentum is followed step by step, to the first epochs.
    assert_eq!(momentum["last"]["predicted"]["path"], "descent");
    let metrics = std::fs::read_to_string(folder.path().join("momentum/metrics.csv")).unwrap();
    for line in metrics.lines().skip(1) {
        let cells: Vec<f64> = line.split(',').map(|cell| cell.parse().unwrap()).collect();
        assert!(
            (cells[2] - cells[5]).abs() < 0.01 && (cells[3] - cells[6]).abs() < 0.01,
            "{line}"
        );
    }
}

/// Without a ridge the average of `Sigma_N^-1` is infinite up to one sample above the rank that `Sigma_N` can have. The last
/// of finitely many steps squares that: the average is infinite up to three samples above.
#[test]
fn divergences_that_no_average_has_are_infinite_with_the_reason_near_n_equal_to_d() {
    let folder = tempfile::tempdir().unwrap();
    let ask = |samples: usize, more: &[&str]| {
        let samples = samples.to_string();
        let mut words = vec![
            "predict",
            "--dim",
            "20",
            "--exponent",
            "1",
            "--samples",
            &samples,
        ];
        words.extend(more);
        json(folder.path(), &words)
    };
    let posterior = [
        "--sampler",
        "ddpm",
        "--variance",
        "posterior",
        "--keep",
        "50",
    ];
    let samplers: [(&[&str], usize); 5] = [
        (&[], 1),
        (&["--sampler", "ddpm", "--keep", "50"], 3),
        (&posterior, 3),
        (&["--sampler", "sde", "--keep", "500"], 3),
        (&["--sampler", "ddim", "--keep", "50"], 3),
    ];
    for (sampler, last) in samplers {
        for (degrees, mean) in [(0, "known"), (1, "fitted")] {
            for above in 1..=last + 1 {
                let words = [sampler, &["--mean", mean][..]].concat();
                let answer = ask(20 + above + degrees, &words);
                assert!(
                    answer["kl_sampled_true"]
                        .as_f64()
                        .is_some_and(|kl| kl < 1.0),
                    "{answer}"
                );
                let warned = answer["warnings"].to_string().contains("diverges");
                if above > last {
                    let finite = answer["kl_true_sampled"].as_f64();
                    assert!(finite.is_some_and(|kl| kl < 1e3) && !warned, "{answer}");
                } else {
                    assert!(
                        answer["kl_true_sampled"] == "infinity" && warned,
                        "{answer}"
                    );
                }
            }
        }
    }
    // With a ridge the variance that is sampled is above 0 everywhere, and the average is a number.
    let ridged = ask(20, &["--ridge", "0.1", "--sampler", "ddpm", "--keep", "50"]);
    assert!(
        ridged["kl_true_sampled"]
            .as_f64()
            .is_some_and(|kl| kl < 10.0),
        "{ridged}"
    );
    // Where nothing is told, the reason is.
    let untold = ask(18, &["--sampler", "sde", "--keep", "50"]);
    assert!(untold.get("kl_true_sampled").is_none(), "{untold}");
    assert!(
        untold["warnings"].to_string().contains("steps alone"),
        "{untold}"
    );
}
