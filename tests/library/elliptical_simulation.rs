//! The equivalents of elliptical rows against averages over training sets that were drawn, with weights at the quantiles
//! of their law.
//!
//! The rule is that of `simulation.rs`: the mean over R training sets may differ from theory by `2/d` of the value, and by
//! Student's quantile for R repeats times the standard error, at a family-wise error of 1e-3 over all comparisons.

use faer::{Mat, Side};
use lindiff::config::Target;
use lindiff::diffusion::NoiseLevel;
use lindiff::gaussian::{RowWeights, Spectrum};
use lindiff::text::statistics::{family_wise, mean_and_error};
use lindiff::theory::{Ensemble, Mean, Network, Progress, TrainedModel, refined};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use rayon::prelude::*;

const C: f64 = 2.0;
const ALPHA_BARS: [f64; 3] = [0.5, 0.95, 0.999];
const RIDGES: [f64; 2] = [0.0, 0.1];
/// The time of gradient flow at which training is stopped.
const TIME: f64 = 3.0;
const COVARIANCE_RIDGES: [f64; 2] = [0.0, 0.05];

/// One setting.
struct Cell {
    exponent: f64,
    law: &'static str,
    samples: usize,
    dim: usize,
    mean: Mean,
}

impl Cell {
    fn spectrum(&self) -> Spectrum {
        Spectrum::power_law(self.dim, self.exponent).unwrap()
    }

    fn law(&self) -> RowWeights {
        let law = match self.law {
            "two-point" => RowWeights::two_point(2.0),
            "log-normal 0.8" => RowWeights::log_normal(0.8),
            "student 8" => RowWeights::student(8.0),
            _ => RowWeights::student(5.0),
        };
        law.unwrap()
    }

    /// Names and predictions of everything that is compared.
    fn predicted(&self) -> Vec<(String, f64)> {
        let spectrum = self.spectrum();
        let weights = self.law().typical(self.samples);
        let given = RowWeights::from_values(&weights).unwrap();
        let ensemble = Ensemble::new(&spectrum, self.samples, self.mean).unwrap();
        let ensemble = ensemble.with_row_weights(&given);
        let mut all = Vec::new();
        for alpha_bar in ALPHA_BARS {
            for gamma in RIDGES {
                let level = NoiseLevel::from_alpha_bar(alpha_bar).unwrap();
                let losses = ensemble.expected_losses(&level, gamma).unwrap().losses;
                let name = |which| format!("{which} loss at {alpha_bar}, ridge {gamma}");
                all.push((name("train"), losses.train_loss));
                all.push((name("test"), losses.test_loss));
            }
        }
        let model = TrainedModel {
            steps: vec![(NoiseLevel::from_alpha_bar(0.95).unwrap(), 0.0)],
            target: Target::Eps,
            network: Network::PerStep { init: 0.0 },
            progress: Progress::Flow(TIME),
        };
        let (stopped, _) = refined(&ensemble, |lens| model.losses(&ensemble, lens)).unwrap();
        all.push((
            "train loss at 0.95, stopped".to_owned(),
            stopped.value.train_loss,
        ));
        all.push((
            "test loss at 0.95, stopped".to_owned(),
            stopped.value.test_loss,
        ));
        for c in COVARIANCE_RIDGES {
            let kl = ensemble.expected_divergences(c).unwrap().kl;
            let name = |which| format!("KL({which}), c = {c}");
            all.push((name("true||sampled"), kl.true_sampled.value()));
            all.push((name("sampled||true"), kl.sampled_true.value()));
        }
        let distance = ensemble.wasserstein().unwrap();
        all.push(("W2^2".to_owned(), distance * distance));
        all
    }

    /// What one training set says, in the order of [`Cell::predicted`].
    fn measured(&self, weights: &[f64], random: &mut ChaCha8Rng) -> Vec<f64> {
        let spectrum = self.spectrum();
        let lambda = spectrum.eigenvalues();
        let (dim, count) = (self.dim, self.samples as f64);
        let rows = Mat::from_fn(self.samples, dim, |i, j| {
            let normal: f64 = StandardNormal.sample(random);
            normal * (lambda[j] * weights[i]).sqrt()
        });
        let centre: Vec<f64> = match self.mean {
            Mean::Known => vec![0.0; dim],
            Mean::Fitted => (0..dim).map(|j| rows.col(j).sum() / count).collect(),
        };
        let centred = Mat::from_fn(self.samples, dim, |i, j| {
            (rows[(i, j)] - centre[j]) / count.sqrt()
        });
        let covariance = centred.transpose() * &centred;
        let eigen = covariance.self_adjoint_eigen(Side::Lower).unwrap();
        let values = eigen.S().column_vector().iter();
        let s: Vec<f64> = values.map(|v| v.max(0.0)).collect();
        let squares = Mat::from_fn(dim, dim, |j, k| eigen.U()[(j, k)].powi(2));
        // Along each eigenvector: the truth's variance, its precision, and the square of the mean's error.
        let along = |f: &dyn Fn(usize) -> f64| -> Vec<f64> {
            let sum = |k| (0..dim).map(|j| f(j) * squares[(j, k)]).sum();
            (0..dim).map(sum).collect()
        };
        let truth = along(&|j| lambda[j]);
        let precision = along(&|j| 1.0 / lambda[j]);
        let offset: Vec<f64> = (0..dim)
            .map(|k| (0..dim).map(|j| eigen.U()[(j, k)] * centre[j]).sum::<f64>())
            .map(|along| along * along)
            .collect();
        let average = |f: &dyn Fn(usize) -> f64| (0..dim).map(f).sum::<f64>() / dim as f64;
        let mut all = Vec::new();
        for alpha_bar in ALPHA_BARS {
            for gamma in RIDGES {
                let noise = 1.0 - alpha_bar;
                let w = |k: usize| noise.sqrt() / (alpha_bar * s[k] + noise + gamma);
                let loss = |variance: &dyn Fn(usize) -> f64| {
                    average(&|k| {
                        let square = w(k) * w(k) * (alpha_bar * variance(k) + noise);
                        1.0 - 2.0 * noise.sqrt() * w(k) + square
                    })
                };
                all.push(loss(&|k| s[k]));
                all.push(loss(&|k| truth[k] + offset[k]));
            }
        }
        let stopped = |variance: &dyn Fn(usize) -> f64| {
            average(&|k| {
                let (signal, noise) = (0.95, 1.0 - 0.95);
                let x = signal * s[k] + noise;
                let w = f64::sqrt(noise) / x * (1.0 - (-2.0 * TIME * x).exp());
                1.0 - 2.0 * f64::sqrt(noise) * w + w * w * (signal * variance(k) + noise)
            })
        };
        all.push(stopped(&|k| s[k]));
        all.push(stopped(&|k| truth[k] + offset[k]));
        for c in COVARIANCE_RIDGES {
            let volume = average(&|k| (s[k] + c).ln() - lambda[k].ln());
            let shift = average(&|j| centre[j].powi(2) / lambda[j]);
            let lost = average(&|k| (truth[k] + offset[k]) / (s[k] + c));
            all.push(0.5 * (lost - 1.0 + volume));
            all.push(0.5 * (average(&|k| precision[k] * (s[k] + c)) + shift - 1.0 - volume));
        }
        let root = |k: usize| lambda[k].sqrt();
        let product = Mat::from_fn(dim, dim, |i, j| covariance[(i, j)] * root(i) * root(j));
        let values = product.self_adjoint_eigenvalues(Side::Lower).unwrap();
        let fidelity: f64 = values.iter().map(|v| v.max(0.0).sqrt()).sum();
        all.push(average(&|k| lambda[k] + s[k] + offset[k]) - 2.0 * fidelity / dim as f64);
        all
    }

    /// Each comparison: its name, `|mean/theory - 1|`, and that beyond the sampling error.
    fn compare(&self, repeats: usize, quantile: f64) -> Vec<(String, f64, f64)> {
        let weights = self.law().typical(self.samples);
        let seed = 17 + self.samples as u64;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let sets: Vec<Vec<f64>> = (0..repeats)
            .map(|_| self.measured(&weights, &mut random))
            .collect();
        let mut all = Vec::new();
        for (k, (name, wanted)) in self.predicted().into_iter().enumerate() {
            if wanted.is_infinite() {
                continue;
            }
            let column: Vec<f64> = sets.iter().map(|set| set[k]).collect();
            let (mean, error) = mean_and_error(&column);
            let (mean, error) = (mean.unwrap(), error.unwrap());
            let off = (mean / wanted - 1.0).abs();
            all.push((name, off, off - quantile * error / wanted));
        }
        all
    }
}

fn cells(dim: usize, exponents: &[f64], laws: &[&'static str], ratios: &[f64]) -> Vec<Cell> {
    let mut all = Vec::new();
    for &exponent in exponents {
        for &law in laws {
            for &ratio in ratios {
                for mean in [Mean::Known, Mean::Fitted] {
                    let samples = (ratio * dim as f64) as usize;
                    all.push(Cell {
                        exponent,
                        law,
                        samples,
                        dim,
                        mean,
                    });
                }
            }
        }
    }
    all
}

/// Compares all cells, prints the median and the largest difference of each quantity, and fails where one is beyond the
/// rule.
fn check(cells: &[Cell], repeats: usize) {
    let quantile = family_wise(cells.len() * 19, repeats);
    let found: Vec<Vec<(String, f64, f64)>> = cells
        .par_iter()
        .map(|cell| cell.compare(repeats, quantile))
        .collect();
    let mut names: Vec<&String> = found.iter().flatten().map(|(name, ..)| name).collect();
    names.sort();
    names.dedup();
    for name in names {
        let all = found.iter().flatten().filter(|(other, ..)| other == name);
        let mut off: Vec<f64> = all.map(|(_, off, _)| 100.0 * off).collect();
        off.sort_by(f64::total_cmp);
        let (median, largest) = (off[off.len() / 2], off[off.len() - 1]);
        println!(
            "{name}: {} cells, median {median:.2} %, largest {largest:.2} %",
            off.len()
        );
    }
    let mut worst = Vec::new();
    for (cell, comparisons) in cells.iter().zip(&found) {
        for (name, off, beyond) in comparisons {
            let Cell {
                exponent,
                law,
                samples,
                dim,
                mean,
            } = cell;
            let place = format!("k {exponent}, {law}, N {samples}, mean {mean}: {name}");
            worst.push((beyond * *dim as f64, *off, place));
        }
    }
    worst.sort_by(|a, b| b.0.total_cmp(&a.0));
    for (beyond, off, place) in worst.iter().take(10) {
        println!("c = {beyond:.2}, {:.2} % off: {place}", 100.0 * off);
    }
    let (beyond, _, place) = &worst[0];
    assert!(*beyond <= C, "{beyond}: {place}");
}

#[test]
fn losses_divergences_and_distances_of_weighted_rows_are_off_by_less_than_two_over_d() {
    check(
        &cells(60, &[1.0], &["two-point", "student 5"], &[0.5, 2.0]),
        40,
    );
}

#[test]
#[ignore = "minutes: cargo test --release --test library elliptical_simulation:: -- --ignored --nocapture"]
fn a_hundred_and_twenty_settings_of_two_hundred_dimensions() {
    let laws = ["two-point", "log-normal 0.8", "student 8", "student 5"];
    check(
        &cells(200, &[0.5, 1.0, 2.0], &laws, &[0.25, 0.5, 1.0, 2.0, 8.0]),
        12,
    );
}
