//! Forecasts for other numbers of rows, against theory for Gaussian rows and against models fitted to fresh rows.
//!
//! The rule: the mean over R sets of log(forecast/truth) may differ from 0 by `c/d`, and by Student's quantile for R
//! sets times the standard error, at a family-wise error of 1e-3 over all comparisons of a test.

use faer::{Mat, Side};
use lindiff::diffusion::NoiseLevel;
use lindiff::gaussian::Spectrum;
use lindiff::text::statistics::{family_wise, mean_and_error};
use lindiff::theory::{Ensemble, LeaveOneOut, Mean, RowWeights, TailRule, Transport};
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};

/// The theory's own error is of order 1/d. No comparison was beyond the sampling error alone.
const C: f64 = 1.0;
const SETS: u64 = 20;

#[derive(Debug, Clone, Copy)]
enum Law {
    Gaussian,
    /// 1/2 and 2, with probabilities 2/3 and 1/3
    TwoPoint,
    /// Student's with 5 degrees of freedom
    Student,
}

impl Law {
    fn weight(self, random: &mut ChaCha8Rng) -> f64 {
        match self {
            Self::Gaussian => 1.0,
            Self::TwoPoint if random.random_bool(1.0 / 3.0) => 2.0,
            Self::TwoPoint => 0.5,
            Self::Student => 3.0 / ChiSquared::new(5.0).unwrap().sample(random),
        }
    }
}

fn drawn(spectrum: &Spectrum, law: Law, count: usize, random: &mut ChaCha8Rng) -> Mat<f64> {
    let weights: Vec<f64> = (0..count).map(|_| law.weight(random)).collect();
    Mat::from_fn(count, spectrum.dim(), |i, j| {
        let zeta: f64 = StandardNormal.sample(random);
        zeta * (weights[i] * spectrum.eigenvalues()[j]).sqrt()
    })
}

fn steps() -> Vec<(NoiseLevel, f64)> {
    let level = |alpha_bar| NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
    vec![(level(0.5), 0.0), (level(0.9), 0.0), (level(0.9), 0.1)]
}

/// The test loss of the optimum on rows, under a law with mean 0 and the covariance of the spectrum.
fn measured(rows: &Mat<f64>, spectrum: &Spectrum, level: &NoiseLevel, gamma: f64) -> f64 {
    let (count, dim) = rows.shape();
    let mean: Vec<f64> = (0..dim).map(|j| rows.col(j).sum() / count as f64).collect();
    let centred = Mat::from_fn(count, dim, |i, j| {
        (rows[(i, j)] - mean[j]) / (count as f64).sqrt()
    });
    let covariance = centred.transpose() * &centred;
    let eigen = covariance.self_adjoint_eigen(Side::Lower).unwrap();
    let vectors = eigen.U();
    let (signal, noise) = (level.alpha_bar(), level.noise_variance());
    let mut total = 0.0;
    for k in 0..dim {
        let w = noise.sqrt() / (signal * eigen.S()[k].max(0.0) + noise + gamma);
        let along =
            |f: &dyn Fn(usize) -> f64| (0..dim).map(|j| f(j) * vectors[(j, k)]).sum::<f64>();
        let variance = (0..dim).map(|j| spectrum.eigenvalues()[j] * vectors[(j, k)].powi(2));
        let square = variance.sum::<f64>() + along(&|j| mean[j]).powi(2);
        total += 1.0 - 2.0 * noise.sqrt() * w + w * w * (signal * square + noise);
    }
    total / dim as f64
}

/// How far is the mean beyond what the rule allows? At most 0, if it holds.
fn beyond(logs: &[f64], dim: usize, comparisons: usize) -> f64 {
    let (mean, error) = mean_and_error(logs);
    let allowed = C / dim as f64 + family_wise(comparisons, logs.len()) * error.unwrap();
    mean.unwrap().abs() - allowed
}

/// Forecasts of test losses by set, for each step and M, where the rows identify them.
fn forecasts(
    spectrum: &Spectrum,
    law: Law,
    count: usize,
    sizes: &[usize],
    weights: RowWeights,
) -> Vec<Vec<Vec<f64>>> {
    let mut found = vec![vec![Vec::new(); steps().len()]; sizes.len()];
    for seed in 0..SETS {
        let mut random = ChaCha8Rng::seed_from_u64(1000 + seed);
        let rows = drawn(spectrum, law, count, &mut random);
        let rows = LeaveOneOut::new(rows.as_ref()).unwrap();
        let transport = Transport::new(&rows, weights, &steps()).unwrap();
        for (of_size, &samples) in found.iter_mut().zip(sizes) {
            let losses = transport.losses(samples as f64, TailRule::Logit).unwrap();
            for (step, logs) in of_size.iter_mut().enumerate() {
                if losses.identified[step] {
                    logs.push(losses.test_loss[step].ln());
                }
            }
        }
    }
    found
}

#[test]
fn for_gaussian_rows_forecasts_are_those_of_the_theory_that_knows_the_spectrum() {
    let spectrum = Spectrum::power_law(60, 1.0).unwrap();
    let mut compared = 0;
    for count in [40, 60, 150] {
        let sizes = [count / 2, count, 2 * count, 4 * count];
        let found = forecasts(&spectrum, Law::Gaussian, count, &sizes, RowWeights::Own);
        for (of_size, samples) in found.iter().zip(sizes) {
            let ensemble = Ensemble::new(&spectrum, samples, Mean::Fitted).unwrap();
            for (logs, (level, gamma)) in of_size.iter().zip(steps()) {
                if logs.len() < SETS as usize / 2 {
                    continue;
                }
                let truth = ensemble.losses(&level, gamma).unwrap().test_loss.ln();
                let logs: Vec<f64> = logs.iter().map(|log| log - truth).collect();
                let (mean, error) = mean_and_error(&logs);
                assert!(
                    beyond(&logs, 60, 36) <= 0.0,
                    "{count} -> {samples}: {mean:?} ± {error:?}"
                );
                compared += 1;
            }
        }
    }
    assert!(compared >= 30, "{compared}");
}

#[test]
fn for_elliptical_rows_forecasts_are_what_fresh_rows_measure_and_the_gaussian_rule_is_rejected() {
    let spectrum = Spectrum::power_law(40, 1.0).unwrap();
    let mut rejected = 0;
    for law in [Law::TwoPoint, Law::Student] {
        for count in [30, 90] {
            let sizes = [count / 2, count, 2 * count, 4 * count];
            let own = forecasts(&spectrum, law, count, &sizes, RowWeights::Own);
            let equal = forecasts(&spectrum, law, count, &sizes, RowWeights::Equal);
            let mut random = ChaCha8Rng::seed_from_u64(7);
            for (size, &samples) in sizes.iter().enumerate() {
                let fresh: Vec<_> = (0..SETS)
                    .map(|_| drawn(&spectrum, law, samples, &mut random))
                    .collect();
                for (step, (level, gamma)) in steps().into_iter().enumerate() {
                    if own[size][step].len() < SETS as usize {
                        continue;
                    }
                    let truth: Vec<f64> = fresh
                        .iter()
                        .map(|rows| measured(rows, &spectrum, &level, gamma).ln())
                        .collect();
                    let difference = |found: &[f64]| -> Vec<f64> {
                        found.iter().zip(&truth).map(|(f, t)| f - t).collect()
                    };
                    let logs = difference(&own[size][step]);
                    let (mean, error) = mean_and_error(&logs);
                    assert!(
                        beyond(&logs, 40, 48) <= 0.0,
                        "{law:?} {count} -> {samples}: {mean:?} ± {error:?}"
                    );
                    rejected += usize::from(beyond(&difference(&equal[size][step]), 40, 48) > 0.0);
                }
            }
        }
    }
    assert!(rejected >= 18, "{rejected}");
}
