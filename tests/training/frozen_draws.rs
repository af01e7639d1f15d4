//! One frozen draw a sample: least squares, whose losses are known exactly (docs/theory.md, section 6).

use crate::small_networks::setup;
use lindiff::config::{Mean, TrainingConfig};
use lindiff::denoiser::frozen_optimum;
use lindiff::run::Setup;
use lindiff::sampling::Evaluation;
use lindiff::score::{ScoreNetwork, Snapshot};
use lindiff::text::statistics::{family_wise, mean_and_error};
use lindiff::training::{FrozenDraws, ObjectiveParams};

const DIM: usize = 6;
const SAMPLES: usize = 20;
const STEPS: usize = 3;
const SETS: u64 = 200;

fn frozen(seed: u64, mean: Mean) -> Setup {
    setup(&format!(
        r#"
seed = {seed}
[data]
source = "power-law"
dim = {DIM}
samples = {SAMPLES}
mean = "{mean}"
[schedule]
steps = {STEPS}
beta_start = 0.05
beta_end = 0.6
[training]
objective = "frozen"
[backend]
precision = "f64"
"#
    ))
}

/// The loss on the frozen draws (the mean over steps) and each step's test loss of the least-squares optimum, per
/// component.
fn losses(setup: &Setup) -> (f64, Vec<f64>) {
    let centred = setup.centred_rows();
    let draws = FrozenDraws {
        centred_rows: &centred,
        schedule: setup.schedule(),
        seed: setup.experiment().seed,
        draws: 1,
        mean: setup.experiment().data.mean,
    };
    let experiment = setup.experiment();
    let (model, training) = (&experiment.model, &experiment.training);
    let optimum = frozen_optimum(&draws, model, training.penalties());
    let optimum = optimum.unwrap().expect("per-step networks have one");
    let optimum = Snapshot::of_closed_form(optimum, model, setup.schedule(), setup.mean());
    let Evaluation { test, .. } = setup.evaluate(&optimum).unwrap();
    let objective = setup.objective_params().on(&setup.laws().train, &centred);
    let mean = setup.experiment().data.mean;
    let network = ScoreNetwork::from_snapshot(&optimum, setup.schedule(), mean, setup.device());
    let mut pass = objective.passes(0).remove(0);
    let (sum, _) = pass.gradient(network.part(0), 0, 0..STEPS);
    (sum / (DIM * STEPS) as f64, test.unwrap())
}

/// Averages over 200 data sets, each compared by Student's t; family-wise 1e-3, Bonferroni over the comparisons.
#[test]
fn losses_averaged_over_data_sets_are_those_of_least_squares() {
    let (d, n) = (DIM as f64, SAMPLES as f64);
    let most = family_wise(2 * (1 + STEPS), SETS as usize);
    for mean in [Mean::Known, Mean::Fitted] {
        let (train_factor, test_factor) = if mean.is_fitted() {
            let p = d + 1.0;
            (1.0 - p / n, (n + 1.0) / n * (1.0 + d / (n - d - 2.0)))
        } else {
            (1.0 - d / n, 1.0 + d / (n - d - 1.0))
        };
        let oracle = frozen(1, mean).evaluator().oracle().unwrap().clone();
        let mean_oracle = oracle.iter().sum::<f64>() / STEPS as f64;
        let (trains, tests): (Vec<_>, Vec<_>) =
            (1..=SETS).map(|seed| losses(&frozen(seed, mean))).unzip();
        let check = |values: Vec<f64>, expected: f64, what: &str| {
            let (average, error) = mean_and_error(&values);
            let (average, error) = (average.unwrap(), error.expect("finite values"));
            let t = (average - expected) / error;
            assert!(
                t.abs() < most,
                "{mean} mean, {what}: {average} for {expected}, {t} errors off"
            );
        };
        check(trains, mean_oracle * train_factor, "train");
        for (step, oracle) in oracle.iter().enumerate() {
            let test = tests.iter().map(|losses| losses[step]).collect();
            check(test, oracle * test_factor, "test");
        }
    }
}

#[test]
fn descent_on_frozen_draws_ends_at_the_least_squares_optimum() {
    for mean in [Mean::Known, Mean::Fitted] {
        let setup = frozen(3, mean);
        let training = TrainingConfig {
            epochs: 20_000,
            ridge: 0.02,
            ..setup.experiment().training.clone()
        };
        let setup = setup.with_training(training).unwrap();
        let folder = tempfile::tempdir().unwrap();
        let done = crate::small_networks::run(&setup, &folder.path().join("run"));
        let loss = done.evaluations.last.loss;
        assert!(
            (loss.train_loss - loss.optimum_train_loss.unwrap()).abs() < 1e-9,
            "{loss:?}"
        );
        assert!(
            (loss.test_loss.unwrap() - loss.optimum_test_loss.unwrap()).abs() < 1e-9,
            "{loss:?}"
        );
    }
}

#[test]
fn batches_and_backends_see_the_same_draws() {
    let text = |name: &str, batch: usize| {
        format!(
            "[data]\nsource = \"power-law\"\ndim = {DIM}\nsamples = {SAMPLES}\n[schedule]\nsteps = 4\nbeta_start = 0.05\n\
             beta_end = 0.6\n[training]\nobjective = \"sampled\"\nnoise_draws = 2\nbatch_size = {batch}\n[backend]\n\
             precision = \"f64\"\nname = \"{name}\""
        )
    };
    let total = |text: &str| {
        let setup = setup(text);
        let params = ObjectiveParams {
            seed: 1,
            ..setup.objective_params()
        };
        let objective = params.on(&setup.laws().train, &setup.centred_rows());
        let network = setup.network();
        let passes = objective.passes(5);
        let count = passes.len() as f64;
        let values = passes
            .into_iter()
            .map(|mut pass| pass.gradient(network.part(0), 0, 0..4).0);
        values.sum::<f64>() / count
    };
    // A network of zeros: the objective is the mean of ||eps||^2, the same draws in whatever batches.
    let whole = total(&text("flex", 0));
    for (name, batch) in [("flex", 5), ("flex", 10), ("ndarray", 0), ("ndarray", 4)] {
        let got = total(&text(name, batch));
        assert!(
            (got - whole).abs() < 1e-12 * whole,
            "{name} {batch}: {got} for {whole}"
        );
    }
}
