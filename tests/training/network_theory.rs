//! What theory says of time-basis and two-layer networks and of other targets, beside averages over training sets.

use std::sync::atomic::AtomicBool;

use crate::small_networks::setup;
use lindiff::run::{PredictedPath, measure};
use lindiff::text::statistics::{family_wise, mean_and_error};

const DIM: usize = 60;
const SETS: usize = 40;
const CASES: [(&str, &str, PredictedPath); 9] = [
    ("target = \"x0\"", "ridge = 0.05", PredictedPath::Converged),
    ("target = \"v\"", "ridge = 0.3", PredictedPath::Converged),
    (
        "target = \"score\"",
        "ridge = 0.1",
        PredictedPath::Converged,
    ),
    (
        "kind = \"time-basis\"\nbasis = 3",
        "ridge = 0.2",
        PredictedPath::Converged,
    ),
    (
        "kind = \"time-basis\"\nbasis = 4\ntarget = \"v\"",
        "weight_decay = 0.5\ncovariance_ridge = 0.1",
        PredictedPath::Converged,
    ),
    (
        "kind = \"two-layer\"\nwidth = 60",
        "ridge = 0.1\nweight_decay = 0.05",
        PredictedPath::Converged,
    ),
    (
        "kind = \"two-layer\"\nwidth = 70\ninit = 0.02",
        "optimizer = \"sgd\"\nlearning_rate = 0.01\nepochs = 120",
        PredictedPath::Flow,
    ),
    (
        "kind = \"two-layer\"\nwidth = 60\ninit = 0.02\ntarget = \"score\"",
        "optimizer = \"sgd\"\nlearning_rate = 0.01\nepochs = 60",
        PredictedPath::Flow,
    ),
    (
        "target = \"v\"\ninit = 0.3",
        "optimizer = \"sgd\"\nlearning_rate = 0.01\nepochs = 60",
        PredictedPath::Descent,
    ),
];

/// Losses and both divergences, each within what Student's t allows of 40 training sets (family-wise 1e-3, Bonferroni over
/// all comparisons) and 2/d, the order of what equivalents leave out.
#[test]
fn losses_and_divergences_averaged_over_training_sets_are_those_predicted() {
    let most = family_wise(4 * CASES.len(), SETS);
    for (model, training, path) in CASES {
        let optimizer = if training.contains("optimizer") {
            ""
        } else {
            "optimizer = \"closed-form\""
        };
        let mut differences: Vec<[f64; 4]> = Vec::new();
        let mut predicted = [0.0; 4];
        for seed in 1..=SETS {
            let setup = setup(&format!(
                "seed = {seed}\n[data]\nsource = \"power-law\"\ndim = {DIM}\nsamples = 90\n[schedule]\nsteps = 8\n\
                 beta_start = 0.03\nbeta_end = 0.6\n[model]\n{model}\n[training]\n{training}\n{optimizer}\n\
                 evaluate = 1000\n[sampling]\ndraws = 0\n[backend]\nprecision = \"f64\"\n"
            ));
            let run = measure(&setup, &AtomicBool::new(false)).unwrap().unwrap();
            let theory = run.predicted.expect("theory says something");
            assert_eq!(theory.path, path, "{model}");
            let kl = run.kl.unwrap();
            let measured = [
                run.loss.train_loss,
                run.loss.test_loss.unwrap(),
                kl.true_sampled.value(),
                kl.sampled_true.value(),
            ];
            predicted = [
                theory.train_loss.unwrap(),
                theory.test_loss,
                theory.kl_true_sampled.unwrap().value(),
                theory.kl_sampled_true.unwrap().value(),
            ];
            differences.push(std::array::from_fn(|i| measured[i] - predicted[i]));
        }
        for i in 0..4 {
            let differences: Vec<f64> = differences.iter().map(|d| d[i]).collect();
            let (mean, error) = mean_and_error(&differences);
            let (mean, error) = (mean.unwrap(), error.expect("finite values"));
            let allowed = most * error + 2.0 / DIM as f64 * predicted[i];
            let what = ["train", "test", "KL(true||sampled)", "KL(sampled||true)"][i];
            println!(
                "{model}, {training}: {what} {mean:+.4} of {:.4} ± {error:.4}",
                predicted[i]
            );
            assert!(
                mean.abs() < allowed,
                "{model}, {training}: {what} off by {mean} of {}, {allowed} allowed",
                predicted[i]
            );
        }
    }
}
