//! Forecasts from rows of a known law, against the theory of its spectrum, and against other rows of the same file.

use approx::assert_relative_eq;
use lindiff::config::{Experiment, Scale};
use lindiff::data::{Rows, read_rows};
use lindiff::diffusion::{NoiseLevel, Schedule};
use lindiff::forecast::{
    Basis, Forecast, Forecasted, Quantity, Settings, of_rows, of_rows_observed,
};
use lindiff::gaussian::Spectrum;
use lindiff::text::statistics::mean_and_error;
use lindiff::theory::{Ensemble, Mean};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use statrs::distribution::{Binomial, DiscreteCDF};

const DIM: usize = 80;

fn normal(random: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(random)
}

/// Gaussian rows with this spectrum, each times the root of a weight.
fn rows(
    spectrum: &Spectrum,
    count: usize,
    random: &mut ChaCha8Rng,
    weight: impl Fn(usize) -> f64,
) -> Rows {
    let dim = spectrum.dim();
    let value =
        |k: usize| normal(random) * (spectrum.eigenvalues()[k % dim] * weight(k / dim)).sqrt();
    Rows::new((0..count * dim).map(value).collect(), dim)
}

/// Eight steps, a ridge, the rows' own scale.
fn settings(samples: &[usize]) -> Settings {
    let schedule = Schedule::linear(1000, 1e-4, 1e-2).unwrap().keep(8).unwrap();
    Settings::default()
        .scale(Scale::None)
        .schedule(schedule)
        .ridge(0.02)
        .samples(samples)
}

fn levels() -> Vec<NoiseLevel> {
    let schedule = Schedule::linear(1000, 1e-4, 1e-2).unwrap().keep(8).unwrap();
    schedule.iter().map(|step| step.level()).collect()
}

/// Of `trials` intervals at 95 %, is this number of hits no fewer than chance allows, at 1e-3 over the comparisons?
fn enough(hits: u64, trials: u64, comparisons: f64) -> bool {
    let law = Binomial::new(0.95, trials).unwrap();
    law.cdf(hits) > 1e-3 / comparisons
}

/// Counts how many intervals hold the truth, for N/2, N - 1, 2 N and 4 N rows, where it is identified.
fn check(exponents: &[f64], sizes: &[usize], repeats: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(3);
    let comparisons = (4 * exponents.len() * sizes.len()) as f64;
    let mut counted = 0;
    for &exponent in exponents {
        let spectrum = Spectrum::power_law(DIM, exponent).unwrap();
        for &count in sizes {
            let others = [count / 2, 2 * count, 4 * count];
            let mut tallies = [(0u64, 0u64); 4];
            for _ in 0..repeats {
                let found = of_rows(
                    rows(&spectrum, count, &mut random, |_| 1.0),
                    &settings(&others),
                )
                .unwrap();
                let all = std::iter::once(&found.now).chain(&found.with_samples);
                for (with, tally) in all.zip(&mut tallies) {
                    if with.test_loss.basis == Basis::Extrapolated {
                        continue;
                    }
                    let ensemble = Ensemble::new(&spectrum, with.samples, Mean::Fitted).unwrap();
                    let test = |level: &NoiseLevel| ensemble.losses(level, 0.02).unwrap().test_loss;
                    let truth = levels().iter().map(test).sum::<f64>() / 8.0;
                    tally.1 += 1;
                    tally.0 +=
                        u64::from((with.test_loss.low..=with.test_loss.high).contains(&truth));
                }
            }
            println!(
                "k {exponent}, N {count}, for N - 1, N/2, 2N, 4N: (hits, identified) {tallies:?}"
            );
            for (hits, trials) in tallies {
                counted += trials;
                assert!(
                    trials == 0 || enough(hits, trials, comparisons),
                    "k {exponent}, N {count}: {tallies:?}"
                );
            }
        }
    }
    let least = 2 * repeats as u64 * (exponents.len() * sizes.len()) as u64;
    assert!(counted >= least, "{counted} of {least}");
}

#[test]
fn intervals_hold_the_truth_where_the_rows_identify_it() {
    check(&[1.0], &[DIM / 2, 2 * DIM], 6);
}

#[test]
#[ignore = "minutes: cargo test --release --test library forecasts:: -- --ignored"]
fn intervals_hold_the_truth_for_three_power_laws_and_three_numbers_of_rows() {
    check(&[0.5, 1.0, 1.5], &[DIM / 4, DIM / 2, 2 * DIM], 60);
}

/// The mean test loss without a ridge on other rows of the optimum on some rows, refitted by hand.
fn measured(train: &Rows, test: &Rows, levels: &[NoiseLevel], gamma: f64) -> f64 {
    use lindiff::faer::Mat;
    use lindiff::gaussian::{Moments, symmetric_eigen};
    let moments = Moments::of(train);
    let (values, vectors) = symmetric_eigen(moments.covariance.as_ref()).unwrap();
    let dim = train.dim();
    let away = Mat::from_fn(test.count(), dim, |i, j| test.row(i)[j] - moments.mean[j]) * &vectors;
    let square = |j: usize| away.col(j).squared_norm_l2() / test.count() as f64;
    let squares: Vec<f64> = (0..dim).map(square).collect();
    let loss = |level: &NoiseLevel| {
        let (signal, noise) = (level.alpha_bar(), level.noise_variance());
        let along = |(s, q): (&f64, &f64)| {
            let w = noise.sqrt() / (signal * s.max(0.0) + noise + gamma);
            1.0 - 2.0 * noise.sqrt() * w + w * w * (signal * q + noise)
        };
        values.iter().zip(&squares).map(along).sum::<f64>() / dim as f64
    };
    levels.iter().map(loss).sum::<f64>() / levels.len() as f64
}

/// The built-in digits, shuffled, in the columns in which the first `few` vary.
fn digits(few: usize, seed: u64) -> Vec<Vec<f64>> {
    let experiment = Experiment::from_toml("[data]\nsource = \"digits\"\n", ".".as_ref(), &[])
        .unwrap()
        .experiment;
    let table = read_rows(experiment.data.source.real().unwrap()).unwrap();
    let mut order: Vec<usize> = (0..1797).collect();
    order.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let at = |i: usize, j: usize| table.rows.row(order[i])[j];
    let varies = |j: &usize| (1..few).any(|i| at(i, *j) != at(0, *j));
    let columns: Vec<usize> = (0..64).filter(varies).collect();
    let row = |i: usize| columns.iter().map(|&j| at(i, j)).collect();
    let mut all: Vec<Vec<f64>> = (0..1797).map(row).collect();
    // The mean variance becomes about 1, so that the scale of all sets is one.
    all.iter_mut().flatten().for_each(|x| *x /= 4.44);
    all
}

fn some(rows: &[Vec<f64>]) -> Rows {
    Rows::new(rows.concat(), rows[0].len())
}

#[test]
fn real_rows_are_forecast_as_other_rows_measure_them() {
    const SPLITS: u64 = 6;
    let (mut hits, mut errors) = (0, [0.0; 3]);
    let mut regret = 0.0;
    for split in 0..SPLITS {
        let all = digits(180, split);
        let (given, fresh) = (some(&all[..180]), some(&all[720..]));
        let found = of_rows(given.clone(), &settings(&[360, 720]).ridge(0.0)).unwrap();
        let forecasts = std::iter::once(&found.now).chain(&found.with_samples);
        for (k, (with, samples)) in forecasts.zip([180, 360, 720]).enumerate() {
            let Forecasted {
                value,
                low,
                high,
                basis,
            } = with.test_loss;
            let truth = measured(&some(&all[..samples]), &fresh, &levels(), 0.0);
            println!("{samples}: {value} [{low}, {high}] measured {truth}");
            assert_eq!(basis, Basis::Identified);
            hits += u32::from(low < truth && truth < high);
            errors[k] += (value / truth).ln() / SPLITS as f64;
        }
        // The ridge of these rows is nearly the best for others.
        let best = found.best_ridge.unwrap();
        let at = |ridge: f64| measured(&given, &fresh, &levels(), ridge);
        let others = (0..40).map(|k| at(1e-4 * 1.3f64.powi(k)));
        let least = others.fold(f64::INFINITY, f64::min);
        println!(
            "ridge {}: {} of {least}, without {}",
            best.ridge,
            at(best.ridge),
            at(0.0)
        );
        regret += (at(best.ridge) / least - 1.0) / SPLITS as f64;
        assert!(best.gain.gain > 0.0 && at(best.ridge) < at(0.0));
    }
    println!("hits {hits}, errors {errors:?}, regret {regret}");
    assert!(hits >= 15, "{hits} of 18");
    assert!(errors.iter().all(|error| error.abs() < 0.04), "{errors:?}");
    assert!(regret < 0.01, "{regret}");
}

#[test]
fn the_loss_with_the_rows_as_they_are_is_that_of_refitting_without_each_row() {
    let spectrum = Spectrum::power_law(7, 1.0).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(8);
    for count in [12, 30] {
        let rows = rows(&spectrum, count, &mut random, |i| {
            if i.is_multiple_of(3) { 3.0 } else { 0.5 }
        });
        let found = of_rows(rows.clone(), &settings(&[])).unwrap();
        let loss = |i: usize| {
            let others: Vec<usize> = (0..count).filter(|&j| j != i).collect();
            measured(&rows.select(&others), &rows.select(&[i]), &levels(), 0.02)
        };
        let losses: Vec<f64> = (0..count).map(loss).collect();
        let (mean, error) = mean_and_error(&losses);
        assert_relative_eq!(
            found.now.test_loss.value,
            mean.unwrap(),
            max_relative = 1e-10
        );
        let half = (found.now.test_loss.high - found.now.test_loss.low) / 2.0;
        assert_relative_eq!(half, 1.96 * error.unwrap(), max_relative = 1e-8);
        assert_eq!(found.now.samples, count - 1);
        let steps = found.by_step.iter().map(|step| step.test_loss).sum::<f64>() / 8.0;
        assert_relative_eq!(steps, mean.unwrap(), max_relative = 1e-10);
        let train = measured(&rows, &rows, &levels(), 0.02);
        assert_relative_eq!(found.train_loss, train, max_relative = 1e-10);
    }
}

fn forecast_of(weights: impl Fn(usize) -> f64, count: usize, seed: u64) -> Forecast {
    let spectrum = Spectrum::power_law(30, 1.0).unwrap();
    let rows = rows(
        &spectrum,
        count,
        &mut ChaCha8Rng::seed_from_u64(seed),
        weights,
    );
    of_rows(rows, &settings(&[]).ridge(0.0)).unwrap()
}

#[test]
fn rows_with_heavy_tails_are_told_how_many_gaussian_rows_they_are_worth() {
    let of_gaussian = forecast_of(|_| 1.0, 200, 1).gaussian.unwrap();
    assert!(
        (0.8..1.25).contains(&of_gaussian.times_fewer),
        "{of_gaussian:?}"
    );
    // Weights with E w = 1 and E w^2 = 3.25.
    let heavy = forecast_of(|i| if i.is_multiple_of(10) { 5.5 } else { 0.5 }, 200, 2);
    let rule = heavy.gaussian.unwrap();
    assert!(rule.times_fewer > 1.8, "{rule:?}");
    assert!(rule.test_loss < heavy.now.test_loss.value);
    assert!(
        heavy.verdict.join("\n").contains("times fewer"),
        "{:?}",
        heavy.verdict
    );
    assert!(
        !forecast_of(|_| 1.0, 200, 3)
            .verdict
            .join("\n")
            .contains("times fewer")
    );
}

#[test]
fn a_verdict_does_not_praise_training_to_the_end_where_stopping_lowers_the_loss() {
    // Heavy rows, a few times as many as dimensions.
    let found = forecast_of(|i| if i.is_multiple_of(10) { 5.5 } else { 0.5 }, 100, 4);
    let best = found.best_time.as_ref().unwrap();
    assert!(
        best.gain.share() > 0.02 && best.gain.gain_low > 0.0,
        "{best:?}"
    );
    let verdict = found.verdict.join("\n");
    assert!(!verdict.contains("enough rows"), "{verdict}");
    assert!(verdict.contains(best.set.as_ref().unwrap()), "{verdict}");
    // Very many Gaussian rows are enough, and no ridge helps them.
    let found = forecast_of(|_| 1.0, 3000, 5);
    let verdict = found.verdict.join("\n");
    assert!(
        verdict.contains("You have enough rows") && verdict.contains("No ridge"),
        "{verdict}"
    );
}

#[test]
fn a_verdict_does_not_praise_rows_that_are_copies_of_each_other_or_one_of_which_carries_the_loss() {
    let spectrum = Spectrum::power_law(8, 1.0).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(9);
    let fresh = rows(
        &spectrum,
        200,
        &mut random,
        |i| if i == 17 { 1e6 } else { 1.0 },
    );
    let copied: Vec<usize> = (0..200).map(|i| 20 + i % 50).collect();
    for (rows, doubt) in [
        (fresh.select(&copied), "not independent"),
        (fresh, "a few rows"),
    ] {
        let verdict = of_rows(rows, &settings(&[]).ridge(0.0)).unwrap().verdict;
        assert!(verdict[0].contains(doubt), "{verdict:?}");
        assert!(!verdict.join("\n").contains("enough rows"), "{verdict:?}");
    }
}

#[test]
fn a_ridge_that_does_not_lower_the_loss_is_zero_and_the_best_does_not_depend_on_the_steps_that_are_kept()
 {
    let found = forecast_of(|_| 1.0, 60, 6);
    let best = found.best_ridge.unwrap();
    assert!(best.ridge > 0.0 && best.gain.gain > 0.0);
    let spectrum = Spectrum::power_law(30, 1.0).unwrap();
    let rows = rows(&spectrum, 60, &mut ChaCha8Rng::seed_from_u64(6), |_| 1.0);
    let ridge = |kept: usize| {
        let schedule = Schedule::linear(1000, 1e-4, 1e-2)
            .unwrap()
            .keep(kept)
            .unwrap();
        let settings = settings(&[]).ridge(0.0).schedule(schedule);
        of_rows(rows.clone(), &settings)
            .unwrap()
            .best_ridge
            .unwrap()
            .ridge
    };
    assert_relative_eq!(ridge(60), ridge(1000), max_relative = 0.1);
    for with in [&found.now, &found.with_samples[0]] {
        assert!(matches!(with.excess_loss, Quantity::Known(_)));
    }
}

#[test]
fn what_fewer_rows_than_dimensions_do_not_show_is_extrapolated_or_not_said() {
    let found = forecast_of(|_| 1.0, 15, 7);
    assert_eq!(found.now.test_loss.basis, Basis::Identified);
    assert_eq!(found.oracle_loss.basis, Basis::Extrapolated);
    assert!(matches!(
        found.now.kl_true_sampled,
        Quantity::Infinite { .. }
    ));
    assert!(matches!(
        found.with_samples[1].kl_true_sampled,
        Quantity::Unknown { .. }
    ));
    // Training has to keep the directions without variance, in which the ridge counts here.
    let best = found.best_ridge.unwrap();
    assert!(best.set.unwrap().ends_with(" --set data.min_variance=0"));
}

/// Four near-copies of each of 30 rows: a new row is of a new group.
#[test]
fn with_groups_the_loss_now_is_that_of_rows_of_new_groups() {
    let spectrum = Spectrum::power_law(10, 1.0).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(11);
    let originals = rows(&spectrum, 30, &mut random, |_| 1.0);
    let values = (0..120 * 10).map(|k| originals.values()[(k / 40) * 10 + k % 10]);
    let copies: Vec<f64> = values.map(|x| x + 0.01 * normal(&mut random)).collect();
    let groups: Vec<usize> = (0..120).map(|row| row / 4).collect();
    let found = of_rows(
        Rows::new(copies.clone(), 10),
        &settings(&[240]).groups(&groups),
    )
    .unwrap();
    let alone = of_rows(Rows::new(copies, 10), &settings(&[240])).unwrap();
    let grouped = found.checks.groups_left_out.as_ref().unwrap();
    let now = &found.now;
    assert_eq!((now.samples, alone.now.samples), (116, 119));
    assert_eq!(now.test_loss, Forecasted::from(grouped));
    assert!(now.test_loss.value > 1.1 * alone.now.test_loss.value);
    assert!(found.verdict[0].contains("(each row is tested without its group)"));
    // More rows of these groups cannot be compared with the loss on new groups.
    let all = found.verdict.join("\n");
    assert!(all.contains("What more groups would bring is not forecast"));
    assert!(!all.contains("With 240 rows") && !all.contains("times fewer"));
}

/// 40 rows in 12 dimensions are not too few, and yet a ridge gains some per cent.
#[test]
fn training_to_the_end_is_said_to_do_harm_where_the_excess_is_small_but_a_ridge_gains() {
    let spectrum = Spectrum::power_law(12, 1.0).unwrap();
    let mut random = ChaCha8Rng::seed_from_u64(5);
    let verdict = |count: usize, random: &mut ChaCha8Rng| {
        let rows = rows(&spectrum, count, random, |_| 1.0);
        let settings = settings(&[2 * count]).ridge(0.0);
        of_rows(rows, &settings).unwrap().verdict.remove(0)
    };
    let few = verdict(40, &mut random);
    assert!(
        few.starts_with("Training to the end without a ridge does harm"),
        "{few}"
    );
    let many = verdict(2000, &mut random);
    assert!(many.starts_with("You have enough rows"), "{many}");
}

#[test]
fn the_loss_with_the_rows_as_they_are_is_told_at_the_second_step_unless_rows_are_in_groups() {
    let rows = some(&digits(200, 5)[..200]);
    let told = |settings: &Settings| {
        let mut told = Vec::new();
        let found = of_rows_observed(rows.clone(), settings, &mut |at| told.push(at)).unwrap();
        (found.now.test_loss.value, told)
    };
    let (loss, heard) = told(&settings(&[]));
    assert_eq!(heard[0].test_loss, None);
    assert_eq!(heard[1].done, 2);
    assert!(heard[1..].iter().all(|at| at.test_loss == Some(loss)));
    let groups: Vec<usize> = (0..rows.count()).map(|row| row / 2).collect();
    let (_, heard) = told(&settings(&[]).groups(&groups));
    assert!(heard.iter().all(|at| at.test_loss.is_none()));
}
