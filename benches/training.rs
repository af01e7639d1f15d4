//! How long an epoch of each objective and optimiser, the samplers and the moments take:
//! `cargo bench --bench training`.

use std::sync::atomic::AtomicBool;

use divan::Bencher;
use lindiff::config::{
    BackendConfig, Basis, Evaluate, Experiment, Named, NoiseDraws, Objective, Optimizer, Precision,
    SamplingConfig, ScheduleConfig, Source, TrainingConfig,
};
use lindiff::data::{ReadRows, Values};
use lindiff::gaussian::{Moments, symmetric_eigen};
use lindiff::run::Setup;
use lindiff::sampling::law;
use lindiff::score::{DrawOptions, Snapshot, draw};
use lindiff::training::RunOptions;

/// The program's own allocator: with the system's, large tensors are faulted in again and again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// d = 100, T = 100 and N = 500, small enough for a bench of all.
fn setup(training: TrainingConfig, precision: Precision) -> Setup {
    let training = training.epochs(MANY).evaluate(Evaluate::Every(MANY));
    let experiment = Experiment::new(Source::power_law(100, 1.0), 500)
        .schedule(ScheduleConfig::linear(100, 1e-4, 1e-2))
        .training(training)
        .sampling(SamplingConfig::default().draws(0))
        .backend(BackendConfig::default().precision(precision));
    Setup::new(experiment.check().expect("an experiment")).expect("a setup")
}

/// More epochs than a bench runs.
const MANY: usize = 1_000_000;

/// One epoch after another of one learner: an interruption that is there already stops after each.
fn epoch(bencher: Bencher, training: TrainingConfig) {
    let setup = setup(training, Precision::F32);
    let mut learner = setup.learner().expect("takes steps");
    let interrupt = AtomicBool::new(true);
    let options = || RunOptions::default().interrupt(&interrupt);
    // Epoch 0 is announced, and its evaluation made.
    learner.run(options()).expect("a start");
    bencher.bench_local(|| learner.run(options()).expect("an epoch"));
}

const OPTIMIZERS: [&str; 3] = ["sgd", "adam", "adamw"];

fn with(optimizer: &str) -> TrainingConfig {
    TrainingConfig::default().optimizer(Optimizer::named(optimizer).expect("an optimiser"))
}

#[divan::bench(args = OPTIMIZERS)]
fn epoch_of_the_exact_objective(bencher: Bencher, optimizer: &str) {
    epoch(bencher, with(optimizer).basis(Basis::Data));
}

#[divan::bench]
fn epoch_in_the_eigenbasis(bencher: Bencher) {
    epoch(bencher, TrainingConfig::default());
}

#[divan::bench(args = OPTIMIZERS)]
fn epoch_of_the_sampled_objective(bencher: Bencher, optimizer: &str) {
    let objective = Objective::Sampled(NoiseDraws::default());
    epoch(bencher, with(optimizer).objective(objective));
}

#[divan::bench(args = OPTIMIZERS)]
fn epoch_of_the_frozen_objective(bencher: Bencher, optimizer: &str) {
    let objective = Objective::Frozen(NoiseDraws::default());
    epoch(bencher, with(optimizer).objective(objective));
}

fn untrained(precision: Precision) -> (Setup, Snapshot) {
    let setup = setup(TrainingConfig::default(), precision);
    let learner = setup.learner().expect("takes steps");
    let snapshot = learner.snapshot();
    drop(learner);
    (setup, snapshot)
}

#[divan::bench]
fn a_thousand_draws(bencher: Bencher) {
    let (setup, snapshot) = untrained(Precision::F32);
    let options = DrawOptions {
        draws: 1000,
        seed: 1,
    };
    let device = setup.device().inner();
    let network = snapshot.denoiser(setup.schedule()).expect("its own steps");
    bencher.bench_local(|| {
        draw(
            setup.evaluator().rules(),
            &network,
            options,
            &device,
            |_, _| {},
        )
    });
}

#[divan::bench]
fn exact_moments_of_what_is_generated(bencher: Bencher) {
    let (setup, snapshot) = untrained(Precision::F64);
    let network = snapshot.denoiser(setup.schedule()).expect("its own steps");
    bencher.bench_local(|| law(setup.evaluator().rules(), &network));
}

#[divan::bench(args = [1000, 10_000])]
fn spectrum_of_rows_of_bytes(bencher: Bencher, rows: usize) {
    let bytes = (0..rows * 100).map(|k| ((k * 7919 + k / 100) % 251) as u8);
    let rows = ReadRows::new(Values::Bytes(bytes.collect()), 100);
    bencher.bench_local(|| symmetric_eigen(Moments::of_read(&rows).covariance.as_ref()));
}
