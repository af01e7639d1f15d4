//! How long a prediction takes: `cargo bench --bench theory`.

use divan::{Bencher, black_box};
use lindiff::config::Target;
use lindiff::denoiser::{Copying, Decomposition, Draws, NoisedRows, TestRows};
use lindiff::diffusion::{NoiseLevel, Schedule};
use lindiff::faer::Mat;
use lindiff::gaussian::{RowWeights, Spectrum};
use lindiff::theory::{
    Ensemble, LeaveOneOut, Lens, Mean, Network, Progress, RowContour, RowGroups, TrainedModel,
    effective_samples,
};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

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

/// Sixteen weights, from 0.25 to 4.
fn sixteen_weights() -> RowWeights {
    let weights: Vec<f64> = (0..16)
        .map(|i| 2f64.powf(f64::from(i) / 3.75 - 2.0))
        .collect();
    RowWeights::from_values(&weights).expect("weights")
}

#[divan::bench(args = [100, 1000, 10_000])]
fn losses_in_closed_form_of_sixteen_weights(bencher: Bencher, dim: usize) {
    let (spectrum, law) = (spectrum(dim), sixteen_weights());
    let ensemble = Ensemble::new(&spectrum, dim / 2, Mean::Known).expect("samples");
    let ensemble = ensemble.with_row_weights(&law);
    bencher.bench_local(|| ensemble.losses(black_box(&level()), 0.0));
}

#[divan::bench(args = [100, 1000, 10_000])]
fn divergences_in_closed_form_of_sixteen_weights(bencher: Bencher, dim: usize) {
    let (spectrum, law) = (spectrum(dim), sixteen_weights());
    let ensemble = Ensemble::new(&spectrum, dim / 2, Mean::Known).expect("samples");
    let ensemble = ensemble.with_row_weights(&law);
    bencher.bench_local(|| ensemble.divergences(black_box(0.05)));
}

#[divan::bench(args = [100, 1000, 10_000])]
fn expected_losses(bencher: Bencher, dim: usize) {
    let spectrum = spectrum(dim);
    let ensemble = Ensemble::new(&spectrum, dim / 2, Mean::Known).expect("samples");
    bencher.bench_local(|| ensemble.expected_losses(black_box(&level()), 0.0));
}

#[divan::bench(args = [100, 1000, 10_000])]
fn expected_losses_of_sixteen_weights(bencher: Bencher, dim: usize) {
    let (spectrum, law) = (spectrum(dim), sixteen_weights());
    let ensemble = Ensemble::new(&spectrum, dim / 2, Mean::Known).expect("samples");
    let ensemble = ensemble.with_row_weights(&law);
    bencher.bench_local(|| ensemble.expected_losses(black_box(&level()), 0.0));
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

/// Normal rows whose columns have variances that fall.
fn rows(count: usize, dim: usize) -> Mat<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(0);
    Mat::from_fn(count, dim, |_, j| {
        let z: f64 = StandardNormal.sample(&mut rng);
        z / (1.0 + j as f64).sqrt()
    })
}

fn levels(count: u32) -> Vec<(NoiseLevel, f64)> {
    let level = |t: u32| {
        let alpha_bar = 1.0 - f64::from(t) / f64::from(count + 1);
        (
            NoiseLevel::from_alpha_bar(alpha_bar).expect("between 0 and 1"),
            0.0,
        )
    };
    (1..=count).map(level).collect()
}

#[divan::bench(args = [(1000, 784), (10_000, 784), (100, 20_000), (200_000, 3)], sample_count = 3)]
fn rows_decomposed(bencher: Bencher, (count, dim): (usize, usize)) {
    let rows = rows(count, dim);
    bencher.bench_local(|| LeaveOneOut::new(black_box(rows.as_ref())).expect("rows"));
}

#[divan::bench(args = [(1000, 784), (10_000, 784), (100, 20_000), (200_000, 3)], sample_count = 3)]
fn leave_one_out_at_1000_levels(bencher: Bencher, (count, dim): (usize, usize)) {
    let all = LeaveOneOut::new(rows(count, dim).as_ref()).expect("rows");
    let levels = levels(1000);
    bencher.bench_local(|| all.losses(black_box(&levels)));
}

#[divan::bench(args = [(1000, 784), (10_000, 784)], sample_count = 3)]
fn leave_one_out_on_a_lens(bencher: Bencher, (count, dim): (usize, usize)) {
    let all = LeaveOneOut::new(rows(count, dim).as_ref()).expect("rows");
    let model = TrainedModel {
        steps: levels(20),
        target: Target::Eps,
        network: Network::PerStep { init: 0.0 },
        progress: Progress::Converged,
    };
    bencher.bench_local(|| {
        let contour = RowContour::new(&all, model.clone(), RowContour::NODES).expect("a lens");
        contour.best_time().expect("a time")
    });
}

/// Calls `measure` with a denoiser that is not affine, on several draws of each of 3000 rows of 64.
fn on_draws(draws_of_each: usize, measure: impl FnOnce(&Draws<'_>)) {
    let schedule = Schedule::linear(1, 0.5, 0.5).expect("a step");
    let (test, train) = (rows(3000, 64), rows(50, 64));
    let test = TestRows::new(test.as_ref()).expect("rows");
    let noised = NoisedRows::draw(&test, &schedule, 0, draws_of_each, 1);
    let denoised = noised.denoised(&Copying::new(train.as_ref(), &schedule));
    measure(&noised.draws(denoised.as_ref()).expect("draws"));
}

#[divan::bench(args = [1, 10, 100], sample_count = 3)]
fn test_loss_of_3000_rows_of_64_decomposed(bencher: Bencher, draws_of_each: usize) {
    on_draws(draws_of_each, |draws| {
        bencher.bench_local(|| Decomposition::of(black_box(draws)).expect("parts"));
    });
}

#[divan::bench(args = [1, 10, 100], sample_count = 3)]
fn effective_samples_of_3000_rows_of_64(bencher: Bencher, draws_of_each: usize) {
    on_draws(draws_of_each, |draws| {
        bencher.bench_local(|| effective_samples(black_box(draws), 1).expect("draws"));
    });
}

/// One partition into ten blocks, at three levels.
#[divan::bench(args = [(1000, 784, 784), (5000, 784, 784), (5000, 784, 100)], sample_count = 3)]
fn ten_blocks_left_out(bencher: Bencher, (count, dim, leading): (usize, usize, usize)) {
    let all = LeaveOneOut::new(rows(count, dim).as_ref())
        .expect("rows")
        .leading(leading);
    let (blocks, levels) = (RowGroups::blocks(count, 10), levels(3));
    bencher.bench_local(|| all.losses_without_groups(black_box(&blocks), &levels));
}
