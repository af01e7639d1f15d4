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
    fn with(self, other: &Self) -> Self {
        Self {
            clean: self.clean + &other.clean,
            draws: self.draws.merged(&other.draws),
        }
    }

    /// These rows but some of them.
    fn without(&self, some: &Self) -> Self {
        Self {
            clean: &self.clean - &some.clean,
            draws: self.draws.without(&some.draws),
        }
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

/// All test rows: whole, in parts, and in the halves that the parts make.
pub(super) struct Groups {
    parts: Vec<[Part; 2]>,
    rows: Rows,
}

/// Some rows, and their halves in each halving.
pub(super) struct Rows {
    pub whole: Part,
    pub halves: Vec<[Part; 2]>,
}

impl Groups {
    /// Deals the rows to the parts at random.
    pub fn new(draws: &Draws<'_>, seed: u64) -> Self {
        let mut order: Vec<usize> = (0..draws.test().count()).collect();
        order.shuffle(&mut stream(seed, Purpose::Groups, 0));
        let part = |index: usize| {
            let rows = order.iter().skip(index).step_by(2 * GROUPS);
            let rows: Vec<usize> = rows.copied().collect();
            Part {
                clean: draws.test().products(&rows),
                draws: draws.sums_of_rows(&rows),
            }
        };
        let parts: Vec<[Part; 2]> = (0..GROUPS)
            .map(|g| [part(2 * g), part(2 * g + 1)])
            .collect();
        let half = |halving: usize, half: usize| {
            let parts = parts.iter().enumerate();
            let parts = parts.map(|(g, pair)| &pair[place(halving, g, half)]);
            let sum = parts.fold(None, |sum: Option<Part>, part| {
                Some(sum.map_or_else(|| part.clone(), |sum| sum.with(part)))
            });
            sum.expect("parts")
        };
        let halves = (0..HALVINGS).map(|halving| [half(halving, 0), half(halving, 1)]);
        let halves: Vec<[Part; 2]> = halves.collect();
        let whole = halves[0][0].clone().with(&halves[0][1]);
        let rows = Rows { whole, halves };
        Self { parts, rows }
    }

    /// All rows.
    pub fn rows(&self) -> &Rows {
        &self.rows
    }

    /// The rows without one of the groups.
    pub fn without(&self, group: usize) -> Rows {
        let parts = &self.parts[group];
        let halves = self.rows.halves.iter().enumerate();
        let halves = halves.map(|(halving, [first, second])| {
            let left_out = |half: usize| &parts[place(halving, group, half)];
            [first.without(left_out(0)), second.without(left_out(1))]
        });
        Rows {
            whole: self.rows.whole.without(&parts[0]).without(&parts[1]),
            halves: halves.collect(),
        }
    }
}

/// Which part of a group is in a half. Any two parts of different groups are in one half in as many halvings as in
/// different ones (Plackett and Burman, 1946; McCarthy, 1969).
fn place(halving: usize, group: usize, half: usize) -> usize {
    const PRIME: usize = HALVINGS - 1;
    // Paley's Hadamard matrix without its constant column.
    let swapped = halving < PRIME && !SQUARES.contains(&((halving + PRIME - group) % PRIME));
    half ^ usize::from(swapped)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_halvings_are_balanced() {
        let sign = |halving, group| 2 * place(halving, group, 0) as i32 - 1;
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
