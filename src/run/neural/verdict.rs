//! The result of networks that are not linear in plain words that its numbers support.

use super::train::NeuralTrained;
use super::{NeuralLosses, NeuralSummary};
use crate::run::facts::TOO_LONG;
use crate::text::number;

/// A share of copies from which on a network is said to memorise.
const COPIES: f64 = 0.05;

impl NeuralTrained {
    /// Sentences about the run: is it better than a linear network on the same rows, does it copy, when should it have
    /// stopped?
    pub fn verdict(&self) -> Vec<String> {
        sentences(&self.evaluations.last, self.evaluations.best.as_ref())
    }
}

fn sentences(last: &NeuralSummary, best: Option<&NeuralSummary>) -> Vec<String> {
    let NeuralLosses {
        train_loss,
        test_loss,
        linear_test_loss,
        oracle_loss,
        ..
    } = last.loss;
    let mut sentences = Vec::new();
    let (Some(test), Some(linear)) = (test_loss, linear_test_loss) else {
        let (samples, train) = (last.samples, number(train_loss));
        sentences.push(format!(
            "No test set: all {samples} rows were trained on. The train loss is {train}."
        ));
        sentences.extend(last.copies.map(|copies| copying(last, copies)));
        return sentences;
    };
    let losses = format!(
        "test loss {}, train loss {}; the best linear network on these rows has the test loss {}",
        number(test),
        number(train_loss),
        number(linear)
    );
    sentences.push(match test < linear {
        true => format!("It has learned more than the covariance of its rows: {losses}."),
        false => format!("A linear network would do better: {losses}."),
    });
    sentences.extend(oracle_loss.filter(|oracle| test < *oracle).map(|oracle| {
        format!(
            "Its test loss is below {}, that of the best linear network of infinitely many rows.",
            number(oracle)
        )
    }));
    sentences.extend(last.copies.map(|copies| copying(last, copies)));
    sentences.extend(best.and_then(|best| stopped(last, best)));
    sentences
}

fn copying(last: &NeuralSummary, copies: f64) -> String {
    let (share, draws) = (100.0 * copies, last.draws);
    match copies {
        0.0 => format!("None of {draws} samples is a copy of a training row."),
        _ if copies < COPIES => {
            format!("Of {draws} samples {share:.1} % are copies of a training row.")
        }
        _ => format!("It memorises: {share:.1} % of {draws} samples are copies of a training row."),
    }
}

/// When training should have stopped.
fn stopped(last: &NeuralSummary, best: &NeuralSummary) -> Option<String> {
    let (test, lowest) = (last.loss.test_loss?, best.loss.test_loss?);
    let earlier = best.epoch < last.epoch && test > lowest * (1.0 + TOO_LONG);
    earlier.then(|| {
        format!(
            "Its test loss was lower, {}, at epoch {epoch}: --checkpoint best, or --set training.epochs={epoch}.",
            number(lowest),
            epoch = best.epoch
        )
    })
}
