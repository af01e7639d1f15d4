//! A distance in words.

use super::side::Side;
use super::{DistanceSide, FrechetDistance};
use crate::text::number;

/// Sets that share this much of their rows are one set, and a column with so much of the variance decides.
const MOST: f64 = 0.9;

pub(super) fn verdict(found: &FrechetDistance) -> Vec<String> {
    [answer(found), bias(found), trust(found)]
        .into_iter()
        .flatten()
        .collect()
}

fn answer(found: &FrechetDistance) -> Option<String> {
    let (a, b) = (described(&found.a), described(&found.b));
    let value = number(found.value);
    let (Some(low), Some(high)) = (found.low, found.high) else {
        return Some(format!("The distance of {a} and {b} is {value}, exactly."));
    };
    let interval = format!("{value} [{}, {}]", number(low), number(high));
    Some(if found.difference_seen {
        format!("The distance of {a} and {b} is {interval}, without the bias of few rows.")
    } else if high < 0.0 {
        format!(
            "No difference is seen between {a} and {b}: the distance without bias is {interval}. They are nearer to each \
             other than two independent samples of one law are: some rows are in both, or depend on each other."
        )
    } else {
        format!(
            "No difference is seen between {a} and {b}: the distance without bias is {interval}, and 0 is possible. If \
             there is one, it is hardly above {}.",
            number(high)
        )
    })
}

fn described(side: &DistanceSide) -> String {
    match side.rows {
        Some(rows) => format!("{} ({rows} rows)", side.source),
        None => format!("{} (known)", side.source),
    }
}

fn bias(found: &FrechetDistance) -> Option<String> {
    found.standard_error?;
    let (plain, bias) = (number(found.plain), number(found.bias));
    let share = 100.0 * found.bias / found.plain;
    Some(if (0.0..100.0).contains(&share) {
        format!(
            "The plain distance, which is FID, is {plain}; of that {bias} is bias, {share:.0} % of it."
        )
    } else {
        format!(
            "The plain distance, which is FID, is {plain}; independent samples of one law would have about {bias}."
        )
    })
}

fn trust(found: &FrechetDistance) -> Option<String> {
    let rows = found.plain_rows?;
    Some(if found.fewest_rows().is_some_and(|have| rows <= have) {
        "The plain distance can be trusted: its bias is below 5 % of the distance.".to_owned()
    } else {
        format!(
            "The plain distance has a bias below 5 % of this distance from about {} rows on.",
            rounded(rows)
        )
    })
}

/// A number of rows to two digits, upwards.
fn rounded(rows: usize) -> usize {
    let digits = rows.max(1).ilog10();
    let unit = 10usize.pow(digits.saturating_sub(1));
    rows.div_ceil(unit) * unit
}

/// All that speaks against the features; `heaviest` is the column of the largest variance with its share of all.
pub(super) fn warnings(
    found: &FrechetDistance,
    [a, b]: [&Side<'_>; 2],
    heaviest: (usize, f64),
) -> Vec<String> {
    let (name_a, name_b) = (&found.a.source, &found.b.source);
    let shared = found.shared_rows.map(|shared| {
        let rows = found.b.rows.unwrap_or(shared);
        let all = if shared as f64 >= MOST * rows as f64 {
            "the two are not independent samples, and nothing follows from this distance"
        } else {
            "copies make the distance smaller"
        };
        format!("{shared} of {rows} rows of {name_b} also stand in {name_a}: {all}")
    });
    let grouped = [(a, name_a), (b, name_b)];
    let grouped = grouped.into_iter().filter(|(side, _)| side.is_grouped());
    let grouped = grouped.map(|(_, name)| {
        format!(
            "{name}: the interval leaves out whole groups; the bias that is taken off is that of independent rows, and \
             too small if the rows of a group are alike"
        )
    });
    let (column, share) = heaviest;
    let alone = (share > MOST && found.dim > 2).then(|| {
        format!(
            "column {column} has {:.0} % of the variance: the distance is mostly of it. Give columns of different units one \
             scale, the same for both sets",
            100.0 * share
        )
    });
    shared.into_iter().chain(grouped).chain(alone).collect()
}

impl FrechetDistance {
    fn fewest_rows(&self) -> Option<usize> {
        [self.a.rows, self.b.rows].into_iter().flatten().min()
    }
}
