//! The result of a run in plain words that its numbers support.
//!
//! A run generalises if neither its loss nor its divergence contradicts that. Losses alone are not enough: if columns
//! have different units, the largest decides the loss, and the samples of the others may be anything.

use super::facts::{Facts, Judgement, TOO_LONG};
use super::train::{RidgeAdvice, Trained};
use crate::text::{number, pasted};
use crate::training::Best;

/// Sentences about a run: does it overfit or generalise, how far is it from the optimum, when should it have stopped,
/// which ridge is best?
pub fn verdict(trained: &Trained) -> Vec<String> {
    sentences(&Facts::of(trained))
}

/// The [`verdict`] for any facts.
fn sentences(facts: &Facts) -> Vec<String> {
    let Some((test, oracle)) = facts.loss.test_loss.zip(facts.loss.oracle_loss) else {
        return vec![format!(
            "No truth and no test set: all {} rows were trained on. The train loss is {}.",
            facts.samples,
            number(facts.loss.train_loss)
        )];
    };
    let judgement = facts.judge(test, oracle);
    let mut sentences = vec![fit(facts, judgement, test), distance(facts, test, oracle)];
    if judgement == Judgement::Rounded {
        return sentences;
    }
    sentences.extend((facts.weighted && facts.kl.is_some()).then(what_weights_change));
    sentences.extend(facts.best.map(|best| when(facts, judgement, best, test)));
    sentences.extend(facts.ridge.as_ref().map(|ridge| which_ridge(ridge, test)));
    sentences
}

fn fit(facts: &Facts, judgement: Judgement, test: f64) -> String {
    let (n, d) = (facts.samples, facts.dim);
    let losses = format!(
        "test loss {}, train loss {}",
        number(test),
        number(facts.loss.train_loss)
    );
    match judgement {
        Judgement::Rounded => {
            let trained = facts.rounded_from(test).map_or_else(String::new, number);
            format!(
                "The saved weights are rounded too much ({n} samples, {d} dimensions): {losses}, where the test loss in training \
                 was {trained}. Train with --set backend.precision=f64, or with --set data.scale=columns."
            )
        }
        Judgement::LearnedNothing => format!(
            "It has learned nothing ({n} samples, {d} dimensions): {losses}, where predicting no noise at all costs 1. \
             Training has not come far, or its learning rate is too large."
        ),
        Judgement::Overfits => {
            format!("It overfits the training covariance ({n} samples, {d} dimensions): {losses}.")
        }
        Judgement::Generalises => {
            format!("It generalises ({n} samples, {d} dimensions): {losses}.")
        }
        Judgement::SamplesAnotherLaw => {
            let kl = facts.kl.expect("it is judged by its divergence");
            let name = if kl.true_sampled.value() >= kl.sampled_true.value() {
                "KL(true||sampled)"
            } else {
                "KL(sampled||true)"
            };
            let why = match kl.worst().reason() {
                Some(reason) => format!("infinite: {reason}"),
                None => format!("{} nats per dimension", number(kl.worst().value())),
            };
            format!(
                "What it samples is far from the truth ({n} samples, {d} dimensions): {name} is {why}; {losses}."
            )
        }
    }
}

/// How far the test loss is from the least possible one.
fn distance(facts: &Facts, test: f64, oracle: f64) -> String {
    let optimum = facts
        .loss
        .optimum_test_loss
        .map_or_else(String::new, |optimum| {
            format!("; the optimum on this training set has {}", number(optimum))
        });
    let excess = test - oracle;
    match (excess >= 0.0, facts.real_test) {
        (true, false) => format!(
            "It is {} above the least possible test loss, {}{optimum}.",
            number(excess),
            number(oracle)
        ),
        (true, true) => format!(
            "It is {} above the oracle's loss, {}{optimum}.",
            number(excess),
            number(oracle)
        ),
        (false, true) => format!(
            "It is {} below the oracle's loss, {}. That is the loss of the rows' Gaussian, and no bound for these test rows{optimum}.",
            number(-excess),
            number(oracle)
        ),
        // Rounding in f32.
        (false, false) => format!(
            "It is at the least possible test loss, {}{optimum}.",
            number(oracle)
        ),
    }
}

/// What the numbers mean where rows have weights.
fn what_weights_change() -> String {
    "Rows have weights (data.row_weights), so their law is not Gaussian. The losses are exact all the same: they depend on \
     its mean and covariance only. Divergences are from the Gaussian with that mean and covariance, the law that a linear \
     network can learn."
        .to_owned()
}

fn when(facts: &Facts, judgement: Judgement, best: Best, test: f64) -> String {
    let Best { epoch, test_loss } = best;
    let lowest = number(test_loss);
    if test > test_loss * (1.0 + TOO_LONG) {
        let again = if facts.constant_rate {
            format!("--set training.epochs={epoch}")
        } else {
            "--set training.early_stopping.patience=2".to_owned()
        };
        return format!(
            "Its test loss was lower, {lowest}, at epoch {epoch}: that checkpoint is kept (--checkpoint best); to stop near \
             there: {again}."
        );
    }
    let unfinished = |optimum: f64| optimum < test * (1.0 - TOO_LONG);
    if epoch == facts.epoch && facts.loss.optimum_test_loss.is_some_and(unfinished) {
        return format!(
            "It has not been trained to the end: its test loss was still falling at epoch {epoch}; more epochs (or a larger \
             training.tau) lower it."
        );
    }
    if facts.stopped_early {
        return format!(
            "It stopped early at epoch {}; the lowest test loss, {lowest}, was at epoch {epoch}.",
            facts.epoch
        );
    }
    match judgement {
        Judgement::Generalises => {
            format!("Training longer did no harm: the lowest test loss was at epoch {epoch}.")
        }
        _ => format!(
            "Stopping earlier would not have lowered the test loss: the lowest, {lowest}, was at epoch {epoch}."
        ),
    }
}

fn which_ridge(advice: &RidgeAdvice, reached: f64) -> String {
    let RidgeAdvice {
        ridge,
        decays,
        test_loss: test,
        test_loss_own: test_own,
        ..
    } = *advice;
    // If a run stopped at the right time, a ridge and training to the end may be no gain.
    let better = test <= test_own.min(reached) * (1.0 - 1e-3);
    if !better {
        return "By theory no other ridge, trained to the end, would bring the test loss down by a thousandth."
            .to_owned();
    }
    let no_decay = if decays {
        " --set training.weight_decay=0"
    } else {
        ""
    };
    format!(
        "By theory the best ridge is {}: test loss {} when trained to the end, instead of {}: --set \
         training.ridge={}{no_decay}.",
        number(ridge),
        number(test),
        number(test_own),
        pasted(ridge)
    )
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::gaussian::{Divergence, Infinite, KlPair};
    use crate::run::Losses;
    use proptest::prelude::*;

    fn divergence() -> impl Strategy<Value = Divergence> {
        prop_oneof![
            (-12.0..9.0f64).prop_map(|log| Divergence::Finite(10f64.powf(log))),
            Just(Divergence::Finite(f64::NAN)),
            (1..9usize)
                .prop_map(|directions| Divergence::Infinite(Infinite::SampledLacks { directions })),
            Just(Divergence::Infinite(Infinite::NotFinite)),
        ]
    }

    fn facts() -> impl Strategy<Value = Facts> {
        let loss = 0.0..1.3f64;
        let ridge = (0.0..2.0f64, 0.0..1.0f64, 0.0..1.0f64, any::<bool>());
        (
            (loss.clone(), loss.clone(), loss, 0.9..1.1f64, 0..=500usize),
            proptest::option::of((divergence(), divergence())),
            (any::<bool>(), any::<bool>(), any::<bool>()),
            (
                proptest::option::of(ridge),
                proptest::option::of(0.9..1.1f64),
            ),
        )
            .prop_map(
                |((train, test, oracle, best, epoch), kl, flags, (ridge, trained))| Facts {
                    samples: 10,
                    dim: 20,
                    epoch: 500,
                    loss: Losses {
                        train_loss: train,
                        test_loss: Some(test),
                        oracle_loss: Some(oracle),
                        optimum_train_loss: None,
                        optimum_test_loss: Some(oracle),
                    },
                    kl: kl.map(|(true_sampled, sampled_true)| KlPair {
                        true_sampled,
                        sampled_true,
                        of_mean: Divergence::Finite(0.0),
                    }),
                    real_test: flags.0,
                    weighted: flags.2,
                    test_in_training: trained.map(|share| test * share),
                    best: Some(Best {
                        epoch,
                        test_loss: test * best.min(1.0),
                    }),
                    stopped_early: flags.1,
                    constant_rate: flags.2,
                    ridge: ridge.map(|(ridge, test, test_own, decays)| RidgeAdvice {
                        ridge,
                        weight_decay: None,
                        decays,
                        test_loss: test,
                        test_loss_own: test_own,
                    }),
                },
            )
    }

    proptest! {
        #[test]
        fn no_sentence_contradicts_another_or_the_numbers(facts in facts()) {
            let said = sentences(&facts).join(" ");
            let has = |words: &str| said.contains(words);
            let (test, oracle) = (facts.loss.test_loss.unwrap(), facts.loss.oracle_loss.unwrap());
            let verdicts = ["It generalises", "It overfits", "learned nothing",
                "rounded too much", "far from the truth"];
            prop_assert_eq!(verdicts.iter().filter(|words| has(words)).count(), 1, "{}", said);
            let both = |kl: KlPair| [kl.true_sampled, kl.sampled_true].map(Divergence::value);
            let rounded = facts.test_in_training.is_some_and(|trained| test > 1.01 * trained);
            prop_assert_eq!(has("rounded too much"), rounded, "{}", said);
            let close = facts.kl.is_none_or(|kl| both(kl).iter().all(|kl| *kl <= 1.0));
            prop_assert!(!has("It generalises") || (close && facts.loss.train_loss <= 1.0), "{}", said);
            prop_assert!(!has("no harm") || has("It generalises"), "{}", said);
            prop_assert!(!has("no harm") || !has("was lower"), "{}", said);
            prop_assert!(!has("is -"), "{}", said);
            prop_assert_eq!(has("Rows have weights"), facts.weighted && facts.kl.is_some() && !rounded, "{}", said);
            prop_assert_eq!(has("below the oracle's"), test < oracle && facts.real_test, "{}", said);
            let ridge = facts.ridge.filter(|_| has("best ridge"));
            let better = |ridge: RidgeAdvice| ridge.test_loss < ridge.test_loss_own && ridge.test_loss < test;
            prop_assert!(ridge.is_none_or(better), "{}", said);
            let unfinished = has("not been trained to the end");
            prop_assert!(!unfinished || !has("no harm") && oracle < test, "{}", said);
        }
    }

    #[test]
    fn a_small_loss_is_no_generalisation_where_the_divergence_is_large_or_infinite() {
        let of = |kl: Divergence| {
            let facts = Facts {
                samples: 400,
                dim: 30,
                epoch: 500,
                loss: Losses {
                    train_loss: 0.08,
                    test_loss: Some(0.081),
                    oracle_loss: Some(0.08),
                    optimum_train_loss: None,
                    optimum_test_loss: None,
                },
                kl: Some(KlPair {
                    true_sampled: Divergence::Finite(0.1),
                    sampled_true: kl,
                    of_mean: Divergence::Finite(0.0),
                }),
                real_test: true,
                weighted: false,
                test_in_training: Some(0.081),
                best: Some(Best {
                    epoch: 500,
                    test_loss: 0.081,
                }),
                stopped_early: false,
                constant_rate: true,
                ridge: None,
            };
            sentences(&facts).join(" ")
        };
        let large = of(Divergence::Finite(1.8e7));
        assert!(
            large.contains("KL(sampled||true) is 1.800e7 nats per dimension"),
            "{large}"
        );
        let lacks = Infinite::SampledLacks { directions: 3 };
        let infinite = of(Divergence::Infinite(lacks));
        assert!(
            infinite.contains("infinite: the samples have no variance in 3"),
            "{infinite}"
        );
        assert!(of(Divergence::Finite(0.9)).contains("It generalises"));
    }
}
