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

/// Each loss within what Student's t allows of 40 training sets (family-wise 1e-3, Bonferroni over all comparisons) and 2/d,
/// the order of what equivalents leave out. The control is the theory of Gaussian rows: it must fail by the rule that the
/// theory of the weights passes.
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
                let wanted = predicted(&text(1, samples, mean, ridge, &weights));
                let gaussian = predicted(&text(1, samples, mean, ridge, ""));
                for i in 0..2 {
                    let values: Vec<f64> = sets.iter().map(|set| set[i]).collect();
                    let (average, error) = mean_and_error(&values);
                    let (average, error) = (average.unwrap(), error.expect("finite values"));
                    let agrees = |wanted: f64| {
                        (average - wanted).abs() < most * error + 2.0 / DIM as f64 * wanted
                    };
                    let what = format!(
                        "{law} {parameter}, {samples} samples, mean {mean}, ridge {ridge}: {} {average:.5} ± {error:.5}, \
                         predicted {:.5}, for Gaussian rows {:.5}",
                        ["train", "test"][i],
                        wanted[i],
                        gaussian[i]
                    );
                    println!("{what}");
                    assert!(agrees(wanted[i]), "{what}");
                    rejected += usize::from(!agrees(gaussian[i]));
                }
            }
        }
        println!("{law}: {rejected} of 16 comparisons reject the Gaussian theory");
        assert!(rejected >= 4, "{law}: the Gaussian theory passes too");
    }
}
