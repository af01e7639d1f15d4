//! Time-basis and two-layer networks, for every target, against their solutions (docs/theory.md, section 2).

use crate::entries::worst_entry;
use crate::small_networks::{DIM, setup, text, trained};
use faer::Mat;
use lindiff::denoiser::{Denoiser, Regression};
use lindiff::diffusion::{Step, TimeBasis};
use lindiff::gaussian::Gaussian;
use lindiff::run::{RunDirectory, Setup};
use lindiff::score::{Parameters, Snapshot};
use lindiff::text::statistics::worst;
use lindiff::training::RunOptions;

fn law(setup: &Setup) -> Gaussian {
    let train = &setup.laws().train;
    Gaussian::from_covariance(train.mean.clone(), train.covariance.as_ref()).unwrap()
}

/// x and mu of every step along an eigenvector.
fn regressions(setup: &Setup, variance: f64) -> Vec<Regression<f64>> {
    let model = &setup.experiment().model;
    let training = &setup.experiment().training;
    let steps = setup.schedule().iter();
    let regression = |step: Step| {
        let ridge = training.penalties().at(step.alpha_bar);
        Regression::new(&step.level(), model.target, ridge, variance)
    };
    steps.map(regression).collect()
}

/// The largest number of `V' A V` away from `diag(expected)`.
fn off(law: &Gaussian, matrix: &Mat<f64>, expected: &[f64]) -> f64 {
    let turned = law.basis().transpose() * matrix * law.basis();
    let wanted = Mat::from_fn(DIM, DIM, |i, j| if i == j { expected[i] } else { 0.0 });
    worst_entry(&(turned - wanted))
}

/// `a <- a - 2 eta ((sum_t phi phi' x_t + decay) a - sum_t phi mu_t)` from (init, 0, ...).
fn descended(setup: &Setup, phi: &[Vec<f64>], variance: f64, rate: f64) -> Vec<f64> {
    let training = &setup.experiment().training;
    let decay = training.weight_decay / 2.0;
    let regressions = regressions(setup, variance);
    let count = phi[0].len();
    let mut a = vec![0.0; count];
    a[0] = setup.experiment().model.init;
    for _ in 0..training.epochs {
        let gradient: Vec<f64> = (0..count)
            .map(|j| {
                let steps = phi.iter().zip(&regressions).map(|(phi, r)| {
                    let f: f64 = phi.iter().zip(&a).map(|(p, a)| p * a).sum();
                    phi[j] * (r.x * f - r.mu)
                });
                2.0 * (steps.sum::<f64>() + decay * a[j])
            })
            .collect();
        a.iter_mut().zip(gradient).for_each(|(a, g)| *a -= rate * g);
    }
    a
}

fn basis_of(snapshot: &Snapshot) -> (TimeBasis, Vec<Mat<f64>>) {
    match &snapshot.parameters {
        Parameters::TimeBasis { basis, weight, .. } => (
            *basis,
            (0..basis.count()).map(|k| weight.matrix(k)).collect(),
        ),
        _ => panic!("a time-basis network"),
    }
}

/// The training law, the trained A_k, and what they should be along each of its eigenvectors.
fn in_time_basis(setup: &Setup) -> (Gaussian, Vec<Mat<f64>>, Vec<Vec<f64>>) {
    let learner = trained(setup);
    let (basis, weights) = basis_of(&learner.snapshot());
    let (law, phi) = (law(setup), basis.at(setup.schedule()));
    let rate = learner.state().learning_rate;
    let along = law.variances().into_iter();
    let expected = along.map(|s| descended(setup, &phi, s, rate)).collect();
    (law, weights, expected)
}

#[test]
fn descent_in_a_basis_of_time_follows_its_coupled_law() {
    for target in ["eps", "x0", "v", "score"] {
        let model = format!("kind = \"time-basis\"\nbasis = 4\ninit = 0.3\ntarget = \"{target}\"");
        let training = "epochs = 60\nridge = 0.03\ncovariance_ridge = 0.02\nweight_decay = 0.1";
        let setup = setup(&text(&model, training));
        let (law, weights, expected) = in_time_basis(&setup);
        for (k, weight) in weights.iter().enumerate() {
            let expected: Vec<f64> = expected.iter().map(|a| a[k]).collect();
            let off = off(&law, weight, &expected);
            assert!(off < 1e-11, "{target}, A_{k} off by {off:e}");
        }
    }
}

/// So many numbers that the steps are taken in two parts, whose gradients add up.
#[test]
fn steps_that_share_parameters_add_up_their_gradients() {
    let (dim, steps) = (301, 60);
    let more = text(
        "kind = \"time-basis\"\nbasis = 3",
        "epochs = 2\nevaluate = 10",
    );
    let more = more.replace("dim = 7", &format!("dim = {dim}"));
    let setup = setup(
        &more
            .replace("steps = 40", &format!("steps = {steps}"))
            .replace("keep = 10", ""),
    );
    assert_eq!(setup.network().steps_of(0).1.len(), 2);
    let (law, weights, expected) = in_time_basis(&setup);
    for (k, weight) in weights.iter().enumerate() {
        let turned = law.basis().transpose() * weight * law.basis();
        for i in 0..dim {
            assert!((turned[(i, i)] - expected[i][k]).abs() < 1e-11);
        }
    }
}

#[test]
fn the_automatic_rate_of_a_basis_of_time_is_stable_and_one_beyond_its_bound_is_not() {
    let run = |rate: &str| {
        let training = format!("epochs = 400\n{rate}");
        setup(&text("kind = \"time-basis\"\nbasis = 4", &training))
    };
    let auto = run("");
    let learner = trained(&auto);
    let rate = learner.state().learning_rate;
    // A rate 1.15 times the bound, which auto is 0.9 of.
    let beyond = run(&format!("learning_rate = {}", rate / 0.9 * 1.15));
    let mut diverging = beyond.learner().unwrap();
    let stopped = diverging.run(RunOptions::default());
    let loss = |setup: &Setup, snapshot: &Snapshot| setup.evaluate(snapshot).unwrap().train_loss();
    let good = loss(&auto, &learner.snapshot());
    assert!(good < loss(&auto, &auto.learner().unwrap().snapshot()));
    assert!(stopped.is_err() || loss(&beyond, &diverging.snapshot()) > 1e3 * good);
}

/// The path of one number through two layers, `a <- a - eta (2 (x b a - mu) b + wd a)` and b likewise.
fn through_two_layers(setup: &Setup, r: &Regression<f64>, start: [f64; 2], rate: f64) -> f64 {
    let training = &setup.experiment().training;
    let [mut a, mut b] = start;
    for _ in 0..training.epochs {
        let slope = 2.0 * (r.x * a * b - r.mu);
        let decay = training.weight_decay;
        (a, b) = (
            a - rate * (slope * b + decay * a),
            b - rate * (slope * a + decay * b),
        );
    }
    a * b
}

#[test]
fn descent_of_two_layers_follows_its_scalar_law_at_and_above_the_dimension() {
    for (target, sign) in [("eps", 1.0), ("x0", 1.0), ("v", 0.0), ("score", -1.0)] {
        for width in [DIM, DIM + 3] {
            let model = format!(
                "kind = \"two-layer\"\nwidth = {width}\ninit = 0.01\ntarget = \"{target}\""
            );
            let training = "epochs = 80\nridge = 0.02\nweight_decay = 0.03";
            let setup = setup(&text(&model, training));
            let learner = trained(&setup);
            let (law, rate) = (law(&setup), learner.state().learning_rate);
            let snapshot = learner.snapshot();
            for index in 0..setup.schedule().len() {
                let expected: Vec<f64> = law
                    .variances()
                    .into_iter()
                    .map(|s| {
                        let r = regressions(&setup, s)[index];
                        through_two_layers(&setup, &r, [0.1, sign * 0.1], rate)
                    })
                    .collect();
                let weight = snapshot.step_weight(index).unwrap();
                let off = off(&law, &weight, &expected);
                assert!(
                    off < 1e-11,
                    "{target}, width {width}, step {index}: {off:e}"
                );
            }
        }
    }
}

#[test]
fn two_layers_grow_like_the_logistic_whose_rate_does_not_depend_on_the_variance() {
    for (target, sign) in [("eps", 1.0), ("score", -1.0)] {
        let model = format!("kind = \"two-layer\"\nwidth = {DIM}\ntarget = \"{target}\"");
        let off_at = |rate: f64| {
            let epochs = (1.5 / rate) as usize;
            let training = format!("learning_rate = {rate}\nepochs = {epochs}\nridge = 0.05");
            let setup = setup(&text(&model, &training));
            let learner = trained(&setup);
            let (law, time) = (law(&setup), learner.state().tau);
            let snapshot = learner.snapshot();
            let steps = 0..setup.schedule().len();
            let off = steps.map(|index| {
                let number = |s| {
                    let Regression { x, mu } = regressions(&setup, s)[index];
                    let m = mu.abs();
                    let start = (m / (x * 1e-3) - 1.0) * (-4.0 * m * time).exp();
                    sign * m / x / (1.0 + start)
                };
                let expected: Vec<f64> = law.variances().into_iter().map(number).collect();
                off(&law, &snapshot.step_weight(index).unwrap(), &expected)
            });
            worst(off)
        };
        // Descent is first order in the rate, so the distance from flow falls by as much as the rate does.
        let (coarse, fine) = (off_at(1e-3), off_at(2.5e-4));
        assert!(
            fine < 0.05 && (coarse / fine - 4.0).abs() < 1.0,
            "{target}: {coarse} {fine}"
        );
    }
}

#[test]
fn trained_to_convergence_each_is_its_closed_form() {
    for (model, training) in [
        (
            "kind = \"time-basis\"\nbasis = 3",
            "epochs = 4000\nridge = 0.05\nweight_decay = 0.04",
        ),
        (
            "kind = \"time-basis\"\nbasis = 3\ntarget = \"x0\"",
            "epochs = 4000\ncovariance_ridge = 0.05",
        ),
        (
            "kind = \"two-layer\"\nwidth = 9\ninit = 0.5",
            "epochs = 30000\nweight_decay = 0.02\nridge = 0.1",
        ),
        (
            "kind = \"two-layer\"\nwidth = 7\ninit = 0.5\ntarget = \"v\"",
            "epochs = 30000\nridge = 0.1",
        ),
        (
            "kind = \"time-basis\"\nbasis = 2",
            "epochs = 6000\nobjective = \"frozen\"\nnoise_draws = 3\nridge = 0.05\nweight_decay = 0.04",
        ),
        (
            "kind = \"two-layer\"\nwidth = 8\ninit = 0.5",
            "epochs = 30000\nobjective = \"frozen\"\nnoise_draws = 3\nridge = 0.1",
        ),
    ] {
        let descended = setup(&text(model, &format!("{training}\nevaluate = 30000")));
        let solved = setup(&text(
            model,
            &format!("{training}\noptimizer = \"closed-form\""),
        ));
        let folder = tempfile::tempdir().unwrap();
        let read = |setup: &Setup, name: &str| {
            let root = folder.path().join(name);
            let done = crate::small_networks::run(setup, &root);
            let directory = RunDirectory::open(&root).unwrap();
            (
                done,
                directory
                    .checkpoint(lindiff::run::WhichCheckpoint::Last)
                    .unwrap()
                    .snapshot,
            )
        };
        let (one, descent) = read(&descended, "descended");
        let (two, closed) = read(&solved, "solved");
        let (one, two) = (one.evaluations.last.loss, two.evaluations.last.loss);
        assert!(
            (one.train_loss - two.train_loss).abs() < 1e-9,
            "{model}: {one:?}, {two:?}"
        );
        assert!(
            (two.train_loss - two.optimum_train_loss.unwrap()).abs() < 1e-12,
            "{model}"
        );
        let maps = [&descent, &closed].map(|s| s.denoiser(descended.schedule()).unwrap());
        for index in 0..descended.schedule().len() {
            let off = worst_entry(&(maps[0].at(index).weight - maps[1].at(index).weight));
            assert!(
                off < 1e-6,
                "{model}, {training}: step {index} off by {off:e}"
            );
        }
    }
}

#[test]
fn a_network_in_a_basis_of_time_is_one_at_steps_that_were_never_trained() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("run");
    let setup = setup(&text(
        "kind = \"time-basis\"\nbasis = 5",
        "optimizer = \"closed-form\"",
    ));
    let done = crate::small_networks::run(&setup, &root);
    let directory = RunDirectory::open(&root).unwrap();
    let full = Setup::open_with_steps(&directory, Some(40)).unwrap();
    let snapshot = directory
        .checkpoint(lindiff::run::WhichCheckpoint::Last)
        .unwrap()
        .snapshot;
    let network = snapshot.denoiser(full.schedule()).unwrap();
    let optimum = |index: usize| {
        let step = full.schedule().step(index);
        let law = law(&setup);
        let number = |s: f64| step.noise_scale() / (step.alpha_bar * s + step.noise_variance);
        let along: Vec<f64> = law.variances().into_iter().map(number).collect();
        Mat::from_fn(DIM, DIM, |i, j| {
            (0..DIM)
                .map(|k| law.basis()[(i, k)] * along[k] * law.basis()[(j, k)])
                .sum::<f64>()
        })
    };
    // Between steps that were trained it is as near the optimum as at them.
    for index in 4..40 {
        let wanted = optimum(index);
        let off = (network.at(index).weight - &wanted).norm_l2() / wanted.norm_l2();
        assert!(off < 0.1, "step {index} off by {off}");
    }
    let kl = |setup: &Setup| {
        let sampled = setup
            .evaluator()
            .sampled(&snapshot.denoiser(setup.schedule()).unwrap());
        lindiff::gaussian::kl(setup.evaluator().truth().unwrap(), &sampled.unwrap())
    };
    let trained = done.evaluations.last.kl.unwrap();
    assert_eq!(
        kl(&Setup::open(&directory).unwrap()).true_sampled,
        trained.true_sampled
    );
    assert!(kl(&full).true_sampled.value().is_finite());
    assert_ne!(kl(&full).true_sampled, trained.true_sampled);
    // Others are nothing there.
    let other = folder.path().join("other");
    let per_step =
        crate::small_networks::setup(&text("kind = \"per-step\"", "optimizer = \"closed-form\""));
    crate::small_networks::run(&per_step, &other);
    let other = RunDirectory::open(&other).unwrap();
    let error = Setup::open_with_steps(&other, Some(40)).err().unwrap();
    assert!(
        error.to_string().contains("is defined only at its"),
        "{error}"
    );
}
