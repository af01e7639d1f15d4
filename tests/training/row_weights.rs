//! Training on rows with weights, beside the theory of elliptical rows.

use std::sync::atomic::AtomicBool;

use crate::small_networks::setup;
use lindiff::run::{PredictedPath, RunTheory, measure};
use lindiff::text::statistics::{family_wise, mean_and_error};
use lindiff::training::State;

const DIM: usize = 60;
const SETS: usize = 40;
const LAWS: [(&str, f64); 2] = [("two-point", 4.0), ("student", 5.0)];
const SAMPLES: [usize; 2] = [DIM / 2, 2 * DIM];
const MEANS: [&str; 2] = ["known", "fitted"];
const RIDGES: [f64; 2] = [0.0, 0.1];
const QUANTITIES: [&str; 4] = ["train", "test", "KL(true||sampled)", "KL(sampled||true)"];

fn text(seed: usize, samples: usize, mean: &str, ridge: f64, weights: &str) -> String {
    format!(
        r#"
seed = {seed}
[data]
source = "power-law"
dim = {DIM}
samples = {samples}
mean = "{mean}"
{weights}
[schedule]
steps = 8
beta_start = 0.03
beta_end = 0.6
[training]
optimizer = "closed-form"
ridge = {ridge}
[sampling]
draws = 0
[backend]
precision = "f64"
"#
    )
}

/// Train and test loss at the end of training, as theory predicts them.
fn predicted(text: &str) -> [f64; 2] {
    let setup = setup(text);
    let theory = RunTheory::of(&setup, false).unwrap().unwrap();
    let found = theory.at(&setup, &State::at_start(0.0)).unwrap();
    assert_eq!(found.path, PredictedPath::Converged);
    [found.train_loss.unwrap(), found.test_loss]
}

fn measured(text: &str) -> [f64; 2] {
    let run = measure(&setup(text), &AtomicBool::new(false))
        .unwrap()
        .unwrap();
    [run.loss.train_loss, run.loss.test_loss.unwrap()]
}

/// Descent that is far from its end in the small directions.
fn descent(seed: usize, samples: usize, mean: &str, weights: &str) -> String {
    text(seed, samples, mean, 0.0, weights).replace(
        "optimizer = \"closed-form\"",
        "learning_rate = 0.02\nepochs = 100\nevaluate = 1000",
    )
}

/// What theory says of a run after all of its epochs, and the path that it follows.
fn predicted_after_descent(text: &str) -> ([f64; 4], PredictedPath) {
    let setup = setup(text);
    let theory = RunTheory::of(&setup, false).unwrap().unwrap();
    let state = theory.end_state(setup.learning_rate().unwrap());
    let found = theory.at(&setup, &state).unwrap();
    let values = [
        found.train_loss.unwrap(),
        found.test_loss,
        found.kl_true_sampled.unwrap().value(),
        found.kl_sampled_true.unwrap().value(),
    ];
    (values, found.path)
}

fn measured_after_descent(text: &str) -> [f64; 4] {
    let run = measure(&setup(text), &AtomicBool::new(false))
        .unwrap()
        .unwrap();
    let kl = run.kl.unwrap();
    [
        run.loss.train_loss,
        run.loss.test_loss.unwrap(),
        kl.true_sampled.value(),
        kl.sampled_true.value(),
    ]
}

/// Fails unless each value of training sets is on average within `most` standard errors and 2/d, the order of what
/// equivalents leave out, of the theory of weights. The number of values that are not within this of the theory of
/// Gaussian rows: the control.
fn compare<const K: usize>(
    setting: &str,
    sets: &[[f64; K]],
    wanted: [f64; K],
    gaussian: [f64; K],
    most: f64,
) -> usize {
    let mut rejected = 0;
    for i in 0..K {
        let values: Vec<f64> = sets.iter().map(|set| set[i]).collect();
        let (average, error) = mean_and_error(&values);
        let (average, error) = (average.unwrap(), error.expect("finite values"));
        let share =
            |wanted: f64| (average - wanted).abs() / (most * error + 2.0 / DIM as f64 * wanted);
        let (own, other) = (share(wanted[i]), share(gaussian[i]));
        let what = format!(
            "{setting}: {} {average:.5} ± {error:.5}, predicted {:.5} ({own:.2} of what is allowed), for Gaussian rows \
             {:.5} ({other:.2})",
            QUANTITIES[i], wanted[i], gaussian[i]
        );
        println!("{what}");
        assert!(own < 1.0, "{what}");
        rejected += usize::from(other > 1.0);
    }
    rejected
}

/// Each loss within what Student's t allows of 40 training sets (family-wise 1e-3, Bonferroni over all comparisons) and 2/d.
/// The control is the theory of Gaussian rows: it must fail by the rule that the theory of the weights passes.
#[test]
fn the_end_of_training_on_rows_with_weights_is_that_of_their_theory_and_not_of_gaussian_rows() {
    let most = family_wise(
        LAWS.len() * SAMPLES.len() * MEANS.len() * RIDGES.len() * 2,
        SETS,
    );
    for (law, parameter) in LAWS {
        let weights = format!("row_weights = \"{law}\"\nrow_weights_parameter = {parameter}");
        let mut rejected = 0;
        for samples in SAMPLES {
            for (mean, ridge) in MEANS.into_iter().flat_map(|m| RIDGES.map(|r| (m, r))) {
                let of = |seed: usize| measured(&text(seed, samples, mean, ridge, &weights));
                let sets: Vec<[f64; 2]> = (1..=SETS).map(of).collect();
                rejected += compare(
                    &format!("{law} {parameter}, {samples} samples, mean {mean}, ridge {ridge}"),
                    &sets,
                    predicted(&text(1, samples, mean, ridge, &weights)),
                    predicted(&text(1, samples, mean, ridge, "")),
                    most,
                );
            }
        }
        println!("{law}: {rejected} of 16 comparisons reject the Gaussian theory");
        assert!(rejected >= 4, "{law}: the Gaussian theory passes too");
    }
}

/// The rule and the control of the end of training, with both divergences of a sampler of finitely many steps. Two weights
/// are followed by descent. Student's have no bound, so theory follows the flow where the mean is known.
#[test]
fn descent_on_rows_with_weights_agrees_with_their_theory_at_a_finite_time_and_not_with_the_gaussian()
 {
    const SETS: usize = 20;
    let most = family_wise(LAWS.len() * SAMPLES.len() * MEANS.len() * 4, SETS);
    for (law, parameter) in LAWS {
        let weights = format!("row_weights = \"{law}\"\nrow_weights_parameter = {parameter}");
        let mut rejected = 0;
        for samples in SAMPLES {
            for mean in MEANS {
                let of = |seed| measured_after_descent(&descent(seed, samples, mean, &weights));
                let sets: Vec<[f64; 4]> = (1..=SETS).map(of).collect();
                let (wanted, path) = predicted_after_descent(&descent(1, samples, mean, &weights));
                match (law, mean) {
                    ("two-point", _) => assert_eq!(path, PredictedPath::Descent),
                    (_, "known") => assert_eq!(path, PredictedPath::Flow),
                    _ => assert_ne!(path, PredictedPath::Converged),
                }
                let setting =
                    format!("{law} {parameter}, {samples} samples, mean {mean}, {path:?}");
                let (gaussian, _) = predicted_after_descent(&descent(1, samples, mean, ""));
                rejected += compare(&setting, &sets, wanted, gaussian, most);
            }
        }
        println!("{law}: {rejected} of 16 comparisons reject the Gaussian theory");
        assert!(rejected >= 4, "{law}: the Gaussian theory passes too");
    }
}
