//! What is unusual in the features of a Fréchet distance: shared rows, copies, groups, and what is refused.

use faer::{Col, Mat, MatRef};
use lindiff::distance::{DistanceError, Features, Settings, frechet, rows_needed};

use crate::distances::{distance, near, normal, of_rows};

fn refused(a: &Features<'_>, b: &Features<'_>) -> DistanceError {
    frechet(a, b, &Settings::default(), &mut |_, _| ()).unwrap_err()
}

#[test]
fn rows_against_themselves_have_the_plain_distance_0_and_are_warned_of() {
    let a = normal(60, 6, 16);
    let found = of_rows(&a, &a);
    near(found.plain, 0.0, 1e-13);
    // What was taken off is the bias of independent rows, which these are not.
    assert!(found.value < 0.0 && !found.difference_seen);
    assert_eq!(found.shared_rows, Some(60));
    assert!(found.warnings[0].contains("60 of 60 rows of B also stand in A"));
    assert!(
        found.verdict[0].starts_with("No difference is seen"),
        "{:?}",
        found.verdict
    );
    let said = &found.verdict[1];
    assert!(
        said.contains("is 0.0000; independent samples of one law would have"),
        "{said}"
    );
    assert_eq!((found.verdict.len(), found.plain_rows), (2, None));
}

#[test]
fn rows_that_stand_in_both_sets_are_counted_unless_chance_gives_as_many() {
    let (a, mut b) = (normal(60, 6, 17), normal(80, 6, 18));
    assert_eq!(of_rows(&a, &b).shared_rows, None);
    for i in 0..5 {
        b.row_mut(10 + i).copy_from(a.row(2 * i));
    }
    let found = of_rows(&a, &b);
    assert_eq!(found.shared_rows, Some(5));
    assert!(found.warnings[0].contains("copies make the distance smaller"));
    // Two columns of two values each: nearly every row of B stands in A.
    let coarse = |count, seed| {
        let rows = normal(count, 2, seed);
        Mat::from_fn(count, 2, |i, j| f64::from(u8::from(rows[(i, j)] > 0.0)))
    };
    assert_eq!(of_rows(&coarse(50, 19), &coarse(60, 20)).shared_rows, None);
}

#[test]
fn a_column_that_has_nearly_all_of_the_variance_is_warned_of() {
    let (mut a, b) = (normal(60, 4, 23), normal(60, 4, 24));
    assert_eq!(of_rows(&a, &b).warnings, [""; 0]);
    a.col_mut(2).iter_mut().for_each(|x| *x *= 30.0);
    let found = of_rows(&a, &b);
    let warning = &found.warnings[0];
    assert!(
        warning.starts_with("column 2 has 99 % of the variance"),
        "{warning}"
    );
}

#[test]
fn groups_are_left_out_whole_so_copies_in_a_group_do_not_narrow_the_interval() {
    let (few, b) = (normal(60, 4, 21), normal(400, 4, 22));
    let many = Mat::from_fn(240, 4, |i, j| few[(i / 4, j)]);
    let groups: Vec<usize> = (0..240).map(|i| i / 4).collect();
    let (rows, other) = (many.as_ref(), Features::rows(b.as_ref()));
    let grouped = distance(&Features::grouped(rows, &groups), &other);
    let single = distance(&Features::rows(rows), &other);
    near(grouped.value, single.value, 1e-12);
    assert!(grouped.standard_error.unwrap() > 1.3 * single.standard_error.unwrap());
    assert_eq!(grouped.a.groups, Some(60));
    assert!(grouped.warnings[0].contains("whole groups"));
}

#[test]
fn features_without_a_distance_are_refused_with_the_names_and_numbers() {
    let said = |a: &Features<'_>, b: &Features<'_>| refused(a, b).to_string();
    let rows = |count, dim| normal(count, dim, 1);
    let (a, b) = (rows(40, 5), rows(40, 6));
    let text = said(&Features::rows(a.as_ref()), &Features::rows(b.as_ref()));
    assert!(text.contains("A has 5 columns and B has 6"), "{text}");

    assert_eq!(
        [1, 6, 8, 100, 2048].map(rows_needed),
        [10, 10, 12, 127, 2562]
    );
    let (few, enough) = (rows(11, 8), rows(12, 8));
    let text = said(
        &Features::rows(enough.as_ref()),
        &Features::rows(few.as_ref()),
    );
    assert!(
        text.contains("B has 11 rows") && text.contains("at least 12"),
        "{text}"
    );
    assert!(of_rows(&enough, &enough).value.is_finite());

    let mut broken = rows(40, 5);
    broken[(3, 2)] = f64::NAN;
    let text = said(
        &Features::rows(a.as_ref()),
        &Features::rows(broken.as_ref()),
    );
    assert!(text.contains("B: row 3, column 2 is NaN"), "{text}");

    let same = Mat::<f64>::ones(40, 5);
    let text = said(
        &Features::rows(same.as_ref()),
        &Features::rows(same.as_ref()),
    );
    assert!(text.contains("do not vary"), "{text}");

    let groups = [[0; 20], [1; 20]].concat();
    let text = said(
        &Features::grouped(a.as_ref(), &groups),
        &Features::rows(a.as_ref()),
    );
    assert!(text.contains("A: the rows are of 2 groups"), "{text}");
    let text = said(
        &Features::grouped(a.as_ref(), &groups[1..]),
        &Features::rows(a.as_ref()),
    );
    assert!(text.contains("39 groups for 40 rows"), "{text}");
}

#[test]
fn a_covariance_that_is_none_is_refused() {
    let a = normal(40, 2, 1);
    let mean = Col::<f64>::zeros(2);
    let said = |covariance: MatRef<'_, f64>| {
        let known = Features::statistics(mean.as_ref(), covariance);
        refused(&Features::rows(a.as_ref()), &known).to_string()
    };
    let text = said(faer::mat![[1.0, 0.5], [0.4, 1.0]].as_ref());
    assert!(
        text.contains("B: the covariance is not symmetric"),
        "{text}"
    );
    let text = said(faer::mat![[1.0, 2.0], [2.0, 1.0]].as_ref());
    assert!(text.contains("negative eigenvalue -1.000e0"), "{text}");
    let text = said(faer::mat![[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]].as_ref());
    assert!(text.contains("shape [2, 3]"), "{text}");
}
