//! What `probe` says of networks that are known exactly.

use faer::{Mat, MatRef, Scale};
use lindiff::config::Target;
use lindiff::data::Rows;
use lindiff::denoiser::{CommutingDenoiser, Copying, PointDenoiser, TestRows, clean_vectors};
use lindiff::diffusion::{NoiseLevel, Schedule};
use lindiff::probe::{LevelProbe, Probe, Question};

use crate::probed::{Drawn, answer, gaussian_rows, normal, wiener};
use crate::shared::power_law;

const LEVELS: [f64; 3] = [0.9, 0.5, 0.2];

fn variances(dim: usize) -> Vec<f64> {
    power_law(dim, 1.0).eigenvalues().to_vec()
}

fn answered(question: &Question) -> Probe {
    answer(question).unwrap_or_else(|error| panic!("{error}"))
}

/// A linear network that was trained to its end on rows with a ridge: the clean row is `S (S + z + ridge)^-1 x`.
fn linear(rows: &Rows, levels: &[f64], ridge: f64) -> CommutingDenoiser {
    let law = TestRows::new(rows.as_matrix()).unwrap().law().clone();
    let schedule = Schedule::from_alpha_bar(levels).unwrap();
    CommutingDenoiser::new(&law, &schedule, |step, variance| {
        let total = variance + step.level().noise_to_signal() + ridge;
        (1.0 - variance / total) / step.noise_scale()
    })
}

/// A denoiser of points as a network that gives clean rows.
fn network<'a>(
    denoiser: &'a dyn PointDenoiser,
    levels: &'a [f64],
) -> impl Fn(&[f64], &NoiseLevel) -> Vec<f64> + 'a {
    move |x_t, level| {
        let index = levels
            .iter()
            .position(|ab| *ab == level.alpha_bar())
            .unwrap();
        let point = MatRef::from_row_major_slice(x_t, 1, x_t.len());
        let noise = denoiser.predicted_noise(point, index);
        let clean = clean_vectors(point, noise.as_ref(), level);
        clean.row(0).iter().copied().collect()
    }
}

/// Training rows and others, all of them drawn.
fn with_training(train: usize, test: usize, dim: usize, times: usize) -> (Drawn, Rows) {
    let all = gaussian_rows(5, train + test, &variances(dim));
    let training = all.select(&(0..train).collect::<Vec<_>>());
    (Drawn::new(6, &all, &LEVELS, times), training)
}

#[test]
fn all_targets_of_one_network_have_the_same_answer() {
    let clean = gaussian_rows(1, 200, &variances(6));
    let drawn = Drawn::new(2, &clean, &LEVELS, 3);
    let curved = |x_t: &[f64], level: &NoiseLevel| {
        let best = wiener(&variances(6))(x_t, level);
        best.iter().map(|x| x + 0.1 * (2.0 * x).sin()).collect()
    };
    let of = |target| answered(&drawn.question(drawn.predictions(target, curved), target)).levels;
    let eps = of(Target::Eps);
    for target in [Target::X0, Target::V, Target::Score] {
        for (a, b) in eps.iter().zip(of(target)) {
            let pairs = [
                (a.test_loss, b.test_loss),
                (a.affine_excess, b.affine_excess),
                (a.nonlinear, b.nonlinear),
                (a.affine_share, b.affine_share),
            ];
            for (x, y) in pairs {
                assert!((x - y).abs() < 1e-10, "{x} {y}");
            }
        }
    }
}

/// Everything that has a formula, by the plainest way to it.
#[test]
fn the_parts_of_the_loss_are_those_of_the_map_that_the_network_is() {
    let dim = 4;
    let clean = gaussian_rows(3, 4000, &[2.0, 1.0, 0.5, 0.25]);
    let drawn = Drawn::new(4, &clean, &[0.5], 5);
    // D(x) = x/2 + 0.2 + 0.3 (x^2 - E x^2) in the first column, at z = 1.
    let second = 2.0 + 1.0;
    let made = move |x_t: &[f64], level: &NoiseLevel| {
        let x: Vec<f64> = x_t.iter().map(|x| x / level.signal_scale()).collect();
        let mut clean: Vec<f64> = x.iter().map(|x| x / 2.0 + 0.2).collect();
        clean[0] += 0.3 * (x[0] * x[0] - second);
        clean
    };
    let prediction = drawn.predictions(Target::V, made);
    let found = answered(&drawn.question(prediction, Target::V));
    let [level] = &found.levels[..] else {
        panic!("one level")
    };
    let lambda: [f64; 4] = [2.0, 1.0, 0.5, 0.25];
    let mean = |f: &dyn Fn(f64) -> f64| lambda.iter().map(|l| f(*l)).sum::<f64>() / dim as f64;
    let wiener = mean(&|l| l / (l + 1.0));
    let excess = mean(&|l| (0.5 - l / (l + 1.0)).powi(2) * (l + 1.0) + 0.04);
    // E r^2 of 0.3 (x^2 - E x^2), whose product with x_0 is 0 on average.
    let nonlinear = 0.09 * 2.0 * second * second / dim as f64;
    let near = |value: f64, wanted: f64, error: f64| {
        assert!(
            (value - wanted).abs() < 4.0 * error,
            "{value} ± {error}, {wanted}"
        );
    };
    let errors = &level.standard_errors;
    near(level.wiener, wiener, 0.005);
    near(level.affine_excess, excess, errors.affine_excess.max(0.005));
    near(level.nonlinear, nonlinear, errors.nonlinear);
    near(
        level.test_loss,
        wiener + excess + nonlinear,
        errors.test_loss.max(0.005),
    );
    let sum = level.wiener + level.affine_excess + level.nonlinear;
    assert!((level.test_loss - sum).abs() < 1e-10);
    for direction in &found.directions {
        near(direction.gain, 0.5, direction.standard_error);
        let wanted = direction.variance / (direction.variance + 1.0);
        assert!((direction.wiener - wanted).abs() < 1e-12);
        assert_eq!(direction.predicted, None);
    }
    assert_eq!(found.directions.len(), dim);
    assert!(
        found.verdict[0].starts_with("It has not learned more than the covariance"),
        "{:?}",
        found.verdict
    );
}

#[test]
fn a_linear_network_at_its_optimum_is_known_as_one() {
    let (drawn, training) = with_training(100, 600, 10, 4);
    let optimum = linear(&training, &LEVELS, 0.0);
    let prediction = drawn.predictions(Target::Eps, network(&optimum, &LEVELS));
    let question = drawn
        .question(prediction, Target::Eps)
        .train(training)
        .unwrap();
    let found = answered(&question);
    assert_eq!((found.test_rows, found.train_rows), (600, Some(100)));
    assert_eq!(found.draws, 3 * 4 * 600);
    let training = found.training.as_ref().unwrap();
    assert_eq!(training.ended, Some(true), "{}", training.sentence);
    for level in &found.levels {
        let beside = level.training.as_ref().unwrap();
        assert!(beside.from_linear_optimum < 1e-20);
        assert!(beside.gain_gap.unwrap().value.abs() < 1e-8);
        assert!(level.nonlinear.abs() < 1e-8, "{}", level.nonlinear);
        let own = level.effective_samples.unwrap().value;
        let linear = beside.linear_effective_samples.unwrap().value;
        assert!((own / linear - 1.0).abs() < 1e-6, "{own} {linear}");
        assert!((level.affine_share - 1.0).abs() < 1e-8);
    }
    assert!(
        found.verdict[0].starts_with("It has not learned more"),
        "{}",
        found.verdict[0]
    );
    assert!(
        found.verdict[1].contains("cannot be known"),
        "{}",
        found.verdict[1]
    );
    assert!(
        found.verdict[2].starts_with("Its linear part is worth"),
        "{}",
        found.verdict[2]
    );
}

#[test]
fn rows_and_ridge_of_linear_networks_come_out() {
    for (count, ridge) in [(100, 0.0), (400, 0.3)] {
        let dim = 32;
        let training = gaussian_rows(7, count, &variances(dim));
        let clean = gaussian_rows(8, 1500, &variances(dim));
        let drawn = Drawn::new(9, &clean, &[0.5], 1);
        let optimum = linear(&training, &[0.5], ridge);
        let prediction = drawn.predictions(Target::Eps, network(&optimum, &[0.5]));
        let found = answered(&drawn.question(prediction, Target::Eps));
        let level = &found.levels[0];
        let samples = level
            .effective_samples
            .unwrap_or_else(|| panic!("{:?}", level.not_identified));
        let found_ridge = level.ridge.unwrap();
        // The interval, and the spread of 3 to 5 % between training sets.
        let slack = 0.15 * count as f64;
        assert!(
            samples.low - slack < count as f64 && (count as f64) < samples.high + slack,
            "{count}: {samples:?}"
        );
        assert!(
            (found_ridge.value - ridge).abs() < 0.1,
            "{ridge}: {found_ridge:?}"
        );
    }
}

#[test]
fn a_copier_is_called_a_copier() {
    let (drawn, training) = with_training(60, 500, 12, 2);
    let copying = Copying::new(
        training.as_matrix(),
        &Schedule::from_alpha_bar(&LEVELS).unwrap(),
    );
    let prediction = drawn.predictions(Target::X0, network(&copying, &LEVELS));
    let noise = normal(10, training.values().len());
    let samples = training
        .values()
        .iter()
        .zip(noise)
        .map(|(x, e)| x + 0.01 * e);
    let samples = Rows::new(samples.collect(), 12);
    let question = drawn
        .question(prediction, Target::X0)
        .train(training)
        .unwrap();
    let found = answered(&question.samples(samples).unwrap());
    for level in &found.levels {
        let beside = level.training.as_ref().unwrap();
        assert!(beside.from_copying < 1e-20 && beside.from_linear_optimum > 0.01);
    }
    // At low noise training rows come back, and others do not.
    let low = &found.levels[0];
    assert!(low.training.as_ref().unwrap().train_loss.unwrap().value < 0.1 * low.test_loss);
    let copies = found.samples.unwrap();
    assert!(copies.copies.value > 0.95 && copies.test_rows_copies.value < 0.1);
    assert!(
        found.verdict[1].starts_with("It copies its training rows"),
        "{}",
        found.verdict[1]
    );
    assert!(found.training.unwrap().copying_sigma > 0.5);
}

#[test]
fn samples_of_the_truth_are_no_copies() {
    let (drawn, training) = with_training(60, 500, 12, 2);
    let prediction = drawn.predictions(Target::X0, wiener(&variances(12)));
    let samples = gaussian_rows(11, 1000, &variances(12));
    let question = drawn
        .question(prediction, Target::X0)
        .train(training)
        .unwrap();
    let found = answered(&question.samples(samples).unwrap());
    assert!(
        found.verdict[1].starts_with("It does not copy")
            || found.verdict[1].starts_with("It copies no more"),
        "{}",
        found.verdict[1]
    );
    // Wiener's filter of the truth has not the gains of the optimum on 60 rows.
    assert_eq!(found.training.unwrap().ended, Some(false));
}

#[test]
fn a_network_that_knows_only_the_mean_has_no_gain_and_no_rows() {
    let clean = gaussian_rows(12, 400, &variances(8));
    let drawn = Drawn::new(13, &clean, &LEVELS, 2);
    let prediction = drawn.predictions(Target::Eps, |x_t, _| vec![0.0; x_t.len()]);
    let found = answered(&drawn.question(prediction, Target::Eps));
    let variance = clean.values().iter().map(|x| x * x).sum::<f64>() / clean.values().len() as f64;
    for level in &found.levels {
        assert!(
            (level.test_loss - variance).abs() < 1e-8,
            "{} {variance}",
            level.test_loss
        );
        assert!(level.nonlinear.abs() < 1e-8);
        assert!(level.effective_samples.is_none() && level.not_identified.is_some());
    }
    assert!(
        found
            .directions
            .iter()
            .all(|direction| direction.gain.abs() < 1e-8)
    );
    assert!(
        found.verdict[2].contains("cannot be known, because"),
        "{}",
        found.verdict[2]
    );
}

/// Numbers that are 1 or -1, with a little noise, and what is probed of a network that predicts this share of what the
/// best denoiser adds to Wiener's filter, which is the best denoiser's affine part.
fn of_a_mixture(share: f64) -> Probe {
    let (dim, small) = (3, 0.01);
    let variance = 1.0 + small * small;
    let centres = normal(14, 2000 * dim).into_iter().map(f64::signum);
    let noise = normal(15, 2000 * dim);
    let clean = centres.zip(noise).map(|(c, e)| c + small * e).collect();
    let drawn = Drawn::new(16, &Rows::new(clean, dim), &LEVELS, 2);
    let network = |x_t: &[f64], level: &NoiseLevel| {
        let of = |x: &f64| {
            let x = x / level.signal_scale();
            let z = level.noise_to_signal() + small * small;
            let centre = (x / z).tanh();
            let best = centre + small * small / z * (x - centre);
            let wiener = variance / (variance + level.noise_to_signal()) * x;
            wiener + share * (best - wiener)
        };
        x_t.iter().map(of).collect()
    };
    answered(&drawn.question(drawn.predictions(Target::V, network), Target::V))
}

#[test]
fn the_best_denoiser_of_a_mixture_has_learned_more_than_the_covariance() {
    let found = of_a_mixture(1.0);
    let said = &found.verdict[0];
    assert!(
        said.starts_with("It has learned more than the covariance: at 3 of 3"),
        "{said}"
    );
    let harmless =
        |level: &LevelProbe| level.affine_excess < 4.0 * level.standard_errors.affine_excess + 1e-3;
    assert!(found.levels.iter().all(harmless), "{:?}", found.levels);
}

#[test]
fn what_rounding_adds_is_nothing_learned_though_it_differs_from_0_by_more_than_its_error() {
    let found = of_a_mixture(1e-8);
    let certain = |level: &LevelProbe| level.nonlinear < -4.0 * level.standard_errors.nonlinear;
    assert!(found.levels.iter().any(certain), "{:?}", found.levels);
    let said = &found.verdict[0];
    assert!(
        said.starts_with("It has not learned more than the covariance"),
        "{said}"
    );
}

#[test]
fn few_rows_leave_what_is_beyond_the_covariance_unknown() {
    let clean = gaussian_rows(17, 40, &variances(8));
    let drawn = Drawn::new(18, &clean, &[0.5], 1);
    let noise = Rows::new(normal(19, drawn.row.len() * 8), 8);
    let mut prediction = drawn.predictions(Target::X0, wiener(&variances(8)));
    let noisy = prediction
        .values()
        .iter()
        .zip(noise.values())
        .map(|(x, e)| x + 0.1 * e);
    prediction = Rows::new(noisy.collect(), 8);
    let found = answered(&drawn.question(prediction, Target::X0));
    assert!(
        found.verdict[0].contains("cannot be known"),
        "{}",
        found.verdict[0]
    );
}

#[test]
fn the_expected_gain_is_that_of_the_effective_ridge() {
    let (drawn, training) = with_training(100, 600, 10, 1);
    let prediction = drawn.predictions(Target::Eps, wiener(&variances(10)));
    let count = training.count();
    let question = drawn
        .question(prediction, Target::Eps)
        .train(training)
        .unwrap();
    let found = answered(&question);
    let test: Vec<usize> = (count..drawn.clean.count()).collect();
    let rows = drawn.clean.select(&test);
    let variances = TestRows::new(rows.as_matrix()).unwrap().law().variances();
    for direction in &found.directions {
        let z = found.levels[direction.level].sigma.powi(2);
        let predicted = direction.predicted.unwrap();
        // kappa (1 - (df1 + 1)/N) = z
        let kappa = direction.variance * (1.0 - predicted) / predicted;
        let df1: f64 = variances.iter().map(|l| l / (l + kappa)).sum();
        let back = kappa * (1.0 - (df1 + 1.0) / count as f64);
        assert!((back / z - 1.0).abs() < 1e-9, "{back} {z}");
    }
}

#[test]
fn a_distance_is_the_mean_square_over_the_variance_of_the_output() {
    let (drawn, training) = with_training(50, 400, 6, 1);
    let prediction = drawn.predictions(Target::X0, wiener(&variances(6)));
    let optimum = linear(&training, &LEVELS, 0.0);
    let of_optimum = drawn.predictions(Target::X0, network(&optimum, &LEVELS));
    let count = training.count();
    let question = drawn
        .question(prediction.clone(), Target::X0)
        .train(training)
        .unwrap();
    let found = answered(&question);
    for (index, level) in found.levels.iter().enumerate() {
        let draws: Vec<usize> = (0..drawn.row.len())
            .filter(|&i| drawn.alpha_bar[i] == LEVELS[index] && drawn.row[i] >= count)
            .collect();
        let (a, b) = (prediction.select(&draws), of_optimum.select(&draws));
        let mean = Mat::from_fn(1, 6, |_, j| {
            a.as_matrix().col(j).iter().sum::<f64>() / draws.len() as f64
        });
        let ones = Mat::full(draws.len(), 1, 1.0);
        let centred = a.as_matrix() - Scale(1.0) * (ones * mean);
        let wanted = (a.as_matrix() - b.as_matrix()).squared_norm_l2() / centred.squared_norm_l2();
        let found = level.training.as_ref().unwrap().from_linear_optimum;
        assert!((found / wanted - 1.0).abs() < 1e-9, "{found} {wanted}");
    }
}
