//! The verdict in sentences that the numbers support: are there enough rows, which ridge, when to stop?

use super::result::{Basis, BestRidge, Forecast};
use crate::gaussian::OTHER_LAW;
use crate::text::number;
use crate::text::pasted;

/// The test loss above the oracle's, as a share of that loss. Below the first share more rows change little; above
/// the second they change much.
const LITTLE: f64 = 0.05;
const MUCH: f64 = 0.3;
/// A ridge is advised if it lowers the test loss by at least this share.
const WORTH_A_RIDGE: f64 = 1e-3;
/// Two ridges within this relative distance are equally good.
const NEAR: f64 = 0.2;

/// Sentences about a forecast.
pub(super) fn verdict(forecast: &Forecast) -> Vec<String> {
    let mut sentences = vec![enough(forecast)];
    sentences.extend(divergence(forecast));
    sentences.push(ridge(forecast));
    sentences.push(match forecast.best_time.tau {
        Some(time) => format!(
            "Without a ridge stop at tau = {} (the sum of the learning rates): test loss {}: --set training.tau={}.",
            number(time),
            number(forecast.best_time.test_loss),
            pasted(time)
        ),
        None => "Stopping early does not lower the test loss.".to_owned(),
    });
    sentences.extend(not_gaussian(forecast));
    sentences
}

fn is_far(forecast: &Forecast) -> bool {
    let within = forecast.kl.worst().value() <= OTHER_LAW;
    !within
}

fn enough(forecast: &Forecast) -> String {
    let (test, oracle) = (forecast.now.test_loss.value, forecast.oracle_loss.value);
    let share = forecast.now.excess_loss.value / oracle;
    let (rows, dim) = (forecast.rows, forecast.dimensions.dim);
    let assumed = match forecast.now.excess_loss.basis {
        Basis::Identified => "",
        Basis::AssumesTheTail => ", assuming the tail",
    };
    let enough = if share >= MUCH {
        "You have too few rows for training to the end without a ridge"
    } else if share >= LITTLE {
        "More rows would help"
    } else if is_far(forecast) {
        "More rows would lower the test loss little"
    } else {
        "You have enough rows"
    };
    format!(
        "{enough}: with {rows} in {dim} dimensions the test loss is forecast to be {}, {:.0} % above the least possible, \
         {}{assumed}.",
        number(test),
        100.0 * share,
        number(oracle)
    )
}

/// A sentence on the samples, if their law is far from that of the rows.
fn divergence(forecast: &Forecast) -> Option<String> {
    if !is_far(forecast) {
        return None;
    }
    let name = if forecast.kl.true_sampled.value() >= forecast.kl.sampled_true.value() {
        "KL(true||sampled)"
    } else {
        "KL(sampled||true)"
    };
    let worst = forecast.kl.worst();
    Some(match worst.reason() {
        Some(reason) => format!(
            "After training to the end the samples follow another law: {name} is infinite ({reason}); a ridge, or stopping \
             early, makes it finite."
        ),
        None => format!(
            "The samples follow another law: {name} is {} nats per dimension; the sampler's steps miss the smallest variances, \
             or the rows are too few for their dimensions.",
            number(worst.value())
        ),
    })
}

fn ridge(forecast: &Forecast) -> String {
    let BestRidge {
        ridge,
        test_loss: test,
        test_loss_without: test_without,
    } = forecast.best_ridge;
    if forecast.ridge > 0.0 && (forecast.ridge / ridge - 1.0).abs() < NEAR {
        return format!(
            "The ridge that is set, {}, is near the best, {}: test loss {} instead of {} without.",
            number(forecast.ridge),
            number(ridge),
            number(test),
            number(test_without)
        );
    }
    if test < test_without * (1.0 - WORTH_A_RIDGE) {
        format!(
            "The best ridge is {}: test loss {} instead of {}: --set training.ridge={}.",
            number(ridge),
            number(test),
            number(test_without),
            pasted(ridge)
        )
    } else {
        "No ridge lowers the test loss by a thousandth.".to_owned()
    }
}

fn not_gaussian(forecast: &Forecast) -> Option<String> {
    let (check, oracle) = (forecast.cross_validation, forecast.oracle_loss.value);
    let ratio = (check.test_loss - oracle) / (check.forecast - oracle);
    (check.test_loss - check.forecast > 3.0 * check.standard_error && ratio > 1.1).then(|| {
        format!(
            "Cross-validation measures {ratio:.1} times the excess loss that is forecast for as many rows: yours are not \
             Gaussian, and the excess losses above are too low by about as much."
        )
    })
}
