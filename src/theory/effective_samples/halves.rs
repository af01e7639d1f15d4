//! Random parts of the test rows, and how they make halves.

use faer::{Mat, Scale};
use rand::seq::SliceRandom;

use crate::denoiser::{AffineSums, Draws};
use crate::random::{Purpose, stream};

/// The groups of rows that the jackknife leaves out. Each consists of two parts, which fall into different halves.
pub(super) const GROUPS: usize = 10;

/// The order of the balanced set of halvings: one more than a prime that is 3 modulo 4.
const HALVINGS: usize = 12;
/// The squares modulo 11.
const SQUARES: [usize; 5] = [1, 3, 4, 5, 9];

/// Sums over some test rows and their draws, along the eigenvectors of all test rows.
#[derive(Debug, Clone)]
pub(super) struct Part {
    /// The sum of `(y, 1)(y, 1)'` over the clean rows, `[d + 1, d + 1]`
    clean: Mat<f64>,
    /// The regression of the denoised rows on the noised ones.
    pub draws: AffineSums,
}

impl Part {
    /// The sums of several parts.
    fn sum<'a>(mut parts: impl Iterator<Item = &'a Part>) -> Self {
        let first = parts.next().expect("a part").clone();
        parts.fold(first, |sum, part| Self {
            clean: sum.clean + &part.clean,
            draws: sum.draws.merged(&part.draws),
        })
    }

    /// The number of clean rows.
    pub fn rows(&self) -> f64 {
        let dim = self.clean.nrows() - 1;
        self.clean[(dim, dim)]
    }

    /// The covariance of the clean rows about their own mean, with 1/M.
    pub fn covariance(&self) -> Mat<f64> {
        let dim = self.clean.nrows() - 1;
        let rows = self.rows();
        let sum = self.clean.col(dim).subrows(0, dim);
        let products = self.clean.submatrix(0, 0, dim, dim);
        Scale(1.0 / rows) * (products - Scale(1.0 / rows) * (sum * sum.transpose()))
    }
}

/// The parts of all test rows.
pub(super) struct Groups(Vec<[Part; 2]>);

impl Groups {
    /// Deals the rows to the parts at random.
    pub fn new(draws: &Draws<'_>, seed: u64) -> Self {
        let rows = draws.test().count();
        let mut order: Vec<usize> = (0..rows).collect();
        order.shuffle(&mut stream(seed, Purpose::Groups, 0));
        let mut chosen = vec![Vec::new(); 2 * GROUPS];
        for (place, row) in order.into_iter().enumerate() {
            chosen[place % (2 * GROUPS)].push(row);
        }
        let part = |index: usize| {
            let rows = &chosen[index];
            Part {
                clean: draws.test().products(rows),
                draws: draws.sums_of_rows(rows),
            }
        };
        Self(
            (0..GROUPS)
                .map(|g| [part(2 * g), part(2 * g + 1)])
                .collect(),
        )
    }

    /// The groups but one.
    pub fn without(&self, group: Option<usize>) -> Vec<&[Part; 2]> {
        let kept = self.0.iter().enumerate().filter(|(g, _)| Some(*g) != group);
        kept.map(|(_, parts)| parts).collect()
    }
}

/// All rows of some groups.
pub(super) fn whole(groups: &[&[Part; 2]]) -> Part {
    Part::sum(groups.iter().flat_map(|parts| parts.iter()))
}

/// The halves of some groups in each of the balanced halvings. Every two parts of different groups are in one half in as
/// many halvings as in different ones (Plackett and Burman, 1946; McCarthy, 1969).
pub(super) fn halves(groups: &[&[Part; 2]]) -> Vec<[Part; 2]> {
    let half = |halving: usize, other: bool| {
        let parts = groups.iter().enumerate();
        Part::sum(parts.map(|(g, parts)| &parts[usize::from(second(halving, g) != other)]))
    };
    (0..HALVINGS)
        .map(|halving| [half(halving, false), half(halving, true)])
        .collect()
}

/// Whether the second part of a group is in the first half.
fn second(halving: usize, group: usize) -> bool {
    const PRIME: usize = HALVINGS - 1;
    // Paley's Hadamard matrix without its constant column.
    halving < PRIME && !SQUARES.contains(&((halving + PRIME - group) % PRIME))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halvings_are_balanced() {
        let sign = |halving, group| if second(halving, group) { 1 } else { -1 };
        for a in 0..GROUPS {
            for b in 0..a {
                let agree: i32 = (0..HALVINGS).map(|h| sign(h, a) * sign(h, b)).sum();
                assert_eq!(agree, 0, "groups {a} and {b}");
            }
            let first: i32 = (0..HALVINGS).map(|h| sign(h, a)).sum();
            assert_eq!(first, 0, "group {a}");
        }
    }
}
