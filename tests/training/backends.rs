//! One run has the same losses on every backend, up to rounding: noise and starting weights come from the host.
//!
//! By default the backends are flex and ndarray. With `cargo test --release --features wgpu --test training
//! backends::` (or `cuda`) those join, and must find a device.

use crate::small_networks::setup;
use lindiff::config::{BackendName, Named, Precision};
use lindiff::run::Setup;
use lindiff::sampling::Evaluation;
use lindiff::score::Offer;
use lindiff::text::statistics::worst;
use lindiff::training::RunOptions;

const MODELS: [&str; 3] = [
    "kind = \"per-step\"\ntarget = \"v\"",
    "kind = \"time-basis\"\nbasis = 4",
    "kind = \"two-layer\"\nwidth = 9\ninit = 0.05\ntarget = \"x0\"",
];
const TRAININGS: [&str; 5] = [
    "basis = \"data\"\nmomentum = 0.7",
    "basis = \"auto\"\nweight_decay = 0.1",
    "optimizer = \"adam\"\nlearning_rate = 0.01\nridge = 0.05\nweight_decay = 0.1",
    "objective = \"sampled\"\nbatch_size = 10\noptimizer = \"adamw\"\nlearning_rate = 0.01\nweight_decay = 0.1",
    "objective = \"frozen\"\nnoise_draws = 2\ncovariance_ridge = 0.1",
];

fn on(backend: &str, precision: &str, model: &str, training: &str) -> Setup {
    setup(&format!(
        r#"
[data]
source = "power-law"
dim = 12
samples = 30
[schedule]
steps = 9
beta_start = 0.02
beta_end = 0.5
[model]
{model}
[training]
epochs = 25
{training}
[sampling]
draws = 0
[backend]
name = "{backend}"
precision = "{precision}"
"#
    ))
}

/// Exact losses and divergences after each of the epochs that are evaluated, and every step's loss of the last.
fn numbers(setup: &Setup) -> Vec<f64> {
    let mut learner = setup.learner().unwrap();
    let mut seen = Seen::default();
    let done = learner.run(RunOptions::default().observer(&mut seen));
    done.unwrap();
    seen.0
}

#[derive(Default)]
struct Seen(Vec<f64>);

impl lindiff::training::Observer for Seen {
    fn epoch(
        &mut self,
        event: &lindiff::training::observer::Event<'_>,
    ) -> Result<(), lindiff::training::observer::ObserverError> {
        self.0.extend(event.objective);
        if let Some(Evaluation {
            train, test, kl, ..
        }) = event.evaluation
        {
            self.0.extend(train);
            self.0.extend(test.iter().flatten());
            self.0.extend(kl.map(|kl| kl.true_sampled.value()));
        }
        Ok(())
    }
}

fn agree(precision: Precision, within: f64) {
    let offers = Offer::all().into_iter();
    let others = offers.filter(|o| o.name != BackendName::Flex);
    let others: Vec<Offer> = others
        .filter(|o| o.precisions.contains(&precision))
        .collect();
    assert!(others.iter().any(|o| o.name == BackendName::NdArray));
    for model in MODELS {
        for training in TRAININGS {
            let expected = numbers(&on("flex", precision.name(), model, training));
            for other in &others {
                let name = other.name.name();
                let got = numbers(&on(name, precision.name(), model, training));
                assert_eq!(got.len(), expected.len());
                let off = got
                    .iter()
                    .zip(&expected)
                    .map(|(a, b)| if a == b { 0.0 } else { (a - b).abs() / b.abs() });
                let worst = worst(off);
                println!(
                    "{name} {}: {worst:.1e} ({model}, {training})",
                    precision.name()
                );
                assert!(
                    worst < within,
                    "{name}, {model}, {training}: off by {worst:e}"
                );
            }
        }
    }
}

#[test]
fn in_f32() {
    agree(Precision::F32, 1e-5);
}

#[test]
fn in_f64() {
    agree(Precision::F64, 1e-12);
}

#[test]
fn a_backend_that_was_built_in_is_offered_and_one_that_was_not_is_refused_with_what_is() {
    for (name, built) in [
        ("wgpu", cfg!(feature = "wgpu")),
        ("cuda", cfg!(feature = "cuda")),
    ] {
        let offer = Offer::all()
            .into_iter()
            .find(|o| o.name.name() == name)
            .unwrap();
        assert_eq!(offer.built, built, "{name}");
        let experiment = crate::small_networks::experiment(&format!(
            "data.source = \"digits\"\n[backend]\nname = \"{name}\""
        ));
        let made = Setup::new(experiment);
        if built {
            assert!(offer.device.is_some(), "{name}: no device on this machine");
            assert!(made.is_ok());
        } else {
            let error = made.err().unwrap().to_string();
            assert!(error.contains(&format!("--features {name}")), "{error}");
            assert!(
                error.contains("there are flex (f32, f64), ndarray (f32, f64)"),
                "{error}"
            );
        }
    }
}
