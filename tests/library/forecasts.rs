//! Forecasts from rows of a known law, against the theory of its spectrum.

use lindiff::config::Experiment;
use lindiff::data::write_npy;
use lindiff::diffusion::NoiseLevel;
use lindiff::forecast::{Basis, forecast};
use lindiff::gaussian::Spectrum;
use lindiff::text::statistics::mean_and_error;
use lindiff::theory::{Ensemble, Mean};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{Binomial, DiscreteCDF};

const DIM: usize = 80;

/// Of `trials` intervals at 95 %, is this number of hits no fewer than chance allows, at 1e-3 over the comparisons?
fn enough(hits: u64, trials: u64, comparisons: f64) -> bool {
    let law = Binomial::new(0.95, trials).unwrap();
    law.cdf(hits) > 1e-3 / comparisons
}

/// Intervals are on average less than four times as wide as the spread of the forecasts calls for. (The jackknife is
/// wide by design where rows are few: 2.5 times at N = d/2.)
fn assert_not_far_wider_than_the_spread(seen: &[(f64, f64)]) {
    let (values, halves): (Vec<f64>, Vec<f64>) = seen.iter().copied().unzip();
    let (_, Some(error)) = mean_and_error(&values) else {
        return;
    };
    let half = mean_and_error(&halves).0.unwrap();
    let deviation = error * (values.len() as f64).sqrt();
    println!(
        "half width {half:.3e}, deviation {deviation:.3e}: ratio {:.2}",
        half / deviation / 1.96
    );
    assert!(
        half < 4.0 * 1.96 * deviation,
        "{half} for a deviation of {deviation}"
    );
}

/// Counts how many intervals hold the truth, for N/2, N, 2 N and 4 N rows, and how many are identified.
fn check(exponents: &[f64], sizes: &[usize], repeats: usize) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("rows.npy");
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let comparisons = (4 * exponents.len() * sizes.len()) as f64;
    let mut counted = 0;
    for &exponent in exponents {
        let spectrum = Spectrum::power_law(DIM, exponent).unwrap();
        for &rows in sizes {
            let others = [rows / 2, rows, 2 * rows, 4 * rows];
            let mut tallies = [(0u64, 0u64); 4];
            let mut seen: [Vec<(f64, f64)>; 4] = Default::default();
            for _ in 0..repeats {
                let values: Vec<f64> = (0..rows * DIM)
                    .map(|i| {
                        let normal: f64 = StandardNormal.sample(&mut random);
                        normal * spectrum.eigenvalues()[i % DIM].sqrt()
                    })
                    .collect();
                write_npy(&path, &[rows, DIM], &values).unwrap();
                let sets = [
                    "data.source=\"file\"".to_owned(),
                    format!("data.path={:?}", path.display().to_string()),
                    "data.scale=\"none\"".to_owned(),
                    "schedule.keep=8".to_owned(),
                    "training.ridge=0.02".to_owned(),
                ];
                let experiment = Experiment::from_toml("", folder.path(), &sets)
                    .unwrap()
                    .experiment;
                let found = forecast(&experiment, &others).unwrap();
                let levels: Vec<NoiseLevel> = experiment
                    .schedule
                    .build()
                    .unwrap()
                    .iter()
                    .map(|step| step.level())
                    .collect();
                for (k, with) in found.with_samples.iter().enumerate() {
                    if with.test_loss.basis == Basis::AssumesTheTail {
                        continue;
                    }
                    let ensemble = Ensemble::new(&spectrum, with.samples, Mean::Fitted).unwrap();
                    let test = |level: &NoiseLevel| ensemble.losses(level, 0.02).unwrap().test_loss;
                    let truth = levels.iter().map(test).sum::<f64>() / levels.len() as f64;
                    let half = (with.test_loss.high - with.test_loss.low) / 2.0;
                    seen[k].push((with.test_loss.value, half));
                    tallies[k].1 += 1;
                    tallies[k].0 +=
                        u64::from((with.test_loss.low..=with.test_loss.high).contains(&truth));
                }
            }
            println!("k {exponent}, N {rows}, for N/2, N, 2N, 4N: (hits, identified) {tallies:?}");
            for ((hits, trials), seen) in tallies.into_iter().zip(&seen) {
                counted += trials;
                assert_not_far_wider_than_the_spread(seen);
                assert!(
                    trials == 0 || enough(hits, trials, comparisons),
                    "k {exponent}, N {rows}: {tallies:?}"
                );
            }
        }
    }
    let least = 2 * repeats as u64 * (exponents.len() * sizes.len()) as u64;
    assert!(counted >= least, "{counted} of {least}");
}

#[test]
fn at_least_as_often_as_they_say_where_the_rows_identify_the_value() {
    check(&[1.0], &[DIM / 2, 2 * DIM], 12);
}

#[test]
#[ignore = "six minutes: cargo test --release --test library forecasts:: -- --ignored"]
fn the_same_for_three_power_laws_and_three_numbers_of_rows() {
    check(&[0.5, 1.0, 1.5], &[DIM / 4, DIM / 2, 2 * DIM], 60);
}
