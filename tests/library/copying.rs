//! The copying denoiser stops to copy at the noise level that theory gives (docs/theory.md, section 10).

use faer::{Mat, Scale};
use lindiff::denoiser::Copying;
use lindiff::diffusion::{NoiseLevel, Schedule};
use lindiff::gaussian::{Moments, Spectrum};
use lindiff::random::{Purpose, fill_normal, stream};
use lindiff::theory::copying_scale;

use crate::shared::power_law;
use crate::tables::{digits, doubles};

/// Shares of `sigma_c` at which the largest weight is looked at.
const SHARES: [f64; 5] = [0.5, 0.75, 1.0, 1.5, 2.0];
/// The number of training sets, and of test rows of each.
const SETS: usize = 4;
const TESTS: usize = 300;
/// Where the largest weight is at `sigma_c`, on average.
const BAND: (f64, f64) = (0.35, 0.6);

/// Training and test rows by seed, and the spectrum of their law.
struct Source {
    spectrum: Spectrum,
    draw: Box<dyn Fn(usize, u64) -> [Mat<f64>; 2]>,
}

fn normals(count: usize, dim: usize, seed: u64) -> Mat<f64> {
    let mut values = vec![0.0; count * dim];
    fill_normal(&mut stream(seed, Purpose::Data, 0), &mut values);
    Mat::from_fn(count, dim, |i, j| values[i * dim + j])
}

fn gaussian() -> Source {
    let spectrum = power_law(64, 1.0);
    let scales: Vec<f64> = spectrum.eigenvalues().iter().map(|v| v.sqrt()).collect();
    let draw = move |samples: usize, seed: u64| {
        let normals = normals(samples + TESTS, 64, seed);
        let rows = Mat::from_fn(samples + TESTS, 64, |i, j| scales[j] * normals[(i, j)]);
        [
            rows.subrows(0, samples).to_owned(),
            rows.subrows(samples, TESTS).to_owned(),
        ]
    };
    Source {
        spectrum,
        draw: Box::new(draw),
    }
}

/// All 64 pixels, centred, with the mean variance 1.
fn digits_in_pixels() -> Source {
    let read = doubles(&digits());
    let moments = Moments::of(&read);
    let variance = moments.covariance.diagonal().column_vector().sum() / 64.0;
    let scale = 1.0 / variance.sqrt();
    let rows = Mat::from_fn(read.count(), 64, |i, j| {
        (read.row(i)[j] - moments.mean[j]) * scale
    });
    let variances = moments.law().unwrap().variances();
    let scaled = variances.iter().map(|v| (v / variance).max(0.0)).collect();
    let draw = move |samples: usize, seed: u64| {
        let keys = normals(rows.nrows(), 1, seed);
        let mut order: Vec<usize> = (0..rows.nrows()).collect();
        order.sort_by(|&a, &b| keys[(a, 0)].total_cmp(&keys[(b, 0)]));
        let chosen =
            |indices: &[usize]| Mat::from_fn(indices.len(), 64, |i, j| rows[(indices[i], j)]);
        [
            chosen(&order[..samples]),
            chosen(&order[samples..samples + TESTS]),
        ]
    };
    Source {
        spectrum: Spectrum::from_eigenvalues(scaled).unwrap(),
        draw: Box::new(draw),
    }
}

/// The mean largest weight on new rows at a noise level, and the test loss per component of `x_0`.
fn copied(source: &Source, samples: usize, sigma: f64) -> (f64, f64) {
    let level = NoiseLevel::from_alpha_bar(1.0 / (1.0 + sigma * sigma)).unwrap();
    let schedule = Schedule::from_alpha_bar(&[level.alpha_bar()]).unwrap();
    let (mut weight, mut loss) = (0.0, 0.0);
    for seed in 1..=SETS as u64 {
        let [training, tests] = (source.draw)(samples, seed);
        let noise = normals(TESTS, tests.ncols(), 1000 + seed);
        let points = Scale(level.signal_scale()) * &tests + Scale(level.noise_scale()) * noise;
        let copied = Copying::new(training.as_ref(), &schedule).copy(points.as_ref(), &level);
        weight += copied.largest_weight.iter().sum::<f64>() / TESTS as f64;
        loss += (copied.clean - &tests).squared_norm_l2() / (TESTS * tests.ncols()) as f64;
    }
    (weight / SETS as f64, loss / SETS as f64)
}

/// A row of the table: the number of rows, `sigma_c`, the largest weight at each share of it, and the excess over
/// Wiener's filter at `sigma_c`.
type Seen = (usize, f64, [f64; 5], f64);

const GAUSSIAN: [Seen; 3] = [
    (50, 2.57, [0.79, 0.65, 0.50, 0.32, 0.22], 0.283),
    (800, 1.86, [0.80, 0.61, 0.43, 0.22, 0.11], 0.207),
    (3200, 1.65, [0.82, 0.58, 0.43, 0.18, 0.08], 0.174),
];
const DIGITS: [Seen; 2] = [
    (50, 2.51, [0.86, 0.70, 0.54, 0.33, 0.22], 0.098),
    (800, 1.78, [0.78, 0.61, 0.41, 0.21, 0.09], -0.120),
];

fn sources() -> [(Source, &'static [Seen]); 2] {
    [(gaussian(), &GAUSSIAN), (digits_in_pixels(), &DIGITS)]
}

/// The table was measured by another program on one training set each; here are means over four. The tolerance is about
/// three times the deviation between training sets.
#[test]
fn the_largest_weight_falls_about_the_copying_scale_as_was_measured_elsewhere() {
    for (source, table) in sources() {
        for (samples, scale, weights, excess) in table {
            let sigma = copying_scale(&source.spectrum, *samples as f64).unwrap();
            assert!((sigma - scale).abs() < 0.006, "{samples}: {sigma}");
            for (share, expected) in SHARES.iter().zip(weights) {
                let (weight, loss) = copied(&source, *samples, share * sigma);
                let what = format!("{samples} rows at {share} sigma_c: {weight}, {loss}");
                assert!((weight - expected).abs() < 0.045, "{what}");
                if *share == 1.0 {
                    let z = sigma * sigma;
                    let variances = source.spectrum.eigenvalues();
                    let wiener = variances.iter().map(|l| l * z / (l + z)).sum::<f64>() / 64.0;
                    assert!((loss - wiener - excess).abs() < 0.03, "{what}");
                }
            }
        }
    }
}

#[test]
fn at_the_copying_scale_about_half_of_the_weight_is_one_rows_and_at_wrong_scales_it_is_not() {
    let (low, high) = BAND;
    for (source, table) in sources() {
        for (samples, ..) in table {
            let at = |samples_of_theory: f64| {
                let sigma = copying_scale(&source.spectrum, samples_of_theory).unwrap();
                copied(&source, *samples, sigma).0
            };
            let samples = *samples as f64;
            let [right, of_square, of_root] = [samples, samples * samples, samples.sqrt()].map(at);
            assert!(low < right && right < high, "{samples}: {right}");
            assert!(of_square > high, "{samples}: {of_square} for N^2");
            assert!(of_root < low, "{samples}: {of_root} for sqrt N");
        }
    }
}
