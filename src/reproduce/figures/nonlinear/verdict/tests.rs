use super::*;
use crate::reproduce::figures::nonlinear::results::{Agreeing, GROUPS, Place, Worth};

const SPLITS: usize = 6;

fn place(data: Data, model: Model, samples: usize, split: usize) -> Place {
    Place {
        data,
        model,
        samples,
        split,
    }
}

/// Deviations of splits whose mean is 0 and whose standard deviation is about 1.
fn deviation(split: usize) -> f64 {
    [-1.3, 0.4, 1.1, -0.6, 1.2, -0.8][split]
}

fn cell(place: Place, test_loss: f64, nonlinear: f64, shrinkage: f64) -> Cell {
    Cell {
        test_loss,
        nonlinear,
        nonlinear_error: 0.001,
        residual: nonlinear.abs(),
        groups: [(0.0, 0.0); GROUPS.len()],
        shrinkage,
        sigma: SIGMA,
        place,
    }
}

/// What the claim says, with some noise of splits.
fn as_claimed() -> Results {
    let mut results = Results::default();
    // N, the test loss beyond the linear network's on digits and on Gaussian rows, the shrinkage beyond it
    let rows = [
        (50, 0.124, 0.224, 0.188),
        (100, 0.052, 0.194, 0.107),
        (200, -0.006, 0.116, 0.05),
        (400, -0.042, 0.061, 0.022),
        (800, -0.055, 0.031, 0.011),
    ];
    for split in 0..SPLITS {
        let noise = 0.002 * deviation(split);
        for (samples, digits, gaussian, shrinkage) in rows {
            for (data, beyond, term) in [
                (Data::Digits, digits, -0.05),
                (Data::Gaussian, gaussian, 0.05),
            ] {
                let at = |model| place(data, model, samples, split);
                results.cells.push(cell(at(Model::Linear), 0.3, 0.0, 0.01));
                let (loss, gain) = (0.3 + beyond + noise, 0.01 + shrinkage + noise);
                results
                    .cells
                    .push(cell(at(Model::Mlp), loss, term + noise, gain));
            }
            let at = |model| place(Data::Digits, model, samples, split);
            for (model, overlap) in [
                (Model::Linear, 0.9),
                (Model::Mlp, 0.8 + noise),
                (Model::Copying, 0.4),
            ] {
                let place = at(model);
                results.overlaps.push(Agreeing { place, overlap });
            }
            results.ended.push(Ended {
                place: at(Model::Mlp),
                sigma: SIGMA,
                gains: [0.9, 0.88, 0.87, 0.84].map(|gain| gain + noise),
                optimum: [0.9, 0.88, 0.87, 0.84],
                wiener: [0.94, 0.92, 0.91, 0.88],
            });
        }
        for (step, distance) in [(100, 0.4), (400, 0.15), (6000, 0.45)] {
            results.moments.push(Moment {
                place: place(Data::Digits, Model::Mlp, FEW, split),
                sigma: SIGMA,
                step,
                distance: distance + noise,
                test_loss: 0.4,
            });
        }
    }
    for (samples, spread) in [(50usize, 2.0), (800, 80.0)] {
        let estimates = (0..SPLITS).map(|split| samples as f64 + spread * deviation(split));
        results.worth.push(Worth {
            samples,
            ridge: 0.3,
            estimates: estimates.collect(),
        });
    }
    results
}

/// The rules that fail, by their first letters.
fn failing(results: &Results) -> Vec<String> {
    let tests = tests(results, false).into_iter();
    let failing = tests.filter(|test| !test.passed);
    failing.map(|test| test.text[..2].to_owned()).collect()
}

/// The failing rules after a change.
fn failing_with(change: impl Fn(&mut Results)) -> Vec<String> {
    let mut results = as_claimed();
    change(&mut results);
    failing(&results)
}

/// Changes the cells of the MLP on some rows.
fn in_cells(data: Data, samples: usize, change: impl Fn(&mut Cell)) -> Vec<String> {
    failing_with(|results| {
        let cells = results.cells.iter_mut();
        cells
            .filter(|c| {
                (c.place.data, c.place.model, c.place.samples) == (data, Model::Mlp, samples)
            })
            .for_each(&change);
    })
}

#[test]
fn numbers_as_claimed_pass_every_rule() {
    let tests = tests(&as_claimed(), false);
    assert_eq!(tests.len(), 7);
    assert!(tests.iter().all(|test| test.passed), "{tests:#?}");
    let essential = tests.iter().filter(|test| test.essential);
    let essential: Vec<&str> = essential.map(|test| &test.text[..2]).collect();
    assert_eq!(essential, ["T2", "T3", "T5"]);
}

#[test]
fn rules_without_their_numbers_say_nothing_and_the_quick_set_has_the_first_two() {
    assert!(tests(&Results::default(), false).is_empty());
    let quick = tests(&as_claimed(), true);
    let names: Vec<&str> = quick.iter().map(|test| &test.text[..2]).collect();
    assert_eq!(names, ["T1", "T2"]);
}

#[test]
fn t1_fails_for_gains_off_by_more_than_the_margin_and_for_wiener_s_filter_as_the_optimum() {
    let off = |by: f64| failing_with(|results| results.ended[2].gains[3] += by * SPLITS as f64);
    // One split of six has the error; the mean of all is off by a sixth of it.
    assert!(off(0.018).is_empty());
    assert_eq!(off(0.025), ["T1"]);
    let swapped = failing_with(|results| {
        for ended in &mut results.ended {
            ended.optimum = ended.wiener;
        }
    });
    assert_eq!(swapped, ["T1"]);
    let same = failing_with(|results| {
        for ended in &mut results.ended {
            ended.wiener = ended.optimum;
        }
    });
    assert_eq!(same, ["T1"], "a control that is not rejected");
}

#[test]
fn t2_fails_for_a_non_linear_term_that_helps_on_gaussian_rows_and_for_one_that_is_not_the_square() {
    let helps = in_cells(Data::Gaussian, 100, |cell| cell.nonlinear = -0.01);
    assert_eq!(helps, ["T2"]);
    let other = in_cells(Data::Gaussian, 100, |cell| cell.residual *= 1.3);
    assert_eq!(other, ["T2"]);
    let control = failing_with(|results| {
        for cell in &mut results.cells {
            cell.nonlinear = cell.nonlinear.abs();
        }
    });
    assert_eq!(control, ["T2"], "digits that pass too");
}

#[test]
fn t3_and_t4_need_differences_that_the_spread_of_splits_does_not_explain() {
    let none = in_cells(Data::Digits, FEW, |cell| cell.shrinkage = 0.01);
    assert_eq!(none, ["T3"]);
    let many = in_cells(Data::Digits, MANY, |cell| cell.shrinkage += 0.02);
    assert_eq!(many, ["T3"]);
    let spread = in_cells(Data::Digits, FEW, |cell| {
        cell.shrinkage += 0.1 * deviation(cell.place.split);
    });
    assert_eq!(spread, ["T3"]);
    let better = in_cells(Data::Gaussian, 400, |cell| cell.test_loss -= 0.1);
    assert_eq!(better, ["T4"]);
    let no_change = in_cells(Data::Digits, 400, |cell| cell.test_loss += 0.1);
    assert_eq!(no_change, ["T4"]);
    let spread = in_cells(Data::Digits, MANY, |cell| {
        cell.test_loss += 0.1 * deviation(cell.place.split);
    });
    assert_eq!(spread, ["T4"]);
}

#[test]
fn t5_fails_if_one_pair_of_networks_agrees_like_linear_ones() {
    let one = failing_with(|results| {
        let network = results
            .overlaps
            .iter_mut()
            .find(|o| o.place.model == Model::Mlp);
        network.unwrap().overlap = 0.91;
    });
    assert_eq!(one, ["T5"]);
}

#[test]
fn t6_fails_for_a_distance_that_only_falls_or_ends_near_its_minimum() {
    let end = |distance: f64| {
        failing_with(|results| results.moments.last_mut().unwrap().distance = distance)
    };
    assert_eq!(end(0.1), ["T6"]);
    assert_eq!(end(0.25), ["T6"]);
    assert_eq!(returned(&[3.0, 1.0, 2.5]), 2.5);
    assert_eq!(returned(&[1.0, 2.0, 3.0]), 0.0);
    assert_eq!(returned(&[]), 0.0);
}

#[test]
fn t8_fails_for_half_as_many_rows_and_for_estimates_too_wide_to_reject_them() {
    let half = failing_with(|results| {
        for worth in &mut results.worth {
            worth.samples /= 2;
        }
    });
    assert_eq!(half, ["T8"]);
    let wide = failing_with(|results| {
        for estimate in &mut results.worth[1].estimates {
            *estimate = 800.0 + 4.0 * (*estimate - 800.0);
        }
    });
    assert_eq!(wide, ["T8"]);
    let lost = failing_with(|results| results.worth[0].estimates[0] = f64::NAN);
    assert_eq!(lost, ["T8"]);
}
