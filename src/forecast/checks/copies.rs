//! Are some rows copies, or almost copies, of others?

use std::collections::{BTreeMap, HashMap};

use serde::Serialize;

use super::neighbours::{Neighbour, nearest};
use super::sketch::Sketch;
use super::units::Units;
use crate::data::Rows;
use crate::text::statistics::median;

/// The number of neighbours of a row that are looked at: a family of more near-copies is not seen.
const NEIGHBOURS: usize = 16;
/// Near-copies are at least this many times nearer than the next row.
const TIMES_NEARER: f64 = 3.0;
/// The expected number of rows that are so much nearer to others by chance.
const BY_CHANCE: f64 = 1e-3;
/// Near-copies are nearer than this share of the root mean square distance of two rows.
const NEAR: f64 = 0.25;
/// Equal rows are called copies if there are more than this many times the pairs that columns independent of each
/// other would give.
const TIMES_EXPECTED: f64 = 10.0;
/// The number of families that are named.
const NAMED: usize = 3;

/// Families of rows that are copies of each other, exactly or nearly.
///
/// A row i has near-copies if the distances `r_1 <= r_2 <= ...` to its neighbours make a jump: for some k up to 16
///
/// ```text
/// r_(k+1)/r_k > g = max(3, (1000 N)^(1/m)),    r_k < 1/4 of the root mean square distance of two rows
/// ```
///
/// where m is the dimension that the rows fill at the smallest distances: without copies the ratio is above g with the
/// probability `g^(-k m)`, whatever the density, and m is the median over k of `log 2/(k median_i log(r_(k+1)/r_k))`.
/// Its neighbours up to the last such jump belong to its family. Distances are of rows in coordinates of about equal
/// variance. Past the paper ([`equations`](crate::equations) section 9).
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Copies {
    /// The number of rows that have a copy.
    pub rows: usize,
    /// The number of rows that equal another exactly.
    pub exact: usize,
    /// The number of families.
    pub families: usize,
    /// The first families, each with its rows counted from 0.
    pub first: Vec<Vec<usize>>,
    /// For each family its units, where these are left out together.
    #[serde(skip)]
    pub(super) sets: Vec<Vec<usize>>,
}

impl Copies {
    /// Finds them. Rows of one unit are left out together anyway, so copies count only in different units.
    pub(super) fn of(rows: &Rows, sketch: &Sketch, units: &Units, seed: u64) -> Option<Self> {
        let equal = equal_rows(rows);
        let distinct: Vec<usize> = equal.iter().map(|class| class[0]).collect();
        let mut pairs = near_copies(sketch, &distinct, seed);
        let mut is_equal = vec![false; rows.count()];
        if !are_expected(rows, &equal) {
            for class in equal.iter().filter(|class| class.len() > 1) {
                pairs.extend(class.iter().map(|&row| (class[0], row)));
                class.iter().for_each(|&row| is_equal[row] = true);
            }
        }
        let unit_of = units.of_rows();
        pairs.retain(|(row, copy)| unit_of[*row] != unit_of[*copy]);
        let families = Families::of(rows.count(), pairs.iter().copied());
        let sets = pairs
            .iter()
            .map(|&(row, copy)| (unit_of[row], unit_of[copy]));
        (!families.is_empty()).then(|| Self {
            rows: families.iter().map(Vec::len).sum(),
            exact: families
                .iter()
                .flatten()
                .filter(|&&row| is_equal[row])
                .count(),
            families: families.len(),
            first: families[..families.len().min(NAMED)].to_vec(),
            sets: Families::of(units.count(), sets),
        })
    }
}

/// The rows in classes of equal ones, by their first rows.
fn equal_rows(rows: &Rows) -> Vec<Vec<usize>> {
    let mut classes: HashMap<Vec<u64>, usize> = HashMap::new();
    let mut members: Vec<Vec<usize>> = Vec::new();
    for index in 0..rows.count() {
        // 0 and -0 are equal.
        let bits = rows.row(index).iter().map(|x| (x + 0.0).to_bits());
        let class = *classes.entry(bits.collect()).or_insert(members.len());
        match members.get_mut(class) {
            Some(class) => class.push(index),
            None => members.push(vec![index]),
        }
    }
    members
}

/// Whether independent columns would give nearly as many pairs of equal rows, as columns of few values do.
fn are_expected(rows: &Rows, equal: &[Vec<usize>]) -> bool {
    let pairs = |count: usize| count as f64 * (count as f64 - 1.0) / 2.0;
    let found: f64 = equal.iter().map(|class| pairs(class.len())).sum();
    let mut expected = pairs(rows.count());
    for column in 0..rows.dim() {
        if found > TIMES_EXPECTED * expected {
            return false;
        }
        let mut values: Vec<f64> = (0..rows.count()).map(|i| rows.row(i)[column]).collect();
        values.sort_unstable_by(f64::total_cmp);
        let runs = values.chunk_by(|a, b| a == b).map(|run| pairs(run.len()));
        expected *= runs.sum::<f64>() / pairs(rows.count());
    }
    found <= TIMES_EXPECTED * expected
}

/// Pairs of near-copies among rows that differ.
fn near_copies(sketch: &Sketch, distinct: &[usize], seed: u64) -> Vec<(usize, usize)> {
    let looked_at = NEIGHBOURS.min(distinct.len().saturating_sub(2));
    if looked_at < 2 {
        return Vec::new();
    }
    let neighbours = nearest(sketch, distinct, looked_at + 1, seed);
    let squares = distinct
        .iter()
        .flat_map(|&row| sketch.row(row))
        .map(|y| y * y);
    let typical = (2.0 * squares.sum::<f64>() / distinct.len() as f64).sqrt();
    let jumps: Vec<Vec<f64>> = neighbours
        .iter()
        .map(|n| jumps(n, 1e-12 * typical))
        .collect();
    let dimension = dimension(&jumps, looked_at).min(sketch.width() as f64);
    let large = TIMES_NEARER
        .ln()
        .max((distinct.len() as f64 / BY_CHANCE).ln() / dimension);
    let mut pairs = Vec::new();
    for ((&row, neighbours), jumps) in distinct.iter().zip(&neighbours).zip(&jumps) {
        let is_last = |&k: &usize| jumps[k] > large && neighbours[k].distance < NEAR * typical;
        if let Some(last) = (0..jumps.len()).rev().find(is_last) {
            pairs.extend(neighbours[..=last].iter().map(|copy| (row, copy.row)));
        }
    }
    pairs
}

/// `log(r_(k+1)/r_k)`, `k = 1, 2, ...`
fn jumps(neighbours: &[Neighbour], least: f64) -> Vec<f64> {
    let log = |neighbour: &Neighbour| neighbour.distance.max(least).ln();
    let pairs = neighbours.windows(2);
    pairs.map(|pair| log(&pair[1]) - log(&pair[0])).collect()
}

/// The median over k of `log 2/(k median log(r_(k+1)/r_k))`.
fn dimension(jumps: &[Vec<f64>], looked_at: usize) -> f64 {
    let of_k = |k: usize| {
        let jumps = jumps.iter().filter_map(|jumps| jumps.get(k)).copied();
        2f64.ln() / ((k + 1) as f64 * median(jumps))
    };
    median((0..looked_at).map(of_k))
}

/// Each thing's parent; the first of a family is its own.
struct Families {
    parents: Vec<usize>,
}

impl Families {
    /// The families of more than one of `count` things, by their first, if those of each pair are in one.
    fn of(count: usize, pairs: impl Iterator<Item = (usize, usize)>) -> Vec<Vec<usize>> {
        let parents = (0..count).collect();
        let mut families = Self { parents };
        for (one, other) in pairs {
            let (one, other) = (families.first(one), families.first(other));
            families.parents[one.max(other)] = one.min(other);
        }
        let mut members: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for thing in 0..count {
            members
                .entry(families.first(thing))
                .or_default()
                .push(thing);
        }
        members
            .into_values()
            .filter(|family| family.len() > 1)
            .collect()
    }

    fn first(&mut self, mut thing: usize) -> usize {
        while self.parents[thing] != thing {
            self.parents[thing] = self.parents[self.parents[thing]];
            thing = self.parents[thing];
        }
        thing
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::forecast::checks::tests::{Drawn, drawn, gaussian};

    fn found(rows: &Drawn) -> Option<Copies> {
        Copies::of(
            &rows.rows,
            &rows.sketch(),
            &Units::new(rows.count(), None),
            1,
        )
    }

    /// Rows with variances that fall, of which some repeat others, up to noise.
    fn with_copies(
        rows: usize,
        dim: usize,
        noise: f64,
        seed: u64,
        of: impl Fn(usize) -> usize,
    ) -> Drawn {
        let mut column = 0;
        let originals = drawn(rows, dim, seed, |random, _| {
            column = column % dim + 1;
            gaussian(random) / column as f64
        });
        let mut index = 0;
        drawn(rows, dim, 100 + seed, |random, _| {
            let (row, column) = (index / dim, index % dim);
            index += 1;
            originals.rows.row(of(row))[column] + noise * gaussian(random) / (column + 1) as f64
        })
    }

    #[test]
    fn rows_of_continuous_numbers_have_no_copies() {
        for (rows, dim) in [(12, 3), (40, 2), (100, 20), (60, 100), (1000, 3), (300, 1)] {
            for seed in 0..5 {
                let gaussian = drawn(rows, dim, seed, |random, _| gaussian(random));
                assert_eq!(found(&gaussian), None, "{rows} x {dim}");
            }
            let tails = drawn(rows, dim, 9, |random, _| {
                gaussian(random) / gaussian(random)
            });
            assert_eq!(found(&tails), None, "{rows} x {dim}");
        }
    }

    #[test]
    fn families_are_found_whatever_their_size_and_order() {
        for (rows, dim, noise) in [
            (80, 12, 1e-6),
            (100, 20, 0.05),
            (60, 100, 0.05),
            (300, 60, 0.1),
        ] {
            for size in [2, 4, 7] {
                let families = rows / size;
                let rows = with_copies(families * size, dim, noise, 3, |row| row % families);
                let found = found(&rows).unwrap();
                assert_eq!((found.families, found.exact), (families, 0));
                assert_eq!(found.rows, rows.count());
                assert_eq!(found.first[1][..2], [1, 1 + families]);
            }
        }
    }

    #[test]
    fn a_few_copies_among_many_rows_are_found() {
        // More rows than those whose distances are all looked at.
        for dim in [4, 30] {
            let rows = with_copies(5000, dim, 1e-3, 4, |row| {
                if row % 100 == 77 { row - 1 } else { row }
            });
            let exactly = with_copies(5000, dim, 0.0, 4, |row| {
                if row % 100 == 77 { row - 1 } else { row }
            });
            let near = found(&rows).unwrap();
            assert!(
                (45..=50).contains(&near.families),
                "{dim}: {}",
                near.families
            );
            assert!(near.first.contains(&vec![76, 77]));
            let exact = found(&exactly).unwrap();
            assert_eq!((exact.families, exact.exact), (50, 100));
        }
    }

    #[test]
    fn equal_rows_of_few_values_are_not_copies() {
        let rows = drawn(500, 3, 5, |random, _| gaussian(random).round());
        assert_eq!(found(&rows), None);
        let rounded = drawn(500, 3, 5, |random, _| (100.0 * gaussian(random)).round());
        assert_eq!(found(&rounded), None);
    }

    #[test]
    fn copies_within_a_group_are_left_out_together_anyway() {
        let rows = with_copies(80, 12, 1e-6, 3, |row| row / 4);
        let groups: Vec<usize> = (0..80).map(|row| row / 4).collect();
        let units = Units::new(80, Some(&groups));
        assert_eq!(Copies::of(&rows.rows, &rows.sketch(), &units, 1), None);
        let wider: Vec<usize> = (0..80).map(|row| row / 2).collect();
        let units = Units::new(80, Some(&wider));
        let found = Copies::of(&rows.rows, &rows.sketch(), &units, 1).unwrap();
        assert_eq!(found.families, 20);
        assert_eq!(units.rows_of(&found.sets[1..2]), [[4, 5, 6, 7]]);
    }
}
