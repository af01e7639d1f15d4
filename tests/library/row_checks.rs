//! Rows that are not independent, and rows with outliers, in a forecast from memory: what is warned of, and with which
//! numbers.

use approx::assert_relative_eq;
use faer::{Mat, Scale as Times, Side};
use lindiff::config::Scale;
use lindiff::data::Rows;
use lindiff::diffusion::Schedule;
use lindiff::forecast::{Forecast, Settings, of_rows};
use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

fn settings() -> Settings {
    let schedule = Schedule::linear(1000, 1e-4, 1e-2).unwrap();
    let settings = Settings::default().schedule(schedule.keep(5).unwrap());
    settings.scale(Scale::None).samples(&[100])
}

fn forecast(rows: &[Vec<f64>]) -> Forecast {
    of_rows(Rows::new(rows.concat(), rows[0].len()), &settings()).unwrap()
}

/// Rows of AR(1) with a coefficient, with a spectrum that falls.
fn in_order(rows: usize, dim: usize, coefficient: f64, seed: u64) -> Vec<Vec<f64>> {
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut normal = || -> f64 { StandardNormal.sample(&mut random) };
    let mut state: Vec<f64> = (0..dim).map(|_| normal()).collect();
    let next = (1.0 - coefficient * coefficient).sqrt();
    let mut all = Vec::new();
    for _ in 0..rows {
        state
            .iter_mut()
            .for_each(|x| *x = coefficient * *x + next * normal());
        let scaled = state
            .iter()
            .enumerate()
            .map(|(j, x)| x / (1.0 + j as f64).sqrt());
        all.push(scaled.collect());
    }
    all
}

fn independent(rows: usize, dim: usize, seed: u64) -> Vec<Vec<f64>> {
    in_order(rows, dim, 0.0, seed)
}

/// The loss on the rows of each set of the closed form that is fitted to the others, averaged over all rows.
fn refitted(rows: &[Vec<f64>], sets: &[Vec<usize>]) -> f64 {
    let (count, dim) = (rows.len(), rows[0].len());
    let schedule = Schedule::linear(1000, 1e-4, 1e-2).unwrap();
    let schedule = schedule.keep(5).unwrap();
    let mut total = 0.0;
    for set in sets {
        let others: Vec<usize> = (0..count).filter(|i| !set.contains(i)).collect();
        let share = 1.0 / others.len() as f64;
        let mean: Vec<f64> = (0..dim)
            .map(|j| others.iter().map(|&i| rows[i][j]).sum::<f64>() * share)
            .collect();
        let about = |of: &[usize]| Mat::from_fn(of.len(), dim, |i, j| rows[of[i]][j] - mean[j]);
        let train = about(&others);
        let covariance = train.transpose() * &train * Times(share);
        let eigen = covariance.self_adjoint_eigen(Side::Lower).unwrap();
        let along = about(set) * eigen.U();
        for step in schedule.iter() {
            let (signal, noise) = (step.alpha_bar, step.noise_variance);
            for (j, variance) in eigen.S().column_vector().iter().enumerate() {
                let w = noise.sqrt() / (signal * variance + noise);
                let squares = along.col(j).squared_norm_l2();
                let each = 1.0 - 2.0 * noise.sqrt() * w + w * w * noise;
                total += set.len() as f64 * each + w * w * signal * squares;
            }
        }
    }
    total / (schedule.len() * dim * count) as f64
}

fn each_alone(rows: usize) -> Vec<Vec<usize>> {
    (0..rows).map(|row| vec![row]).collect()
}

fn tenths(rows: usize) -> Vec<Vec<usize>> {
    let of_block = |block| (0..rows).filter(|i| i * 10 / rows == block).collect();
    (0..10).map(of_block).collect()
}

fn warned(found: &Forecast, of: &str) -> bool {
    found.warnings.iter().any(|warning| warning.contains(of))
}

fn said(found: &Forecast, of: &str) -> bool {
    found.verdict.iter().any(|sentence| sentence.contains(of))
}

const IN_ORDER: &str = "near each other in the file are alike";

#[test]
fn independent_rows_are_not_warned_of() {
    for (count, dim) in [(24, 3), (60, 10), (30, 50)] {
        let found = forecast(&independent(count, dim, 1));
        assert!(found.warnings.is_empty(), "{:?}", found.warnings);
    }
}

#[test]
fn rows_in_order_are_warned_of_with_the_loss_of_blocks_left_out() {
    for (count, dim) in [(103, 20), (40, 60)] {
        let rows = in_order(count, dim, 0.5, 7);
        let found = forecast(&rows);
        assert!(
            warned(&found, IN_ORDER),
            "{count} x {dim}: {:?}",
            found.checks.order
        );
        let blocks = found.checks.blocks_left_out.unwrap();
        assert_relative_eq!(
            blocks.test_loss,
            refitted(&rows, &tenths(count)),
            max_relative = 1e-10
        );
        assert!(blocks.test_loss > blocks.test_loss_at_random);
    }
}

#[test]
fn copies_are_warned_of_with_the_loss_of_families_left_out() {
    for (families, dim, noise) in [(20, 12, 1e-6), (12, 40, 0.0)] {
        // Each row four times, one after another and shuffled.
        let originals = independent(families, dim, 3);
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let mut nearly = |x: &f64| {
            let normal: f64 = StandardNormal.sample(&mut random);
            x + noise * normal
        };
        let rows: Vec<Vec<f64>> = (0..4 * families)
            .map(|i| originals[i / 4].iter().map(&mut nearly).collect())
            .collect();
        let mut order: Vec<usize> = (0..rows.len()).collect();
        for _ in 0..2 {
            let ordered: Vec<Vec<f64>> = order.iter().map(|&i| rows[i].clone()).collect();
            let sets: Vec<Vec<usize>> = (0..families)
                .map(|family| {
                    (0..rows.len())
                        .filter(|&i| order[i] / 4 == family)
                        .collect()
                })
                .collect();
            let found = forecast(&ordered);
            assert!(warned(&found, "equal to others"), "{:?}", found.warnings);
            // Copies are not also called alike.
            assert!(!warned(&found, IN_ORDER), "{:?}", found.warnings);
            let copies = found.checks.copies.as_ref().unwrap();
            assert_eq!((copies.families, copies.rows), (families, 4 * families));
            assert_eq!(copies.exact, if noise == 0.0 { 4 * families } else { 0 });
            let losses = found.checks.copies_left_out.unwrap();
            assert_relative_eq!(
                losses.test_loss,
                refitted(&ordered, &sets),
                max_relative = 1e-8
            );
            assert!(losses.test_loss > 1.1 * losses.test_loss_at_random);
            order.shuffle(&mut ChaCha8Rng::seed_from_u64(2));
        }
    }
}

#[test]
fn an_outlier_is_named_with_the_loss_without_it() {
    for (count, dim) in [(40, 12), (30, 50), (13, 3)] {
        let mut rows = independent(count, dim, 5);
        let others = [&rows[..7], &rows[8..]].concat();
        rows[7].iter_mut().for_each(|x| *x *= 400.0);
        let found = forecast(&rows);
        assert!(warned(&found, "row 7 carries"), "{:?}", found.warnings);
        assert!(warned(&found, "do not trust the intervals"));
        assert!(said(&found, " decades"), "{:?}", found.verdict);
        assert!(!said(&found, "identified by your rows"));
        let without = found.checks.test_loss_without_far_rows.unwrap();
        assert_relative_eq!(
            without,
            refitted(&others, &each_alone(count - 1)),
            max_relative = 1e-9
        );
        let found = forecast(&others);
        assert!(
            !warned(&found, "carries") && !warned(&found, "trust") && !said(&found, " decades"),
            "{:?} {:?}",
            found.warnings,
            found.verdict
        );
    }
}
