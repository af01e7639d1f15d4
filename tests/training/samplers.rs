//! Reverse processes: exact moments against values and against draws (docs/theory.md, sections 3 and 7).

use std::ops::ControlFlow;

use crate::entries::worst_entry;
use crate::small_networks::setup;
use faer::{Col, Mat};
use lindiff::config::{SamplerKind, Variance};
use lindiff::denoiser::{AffineDenoiser, CommutingDenoiser, Denoiser};
use lindiff::diffusion::Schedule;
use lindiff::gaussian::{Gaussian, estimate, kl};
use lindiff::sampling::{draw_points, law, rules, variance_along};
use lindiff::score::{DrawOptions, draw};
use lindiff::text::statistics::{family_wise, mean_and_error};
use statrs::distribution::{ContinuousCDF, Normal};

const KINDS: [SamplerKind; 6] = [
    SamplerKind::Ddpm(Variance::Beta),
    SamplerKind::Ddpm(Variance::Posterior),
    SamplerKind::Sde,
    SamplerKind::Ode,
    SamplerKind::Heun,
    SamplerKind::Ddim,
];

/// The variance that a sampler generates with the oracle along an eigenvalue.
fn oracle_variance(kind: SamplerKind, schedule: &Schedule, lambda: f64) -> f64 {
    let rules = rules(kind, schedule);
    variance_along(&rules, |index| {
        let step = schedule.step(index);
        step.noise_scale() / (step.alpha_bar * lambda + step.noise_variance)
    })
}

#[test]
fn the_oracle_samples_what_theory_says_with_fifty_of_a_thousand_steps() {
    let schedule = Schedule::linear(1000, 1e-4, 2e-2)
        .unwrap()
        .keep(50)
        .unwrap();
    let table = [
        (
            0.1,
            [0.108370, 0.071908, 0.110659, 0.116875, 0.098998, 0.083550],
        ),
        (1.0, [0.993839, 0.857347, 1.022527, 1.0, 1.0, 0.928214]),
        (
            10.0,
            [9.313465, 8.946191, 9.328313, 8.815274, 10.001477, 9.418721],
        ),
    ];
    for (lambda, row) in table {
        for (kind, expected) in KINDS.into_iter().zip(row) {
            let got = oracle_variance(kind, &schedule, lambda);
            assert!(
                (got - expected).abs() < 5.1e-7,
                "{kind:?} {lambda}: {got} for {expected}"
            );
        }
    }
}

/// The order p of what n steps are off by, `n^-p`: from three numbers of steps, each twice the one before, of which the
/// differences fall by `2^p`. The schedule is the same process in time, so fine that keeping steps of it is choosing times.
fn order(kind: SamplerKind, lambda: f64, steps: usize) -> f64 {
    let fine = 1 << 17;
    let scale = 1000.0 / fine as f64;
    let process = Schedule::linear(fine, 1e-4 * scale, 2e-2 * scale).unwrap();
    let variance = |n: usize| oracle_variance(kind, &process.keep(n).unwrap(), lambda);
    let [one, two, four] = [1, 2, 4].map(|k| variance(k * steps));
    ((one - two) / (two - four)).log2()
}

#[test]
fn heun_is_of_second_order_in_the_step_and_the_others_of_first() {
    let first = [
        SamplerKind::Ddpm(Variance::Beta),
        SamplerKind::Ddpm(Variance::Posterior),
        SamplerKind::Sde,
        SamplerKind::Ode,
        SamplerKind::Ddim,
    ];
    for lambda in [0.3, 2.0, 10.0] {
        for kind in first {
            let p = order(kind, lambda, 512);
            assert!(
                (p - 1.0).abs() < 0.1,
                "{kind:?}, lambda {lambda}: order {p}"
            );
        }
        let p = order(SamplerKind::Heun, lambda, 512);
        assert!((p - 2.0).abs() < 0.1, "heun, lambda {lambda}: order {p}");
    }
}

#[test]
fn noise_is_left_out_of_the_last_step_only() {
    let schedule = Schedule::linear(1000, 1e-4, 2e-2).unwrap();
    let [beta, posterior] = [KINDS[0], KINDS[1]];
    for (kind, lambda, expected, digit) in [
        (beta, 1e-4, 6.4926e-5, 1e-9),
        (posterior, 1e-4, 3.9721e-5, 1e-9),
        (beta, 1.0, 0.99988, 1e-5),
        (posterior, 1.0, 0.99103, 1e-5),
    ] {
        let got = oracle_variance(kind, &schedule, lambda);
        assert!(
            (got - expected).abs() < 0.51 * digit,
            "{kind:?} {lambda}: {got} for {expected}"
        );
    }
    for kind in KINDS {
        let rules = rules(kind, &schedule);
        assert_eq!(rules[0].sigma, 0.0);
        let stochastic = matches!(kind, SamplerKind::Ddpm(_) | SamplerKind::Sde);
        assert_eq!(rules[1..].iter().all(|r| r.sigma > 0.0), stochastic);
    }
}

#[test]
fn too_short_a_schedule_mis_samples_large_eigenvalues_as_theory_says() {
    for (steps, alpha_bar, expected) in [
        (1000, 6.27e-3, 9.94),
        (500, 0.0790, 8.06),
        (100, 0.5995, 2.09),
    ] {
        let schedule = Schedule::linear(steps, 1e-4, 1e-2).unwrap();
        let terminal = schedule.terminal_alpha_bar();
        assert!((terminal / alpha_bar - 1.0).abs() < 1e-3, "{terminal}");
        let got = oracle_variance(KINDS[0], &schedule, 10.0);
        assert!(
            (got - expected).abs() < 5.1e-3,
            "{steps}: {got} for {expected}"
        );
    }
}

/// A truth with a mean, not diagonal, and a denoiser that is not its optimum.
fn two_laws(dim: usize) -> (Gaussian, Gaussian) {
    let mut uniform = crate::uniform::Uniform(5);
    let root = Mat::from_fn(dim, dim, |_, _| uniform.next() - 0.5);
    let mean = Col::from_fn(dim, |i| 0.3 * i as f64 - 0.5);
    let truth = Gaussian::from_covariance(mean, (&root * root.transpose()).as_ref()).unwrap();
    let root = Mat::from_fn(dim, dim, |_, _| uniform.next() - 0.5);
    let mean = Col::from_fn(dim, |i| 0.2 - 0.1 * i as f64);
    let other = (&root * root.transpose()) + Mat::<f64>::identity(dim, dim) * faer::Scale(0.2);
    (
        truth,
        Gaussian::from_covariance(mean, other.as_ref()).unwrap(),
    )
}

/// A denoiser as matrices alone, though it has an eigenbasis.
struct ByMatrices<'a>(&'a CommutingDenoiser);

impl Denoiser for ByMatrices<'_> {
    fn dim(&self) -> usize {
        self.0.dim()
    }

    fn at(&self, index: usize) -> AffineDenoiser {
        self.0.at(index)
    }
}

#[test]
fn the_scalar_recursion_and_the_matrices_agree() {
    let schedule = Schedule::linear(100, 1e-3, 0.1).unwrap().keep(30).unwrap();
    let (_, other) = two_laws(5);
    let denoiser = CommutingDenoiser::optimum(&other, &schedule, |_| 0.05);
    for kind in KINDS {
        let rules = rules(kind, &schedule);
        let scalar = law(&rules, &denoiser).unwrap();
        let dense = law(&rules, &ByMatrices(&denoiser)).unwrap();
        let off = worst_entry(&(scalar.covariance() - dense.covariance()));
        assert!(off < 1e-13, "{kind:?}: off by {off:e}");
        let off = worst_entry(&(scalar.mean() - dense.mean()).as_mat());
        assert!(off < 1e-13, "{kind:?}: mean off by {off:e}");
    }
}

/// 100,000 draws against the exact mean and covariance, entry by entry. Each entry is a z-score; family-wise 1e-3,
/// Bonferroni over all entries of all samplers.
/// Down to (d eps)^2 of the largest, 16 digits below what the entries of a covariance hold.
#[test]
fn variances_far_below_the_largest_are_those_of_the_scalar_recursion() {
    let dim = 6;
    let schedule = Schedule::linear(300, 1e-4, 4e-2).unwrap();
    let matrix = Mat::from_fn(dim, dim, |i, j| ((3 * i + 5 * j + 1) as f64 * 0.7).sin());
    let basis = matrix.qr().compute_thin_Q();
    for smallest in [1e-4, 1e-7, 0.0] {
        let variances = vec![20.0, 3.0, 1.0, 0.02, smallest, smallest / 3.0];
        let law_of_data = Gaussian::from_spectral(Col::zeros(dim), basis.clone(), variances);
        let denoiser = CommutingDenoiser::optimum(&law_of_data, &schedule, |_| 0.0);
        for kind in KINDS {
            let rules = rules(kind, &schedule);
            let scalar = law(&rules, &denoiser).unwrap();
            let dense = law(&rules, &ByMatrices(&denoiser)).unwrap();
            let sorted = |law: &Gaussian| {
                let mut variances = law.variances();
                variances.sort_by(|a, b| b.total_cmp(a));
                variances
            };
            let (expected, found) = (sorted(&scalar), sorted(&dense));
            for (a, b) in found.iter().zip(&expected) {
                // A weight is known to eps, and along a small variance it is nearly what takes all away.
                let rounding = 1e-14 * (expected[0] / b).sqrt();
                let agree = (a - b).abs() <= b * (1e-9 + rounding);
                assert!(
                    agree || a == b,
                    "{kind:?}, {smallest:e}: {found:?} {expected:?}"
                );
            }
        }
    }
}

#[test]
fn draws_have_the_exact_moments_entry_by_entry() {
    let dim = 5;
    let draws = 100_000;
    let schedule = Schedule::linear(100, 1e-3, 0.1).unwrap().keep(12).unwrap();
    let (_, other) = two_laws(dim);
    let denoiser = CommutingDenoiser::optimum(&other, &schedule, |_| 0.05);
    let device = setup("data.source = \"power-law\"\ndata.samples = 10")
        .device()
        .inner();
    let comparisons = KINDS.len() * (dim + dim * (dim + 1) / 2);
    let tail = 1e-3 / comparisons as f64 / 2.0;
    let most = -Normal::standard().inverse_cdf(tail);
    for (seed, kind) in (1..).zip(KINDS) {
        let rules = rules(kind, &schedule);
        let exact = law(&rules, &ByMatrices(&denoiser)).unwrap();
        let covariance = exact.covariance();
        let options = DrawOptions { draws, seed };
        let rows = draw(&rules, &denoiser, options, &device, |_, _| {});
        let seen = lindiff::gaussian::Moments::of(&rows).about(exact.mean().clone());
        let own = lindiff::gaussian::Moments::of(&rows);
        let m = draws as f64;
        for i in 0..dim {
            let z = (own.mean[i] - exact.mean()[i]) / (covariance[(i, i)] / m).sqrt();
            assert!(
                z.abs() < most,
                "{kind:?}: mean {i} is {z} standard errors off"
            );
            for j in 0..=i {
                let c = covariance[(i, j)];
                let variance = (covariance[(i, i)] * covariance[(j, j)] + c * c) / m;
                let z = (seen.covariance[(i, j)] - c) / variance.sqrt();
                assert!(
                    z.abs() < most,
                    "{kind:?}: ({i}, {j}) is {z} standard errors off"
                );
            }
        }
    }
}

/// Student's t with the jackknife's 19 degrees of freedom; family-wise 1e-3, Bonferroni over 24 comparisons.
#[test]
fn divergences_measured_from_draws_are_the_exact_ones_where_the_laws_differ_much() {
    let schedule = Schedule::linear(100, 1e-3, 0.1).unwrap();
    let (truth, other) = two_laws(5);
    let denoiser = CommutingDenoiser::optimum(&other, &schedule, |_| 0.05);
    let device = setup("data.source = \"power-law\"\ndata.samples = 10")
        .device()
        .inner();
    let rules = rules(KINDS[0], &schedule);
    let sampled = law(&rules, &ByMatrices(&denoiser)).unwrap();
    let exact = kl(&truth, &sampled);
    assert!(exact.true_sampled.value() > 0.1 && exact.sampled_true.value() > 0.1);
    let most = family_wise(24, 20);
    // Few draws, whose bias is large, and many.
    for draws in [60, 300, 20_000] {
        for seed in 1..=4 {
            let options = DrawOptions { draws, seed };
            let rows = draw(&rules, &denoiser, options, &device, |_, _| {});
            let got = estimate(&truth, rows.as_matrix()).unwrap();
            for (got, error, exact) in [
                (got.kl_true_sampled, got.standard_error, exact.true_sampled),
                (
                    got.kl_sampled_true,
                    got.standard_error_sampled_true,
                    exact.sampled_true,
                ),
            ] {
                let t = (got - exact.value()) / error;
                assert!(
                    t.abs() < most,
                    "{draws} draws: {got} for {exact}, {t} errors off"
                );
            }
        }
    }
}

/// The mean over 2000 sets of 30 draws: with the bias removed it is the exact value to its own standard error
/// (family-wise 1e-3 over two), while the naive estimate is many errors off.
#[test]
fn the_bias_of_few_draws_is_removed_exactly() {
    let schedule = Schedule::linear(20, 1e-2, 0.3).unwrap();
    let (truth, other) = two_laws(3);
    let denoiser = CommutingDenoiser::optimum(&other, &schedule, |_| 0.05);
    let device = setup("data.source = \"power-law\"\ndata.samples = 10")
        .device()
        .inner();
    let rules = rules(KINDS[0], &schedule);
    let exact = kl(&truth, &law(&rules, &ByMatrices(&denoiser)).unwrap());
    let sets = 2000;
    let options = DrawOptions {
        draws: 30 * sets,
        seed: 11,
    };
    let rows = draw(&rules, &denoiser, options, &device, |_, _| {});
    let estimates: Vec<_> = (0..sets)
        .map(|set| estimate(&truth, rows.as_matrix().subrows(30 * set, 30)).unwrap())
        .collect();
    let most = -Normal::standard().inverse_cdf(1e-3 / 4.0);
    let score = |value: &dyn Fn(usize) -> f64, exact: f64| {
        let (mean, error) = mean_and_error(&(0..sets).map(value).collect::<Vec<f64>>());
        (mean.unwrap() - exact) / error.expect("finite values")
    };
    let forward = score(
        &|i| estimates[i].kl_true_sampled,
        exact.true_sampled.value(),
    );
    let backward = score(
        &|i| estimates[i].kl_sampled_true,
        exact.sampled_true.value(),
    );
    assert!(
        forward.abs() < most && backward.abs() < most,
        "{forward} {backward}"
    );
    let naive = score(
        &|i| estimates[i].kl_true_sampled + estimates[i].bias_removed,
        exact.true_sampled.value(),
    );
    assert!(naive > 3.0 * most, "{naive}");
}

#[test]
fn draws_do_not_depend_on_their_number_or_the_backend() {
    let with = |name: &str| {
        let text =
            format!("data.source = \"power-law\"\ndata.samples = 10\nbackend.name = \"{name}\"");
        setup(&text).device().inner()
    };
    let schedule = Schedule::linear(50, 1e-2, 0.3).unwrap();
    let (_, other) = two_laws(4);
    let denoiser = CommutingDenoiser::optimum(&other, &schedule, |_| 0.0);
    let rules = rules(KINDS[0], &schedule);
    let rows = |draws, device: &_| {
        draw(
            &rules,
            &denoiser,
            DrawOptions { draws, seed: 3 },
            device,
            |_, _| {},
        )
    };
    let (few, many) = (rows(7, &with("flex")), rows(500, &with("flex")));
    let other = rows(7, &with("ndarray"));
    for (k, x) in few.values().iter().enumerate() {
        assert!((x - many.values()[k]).abs() < 1e-5);
        assert!((x - other.values()[k]).abs() < 1e-5);
    }
    let flex = with("flex");
    let on = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads);
        pool.build().unwrap().install(|| rows(500, &flex))
    };
    assert!(on(1) == on(3), "to the last bit, on any number of threads");
}

#[test]
fn the_sampler_of_any_denoiser_gives_the_samples_of_the_affine_one() {
    let device =
        setup("data.source = \"power-law\"\ndata.samples = 10\nbackend.precision = \"f64\"")
            .device()
            .inner();
    let schedule = Schedule::linear(50, 1e-2, 0.3).unwrap();
    let (_, other) = two_laws(4);
    let denoiser = CommutingDenoiser::optimum(&other, &schedule, |_| 0.0);
    let options = DrawOptions { draws: 7, seed: 3 };
    for kind in KINDS {
        let rules = rules(kind, &schedule);
        let affine = draw(&rules, &denoiser, options, &device, |_, _| {});
        let go_on = |_, _| ControlFlow::Continue(());
        let points = draw_points(&rules, &denoiser, options, go_on).unwrap();
        for (x, y) in affine.values().iter().zip(points.values()) {
            assert!((x - y).abs() < 1e-12, "{kind:?}: {x}, {y}");
        }
    }
}
