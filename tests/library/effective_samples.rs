//! The effective samples and the ridge of linear networks, against those that they were trained with.
//!
//! The rule: means over R networks differ from the truth by at most 2 %, and Student's quantile for R networks times
//! the standard error, at a family-wise error of 1e-3 over the comparisons of a test.

use crate::probe_draws::{Linear, gaussian_rows, level_of, noised};
use faer::MatRef;
use lindiff::config::{DataConfig, Draw, Source};
use lindiff::data::pixels;
use lindiff::denoiser::{Draws, TestRows};
use lindiff::gaussian::Spectrum;
use lindiff::text::statistics::{family_wise, mean_and_error};
use lindiff::theory::{EffectiveSamples, LinearPart, NotIdentified, effective_samples};

const DIM: usize = 64;
const TEST_ROWS: usize = 997;

/// What is said of a network trained on N rows of a power law, from other rows of it.
fn probed(samples: usize, ridge: f64, z: f64, test_rows: usize, seed: u64) -> LinearPart {
    let spectrum = Spectrum::power_law(DIM, 1.0).unwrap();
    let lambda = spectrum.eigenvalues();
    let train = gaussian_rows(lambda, samples, seed);
    let test = gaussian_rows(lambda, test_rows, seed + 1000);
    trained_and_probed(train.as_ref(), ridge, z, test.as_ref(), seed)
}

fn trained_and_probed(
    train: MatRef<'_, f64>,
    ridge: f64,
    z: f64,
    test: MatRef<'_, f64>,
    seed: u64,
) -> LinearPart {
    let network = Linear::trained(train, z, ridge);
    let (x, row) = noised(test, 1, z, seed);
    let denoised = network.denoised(x.as_ref());
    let test = TestRows::new(test).unwrap();
    let draws = Draws::new(
        &test,
        level_of(z),
        x.as_ref(),
        denoised.as_ref(),
        Some(&row),
    );
    effective_samples(&draws.unwrap(), seed).unwrap()
}

/// Whether values agree with a number up to a margin.
fn agree(values: &[f64], with: f64, margin: f64, comparisons: usize) -> bool {
    let (mean, error) = mean_and_error(values);
    let allowed = margin + family_wise(comparisons, values.len()) * error.unwrap();
    (mean.unwrap() - with).abs() <= allowed
}

#[test]
fn linear_networks_are_worth_their_rows_and_carry_their_ridge() {
    const NETWORKS: u64 = 8;
    for samples in [50, 200, 800] {
        for ridge in [0.0, 0.3] {
            let found = (0..NETWORKS).map(|seed| probed(samples, ridge, 1.0, TEST_ROWS, seed));
            let found: Vec<EffectiveSamples> = found.map(|part| part.effective.unwrap()).collect();
            let worth: Vec<f64> = found.iter().map(|f| f.samples.value.ln()).collect();
            let carried: Vec<f64> = found.iter().map(|f| f.ridge.value).collect();
            let says = |rows: f64| agree(&worth, rows.ln(), 0.02, 12);
            assert!(
                says(samples as f64),
                "N = {samples}, c = {ridge}: log N = {worth:?}"
            );
            assert!(
                agree(&carried, ridge, 0.02, 12),
                "N = {samples}: {carried:?} for {ridge}"
            );
            assert!(
                !says(samples as f64 / 2.0),
                "N/2 must be told from N = {samples}"
            );
        }
    }
}

/// Rows that are far from Gaussian, and whose spectrum nobody has chosen.
#[test]
fn linear_networks_of_digits_are_worth_their_rows_too() {
    for ridge in [0.0, 0.3] {
        let of = |seed: u64| {
            let config = DataConfig::new(Source::digits(), 200).draw(Draw::Rows);
            let digits = pixels(&config, 1, seed).unwrap();
            let (train, test) = (digits.train(0), digits.test(0, 10_000).unwrap());
            trained_and_probed(train.as_matrix(), ridge, 1.0, test.as_matrix(), seed)
        };
        let found: Vec<EffectiveSamples> =
            (0..10).map(|seed| of(seed).effective.unwrap()).collect();
        let worth: Vec<f64> = found.iter().map(|f| f.samples.value.ln()).collect();
        let carried: Vec<f64> = found.iter().map(|f| f.ridge.value).collect();
        assert!(agree(&worth, 200f64.ln(), 0.02, 4), "{worth:?}");
        assert!(!agree(&worth, 100f64.ln(), 0.02, 4));
        assert!(agree(&carried, ridge, 0.02, 4), "{carried:?} for {ridge}");
    }
}

#[test]
fn few_test_rows_do_not_count_as_rows_of_the_network() {
    let (samples, test_rows) = (800.0, 300.0);
    let found = (0..12).map(|seed| probed(800, 0.0, 1.0, 300, seed).effective.unwrap());
    let shares: Vec<f64> = found.map(|f| 1.0 / f.samples.value).collect();
    assert!(
        agree(&shares, 1.0 / samples, 0.02 / samples, 2),
        "{shares:?}"
    );
    assert!(!agree(&shares, 1.0 / samples + 1.0 / test_rows, 0.0, 2));
}

#[test]
fn a_bias_of_more_than_three_quarters_of_the_excess_leaves_n_unidentified() {
    // Below the ridge in variance of the noise, shrinkage is nearly all of the excess.
    let part = probed(800, 0.3, 0.09, TEST_ROWS, 1);
    let reason = part.effective.unwrap_err();
    assert!(
        matches!(reason, NotIdentified::Bias { share } if share > 0.75),
        "{reason}"
    );
    assert!(part.against_truth.unwrap().bias_share > 0.75);
    // At more noise the same ridge is identified.
    assert!(probed(800, 0.3, 1.0, TEST_ROWS, 1).effective.is_ok());
}

#[test]
fn few_rows_or_draws_leave_n_unidentified_with_what_is_needed() {
    let reason = |z: f64, rows: usize| probed(50, 0.0, z, rows, 1).effective.unwrap_err();
    let few = reason(1.0, 140);
    assert!(
        matches!(few, NotIdentified::TooFewDraws { needed: 130, .. }),
        "{few}"
    );
    // With little noise nearly all of the 64 directions count.
    let few = reason(1e-3, 150);
    assert!(
        matches!(
            few,
            NotIdentified::TooFewRows {
                needed: 250..=260,
                ..
            }
        ),
        "{few}"
    );
}

/// The table of `docs/theory.md`, section 10: means and standard deviations of 40 networks.
#[test]
#[ignore = "240 networks: half a minute"]
fn the_table_of_linear_networks() {
    const NETWORKS: u64 = 40;
    println!("N  ridge  N found (sd)  ridge found (sd)  intervals of N that hold N");
    for samples in [50, 200, 800] {
        for ridge in [0.0, 0.3] {
            let found =
                (0..NETWORKS).map(|seed| probed(samples, ridge, 1.0, TEST_ROWS, 100 + seed));
            let found: Vec<EffectiveSamples> = found.map(|part| part.effective.unwrap()).collect();
            let spread = |value: fn(&EffectiveSamples) -> f64| {
                let values: Vec<f64> = found.iter().map(value).collect();
                let (mean, error) = mean_and_error(&values);
                (mean.unwrap(), error.unwrap() * (NETWORKS as f64).sqrt())
            };
            let (rows, rows_spread) = spread(|f| f.samples.value);
            let (carried, carried_spread) = spread(|f| f.ridge.value);
            let truth = samples as f64;
            let holds = |f: &&EffectiveSamples| f.samples.low <= truth && truth <= f.samples.high;
            let held = found.iter().filter(holds).count();
            println!(
                "{samples}  {ridge}  {rows:.1} ({rows_spread:.1})  {carried:.4} ({carried_spread:.4})  {held} of {NETWORKS}"
            );
            let worth: Vec<f64> = found.iter().map(|f| f.samples.value.ln()).collect();
            assert!(agree(&worth, truth.ln(), 0.01, 6), "{samples}, {ridge}");
        }
    }
}
