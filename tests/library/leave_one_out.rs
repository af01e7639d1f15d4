//! Leave-one-out losses against models that are fitted again without each row, by plain linear algebra.

use approx::assert_relative_eq;
use faer::prelude::Solve;
use faer::{Col, Mat, MatRef, Side, c64};
use lindiff::config::Target;
use lindiff::diffusion::{NoiseLevel, Schedule};
use lindiff::theory::{
    Descent, LeaveOneOut, Network, Progress, RowContour, RowGroups, RowProducts, TheoryError,
    TrainedModel,
};
use proptest::prelude::*;
use proptest::test_runner::RngSeed;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

use crate::shared::level;

/// Normal rows whose columns have variances that fall, and a mean far from 0.
fn normal(count: usize, dim: usize, seed: u64) -> Mat<f64> {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    Mat::from_fn(count, dim, |_, j| {
        let z: f64 = StandardNormal.sample(&mut rng);
        3.0 + z / (1.0 + j as f64).sqrt()
    })
}

fn stacked(parts: &[MatRef<'_, f64>]) -> Mat<f64> {
    let rows: Vec<_> = parts.iter().flat_map(|part| part.row_iter()).collect();
    Mat::from_fn(rows.len(), rows[0].ncols(), |i, j| rows[i][j])
}

/// Ten kinds of rows that are hard in different ways.
fn shapes() -> Vec<(&'static str, Mat<f64>)> {
    let mut long = normal(30, 8, 5);
    long.row_mut(4).iter_mut().for_each(|x| *x *= 30.0);
    let mut constant = normal(20, 6, 6);
    constant.col_mut(2).fill(1.5);
    let few = normal(9, 12, 7);
    let many = normal(20, 7, 8);
    let deficient = normal(25, 3, 9) * normal(3, 10, 10);
    vec![
        ("N < d", normal(12, 20, 0)),
        ("N = d", normal(15, 15, 1)),
        ("N = d + 1", normal(13, 12, 2)),
        ("N > d", normal(40, 10, 3)),
        ("three rows", normal(3, 5, 4)),
        ("a long row", long),
        ("a constant column", constant),
        (
            "copies, N < d",
            stacked(&[few.as_ref(), few.subrows(0, 3), few.subrows(0, 2)]),
        ),
        (
            "copies, N > d",
            stacked(&[many.as_ref(), many.subrows(2, 9), many.subrows(5, 1)]),
        ),
        ("less than full rank", deficient),
    ]
}

/// The rows of theory.md: `sin(i j^2 + 0.3 i^2 + j) sqrt(w_i/j)`.
fn sines(count: usize, dim: usize) -> Mat<f64> {
    Mat::from_fn(count, dim, |i, j| {
        let (i, j) = (i as f64 + 1.0, j as f64 + 1.0);
        let weight = if i % 3.0 == 0.0 { 2.0 } else { 0.5 };
        (i * j * j + 0.3 * i * i + j).sin() * f64::sqrt(weight / j)
    })
}

/// Mean and covariance (1/n) of the rows that are not left out.
fn moments(rows: MatRef<'_, f64>, left_out: &[usize]) -> (Col<f64>, Mat<f64>) {
    let kept: Vec<usize> = (0..rows.nrows())
        .filter(|i| !left_out.contains(i))
        .collect();
    let share = 1.0 / kept.len() as f64;
    let mean = Col::from_fn(rows.ncols(), |j| {
        kept.iter().map(|&i| rows[(i, j)]).sum::<f64>() * share
    });
    let centred = Mat::from_fn(kept.len(), rows.ncols(), |i, j| {
        rows[(kept[i], j)] - mean[j]
    });
    (mean, centred.transpose() * &centred * faer::Scale(share))
}

/// The loss of the optimum on the other rows, on row i.
fn refitted(
    rows: MatRef<'_, f64>,
    left_out: &[usize],
    i: usize,
    alpha_bar: f64,
    gamma: f64,
) -> f64 {
    let (mean, covariance) = moments(rows, left_out);
    let dim = rows.ncols();
    let noise = 1.0 - alpha_bar;
    let system = Mat::from_fn(dim, dim, |j, k| {
        let diagonal = if j == k { noise + gamma } else { 0.0 };
        alpha_bar * covariance[(j, k)] + diagonal
    });
    let identity = Mat::<f64>::identity(dim, dim);
    let weight = system.llt(Side::Lower).unwrap().solve(identity) * faer::Scale(noise.sqrt());
    let row = Col::from_fn(dim, |j| rows[(i, j)] - mean[j]);
    let trace: f64 = (0..dim).map(|j| weight[(j, j)]).sum();
    let squares = weight.squared_norm_l2();
    let of_row = (&weight * row).squared_norm_l2();
    (dim as f64 - 2.0 * noise.sqrt() * trace + alpha_bar * of_row + noise * squares) / dim as f64
}

#[test]
fn each_row_has_the_loss_of_a_model_that_is_fitted_without_it() {
    for (name, rows) in shapes() {
        let all = LeaveOneOut::new(rows.as_ref()).unwrap();
        let mut worst = 0.0f64;
        for alpha_bar in [0.05, 0.5, 0.9, 0.99, 0.9999] {
            for (ridge, covariance_ridge) in [(0.0, 0.0), (0.1, 0.0), (0.0, 0.05)] {
                let gamma = ridge + alpha_bar * covariance_ridge;
                let losses = all.losses(&[(level(alpha_bar), gamma)]);
                for (i, loss) in losses.by_row.iter().enumerate() {
                    let wanted = refitted(rows.as_ref(), &[i], i, alpha_bar, gamma);
                    worst = worst.max((loss / wanted - 1.0).abs());
                }
            }
        }
        assert!(worst < 1e-10, "{name}: {worst:e}");
    }
}

/// `got` is `wanted` to its six digits.
#[track_caller]
fn shown(got: f64, wanted: f64) {
    let last = 10f64.powf(wanted.abs().log10().floor() - 5.0);
    assert!(
        (got - wanted).abs() <= 0.5000001 * last,
        "{got} is not {wanted}"
    );
}

#[test]
fn the_losses_of_theory_md_come_out() {
    let cases = [
        (12, 20, [0.579850, 0.295885, 1.40730], 0.470487, 0.447288),
        (40, 10, [0.556191, 0.361588, 0.986294], 0.562266, 0.533316),
    ];
    for (count, dim, [mean, first, third], with_ridge, with_covariance_ridge) in cases {
        let all = LeaveOneOut::new(sines(count, dim).as_ref()).unwrap();
        let at = |gamma| all.losses(&[(level(0.9), gamma)]);
        shown(at(0.0).mean(), mean);
        shown(at(0.0).by_row[0], first);
        shown(at(0.0).by_row[2], third);
        shown(at(0.1).mean(), with_ridge);
        shown(at(0.9 * 0.05).mean(), with_covariance_ridge);
    }
}

#[test]
fn the_quadratic_forms_of_theory_md_come_out() {
    for (count, dim, [first, third, mean], trace) in [
        (12, 20, [5.12301, 28.4694, 10.7532], 4.56339),
        (40, 10, [2.25055, 13.5329, 5.69322], 4.53368),
    ] {
        let all = LeaveOneOut::new(sines(count, dim).as_ref()).unwrap();
        let q = &all.at(&[1.0 / 9.0])[0].q;
        let n = count as f64;
        shown(q[0], first);
        shown(q[2], third);
        shown(q.iter().sum::<f64>() / n, mean);
        let shrunk: f64 = q.iter().map(|q| q / (1.0 + q / n)).sum();
        shown((1.0 - 1.0 / n) * shrunk / n, trace);
    }
}

#[test]
fn the_trace_over_all_rows_follows_from_each_row_left_out() {
    for (name, rows) in shapes() {
        let all = LeaveOneOut::new(rows.as_ref()).unwrap();
        let n = all.samples() as f64;
        for z in [1e-4, 0.1, 20.0] {
            let smaller = z * (1.0 - 1.0 / n);
            let kept = |s: &f64| s / (s + smaller);
            let wanted: f64 = all.eigenvalues().iter().map(kept).sum();
            let q = &all.at(&[z])[0].q;
            let shrunk: f64 = q.iter().map(|q| q / (1.0 + q / n)).sum();
            let found = (1.0 - 1.0 / n) * shrunk / n;
            assert!(
                (found / wanted - 1.0).abs() < 1e-10,
                "{name}: {found} {wanted}"
            );
        }
    }
}

#[test]
fn forms_at_complex_points_are_analytic_and_meet_the_real_ones() {
    let all = LeaveOneOut::new(sines(12, 20).as_ref()).unwrap();
    let real = &all.at(&[0.3])[0];
    let step = 1e-5;
    let complex = &all.at_complex(&[c64::new(0.3, 0.0), c64::new(0.3, step)]);
    for i in 0..12 {
        assert_relative_eq!(complex[0].q[i].re, real.q[i], max_relative = 1e-13);
        assert_relative_eq!(complex[0].trace[i].re, real.trace[i], max_relative = 1e-13);
        // q2 = -dq/dz, and tr G^2 = -d tr G/dz
        assert_relative_eq!(-complex[1].q[i].im / step, real.q2[i], max_relative = 1e-8);
        let slope = -complex[1].trace[i].im / step;
        assert_relative_eq!(slope, real.trace_square[i], max_relative = 1e-8);
    }
}

#[test]
fn losses_of_many_steps_are_those_of_each_step() {
    let rows = normal(300, 7, 20);
    let all = LeaveOneOut::new(rows.as_ref()).unwrap();
    let steps: Vec<_> = (1..400)
        .map(|t| (level(f64::from(t) / 400.0), 0.01))
        .collect();
    let losses = all.losses(&steps);
    let mut by_row = vec![0.0; 300];
    for (step, of_step) in steps.iter().zip(&losses.by_step) {
        let alone = all.losses(&[*step]);
        assert_relative_eq!(alone.mean(), *of_step, max_relative = 1e-13);
        by_row
            .iter_mut()
            .zip(&alone.by_row)
            .for_each(|(sum, loss)| *sum += loss);
    }
    for (sum, loss) in by_row.iter().zip(&losses.by_row) {
        assert_relative_eq!(sum / 399.0, *loss, max_relative = 1e-13);
    }
}

#[test]
fn some_of_the_rows_are_decomposed_as_if_there_were_no_others() {
    let chosen = [0, 3, 4, 7, 8, 9, 11];
    for (name, rows) in shapes() {
        let chosen: Vec<usize> = chosen.into_iter().filter(|&i| i < rows.nrows()).collect();
        if chosen.len() < 2 {
            continue;
        }
        let part = Mat::from_fn(chosen.len(), rows.ncols(), |i, j| rows[(chosen[i], j)]);
        let alone = LeaveOneOut::new(part.as_ref()).unwrap();
        let found = RowProducts::new(rows.as_ref())
            .leave_one_out(&chosen)
            .unwrap();
        let steps = [(level(0.3), 0.0), (level(0.99), 0.01)];
        let (found, wanted) = (found.losses(&steps), alone.losses(&steps));
        for (found, wanted) in found.by_row.iter().zip(&wanted.by_row) {
            assert!(
                (found / wanted - 1.0).abs() < 1e-10,
                "{name}: {found} {wanted}"
            );
        }
    }
}

#[test]
fn fewer_than_two_rows_and_numbers_that_are_not_finite_are_refused() {
    assert!(LeaveOneOut::new(normal(1, 3, 0).as_ref()).is_err());
    let mut rows = normal(5, 3, 0);
    rows[(2, 1)] = f64::NAN;
    assert!(LeaveOneOut::new(rows.as_ref()).is_err());
}

#[test]
fn equal_rows_leave_only_the_noise() {
    let rows = Mat::from_fn(6, 4, |_, j| j as f64);
    let all = LeaveOneOut::new(rows.as_ref()).unwrap();
    assert_eq!(all.rank(), 0);
    let losses = all.losses(&[(level(0.5), 0.0)]);
    assert!(losses.by_row.iter().all(|&loss| loss == 0.0));
}

/// The loss on row i of the map `w(s)` of the other rows' covariance.
fn refitted_map(rows: MatRef<'_, f64>, i: usize, alpha_bar: f64, w: impl Fn(f64) -> f64) -> f64 {
    let (mean, covariance) = moments(rows, &[i]);
    let dim = rows.ncols();
    let eigen = covariance.self_adjoint_eigen(Side::Lower).unwrap();
    let row = Col::from_fn(dim, |j| rows[(i, j)] - mean[j]);
    let along = eigen.U().transpose() * row;
    let total: f64 = (0..dim)
        .map(|k| {
            let w = w(eigen.S()[k]);
            let r = (1.0 - alpha_bar).sqrt();
            (1.0 - r * w).powi(2) + alpha_bar * (w * along[k]).powi(2)
        })
        .sum();
    total / dim as f64
}

fn network(steps: &[(NoiseLevel, f64)]) -> TrainedModel {
    TrainedModel {
        steps: steps.to_vec(),
        target: Target::Eps,
        network: Network::PerStep { init: 0.0 },
        progress: Progress::Converged,
    }
}

#[test]
fn after_a_time_of_training_each_row_has_the_loss_of_a_model_that_never_saw_it() {
    let steps: Vec<_> = [
        (0.05, 0.0),
        (0.5, 0.1),
        (0.9, 0.0),
        (0.99, 0.05),
        (0.999, 0.0),
    ]
    .map(|(alpha_bar, gamma)| (level(alpha_bar), gamma))
    .to_vec();
    for (name, rows) in shapes() {
        let all = LeaveOneOut::new(rows.as_ref()).unwrap();
        let top = all.eigenvalues()[0] * 1.6 + 1.0;
        let rate = 0.4 / top;
        let progress = [
            Progress::Flow(0.3),
            Progress::Flow(40.0),
            Progress::Descent(Descent::plain(vec![(rate, 7), (0.5 * rate, 200)])),
        ];
        let contour = RowContour::new(&all, network(&steps), 800).unwrap();
        let by_row = contour.by_row(&progress).unwrap();
        for (progress, found) in progress.iter().zip(&by_row) {
            let mut total = 0.0;
            for (i, found) in found.value.iter().enumerate() {
                let mut wanted = 0.0;
                for (level, gamma) in &steps {
                    let (alpha_bar, noise) = (level.alpha_bar(), level.noise_variance());
                    let w = |s: f64| {
                        let x = alpha_bar * s + noise + gamma;
                        let left = match progress {
                            Progress::Flow(time) => (-2.0 * time * x).exp(),
                            Progress::Descent(descent) => descent
                                .rates
                                .iter()
                                .map(|(rate, count)| (1.0 - 2.0 * rate * x).powi(*count as i32))
                                .product(),
                            Progress::Converged => 0.0,
                        };
                        noise.sqrt() / x * (1.0 - left)
                    };
                    wanted += refitted_map(rows.as_ref(), i, alpha_bar, w) / steps.len() as f64;
                }
                let off = (found / wanted - 1.0).abs();
                assert!(
                    off < 1e-9,
                    "{name}, {progress:?}, row {i}: {found} {wanted}"
                );
                total += found;
            }
            let mean = contour.mean_loss(progress).unwrap();
            assert_relative_eq!(
                mean.value,
                total / rows.nrows() as f64,
                max_relative = 1e-10
            );
            let by_step = contour.by_step(progress).unwrap().value;
            let of_steps = by_step.iter().sum::<f64>() / by_step.len() as f64;
            assert_relative_eq!(mean.value, of_steps, max_relative = 1e-12);
        }
    }
}

#[test]
fn on_the_contour_the_optimum_has_its_own_losses() {
    let steps = [(level(0.3), 0.1), (level(0.999), 0.0), (level(0.9999), 0.0)];
    for (name, rows) in shapes() {
        let all = LeaveOneOut::new(rows.as_ref()).unwrap();
        let contour = RowContour::new(&all, network(&steps), RowContour::NODES).unwrap();
        let found = contour.by_row(&[Progress::Converged]).unwrap();
        let wanted = all.losses(&steps).by_row;
        let off = found[0].value.iter().zip(&wanted);
        let worst = off.fold(0.0f64, |worst, (f, w)| worst.max((f / w - 1.0).abs()));
        assert!(worst < 1e-9, "{name}: {worst:e}");
    }
}

#[test]
fn the_flow_of_theory_md_comes_out() {
    for (count, dim, wanted) in [(12, 20, 0.554411), (40, 10, 0.613027)] {
        let all = LeaveOneOut::new(sines(count, dim).as_ref()).unwrap();
        let contour = RowContour::new(&all, network(&[(level(0.9), 0.0)]), RowContour::NODES);
        let loss = contour.unwrap().mean_loss(&Progress::Flow(2.0)).unwrap();
        shown(loss.value, wanted);
        assert!(loss.error < 1e-5, "{loss:?}");
    }
}

#[test]
fn half_of_the_nodes_tell_how_far_off_the_contour_may_be() {
    let all = LeaveOneOut::new(normal(30, 12, 30).as_ref()).unwrap();
    let steps = [(level(0.5), 0.0), (level(0.9999), 0.0)];
    let at = |nodes| {
        let contour = RowContour::new(&all, network(&steps), nodes).unwrap();
        contour.mean_loss(&Progress::Flow(300.0)).unwrap()
    };
    let exact = at(1600).value;
    for nodes in [50, 100, 200, 400] {
        let found = at(nodes);
        let off = (found.value - exact).abs();
        assert!(off <= found.error, "{nodes}: {found:?}, off by {off:e}");
    }
    assert!(at(400).error < 1e-4, "{:?}", at(400));
}

#[test]
fn the_best_time_to_stop_has_the_least_loss() {
    // Few rows: the end is far worse than stopping.
    let all = LeaveOneOut::new(normal(15, 15, 31).as_ref()).unwrap();
    let steps = [(level(0.9), 0.0), (level(0.999), 0.0)];
    let contour = RowContour::new(&all, network(&steps), RowContour::NODES).unwrap();
    let best = contour.best_time().unwrap();
    let loss = |time| contour.mean_loss(&Progress::Flow(time)).unwrap().value;
    assert_relative_eq!(loss(best.at), best.value, max_relative = 1e-12);
    assert!(best.value < loss(0.5 * best.at).min(loss(2.0 * best.at)));
    assert!(best.value < 0.9 * all.losses(&steps).mean());
    // Very many rows: nothing is gained by stopping.
    let many = LeaveOneOut::new(normal(4000, 2, 32).as_ref()).unwrap();
    let steps = [(level(0.5), 0.0)];
    let contour = RowContour::new(&many, network(&steps), RowContour::NODES).unwrap();
    let end = many.losses(&steps).mean();
    let best = contour.best_time().unwrap();
    assert!(
        best.value <= end && best.value > end - 1e-3,
        "{best:?} {end}"
    );
}

#[test]
fn descent_that_would_overflow_on_the_contour_is_refused_with_the_bound() {
    let all = LeaveOneOut::new(normal(20, 10, 33).as_ref()).unwrap();
    let contour = RowContour::new(&all, network(&[(level(0.9), 0.0)]), 200).unwrap();
    let top = 0.9 * (all.eigenvalues()[0] * 20.0 / 19.0 * 1.001 + 0.5 * (0.1 / 0.9)) + 0.1;
    let at = |rate: f64| contour.mean_loss(&Progress::Descent(Descent::plain(vec![(rate, 1000)])));
    assert!(at(0.999 / top).unwrap().value.is_finite());
    let Err(TheoryError::RateAboveContour { bound, .. }) = at(1.001 / top) else {
        panic!("not refused");
    };
    assert_relative_eq!(bound, 1.0 / top, max_relative = 1e-12);
}

#[test]
fn groups_have_the_losses_of_models_that_are_fitted_without_them() {
    for (name, rows) in shapes() {
        let count = rows.nrows();
        let all = LeaveOneOut::new(rows.as_ref()).unwrap();
        let single: Vec<usize> = (0..count).collect();
        let mixed: Vec<usize> = (0..count).map(|i| [0, 1, 0, 2, 3, 3, 3][i % 7]).collect();
        let thirds: Vec<usize> = (0..count).map(|i| i % 3).collect();
        // All but two: the two forms of the equations take turns.
        let most: Vec<usize> = (0..count).map(|i| i.min(2)).collect();
        for labels in [single, mixed, thirds, most] {
            let groups = RowGroups::of(&labels);
            for (alpha_bar, gamma) in [(0.05, 0.0), (0.9, 0.1), (0.99, 0.02), (0.9999, 0.0)] {
                let losses = all.losses_without_groups(&groups, &[(level(alpha_bar), gamma)]);
                let losses = losses.unwrap();
                for members in groups.members() {
                    for &i in members {
                        let wanted = refitted(rows.as_ref(), members, i, alpha_bar, gamma);
                        let off = (losses.by_row[i] / wanted - 1.0).abs();
                        assert!(
                            off < 1e-10,
                            "{name}, {members:?}, {alpha_bar}: off by {off:e}"
                        );
                    }
                }
            }
        }
    }
}

#[test]
fn the_ten_groups_of_theory_md_come_out() {
    let all = LeaveOneOut::new(sines(40, 10).as_ref()).unwrap();
    let groups = RowGroups::blocks(40, 10);
    assert_eq!(groups.members()[1], [4, 5, 6, 7]);
    let losses = all
        .losses_without_groups(&groups, &[(level(0.9), 0.0)])
        .unwrap();
    shown(losses.mean(), 0.550331);
}

#[test]
fn groups_that_are_no_partition_of_the_rows_are_refused() {
    let all = LeaveOneOut::new(normal(6, 3, 40).as_ref()).unwrap();
    let steps = [(level(0.5), 0.0)];
    for labels in [vec![0; 6], vec![0, 1, 1, 0, 0]] {
        let error = all.losses_without_groups(&RowGroups::of(&labels), &steps);
        assert!(
            matches!(error, Err(TheoryError::Groups { .. })),
            "{error:?}"
        );
    }
}

#[test]
fn leading_directions_are_rows_of_fewer_columns() {
    let rows = normal(30, 12, 41);
    let all = LeaveOneOut::new(rows.as_ref()).unwrap();
    let (_, covariance) = moments(rows.as_ref(), &[]);
    let eigen = covariance.self_adjoint_eigen(Side::Lower).unwrap();
    let turned = &rows * eigen.U().subcols(8, 4);
    let wanted = LeaveOneOut::new(turned.as_ref()).unwrap();
    let steps = [(level(0.9), 0.01), (level(0.99), 0.0)];
    let (found, wanted) = (all.leading(4).losses(&steps), wanted.losses(&steps));
    for (found, wanted) in found.by_row.iter().zip(&wanted.by_row) {
        assert_relative_eq!(found, wanted, max_relative = 1e-11);
    }
}

#[test]
fn a_row_that_is_ten_thousand_times_longer_keeps_its_own_loss() {
    for (count, dim) in [(30, 8), (10, 16)] {
        let mut rows = normal(count, dim, 42);
        rows.row_mut(4).iter_mut().for_each(|x| *x *= 1e4);
        let all = LeaveOneOut::new(rows.as_ref()).unwrap();
        for alpha_bar in [0.1, 0.9, 0.99] {
            let losses = all.losses(&[(level(alpha_bar), 0.0)]).by_row;
            let wanted = refitted(rows.as_ref(), &[4], 4, alpha_bar, 0.0);
            // The precision of a double, times the largest eigenvalue (10^9), over z.
            assert_relative_eq!(losses[4], wanted, max_relative = 1e-4);
        }
    }
}

#[test]
fn the_mean_loss_of_the_plain_rows_is_that_of_fitting_again_in_another_program() {
    let text = include_str!("inputs/plain.csv");
    let values: Vec<f64> = text
        .split([',', '\n'])
        .filter_map(|x| x.parse().ok())
        .collect();
    let rows = Mat::from_fn(40, 12, |i, j| values[12 * i + j]);
    // Scale "trace": the mean variance (1/N) becomes 1.
    let (_, covariance) = moments(rows.as_ref(), &[]);
    let trace: f64 = (0..12).map(|j| covariance[(j, j)]).sum();
    let rows = rows * faer::Scale((12.0 / trace).sqrt());
    let schedule = Schedule::linear(1000, 1e-4, 1e-2)
        .unwrap()
        .keep(20)
        .unwrap();
    let steps: Vec<_> = schedule.iter().map(|step| (step.level(), 0.0)).collect();
    shown(
        LeaveOneOut::new(rows.as_ref())
            .unwrap()
            .losses(&steps)
            .mean(),
        0.353993,
    );
}

#[test]
fn no_loss_is_below_zero_however_much_noise_there_is() {
    for (_, rows) in shapes() {
        let all = LeaveOneOut::new(rows.as_ref()).unwrap();
        let groups = RowGroups::blocks(all.samples(), 3);
        for exponent in [-300, -100, -30, -16, -12, -8, -4] {
            let alpha_bar = 10f64.powi(exponent);
            for gamma in [0.0, 1e-3 * alpha_bar] {
                let step = [(level(alpha_bar), gamma)];
                let losses = all.losses(&step).by_row;
                let of_groups = all.losses_without_groups(&groups, &step).unwrap().by_row;
                assert!(losses.iter().chain(&of_groups).all(|&loss| loss >= 0.0));
            }
        }
        // As the noise grows the loss is that of the mean: ab ||y||^2/d, and ab tr C^2/(d z0^2).
        let loss = all.losses(&[(level(1e-9), 0.0)]).by_row[0];
        let (mean, _) = moments(rows.as_ref(), &[0]);
        let distance: f64 = (0..rows.ncols())
            .map(|j| (rows[(0, j)] - mean[j]).powi(2))
            .sum();
        assert_relative_eq!(
            loss,
            1e-9 * distance / rows.ncols() as f64,
            max_relative = 1e-4
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { rng_seed: RngSeed::Fixed(1), ..ProptestConfig::with_cases(60) })]

    #[test]
    fn rows_of_any_shape_with_copies_have_the_losses_of_fitting_again(
        (count, dim) in (3..16_usize, 1..16_usize),
        seed in 0..1000_u64,
        copies in proptest::collection::vec((0..16_usize, 0..16_usize), 0..5),
        groups in proptest::collection::vec(0..4_u8, 16),
        alpha_bar in 0.05..0.9995_f64,
        gamma in prop_oneof![Just(0.0), 0.0..1.0_f64],
    ) {
        let mut rows = normal(count, dim, seed);
        for (from, to) in copies {
            let copied = rows.row(from % count).to_owned();
            rows.row_mut(to % count).copy_from(copied);
        }
        let all = LeaveOneOut::new(rows.as_ref()).unwrap();
        let step = [(level(alpha_bar), gamma)];
        let losses = all.losses(&step).by_row;
        // Copies of one row alone have no loss at all.
        let close = |found: f64, wanted: f64| (found - wanted).abs() <= 1e-10 * wanted + 1e-14;
        for (i, &loss) in losses.iter().enumerate() {
            let wanted = refitted(rows.as_ref(), &[i], i, alpha_bar, gamma);
            prop_assert!(close(loss, wanted), "row {i}: {loss} {wanted}");
        }
        let groups = RowGroups::of(&groups[..count]);
        prop_assume!(groups.members().len() > 1);
        let losses = all.losses_without_groups(&groups, &step).unwrap().by_row;
        for members in groups.members() {
            for &i in members {
                let wanted = refitted(rows.as_ref(), members, i, alpha_bar, gamma);
                prop_assert!(close(losses[i], wanted), "{i} of {members:?}: {} {wanted}", losses[i]);
            }
        }
    }
}
