//! Experiments with networks that are not linear: their keys, their defaults, and what they do not have.

use std::path::Path;

use lindiff::config::*;

fn any(text: &str, sets: &[&str]) -> Result<LoadedAny, ConfigError> {
    let sets: Vec<String> = sets.iter().map(|set| set.to_string()).collect();
    Experiment::any_from_toml(text, Path::new("/"), &sets)
}

fn neural(text: &str, sets: &[&str]) -> CheckedNeural {
    match any(text, sets).unwrap().experiment {
        Checked::Neural(neural) => neural,
        Checked::Linear(linear) => panic!("{linear:?}"),
    }
}

const MLP: &str = "[data]\nsource = \"digits\"\n[model]\nkind = \"mlp\"\n";

#[test]
fn the_kind_alone_makes_a_network_with_its_own_defaults() {
    let mlp = neural(MLP, &[]);
    assert_eq!(
        mlp.kind(),
        NeuralKind::Mlp {
            width: 256,
            layers: 3
        }
    );
    assert_eq!(mlp.network().target, Target::V);
    assert_eq!((mlp.network().ema, mlp.members()), (0.999, 1));
    assert_eq!((mlp.batch_rows(400), mlp.batch_rows(40)), (64, 40));
    assert_eq!((mlp.learning_rate(), mlp.sampling.draws), (1e-3, 1000));
    let unet = neural(MLP, &["model.kind=unet", "model.image=[4, 16]"]);
    let image = Some([4, 16]);
    assert_eq!(
        unet.kind(),
        NeuralKind::Unet {
            channels: 16,
            image
        }
    );
    assert_eq!(unet.batch_rows(400), 32);
    // The same from code.
    let typed = Experiment::new(Source::digits(), 400).network(NeuralConfig::mlp());
    assert_eq!(typed.check_neural().unwrap(), mlp);
}

#[test]
fn an_experiment_is_written_out_with_all_that_counts_and_read_again() {
    let sets = [
        "model.width=32",
        "model.layers=2",
        "model.target=x0",
        "training.ema=0.9",
        "training.ensemble=3",
        "training.batch_size=8",
        "training.learning_rate=0.01",
        "training.lr_schedule=cosine",
        "training.early_stopping.patience=4",
        "sampling.draws=7",
    ];
    let written = neural(MLP, &sets).to_toml();
    for line in ["kind = \"mlp\"", "width = 32", "ema = 0.9", "ensemble = 3"] {
        assert!(written.contains(line), "{line} is not in\n{written}");
    }
    for absent in ["ridge", "init", "basis", "image", "tau"] {
        assert!(!written.contains(absent), "{absent} is in\n{written}");
    }
    assert_eq!(neural(&written, &[]), neural(MLP, &sets));
}

#[test]
fn keys_of_linear_networks_are_ignored_with_a_note() {
    let linear = "[training]\nridge = 0.1\nweight_decay = 0.1\nbasis = \"data\"\n";
    let notes = any(&format!("{MLP}init = 0.5\n{linear}"), &[])
        .unwrap()
        .notes;
    let expected = [
        "model.init",
        "training.weight_decay",
        "training.ridge",
        "training.basis",
    ];
    assert_eq!(notes.len(), expected.len(), "{notes:?}");
    for (note, key) in notes.iter().zip(expected) {
        assert_eq!(*note, format!("{key} is ignored: model.kind is \"mlp\""));
    }
    // From code nothing is ignored.
    let mut typed = Experiment::new(Source::digits(), 400).network(NeuralConfig::mlp());
    typed.training.ridge = 0.1;
    let error = typed.check_neural().unwrap_err().to_string();
    assert!(
        error.contains("training.ridge = 0.1: does not count"),
        "{error}"
    );
}

#[test]
fn what_such_a_network_does_not_have_is_refused_with_the_reason() {
    for (set, reason) in [
        ("training.objective=exact", "has no closed form"),
        ("training.objective=frozen", "needs \"sampled\""),
        ("training.optimizer=sgd", "needs \"adam\""),
        ("training.optimizer=closed-form", "needs \"adam\""),
        ("training.noise_draws=2", "one draw at one noise level"),
        ("data.mean=known", "finds the mean itself"),
        ("data.scale=columns", "all columns in one scale"),
        ("data.min_variance=0.1", "also those that are constant"),
        ("model.kind=mpl", "did you mean \"mlp\""),
        ("model.layers=0", "from 1 to 64"),
        ("training.ema=1", "from 0 to below 1"),
        ("training.ensemble=0", "from 1 to 1000"),
    ] {
        let error = any(MLP, &[set]).unwrap_err().to_string();
        assert!(error.contains(reason), "{set}: {error}");
        assert!(error.starts_with("--set: "), "{set}: {error}");
    }
    let wgpu = ["backend.name=wgpu", "backend.precision=f64"];
    let error = any(MLP, &wgpu).unwrap_err().to_string();
    assert!(error.contains("needs exponentials"), "{error}");
    assert!(any(MLP, &wgpu[..1]).is_ok());
    let several = ["training.ensemble=2", "data.samples=half"];
    let error = any(MLP, &several).unwrap_err().to_string();
    assert!(error.contains("has its own rows"), "{error}");
    let unet = ["model.kind=unet", "model.image=[8]"];
    let error = any(MLP, &unet).unwrap_err().to_string();
    assert!(error.contains("such as [8, 8]"), "{error}");
}

#[test]
fn no_algorithm_takes_one_kind_of_network_for_the_other() {
    let error = Experiment::from_toml(MLP, Path::new("/"), &[]).unwrap_err();
    let said = error.to_string();
    assert!(
        said.contains("model.kind = \"mlp\": is not linear"),
        "{said}"
    );
    let typed = Experiment::new(Source::digits(), 400);
    assert!(typed.clone().network(NeuralConfig::unet()).check().is_err());
    let error = typed.check_neural().unwrap_err().to_string();
    assert!(
        error.contains("model.kind = \"per-step\": is linear"),
        "{error}"
    );
    let linear = any("[data]\nsource = \"digits\"\n", &[])
        .unwrap()
        .experiment;
    assert!(matches!(linear, Checked::Linear(_)));
}
