//! How long a prediction takes: `cargo bench --bench theory`.

use divan::{Bencher, black_box};
use lindiff::config::Target;
use lindiff::diffusion::NoiseLevel;
use lindiff::gaussian::Spectrum;
use lindiff::theory::{Ensemble, Lens, Mean, Network, Progress, TrainedModel};

fn main() {
    divan::main();
}

fn spectrum(dim: usize) -> Spectrum {
    Spectrum::power_law(dim, 1.0).expect("a power law")
}

fn level() -> NoiseLevel {
    NoiseLevel::from_alpha_bar(0.9).expect("between 0 and 1")
}

#[divan::bench(args = [100, 1000, 10_000])]
fn effective_ridge(bencher: Bencher, dim: usize) {
    let spectrum = spectrum(dim);
    let ensemble = Ensemble::new(&spectrum, dim / 2, Mean::Known).expect("samples");
    bencher.bench_local(|| ensemble.effective_ridge(black_box(0.1)));
}

#[divan::bench(args = [100, 1000, 10_000])]
fn losses_in_closed_form(bencher: Bencher, dim: usize) {
    let spectrum = spectrum(dim);
    let ensemble = Ensemble::new(&spectrum, dim / 2, Mean::Known).expect("samples");
    bencher.bench_local(|| ensemble.losses(black_box(&level()), 0.0));
}

#[divan::bench(args = [100, 1000, 10_000])]
fn divergences_in_closed_form(bencher: Bencher, dim: usize) {
    let spectrum = spectrum(dim);
    let ensemble = Ensemble::new(&spectrum, dim / 2, Mean::Known).expect("samples");
    bencher.bench_local(|| ensemble.divergences(black_box(0.05)));
}

#[divan::bench(args = [100, 1000])]
fn losses_after_a_time_on_a_lens_of_400_nodes(bencher: Bencher, dim: usize) {
    let spectrum = spectrum(dim);
    let ensemble = Ensemble::new(&spectrum, dim / 2, Mean::Known).expect("samples");
    let model = TrainedModel {
        steps: vec![(level(), 0.0)],
        target: Target::Eps,
        network: Network::PerStep { init: 0.0 },
        progress: Progress::Flow(3.0),
    };
    bencher.bench_local(|| {
        let lens = Lens::new(&ensemble, black_box(400)).expect("a lens");
        model.losses(&ensemble, &lens)
    });
}
