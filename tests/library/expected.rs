//! Averages at finite d and N: the corrections of relative order 1/d against exact moments and closed forms.

use approx::assert_relative_eq;
use lindiff::theory::{Ensemble, Estimated, Lens, Mean, Progress, Weighting, refined};

use crate::shared::{level, one_step, power_law};

/// `E tr B Sigma_N^2` is known for every B. Beyond the equivalent it holds `tr B Sigma^2/N`.
#[test]
fn corrections_of_the_first_powers_of_the_covariance_are_exact() {
    for exponent in [0.0, 1.0, 2.0] {
        let spectrum = power_law(40, exponent);
        let lambda = spectrum.eigenvalues();
        for (samples, mean) in [
            (10, Mean::Known),
            (39, Mean::Fitted),
            (40, Mean::Known),
            (41, Mean::Fitted),
            (90, Mean::Fitted),
        ] {
            let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
            let compute = |lens: &Lens| {
                let [one, s, square] = [0, 1, 2]
                    .map(|power| lens.map(|s| s.powu(power), if power == 0 { 1.0 } else { 0.0 }));
                let kinds = [Weighting::Plain, Weighting::Sigma, Weighting::Inverse];
                let found = kinds.map(|kind| [&one, &s, &square].map(|f| lens.correction(kind, f)));
                let error = found
                    .iter()
                    .flatten()
                    .fold(0.0, |worst: f64, f| worst.max(f.error));
                Ok(Estimated {
                    value: found.map(|row| row.map(|f| f.value)),
                    error,
                })
            };
            let (found, _) = refined(&ensemble, compute).unwrap();
            for (row, power) in found.value.iter().zip([2, 3, 1]) {
                let sum: f64 = lambda.iter().map(|l| l.powi(power)).sum();
                let wanted = ensemble.shrink().powi(2) * sum / (ensemble.degrees() * 40.0);
                let scale = wanted.max(1.0);
                assert!(
                    row[0].abs() < 1e-8 * scale && row[1].abs() < 1e-8 * scale,
                    "{exponent} {samples} {row:?}"
                );
                assert!(
                    (row[2] - wanted).abs() < 1e-8 * scale,
                    "{exponent} {samples} {row:?} {wanted}"
                );
            }
        }
    }
}

#[test]
fn corrected_losses_on_the_lens_are_those_in_closed_form() {
    for exponent in [0.0, 1.0, 2.0] {
        let spectrum = power_law(50, exponent);
        for (samples, mean) in [
            (12, Mean::Known),
            (51, Mean::Fitted),
            (100, Mean::Fitted),
            (2500, Mean::Known),
        ] {
            let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
            for (alpha_bar, gamma) in [(0.5, 0.0), (0.95, 0.0), (0.95, 0.1)] {
                let model = one_step(level(alpha_bar), gamma, Progress::Converged);
                let found = model
                    .refined(&ensemble, |lens| model.expected_losses(&ensemble, lens))
                    .unwrap()
                    .value;
                let wanted = ensemble.expected_losses(&level(alpha_bar), gamma).unwrap();
                for (a, b) in [
                    (found.losses.train_loss, wanted.losses.train_loss),
                    (found.losses.test_loss, wanted.losses.test_loss),
                    (found.remainder, wanted.remainder),
                ] {
                    assert!(
                        (a - b).abs() < 1e-9 * (1.0 + b),
                        "{a} {b} {exponent} {samples}"
                    );
                }
            }
        }
    }
}

/// The closed forms are derivatives of `1/2 log(1 - (1/N) sum lambda^2 p^2)` (theory.md, section 6).
#[test]
fn corrections_of_losses_are_the_derivatives_of_that_of_the_log_determinant() {
    let spectrum = power_law(30, 1.2);
    let (dim, samples) = (30.0, 24.0);
    let correction = |z: f64, t: f64| {
        // q by bisection: 1 = q (1 - (1/N) sum lambda/(lambda + q (z + t lambda)))
        let p = |q: f64| {
            spectrum
                .eigenvalues()
                .iter()
                .map(move |l| (l, 1.0 / (l + q * (z + t * l))))
        };
        let (mut low, mut high) = (1.0f64, 1e6);
        for _ in 0..200 {
            let q = (low * high).sqrt();
            let filled: f64 = p(q).map(|(l, p)| l * p).sum();
            if q * (1.0 - filled / samples) > 1.0 {
                high = q
            } else {
                low = q
            }
        }
        let covered: f64 = p(low).map(|(l, p)| (l * p).powi(2)).sum();
        0.5 * (1.0 - covered / samples).ln()
    };
    let ensemble = Ensemble::new(&spectrum, 24, Mean::Known).unwrap();
    let (alpha_bar, gamma, step) = (0.8, 0.1, 1e-4);
    let (a, ridge) = (0.25, gamma / alpha_bar);
    let f = |i: i32, j: i32| correction(a + ridge + f64::from(i) * step, f64::from(j) * step);
    let first = (f(1, 0) - f(-1, 0)) / (2.0 * step);
    let second = (f(1, 0) - 2.0 * f(0, 0) + f(-1, 0)) / (step * step);
    let mixed = (f(1, 1) - f(1, -1) - f(-1, 1) + f(-1, -1)) / (4.0 * step * step);
    let bias = ensemble
        .loss_fluctuations(&level(alpha_bar), gamma)
        .unwrap();
    let train = a / dim * (-first + ridge * second);
    let test = a / dim * (-2.0 * first - mixed - a * second);
    assert_relative_eq!(bias.first.bias, train, max_relative = 1e-5);
    assert_relative_eq!(bias.second.bias, test, max_relative = 1e-5);
}

#[test]
fn divergences_without_a_ridge_are_exact_and_with_a_small_one_near_to_that() {
    for (dim, samples, mean) in [
        (20, 30, Mean::Fitted),
        (20, 60, Mean::Known),
        (60, 90, Mean::Fitted),
    ] {
        let spectrum = power_law(dim, 0.5);
        let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
        let exact = ensemble.exact_wishart().unwrap();
        assert_eq!(ensemble.expected_divergences(0.0).unwrap().kl, exact);
        let near = ensemble.expected_divergences(1e-9).unwrap();
        let bare = ensemble.divergences(1e-9).unwrap();
        for (corrected, equivalent, exact) in [
            (near.kl.true_sampled, bare.true_sampled, exact.true_sampled),
            (near.kl.sampled_true, bare.sampled_true, exact.sampled_true),
        ] {
            let [corrected, equivalent, exact] = [corrected, equivalent, exact].map(|d| d.value());
            let (left, whole) = (
                (corrected / exact - 1.0).abs(),
                (equivalent / exact - 1.0).abs(),
            );
            assert!(left < 0.2 * whole, "{dim} {samples}: {left} {whole}");
        }
        let left = near.kl.true_sampled.value() - exact.true_sampled.value();
        assert!(left.abs() < near.remainder, "{left} {}", near.remainder);
    }
}
