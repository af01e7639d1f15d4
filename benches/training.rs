//! How long an epoch of each objective and optimiser, the samplers and the moments take:
//! `cargo bench --bench training`.

use std::path::Path;

use divan::Bencher;
use lindiff::config::Experiment;
use lindiff::data::{ReadRows, Values};
use lindiff::gaussian::Moments;
use lindiff::gaussian::symmetric_eigen;
use lindiff::run::Setup;
use lindiff::sampling::law;
use lindiff::score::Snapshot;
use lindiff::score::{DrawOptions, draw};
use lindiff::training::RunOptions;
use std::sync::atomic::AtomicBool;

/// The program's own allocator: with the system's, large tensors are faulted in again and again.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() {
    divan::main();
}

/// d = 100, T = 100 and N = 500, small enough for a bench of all.
fn setup(sets: &[&str]) -> Setup {
    let base = [
        "data.source=power-law",
        "data.dim=100",
        "data.samples=500",
        "schedule.steps=100",
        "sampling.draws=0",
        "training.evaluate=1000000",
        "training.epochs=1000000",
    ];
    let sets: Vec<String> = base.iter().chain(sets).map(|s| s.to_string()).collect();
    let loaded = Experiment::from_toml("", Path::new(""), &sets).expect("an experiment");
    Setup::new(loaded.experiment).expect("a setup")
}

/// One epoch after another of one learner: an interruption that is there already stops after each.
fn epoch(bencher: Bencher, sets: &[&str]) {
    let setup = setup(sets);
    let mut learner = setup.learner().expect("takes steps");
    let interrupt = AtomicBool::new(true);
    let options = || RunOptions::default().interrupt(&interrupt);
    // Epoch 0 is announced, and its evaluation made.
    learner.run(options()).expect("a start");
    bencher.bench_local(|| learner.run(options()).expect("an epoch"));
}

const OPTIMIZERS: [&str; 3] = ["sgd", "adam", "adamw"];

#[divan::bench(args = OPTIMIZERS)]
fn epoch_of_the_exact_objective(bencher: Bencher, optimizer: &str) {
    epoch(
        bencher,
        &[
            &format!("training.optimizer={optimizer}"),
            "training.basis=data",
        ],
    );
}

#[divan::bench]
fn epoch_in_the_eigenbasis(bencher: Bencher) {
    epoch(bencher, &["training.optimizer=sgd"]);
}

#[divan::bench(args = OPTIMIZERS)]
fn epoch_of_the_sampled_objective(bencher: Bencher, optimizer: &str) {
    let optimizer = format!("training.optimizer={optimizer}");
    epoch(bencher, &[&optimizer, "training.objective=sampled"]);
}

#[divan::bench(args = OPTIMIZERS)]
fn epoch_of_the_frozen_objective(bencher: Bencher, optimizer: &str) {
    let optimizer = format!("training.optimizer={optimizer}");
    epoch(bencher, &[&optimizer, "training.objective=frozen"]);
}

fn untrained(sets: &[&str]) -> (Setup, Snapshot) {
    let setup = setup(sets);
    let learner = setup.learner().expect("takes steps");
    let snapshot = learner.snapshot();
    drop(learner);
    (setup, snapshot)
}

#[divan::bench]
fn a_thousand_draws(bencher: Bencher) {
    let (setup, snapshot) = untrained(&[]);
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
    let (setup, snapshot) = untrained(&["backend.precision=f64"]);
    let network = snapshot.denoiser(setup.schedule()).expect("its own steps");
    bencher.bench_local(|| law(setup.evaluator().rules(), &network));
}

#[divan::bench(args = [1000, 10_000])]
fn spectrum_of_rows_of_bytes(bencher: Bencher, rows: usize) {
    let bytes = (0..rows * 100).map(|k| ((k * 7919 + k / 100) % 251) as u8);
    let rows = ReadRows::new(Values::Bytes(bytes.collect()), 100);
    bencher.bench_local(|| symmetric_eigen(Moments::of_read(&rows).covariance.as_ref()));
}
