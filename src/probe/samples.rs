//! How many samples are copies of training rows?

use super::result::SamplesProbe;
use crate::data::Rows;
use crate::sampling::nearest_rows;
use crate::theory::Bounded;

/// The normal quantile of a 95 % interval.
const QUANTILE: f64 = 1.959_963_984_540_054;

/// The share of copies among samples, and among test rows, which are none.
pub(super) fn copies(samples: &Rows, test: &Rows, train: &Rows) -> SamplesProbe {
    let share = |rows: &Rows| {
        let nearest = nearest_rows(rows.as_matrix(), train.as_matrix());
        let copies = nearest.iter().filter(|nearest| nearest.is_copy()).count();
        interval(copies, rows.count())
    };
    SamplesProbe {
        count: samples.count(),
        copies: share(samples),
        test_rows_copies: share(test),
    }
}

/// Wilson's 95 % interval of a share.
fn interval(some: usize, all: usize) -> Bounded {
    let (n, q) = (all as f64, QUANTILE * QUANTILE);
    let value = some as f64 / n;
    let middle = (value + q / (2.0 * n)) / (1.0 + q / n);
    let half = (value * (1.0 - value) * q / n + (q / (2.0 * n)).powi(2)).sqrt() / (1.0 + q / n);
    Bounded {
        value,
        low: (middle - half).max(0.0),
        high: (middle + half).min(1.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_interval_of_a_share_is_wilsons() {
        // Newcombe, Statistics in Medicine 17 (1998), table I: 81 of 263, 0 of 20, 1 of 29.
        for (some, all, low, high) in [
            (81, 263, 0.2553, 0.3662),
            (0, 20, 0.0, 0.1611),
            (1, 29, 0.0061, 0.1718),
        ] {
            let found = interval(some, all);
            assert!((found.low - low).abs() < 5.1e-5 && (found.high - high).abs() < 5.1e-5);
        }
    }
}
