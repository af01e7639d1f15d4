//! Averages over drawn training sets of few samples in few dimensions, where corrections of relative order 1/d are large.
//!
//! The rule: the mean over R sets may differ from a prediction by Student's quantile times its standard error (family-wise
//! 1e-3 over all comparisons of a test), and by a quarter of the correction. The equivalents must fail the same rule.

use lindiff::config::{SamplerKind, Variance};
use lindiff::diffusion::{NoiseLevel, Schedule};
use lindiff::gaussian::Spectrum;
use lindiff::sampling::{StepRule, rules, variance_along};
use lindiff::text::statistics::{family_wise, mean_and_error};
use lindiff::theory::{Descent, Ensemble, Mean, Progress, TheoryError, TrainedModel, refined};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

use crate::shared::one_step;
use crate::training_sets::TrainingSet;

/// A mean over training sets beside what theory says.
struct Comparison {
    place: String,
    measured: (f64, f64),
    equivalent: f64,
    corrected: f64,
}

/// Columns of numbers by training set, as means with their errors.
fn means(sets: &[Vec<f64>]) -> Vec<(f64, f64)> {
    (0..sets[0].len())
        .map(|k| {
            let column: Vec<f64> = sets.iter().map(|values| values[k]).collect();
            let (mean, error) = mean_and_error(&column);
            (mean.unwrap(), error.unwrap())
        })
        .collect()
}

fn simulate(
    ensemble: &Ensemble<'_>,
    sets: usize,
    of: impl Fn(&TrainingSet) -> Vec<f64>,
) -> Vec<(f64, f64)> {
    let mut random = ChaCha8Rng::seed_from_u64(41 + ensemble.samples() as u64);
    let (spectrum, samples) = (ensemble.spectrum(), ensemble.samples() as usize);
    let draw = |_| {
        of(&TrainingSet::draw(
            spectrum,
            samples,
            ensemble.mean(),
            &mut random,
        ))
    };
    means(&(0..sets).map(draw).collect::<Vec<_>>())
}

/// Checks the rule. The equivalents must fail it where the correction can be seen, and it must be seen in most places.
fn check(comparisons: &[Comparison], sets: usize) {
    let quantile = family_wise(comparisons.len(), sets);
    let mut seen = 0;
    for c in comparisons {
        let (mean, error) = c.measured;
        let correction = (c.corrected - c.equivalent).abs();
        let allowed = quantile * error + 0.25 * correction;
        assert!(
            (mean - c.corrected).abs() <= allowed,
            "{}: {mean} ± {error}, predicted {}, without the correction {}",
            c.place,
            c.corrected,
            c.equivalent
        );
        if correction > 2.0 * quantile * error {
            seen += 1;
            assert!(
                (mean - c.equivalent).abs() > allowed,
                "{}: cannot fail",
                c.place
            );
        }
    }
    assert!(
        3 * seen >= 2 * comparisons.len(),
        "{seen} of {}",
        comparisons.len()
    );
}

const NOISY: [(f64, f64); 3] = [(0.5, 0.0), (0.9, 0.0), (0.9, 0.1)];

fn heavy_ball() -> Descent {
    Descent {
        rates: vec![(0.05, 15), (0.02, 5)],
        momentum: 0.9,
    }
}

/// The factor of the distance to the optimum at the curvature x.
type Factor = fn(f64) -> f64;

/// How far training has come.
fn progresses() -> [(Progress, Factor); 3] {
    [
        (Progress::Converged, |_| 0.0),
        (Progress::Flow(2.0), |x| (-4.0 * x).exp()),
        (Progress::Descent(heavy_ball()), |x| {
            let (mut e, mut v) = (1.0, 0.0);
            for step in 0..20 {
                let rate = if step < 15 { 0.05 } else { 0.02 };
                v = 0.9 * v + 2.0 * x * e;
                e -= rate * v;
            }
            e
        }),
    ]
}

/// The excess test loss at the optimum is up to 30 % above its equivalent here.
#[test]
fn losses_of_few_samples_in_few_dimensions_are_those_predicted() {
    const SETS: usize = 6000;
    let mut comparisons = Vec::new();
    for (dim, samples, exponent, mean) in [
        (5, 12, 1.0, Mean::Known),
        (5, 12, 1.0, Mean::Fitted),
        (10, 8, 1.0, Mean::Fitted),
        (10, 14, 0.0, Mean::Known),
    ] {
        let spectrum = Spectrum::power_law(dim, exponent).unwrap();
        let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
        let found = simulate(&ensemble, SETS, |set| {
            let mut values = Vec::new();
            for (alpha_bar, gamma) in NOISY {
                let level = NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
                for (_, factor) in progresses() {
                    values.extend(set.losses(&level, |s| {
                        let x = alpha_bar * s + level.noise_variance() + gamma;
                        level.noise_scale() / x * (1.0 - factor(x))
                    }));
                }
            }
            values
        });
        let mut found = found.into_iter();
        for (alpha_bar, gamma) in NOISY {
            let level = NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
            for (progress, _) in progresses() {
                let model = one_step(level, gamma, progress);
                let bare = model
                    .refined(&ensemble, |lens| model.losses(&ensemble, lens))
                    .unwrap();
                let whole = model
                    .refined(&ensemble, |lens| model.expected_losses(&ensemble, lens))
                    .unwrap();
                assert!(whole.error < 1e-8, "{}", whole.error);
                let (bare, whole) = (bare.value, whole.value.losses);
                for (name, equivalent, corrected) in [
                    ("train", bare.train_loss, whole.train_loss),
                    ("test", bare.test_loss, whole.test_loss),
                ] {
                    comparisons.push(Comparison {
                        place: format!(
                            "{name} of {:?}, d {dim}, N {samples}, {mean}, {alpha_bar}, {gamma}",
                            model.progress
                        ),
                        measured: found.next().unwrap(),
                        equivalent,
                        corrected,
                    });
                }
            }
        }
    }
    check(&comparisons, SETS);
}

fn samplers() -> [SamplerKind; 4] {
    [
        SamplerKind::Ddpm(Variance::Beta),
        SamplerKind::Ddpm(Variance::Posterior),
        SamplerKind::Ddim,
        SamplerKind::Ode,
    ]
}

/// Near N = d most of a divergence is in the smallest eigenvalue. A correction is not enough there: the principal parts
/// are exact. Nine samples above d, so that the variances are finite.
#[test]
fn divergences_of_few_samples_in_few_dimensions_are_those_predicted() {
    const SETS: usize = 12_000;
    const RIDGE: f64 = 0.05;
    let (spectrum, schedule) = (
        Spectrum::power_law(8, 1.0).unwrap(),
        Schedule::linear(1000, 1e-4, 1e-2)
            .unwrap()
            .keep(20)
            .unwrap(),
    );
    let ensemble = Ensemble::new(&spectrum, 17, Mean::Known).unwrap();
    let steps: Vec<(NoiseLevel, f64)> = schedule.iter().map(|s| (s.level(), 0.0)).collect();
    let all: Vec<Vec<StepRule>> = samplers().map(|kind| rules(kind, &schedule)).into();
    let found = simulate(&ensemble, SETS, |set| {
        let mut values: Vec<f64> = set.divergences(|s| s + RIDGE).into();
        values.extend(set.divergences(|s| s));
        for rules in &all {
            values.extend(set.divergences(|s| {
                variance_along(rules, |step| {
                    let level = &steps[step].0;
                    level.noise_scale() / (level.alpha_bar() * s + level.noise_variance())
                })
            }));
        }
        values
    });
    let model = TrainedModel {
        steps: steps.clone(),
        ..one_step(steps[0].0, 0.0, Progress::Converged)
    };
    let mut pairs = vec![
        (
            ensemble.divergences(RIDGE).unwrap(),
            ensemble.expected_divergences(RIDGE).unwrap().kl,
        ),
        (
            ensemble.divergences(0.0).unwrap(),
            ensemble.expected_divergences(0.0).unwrap().kl,
        ),
    ];
    for rules in &all {
        let (bare, _) =
            refined(&ensemble, |lens| model.divergences(&ensemble, lens, rules)).unwrap();
        let whole = model.refined(&ensemble, |lens| {
            model.expected_divergences(&ensemble, lens, rules)
        });
        pairs.push((bare.value, whole.unwrap().value.kl));
    }
    let mut found = found.into_iter();
    let mut comparisons = Vec::new();
    for (index, (bare, whole)) in pairs.into_iter().enumerate() {
        for (name, equivalent, corrected) in [
            ("KL(true || sampled)", bare.true_sampled, whole.true_sampled),
            ("KL(sampled || true)", bare.sampled_true, whole.sampled_true),
        ] {
            comparisons.push(Comparison {
                place: format!("{name} of law {index}"),
                measured: found.next().unwrap(),
                equivalent: equivalent.value(),
                corrected: corrected.value(),
            });
        }
    }
    check(&comparisons, SETS);
}

/// What may remain of the excess is said, and it is enough where the corrections are large.
#[test]
fn a_large_correction_says_how_far_off_the_excess_may_be() {
    const SETS: usize = 6000;
    let cells = [
        (5, 5, 0.9),
        (5, 5, 0.99),
        (5, 3, 0.5),
        (5, 12, 0.99),
        (3, 4, 0.5),
        (2, 1, 0.5),
        (1, 2, 0.5),
    ];
    let quantile = family_wise(cells.len(), SETS);
    for (dim, samples, alpha_bar) in cells {
        let spectrum = Spectrum::power_law(dim, 1.0).unwrap();
        let ensemble = Ensemble::new(&spectrum, samples, Mean::Known).unwrap();
        let level = NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
        let expected = ensemble.expected_losses(&level, 0.0).unwrap();
        let excess = expected.losses.test_loss - spectrum.oracle_loss(&level);
        let found = simulate(&ensemble, SETS, |set| {
            let optimum = |s: f64| level.noise_scale() / (alpha_bar * s + level.noise_variance());
            vec![set.losses(&level, optimum)[1]]
        });
        let (mean, error) = found[0];
        let off = (mean - expected.losses.test_loss).abs();
        println!(
            "{dim} {samples} {alpha_bar}: off by {:.3}, said {:.3}",
            off / excess,
            expected.remainder / excess
        );
        assert!(excess > 0.0);
        assert!(
            off <= expected.remainder + quantile * error,
            "{dim} {samples} {alpha_bar}: {off} {expected:?}"
        );
    }
    let spectrum = Spectrum::power_law(60, 1.0).unwrap();
    let ensemble = Ensemble::new(&spectrum, 66, Mean::Known).unwrap();
    let level = NoiseLevel::from_alpha_bar(0.9).unwrap();
    let expected = ensemble.expected_losses(&level, 0.0).unwrap();
    let excess = expected.losses.test_loss - spectrum.oracle_loss(&level);
    assert!(expected.remainder < 0.002 * excess);
}

/// With few samples and little noise nearly all of the variance is that of the fitted mean.
#[test]
fn a_fitted_mean_has_its_own_part_in_the_fluctuations() {
    const SETS: usize = 6000;
    for (exponent, samples, alpha_bar) in [(0.0, 10, 0.9999), (1.0, 10, 0.99), (1.0, 40, 0.9)] {
        let spectrum = Spectrum::power_law(20, exponent).unwrap();
        let level = NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
        let deviation = |mean| {
            let ensemble = Ensemble::new(&spectrum, samples, mean).unwrap();
            let found = ensemble.loss_fluctuations(&level, 0.0).unwrap();
            found.second.standard_deviation
        };
        let ensemble = Ensemble::new(&spectrum, samples, Mean::Fitted).unwrap();
        let expected = ensemble
            .expected_losses(&level, 0.0)
            .unwrap()
            .losses
            .test_loss;
        // The variance is a mean of squares.
        let found = simulate(&ensemble, SETS, |set| {
            let optimum = |s: f64| level.noise_scale() / (alpha_bar * s + level.noise_variance());
            vec![(set.losses(&level, optimum)[1] - expected).powi(2)]
        });
        let (variance, error) = found[0];
        let wanted = deviation(Mean::Fitted).powi(2);
        // Off by a few parts in d.
        let allowed = family_wise(3, SETS) * error + 8.0 / 20.0 * wanted;
        let place =
            format!("k {exponent}, N {samples}, {alpha_bar}: {variance} ± {error} for {wanted}");
        assert!((variance - wanted).abs() <= allowed, "{place}");
        if samples == 10 {
            let without = deviation(Mean::Known).powi(2);
            assert!((variance - without).abs() > allowed, "{place}, {without}");
        }
    }
}

#[test]
fn momentum_is_followed_exactly_until_it_grows_too_much_off_the_real_axis() {
    let spectrum = Spectrum::power_law(10, 1.0).unwrap();
    let ensemble = Ensemble::new(&spectrum, 8, Mean::Known).unwrap();
    let level = NoiseLevel::from_alpha_bar(0.9).unwrap();
    let descent = |momentum, rate, steps| {
        let rates = vec![(rate, steps)];
        let model = one_step(level, 0.0, Progress::Descent(Descent { rates, momentum }));
        model
            .refined(&ensemble, |lens| model.losses(&ensemble, lens))
            .map(|found| found.value.test_loss)
    };
    // Without momentum it is plain descent, by another formula.
    let (none, tiny) = (
        descent(0.0, 0.01, 300).unwrap(),
        descent(1e-13, 0.01, 300).unwrap(),
    );
    assert!((none - tiny).abs() < 1e-9, "{none} {tiny}");
    // Small steps with momentum are the flow of the time over 1 - m.
    let flow = one_step(level, 0.0, Progress::Flow(2.0));
    let (flow, _) = refined(&ensemble, |lens| flow.losses(&ensemble, lens)).unwrap();
    let slow = descent(0.5, 1e-4, 10_000).unwrap();
    assert!(
        (slow - flow.value.test_loss).abs() < 1e-3,
        "{slow} {flow:?}"
    );
    let bound =
        one_step(level, 0.0, Progress::Descent(Descent::plain(vec![]))).largest_rate(&ensemble);
    let error = descent(0.99, 1.9 * bound, 3000).unwrap_err();
    assert!(matches!(error, TheoryError::Unsupported { .. }), "{error}");
    let error = descent(0.5, 1.0, 3).unwrap_err();
    assert!(
        matches!(error, TheoryError::RateAboveContour { .. }),
        "{error}"
    );
}
