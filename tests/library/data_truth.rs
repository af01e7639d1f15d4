//! The truth of real data, and the frame that it is written in.

use crate::tables::*;
use faer::{Col, Mat};
use lindiff::config::{Columns, DataConfig, Mean, RealData, Scale};
use lindiff::data::{load, population};
use lindiff::gaussian::Moments;
use proptest::prelude::*;

#[test]
fn where_nothing_is_dropped_rows_stay_in_read_coordinates_but_for_the_scale() {
    let (mut real, _folder) = plane();
    real.columns = Columns::of(0..2);
    let read = doubles(&real);
    let data = load(&rows_of(real, 20), 1).unwrap();
    let frame = &data.laws.frame;
    assert_eq!(
        (frame.basis.clone(), data.dropped),
        (Mat::identity(2, 2), 0)
    );
    assert_eq!(frame.origin, Col::<f64>::zeros(2));
    close(data.laws.truth.as_ref().unwrap().trace(), 2.0);
    assert_close(
        &frame.read_coordinates(&frame.trained_coordinates(&read)),
        &read,
    );
    // The first training row is one of those that were read, times the scale.
    let rows = training_rows(&data);
    let row = rows.row(0);
    let found = (0..30).any(|i| {
        let pairs = read.row(i).iter().zip(row);
        pairs
            .into_iter()
            .all(|(r, x)| (r * frame.scale - x).abs() < 1e-12)
    });
    assert!(found);
}

#[test]
fn where_a_direction_is_dropped_the_truth_is_diagonal_and_the_frame_leads_back() {
    let (real, _folder) = plane();
    let read = doubles(&real);
    let data = load(&rows_of(real, 10), 1).unwrap();
    let (frame, truth) = (&data.laws.frame, data.laws.truth.as_ref().unwrap());
    assert_eq!((data.laws.dim(), data.dropped), (2, 1));
    close(truth.trace(), 2.0);
    assert!(truth.variances()[0] > truth.variances()[1]);
    // The third direction has no variance, so that nothing is lost.
    let turned = frame.trained_coordinates(&read);
    assert_close(&frame.read_coordinates(&turned), &read);
    let moments = Moments::of(&turned);
    for (i, j) in [(0, 0), (0, 1), (1, 0), (1, 1)] {
        close(moments.covariance[(i, j)], truth.covariance()[(i, j)]);
        close(moments.mean[i], truth.mean()[i]);
    }
}

#[test]
fn without_a_scale_variances_are_those_that_were_read() {
    let (real, _folder) = plane();
    let truth = |scale| {
        let real = RealData {
            scale,
            ..real.clone()
        };
        population(&rows_of(real, 10)).unwrap().law
    };
    let read = Moments::of(&doubles(&real)).covariance;
    close(
        truth(Scale::None).trace(),
        (0..3).map(|i| read[(i, i)]).sum(),
    );
    close(truth(Scale::Trace).trace(), 2.0);
}

#[test]
fn with_min_variance_zero_directions_without_variance_are_kept() {
    let (real, _folder) = plane();
    let data = load(
        &rows_of(
            RealData {
                min_variance: 0.0,
                ..real
            },
            10,
        ),
        1,
    )
    .unwrap();
    assert_eq!((data.laws.dim(), data.dropped), (3, 0));
    assert_eq!(data.laws.truth.unwrap().rank(), 2);
}

#[test]
fn a_known_mean_is_the_truth_s() {
    let (real, _folder) = plane();
    let config = DataConfig {
        mean: Mean::Known,
        ..rows_of(real, 10)
    };
    let data = load(&config, 1).unwrap();
    let mean = data.laws.truth.as_ref().unwrap().mean();
    assert_eq!(data.laws.train.mean, *mean);
    let rows = training_rows(&data);
    for (i, j) in [(0, 0), (0, 1), (1, 1)] {
        let products = (0..10).map(|n| (rows.row(n)[i] - mean[i]) * (rows.row(n)[j] - mean[j]));
        close(
            data.laws.train.covariance[(i, j)],
            products.sum::<f64>() / 10.0,
        );
    }
}

#[test]
fn rows_that_are_all_alike_are_refused() {
    let (real, _folder) = table("1,2\n1,2\n1,2\n");
    assert!(message(load(&rows_of(real, 1), 1).unwrap_err()).contains("alike"));
    let (real, _folder) = plane();
    let none = RealData {
        min_variance: 4.0,
        ..real
    };
    assert!(message(load(&rows_of(none, 1), 1).unwrap_err()).starts_with("data.min_variance"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn whatever_the_rows_the_trace_is_d_and_the_frame_leads_back(
        values in prop::collection::vec(-1e3f64..1e3, 24..60),
        seed: u64,
    ) {
        let lines = values.chunks_exact(3).map(|row| format!("{:e};{:e};{:e}\n", row[0], row[1], row[2]));
        let (real, _folder) = table(&lines.collect::<String>());
        let read = doubles(&real);
        let data = load(&rows_of(real, read.count() / 2), seed).unwrap();
        let frame = &data.laws.frame;
        let trained = training_rows(&data).count();
        prop_assert!((data.laws.truth.unwrap().trace() - data.laws.train.mean.nrows() as f64).abs() < 1e-9);
        let again = frame.read_coordinates(&frame.trained_coordinates(&read));
        for i in 0..read.count() {
            for (a, b) in again.row(i).iter().zip(read.row(i)) {
                prop_assert!((a - b).abs() < 1e-8 * 1e3);
            }
        }
        prop_assert_eq!(data.laws.test.unwrap().count + trained, read.count());
    }
}
