//! What holds of every schedule and of every pair of Gaussian laws.

use faer::{Col, Mat};
use lindiff::diffusion::Schedule;
use lindiff::gaussian::{Divergence, Gaussian, Infinite, kl, wasserstein};
use proptest::prelude::*;

/// A mean and a covariance B B' + floor I from numbers.
fn law(dim: usize, numbers: &[f64], floor: f64) -> Gaussian {
    let factor = Mat::from_fn(dim, dim, |i, j| numbers[(i * dim + j) % numbers.len()]);
    let identity = Mat::<f64>::identity(dim, dim);
    let covariance = &factor * factor.transpose() + faer::Scale(floor) * identity;
    let mean = Col::from_fn(dim, |i| numbers[(7 * i + 3) % numbers.len()]);
    Gaussian::from_covariance(mean, covariance.as_ref()).unwrap()
}

fn diagonal(variances: Vec<f64>) -> Gaussian {
    let dim = variances.len();
    Gaussian::from_spectral(Col::zeros(dim), Mat::identity(dim, dim), variances)
}

/// (1/2) mean of (ratio - 1 - log ratio): the divergence of diagonal laws without means, term by term.
fn diagonal_divergence(ratios: impl Iterator<Item = f64>, dim: usize) -> f64 {
    ratios.map(|r| r - 1.0 - r.ln()).sum::<f64>() / (2.0 * dim as f64)
}

proptest! {
    #[test]
    fn alpha_bar_falls_from_below_one_to_above_zero_and_its_steps_rebuild_it(
        steps in 1usize..400, start in 1e-6f64..0.1, rise in 0.0f64..0.5, keep in 1usize..400,
    ) {
        let full = Schedule::linear(steps, start, (start + rise).min(0.99)).unwrap();
        for schedule in [full.keep(keep.min(steps)).unwrap(), Schedule::cosine(steps).unwrap()] {
            let mut before = 1.0;
            let mut time = 0.0;
            for step in schedule.iter() {
                prop_assert!(step.alpha_bar < before && step.alpha_bar > 0.0);
                // A beta may round to 1 (from alpha_bar 1 to 1e-17), its step in time may not to infinity.
                prop_assert!(step.beta > 0.0 && step.beta <= 1.0 && step.time_step.is_finite());
                prop_assert!((step.beta + (-step.time_step).exp() - 1.0).abs() < 1e-15);
                time += step.time_step;
                prop_assert!(((-time).exp() / step.alpha_bar - 1.0).abs() < 1e-10);
                let noise = step.noise_scale().powi(2);
                prop_assert!((noise + step.signal_scale().powi(2) - 1.0).abs() < 1e-12);
                before = step.alpha_bar;
            }
            prop_assert_eq!(schedule.terminal_alpha_bar(), before);
        }
    }

    #[test]
    fn kept_steps_are_walked_once_each_and_end_with_the_last(steps in 1usize..300, keep in 1usize..300) {
        let keep = keep.min(steps);
        let schedule = Schedule::linear(steps, 1e-4, 0.02).unwrap();
        let kept = schedule.keep(keep).unwrap();
        let original: Vec<usize> = (0..kept.len()).map(|i| kept.original_step(i)).collect();
        prop_assert_eq!(original.len(), keep);
        prop_assert!(original.windows(2).all(|pair| pair[0] < pair[1]));
        prop_assert_eq!(*original.last().unwrap(), steps);
        for (index, &t) in original.iter().enumerate() {
            prop_assert_eq!(kept.step(index).alpha_bar, schedule.step(t - 1).alpha_bar);
        }
    }

    #[test]
    fn divergences_are_not_negative_and_the_distance_is_symmetric(
        dim in 1usize..7, p in prop::collection::vec(-3.0f64..3.0, 49), q in prop::collection::vec(-3.0f64..3.0, 49),
    ) {
        let (p, q) = (law(dim, &p, 0.1), law(dim, &q, 0.1));
        let there = kl(&p, &q);
        let back = kl(&q, &p);
        for value in [there.true_sampled, there.sampled_true, back.true_sampled, back.sampled_true] {
            prop_assert!(value.value() >= 0.0 && value.value().is_finite());
        }
        // The same two numbers, with the roles of the laws changed.
        let close = |a: f64, b: f64| (a - b).abs() <= 1e-9 * (1.0 + a.abs());
        prop_assert!(close(there.true_sampled.value(), back.sampled_true.value()));
        prop_assert!(close(there.sampled_true.value(), back.true_sampled.value()));
        prop_assert!(there.of_mean.value() >= 0.0);
        let own = kl(&p, &p);
        prop_assert!(own.true_sampled.value() < 1e-12 && own.sampled_true.value() < 1e-12);
        let (distance, reverse) = (wasserstein(&p, &q).unwrap(), wasserstein(&q, &p).unwrap());
        prop_assert!(distance >= 0.0 && close(distance, reverse), "{distance} {reverse}");
        prop_assert!(wasserstein(&p, &p).unwrap() < 1e-6);
    }
}

#[test]
fn a_wide_spectrum_is_not_singular() {
    let wide: Vec<f64> = (0..=10).map(|k| 10f64.powi(-k)).collect();
    let ratios: Vec<f64> = (0..=10).map(|k| 1.5 + f64::from(k) / 10.0).collect();
    let sampled: Vec<f64> = wide.iter().zip(&ratios).map(|(l, r)| l * r).collect();
    let found = kl(&diagonal(wide), &diagonal(sampled));
    let forward = diagonal_divergence(ratios.iter().map(|r| 1.0 / r), 11);
    let backward = diagonal_divergence(ratios.iter().copied(), 11);
    assert!((found.true_sampled.value() / forward - 1.0).abs() < 1e-12);
    assert!((found.sampled_true.value() / backward - 1.0).abs() < 1e-12);
}

#[test]
fn two_thousand_small_eigenvalues_neither_under_nor_overflow() {
    // The determinants are 1e-6000 and 2^2000 times that.
    let dim = 2000;
    let found = kl(&diagonal(vec![1e-3; dim]), &diagonal(vec![2e-3; dim]));
    let wanted = (0.5 - 1.0 + 2f64.ln()) / 2.0;
    assert!((found.true_sampled.value() - wanted).abs() < 1e-13);
    let distance = wasserstein(&diagonal(vec![1e-3; dim]), &diagonal(vec![2e-3; dim])).unwrap();
    let wanted = 2e-3f64.sqrt() - 1e-3f64.sqrt();
    assert!(
        (distance / wanted - 1.0).abs() < 1e-9,
        "{distance} {wanted}"
    );
}

#[test]
fn what_one_law_lacks_is_an_infinite_divergence_with_the_number_of_directions() {
    let full = diagonal(vec![2.0, 1.0, 0.5]);
    let flat = diagonal(vec![2.0, 0.0, 0.0]);
    let lacks = Divergence::Infinite(Infinite::SampledLacks { directions: 2 });
    assert_eq!(kl(&full, &flat).true_sampled, lacks);
    assert_eq!(kl(&full, &flat).sampled_true, lacks);
    let more = Divergence::Infinite(Infinite::TruthLacks { directions: 2 });
    assert_eq!(kl(&flat, &full).true_sampled, more);
    // Both on the same support: finite there, averaged over all d = 3.
    let narrow = diagonal(vec![1.0, 0.0, 0.0]);
    let wanted = diagonal_divergence([2.0].into_iter(), 3);
    assert!((kl(&flat, &narrow).true_sampled.value() - wanted).abs() < 1e-14);
}

#[test]
fn a_schedule_that_starts_at_one_or_ends_at_zero_is_refused() {
    for alpha_bar in [&[1.0, 0.5][..], &[0.9, 0.0], &[0.5, 0.5], &[0.5, 0.9], &[]] {
        assert!(
            Schedule::from_alpha_bar(alpha_bar).is_err(),
            "{alpha_bar:?}"
        );
    }
    assert!(Schedule::linear(10, 0.0, 0.1).is_err());
    assert!(Schedule::linear(10, 0.1, 1.0).is_err());
}
