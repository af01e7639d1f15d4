//! Defaults, settings from the command line, paths, and the experiments that come with the project.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lindiff::config::*;

fn read(text: &str, sets: &[&str]) -> Experiment {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    let loaded = Experiment::from_toml(text, Path::new("/experiments"), &sets);
    let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
    loaded.experiment.into_params()
}

fn of_source(source: &str) -> Experiment {
    read(&format!("data.source = \"{source}\""), &[])
}

#[test]
fn every_key_but_the_source_has_a_default() {
    let expected = Experiment {
        name: "power-law".to_owned(),
        seed: 1,
        data: DataConfig {
            source: Source::PowerLaw {
                dim: 200,
                exponent: 1.0,
            },
            samples: Samples::Count(400),
            draw: Draw::Gaussian,
            row_weights: RowWeights::None,
            mean: Mean::Fitted,
        },
        schedule: ScheduleConfig {
            kind: ScheduleKind::Linear {
                steps: 1000,
                beta_start: 1e-4,
                beta_end: 1e-2,
            },
            keep: None,
        },
        model: ModelConfig {
            kind: ModelKind::PerStep,
            init: 0.0,
            target: Target::Eps,
        },
        network: None,
        training: TrainingConfig {
            objective: Objective::Exact,
            optimizer: Optimizer::Sgd {
                momentum: 0.0,
                learning_rate: None,
            },
            lr_schedule: RateSchedule::Constant,
            epochs: 500,
            weight_decay: 0.0,
            ridge: 0.0,
            covariance_ridge: 0.0,
            evaluate: Evaluate::Log,
            basis: Basis::Auto,
            checkpoints: 3,
            tau: None,
            early_stopping: None,
        },
        sampling: SamplingConfig {
            kind: SamplerKind::Ddpm(Variance::Beta),
            draws: 10_000,
        },
        backend: BackendConfig {
            name: BackendName::Flex,
            precision: Precision::F32,
        },
    };
    assert_eq!(of_source("power-law"), expected);
}

#[test]
fn choices_bring_their_own_defaults() {
    let spiked = of_source("spiked").data.source;
    let (dim, spikes) = (200, vec![5.0, 3.0]);
    assert_eq!(spiked, Source::Spiked { dim, spikes });
    let real = RealData {
        origin: RowsOrigin::Digits,
        columns: None,
        group: None,
        reading: Reading::default(),
        pool: 1,
        scale: Scale::Trace,
        min_variance: 1e-12,
    };
    assert_eq!(of_source("digits").data.source, Source::Real(real));
    let weights = |law: &str| {
        let set = format!("data.row_weights={law}");
        read("data.source = \"power-law\"", &[&set])
            .data
            .row_weights
    };
    assert_eq!(weights("two-point"), RowWeights::TwoPoint { higher: 2.0 });
    assert_eq!(
        weights("log-normal"),
        RowWeights::LogNormal { deviation: 0.8 }
    );
    assert_eq!(weights("student"), RowWeights::Student { degrees: 5.0 });
    let training = |keys: &str| {
        read(
            &format!("data.source = \"digits\"\n[training]\n{keys}"),
            &[],
        )
        .training
    };
    let sampled = training("objective = \"sampled\"").objective;
    let draws = NoiseDraws {
        noise_draws: 1,
        batch_size: None,
    };
    assert_eq!(sampled, Objective::Sampled(draws));
    let learning_rate = 1e-3;
    assert_eq!(
        training("optimizer = \"adam\"").optimizer,
        Optimizer::Adam { learning_rate }
    );
    assert_eq!(
        training("optimizer = \"adamw\"").optimizer,
        Optimizer::AdamW { learning_rate }
    );
    let stopping = EarlyStopping {
        patience: 2,
        min_delta: 0.0,
    };
    assert_eq!(
        training("early_stopping = {}").early_stopping,
        Some(stopping)
    );
}

#[test]
fn a_default_written_out_changes_nothing() {
    // Choices under which each key counts.
    let texts = [
        "data.source = \"power-law\"\ntraining.objective = \"sampled\"\ntraining.early_stopping = {}",
        "data.source = \"spiked\"\ntraining.early_stopping = {}",
        "data.source = \"digits\"\ntraining.early_stopping = {}",
    ];
    for key in KEYS {
        let default = key.default_text();
        let setting = format!("{}={default}", key.name);
        let is_toml = default.parse::<toml::Value>().is_ok();
        let says = |text: &&&str| is_toml && !text.contains(key.name);
        for text in texts.iter().filter(says) {
            assert_eq!(read(text, &[&setting]), read(text, &[]), "{setting}");
        }
    }
}

#[test]
fn all_rows_are_rows_without_saying_so() {
    let data = read("data = { source = \"digits\", samples = \"all\" }", &[]).data;
    assert_eq!((data.samples, data.draw), (Samples::All, Draw::Rows));
}

#[test]
fn all_steps_kept_is_the_default_in_any_spelling() {
    let text = "data.source = \"digits\"";
    assert_eq!(read(text, &["schedule.keep=1000"]), read(text, &[]));
    assert_eq!(
        read(text, &["schedule.keep=10"])
            .schedule
            .build()
            .unwrap()
            .len(),
        10
    );
    assert_eq!(read(text, &[]).schedule.build().unwrap().len(), 1000);
}

#[test]
fn the_center_of_before_is_read_as_the_mean_with_a_note() {
    let loaded = |text: &str, sets: &[&str]| {
        let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
        let Loaded { experiment, notes } =
            Experiment::from_toml(text, Path::new(""), &sets).unwrap();
        (experiment.data.mean, notes)
    };
    let known = "data = { source = \"digits\", center = false }";
    let note = |center, mean| format!("data.center = {center} is now written data.mean = {mean:?}");
    assert_eq!(
        loaded(known, &[]),
        (Mean::Known, vec![note("false", "known")])
    );
    assert_eq!(
        loaded("data.source = \"digits\"", &["data.center=true"]),
        (Mean::Fitted, vec![note("true", "fitted")])
    );
    // Of settings the last one counts, whatever its name.
    assert_eq!(
        loaded(known, &["data.mean=known", "data.center=true"]).0,
        Mean::Fitted
    );
    assert_eq!(loaded(known, &["data.mean=fitted"]).0, Mean::Fitted);
}

#[test]
fn a_setting_goes_over_the_file() {
    let text = "data.source = \"digits\"\n[training]\nepochs = 3\nridge = 0.5";
    let experiment = read(
        text,
        &["training.epochs=7", "training.epochs = 8", "seed=3"],
    );
    assert_eq!(experiment.training.epochs, 8);
    assert_eq!(experiment.training.ridge, 0.5);
    assert_eq!(experiment.seed, 3);
}

#[test]
fn a_setting_makes_the_table_it_needs() {
    let text = "data.source = \"digits\"";
    let experiment = read(text, &["training.early_stopping.patience=3"]);
    assert_eq!(experiment.training.early_stopping.unwrap().patience, 3);
    let experiment = read("", &["data.source=digits"]);
    assert_eq!(experiment.name, "digits");
}

#[test]
fn a_setting_is_toml_where_it_parses_and_else_a_string() {
    let text = "data.source = \"spiked\"";
    let spiked = read(
        text,
        &["data.spikes=[9, 2.5]", "name=my run", "data.samples=100"],
    );
    let (dim, spikes) = (200, vec![9.0, 2.5]);
    assert_eq!(spiked.data.source, Source::Spiked { dim, spikes });
    assert_eq!(spiked.name, "my run");
    assert_eq!(read(text, &["name=\"quoted\""]).name, "quoted");
    assert_eq!(read(text, &["name=2024-05-27"]).name, "2024-05-27");
    assert_eq!(read(text, &["name=a=b"]).name, "a=b");
    // A second line is no second key.
    assert!(
        Experiment::from_toml(text, Path::new(""), &["seed=1\nname = 'x'".to_owned()]).is_err()
    );
}

fn data_path(experiment: &Experiment) -> &Path {
    match &experiment.data.source {
        Source::Real(real) => match &real.origin {
            RowsOrigin::File { path, .. } => path,
            RowsOrigin::Digits => panic!("no file"),
        },
        _ => panic!("no rows"),
    }
}

#[test]
fn a_path_starts_from_the_file_that_names_it_and_a_setting_from_the_current_directory() {
    let text = "data = { source = \"file\", path = \"rows/x.npy\" }";
    assert_eq!(
        data_path(&read(text, &[])),
        Path::new("/experiments/rows/x.npy")
    );
    let here = std::env::current_dir().unwrap();
    assert_eq!(
        data_path(&read(text, &["data.path=y.npy"])),
        here.join("y.npy")
    );
    let whole = "data={source=\"file\", path=\"z.npy\"}";
    assert_eq!(data_path(&read(text, &[whole])), here.join("z.npy"));
    assert_eq!(
        data_path(&read(text, &["data.path=/elsewhere/y.npy"])),
        Path::new("/elsewhere/y.npy")
    );
}

#[test]
fn the_columns_of_a_table_are_a_range() {
    let text = "data = { source = \"file\", path = \"x.csv\", columns = \"0..64\", group = 64, draw = \"rows\" }";
    let Source::Real(real) = read(text, &[]).data.source else {
        panic!("no rows")
    };
    assert_eq!(real.columns, Columns::of(0..64));
    assert_eq!(real.group, Some(64));
}

#[test]
fn an_experiment_without_a_name_is_called_by_its_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("my-run.toml");
    std::fs::write(&path, "\u{feff}data.source = \"digits\"\n").unwrap();
    assert_eq!(
        Experiment::load(&path, &[]).unwrap().experiment.name,
        "my-run"
    );
}

fn config(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("configs")
        .join(name)
}

fn shipped(name: &str, sets: &[&str]) -> Experiment {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    let loaded = Experiment::load_any(&config(name), &sets);
    let loaded = loaded.unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(loaded.notes, [""; 0], "{name}");
    (*loaded.experiment).clone()
}

#[test]
fn every_experiment_that_comes_with_the_project_can_be_read_and_says_what_it_shows() {
    let folder = std::fs::read_dir(config("")).unwrap();
    for entry in folder {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        let experiment = shipped(
            name,
            &["data.path=x.idx"].as_slice()[..usize::from(name == "fashion.toml")],
        );
        assert_eq!(
            Some(experiment.name.as_str()),
            path.file_stem().unwrap().to_str()
        );
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(
            text.starts_with("# ") && text.lines().next().unwrap().len() > 40,
            "{name}"
        );
    }
}

#[test]
fn the_experiments_differ_where_they_should() {
    let keys = |left: &str, right: &str| -> Vec<String> {
        let (left, right) = (
            shipped(left, &[]).settings(),
            shipped(right, &[]).settings(),
        );
        let all: BTreeSet<&String> = left.keys().chain(right.keys()).collect();
        let differ = all
            .into_iter()
            .filter(|key| left.get(*key) != right.get(*key));
        differ.cloned().collect()
    };
    assert_eq!(
        keys("digits.toml", "digits-few.toml"),
        ["data.samples", "name"]
    );
    assert_eq!(
        keys("overfit.toml", "early-stopping.toml"),
        [
            "data.samples",
            "name",
            "training.early_stopping.min_delta",
            "training.early_stopping.patience"
        ]
    );
    assert_eq!(
        keys("overfit.toml", "power-law.toml"),
        ["data.samples", "name", "training.epochs"]
    );
}

#[test]
fn fashion_asks_for_its_file() {
    let error = Experiment::load(&config("fashion.toml"), &[]).unwrap_err();
    assert!(
        error.to_string().contains("data.path is missing"),
        "{error}"
    );
    assert!(matches!(
        *error.problem,
        Problem::Missing {
            key: "data.path",
            ..
        }
    ));
}
