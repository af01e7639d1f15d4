//! The training set and the test set of rows, and what is said of them.

use crate::tables::*;
use lindiff::config::{DataConfig, Mean, RealData, Samples, Source};
use lindiff::data::{load, read_rows};
use lindiff::gaussian::Moments;

#[test]
fn test_moments_are_of_the_rows_left_over_about_their_own_mean() {
    let (real, _folder) = plane();
    let data = load(&rows_of(real.clone(), 12), 4).unwrap();
    let all = data.laws.frame.trained_coordinates(&doubles(&real));
    let trained = training_rows(&data);
    let is_trained = |row: &[f64]| {
        let near = |other: &[f64]| other.iter().zip(row).all(|(a, b)| (a - b).abs() < 1e-9);
        (0..12).any(|k| near(trained.row(k)))
    };
    let left: Vec<usize> = (0..30).filter(|&i| !is_trained(all.row(i))).collect();
    let expected = Moments::of(&all.select(&left));
    let test = data.laws.test.unwrap();
    assert_eq!(test.count, left.len());
    for (i, j) in [(0, 0), (0, 1), (1, 1)] {
        close(test.mean[i], expected.mean[i]);
        close(test.covariance[(i, j)], expected.covariance[(i, j)]);
    }
}

#[test]
fn all_rows_leave_no_truth_and_no_test_set() {
    let (real, _folder) = plane();
    let config = DataConfig {
        samples: Samples::All,
        ..rows_of(real, 1)
    };
    let data = load(&config, 1).unwrap();
    assert!(data.laws.truth.is_none() && data.laws.test.is_none());
    assert_eq!(
        (
            data.train_rows.rows().unwrap().count(),
            data.laws.dim(),
            data.dropped
        ),
        (30, 2, 1)
    );
    let trace: f64 = (0..2).map(|i| data.laws.train.covariance[(i, i)]).sum();
    close(trace, 2.0);
    let error = load(
        &DataConfig {
            mean: Mean::Known,
            ..config
        },
        1,
    )
    .unwrap_err();
    assert!(message(error).starts_with("data.mean"));
}

#[test]
fn as_many_samples_as_rows_are_refused_and_all_is_named() {
    let (real, _folder) = plane();
    for samples in [30, 31] {
        let text = message(load(&rows_of(real.clone(), samples), 1).unwrap_err());
        assert!(
            text.contains(&samples.to_string()) && text.contains("\"all\""),
            "{text}"
        );
    }
    load(&rows_of(real, 29), 1).unwrap();
}

#[test]
fn a_share_of_few_rows_and_a_rough_truth_are_warned_of() {
    let (real, _folder) = plane();
    let warnings = |config| load(&config, 1).unwrap().warnings;
    assert_eq!(warnings(rows_of(real.clone(), 7)).len(), 0);
    assert!(warnings(rows_of(real.clone(), 8))[0].contains("8 of 30 rows"));
    // 30 rows are 5 times 6 dimensions.
    let wide = |dim| {
        let row = |i: i32| (0..dim).map(move |j| ((i * (37 + j) + j * j) % 101).to_string());
        let lines = (0..30).map(|i| row(i).collect::<Vec<_>>().join(",") + "\n");
        table(&lines.collect::<String>())
    };
    let (six, _six) = wide(6);
    let (five, _five) = wide(5);
    assert!(warnings(rows_of(six.clone(), 7))[0].contains("estimate"));
    assert_eq!(warnings(drawn_from(Source::Real(six), 7)).len(), 1);
    assert_eq!(warnings(rows_of(five, 7)).len(), 0);
}

#[test]
fn whole_groups_are_on_one_side() {
    let (real, _folder) = plane();
    let real = RealData {
        group: Some(3),
        ..real
    };
    let read = read_rows(&real).unwrap();
    assert_eq!(read.groups.as_ref().unwrap()[7], "g1");
    assert_eq!(read.rows.dim(), 3);
    // Two groups of five, and two rows of a third, whose other three are in neither set.
    let data = load(&rows_of(real.clone(), 12), 1).unwrap();
    assert_eq!(data.laws.test.unwrap().count, 15);
    let drawn = load(&drawn_from(Source::Real(real), 12), 1).unwrap_err();
    assert!(message(drawn).starts_with("data.group"));
}

#[test]
fn a_group_column_is_no_coordinate_where_no_columns_are_named() {
    let (real, _folder) = table("a,who,b\n1,x,2\n3,y,4\n5,x,7\n");
    let read = read_rows(&RealData {
        group: Some(1),
        ..real
    })
    .unwrap();
    assert_eq!(
        (&*read.rows.row(2), read.groups.unwrap().join("")),
        ([5.0, 7.0].as_slice(), "xyx".into())
    );
}
