//! Which clean rows are training rows?

use crate::data::Rows;

/// How far the numbers of equal rows may be from each other, relative to the root mean square of all: rows may have been
/// saved in f32 once and in f64 once.
const SAME: f64 = 1e-6;

/// The training row that each of the clean rows is, if it is one.
///
/// Rows are compared in the order of one number each, a fixed combination of their columns. So it takes
/// `(M + N) (d + log N)` steps, and not `M N d`.
pub(super) fn known(clean: &Rows, train: &Rows) -> Vec<Option<usize>> {
    let squares: f64 = train.values().iter().map(|x| x * x).sum();
    let tolerance = SAME * (squares / train.values().len() as f64).sqrt();
    let weights = weights(clean.dim());
    let key = |row: &[f64]| row.iter().zip(&weights).map(|(x, w)| x * w).sum::<f64>();
    let mut sorted: Vec<(f64, usize)> =
        (0..train.count()).map(|i| (key(train.row(i)), i)).collect();
    sorted.sort_by(|a, b| a.0.total_cmp(&b.0));
    // No weight is above 1, so the keys of equal rows are this near to each other.
    let reach = tolerance * clean.dim() as f64;
    let equal = |a: &[f64], b: &[f64]| a.iter().zip(b).all(|(x, y)| (x - y).abs() <= tolerance);
    (0..clean.count())
        .map(|i| {
            let row = clean.row(i);
            let key = key(row);
            let start = sorted.partition_point(|(other, _)| *other < key - reach);
            let near = sorted[start..].iter();
            near.take_while(|(other, _)| *other <= key + reach)
                .map(|(_, j)| *j)
                .find(|j| equal(row, train.row(*j)))
        })
        .collect()
}

/// Numbers between -1 and 1 without a pattern that rows could have: fractional parts of multiples of the golden ratio.
fn weights(dim: usize) -> Vec<f64> {
    const GOLDEN: f64 = 0.618_033_988_749_894_9;
    (1..=dim)
        .map(|i| 2.0 * (i as f64 * GOLDEN).fract() - 1.0)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_that_were_saved_in_f32_are_found_among_those_in_f64_and_near_ones_are_not() {
        let value = |i: usize| ((i * i * 7919) % 1009) as f64 / 1009.0 - 0.5;
        let train = Rows::new((0..40 * 5).map(value).collect(), 5);
        let mut clean = train.select(&[7, 3, 39]);
        clean = Rows::new(
            clean
                .values()
                .iter()
                .map(|&x| f64::from(x as f32))
                .collect(),
            5,
        );
        let others = Rows::new((0..10).map(|i| value(i + 500)).collect(), 5);
        let mut near = train.row(0).to_vec();
        near[4] += 1e-4;
        let values = [clean.values(), others.values(), &near].concat();
        let found = known(&Rows::new(values, 5), &train);
        assert_eq!(found, [Some(7), Some(3), Some(39), None, None, None]);
    }

    #[test]
    fn rows_of_zeros_are_equal() {
        let zeros = Rows::new(vec![0.0; 6], 2);
        assert_eq!(known(&zeros, &zeros), [Some(0); 3]);
    }
}
