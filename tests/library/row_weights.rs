//! Rows with weights: `x_i = m + sqrt(w_i) Sigma^(1/2) z_i`.

use crate::tables::*;
use lindiff::config::{DataConfig, Draw, Experiment, RowWeights, Source};
use lindiff::data::{Rows, load};
use lindiff::gaussian::Moments;

const LAWS: [RowWeights; 3] = [
    RowWeights::TwoPoint { higher: 3.0 },
    RowWeights::LogNormal { deviation: 0.7 },
    RowWeights::Student { degrees: 6.0 },
];

fn drawn(row_weights: RowWeights, samples: usize) -> DataConfig {
    DataConfig {
        row_weights,
        ..drawn_from(Source::power_law(4, 1.0), samples)
    }
}

fn rows(row_weights: RowWeights, samples: usize) -> Rows {
    training_rows(&load(&drawn(row_weights, samples), 3).unwrap())
}

/// The weights of rows, as the squares of how much longer they are than the rows without weights.
fn weights(law: RowWeights, samples: usize) -> Vec<f64> {
    let (plain, weighted) = (rows(RowWeights::None, samples), rows(law, samples));
    let weight = |i: usize| {
        let ratios = weighted.row(i).iter().zip(plain.row(i)).map(|(x, y)| x / y);
        let ratios: Vec<f64> = ratios.collect();
        let equal = |r: &f64| (r / ratios[0] - 1.0).abs() < 1e-14;
        assert!(ratios.iter().all(equal), "row {i} is turned: {ratios:?}");
        ratios[0] * ratios[0]
    };
    (0..samples).map(weight).collect()
}

fn mean_and_variance(values: impl Iterator<Item = f64> + Clone) -> (f64, f64) {
    let count = values.clone().count() as f64;
    let mean = values.clone().sum::<f64>() / count;
    (
        mean,
        values.map(|x| (x - mean).powi(2)).sum::<f64>() / count,
    )
}

#[test]
fn weights_only_scale_the_rows_of_the_same_seed_and_have_their_law() {
    const N: usize = 20_000;
    let count = N as f64;
    let within = |found: f64, wanted: f64, deviation: f64| {
        let allowed = 5.0 * deviation / count.sqrt();
        assert!((found - wanted).abs() < allowed, "{found} is not {wanted}");
    };
    let [two, log_normal, student] = LAWS.map(|law| weights(law, N));
    let high = two.iter().filter(|w| (*w - 3.0).abs() < 1e-12).count();
    let low = two
        .iter()
        .filter(|w| (*w - 1.0 / 3.0).abs() < 1e-12)
        .count();
    assert_eq!(high + low, N);
    within(high as f64 / count, 0.25, (0.25f64 * 0.75).sqrt());
    let (mean, variance) = mean_and_variance(log_normal.iter().map(|w| w.ln()));
    within(mean, -0.245, 0.7);
    within(variance, 0.49, 0.49 * 2f64.sqrt());
    // chi^2 with 6 degrees of freedom has the mean 6, the variance 12 and the fourth central moment 1296.
    let (mean, variance) = mean_and_variance(student.iter().map(|w| 4.0 / w));
    within(mean, 6.0, 12f64.sqrt());
    within(variance, 12.0, (1296.0f64 - 144.0).sqrt());
}

#[test]
fn fewer_rows_with_weights_are_a_prefix_of_more_with_any_number_of_threads() {
    for law in LAWS {
        let (few, many) = (rows(law, 100), rows(law, 200));
        assert!((0..100).all(|i| few.row(i) == many.row(i)));
        let with = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
            pool.build().unwrap().install(|| rows(law, 200))
        };
        assert!(with(1) == with(3));
    }
}

#[test]
fn the_moments_are_those_of_the_rows_and_the_truth_stays_what_it_was() {
    for law in LAWS {
        // More rows than a block of the sums.
        let data = load(&drawn(law, 10_000), 3).unwrap();
        let plain = load(&drawn(RowWeights::None, 10_000), 3).unwrap();
        let found = Moments::of(&training_rows(&data));
        assert_eq!(found.mean, data.laws.train.mean);
        assert_eq!(found.covariance, data.laws.train.covariance);
        assert_ne!(found.covariance, plain.laws.train.covariance);
        let truth = |data: lindiff::data::Dataset| data.laws.truth.unwrap().variances();
        assert_eq!(truth(data), truth(plain));
    }
}

#[test]
fn draws_from_the_gaussian_of_rows_take_weights_about_their_mean() {
    let config = |row_weights| DataConfig {
        row_weights,
        ..drawn_from(Source::Real(digits()), 50)
    };
    let plain = load(&config(RowWeights::None), 1).unwrap();
    let weighted = load(&config(LAWS[0]), 1).unwrap();
    let truth = plain.laws.truth.as_ref().unwrap();
    let (one, two) = (training_rows(&plain), training_rows(&weighted));
    for i in 0..50 {
        let from_mean = |rows: &Rows, j: usize| rows.row(i)[j] - truth.mean()[j];
        let weight = (from_mean(&two, 0) / from_mean(&one, 0)).powi(2);
        assert!((weight - 3.0).abs() < 1e-9 || (weight - 1.0 / 3.0).abs() < 1e-9);
        for j in 0..one.dim() {
            let expected = weight.sqrt() * from_mean(&one, j);
            assert!((from_mean(&two, j) - expected).abs() < 1e-9);
        }
    }
}

#[test]
fn rows_that_were_read_have_no_weights() {
    let config = DataConfig {
        row_weights: LAWS[0],
        ..rows_of(digits(), 100)
    };
    let said = message(load(&config, 1).unwrap_err());
    assert!(said.starts_with("data.row_weights"), "{said}");
    let experiment = Experiment::of(config).check().unwrap_err().to_string();
    let wanted = "the experiment: data.row_weights = \"two-point\": weights are of drawn rows, and data.draw is \"rows\"";
    assert!(experiment.starts_with(wanted), "{experiment}");
    let drawn = Experiment::new(Source::digits(), 100)
        .draw(Draw::Gaussian)
        .row_weights(LAWS[2]);
    assert!(drawn.check().is_ok());
}

#[test]
fn a_parameter_without_a_law_is_refused_before_rows_are_drawn() {
    for wrong in [
        RowWeights::TwoPoint { higher: 0.5 },
        RowWeights::LogNormal {
            deviation: f64::NAN,
        },
        RowWeights::Student { degrees: 2.0 },
    ] {
        let said = message(load(&drawn(wrong, 10), 1).unwrap_err());
        assert!(said.starts_with("data.row_weights_parameter"), "{said}");
        assert!(Experiment::of(drawn(wrong, 10)).check().is_err());
    }
}

#[test]
fn more_samples_than_can_be_drawn_in_hours_are_refused_with_the_most() {
    let said = message(load(&drawn(RowWeights::None, 100_000_000_000_000_000), 1).unwrap_err());
    assert!(
        said.starts_with("data.samples: 100000000000000000 samples in 4 dimensions"),
        "{said}"
    );
    assert!(said.contains("at most 250000000000 "), "{said}");
}
