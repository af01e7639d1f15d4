//! What a run came to, in plain words.

use super::Summary;
use super::train::{RidgeAdvice, Trained};
use crate::report::number;
use crate::training::{Best, State, Stop};

/// A test loss this much above the lowest of the run is called a loss by training too long.
const TOO_LONG: f64 = 0.01;
/// The loss of predicting no noise.
const NOTHING: f64 = 1.0;
/// A gap of this share of the oracle's loss between test and train is called overfitting.
const GAP: f64 = 0.1;

/// Sentences about a run: overfits or generalises, how far from the optimum, when to have stopped, which ridge.
pub fn verdict(trained: &Trained) -> Vec<String> {
    let Trained {
        stop,
        state,
        evaluations,
        ridge,
    } = trained;
    let last = &evaluations.last;
    let Some((test, oracle)) = last.loss.test.zip(last.loss.oracle) else {
        return vec![format!(
            "No truth and no test set: all {} rows were trained on. The train loss is {}.",
            last.samples,
            number(last.loss.train)
        )];
    };
    let mut sentences = vec![fit(last, test, oracle)];
    let optimum = last.loss.test_optimum.map_or_else(String::new, |optimum| {
        format!("; the optimum on this training set has {}", number(optimum))
    });
    sentences.push(format!(
        "It is {} above the least possible test loss, {}{optimum}.",
        number(test - oracle),
        number(oracle),
    ));
    sentences.extend(state.best.map(|best| when(best, state, test, *stop)));
    sentences.extend(ridge.as_ref().map(which_ridge));
    sentences
}

fn which_ridge(advice: &RidgeAdvice) -> String {
    let RidgeAdvice {
        ridge,
        weight_decay,
        test,
        test_own,
    } = *advice;
    if test > test_own * (1.0 - 1e-3) {
        return "By theory no other ridge would bring the test loss down by a thousandth."
            .to_owned();
    }
    let decay = weight_decay.map_or_else(String::new, |decay| {
        format!(" (weight_decay {})", number(decay))
    });
    format!(
        "By theory the best ridge is {}{decay}: test loss {} when trained to the end, in the place of {}.",
        number(ridge),
        number(test),
        number(test_own)
    )
}

fn fit(last: &Summary, test: f64, oracle: f64) -> String {
    let gap = test - last.loss.train;
    let numbers = format!(
        "test loss {}, train loss {}",
        number(test),
        number(last.loss.train)
    );
    let (n, d) = (last.samples, last.dim);
    if last.loss.train > NOTHING {
        return format!(
            "It has learned nothing ({n} samples, {d} dimensions): {numbers}, where predicting no noise at all costs 1. \
             Training has not come far, or its learning rate is too large."
        );
    }
    if gap > GAP * oracle {
        format!("It overfits the training covariance ({n} samples, {d} dimensions): {numbers}.")
    } else {
        format!("It generalises ({n} samples, {d} dimensions): {numbers}.")
    }
}

fn when(best: Best, state: &State, test: f64, stop: Stop) -> String {
    let Best { epoch, test_loss } = best;
    let last = state.epoch;
    if test <= test_loss * (1.0 + TOO_LONG) {
        return match stop {
            Stop::Early => format!("It stopped early at epoch {last}; the best was epoch {epoch}."),
            _ => format!("Training longer did no harm: the lowest test loss was at epoch {epoch}."),
        };
    }
    let lowest = number(test_loss);
    format!(
        "It should have stopped near epoch {epoch}, at a test loss of {lowest} (the checkpoint is kept)."
    )
}
