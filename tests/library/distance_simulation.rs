//! The Fréchet distance without bias, by simulation: laws whose distance is known, many draws of few rows.

use faer::{Col, Mat};
use lindiff::distance::{Features, FrechetDistance, Settings, frechet};
use lindiff::text::statistics::{family_wise, mean_and_error};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{ChiSquared, Distribution, StandardNormal};

/// The law of the rows' weights w: rows are `m + sqrt(w) K z`, and w has mean 1.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Tails {
    Gaussian,
    /// Student's law with five degrees of freedom.
    Heavy,
}

/// Two laws with covariances `K K'` that do not commute, and their distance.
struct Laws {
    roots: [Mat<f64>; 2],
    shift: f64,
    distance: f64,
    /// `tr Sigma_a`
    trace: f64,
}

impl Laws {
    /// Variances 1/(j + 1) in `dim` dimensions. Those of B are scaled by powers of `apart`, in directions that are turned by
    /// `apart` from those of A; the means are apart too.
    fn new(dim: usize, apart: f64) -> Self {
        let scale = |j: usize| 1.0 / (j as f64 + 1.0).sqrt();
        let a = Mat::from_fn(dim, dim, |i, j| if i == j { scale(i) } else { 0.0 });
        let mut rng = ChaCha8Rng::seed_from_u64(99);
        let mut normal = || -> f64 { StandardNormal.sample(&mut rng) };
        let noise: Mat<f64> = Mat::from_fn(dim, dim, |_, _| normal());
        let size = apart / (dim as f64).sqrt();
        let turned = Mat::from_fn(dim, dim, |i, j| {
            f64::from(u8::from(i == j)) + size * (noise[(i, j)] - noise[(j, i)])
        });
        let turn = turned.qr().compute_Q();
        let scales: Vec<f64> = (0..dim)
            .map(|j| scale(j) * (apart * normal()).exp())
            .collect();
        let b = Mat::from_fn(dim, dim, |i, j| turn[(i, j)] * scales[j]);
        let shift = 0.1 * apart;
        let square = |root: &Mat<f64>| root.squared_norm_l2();
        let cross: f64 = (a.transpose() * &b).singular_values().unwrap().iter().sum();
        let means = shift * shift * square(&a);
        Self {
            distance: means + square(&a) + square(&b) - 2.0 * cross,
            trace: square(&a),
            roots: [a, b],
            shift,
        }
    }

    fn draw(&self, side: usize, count: usize, tails: Tails, rng: &mut ChaCha8Rng) -> Mat<f64> {
        const FREEDOM: f64 = 5.0;
        let dim = self.roots[0].nrows();
        let z: Mat<f64> = Mat::from_fn(count, dim, |_, _| StandardNormal.sample(rng));
        let chi = ChiSquared::new(FREEDOM).unwrap();
        let weights = Col::from_fn(count, |_| match tails {
            Tails::Gaussian => 1.0,
            Tails::Heavy => ((FREEDOM - 2.0) / chi.sample(rng)).sqrt(),
        });
        let rows = z * self.roots[side].transpose();
        let mean = |j: usize| side as f64 * self.shift * self.roots[0][(j, j)];
        Mat::from_fn(count, dim, |i, j| mean(j) + weights[i] * rows[(i, j)])
    }

    /// Distances of `repeats` draws.
    fn distances(&self, counts: [usize; 2], tails: Tails, repeats: u64) -> Vec<FrechetDistance> {
        let of_draw = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let a = self.draw(0, counts[0], tails, &mut rng);
            let b = self.draw(1, counts[1], tails, &mut rng);
            let (a, b) = (Features::rows(a.as_ref()), Features::rows(b.as_ref()));
            frechet(&a, &b, &Settings::default().seed(seed), &mut |_, _| ()).unwrap()
        };
        (0..repeats).map(of_draw).collect()
    }

    /// By how many standard errors the mean of a quantity is off.
    fn off(&self, found: &[FrechetDistance], of: impl Fn(&FrechetDistance) -> f64) -> f64 {
        let values: Vec<f64> = found.iter().map(of).collect();
        let (mean, error) = mean_and_error(&values);
        (mean.unwrap() - self.distance) / error.unwrap()
    }

    /// How many intervals hold the distance.
    fn held(&self, found: &[FrechetDistance]) -> usize {
        let holds = |found: &&FrechetDistance| {
            (found.low.unwrap()..=found.high.unwrap()).contains(&self.distance)
        };
        found.iter().filter(holds).count()
    }

    /// The root mean square error of a quantity, as a share of the trace.
    fn error(&self, found: &[FrechetDistance], of: impl Fn(&FrechetDistance) -> f64) -> f64 {
        let squares = found.iter().map(|f| (of(f) - self.distance).powi(2));
        (squares.sum::<f64>() / found.len() as f64).sqrt() / self.trace
    }
}

/// Each comparison fails by chance with a probability of 1e-3 over all of them.
#[test]
fn the_mean_over_draws_is_the_distance_of_the_laws_and_the_plain_one_is_rejected() {
    const REPEATS: u64 = 60;
    let cases = [
        (40, 0.0, [80, 80], Tails::Gaussian),
        (40, 0.5, [60, 120], Tails::Gaussian),
        (40, 0.5, [80, 80], Tails::Heavy),
        (40, 0.5, [300, 300], Tails::Heavy),
        (3, 0.5, [20, 20], Tails::Gaussian),
    ];
    let most = family_wise(cases.len(), REPEATS as usize);
    for (dim, apart, counts, tails) in cases {
        let laws = Laws::new(dim, apart);
        let found = laws.distances(counts, tails, REPEATS);
        let off = laws.off(&found, |found| found.value);
        assert!(
            off.abs() < most,
            "{dim} {apart} {counts:?} {tails:?}: {off} standard errors"
        );
        let off = laws.off(&found, |found| found.plain);
        assert!(
            off > most,
            "{dim} {apart} {counts:?} {tails:?}: the plain distance is {off} off"
        );
        let error = laws.error(&found, |found| found.value);
        let plain = laws.error(&found, |found| found.plain);
        assert!(
            error < 0.8 * plain,
            "{dim} {counts:?} {tails:?}: {error} {plain}"
        );
    }
}

#[test]
fn the_interval_holds_the_distance_of_the_laws_as_often_as_it_says() {
    const REPEATS: u64 = 100;
    for (apart, counts, tails) in [
        (0.5, [52, 52], Tails::Gaussian),
        (0.5, [80, 160], Tails::Heavy),
        (0.5, [400, 400], Tails::Heavy),
    ] {
        let laws = Laws::new(40, apart);
        let found = laws.distances(counts, tails, REPEATS);
        let held = laws.held(&found);
        // Of 100 intervals that hold with 95 %, fewer than 87 do with a probability of 5e-4.
        assert!(
            held >= 87,
            "{apart} {counts:?} {tails:?}: {held} of {REPEATS}"
        );
        // As wide intervals about the plain distance fail by this rule.
        let plain =
            |f: &&FrechetDistance| (f.plain - laws.distance).abs() <= f.high.unwrap() - f.value;
        assert!(found.iter().filter(plain).count() < 87);
    }
}

#[test]
fn where_both_laws_are_one_a_difference_is_hardly_ever_seen() {
    let laws = Laws::new(30, 0.0);
    for tails in [Tails::Gaussian, Tails::Heavy] {
        let found = laws.distances([90, 70], tails, 60);
        let seen = found.iter().filter(|found| found.difference_seen).count();
        // One in forty would be seen; more than 7 of 60 have a probability of 3e-4.
        assert!(seen <= 7, "{tails:?}: {seen} of 60");
        assert!(found.iter().any(|found| found.value < 0.0));
    }
    // Apart they are seen, with as few rows.
    let laws = Laws::new(30, 0.8);
    let found = laws.distances([90, 70], Tails::Gaussian, 20);
    assert!(found.iter().all(|found| found.difference_seen));
}

/// A known law has no bias of its own.
#[test]
fn against_a_known_law_the_mean_over_draws_is_the_distance_too() {
    const REPEATS: u64 = 60;
    let laws = Laws::new(30, 0.5);
    let mean = Col::<f64>::zeros(30);
    let covariance = &laws.roots[0] * laws.roots[0].transpose();
    for (count, tails) in [(45, Tails::Gaussian), (100, Tails::Heavy)] {
        let of_draw = |seed| {
            let mut rng = ChaCha8Rng::seed_from_u64(seed);
            let b = laws.draw(1, count, tails, &mut rng);
            let known = Features::statistics(mean.as_ref(), covariance.as_ref());
            let rows = Features::rows(b.as_ref());
            frechet(&known, &rows, &Settings::default(), &mut |_, _| ()).unwrap()
        };
        let found: Vec<_> = (0..REPEATS).map(of_draw).collect();
        let most = family_wise(2, REPEATS as usize);
        let off = laws.off(&found, |found| found.value);
        assert!(off.abs() < most, "{count} {tails:?}: {off} standard errors");
        assert!(laws.off(&found, |found| found.plain) > most);
    }
}

/// The table of simulated rows in `docs/files.md`: root mean square errors in per cent of the trace, and how often the interval holds.
#[test]
#[ignore = "a minute; prints a table: cargo test --release --test library distance_simulation:: -- --ignored --nocapture"]
fn the_errors_of_the_estimates_in_many_dimensions() {
    for (dim, counts, repeats) in [(256, &[330, 400, 800, 1600][..], 20), (512, &[1024], 12)] {
        let laws = Laws::new(dim, 0.3);
        for (tails, &count) in [Tails::Gaussian, Tails::Heavy]
            .into_iter()
            .flat_map(|tails| counts.iter().map(move |count| (tails, count)))
        {
            let found = laws.distances([count, count], tails, repeats);
            let error = |of: &dyn Fn(&FrechetDistance) -> f64| 100.0 * laws.error(&found, of);
            let plain = error(&|found| found.plain);
            let jackknife = error(&|found| found.jackknife.unwrap());
            let value = error(&|found| found.value);
            println!(
                "d = {dim}, N = {count}, {tails:?}, distance {:.2}: plain {plain:.2}, jackknife {jackknife:.2}, without bias \
                 {value:.2}; {} of {repeats} intervals hold it",
                100.0 * laws.distance / laws.trace,
                laws.held(&found)
            );
            assert!(value < 0.3 * plain, "{dim} {count} {tails:?}");
            assert!(tails == Tails::Gaussian || value < jackknife);
        }
    }
}
