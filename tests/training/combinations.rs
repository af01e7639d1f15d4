//! Every model with every objective, optimiser, sampler and target is trained and evaluated, and an independent program
//! in Python finds the same numbers in the files; combinations without sense are refused with the reason.

use std::path::Path;
use std::process::Command;

use crate::python::numpy;
use lindiff::config::{CheckedExperiment, Experiment, SamplerKind, Variance};
use lindiff::run::{RunDirectory, RunTheory, Setup, summarise};

/// Below, at and above the dimension, where there is a width.
const MODELS: [&[&str]; 5] = [
    &["model.kind=per-step"],
    &["model.kind=time-basis", "model.basis=3"],
    &["model.kind=two-layer", "model.width=4"],
    &["model.kind=two-layer", "model.width=6"],
    &["model.kind=two-layer", "model.width=9"],
];
const OBJECTIVES: [&[&str]; 3] = [
    &["training.objective=exact"],
    &["training.objective=sampled", "training.batch_size=7"],
    &["training.objective=frozen", "training.noise_draws=2"],
];
const OPTIMIZERS: [&[&str]; 4] = [
    &["training.optimizer=sgd", "training.momentum=0.5"],
    &["training.optimizer=adam", "training.learning_rate=0.05"],
    &[
        "training.optimizer=adamw",
        "training.learning_rate=0.05",
        "training.weight_decay=0.01",
    ],
    &["training.optimizer=closed-form"],
];
const TARGETS: [&str; 4] = ["eps", "x0", "v", "score"];
const SAMPLERS: [(SamplerKind, &str); 6] = [
    (
        SamplerKind::Ddpm(Variance::Beta),
        r#"{"kind": "ddpm", "variance": "beta"}"#,
    ),
    (
        SamplerKind::Ddpm(Variance::Posterior),
        r#"{"kind": "ddpm", "variance": "posterior"}"#,
    ),
    (SamplerKind::Sde, r#"{"kind": "sde"}"#),
    (SamplerKind::Ode, r#"{"kind": "ode"}"#),
    (SamplerKind::Heun, r#"{"kind": "heun"}"#),
    (SamplerKind::Ddim, r#"{"kind": "ddim"}"#),
];
const COMMON: [&str; 10] = [
    "data.source=power-law",
    "data.dim=6",
    "data.samples=20",
    "schedule.steps=12",
    "schedule.beta_start=0.02",
    "schedule.beta_end=0.5",
    "training.epochs=6",
    "training.ridge=0.02",
    "sampling.draws=0",
    "backend.precision=f64",
];

fn load(sets: &[&str]) -> Result<CheckedExperiment, String> {
    let sets: Vec<String> = COMMON.iter().chain(sets).map(|s| s.to_string()).collect();
    let loaded = Experiment::from_toml("", Path::new(""), &sets);
    loaded.map(|l| l.experiment).map_err(|e| e.to_string())
}

#[test]
fn the_whole_cross_product_agrees_with_the_independent_check() {
    let folder = tempfile::tempdir().unwrap();
    let mut list = String::new();
    let mut count = 0;
    for model in MODELS {
        for objective in OBJECTIVES {
            for optimizer in OPTIMIZERS {
                for target in TARGETS {
                    let target = format!("model.target={target}");
                    let sets = [model, objective, optimizer, &[&target]].concat();
                    let what = sets.join(" ");
                    let setup = Setup::new(load(&sets).expect(&what)).expect(&what);
                    let root = folder.path().join(count.to_string());
                    let trained = crate::small_networks::run(&setup, &root);
                    assert!(
                        trained.evaluations.last.loss.train_loss.is_finite(),
                        "{what}"
                    );
                    for line in with_every_sampler(setup, &root) {
                        list += &line;
                    }
                    count += 1;
                }
            }
        }
    }
    assert_eq!(count, 5 * 3 * 4 * 4);
    assert_eq!(list.lines().count(), count * 6);
    if numpy() {
        let path = folder.path().join("list");
        std::fs::write(&path, list).unwrap();
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/check_run.py");
        let mut check = Command::new("python3");
        let output = check.arg(script).arg("--list").arg(path).output().unwrap();
        let said = String::from_utf8_lossy(&output.stdout).into_owned();
        let errors = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(output.status.success(), "{said}{errors}");
    }
}

/// What a run comes to with each of the samplers, drawn too, as lines for the independent check.
fn with_every_sampler(mut setup: Setup, root: &Path) -> Vec<String> {
    let directory = RunDirectory::open(root).unwrap();
    let checkpoint = directory
        .checkpoint(lindiff::run::WhichCheckpoint::Last)
        .unwrap();
    let mut lines = Vec::new();
    for (kind, sampling) in SAMPLERS {
        setup = setup.with_sampler(kind).unwrap();
        let theory = RunTheory::of(&setup, false).unwrap();
        let summary = summarise(&setup, &checkpoint, 50, theory.as_ref(), |_, _| {}).unwrap();
        // Draws of a law with (next to) no variance in some directions have no divergence to be measured.
        let singular = summary.kl.unwrap().true_sampled.value() > 1e12;
        assert!(
            summary.monte_carlo.is_some() || singular,
            "{:?}",
            summary.warnings
        );
        let evaluate = serde_json::to_string(&summary).unwrap();
        let run = serde_json::to_string(root).unwrap();
        lines.push(format!(
            "{{\"run\": {run}, \"sampling\": {sampling}, \"evaluate\": {evaluate}}}\n"
        ));
    }
    lines
}

#[test]
fn combinations_without_sense_are_refused_with_the_reason() {
    let refused = |sets: &[&str], reason: &str| {
        let error = load(sets).expect_err(reason);
        assert!(error.contains(reason), "{sets:?}: {error}");
    };
    refused(
        &["model.kind=two-layer", "model.init=0.0"],
        "at 0 both layers are at a saddle",
    );
    refused(
        &["model.kind=two-layer", "model.init=-1e-3"],
        "must be above 0",
    );
    refused(
        &["model.kind=time-basis", "model.basis=13"],
        "12 steps are trained",
    );
    refused(
        &["model.kind=time-basis", "model.basis=5", "schedule.keep=4"],
        "4 steps are trained",
    );
    for kind in ["time-basis", "two-layer"] {
        let kind = format!("model.kind={kind}");
        refused(
            &[&kind, "training.basis=eigen"],
            "only a per-step network has one diagonal a step",
        );
    }
    refused(
        &[
            "model.kind=two-layer",
            "training.objective=frozen",
            "training.optimizer=closed-form",
            "training.weight_decay=0.1",
        ],
        "has no closed form",
    );
    refused(
        &["model.target=noise"],
        "must be \"eps\", \"x0\", \"v\" or \"score\"",
    );
    // What means nothing to another model is said to be ignored.
    let sets: Vec<String> = COMMON.iter().map(|s| s.to_string()).collect();
    let sets = [
        sets,
        vec!["model.width=3".to_owned(), "model.basis=2".to_owned()],
    ]
    .concat();
    let loaded = Experiment::from_toml("", Path::new(""), &sets).unwrap();
    assert_eq!(
        loaded.notes,
        [
            "model.basis is ignored: model.kind is \"per-step\"",
            "model.width is ignored: model.kind is \"per-step\""
        ]
    );
}
