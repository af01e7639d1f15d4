//! The Fréchet distance of features: its plain value and its value without bias against plain linear algebra, what changes
//! neither, known laws.

use faer::linalg::solvers::DenseSolveCore;
use faer::{Col, Mat, Scale};
use lindiff::distance::{Features, FrechetDistance, Settings, frechet};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

/// Normal rows: column j has the variance 1/(j + 1), and neighbouring columns are correlated.
pub fn normal(count: usize, dim: usize, seed: u64) -> Mat<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    let z: Mat<f64> = Mat::from_fn(count, dim, |_, _| StandardNormal.sample(&mut rng));
    Mat::from_fn(count, dim, |i, j| {
        let near = if j == 0 { 0.0 } else { z[(i, j - 1)] };
        (0.8 * z[(i, j)] + 0.6 * near) / (j as f64 + 1.0).sqrt()
    })
}

pub fn distance(a: &Features<'_>, b: &Features<'_>) -> FrechetDistance {
    frechet(a, b, &Settings::default(), &mut |_, _| ()).unwrap()
}

pub fn of_rows(a: &Mat<f64>, b: &Mat<f64>) -> FrechetDistance {
    distance(&Features::rows(a.as_ref()), &Features::rows(b.as_ref()))
}

#[track_caller]
pub fn near(found: f64, wanted: f64, tolerance: f64) {
    assert!((found - wanted).abs() <= tolerance, "{found} for {wanted}");
}

/// Mean, and the rows about it.
fn centred(rows: &Mat<f64>) -> (Col<f64>, Mat<f64>) {
    let count = rows.nrows() as f64;
    let mean = rows.transpose() * Col::<f64>::ones(rows.nrows()) * Scale(1.0 / count);
    let about = Mat::from_fn(rows.nrows(), rows.ncols(), |i, j| rows[(i, j)] - mean[j]);
    (mean, about)
}

/// The covariance with 1/(N - 1).
fn covariance(rows: &Mat<f64>) -> Mat<f64> {
    let (_, about) = centred(rows);
    about.transpose() * &about * Scale(1.0 / (rows.nrows() as f64 - 1.0))
}

fn trace(matrix: &Mat<f64>) -> f64 {
    matrix.diagonal().column_vector().sum()
}

/// `tr (A B)^(1/2)` by the eigenvalues of the product, which is not symmetric.
fn trace_of_root(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let eigenvalues = (a * b).eigenvalues().unwrap();
    eigenvalues.iter().map(|s| s.re.max(0.0).sqrt()).sum()
}

fn plain(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
    let (of_a, of_b) = (covariance(a), covariance(b));
    let apart = (centred(a).0 - centred(b).0).squared_norm_l2();
    apart + trace(&of_a) + trace(&of_b) - 2.0 * trace_of_root(&of_a, &of_b)
}

#[test]
fn the_plain_distance_is_that_of_the_eigenvalues_of_the_product_of_the_covariances() {
    for (count, dim) in [(30, 1), (40, 7), (100, 30)] {
        let (a, b) = (
            normal(count, dim, 1),
            normal(count + 9, dim, 2) * Scale(1.3),
        );
        let wanted = plain(&a, &b);
        near(of_rows(&a, &b).plain, wanted, 1e-9 * wanted);
    }
}

/// What is taken off is what refitting without each row says, at the same points of a finer grid and with derivatives by
/// differences.
mod by_refitting {
    use super::*;

    /// `tr (Sigma (S + z)^-1)` and the degrees of freedom, averages over rows of A left out; `root` is one of the
    /// covariance of B.
    fn without_a_row(a: &Mat<f64>, root: &Mat<f64>, z: f64) -> (f64, f64) {
        let count = a.nrows();
        let n = count as f64;
        let (mut trace_sum, mut degrees) = (0.0, 0.0);
        for out in 0..count {
            let others: Vec<usize> = (0..count).filter(|i| *i != out).collect();
            let others = Mat::from_fn(count - 1, a.ncols(), |i, j| a[(others[i], j)]);
            let (mean, about) = centred(&(others * root));
            let scatter = about.transpose() * &about * Scale(1.0 / (n - 1.0));
            let dim = scatter.nrows();
            let inverse = Mat::from_fn(dim, dim, |i, j| {
                scatter[(i, j)] + if i == j { z } else { 0.0 }
            });
            let inverse = inverse.partial_piv_lu().inverse();
            let row: Col<f64> = root.transpose() * a.row(out).transpose() - mean;
            // The variance of a row about the mean of the others is N/(N - 1) times that of a row.
            trace_sum += row.transpose() * &inverse * &row * (n - 1.0) / n;
            degrees += trace(&(scatter * inverse));
        }
        (trace_sum / n, degrees / n)
    }

    fn root(covariance: &Mat<f64>) -> Mat<f64> {
        let eigen = covariance.self_adjoint_eigen(faer::Side::Lower).unwrap();
        Mat::from_fn(covariance.nrows(), covariance.ncols(), |i, j| {
            eigen.U()[(i, j)] * eigen.S()[j].max(0.0).sqrt()
        })
    }

    #[derive(Clone, Copy)]
    struct At {
        factors: [f64; 2],
        without: [f64; 2],
        degrees: f64,
    }

    fn at(a: &Mat<f64>, b: &Mat<f64>, z: f64) -> At {
        let (of_a, of_b) = (covariance(a), covariance(b));
        let (trace_a, without_a) = without_a_row(a, &root(&of_b), z);
        let (trace_b, without_b) = without_a_row(b, &root(&of_a), z);
        let eigenvalues = (of_a * of_b).eigenvalues().unwrap();
        At {
            factors: [trace_a / without_a, trace_b / without_b],
            without: [without_a, without_b],
            degrees: eigenvalues.iter().map(|s| s.re / (s.re + z)).sum(),
        }
    }

    fn trace_root(a: &Mat<f64>, b: &Mat<f64>) -> f64 {
        const STEP: f64 = 0.25;
        const SHORT: f64 = 1e-4;
        let (mut sum, mut last) = (0.0, 0.0);
        for k in -56..=64 {
            let t = k as f64 * STEP;
            let [below, here, above] = [t - SHORT, t, t + SHORT].map(|t| at(a, b, t.exp()));
            let joint = |at: &At| at.without[0] * at.without[1] / at.degrees;
            let mut log = 0.0;
            for side in 0..2 {
                let change = (above.factors[side] / below.factors[side]).ln();
                let along = change / (above.without[side] - below.without[side]);
                log += here.factors[side].ln() + along * (joint(&here) - here.without[side]);
            }
            let corrected = (0.5 * log).exp() * (joint(&above) - joint(&below));
            last = (0.5 * t).exp() * (above.degrees - below.degrees - corrected) / (2.0 * SHORT);
            sum += last;
        }
        // Beyond, terms fall as z^(-1/2).
        sum += last / ((0.5 * STEP).exp() - 1.0);
        trace_of_root(&covariance(a), &covariance(b)) + 2.0 / std::f64::consts::PI * STEP * sum
    }

    #[test]
    fn the_bias_that_is_taken_off_is_that_of_refitting_without_each_row() {
        let (a, b) = (normal(14, 3, 3), normal(11, 3, 4) * Scale(2.0));
        let found = of_rows(&a, &b);
        let wanted = trace_root(&a, &b);
        near(found.trace_root, wanted, 1e-6 * wanted);
        let (of_a, of_b) = (trace(&covariance(&a)), trace(&covariance(&b)));
        near(found.a.trace, of_a, 1e-12);
        let apart = (centred(&a).0 - centred(&b).0).squared_norm_l2();
        near(
            found.mean_difference,
            apart - of_a / 14.0 - of_b / 11.0,
            1e-12,
        );
        let sum = found.mean_difference + of_a + of_b - 2.0 * found.trace_root;
        near(found.value, sum, 1e-12);
        near(found.bias, found.plain - found.value, 1e-12);
        assert!((found.trace_root - trace_of_root(&covariance(&a), &covariance(&b))).abs() > 1e-2);
    }
}

/// docs/theory.md, section 11.
#[test]
fn the_values_to_meet_are_met() {
    let wave = |first: usize, shift: f64| {
        Mat::from_fn(40, 3, |row, j| {
            let i = row + first;
            ((7 * i * (j + 1) + i * i) as f64).sin() + shift
        })
    };
    let (a, b) = (wave(0, 0.0), wave(40, 1.0));
    let (mean, of_b) = (centred(&b).0, covariance(&b));
    let known = Features::statistics(mean.as_ref(), of_b.as_ref());
    for (found, wanted) in [
        (
            of_rows(&a, &b),
            [3.545_439_132_2, 1.383_022_294_2, 3.591_651_521_6],
        ),
        (
            distance(&Features::rows(a.as_ref()), &known),
            [3.586_238_313_7, 1.371_901_593_4, 3.654_692_104_8],
        ),
    ] {
        near(found.plain, 3.710_824_618_0, 1e-9);
        let numbers = [found.mean_difference, found.trace_root, found.value];
        for (found, wanted) in numbers.into_iter().zip(wanted) {
            near(found, wanted, 1e-8);
        }
    }
}

/// All numbers of a distance that are squares of features.
fn squares(found: &FrechetDistance) -> Vec<f64> {
    vec![
        found.value,
        found.standard_error.unwrap(),
        found.plain,
        found.jackknife.unwrap(),
        found.mean_difference,
        found.trace_root,
    ]
}

#[track_caller]
fn same(found: &FrechetDistance, wanted: &FrechetDistance, factor: f64, tolerance: f64) {
    let size = wanted.a.trace + wanted.b.trace;
    for (found, wanted) in squares(found).into_iter().zip(squares(wanted)) {
        near(found / factor, wanted, tolerance * size);
    }
}

#[test]
fn a_swap_a_rotation_a_common_shift_and_a_common_scale_change_nothing_else() {
    let (a, b) = (normal(60, 8, 5), normal(80, 8, 6) * Scale(1.5));
    let found = of_rows(&a, &b);
    same(&of_rows(&b, &a), &found, 1.0, 1e-13);
    let rotation = normal(8, 8, 7).qr().compute_Q();
    same(
        &of_rows(&(&a * &rotation), &(&b * &rotation)),
        &found,
        1.0,
        1e-12,
    );
    let shifted =
        |rows: &Mat<f64>| Mat::from_fn(rows.nrows(), 8, |i, j| rows[(i, j)] + 1000.0 * j as f64);
    same(&of_rows(&shifted(&a), &shifted(&b)), &found, 1.0, 1e-10);
    for scale in [1000.0, 1e-6, 1e120, 1e-120] {
        let scaled = of_rows(&(&a * Scale(scale)), &(&b * Scale(scale)));
        same(&scaled, &found, scale * scale, 1e-12);
    }
    let doubled = of_rows(&(&a * Scale(1024.0)), &(&b * Scale(1024.0)));
    assert_eq!(doubled.value, found.value * 1024.0 * 1024.0);
}

#[test]
fn a_constant_column_far_from_zero_costs_no_digit_and_counts_only_where_its_values_differ() {
    let (a, b) = (normal(40, 5, 8), normal(50, 5, 9));
    let with = |rows: &Mat<f64>, constant: f64| {
        Mat::from_fn(rows.nrows(), 6, |i, j| {
            if j == 2 {
                constant
            } else {
                rows[(i, j - usize::from(j > 2))]
            }
        })
    };
    let found = of_rows(&a, &b);
    let same_value = of_rows(&with(&a, 1e200), &with(&b, 1e200));
    same(&same_value, &found, 1.0, 1e-13);
    assert_eq!((same_value.dim, same_value.constant), (5, 1));
    let apart = of_rows(&with(&a, 3.0), &with(&b, 5.0));
    near(apart.value, found.value + 4.0, 1e-12);
    near(apart.plain, found.plain + 4.0, 1e-12);
}

#[test]
fn columns_that_are_sums_of_others_or_nearly_empty_are_no_trouble() {
    let deficient = |count, seed| normal(count, 3, seed) * normal(3, 6, 1);
    let (a, b) = (deficient(40, 10), deficient(60, 11));
    let found = of_rows(&a, &b);
    near(found.plain, plain(&a, &b), 1e-6);
    assert!(found.value.is_finite());
    // A column that is 0 but in one row, as features after a rectifier are.
    let mut rare = normal(40, 6, 12);
    rare.col_mut(5).fill(0.0);
    rare[(7, 5)] = 1.0;
    let found = of_rows(&rare, &normal(40, 6, 13));
    assert!(found.value.is_finite() && found.standard_error.unwrap() > 0.0);
}

#[test]
fn a_known_law_takes_the_place_of_infinitely_many_rows() {
    let (a, b) = (normal(60, 6, 14), normal(70, 6, 15));
    let (mean, of_b) = (centred(&b).0, covariance(&b));
    let rows = Features::rows(a.as_ref());
    let known = Features::statistics(mean.as_ref(), of_b.as_ref());
    let found = distance(&rows, &known);
    near(found.plain, of_rows(&a, &b).plain, 1e-12);
    assert_eq!((found.a.rows, found.b.rows), (Some(60), None));
    // Only the bias of A is taken off: less than that of both.
    assert!(found.bias > 0.0 && found.bias < of_rows(&a, &b).bias);
    same(&distance(&known, &rows), &found, 1.0, 1e-12);
    let both = distance(&known, &known);
    near(both.value, 0.0, 1e-12);
    assert_eq!((both.standard_error, both.low), (None, None));
    assert!(!both.difference_seen || both.value > 0.0);
}

#[test]
fn of_two_known_laws_with_commuting_covariances_the_distance_is_that_of_their_deviations() {
    let (mean_a, mean_b) = (Col::from_fn(3, |j| j as f64), Col::zeros(3));
    let diagonal =
        |variances: [f64; 3]| Mat::from_fn(3, 3, |i, j| if i == j { variances[i] } else { 0.0 });
    let (of_a, of_b) = (diagonal([4.0, 1.0, 0.0]), diagonal([1.0, 9.0, 16.0]));
    let found = distance(
        &Features::statistics(mean_a.as_ref(), of_a.as_ref()),
        &Features::statistics(mean_b.as_ref(), of_b.as_ref()),
    );
    // (2 - 1)^2 + (1 - 3)^2 + (0 - 4)^2, and the means 1 + 4.
    near(found.value, 26.0, 1e-12);
    near(found.plain, 26.0, 1e-12);
    assert!(found.difference_seen && found.verdict[0].contains("exactly"));
}

#[test]
fn the_observer_hears_of_every_step_up_to_the_last() {
    let a = normal(30, 3, 1);
    let mut heard = Vec::new();
    let rows = Features::rows(a.as_ref());
    frechet(&rows, &rows, &Settings::default(), &mut |done, all| {
        heard.push((done, all));
    })
    .unwrap();
    assert_eq!(heard, (1..=8).map(|done| (done, 8)).collect::<Vec<_>>());
}
