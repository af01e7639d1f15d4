//! Gradient descent on the exact objective against its solution (docs/theory.md, section 2).

use crate::entries::worst_entry;
use crate::small_networks::{experiment, setup, trained};
use burn::optim::GradientsParams;
use faer::Mat;
use lindiff::config::{CheckedExperiment, ModelKind, Optimizer};
use lindiff::data::{Dataset, Rows, TrainingRows};
use lindiff::denoiser::Denoiser;
use lindiff::diffusion::Schedule;
use lindiff::gaussian::Gaussian;
use lindiff::gaussian::Spectrum;
use lindiff::run::Setup;
use lindiff::score::Part;
use lindiff::text::statistics::worst;
use lindiff::training::{Inputs, Learner, stable_rate};

fn text(extra: &str) -> String {
    format!(
        r#"
[data]
source = "power-law"
dim = 12
samples = 30
{extra}
[schedule]
steps = 7
beta_start = 0.02
beta_end = 0.5
[backend]
precision = "f64"
"#
    )
}

/// The largest distance of any step's weight from `V diag(w(s)) V'`, with
/// `w = (r/x)(1 - q) + w0 q`, `q = (1 - 2 eta x)^n`.
fn distance_from_law(setup: &Setup, learner: &Learner<'_>, start: f64) -> f64 {
    let train = &setup.laws().train;
    let law = Gaussian::from_covariance(train.mean.clone(), train.covariance.as_ref()).unwrap();
    let snapshot = learner.snapshot();
    let network = snapshot.denoiser(setup.schedule()).unwrap();
    let rate = learner.state().learning_rate;
    let epochs = setup.experiment().training.epochs as i32;
    let mut distances = Vec::new();
    for index in 0..setup.schedule().len() {
        let step = setup.schedule().step(index);
        let gamma = setup
            .experiment()
            .training
            .penalties()
            .of(ModelKind::PerStep)
            .at(step.alpha_bar);
        let turned = law.basis().transpose() * &network.at(index).weight * law.basis();
        for (i, s) in law.variances().into_iter().enumerate() {
            let x = step.alpha_bar * s + step.noise_variance + gamma;
            let left = (1.0 - 2.0 * rate * x).powi(epochs);
            let expected = step.noise_scale() / x * (1.0 - left) + start * left;
            for j in 0..law.dim() {
                let expected = if i == j { expected } else { 0.0 };
                distances.push((turned[(i, j)] - expected).abs());
            }
        }
    }
    worst(distances)
}

#[test]
fn descent_in_f64_follows_its_law_in_every_eigendirection() {
    for (data, training) in [
        ("", "epochs = 40"),
        ("mean = \"known\"", "epochs = 40"),
        (
            "",
            "epochs = 40\nridge = 0.3\ncovariance_ridge = 0.2\nweight_decay = 0.1",
        ),
        ("", "epochs = 40\nlearning_rate = 0.01"),
    ] {
        let model = "[model]\ninit = 0.4\n";
        for basis in ["data", "eigen"] {
            let training = format!("[training]\nbasis = \"{basis}\"\n{training}");
            let setup = setup(&(text(data) + model + &training));
            let learner = trained(&setup);
            let distance = distance_from_law(&setup, &learner, 0.4);
            assert!(distance < 1e-10, "{data} {training}: off by {distance:e}");
        }
    }
}

/// The same experiment with every row moved by a vector of length about `far`.
fn moved(experiment: CheckedExperiment, far: f64) -> Setup {
    let plain = Setup::new(experiment).unwrap();
    let dim = plain.laws().dim();
    let by = |j: usize| far * ((j as f64 * 0.7).sin() + 0.3);
    let rows = plain.dataset().train_rows.rows().unwrap();
    let values = rows.values().iter().enumerate();
    let rows = Rows::new(values.map(|(k, x)| x + by(k % dim)).collect(), dim);
    let mut laws = plain.laws().clone();
    laws.train = lindiff::gaussian::Moments::of(&rows);
    let dataset = Dataset {
        laws,
        train_rows: TrainingRows::Made(rows),
        ..plain.dataset().clone()
    };
    Setup::from_dataset(plain.experiment().clone(), dataset).unwrap()
}

#[test]
fn a_mean_far_from_zero_changes_nothing_and_the_bias_is_its_exact_one() {
    let training = "[training]\nbasis = \"data\"\nepochs = 40";
    let setup = moved(experiment(&(text("") + training)), 1e3);
    let learner = trained(&setup);
    let distance = distance_from_law(&setup, &learner, 0.0);
    assert!(distance < 1e-10, "off by {distance:e}");
    let snapshot = learner.snapshot();
    let network = snapshot.denoiser(setup.schedule()).unwrap();
    for index in 0..setup.schedule().len() {
        let affine = network.at(index);
        let expected =
            -setup.schedule().step(index).signal_scale() * (affine.weight * setup.mean());
        let off = (affine.bias - &expected).norm_l2() / expected.norm_l2();
        assert!(off < 1e-14, "bias off by {off:e}");
    }
}

#[test]
fn the_eigenbasis_changes_nothing_but_the_time() {
    let settings = "epochs = 60\nmomentum = 0.8\nlr_schedule = \"cosine\"\nweight_decay = 0.05\ncovariance_ridge = 0.1";
    for samples in ["samples = 30", "samples = 6"] {
        let data = text("").replace("samples = 30", samples);
        let with = |basis: &str| {
            setup(&format!(
                "{data}[model]\ninit = 0.3\n[training]\n{settings}\nbasis = \"{basis}\""
            ))
        };
        let (data, eigen, auto) = (with("data"), with("eigen"), with("auto"));
        let schedule = data.schedule().clone();
        let [data, eigen, auto] = [&data, &eigen, &auto].map(|setup| trained(setup).snapshot());
        assert_eq!(eigen, auto);
        assert!(eigen.diagonal().is_some() && data.diagonal().is_none());
        let (data, eigen) = [&data, &eigen]
            .map(|s| s.denoiser(&schedule).unwrap())
            .into();
        for index in 0..schedule.len() {
            let (one, two) = (data.at(index), eigen.at(index));
            assert!(worst_entry(&(one.weight - &two.weight)) < 1e-10);
            assert!(worst_entry(&(one.bias - two.bias).as_mat()) < 1e-10);
            assert!(worst_entry(&(&two.weight - two.weight.transpose())) == 0.0);
        }
    }
}

#[test]
fn trained_to_convergence_it_is_the_closed_form() {
    let base = text("") + "[training]\nridge = 0.1\n";
    let descended = setup(&(base.clone() + "epochs = 4000"));
    let solved = setup(&(base + "optimizer = \"closed-form\""));
    let folder = tempfile::tempdir().unwrap();
    let one = crate::small_networks::run(&descended, &folder.path().join("descended"));
    let two = crate::small_networks::run(&solved, &folder.path().join("solved"));
    let loss = |run: &lindiff::run::Trained| run.evaluations.last.loss;
    assert!((loss(&one).train_loss - loss(&two).train_loss).abs() < 1e-12);
    assert!((loss(&one).test_loss.unwrap() - loss(&two).test_loss.unwrap()).abs() < 1e-10);
    let read = |name: &str| {
        let path = folder.path().join(name);
        let directory = lindiff::run::RunDirectory::open(&path).unwrap();
        directory
            .checkpoint(lindiff::run::WhichCheckpoint::Last)
            .unwrap()
            .snapshot
    };
    let (one, two) = (read("descended"), read("solved"));
    let (one, two) = [&one, &two]
        .map(|s| s.denoiser(descended.schedule()).unwrap())
        .into();
    for index in 0..descended.schedule().len() {
        let off = (one.at(index).weight - two.at(index).weight).norm_l2();
        assert!(off < 1e-10, "step {index} off by {off:e}");
    }
}

#[test]
fn autodiffs_gradient_is_twice_w_s_minus_r() {
    let setup = setup(
        &(text("") + "[training]\nridge = 0.25\ncovariance_ridge = 0.1\n[model]\ninit = 0.7"),
    );
    let network = setup.network();
    let config = &setup.experiment().training;
    let params = setup.objective_params();
    let objective = params.on(&setup.laws().train, &setup.centred_rows());
    let mut pass = objective.passes(0).remove(0);
    let part = network.part(0);
    let (value, gradients) = pass.gradient(part, 0, 0..part.steps());
    let gradient = numbers(&gradients, part);
    let dim = setup.laws().dim();
    let sigma = &setup.laws().train.covariance;
    let mut expected_value = 0.0;
    for (index, step) in setup.schedule().iter().enumerate() {
        let gamma = config.penalties().of(ModelKind::PerStep).at(step.alpha_bar);
        let s = Mat::from_fn(dim, dim, |i, j| {
            let unit = if i == j {
                step.noise_variance + gamma
            } else {
                0.0
            };
            step.alpha_bar * sigma[(i, j)] + unit
        });
        for i in 0..dim {
            for j in 0..dim {
                let r = if i == j { step.noise_scale() } else { 0.0 };
                let expected = 2.0 * (0.7 * s[(i, j)] - r);
                let got = gradient[(index * dim + i) * dim + j];
                assert!((got - expected).abs() < 1e-12, "{got} for {expected}");
            }
            expected_value += 1.0 - 2.0 * step.noise_scale() * 0.7 + 0.49 * s[(i, i)];
        }
    }
    assert!((value - expected_value).abs() < 1e-10 * expected_value);
}

fn numbers(gradients: &GradientsParams, part: &Part) -> Vec<f64> {
    let Part::PerStep(block) = part else {
        panic!("a per-step network");
    };
    let gradient = gradients.get::<3>(block.weight.id).expect("a gradient");
    gradient.into_data().iter::<f64>().collect()
}

/// By how much the mean squares of the errors grow a step, after many: with Gaussian inputs of variances x, B rows a batch,
/// `e <- e - 2 eta H e + m (e - e')`, of which `E e_i^2`, `E e_i e'_i` and `E e'_i^2` follow a linear recursion, as
/// `E (H D H)_ii = x_i^2 D_i + (x_i^2 D_i + x_i sum_j x_j D_j)/B`.
fn growth_of_mean_squares(x: &[f64], rate: f64, momentum: f64, rows: f64) -> f64 {
    let (mu, a, m) = (2.0 * rate, 1.0 + momentum, momentum);
    let mut state = vec![[1.0, 0.5, 1.0]; x.len()];
    let mut growth = 1.0;
    for _ in 0..4000 {
        let spread: f64 = x.iter().zip(&state).map(|(x, s)| x * s[0]).sum();
        let next = |(x, [p, q, r]): (&f64, &[f64; 3])| {
            let square = x * x * p * (1.0 + 1.0 / rows) + x * spread / rows;
            let new = a * a * p - 2.0 * a * mu * x * p + mu * mu * square
                - 2.0 * m * (a - mu * x) * q
                + m * m * r;
            [new, (a - mu * x) * p - m * q, *p]
        };
        let after: Vec<[f64; 3]> = x.iter().zip(&state).map(next).collect();
        let size = |state: &[[f64; 3]]| state.iter().map(|s| s[0] + s[2]).sum::<f64>();
        let now = size(&after);
        growth = now / size(&state);
        state = after.iter().map(|s| s.map(|n| n / now)).collect();
    }
    growth
}

#[test]
fn the_stable_rate_in_noise_is_below_where_mean_squares_grow_and_not_far() {
    let schedule = Schedule::from_alpha_bar(&[1.0 - 1e-12]).unwrap();
    for (dim, exponent) in [(6, 2.0), (10, 1.0), (30, 0.0), (51, 1.6)] {
        let spectrum = Spectrum::power_law(dim, exponent).unwrap();
        let x = spectrum.eigenvalues();
        let inputs = Inputs::by_step(&schedule, x, None);
        for (momentum, rows) in [(0.0, 1), (0.0, 16), (0.5, 4), (0.9, 1), (0.9, 4), (0.9, 32)] {
            let config = experiment(&format!(
                "data.source = \"power-law\"\n[training]\nobjective = \"sampled\"\nbatch_size = {rows}\n\
                 momentum = {momentum}"
            ));
            let (training, model) = (&config.training, &config.model);
            let bound = stable_rate(training, model, &schedule, &inputs, 64 * rows).unwrap();
            let growth =
                |share: f64| growth_of_mean_squares(x, share * bound, momentum, rows as f64);
            assert!(
                growth(1.0) < 1.0 + 1e-3,
                "{dim} {exponent} {momentum} {rows}: {}",
                growth(1.0)
            );
            assert!(growth(1.25) > 1.0, "{dim} {exponent} {momentum} {rows}");
        }
    }
}

/// Where a whole batch is a few rows with momentum, noise is many times what all rows would see.
#[test]
fn the_automatic_rate_is_stable_in_noise() {
    for (objective, seed) in [
        ("objective = \"sampled\"\nbatch_size = 4\nmomentum = 0.9", 4),
        (
            "objective = \"sampled\"\nbatch_size = 4\nmomentum = 0.9",
            327,
        ),
        ("objective = \"sampled\"\nbatch_size = 1", 1),
        ("objective = \"frozen\"\nbatch_size = 1\nmomentum = 0.9", 1),
        // The last of an epoch's minibatches has two rows.
        (
            "objective = \"sampled\"\nbatch_size = 14\nmomentum = 0.9",
            2,
        ),
    ] {
        let data = text("exponent = 2.0").replace("dim = 12", "dim = 6");
        let setup = setup(&format!(
            "seed = {seed}\n{data}[training]\nepochs = 300\nevaluate = 300\n{objective}"
        ));
        let snapshot = trained(&setup).snapshot();
        let loss = setup.evaluate(&snapshot).unwrap().train_loss();
        // That of no training is 1.
        assert!(loss < 0.9, "{objective}: {loss}");
    }
}

#[test]
fn weight_decay_of_sgd_and_adam_ends_at_half_of_it_as_a_ridge() {
    for optimizer in [
        "optimizer = \"sgd\"\nepochs = 6000",
        "optimizer = \"sgd\"\nmomentum = 0.9\nepochs = 1500",
        "optimizer = \"adam\"\nlearning_rate = 0.01\nlr_schedule = \"cosine\"\nepochs = 6000",
    ] {
        let base = text("") + "[sampling]\ndraws = 0\n[training]\n";
        let decayed = setup(&(base.clone() + "weight_decay = 0.4\n" + optimizer));
        let ridged = setup(&(base + "ridge = 0.2\noptimizer = \"closed-form\""));
        let folder = tempfile::tempdir().unwrap();
        let decayed = crate::small_networks::run(&decayed, &folder.path().join("decayed"));
        let ridged = crate::small_networks::run(&ridged, &folder.path().join("ridged"));
        let (got, expected) = (decayed.evaluations.last.loss, ridged.evaluations.last.loss);
        let off = (got.test_loss.unwrap() - expected.test_loss.unwrap()).abs();
        assert!(off < 1e-8, "{optimizer}: off by {off:e}");
        assert!((got.train_loss - got.optimum_train_loss.unwrap()).abs() < 1e-8);
    }
}

#[test]
fn adamw_is_documented_as_no_ridge_and_is_none() {
    let base = text("") + "[sampling]\ndraws = 0\n[training]\nweight_decay = 0.4\n";
    let settings = "learning_rate = 0.003\nlr_schedule = \"cosine\"\nepochs = 4000\n";
    let folder = tempfile::tempdir().unwrap();
    let coupled = setup(&(base.clone() + settings + "optimizer = \"adam\""));
    let decoupled = setup(&(base + settings + "optimizer = \"adamw\""));
    let coupled = crate::small_networks::run(&coupled, &folder.path().join("adam"));
    let decoupled = crate::small_networks::run(&decoupled, &folder.path().join("adamw"));
    let (one, two) = (
        coupled.evaluations.last.loss,
        decoupled.evaluations.last.loss,
    );
    assert!((one.train_loss - two.train_loss).abs() > 1e-3);
    assert!(matches!(
        experiment("data.source = \"digits\"\n[training]\noptimizer = \"adamw\"")
            .training
            .optimizer,
        Optimizer::AdamW { .. }
    ));
}
