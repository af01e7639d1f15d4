//! The values of docs/theory.md, and identities between the formulas.

use approx::assert_relative_eq;
use lindiff::gaussian::Spectrum;
use lindiff::gaussian::{Divergence, Infinite};
use lindiff::theory::{Ensemble, Mean, frozen_losses};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, Gamma};

use crate::shared::{level, power_law};

fn known(spectrum: &Spectrum, samples: usize) -> Ensemble<'_> {
    Ensemble::new(spectrum, samples, Mean::Known).unwrap()
}

fn fitted(spectrum: &Spectrum, samples: usize) -> Ensemble<'_> {
    Ensemble::new(spectrum, samples, Mean::Fitted).unwrap()
}

/// `got` is `wanted` to the digits that `wanted` was given with.
#[track_caller]
pub fn shown(got: f64, wanted: &str) {
    let digits = wanted.split('.').nth(1).map_or(0, str::len);
    let half = 0.5000001 * 10f64.powi(-(digits as i32));
    let value: f64 = wanted.parse().unwrap();
    assert!((got - value).abs() <= half, "{got} is not {wanted}");
}

#[test]
fn losses_without_and_with_a_ridge() {
    let spectrum = power_law(200, 1.0);
    let at = level(0.95);
    let bare = known(&spectrum, 150).losses(&at, 0.0).unwrap();
    shown(bare.train_loss, "0.60118");
    shown(bare.test_loss, "2.73658");
    shown(spectrum.oracle_loss(&at), "0.87068");
    let ridged = known(&spectrum, 150).losses(&at, 0.1).unwrap();
    shown(ridged.train_loss, "0.74131");
    shown(ridged.test_loss, "1.02266");
}

#[test]
fn divergences_of_the_ideal_sampler() {
    let spectrum = power_law(200, 1.0);
    let few = known(&spectrum, 50).divergences(0.01).unwrap();
    shown(few.true_sampled.value(), "17.93722");
    shown(few.sampled_true.value(), "1.24360");
    let many = known(&spectrum, 1600).divergences(0.01).unwrap();
    shown(many.true_sampled.value(), "0.03435");
    shown(many.sampled_true.value(), "0.03093");
    let smaller = power_law(100, 1.0);
    let with_mean = fitted(&smaller, 50).divergences(0.05).unwrap();
    shown(with_mean.true_sampled.value(), "1.8451");
    shown(with_mean.sampled_true.value(), "0.4906");
}

#[test]
fn twice_as_many_samples_as_dimensions_give_more_than_the_leading_term() {
    for exponent in [0.0, 1.0, 2.0] {
        let spectrum = power_law(300, exponent);
        let pair = known(&spectrum, 600).divergences(0.0).unwrap();
        shown(pair.true_sampled.value(), "0.347");
        shown(pair.sampled_true.value(), "0.153");
    }
}

#[test]
fn exact_values_of_the_wishart_law() {
    for exponent in [0.0, 2.0] {
        let exact = known(&power_law(200, exponent), 400)
            .exact_wishart()
            .unwrap();
        shown(exact.true_sampled.value(), "0.35073");
        shown(exact.sampled_true.value(), "0.15429");
    }
    let with_mean = fitted(&power_law(20, 1.0), 30).exact_wishart().unwrap();
    shown(20.0 * with_mean.true_sampled.value(), "23.387");
    shown(20.0 * with_mean.sampled_true.value(), "5.3626");
}

#[test]
fn equivalents_and_exact_values_meet_in_high_dimension_and_for_many_samples() {
    for (dim, samples, tolerance) in [(2000, 8000, 2e-3), (50, 1_000_000_000, 1e-2)] {
        for mean in [Mean::Known, Mean::Fitted] {
            let spectrum = power_law(dim, 1.0);
            let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
            let (pair, exact) = (
                ensemble.divergences(0.0).unwrap(),
                ensemble.exact_wishart().unwrap(),
            );
            let close = |a: Divergence, b: Divergence| {
                assert_relative_eq!(
                    a.value(),
                    b.value(),
                    max_relative = tolerance + 1.5 / dim as f64
                );
            };
            close(pair.true_sampled, exact.true_sampled);
            close(pair.sampled_true, exact.sampled_true);
            if mean == Mean::Fitted {
                close(pair.of_mean, exact.of_mean);
            }
        }
    }
}

#[test]
fn published_effective_ridges() {
    let spectrum = power_law(256, 1.0);
    let published = ["1.27", "1.68", "3.26", "10.2", "31.8", "86.2"];
    for (samples, wanted) in [1024, 512, 256, 128, 64, 32].into_iter().zip(published) {
        let at = known(&spectrum, samples).effective_ridge(0.05).unwrap();
        shown(at.kappa / 0.05, wanted);
    }
    shown(
        known(&spectrum, 80).effective_ridge(0.05).unwrap().kappa,
        "1.122",
    );
}

#[test]
fn spectra_on_which_other_solvers_find_a_negative_root_have_the_right_one() {
    let mut random = ChaCha8Rng::seed_from_u64(15);
    let gamma = Gamma::new(2.0, 1.0).unwrap();
    let mut total = 0.0;
    for _ in 0..50 {
        let eigenvalues = (0..512).map(|_| gamma.sample(&mut random));
        let spectrum = Spectrum::from_eigenvalues(eigenvalues.collect()).unwrap();
        let at = known(&spectrum, 165).effective_ridge(0.01).unwrap();
        let shrinkage = |l: &f64| l / (l + at.kappa);
        let df1: f64 = spectrum.eigenvalues().iter().map(shrinkage).sum();
        assert!(at.kappa > 0.0 && df1 < 165.0);
        assert_relative_eq!(at.kappa * (1.0 - df1 / 165.0), 0.01, max_relative = 1e-9);
        total += at.kappa;
    }
    let mean = total / 50.0;
    assert!((3.4..3.8).contains(&mean), "{mean}");
}

#[test]
fn traces_keep_their_digits_at_the_smallest_ridges() {
    let spectrum = power_law(200, 1.0);
    let ensemble = known(&spectrum, 400);
    let traces = |z: f64| ensemble.traces(&ensemble.effective_ridge(z).unwrap());
    let (tiny, zero) = (traces(1e-20), traces(0.0));
    assert_relative_eq!(tiny.g2, zero.g2, max_relative = 1e-13);
    assert_relative_eq!(tiny.m2, zero.m2, max_relative = 1e-13);
    // Derivatives: g2 = -dg1/dz, m2 = -dm1/dz.
    for (samples, mean) in [(50, Mean::Known), (201, Mean::Fitted), (900, Mean::Fitted)] {
        let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
        let [low, mid, high] =
            [0.1999, 0.2, 0.2001].map(|z| ensemble.traces(&ensemble.effective_ridge(z).unwrap()));
        assert_relative_eq!(mid.g2, (low.g1 - high.g1) / 2e-4, max_relative = 1e-6);
        assert_relative_eq!(mid.m2, (low.m1 - high.m1) / 2e-4, max_relative = 1e-6);
    }
}

#[test]
fn directions_add_up_to_the_totals() {
    for exponent in [0.0, 1.0, 2.5] {
        let spectrum = power_law(60, exponent);
        for (samples, ridge) in [
            (20, 0.01),
            (60, 0.3),
            (60, 1e-6),
            (90, 0.0),
            (900, 0.0),
            (100_000, 0.1),
        ] {
            for mean in [Mean::Known, Mean::Fitted] {
                let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
                let total = ensemble.divergences(ridge).unwrap();
                let parts = ensemble.divergences_by_direction(ridge).unwrap();
                let mean_of = |f: fn(&lindiff::gaussian::KlPair) -> Divergence| {
                    parts.iter().map(|pair| f(pair).value()).sum::<f64>() / 60.0
                };
                for (sum, whole) in [
                    (mean_of(|p| p.true_sampled), total.true_sampled),
                    (mean_of(|p| p.sampled_true), total.sampled_true),
                    (mean_of(|p| p.of_mean), total.of_mean),
                ] {
                    let error = (sum - whole.value()).abs();
                    assert!(
                        error <= 1e-9 * (1e-3 + whole.value()),
                        "{sum} {whole:?} {exponent} {samples} {ridge} {mean}"
                    );
                }
                for pair in &parts {
                    assert!(pair.true_sampled.value() > -1e-12);
                    assert!(pair.sampled_true.value() > -1e-12);
                }
                let loss = ensemble.losses(&level(0.9), ridge).unwrap().test_loss;
                let parts = ensemble.losses_by_direction(&level(0.9), ridge).unwrap();
                assert_relative_eq!(parts.iter().sum::<f64>() / 60.0, loss, max_relative = 1e-12);
            }
        }
    }
}

#[test]
fn at_n_equal_d_one_divergence_is_infinite_on_average_and_the_other_is_not() {
    let spectrum = power_law(80, 1.0);
    for (ensemble, n) in [
        (known(&spectrum, 80), 80.0f64),
        (fitted(&spectrum, 81), 81.0),
    ] {
        let pair = ensemble.divergences(0.0).unwrap();
        assert_eq!(pair.true_sampled, Divergence::Infinite(Infinite::OnAverage));
        let shrink = ensemble.degrees() / n;
        assert_relative_eq!(
            pair.sampled_true.value(),
            0.5 * (1.0 - shrink.ln()),
            max_relative = 1e-12
        );
        let parts = ensemble.divergences_by_direction(0.0).unwrap();
        let mean = parts.iter().map(|p| p.sampled_true.value()).sum::<f64>() / 80.0;
        assert_relative_eq!(mean, pair.sampled_true.value(), max_relative = 1e-9);
        // Continuous in the ridge.
        let near = ensemble.divergences(1e-18).unwrap().sampled_true.value();
        assert_relative_eq!(near, pair.sampled_true.value(), max_relative = 1e-6);
    }
    let lacking = known(&spectrum, 79).divergences(0.0).unwrap();
    let reason = Infinite::SampledLacks { directions: 1 };
    assert_eq!(lacking.sampled_true, Divergence::Infinite(reason));
}

#[test]
fn overlaps_of_two_models_of_white_data() {
    let wanted = ["0.097", "0.435", "0.721", "0.870", "0.975"];
    for (samples, wanted) in [40, 200, 400, 800, 4000].into_iter().zip(wanted) {
        shown(
            known(&power_law(400, 0.0), samples).overlap().unwrap(),
            wanted,
        );
    }
}

#[test]
fn two_models_agree_as_much_as_twice_the_distance_to_the_truth_when_samples_are_many() {
    let spectrum = power_law(100, 1.0);
    let ensemble = known(&spectrum, 100_000);
    let between = ensemble.kl_between_models(0.01).unwrap().value();
    let to_truth = ensemble.divergences(0.0).unwrap().true_sampled.value();
    assert!(between > to_truth && between < 2.1 * to_truth);
    assert!(
        known(&spectrum, 50)
            .kl_between_models(0.0)
            .unwrap()
            .reason()
            .is_some()
    );
    let [few, many] = [100, 10_000].map(|n| known(&spectrum, n).disagreement(0.1).unwrap());
    assert!(few.resolvents > many.resolvents && many.resolvents > 0.0);
    assert!(few.weighted > many.weighted && many.weighted > 0.0);
}

#[test]
fn fluctuations_between_training_sets() {
    let spectrum = power_law(100, 1.0);
    let ensemble = known(&spectrum, 50);
    let losses = ensemble.loss_fluctuations(&level(0.9), 0.0).unwrap();
    shown(losses.first.standard_deviation, "0.00194");
    shown(losses.second.standard_deviation, "0.0374");
    shown(losses.first.bias, "-0.00083");
    shown(losses.second.bias, "0.0113");
    let divergences = ensemble.divergence_fluctuations(0.05).unwrap().unwrap();
    shown(divergences.first.standard_deviation, "0.0408");
    shown(divergences.second.standard_deviation, "0.00649");
    shown(divergences.first.bias, "0.0122");
    shown(divergences.second.bias, "0.00168");
    assert!(ensemble.divergence_fluctuations(0.0).unwrap().is_none());
}

#[test]
fn the_fluctuation_of_the_train_loss_has_its_closed_form() {
    // sd (z/d) sqrt(2 kappa'^3 (s4 + kappa' s3^2)), bias -(z/d) kappa'^2 s3
    let spectrum = power_law(100, 1.5);
    for samples in [30, 250] {
        let ensemble = known(&spectrum, samples);
        let z = 0.1 / 0.9;
        let at = ensemble.effective_ridge(z).unwrap();
        let s = |power: i32| {
            let term = |l: &f64| l * l / (l + at.kappa).powi(power);
            spectrum.eigenvalues().iter().map(term).sum::<f64>() / samples as f64
        };
        let k = at.derivative;
        let found = ensemble.loss_fluctuations(&level(0.9), 0.0).unwrap().first;
        let deviation = z / 100.0 * (2.0 * k.powi(3) * (s(4) + k * s(3) * s(3))).sqrt();
        assert_relative_eq!(found.standard_deviation, deviation, max_relative = 1e-10);
        assert_relative_eq!(found.bias, -z / 100.0 * k * k * s(3), max_relative = 1e-10);
    }
}

#[test]
fn the_best_ridge_of_white_data_is_known_in_closed_form() {
    for (samples, alpha_bar, gamma, wanted) in [
        (20_000, 39.0 / 64.0, 27.0 / 64.0, "0.654832"),
        (10_000, 30.0 / 49.0, 26.0 / 49.0, "0.662222"),
        (40_000, 124.0 / 147.0, 10.0 / 21.0, "0.864377"),
    ] {
        let spectrum = power_law(20_000, 0.0);
        let ensemble = known(&spectrum, samples);
        let loss = |gamma: f64| ensemble.losses(&level(alpha_bar), gamma).unwrap().test_loss;
        shown(loss(gamma), wanted);
        assert!(loss(gamma * 1.01) > loss(gamma) && loss(gamma * 0.99) > loss(gamma));
    }
}

#[test]
fn one_frozen_draw_a_sample_has_its_transition_at_n_equal_d() {
    let (train, test) = frozen_losses(0.8, 10, 40, Mean::Known).unwrap();
    assert_relative_eq!(train, 0.8 * 0.75);
    assert_relative_eq!(test, 0.8 * (1.0 + 10.0 / 29.0));
    let (train, test) = frozen_losses(0.8, 10, 40, Mean::Fitted).unwrap();
    assert_relative_eq!(train, 0.8 * (1.0 - 11.0 / 40.0));
    assert_relative_eq!(test, 0.8 * 41.0 / 40.0 * (1.0 + 10.0 / 28.0));
    assert!(frozen_losses(0.8, 10, 11, Mean::Known).is_none());
    assert!(frozen_losses(0.8, 10, 12, Mean::Fitted).is_none());
}

#[test]
fn the_distance_of_white_data_is_that_of_its_marchenko_pastur_law() {
    // E tr Sigma_N^(1/2)/d of the law's density, by the midpoint rule in an angle.
    let (dim, samples) = (4000, 16_000);
    let ratio = 0.25f64;
    let nodes = 20_000;
    let root: f64 = (0..nodes)
        .map(|i| {
            let angle = std::f64::consts::PI * (f64::from(i) + 0.5) / f64::from(nodes);
            let x = 1.0 + ratio + 2.0 * ratio.sqrt() * angle.cos();
            let density =
                2.0 * ratio.sqrt() * angle.sin() / (2.0 * std::f64::consts::PI * ratio * x);
            x.sqrt() * density * 2.0 * ratio.sqrt() * angle.sin() * std::f64::consts::PI
                / f64::from(nodes)
        })
        .sum();
    let wanted = (2.0 - 2.0 * root).sqrt();
    let found = known(&power_law(dim, 0.0), samples).wasserstein().unwrap();
    assert_relative_eq!(found, wanted, max_relative = 2e-4);
}

#[test]
fn degenerate_inputs_are_right_or_infinite_or_refused() {
    // One dimension, two samples with a fitted mean.
    let one = Spectrum::from_eigenvalues(vec![3.0]).unwrap();
    let losses = fitted(&one, 2).losses(&level(0.5), 0.0).unwrap();
    assert!(losses.train_loss > 0.0 && losses.test_loss > losses.train_loss);
    // A truth of rank 30 in 50 dimensions: finite on its support without a ridge.
    let mut eigenvalues = vec![1.0; 30];
    eigenvalues.resize(50, 0.0);
    let deficient = Spectrum::from_eigenvalues(eigenvalues).unwrap();
    let pair = known(&deficient, 60).divergences(0.0).unwrap();
    let full = power_law(30, 0.0);
    let on_support = known(&full, 60).divergences(0.0).unwrap();
    assert_relative_eq!(
        pair.true_sampled.value(),
        0.6 * on_support.true_sampled.value(),
        max_relative = 1e-12
    );
    let reason = known(&deficient, 60)
        .divergences(0.1)
        .unwrap()
        .true_sampled
        .reason();
    assert_eq!(reason, Some(Infinite::TruthLacks { directions: 20 }));
    assert!(known(&deficient, 60).wasserstein().unwrap() > 0.0);
    assert!(known(&deficient, 20).overlap().unwrap() > 0.0);
    let parts = known(&deficient, 60).divergences_by_direction(0.0).unwrap();
    let mean = parts.iter().map(|p| p.true_sampled.value()).sum::<f64>() / 50.0;
    assert_relative_eq!(mean, pair.true_sampled.value(), max_relative = 1e-9);
    // Steep, large, and with many samples.
    for spectrum in [power_law(300, 4.0), power_law(20_000, 1.0)] {
        for samples in [2, 300, 1_000_000_000] {
            for z in [1e-20, 1e-3, 1e6] {
                let ensemble = known(&spectrum, samples);
                let pair = ensemble.divergences(z).unwrap();
                assert!(pair.true_sampled.value() >= 0.0 && pair.sampled_true.value() >= 0.0);
                assert!(pair.true_sampled.value().is_finite());
            }
        }
    }
    assert!(known(&one, 1).divergences(-1.0).is_err());
    assert!(known(&one, 1).losses(&level(0.5), f64::NAN).is_err());
    assert!(Ensemble::new(&one, 1, Mean::Fitted).is_err());
}
