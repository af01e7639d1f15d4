//! Forecasts for other numbers of rows: the table of section 9, limits, and hard rows.

use super::*;
use crate::gaussian::Spectrum;
use crate::theory::Ensemble;
use crate::theory::rows::moved::Spread;
use approx::assert_relative_eq;
use faer::Mat;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

fn level(alpha_bar: f64) -> NoiseLevel {
    NoiseLevel::from_alpha_bar(alpha_bar).unwrap()
}

/// The rows of theory.md: `sin(i j^2 + 0.3 i^2 + j) sqrt(w_i/j)`.
fn sines(count: usize, dim: usize) -> LeaveOneOut {
    let rows = Mat::from_fn(count, dim, |i, j| {
        let (i, j) = (i as f64 + 1.0, j as f64 + 1.0);
        let weight = if i % 3.0 == 0.0 { 2.0 } else { 0.5 };
        (i * j * j + 0.3 * i * i + j).sin() * f64::sqrt(weight / j)
    });
    LeaveOneOut::new(rows.as_ref()).unwrap()
}

/// Normal rows with variances `1/j` and the weights 1/2 and 2.
fn normal(count: usize, dim: usize, seed: u64) -> Mat<f64> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    Mat::from_fn(count, dim, |i, j| {
        let zeta: f64 = StandardNormal.sample(&mut random);
        let weight: f64 = if i % 3 == 0 { 2.0 } else { 0.5 };
        zeta * (weight / (1.0 + j as f64)).sqrt()
    })
}

fn without_the_step_of_the_spread<'a>(
    rows: &'a LeaveOneOut,
    steps: &[(NoiseLevel, f64)],
) -> Transport<'a> {
    let mut transport = Transport::new(rows, RowWeights::Own, steps).unwrap();
    transport.spreads.fill(WeightSpread::UNSEEN);
    transport
}

#[test]
fn forecasts_are_those_of_the_table_in_section_9() {
    let steps = [(level(0.9), 0.0)];
    let few = sines(12, 20);
    let many = sines(40, 10);
    let cases: [(&LeaveOneOut, &[(f64, f64)]); 2] = [
        (
            &few,
            &[
                (6.0, 0.678719),
                (12.0, 0.568215),
                (24.0, 0.493597),
                (48.0, 0.444408),
                (f64::INFINITY, 0.377623),
            ],
        ),
        (
            &many,
            &[
                (20.0, 0.618923),
                (40.0, 0.554599),
                (80.0, 0.524415),
                (160.0, 0.510035),
                (f64::INFINITY, 0.496222),
            ],
        ),
    ];
    for (rows, wanted) in cases {
        let transport = without_the_step_of_the_spread(rows, &steps);
        for &(samples, loss) in wanted {
            let found = transport.losses(samples, TailRule::Logit).unwrap();
            assert!(found.is_identified(), "{samples}");
            let test = found.mean_test_loss();
            assert!((test - loss).abs() < 6e-7, "{samples}: {test} for {loss}");
        }
    }
    let transport = Transport::new(&few, RowWeights::Own, &steps).unwrap();
    for (samples, loss) in [(6.0, 0.679), (12.0, 0.568), (24.0, 0.491), (48.0, 0.441)] {
        let found = transport.losses(samples, TailRule::Logit).unwrap();
        let test = found.mean_test_loss();
        assert!((test - loss).abs() < 5.5e-4, "{samples}: {test} for {loss}");
    }
}

#[test]
fn one_row_fewer_than_there_are_gives_the_mean_leave_one_out_loss_with_any_ridge() {
    let steps: Vec<(NoiseLevel, f64)> = [0.05, 0.5, 0.9, 0.99, 0.9999]
        .into_iter()
        .flat_map(|ab| [0.0, 0.1].map(|gamma| (level(ab), gamma)))
        .collect();
    for (count, dim) in [
        (12, 20),
        (20, 20),
        (21, 20),
        (22, 20),
        (60, 10),
        (3, 4),
        (3, 1),
    ] {
        let rows = LeaveOneOut::new(normal(count, dim, 1).as_ref()).unwrap();
        let exact = rows.losses(&steps).by_step;
        for (&(level, gamma), &exact) in steps.iter().zip(&exact) {
            let noise = level.noise_to_signal();
            let ridge = noise + gamma / level.alpha_bar();
            let shown = &rows.shown(&[ridge], RowWeights::Own)[0];
            let factor = shown
                .spread_factor(shown.samples, shown.weight_spread())
                .unwrap();
            let spread = Spread { factor, slope: 0.0 };
            let moved = shown.moved(shown.samples, spread).unwrap();
            assert_relative_eq!(moved.ratio, 1.0, max_relative = 1e-12);
            let found = moved.here().losses(noise / ridge, dim as f64);
            assert_relative_eq!(found.test, exact, max_relative = 1e-12);
        }
        let transport = Transport::new(&rows, RowWeights::Own, &steps).unwrap();
        let found = transport
            .losses(count as f64 - 1.0, TailRule::Logit)
            .unwrap();
        for (found, exact) in found.test_loss.iter().zip(&exact) {
            assert_relative_eq!(found, exact, max_relative = 1e-11);
        }
    }
}

#[test]
fn losses_between_the_points_of_the_grid_are_those_of_the_rows_there() {
    for (count, dim) in [(12, 20), (20, 20), (22, 20), (60, 10)] {
        let rows = LeaveOneOut::new(normal(count, dim, 2).as_ref()).unwrap();
        for samples in [0.5, 0.9, 1.0, 2.0, 10.0].map(|times| times * count as f64) {
            for ridge in [3e-4, 0.0123, 0.31, 2.7, 30.0] {
                let shown = &rows.shown(&[ridge], RowWeights::Own)[0];
                let Some(moved) = shown.moved(samples, Spread::NONE) else {
                    continue;
                };
                let noise = moved.log_ridge.exp();
                let steps = [(level(1.0 / (1.0 + noise)), 0.0), (level(0.5), 0.0)];
                let transport = without_the_step_of_the_spread(&rows, &steps);
                let found = transport.losses(samples, TailRule::Logit).unwrap();
                let exact = moved.here().losses(1.0, dim as f64);
                assert!(found.identified[0], "{count} {samples} {ridge}");
                assert_relative_eq!(found.test_loss[0], exact.test, max_relative = 1e-9);
                assert_relative_eq!(found.train_loss[0], exact.train, max_relative = 1e-8);
            }
        }
    }
}

#[test]
fn equal_weights_give_the_theory_of_gaussian_rows_with_the_spectrum_that_they_do_not_know() {
    let spectrum = Spectrum::power_law(120, 1.0).unwrap();
    let steps = [(level(0.3), 0.0), (level(0.3), 0.2)];
    for samples in [40, 240] {
        let ensemble = Ensemble::new(&spectrum, samples, Mean::Fitted).unwrap();
        let rows = LeaveOneOut::new(with_spectrum(&ensemble).as_ref()).unwrap();
        let transport = Transport::new(&rows, RowWeights::Equal, &steps).unwrap();
        for times in [0.5, 1.0, 1.5, 4.0] {
            let count = (times * samples as f64) as usize;
            let found = transport.losses(count as f64, TailRule::Logit).unwrap();
            let ensemble = Ensemble::new(&spectrum, count, Mean::Fitted).unwrap();
            for (step, (level, gamma)) in steps.iter().enumerate() {
                let wanted = ensemble.losses(level, *gamma).unwrap();
                let [train, test] = [found.train_loss[step], found.test_loss[step]];
                assert!(found.identified[step]);
                assert_relative_eq!(test, wanted.test_loss, max_relative = 1e-3);
                assert_relative_eq!(train, wanted.train_loss, max_relative = 1e-3);
            }
        }
        let oracle = transport.oracle(TailRule::Logit);
        assert_relative_eq!(
            oracle.test_loss[0],
            spectrum.oracle_loss(&steps[0].0),
            max_relative = 1e-3
        );
    }
}

/// Rows whose covariance has exactly the typical eigenvalues: waves, whose squares are nearly the same in all rows.
fn with_spectrum(ensemble: &Ensemble<'_>) -> Mat<f64> {
    let eigenvalues = ensemble.typical_eigenvalues().unwrap();
    let count = ensemble.samples() as usize;
    Mat::from_fn(count, ensemble.dim(), |i, j| {
        let place = (i as f64 + 0.5) * (j + 1) as f64 / count as f64;
        match j + 1 < count {
            true => (2.0 * eigenvalues[j]).sqrt() * (std::f64::consts::PI * place).cos(),
            false => 0.0,
        }
    })
}

#[test]
fn what_few_rows_do_not_show_is_marked_as_extrapolated_and_joins_what_they_show() {
    let rows = LeaveOneOut::new(normal(30, 60, 3).as_ref()).unwrap();
    let levels: Vec<(NoiseLevel, f64)> = (0..200)
        .map(|k| (level(1.0 / (1.0 + 1e-4 * 1.08f64.powi(k))), 0.0))
        .collect();
    let transport = Transport::new(&rows, RowWeights::Own, &levels).unwrap();
    let edge = transport.edge().unwrap();
    assert_relative_eq!(edge.degrees, 28.0, max_relative = 1e-4);
    let own = transport.losses(29.0, TailRule::Logit).unwrap();
    let fewer = transport.losses(15.0, TailRule::Logit).unwrap();
    assert!(own.is_identified() && fewer.is_identified());
    let oracle = transport.oracle(TailRule::Logit);
    for (step, &identified) in oracle.identified.iter().enumerate() {
        // The oracle's ridge is kappa itself.
        assert_eq!(identified, levels[step].0.noise_to_signal() >= edge.kappa);
    }
    for rule in [TailRule::Logit, TailRule::Power] {
        let mut before = own.test_loss.clone();
        for samples in [40.0, 60.0, 120.0, 1000.0, f64::INFINITY] {
            let found = transport.losses(samples, rule).unwrap();
            assert!(
                found.identified.is_sorted() && !found.is_identified(),
                "{samples}"
            );
            for (step, pair) in found.test_loss.windows(2).enumerate() {
                let jump = (pair[1] / pair[0]).ln().abs();
                assert!(jump < 0.2, "{rule:?} {samples} {step}: {pair:?}");
            }
            let pairs = found.test_loss.iter().zip(&before);
            assert!(
                pairs.clone().all(|(now, before)| now <= before),
                "{rule:?} {samples}"
            );
            before = found.test_loss;
        }
    }
}

#[test]
fn hard_rows_give_losses_that_are_finite_and_above_0() {
    let mut long = normal(30, 8, 5);
    long.row_mut(4).iter_mut().for_each(|x| *x *= 1000.0);
    let few = normal(9, 12, 7);
    let copies = Mat::from_fn(14, 12, |i, j| few[(i % 9, j)]);
    let thin = normal(25, 3, 9) * normal(3, 10, 10);
    let shapes = [
        normal(3, 1, 1),
        normal(3, 5, 1),
        normal(13, 12, 2),
        normal(14, 12, 2),
        long,
        copies,
        thin,
        normal(200, 1, 3) * faer::Scale(1e-6),
        normal(12, 30, 4) * faer::Scale(1e6),
    ];
    let steps: Vec<(NoiseLevel, f64)> = [1e-9, 1e-4, 0.5, 0.9999, 1.0 - 1e-9]
        .into_iter()
        .flat_map(|ab| [0.0, 0.1, 1e4].map(|gamma| (level(ab), gamma)))
        .collect();
    for (shape, rows) in shapes.iter().enumerate() {
        let rows = LeaveOneOut::new(rows.as_ref()).unwrap();
        let count = rows.samples() as f64;
        for weights in [RowWeights::Own, RowWeights::Equal] {
            let transport = Transport::new(&rows, weights, &steps).unwrap();
            let sizes = [
                2.0,
                3.0,
                count - 1.0,
                count,
                2.0 * count,
                1e9,
                f64::INFINITY,
            ];
            for (samples, rule) in sizes
                .into_iter()
                .flat_map(|samples| [TailRule::Logit, TailRule::Power].map(|rule| (samples, rule)))
            {
                let found = transport.losses(samples, rule).unwrap();
                let of_shape = format!("{shape} {weights:?} {samples} {rule:?}: {found:?}");
                let losses = found.test_loss.iter().chain(&found.train_loss);
                assert!(
                    losses.clone().all(|&l| l.is_finite() && l >= 0.0),
                    "{of_shape}"
                );
                assert!(found.test_loss.iter().all(|&l| l > 0.0), "{of_shape}");
            }
        }
    }
}
