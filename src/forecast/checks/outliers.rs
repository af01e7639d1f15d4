//! Does the loss rest on a few rows?

use serde::Serialize;

/// A row far from the others has at least this times their median loss.
const TIMES_THE_MEDIAN: f64 = 5.0;
/// The normal quantile of a 95 % interval.
const NORMAL: f64 = 1.96;
/// At most one row in so many is far from the others.
const ONE_IN: usize = 20;
/// The fewest rows for a tail index.
const LEAST_FOR_TAIL: usize = 30;

/// How the test loss is shared among the rows, each left out in turn.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Concentration {
    /// The row with the largest loss, counted from 0.
    pub largest_row: usize,
    /// Its share of the loss of all rows.
    pub largest_share: f64,
    /// The rows that are far from the others, counted from 0: each has at least five times the median loss, and alone
    /// moves the mean out of the 95 % interval of the other rows' mean.
    pub far_rows: Vec<usize>,
    /// The share of these rows in the loss of all rows.
    pub far_share: f64,
    /// Hill's estimate of the tail index of the other rows' losses, from the sqrt(N) largest (at least 5): losses have a
    /// finite variance only above 2, a finite mean only above 1. Absent for fewer than 30 rows, or equal losses.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail_index: Option<f64>,
    /// Whether intervals may be trusted: no row is far from the others, and the tail of the losses is not heavy. It is
    /// for `a (1 + 1/(2 sqrt k)) <= 2`, with the tail index a from the k largest losses.
    pub trust_intervals: bool,
    #[serde(skip)]
    others: usize,
}

impl Concentration {
    /// Finds it in the losses of the rows, which are at least 0.
    pub(super) fn of(losses: &[f64]) -> Self {
        let mut order: Vec<usize> = (0..losses.len()).collect();
        order.sort_by(|&i, &j| losses[j].total_cmp(&losses[i]));
        let sorted: Vec<f64> = order.iter().map(|&row| losses[row]).collect();
        let total: f64 = sorted.iter().sum();
        let far = far(&sorted);
        let mut found = Self {
            largest_row: order[0],
            largest_share: sorted[0] / total,
            far_rows: order[..far].to_vec(),
            far_share: sorted[..far].iter().fold(0.0, |sum, loss| sum + loss) / total,
            tail_index: tail_index(&sorted[far..]),
            others: losses.len() - far,
            trust_intervals: true,
        };
        found.trust_intervals = far == 0 && !found.has_heavy_tail();
        found
    }

    /// Whether the tail of the losses is so heavy that their variance may be infinite.
    pub(super) fn has_heavy_tail(&self) -> bool {
        let chance = 1.0 + 0.5 / (in_tail(self.others) as f64).sqrt();
        self.tail_index.is_some_and(|index| index * chance <= 2.0)
    }
}

/// The number of rows that are far from the others, of losses from the largest down: the most m so that the m-th is
/// far from the mean of those after it. One pass, from the smallest up.
fn far(sorted: &[f64]) -> usize {
    let count = sorted.len();
    let most = (count / ONE_IN).max(1);
    let median = sorted[count / 2];
    let mut others = Spread::default();
    let mut far = 0;
    for (index, &loss) in sorted.iter().enumerate().rev() {
        let beyond = NORMAL * others.deviation() * (count as f64).sqrt();
        if index < most && loss >= TIMES_THE_MEDIAN * median && loss - others.mean > beyond {
            far = far.max(index + 1);
        }
        others.add(loss);
    }
    far
}

/// Mean and deviation of numbers that come one after another (Welford's recursion).
#[derive(Default)]
struct Spread {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Spread {
    fn add(&mut self, x: f64) {
        self.count += 1.0;
        let beyond = x - self.mean;
        self.mean += beyond / self.count;
        self.squares += beyond * (x - self.mean);
    }

    fn deviation(&self) -> f64 {
        (self.squares / (self.count - 1.0)).sqrt()
    }
}

/// The number of largest losses that give the tail index.
fn in_tail(rows: usize) -> usize {
    rows.isqrt().max(5)
}

/// Hill's index of losses from the largest down.
fn tail_index(sorted: &[f64]) -> Option<f64> {
    if sorted.len() < LEAST_FOR_TAIL {
        return None;
    }
    let count = in_tail(sorted.len());
    let logs = sorted[..count].iter().map(|l| (l / sorted[count]).ln());
    let index = count as f64 / logs.sum::<f64>();
    index.is_finite().then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::random::{Purpose, stream};
    use rand_distr::{ChiSquared, Distribution};

    /// Losses as of rows in a dozen dimensions, with the degrees of freedom of Student's law.
    fn losses(rows: usize, degrees: f64, seed: u64) -> Vec<f64> {
        let mut random = stream(seed, Purpose::Data, 0);
        let length = ChiSquared::new(12.0).unwrap();
        let scale = ChiSquared::new(degrees).unwrap();
        let mut loss = || 1.0 + length.sample(&mut random) * degrees / scale.sample(&mut random);
        (0..rows).map(|_| loss()).collect()
    }

    #[test]
    fn rows_far_from_the_others_are_found_also_if_they_hide_each_other() {
        let mut losses = losses(100, 1e6, 1);
        assert!(Concentration::of(&losses).far_rows.is_empty());
        losses[17] = 5e3;
        let one = Concentration::of(&losses);
        assert_eq!((one.largest_row, &one.far_rows[..]), (17, &[17][..]));
        assert!(one.far_share > 0.7 && !one.trust_intervals);
        for row in [3, 40, 99] {
            losses[row] = 4e3 + row as f64;
        }
        assert_eq!(Concentration::of(&losses).far_rows, [17, 99, 40, 3]);
    }

    #[test]
    fn intervals_are_trusted_of_light_tails_and_not_of_students_with_two_degrees() {
        for (degrees, least, most) in [(1e6, 0, 0), (8.0, 0, 4), (2.0, 85, 100)] {
            let trials = 100;
            let distrusted = (0..trials)
                .filter(|&seed| !Concentration::of(&losses(200, degrees, seed)).trust_intervals)
                .count();
            println!("{degrees}: {distrusted} of {trials}");
            assert!(
                (least..=most).contains(&distrusted),
                "{degrees}: {distrusted}"
            );
        }
    }

    #[test]
    fn the_tail_index_is_that_of_a_power_law() {
        // The quantiles of P(loss > x) = 1/x^1.5
        let losses: Vec<f64> = (0..10_000)
            .map(|i| ((i as f64 + 0.5) / 1e4).powf(-1.0 / 1.5))
            .collect();
        let found = Concentration::of(&losses).tail_index.unwrap();
        assert!((found - 1.5).abs() < 0.05, "{found}");
    }

    #[test]
    fn equal_losses_have_no_tail() {
        let found = Concentration::of(&[2.0; 50]);
        assert_eq!((found.tail_index, found.trust_intervals), (None, true));
        assert!((found.largest_share - 0.02).abs() < 1e-15);
    }
}
