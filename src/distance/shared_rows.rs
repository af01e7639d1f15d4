//! Do rows of one set also stand in the other?

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};

use faer::MatRef;

use super::Features;
use super::side::Side;

/// Shared rows are told if there are more than this many times the pairs that columns independent of each other would
/// give.
const TIMES_EXPECTED: f64 = 10.0;

/// The number of rows of B that equal a row of A, if there are more than chance would give.
pub(super) fn shared_rows(a: &Side<'_>, b: &Side<'_>) -> Option<usize> {
    let (Features::Rows { rows: a, .. }, Features::Rows { rows: b, .. }) = (a.features, b.features)
    else {
        return None;
    };
    let mut places: HashMap<u64, Vec<usize>> = HashMap::new();
    for i in 0..a.nrows() {
        places.entry(digest(*a, i)).or_default().push(i);
    }
    let stands = |&i: &usize| {
        let same = places.get(&digest(*b, i)).into_iter().flatten();
        same.copied().any(|j| a.row(j) == b.row(i))
    };
    let shared = (0..b.nrows()).filter(stands).count();
    (shared > 0 && shared as f64 > TIMES_EXPECTED * expected(*a, *b)).then_some(shared)
}

fn digest(rows: MatRef<'_, f64>, row: usize) -> u64 {
    let mut hasher = DefaultHasher::new();
    // 0 and -0 are equal.
    let bits = rows.row(row).iter().map(|x| (x + 0.0).to_bits());
    bits.for_each(|bits| bits.hash(&mut hasher));
    hasher.finish()
}

/// The number of pairs of equal rows if columns were independent of each other and of the set.
fn expected(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> f64 {
    let mut pairs = a.nrows() as f64 * b.nrows() as f64;
    let all = pairs;
    for column in 0..a.ncols() {
        if pairs < 1e-3 {
            break;
        }
        let mut counts: HashMap<u64, [f64; 2]> = HashMap::new();
        for (set, rows) in [a, b].into_iter().enumerate() {
            for x in rows.col(column).iter() {
                counts.entry((x + 0.0).to_bits()).or_default()[set] += 1.0;
            }
        }
        pairs *= counts.values().map(|[a, b]| a * b).sum::<f64>() / all;
    }
    pairs
}
