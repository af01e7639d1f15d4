//! One run has the same losses on every backend, up to rounding: noise and starting weights come from the host.
//!
//! By default the backends are flex and ndarray. With `cargo test --release --features wgpu --test training
//! backends::` (or `cuda`) those join, and must find a device.

use crate::small_networks::setup;
use lindiff::config::{BackendConfig, BackendName, Named, Precision, RateSchedule};
use lindiff::data::Rows;
use lindiff::denoiser::PointDenoiser;
use lindiff::diffusion::Schedule;
use lindiff::neural::{NetworkConfig, NetworkKind, Trainer, TrainerConfig};
use lindiff::random::{Purpose, fill_normal, stream};
use lindiff::run::Setup;
use lindiff::sampling::Evaluation;
use lindiff::score::{Offer, TensorDevice};
use lindiff::text::statistics::worst;
use lindiff::training::optimizer::Adam;
use lindiff::training::{LearningRate, RunOptions};

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

/// The losses of each step, of networks that are not linear, and what they then predict.
fn neural_numbers(backend: BackendConfig, kind: NetworkKind) -> Vec<f64> {
    const DIM: usize = 64;
    let config = TrainerConfig {
        network: NetworkConfig::new(kind),
        batch_size: 6,
        optimizer: Adam::coupled(0.0),
        learning_rate: LearningRate::new(1e-3, RateSchedule::Constant, 1),
        ema: 0.9,
    };
    let schedule = Schedule::cosine(40).unwrap();
    let rows = |item: u64, count: usize| {
        let mut numbers = vec![0.0; count * DIM];
        fill_normal(&mut stream(2, Purpose::Data, item), &mut numbers);
        Rows::new(numbers, DIM)
    };
    let device = TensorDevice::new(backend).unwrap();
    let sets = vec![rows(0, 20), rows(1, 9)];
    let mut trainer = Trainer::new(config, &schedule, sets, 5, &device).unwrap();
    let mut numbers: Vec<f64> = (0..8).flat_map(|_| trainer.step().unwrap()).collect();
    let denoiser = trainer.networks().denoiser(1, &schedule, &device);
    let predicted = denoiser.predicted_noise(rows(2, 3).as_matrix(), 20);
    numbers.extend(predicted.row_iter().map(|row| row.squared_norm_l2()));
    numbers
}

/// Adam divides by the size of a gradient, so where that is near its epsilon, 1e-8, a difference in the last digit grows
/// by up to 1e8 in a step.
#[test]
fn networks_that_are_not_linear_train_and_predict_alike() {
    let kinds = [
        NetworkKind::Mlp {
            width: 24,
            layers: 2,
        },
        NetworkKind::UNet {
            channels: 16,
            image: [8, 8],
        },
    ];
    for (precision, within) in [(Precision::F32, 1e-4), (Precision::F64, 1e-8)] {
        for kind in kinds {
            let flex = BackendConfig::default().precision(precision);
            let expected = neural_numbers(flex, kind);
            let offers = Offer::all().into_iter().filter(|offer| {
                offer.name != BackendName::Flex
                    && offer.precisions.contains(&precision)
                    && flex.name(offer.name).has_exponentials()
            });
            for offer in offers {
                let got = neural_numbers(flex.name(offer.name), kind);
                let pairs = got.iter().zip(&expected);
                let worst = worst(pairs.map(|(a, b)| (a - b).abs() / b.abs()));
                println!(
                    "{} {}: {worst:.1e} ({kind:?})",
                    offer.name.name(),
                    precision.name()
                );
                assert!(
                    worst < within,
                    "{:?}, {kind:?}: off by {worst:e}",
                    offer.name
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
