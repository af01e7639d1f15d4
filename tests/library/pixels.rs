//! The rows of networks that are not linear: every column, in one scale, and rows of its own for each network.

use crate::tables::*;
use lindiff::config::{DataConfig, Draw, Samples, Source};
use lindiff::data::{Pixels, Rows, load, pixels};
use lindiff::gaussian::Moments;

fn digits_of(samples: usize, members: usize) -> Pixels {
    let config = DataConfig::new(Source::digits(), samples).draw(Draw::Rows);
    pixels(&config, members, 1).unwrap()
}

#[test]
fn every_pixel_is_kept_about_the_mean_in_one_scale() {
    let pixels = digits_of(400, 1);
    assert_eq!((pixels.dim(), pixels.constant, pixels.image), (64, 3, None));
    let truth = pixels.laws.truth.as_ref().unwrap();
    close(truth.trace(), 64.0);
    // numpy's eigenvalues of these rows in this scale.
    for (found, expected) in truth
        .variances()
        .iter()
        .zip([9.52997989, 8.71601359, 7.54854001, 5.38238683])
    {
        assert!((found - expected).abs() < 1e-7, "{found} {expected}");
    }
    let (train, test) = (pixels.train(0), pixels.test(0, 10_000).unwrap());
    assert_eq!((train.count(), test.count()), (400, 1397));
    let all = Rows::new([train.values(), test.values()].concat(), 64);
    let moments = Moments::of(&all);
    assert!(moments.mean.norm_max() < 1e-12);
    close((0..64).map(|j| moments.covariance[(j, j)]).sum(), 64.0);
    // They are the rows that a linear network is trained on.
    let config = DataConfig::new(Source::digits(), 400).draw(Draw::Rows);
    let linear = load(&config, 1).unwrap();
    let there = linear.train_rows.rows().unwrap();
    let read = linear.laws.frame.read_coordinates(&there);
    let same = pixels.laws.frame.read_coordinates(&train);
    let apart = read.values().iter().zip(same.values());
    assert!(apart.map(|(a, b)| (a - b).abs()).fold(0.0, f64::max) < 1e-9);
}

#[test]
fn no_row_belongs_to_two_networks_and_each_is_tested_on_those_it_has_not_seen() {
    let (one, three) = (digits_of(500, 1), digits_of(500, 3));
    assert_eq!(one.train(0), three.train(0));
    let names = |rows: &Rows| -> Vec<Vec<u64>> {
        let row = |i: usize| rows.row(i).iter().map(|x| x.to_bits()).collect();
        (0..rows.count()).map(row).collect()
    };
    for member in 0..3 {
        let (own, test) = (three.train(member), three.test(member, 10_000).unwrap());
        assert_eq!((own.count(), test.count()), (500, 1297));
        let own = names(&own);
        assert!(names(&test).iter().all(|row| !own.contains(row)));
        // The rows of no member come first.
        assert_eq!(three.test(member, 297), three.test(0, 297));
    }
    // Two halves of all rows.
    let halves = digits_of(898, 2);
    assert_eq!(halves.test(0, 10_000).unwrap().count(), 899);
    assert_eq!(halves.laws.test.unwrap().count, 1);
}

#[test]
fn members_are_drawn_anew_from_a_truth_of_unit_mean_variance() {
    let config = DataConfig::new(Source::spiked(6, [9.0, 4.0]), 50);
    let (one, two) = (
        pixels(&config, 1, 5).unwrap(),
        pixels(&config, 2, 5).unwrap(),
    );
    close(two.laws.truth.as_ref().unwrap().trace(), 6.0);
    assert_eq!(one.train(0), two.train(0));
    assert_ne!(two.train(0), two.train(1));
    assert_eq!(two.laws.train.count, 100);
    let test = two.test(1, 4000).unwrap();
    assert_eq!(test, two.test(0, 4000).unwrap());
    let moments = Moments::of(&test);
    let trace: f64 = (0..6).map(|j| moments.covariance[(j, j)]).sum();
    // Its variance is 2 sum lambda^2 / 4000: 6 +- 0.08.
    assert!((trace - 6.0).abs() < 0.4, "{trace}");
}

#[test]
fn with_all_rows_there_is_no_test_and_no_truth() {
    let config = DataConfig::new(Source::digits(), Samples::All);
    let pixels = pixels(&config, 1, 1).unwrap();
    assert_eq!(pixels.samples(), 1797);
    assert!(pixels.laws.truth.is_none() && pixels.laws.test.is_none());
    assert!(pixels.test(0, 10).is_none());
}
