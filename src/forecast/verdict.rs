//! The verdict in sentences that the numbers support: are there enough rows, which ridge, when to stop?

use super::choice::WORTH_IT;
use super::result::{
    Basis, BestRidge, BestTime, Covariances, Forecast, Forecasted, Gain, Quantity,
};
use crate::gaussian::OTHER_LAW;
use crate::text::number;

/// The test loss above the oracle's, as a share of that loss. Below the first share more rows change little; above
/// the second they change much.
const LITTLE: f64 = 0.05;
const MUCH: f64 = 0.3;
/// Training to the end is advised against if stopping, or a ridge, lowers the test loss by at least this share.
const HARM: f64 = 0.01;
/// Two ridges within this relative distance are equally good.
const NEAR: f64 = 0.2;
/// Rows are called unlike Gaussian ones if they do as well as this many times fewer, and `1/d` and two standard
/// deviations more. The rule for Gaussian rows lacks a part `1/d` of the excess loss, and from Gaussian rows the number
/// is found with the relative variance `8/(N d (d + 2))`.
const FEWER: f64 = 1.2;

/// An interval whose ends differ by more than this factor tells nothing.
const WIDE: f64 = 100.0;

/// Rows are called dependent if the loss is higher by at least this share with those that are alike left out together.
const DEPENDENT: f64 = 0.05;

/// Sentences about a forecast.
pub(super) fn verdict(forecast: &Forecast) -> Vec<String> {
    let mut sentences: Vec<String> = doubt(forecast).into_iter().collect();
    sentences.push(enough(forecast, !sentences.is_empty()));
    sentences.extend(more(forecast));
    sentences.extend(divergence(forecast));
    sentences.extend(
        forecast
            .best_ridge
            .as_ref()
            .map(|best| ridge(forecast, best)),
    );
    sentences.extend(forecast.best_time.as_ref().map(time));
    sentences.extend(forecast.covariances.as_ref().map(Covariances::sentence));
    sentences.extend(not_gaussian(forecast));
    sentences
}

/// The largest share by which a ridge or stopping lowers the loss, if that is beyond chance.
fn harm(forecast: &Forecast) -> f64 {
    let ridge = forecast.best_ridge.as_ref().map(|best| best.gain);
    let time = forecast.best_time.as_ref().map(|best| best.gain);
    let shares = ridge
        .into_iter()
        .chain(time)
        .filter(|gain| gain.gain_low > 0.0);
    shares.map(|gain| gain.share()).fold(0.0, f64::max)
}

/// Both divergences now; where the rows do not tell one, the part that the sampler's steps have in it.
fn divergences(forecast: &Forecast) -> [(&'static str, f64); 2] {
    let (now, steps) = (&forecast.now, &forecast.of_steps);
    let value = |quantity: &Quantity, steps: f64| match quantity {
        Quantity::Known(kl) => kl.value,
        Quantity::Infinite { .. } => f64::INFINITY,
        Quantity::Unknown { .. } => steps,
    };
    [
        (
            "KL(true||sampled)",
            value(&now.kl_true_sampled, steps.kl_true_sampled),
        ),
        (
            "KL(sampled||true)",
            value(&now.kl_sampled_true, steps.kl_sampled_true),
        ),
    ]
}

fn is_far(forecast: &Forecast) -> bool {
    divergences(forecast).iter().any(|(_, kl)| *kl > OTHER_LAW)
}

/// The excess loss as a share of the oracle's; 0 if the rows do not resolve it.
fn share(forecast: &Forecast) -> f64 {
    let excess = forecast.now.excess_loss.known();
    excess.map_or(0.0, |excess| excess.value / forecast.oracle_loss.value)
}

/// Why new rows may do worse than is forecast.
fn doubt(forecast: &Forecast) -> Option<String> {
    let checks = &forecast.checks;
    let together = checks.blocks_left_out.iter().chain(&checks.copies_left_out);
    let dependent =
        together.filter(|loss| loss.test_loss > (1.0 + DEPENDENT) * loss.test_loss_at_random);
    let worst = dependent.map(|loss| loss.test_loss).fold(0.0, f64::max);
    if worst > 0.0 {
        return Some(format!(
            "Your rows are not independent of each other, as the warning below says: for rows that are, expect a test loss \
             of {} rather than the {} below.",
            number(worst),
            number(forecast.now.test_loss.value)
        ));
    }
    (!checks.concentration.trust_intervals).then(|| {
        "The test loss rests on a few rows, as the warning below says: do not rely on these numbers.".to_owned()
    })
}

fn enough(forecast: &Forecast, in_doubt: bool) -> String {
    let (test, oracle) = (&forecast.now.test_loss, &forecast.oracle_loss);
    let (share, harm) = (share(forecast), harm(forecast));
    let enough = if share >= MUCH && (harm >= HARM || forecast.best_time.is_none()) {
        "You have too few rows for training to the end without a ridge"
    } else if share >= MUCH {
        "You have too few rows"
    } else if harm >= HARM {
        "Training to the end without a ridge does harm"
    } else if share >= LITTLE {
        "More rows would help"
    } else if is_far(forecast) || in_doubt {
        "More rows of this kind would lower the test loss little"
    } else {
        "You have enough rows"
    };
    let extrapolated = match oracle.basis {
        Basis::Identified => "",
        Basis::Extrapolated => ", extrapolated",
    };
    let above = if share < 2.0 {
        format!("{} above", percent(share))
    } else {
        format!("{:.0} times", 1.0 + share)
    };
    let dimensions = match forecast.dimensions.dim {
        1 => "1 dimension".to_owned(),
        dim => format!("{dim} dimensions"),
    };
    let itself = match &forecast.checks.groups_left_out {
        Some(_) => "its group",
        None => "itself",
    };
    format!(
        "{enough}: with {} rows in {dimensions} the test loss is {} (each row is tested without {itself}), {above} the least \
         possible, {}{extrapolated}.",
        forecast.rows,
        ranged(test),
        number(oracle.value)
    )
}

fn ranged(value: &Forecasted) -> String {
    format!(
        "{} [{}, {}]",
        number(value.value),
        number(value.low),
        number(value.high)
    )
}

/// What the least of the larger numbers of rows would bring. Of groups, that is a forecast for rows of the groups that
/// are there, which cannot be compared with the loss of new ones.
fn more(forecast: &Forecast) -> Option<String> {
    if forecast.checks.groups_left_out.is_some() {
        return Some(
            "What more groups would bring is not forecast: the numbers for more rows, a ridge and stopping take rows for \
             independent, as new rows of the groups that are there."
                .to_owned(),
        );
    }
    let more = forecast
        .with_samples
        .iter()
        .filter(|with| with.samples > forecast.rows);
    let more = more.min_by_key(|with| with.samples)?;
    if more.test_loss.high > WIDE * more.test_loss.low {
        return Some(untold(more.samples, &more.test_loss));
    }
    let (now, then) = (forecast.now.test_loss.value, more.test_loss.value);
    let lower = 1.0 - then / now;
    let basis = match more.test_loss.basis {
        Basis::Identified => "identified by your rows",
        Basis::Extrapolated => "extrapolated",
    };
    (lower >= 0.01).then(|| {
        format!(
            "With {} rows it would be {} ({} lower, {basis}).",
            more.samples,
            ranged(&more.test_loss),
            percent(lower)
        )
    })
}

/// A forecast whose interval is too wide to be one.
fn untold(samples: usize, loss: &Forecasted) -> String {
    let decades = (loss.high / loss.low).log10();
    let spans = match decades.is_finite() {
        true => format!("spans {decades:.0} decades"),
        false => "is without end".to_owned(),
    };
    let because = match loss.basis {
        Basis::Identified => ", because a few rows decide it",
        Basis::Extrapolated => "",
    };
    format!(
        "Your rows do not tell the test loss with {samples} rows: its interval, [{}, {}], {spans}{because}.",
        number(loss.low),
        number(loss.high)
    )
}

/// A sentence on the samples, if their law is far from that of the rows.
fn divergence(forecast: &Forecast) -> Option<String> {
    let named = [
        ("KL(true||sampled)", &forecast.now.kl_true_sampled),
        ("KL(sampled||true)", &forecast.now.kl_sampled_true),
    ];
    for (name, quantity) in named {
        if let Quantity::Infinite { reason, .. } = quantity {
            return Some(format!(
                "After training to the end the samples follow another law: {name} is infinite ({reason}); a ridge, or \
                 stopping early, makes it finite."
            ));
        }
    }
    let (name, worst) = divergences(forecast)
        .into_iter()
        .max_by(|a, b| a.1.total_cmp(&b.1))?;
    (worst > OTHER_LAW).then(|| {
        format!(
            "The samples follow another law: {name} is {} nats per dimension; the sampler's steps miss the smallest \
             variances, or the rows are too few for their dimensions.",
            number(worst)
        )
    })
}

fn ridge(forecast: &Forecast, best: &BestRidge) -> String {
    let BestRidge { ridge, gain, set } = best;
    let (with, without) = (number(gain.test_loss), number(gain.test_loss_without));
    if forecast.ridge > 0.0 && (forecast.ridge / ridge - 1.0).abs() < NEAR {
        return format!(
            "The ridge that is set, {}, is near the best, {}: test loss {with} instead of {without} without.",
            number(forecast.ridge),
            number(*ridge),
        );
    }
    match set {
        Some(set) if gain.share() >= WORTH_IT => format!(
            "The best ridge is {}: test loss {with} instead of {without} ({}): {set}",
            number(*ridge),
            lower(gain),
        ),
        _ => "No ridge lowers the test loss by a thousandth.".to_owned(),
    }
}

fn time(best: &BestTime) -> String {
    let BestTime { tau, gain, set } = best;
    match (tau, set) {
        (Some(tau), Some(set)) if gain.share() >= WORTH_IT => format!(
            "The best time to stop is tau = {} (the sum of the learning rates): test loss {} instead of {} at the end of \
             training ({}): {set}",
            number(*tau),
            number(gain.test_loss),
            number(gain.test_loss_without),
            lower(gain),
        ),
        _ => "Stopping early does not lower the test loss by a thousandth.".to_owned(),
    }
}

/// Such as `2.5 % lower`, with a remark if the interval of the gain includes 0.
fn lower(gain: &Gain) -> String {
    let chance = if gain.gain_low > 0.0 {
        ""
    } else {
        ", which may be chance"
    };
    format!("{} lower{chance}", percent(gain.share()))
}

fn percent(share: f64) -> String {
    let percent = 100.0 * share;
    if percent >= 10.0 {
        format!("{percent:.0} %")
    } else {
        format!("{percent:.1} %")
    }
}

/// Groups have their own reason to behave as fewer rows.
fn not_gaussian(forecast: &Forecast) -> Option<String> {
    if forecast.checks.groups_left_out.is_some() {
        return None;
    }
    let (rows, dim) = (forecast.rows as f64, forecast.dimensions.dim as f64);
    let chance = 2.0 * (8.0 / (rows * dim * (dim + 2.0))).sqrt();
    let rule = forecast
        .gaussian
        .filter(|rule| rule.times_fewer >= FEWER + 1.0 / dim + chance)?;
    Some(format!(
        "Your rows behave as if they were {:.1} times fewer: {} Gaussian rows with the same spectrum would have the test \
         loss {}, and {:.0} have that of yours.",
        rule.times_fewer,
        forecast.now.samples,
        number(rule.test_loss),
        rule.samples
    ))
}
