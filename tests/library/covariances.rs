//! Shrunk covariances: against an independent program and scikit-learn, as denoisers, and as a choice for given rows.

use std::path::Path;
use std::process::{Command, Output};

use approx::assert_relative_eq;
use lindiff::config::Scale;
use lindiff::data::{Rows, read_covariance, write_npy};
use lindiff::denoiser::{CommutingDenoiser, Denoiser, losses_on_rows, mean};
use lindiff::diffusion::{NoiseLevel, Schedule};
use lindiff::faer::{self, Col, Mat, mat};
use lindiff::forecast::{Covariances, Forecast, Settings, best_covariance_ridge, of_rows};
use lindiff::gaussian::{
    Covariance, CovarianceError, GivenCovariance, SampleCovariance, covariance,
};
use lindiff::random::{Purpose, fill_normal, stream};
use lindiff::theory::LeaveOneOut;

use crate::python::numpy;

/// Rows whose column j has the deviation `deviation(j)`, about the mean j/10.
fn rows(count: usize, dim: usize, seed: u64, deviation: impl Fn(usize) -> f64) -> Mat<f64> {
    let mut normals = vec![0.0; count * dim];
    fill_normal(&mut stream(seed, Purpose::Data, 0), &mut normals);
    Mat::from_fn(count, dim, |i, j| {
        normals[i * dim + j] * deviation(j) + 0.1 * j as f64
    })
}

fn falling(j: usize) -> f64 {
    (1.0 / (j as f64 + 1.0)).sqrt()
}

fn write(path: &Path, matrix: &Mat<f64>) {
    let (rows, columns) = matrix.shape();
    write_npy(path, &[rows, columns], Rows::from(matrix).values()).unwrap();
}

/// Fewer rows than dimensions, as many, one and two more, many; one dimension; all columns alike; small units; rows
/// twice and a column that is the sum of two others; rows of very different lengths.
fn cases() -> Vec<(&'static str, Mat<f64>)> {
    let twice = rows(9, 20, 7, falling);
    let tied = rows(40, 6, 8, falling);
    let long = rows(60, 10, 9, falling);
    vec![
        ("few", rows(12, 30, 1, falling)),
        ("two", rows(2, 5, 1, falling)),
        ("as-many", rows(30, 30, 2, falling)),
        ("one-more", rows(31, 30, 3, falling)),
        ("two-more", rows(32, 30, 3, falling)),
        ("many", rows(400, 30, 4, falling)),
        ("line", rows(25, 1, 5, falling)),
        ("alike", rows(50, 10, 6, |_| 1.0)),
        ("small", faer::Scale(1e-9) * rows(20, 8, 6, falling)),
        ("twice", Mat::from_fn(18, 20, |i, j| twice[(i / 2, j)])),
        ("tied", {
            let column = |i: usize| tied[(i, 0)] + tied[(i, 1)];
            Mat::from_fn(40, 7, |i, j| if j < 6 { tied[(i, j)] } else { column(i) })
        }),
        (
            "long",
            Mat::from_fn(60, 10, |i, j| long[(i, j)] * (i as f64 / 20.0).exp()),
        ),
    ]
}

/// Writes all cases, lets `change` alter them, and runs the independent program.
fn checked(change: impl Fn(&Path)) -> Output {
    let folder = tempfile::tempdir().unwrap();
    for (name, rows) in cases() {
        let zero = Col::zeros(rows.ncols());
        for (case, known) in [
            (name.to_owned(), None),
            (format!("{name}-known"), Some(zero.as_ref())),
        ] {
            write(&folder.path().join(format!("{case}-rows.npy")), &rows);
            for which in Covariance::ESTIMATORS {
                let found = covariance(rows.as_ref(), known, &which).unwrap();
                let file = format!("{case}-{}.npy", which.name());
                write(&folder.path().join(file), &found.covariance());
            }
        }
    }
    change(folder.path());
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/independent/covariances.py");
    Command::new("python3")
        .arg(script)
        .arg(folder.path())
        .output()
        .unwrap()
}

fn said(output: &Output) -> String {
    let texts = [&output.stdout, &output.stderr];
    texts
        .map(|text| String::from_utf8_lossy(text).into_owned())
        .concat()
}

#[test]
fn an_independent_program_and_scikit_learn_estimate_the_same_covariances_to_1e_12() {
    if numpy() {
        let output = checked(|_| ());
        assert!(output.status.success(), "{}", said(&output));
        println!("{}", said(&output));
    }
}

#[test]
fn the_independent_program_sees_a_weight_that_is_off_by_a_billionth() {
    if numpy() {
        let output = checked(|folder| {
            let rows = rows(400, 30, 4, falling);
            let mut wrong = covariance(rows.as_ref(), None, &Covariance::Oas)
                .unwrap()
                .covariance();
            wrong[(3, 3)] *= 1.0 + 1e-9;
            write(&folder.join("many-oas.npy"), &wrong);
        });
        let said = said(&output);
        assert!(
            !output.status.success() && said.contains("many, oas"),
            "{said}"
        );
    }
}

/// The values are those of scikit-learn 1.9.1 for `x_ij = sin(i j^2 + 0.3 i^2 + j) / sqrt(j)`, with i and j from 1.
#[test]
fn shrinkage_weights_are_those_of_scikit_learn() {
    for (count, dim, ledoit_wolf, oas) in WEIGHTS {
        let value = |i: f64, j: f64| (i * j * j + 0.3 * i * i + j).sin() / j.sqrt();
        let rows = Mat::from_fn(count, dim, |i, j| value(i as f64 + 1.0, j as f64 + 1.0));
        for (which, expected) in [
            (Covariance::LedoitWolf, ledoit_wolf),
            (Covariance::Oas, oas),
        ] {
            let found = covariance(rows.as_ref(), None, &which).unwrap();
            assert_relative_eq!(found.shrinkage().unwrap(), expected, max_relative = 1e-12);
        }
    }
}

const WEIGHTS: [(usize, usize, f64, f64); 2] = [
    (12, 20, 0.6273158778570836, 0.7313390919801425),
    (40, 10, 0.25719791086559174, 0.32745754368087576),
];

#[test]
fn every_estimate_of_shrinkage_keeps_the_trace_and_the_eigenvectors_of_the_sample() {
    for (name, rows) in cases() {
        let sample = SampleCovariance::new(rows.as_ref(), None).unwrap();
        let (count, total) = (
            rows.nrows() as f64,
            sample.eigenvalues().iter().sum::<f64>(),
        );
        let empirical = sample
            .estimate(&Covariance::Empirical)
            .unwrap()
            .covariance();
        for which in Covariance::ESTIMATORS {
            let found = sample.estimate(&which).unwrap();
            let shrunk = found.covariance();
            let trace: f64 = (0..found.dim()).map(|j| shrunk[(j, j)]).sum();
            // The quadratic-inverse estimator takes 1/(N - 1).
            let growth = match which {
                Covariance::QuadraticInverse => count / (count - 1.0),
                _ => 1.0,
            };
            assert_relative_eq!(trace, growth * total, max_relative = 1e-12);
            let apart = (&shrunk * &empirical - &empirical * &shrunk).norm_max();
            assert!(
                apart < 1e-12 * total * total,
                "{name}, {}: {apart:e}",
                which.name()
            );
        }
    }
}

#[test]
fn what_is_no_covariance_is_refused_with_the_place() {
    let refused = |matrix: Mat<f64>| GivenCovariance::new("mine", matrix.as_ref()).unwrap_err();
    assert_eq!(
        refused(mat![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]),
        CovarianceError::NotSquare {
            rows: 2,
            columns: 3
        }
    );
    assert!(matches!(
        refused(mat![[1.0, 0.5], [0.4, 1.0]]),
        CovarianceError::NotSymmetric {
            row: 1,
            column: 0,
            ..
        }
    ));
    assert!(matches!(
        refused(mat![[1.0, f64::NAN], [0.0, 1.0]]),
        CovarianceError::NotFinite {
            row: 0,
            column: 1,
            ..
        }
    ));
    assert!(matches!(
        refused(mat![[1.0, 2.0], [2.0, 1.0]]),
        CovarianceError::Negative { .. }
    ));
    // What single precision leaves is no reason.
    assert!(GivenCovariance::new("mine", mat![[1.0, 0.5000001], [0.5, 0.25]].as_ref()).is_ok());
    let rows = rows(20, 3, 1, falling);
    let small = GivenCovariance::new("mine", Mat::<f64>::identity(2, 2).as_ref()).unwrap();
    let found = covariance(rows.as_ref(), None, &Covariance::Given(small));
    assert_eq!(
        found.unwrap_err(),
        CovarianceError::Size { size: 2, dim: 3 }
    );
    let few = covariance(rows.subrows(0, 1), None, &Covariance::Oas).unwrap_err();
    assert_eq!(few, CovarianceError::FewRows { rows: 1, least: 2 });
}

fn schedule() -> Schedule {
    Schedule::linear(1000, 1e-4, 1e-2)
        .unwrap()
        .keep(12)
        .unwrap()
}

fn steps(gamma: impl Fn(&NoiseLevel) -> f64) -> Vec<(NoiseLevel, f64)> {
    let levels = schedule();
    let levels = levels.iter().map(|step| step.level());
    levels.map(|level| (level, gamma(&level))).collect()
}

#[test]
fn the_loss_on_a_row_is_that_of_the_commuting_denoiser_under_a_law_at_that_row() {
    for (name, rows) in cases() {
        let fresh = Mat::from_fn(3, rows.ncols(), |i, j| {
            0.3 * (i as f64 - 1.0) + 0.1 * j as f64
        });
        for which in Covariance::ESTIMATORS {
            let estimate = covariance(rows.as_ref(), None, &which).unwrap();
            let found = losses_on_rows(
                &estimate,
                fresh.as_ref(),
                &steps(|level| 0.02 + level.alpha_bar()),
            );
            let law = estimate.law().unwrap();
            let ridge = |step: &lindiff::diffusion::Step| 0.02 + step.alpha_bar;
            let denoiser = CommutingDenoiser::optimum(&law, &schedule(), ridge);
            for (i, found) in found.iter().enumerate() {
                let (at, none) = (
                    fresh.row(i).transpose().to_owned(),
                    Mat::zeros(rows.ncols(), rows.ncols()),
                );
                let losses = denoiser.losses(&schedule(), &[(&at, none.as_ref())]);
                let relative = (found - mean(&losses[0])).abs() / found;
                assert!(relative < 1e-10, "{name}, {}: {relative:e}", which.name());
            }
        }
    }
}

#[test]
fn with_one_row_a_fold_the_loss_of_the_sample_is_that_of_leave_one_out() {
    for (count, dim) in [(14, 20), (40, 8)] {
        let rows = rows(count, dim, 3, falling);
        let steps = steps(|level| 0.01 + 0.3 * level.alpha_bar());
        let exact = LeaveOneOut::new(rows.as_ref())
            .unwrap()
            .losses(&steps)
            .by_row;
        for (i, exact) in exact.iter().enumerate() {
            let others = Mat::from_fn(count - 1, dim, |k, j| rows[(k + usize::from(k >= i), j)]);
            let sample = covariance(others.as_ref(), None, &Covariance::Empirical).unwrap();
            let found = losses_on_rows(&sample, rows.subrows(i, 1), &steps)[0];
            assert_relative_eq!(found, *exact, max_relative = 1e-9);
        }
    }
}

fn forecast(rows: &Mat<f64>, settings: &Settings) -> Forecast {
    of_rows(Rows::from(rows), settings).unwrap()
}

fn settings() -> Settings {
    let all = Settings::default().covariances(&Covariance::ESTIMATORS);
    all.scale(Scale::None).schedule(schedule())
}

fn test_loss(found: &Covariances, name: &str) -> f64 {
    found
        .compared
        .iter()
        .find(|one| one.name == name)
        .unwrap()
        .test_loss
}

/// Rows in ten groups: the folds are the groups, in whatever order.
#[test]
fn each_loss_is_that_of_refitting_without_each_of_the_folds() {
    for (count, dim) in [(50, 8), (30, 40)] {
        let rows = rows(count, dim, 11, falling);
        let group = |i: usize| i % 10;
        let groups: Vec<usize> = (0..count).map(group).collect();
        let found = forecast(&rows, &settings().ridge(0.01).groups(&groups));
        let found = found.covariances.unwrap();
        assert_eq!((found.folds, found.compared.len()), (10, 6));
        for which in Covariance::ESTIMATORS {
            let mut total = 0.0;
            for fold in 0..10 {
                let part = |tested: bool| {
                    let kept: Vec<usize> = (0..count)
                        .filter(|i| (group(*i) == fold) == tested)
                        .collect();
                    Mat::from_fn(kept.len(), dim, |i, j| rows[(kept[i], j)])
                };
                let estimate = covariance(part(false).as_ref(), None, &which).unwrap();
                let losses = losses_on_rows(&estimate, part(true).as_ref(), &steps(|_| 0.01));
                total += losses.iter().sum::<f64>();
            }
            let loss = test_loss(&found, which.name());
            assert_relative_eq!(loss, total / count as f64, max_relative = 1e-9);
        }
    }
}

#[test]
fn the_best_covariance_ridge_has_the_lowest_leave_one_out_loss() {
    for (count, dim, gamma) in [(30, 40, 0.0), (60, 10, 0.02)] {
        let rows = rows(count, dim, 17, falling);
        let left_out = LeaveOneOut::new(rows.as_ref()).unwrap();
        let levels: Vec<NoiseLevel> = steps(|_| 0.0).into_iter().map(|step| step.0).collect();
        let best = best_covariance_ridge(&left_out, &levels, gamma);
        let loss = |c: f64| {
            let steps = steps(|level| gamma + level.alpha_bar() * c);
            left_out.losses(&steps).mean()
        };
        assert!(best > 0.0);
        for other in [0.0, 0.5 * best, 0.95 * best, 1.05 * best, 2.0 * best] {
            assert!(
                loss(best) < loss(other),
                "{best}: {} at {other}: {}",
                loss(best),
                loss(other)
            );
        }
    }
}

#[test]
fn of_rows_whose_columns_are_alike_a_shrunk_covariance_is_best() {
    let found = forecast(&rows(60, 40, 12, |_| 1.0), &settings());
    let compared = found.covariances.unwrap();
    let best = compared.best.as_deref().unwrap();
    assert!(["ledoit-wolf", "oas"].contains(&best), "{best}");
    let empirical = &compared.compared[2];
    assert!(
        empirical.name == "empirical" && empirical.difference_low > 0.0,
        "{compared:?}"
    );
    let sentence = format!("Of the covariances {best} has the lowest test loss");
    assert!(
        found.verdict.iter().any(|s| s.starts_with(&sentence)),
        "{:?}",
        found.verdict
    );
    let one = &compared.compared[3];
    assert_eq!(one.name, "ledoit-wolf");
    assert!(one.shrinkage.unwrap() > 0.9 && one.difference_high < 0.0);
}

#[test]
fn of_many_rows_with_few_strong_directions_no_difference_is_seen() {
    let strong = |j: usize| if j < 3 { 10.0 } else { 1.0 };
    let found = forecast(&rows(3000, 12, 13, strong), &settings());
    let compared = found.covariances.unwrap();
    assert_eq!(compared.best, None);
    let losses = compared.compared.iter().map(|one| one.test_loss);
    assert!(losses.clone().fold(0.0, f64::max) < 1.001 * losses.fold(1.0, f64::min));
    assert!(
        found
            .verdict
            .iter()
            .any(|s| s.contains("No ") && s.contains("10-fold"))
    );
}

#[test]
fn the_covariance_that_the_rows_have_is_best_in_the_units_and_columns_of_the_file() {
    // The second column is constant, and the units of the others differ.
    let units = [1e3, 1.0, 1e-2, 5.0, 1.0, 20.0];
    let drawn = rows(24, 6, 14, |_| 1.0);
    let mixed = |i: usize, j: usize| match j {
        1 => 7.0,
        0 => units[0] * drawn[(i, 0)],
        _ => units[j] * (0.8 * drawn[(i, 0)] + 0.6 * drawn[(i, j)]),
    };
    let rows = Mat::from_fn(24, 6, mixed);
    let truth = Mat::from_fn(6, 6, |i, j| match (i, j) {
        (1, _) | (_, 1) => 0.0,
        (0, 0) => units[0] * units[0],
        (0, k) | (k, 0) => 0.8 * units[0] * units[k],
        (i, j) if i == j => units[i] * units[i],
        (i, j) => 0.64 * units[i] * units[j],
    });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("truth.npy");
    write(&path, &truth);
    let given = read_covariance(&path).unwrap();
    let wrong = GivenCovariance::new("wrong", Mat::<f64>::identity(6, 6).as_ref()).unwrap();
    let which = [given, Covariance::Given(wrong), Covariance::LedoitWolf];
    for scale in [Scale::Columns, Scale::Trace] {
        let settings = Settings::default()
            .schedule(schedule())
            .scale(scale)
            .covariances(&which);
        let found = forecast(&rows, &settings).covariances.unwrap();
        let [truth, wrong, shrunk] =
            ["truth.npy", "wrong", "ledoit-wolf"].map(|n| test_loss(&found, n));
        assert!(
            truth < shrunk && shrunk < wrong,
            "{scale:?}: {truth}, {shrunk}, {wrong}"
        );
    }
    let small = GivenCovariance::new("small", Mat::<f64>::identity(5, 5).as_ref()).unwrap();
    let refused = of_rows(
        Rows::from(&rows),
        &Settings::default().covariances(&[Covariance::Given(small)]),
    );
    let refused = refused.unwrap_err().to_string();
    assert_eq!(refused, "the covariance is 5 x 5, the rows have 6 columns");
}
