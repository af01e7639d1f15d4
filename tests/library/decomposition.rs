//! The decomposition of a denoiser's test loss: against its definitions, written out, against networks and laws for
//! which the parts are known, and its standard errors against repetition.
//!
//! Random comparisons have a family-wise error of 1e-3 over the comparisons of a test.

use crate::probe_draws::{Linear, filter, gaussian_rows, level_of, moments, noised, normals};
use faer::linalg::solvers::{DenseSolveCore, SolveLstsq};
use faer::{Col, Mat, MatRef, Scale};
use lindiff::denoiser::{
    AffineDenoiser, AffinePart, Decomposition, Denoiser, Draws, DrawsError, Measured, TestRows,
};
use lindiff::diffusion::Schedule;
use lindiff::random::Purpose;
use lindiff::text::statistics::{FAMILY_WISE, family_wise, mean_and_error};
use lindiff::theory::effective_samples;
use statrs::distribution::{ChiSquared, ContinuousCDF, Normal};

const VARIANCES: [f64; 5] = [4.0, 2.0, 1.0, 0.5, 0.1];

/// An affine map at the one step of a schedule.
struct One(AffineDenoiser);

impl Denoiser for One {
    fn dim(&self) -> usize {
        self.0.bias.nrows()
    }

    fn at(&self, _: usize) -> AffineDenoiser {
        self.0.clone()
    }
}

/// The exact loss of `x_0` of an affine map, per component, under the law of some rows.
fn exact_loss(part: &AffinePart, rows: MatRef<'_, f64>, z: f64) -> f64 {
    let beta = z / (1.0 + z);
    let schedule = Schedule::linear(1, beta, beta).unwrap();
    let level = schedule.step(0).level();
    let (mean, covariance) = moments(rows);
    let losses = One(part.denoiser(&level)).losses(&schedule, &[(&mean, covariance.as_ref())]);
    z * losses[0][0]
}

/// A denoiser that is not affine, and far from the optimum.
fn bent(x: MatRef<'_, f64>) -> Mat<f64> {
    let dim = x.ncols();
    Mat::from_fn(x.nrows(), dim, |i, j| {
        let next = x[(i, (j + 1) % dim)];
        0.3 + 0.5 * x[(i, j)] + 0.4 * (x[(i, j)] + next).tanh() - 0.1 * next
    })
}

fn decomposed(
    rows: MatRef<'_, f64>,
    z: f64,
    x: MatRef<'_, f64>,
    denoised: MatRef<'_, f64>,
    row: &[usize],
) -> Decomposition {
    let test = TestRows::new(rows).unwrap();
    let draws = Draws::new(&test, level_of(z), x, denoised, Some(row)).unwrap();
    Decomposition::of(&draws).unwrap()
}

/// The mean of squares, per component.
fn mean_square(matrix: &Mat<f64>) -> f64 {
    matrix.squared_norm_l2() / (matrix.nrows() * matrix.ncols()) as f64
}

#[test]
fn the_parts_add_up_to_the_measured_loss_paired_with_that_of_the_affine_part() {
    let z = 0.7;
    let rows = gaussian_rows(&VARIANCES, 40, 1);
    for draws_of_each in [1, 3] {
        let (x, row) = noised(rows.as_ref(), draws_of_each, z, 2);
        let denoised = bent(x.as_ref());
        let found = decomposed(rows.as_ref(), z, x.as_ref(), denoised.as_ref(), &row);
        let clean = Mat::from_fn(row.len(), 5, |i, j| rows[(row[i], j)]);

        // The affine part by another method: least squares by QR, in the coordinates of the data.
        let (n, p) = (row.len(), 6);
        let inputs = Mat::from_fn(n, p, |i, j| if j < 5 { x[(i, j)] } else { 1.0 });
        let solution = inputs.qr().solve_lstsq(&denoised);
        let worst = (solution.subrows(0, 5).transpose() - &found.affine.weight).norm_max();
        assert!(worst < 1e-12, "{worst}");

        let affine = &inputs * &solution;
        let (residual, error) = (&denoised - &affine, &affine - &clean);
        let paired = mean_square(&(&denoised - &clean)) - mean_square(&error);
        // The fit follows its draws: in the metric of the draws or of the law, over the draws i, j of one row.
        let inverse = (inputs.transpose() * &inputs).full_piv_lu().inverse();
        let (mean, covariance) = moments(rows.as_ref());
        let law = Mat::from_fn(p, p, |a, b| match (a < 5, b < 5) {
            (true, true) => covariance[(a, b)] + mean[a] * mean[b] + if a == b { z } else { 0.0 },
            (true, false) => mean[a],
            (false, true) => mean[b],
            _ => 1.0,
        });
        let weight = filter(covariance.as_ref(), z);
        let error = Linear { weight, mean }.denoised(x.as_ref()) - &clean;
        let in_draws = &inputs * &inverse * inputs.transpose();
        let in_law = &inputs * &inverse * law * &inverse * inputs.transpose();
        let mut correction = 0.0;
        for i in 0..n {
            for j in (0..n).filter(|&j| row[i] == row[j]) {
                let residuals = residual.row(i) * residual.row(j).transpose();
                let errors = residual.row(i) * error.row(j).transpose();
                correction += in_draws[(i, j)] * (residuals + 2.0 * errors) / n as f64;
                correction -= in_law[(i, j)] * residuals;
            }
        }
        let correction = correction / 5.0 * n as f64 / (n - p) as f64;
        let test_loss = exact_loss(&found.affine, rows.as_ref(), z) + paired + correction;
        assert!((found.test_loss.value - test_loss).abs() < 1e-10);
        let parts = found.wiener + found.affine_excess.value + found.nonlinear.value;
        assert!((parts - test_loss).abs() < 1e-10, "{parts} {test_loss}");
        for direction in &found.directions {
            let parts = direction.wiener + direction.affine.value + direction.nonlinear.value;
            assert!((parts - direction.test_loss.value).abs() < 1e-12);
        }
        assert!((found.measured_loss - mean_square(&(&denoised - &clean))).abs() < 1e-12);
    }
}

#[test]
fn an_affine_denoiser_is_decomposed_exactly_whatever_was_drawn() {
    let z = 0.7;
    let network = Linear::trained(gaussian_rows(&VARIANCES, 12, 3).as_ref(), z, 0.0);
    let rows = gaussian_rows(&VARIANCES, 30, 4);
    let (x, row) = noised(rows.as_ref(), 1, z, 5);
    let denoised = network.denoised(x.as_ref());
    let found = decomposed(rows.as_ref(), z, x.as_ref(), denoised.as_ref(), &row);
    let (mean, covariance) = moments(rows.as_ref());
    let exact = |weight: &Mat<f64>, mean: &Col<f64>| {
        let part = AffinePart {
            weight: weight.clone(),
            bias: mean - weight * mean,
        };
        exact_loss(&part, rows.as_ref(), z)
    };
    let wiener = exact(&filter(covariance.as_ref(), z), &mean);
    let loss = exact(&network.weight, &network.mean);
    assert!((found.wiener - wiener).abs() < 1e-12);
    assert!((found.test_loss.value - loss).abs() < 1e-12);
    assert!((found.affine_excess.value - (loss - wiener)).abs() < 1e-12);
    assert!(found.nonlinear.value.abs() < 1e-12 && found.residual.value.abs() < 1e-12);
    assert!((found.affine_share.value - 1.0).abs() < 1e-12);
    for error in [
        found.test_loss,
        found.affine_excess,
        found.nonlinear,
        found.affine_share,
    ] {
        assert!(error.standard_error < 1e-12);
    }
    // The plain mean has the chance of 30 draws in it.
    assert!((found.measured_loss - loss).abs() > 1e-3);
}

/// A mixture of two Gaussians with the means m and -m and one covariance.
struct Mixture {
    mean: [f64; 5],
    variances: [f64; 5],
    /// The probability of the first.
    first: f64,
}

const MIXTURE: Mixture = Mixture {
    mean: [2.0, 0.5, -1.0, 0.0, 0.3],
    variances: [1.0, 0.7, 0.3, 0.5, 0.1],
    first: 0.3,
};

impl Mixture {
    fn rows(&self, count: usize, seed: u64) -> Mat<f64> {
        let normal = gaussian_rows(&self.variances, count, seed);
        let which = normals(count, 1, seed, Purpose::RowOrder);
        let limit = Normal::standard().inverse_cdf(self.first);
        Mat::from_fn(count, 5, |i, j| {
            let sign = if which[(i, 0)] < limit { 1.0 } else { -1.0 };
            normal[(i, j)] + sign * self.mean[j]
        })
    }

    fn covariance(&self) -> Mat<f64> {
        let apart = 4.0 * self.first * (1.0 - self.first);
        Mat::from_fn(5, 5, |i, j| {
            let own = if i == j { self.variances[i] } else { 0.0 };
            own + apart * self.mean[i] * self.mean[j]
        })
    }

    /// `E[x_0 | x]`
    fn bayes(&self, x: MatRef<'_, f64>, z: f64) -> Mat<f64> {
        let odds = |i: usize| {
            let terms = (0..5).map(|j| x[(i, j)] * self.mean[j] / (self.variances[j] + z));
            2.0 * terms.sum::<f64>() + (self.first / (1.0 - self.first)).ln()
        };
        Mat::from_fn(x.nrows(), 5, |i, j| {
            let mean = (0.5 * odds(i)).tanh() * self.mean[j];
            let gain = self.variances[j] / (self.variances[j] + z);
            // The mean of the components' `m + gain (x - m)`.
            mean + gain * (x[(i, j)] - mean)
        })
    }
}

/// Whether a value is within the standard errors that a number of comparisons allow.
fn near(found: Measured, wanted: f64, comparisons: usize) -> bool {
    let probability = FAMILY_WISE / comparisons as f64;
    let quantile = -Normal::standard().inverse_cdf(probability / 2.0);
    (found.value - wanted).abs() <= quantile * found.standard_error
}

#[test]
fn the_bayes_denoiser_of_a_mixture_has_wieners_affine_part_and_gains_what_its_residual_has() {
    let z = 0.8;
    let rows = MIXTURE.rows(20_000, 1);
    let (x, row) = noised(rows.as_ref(), 1, z, 2);
    let of =
        |denoised: &Mat<f64>| decomposed(rows.as_ref(), z, x.as_ref(), denoised.as_ref(), &row);
    let found = of(&MIXTURE.bayes(x.as_ref(), z));
    let wiener = filter(MIXTURE.covariance().as_ref(), z);
    let test = TestRows::new(rows.as_ref()).unwrap();
    let basis = test.law().basis();
    let agrees = |found: &Decomposition| {
        (0..5).all(|k| {
            let wanted = basis.col(k).transpose() * &wiener * basis.col(k);
            near(found.directions[k].gain, wanted, 6)
        })
    };
    assert!(agrees(&found), "{:?}", found.directions);
    // E x_0 r = E D r = E r^2 for the Bayes denoiser.
    assert!(found.residual.value > 0.03, "{:?}", found.residual);
    assert!(near(found.nonlinear, -found.residual.value, 6), "{found:?}");
    assert!(found.test_loss.value < found.wiener);
    // The Bayes denoiser of a mixture whose first mean is 5 % smaller has another affine part.
    let mut other = MIXTURE;
    other.mean[0] *= 0.95;
    assert!(!agrees(&of(&other.bayes(x.as_ref(), z))));
}

/// Against the truth the affine part of the Bayes denoiser has no excess, from 250 rows with four draws each. Against
/// the filter of these rows it has one.
#[test]
fn the_bayes_denoiser_has_no_excess_over_the_truth_which_few_rows_do_not_show() {
    let z = 0.8;
    let (mut against_truth, mut against_rows) = (Vec::new(), Vec::new());
    for seed in 0..60 {
        let rows = MIXTURE.rows(250, seed);
        let (x, row) = noised(rows.as_ref(), 4, z, seed);
        let denoised = MIXTURE.bayes(x.as_ref(), z);
        let test = TestRows::new(rows.as_ref()).unwrap();
        let (x, denoised) = (x.as_ref(), denoised.as_ref());
        let draws = Draws::new(&test, level_of(z), x, denoised, Some(&row)).unwrap();
        let found = effective_samples(&draws, seed)
            .unwrap()
            .against_truth
            .unwrap();
        against_truth.push(found.excess.value);
        against_rows.push(Decomposition::of(&draws).unwrap().affine_excess.value);
    }
    let zero = |values: &[f64]| {
        let (mean, error) = mean_and_error(values);
        mean.unwrap().abs() < family_wise(2, values.len()) * error.unwrap()
    };
    assert!(zero(&against_truth), "{against_truth:?}");
    assert!(!zero(&against_rows));
}

#[test]
fn on_gaussian_rows_the_nonlinear_term_is_the_mean_square_of_the_residual() {
    let z = 1.0;
    let rows = gaussian_rows(&VARIANCES, 5_000, 7);
    let (x, row) = noised(rows.as_ref(), 2, z, 8);
    let denoised = bent(x.as_ref());
    let found = decomposed(rows.as_ref(), z, x.as_ref(), denoised.as_ref(), &row);
    let (nonlinear, residual) = (found.nonlinear, found.residual.value);
    assert!(
        nonlinear.value > 0.0 && near(nonlinear, residual, 1),
        "{found:?}"
    );
    assert!(
        (nonlinear.value / residual - 1.0).abs() < 0.1,
        "{nonlinear:?} {residual}"
    );
    // The same curve on rows that are not Gaussian: the term is something else.
    let rows = MIXTURE.rows(5_000, 9);
    let (x, row) = noised(rows.as_ref(), 2, z, 8);
    let denoised = bent(x.as_ref());
    let found = decomposed(rows.as_ref(), z, x.as_ref(), denoised.as_ref(), &row);
    assert!(!near(found.nonlinear, found.residual.value, 1));
}

/// The rows, moved and turned so that their mean is 0 and their covariance exactly the given one, diagonal.
fn with_exact_moments(rows: MatRef<'_, f64>, variances: &[f64]) -> Mat<f64> {
    let (mean, covariance) = moments(rows);
    let factor = covariance.llt(faer::Side::Lower).unwrap();
    let inverse = factor.L().partial_piv_lu().inverse();
    let centred = Mat::from_fn(rows.nrows(), rows.ncols(), |i, j| rows[(i, j)] - mean[j]);
    let white = centred * inverse.transpose();
    Mat::from_fn(rows.nrows(), rows.ncols(), |i, j| {
        variances[j].sqrt() * white[(i, j)]
    })
}

fn of_bent(rows: MatRef<'_, f64>, draws_of_each: usize, z: f64, seed: u64) -> Decomposition {
    let (x, row) = noised(rows, draws_of_each, z, seed);
    let denoised = bent(x.as_ref());
    decomposed(rows, z, x.as_ref(), denoised.as_ref(), &row)
}

/// The sum of the squares of R standardised deviations from their mean follows chi^2 with R - 1 degrees of freedom, for
/// each of 12 values. Standard errors may be 10 % off.
#[test]
fn standard_errors_are_those_of_repetition_also_with_several_draws_of_a_row() {
    const REPEATS: u64 = 150;
    let z = 0.5;
    let law = ChiSquared::new(REPEATS as f64 - 1.0).unwrap();
    let share = FAMILY_WISE / 12.0 / 2.0;
    let (low, high) = (law.inverse_cdf(share), law.inverse_cdf(1.0 - share));
    for (count, draws_of_each) in [(400, 1), (150, 4)] {
        let values = |seed: u64| {
            let rows = gaussian_rows(&VARIANCES, count, seed);
            let found = of_bent(rows.as_ref(), draws_of_each, z, seed);
            // These leave out that Wiener's filter is another one for other rows.
            let rows = with_exact_moments(rows.as_ref(), &VARIANCES);
            let given = of_bent(rows.as_ref(), draws_of_each, z, seed);
            [
                ("nonlinear", found.nonlinear),
                ("residual", found.residual),
                ("share", found.affine_share),
                ("gain", given.directions[1].gain),
                ("affine", given.affine_excess),
                ("test", given.test_loss),
            ]
        };
        let all: Vec<_> = (0..REPEATS).map(values).collect();
        for index in 0..6 {
            let of: Vec<Measured> = all.iter().map(|values| values[index].1).collect();
            let mean = of.iter().map(|m| m.value).sum::<f64>() / REPEATS as f64;
            let deviations = of
                .iter()
                .map(|m| ((m.value - mean) / m.standard_error).powi(2));
            let total: f64 = deviations.sum();
            let ratio = (total / (REPEATS as f64 - 1.0)).sqrt();
            assert!(
                total > low / 1.21 && total < high * 1.21,
                "{}, {count} rows: {ratio} standard errors",
                all[0][index].0
            );
        }
    }
}

/// The fit follows its draws. Uncorrected, it makes the affine excess too large and the residual too small. Six
/// comparisons.
#[test]
fn few_draws_do_not_bias_the_parts() {
    let z = 0.5;
    let parts = |count: usize, draws_of_each: usize, seed: u64| {
        let rows = gaussian_rows(&VARIANCES, count, seed);
        let rows = with_exact_moments(rows.as_ref(), &VARIANCES);
        let found = of_bent(rows.as_ref(), draws_of_each, z, seed);
        [found.affine_excess, found.nonlinear, found.residual]
    };
    let truth = parts(100_000, 1, 1000);
    for (count, draws_of_each) in [(60, 1), (60, 4)] {
        let all: Vec<_> = (0..600)
            .map(|seed| parts(count, draws_of_each, seed))
            .collect();
        for (index, truth) in truth.iter().enumerate() {
            let of: Vec<f64> = all.iter().map(|parts| parts[index].value).collect();
            let (mean, error) = mean_and_error(&of);
            let found = Measured {
                value: mean.unwrap(),
                standard_error: error.unwrap().hypot(truth.standard_error),
            };
            assert!(
                near(found, truth.value, 6),
                "{count}, {index}: {found:?} {truth:?}"
            );
        }
    }
}

#[test]
fn draws_that_cannot_be_measured_are_refused() {
    let rows = gaussian_rows(&VARIANCES, 20, 1);
    let (x, row) = noised(rows.as_ref(), 1, 1.0, 2);
    let denoised = bent(x.as_ref());
    let test = TestRows::new(rows.as_ref()).unwrap();
    let refused = |count: usize, denoised: MatRef<'_, f64>, row: &[usize]| {
        Draws::new(
            &test,
            level_of(1.0),
            x.subrows(0, count),
            denoised,
            Some(row),
        )
        .unwrap_err()
    };
    let of = |count: usize| denoised.subrows(0, count);
    let few = refused(11, of(11), &row[..11]);
    assert_eq!(
        few.to_string(),
        "11 draws are too few for the affine part of a map in 5 dimensions: at least 12 are needed"
    );
    assert_eq!(AffinePart::fit(x.subrows(0, 11), of(11)).unwrap_err(), few);
    assert!(matches!(
        refused(12, of(13), &row[..12]),
        DrawsError::Shape { rows: 13, .. }
    ));
    assert!(matches!(
        refused(12, of(12), &row[..13]),
        DrawsError::Shape { rows: 13, .. }
    ));
    let beyond: Vec<usize> = (9..21).collect();
    let refusal = refused(12, of(12), &beyond);
    assert_eq!(
        refusal,
        DrawsError::Row {
            draw: 11,
            row: 20,
            rows: 20
        }
    );
    let mut broken = denoised.clone();
    broken[(3, 2)] = f64::NAN;
    let refusal = refused(20, broken.as_ref(), &row);
    assert_eq!(
        refusal,
        DrawsError::NotFinite {
            what: "the denoised row",
            draw: 3
        }
    );
    // One column is twice another.
    let double = Mat::from_fn(
        20,
        5,
        |i, j| if j == 4 { 2.0 * x[(i, 3)] } else { x[(i, j)] },
    );
    assert_eq!(
        AffinePart::fit(double.as_ref(), denoised.as_ref()).unwrap_err(),
        DrawsError::Singular
    );
}

#[test]
fn the_noise_tells_whether_scale_level_and_rows_are_right() {
    let z = 0.5;
    let rows = gaussian_rows(&VARIANCES, 1000, 1);
    let (x, row) = noised(rows.as_ref(), 1, z, 2);
    let test = TestRows::new(rows.as_ref()).unwrap();
    let ratio = |z: f64, x: &Mat<f64>, row: &[usize]| {
        let draws = Draws::new(&test, level_of(z), x.as_ref(), x.as_ref(), Some(row)).unwrap();
        draws.noise_ratio()
    };
    let four_deviations = 4.0 * (2.0f64 / 5000.0).sqrt();
    assert!((ratio(z, &x, &row) - 1.0).abs() < four_deviations);
    let shifted: Vec<usize> = row.iter().map(|r| (r + 1) % 1000).collect();
    assert!(ratio(z, &x, &shifted) > 2.0);
    assert!((ratio(0.6, &x, &row) - 1.0).abs() > four_deviations);
    assert!((ratio(z, &(Scale(0.8) * &x), &row) - 1.0).abs() > four_deviations);
}
