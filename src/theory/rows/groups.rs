//! The loss on groups of rows that are left out together.

use faer::linalg::matmul::triangular::{BlockStructure, matmul as triangular_matmul};
use faer::linalg::solvers::DenseSolveCore;
use faer::{Accum, Col, Mat, MatRef, Par, Scale, Side};

use super::leave_one_out::LeaveOneOut;
use super::losses::RowLosses;
use super::row_groups::RowGroups;
use crate::diffusion::NoiseLevel;
use crate::gaussian::{EigenError, symmetric_eigen};
use crate::parallel;
use crate::theory::TheoryError;

/// One step on rows: the noise-to-signal ratio `z0`, and `gamma/ab`.
#[derive(Debug, Clone, Copy)]
struct Step {
    noise: f64,
    ridge: f64,
}

impl Step {
    fn all(steps: &[(NoiseLevel, f64)]) -> Vec<Self> {
        let one = |(level, gamma): &(NoiseLevel, f64)| Self {
            noise: level.noise_to_signal(),
            ridge: gamma / level.alpha_bar(),
        };
        steps.iter().map(one).collect()
    }

    /// `z`
    fn point(&self) -> f64 {
        self.noise + self.ridge
    }
}

/// A group of k rows, left out of N. It leaves `n = N - k`, and `a = N/n`.
struct Group<'a> {
    all: &'a LeaveOneOut,
    members: &'a [usize],
    /// `U`, `[k, r]`
    left: Mat<f64>,
    growth: f64,
}

impl LeaveOneOut {
    /// The test loss on each row of the optimum on the rows of the other groups, for steps with their noise level and
    /// ridge `gamma_t = ridge + alpha_bar_t covariance_ridge`, per component. With k rows in a group, `n = N - k`,
    /// `a = N/n`, `D = 1/(a s + z)`, the group's rows U of the singular vectors, and
    ///
    /// ```text
    /// F = I - 11'/N - U U' + z U D U',   B = U s D^2 U',   K = U s D^2 (1 - z0 D) U'     (k x k)
    /// tr (1 - z0 G)^2 = sum (1 - z0 D)^2 + (d - r)(1 - z0/z)^2 - 2 z0 a tr F^-1 K + (z0 a)^2 tr (F^-1 B)^2
    /// y_i'G^2 y_i = N (F^-1 B F^-1)_ii,   d loss_i = tr (1 - z0 G)^2 + z0 y_i'G^2 y_i
    /// ```
    ///
    /// A step costs about `3 k^2 (k + r)` products for a group of k rows. For large groups the covariance of the others
    /// is decomposed instead, once for all steps, with about `40 r^3` products: [`LeaveOneOut::leading`] makes r small.
    /// Past the paper ([`equations`](crate::equations) section 9).
    ///
    /// # Errors
    /// Groups of another number of rows, a group of all rows, or numbers too extreme for a factorisation.
    pub fn losses_without_groups(
        &self,
        groups: &RowGroups,
        steps: &[(NoiseLevel, f64)],
    ) -> Result<RowLosses, TheoryError> {
        let samples = self.samples();
        let largest = groups.members().iter().map(Vec::len).max().unwrap_or(0);
        if groups.samples() != samples || largest == samples {
            return Err(TheoryError::Groups {
                grouped: groups.samples(),
                samples,
                largest,
            });
        }
        let steps = Step::all(steps);
        let found = parallel::map(0..groups.members().len(), |index| {
            Group::new(self, &groups.members()[index]).losses(&steps)
        });
        let mut by_row = vec![0.0; samples];
        let mut by_step = vec![0.0; steps.len()];
        let (of_step, of_row) = (1.0 / steps.len() as f64, 1.0 / samples as f64);
        for (members, losses) in groups.members().iter().zip(found) {
            for (step, losses) in losses?.iter().enumerate() {
                for (&row, loss) in members.iter().zip(losses) {
                    by_row[row] += loss * of_step;
                    by_step[step] += loss * of_row;
                }
            }
        }
        Ok(RowLosses { by_row, by_step })
    }
}

impl LeaveOneOut {
    /// For each of some groups of rows, the test loss on each of its rows of the optimum on all other rows, averaged
    /// over steps; see [`LeaveOneOut::losses_without_groups`]. The groups need not hold all rows, and a row may be in
    /// several.
    ///
    /// # Errors
    /// A group of all rows, or numbers too extreme for a factorisation.
    pub fn losses_on_groups(
        &self,
        groups: &[Vec<usize>],
        steps: &[(NoiseLevel, f64)],
    ) -> Result<Vec<Vec<f64>>, TheoryError> {
        let samples = self.samples();
        if let Some(largest) = groups.iter().map(Vec::len).find(|size| *size >= samples) {
            return Err(TheoryError::Groups {
                grouped: largest,
                samples,
                largest,
            });
        }
        let (steps, share) = (Step::all(steps), 1.0 / steps.len() as f64);
        let found = parallel::map(0..groups.len(), |index| {
            let by_step = Group::new(self, &groups[index]).losses(&steps)?;
            let mean = |row: usize| by_step.iter().map(|losses| losses[row]).sum::<f64>() * share;
            Ok((0..groups[index].len()).map(mean).collect())
        });
        found.into_iter().collect()
    }
}

impl<'a> Group<'a> {
    fn new(all: &'a LeaveOneOut, members: &'a [usize]) -> Self {
        let samples = all.samples() as f64;
        Self {
            left: Mat::from_fn(members.len(), all.rank(), |i, j| {
                all.left()[(members[i], j)]
            }),
            growth: samples / (samples - members.len() as f64),
            all,
            members,
        }
    }

    fn samples(&self) -> f64 {
        self.all.samples() as f64
    }

    /// `t = z D`
    fn shares(&self, step: &Step) -> Vec<f64> {
        let of = |s: &f64| step.point() / (self.growth * s + step.point());
        self.all.eigenvalues().iter().map(of).collect()
    }

    /// `1 - z0 D = (a s + gamma/ab) D` from s and t.
    fn kept(&self, step: &Step, s: f64, t: f64) -> f64 {
        (self.growth * s + step.ridge) / step.point() * t
    }

    /// The loss on each row of the group, for each step.
    fn losses(&self, steps: &[Step]) -> Result<Vec<Vec<f64>>, EigenError> {
        if self.is_large(steps.len()) {
            return self.in_the_eigenbasis(steps);
        }
        let null = self.null();
        let of_step = |step| self.among_the_rows(null.as_ref(), step);
        match steps.iter().map(of_step).collect::<Option<Vec<_>>>() {
            Some(losses) => Ok(losses),
            None => self.in_the_eigenbasis(steps),
        }
    }

    /// Whether a decomposition of the others takes less time than matrices of the group's rows at each step.
    fn is_large(&self, steps: usize) -> bool {
        /// The products of a decomposition `[r, r]`, over r^3.
        const DECOMPOSITION: f64 = 40.0;
        let (count, rank) = (self.members.len() as f64, self.all.rank() as f64);
        let among_the_rows = 3.0 * steps as f64 * count * count * (count + rank);
        count > rank || among_the_rows > DECOMPOSITION * rank.powi(3)
    }

    /// `I - 11'/N - U U'` on and below the diagonal: 0 where a row has no part of its own.
    fn null(&self) -> Mat<f64> {
        let count = self.members.len();
        if self.all.rank() + 1 == self.all.samples() {
            return Mat::zeros(count, count);
        }
        let mut shared = Mat::zeros(count, count);
        lower_product(&mut shared, self.left.as_ref());
        let own: Vec<f64> = self
            .members
            .iter()
            .map(|&row| self.all.null()[row])
            .collect();
        Mat::from_fn(count, count, |i, j| match own[i] * own[j] {
            0.0 => 0.0,
            _ if i == j => own[i],
            _ => -1.0 / self.samples() - shared[(i, j)],
        })
    }

    /// `U f(s, t) U'`, on and below the diagonal.
    fn weighted(&self, shares: &[f64], f: impl Fn(f64, f64) -> f64) -> Mat<f64> {
        let (count, rank) = self.left.shape();
        let weights: Vec<f64> = self
            .all
            .eigenvalues()
            .iter()
            .zip(shares)
            .map(|(&s, &t)| f(s, t).sqrt())
            .collect();
        let scaled = Mat::from_fn(count, rank, |i, j| self.left[(i, j)] * weights[j]);
        let mut product = Mat::zeros(count, count);
        lower_product(&mut product, scaled.as_ref());
        product
    }

    /// The losses by matrices `[k, k]`; `None` if F has no Cholesky factor in f64. Powers of z stand before the sums,
    /// so that none overflows.
    fn among_the_rows(&self, null: MatRef<'_, f64>, step: &Step) -> Option<Vec<f64>> {
        let shares = self.shares(step);
        let f = null + self.weighted(&shares, |_, t| t);
        let inverse = f.llt(Side::Lower).ok()?.inverse();
        let second = full(self.weighted(&shares, |s, t| s * t * t));
        let kept = full(self.weighted(&shares, |s, t| s * t * t * self.kept(step, s, t)));
        let product = &inverse * &second;
        let factor = step.noise / step.point() / step.point();
        let shift = self.growth * factor;
        let shared = self.bias(&shares, step) - 2.0 * shift * dot(inverse.as_ref(), kept.as_ref())
            + shift * shift * dot(product.as_ref(), product.transpose());
        let of_row = |i: usize| {
            let form: f64 = (0..f.ncols())
                .map(|j| product[(i, j)] * inverse[(j, i)])
                .sum();
            ((shared + factor * self.samples() * form) / self.all.dim() as f64).max(0.0)
        };
        Some((0..f.nrows()).map(of_row).collect())
    }

    /// `tr (1 - z0 (a C + z)^-1)^2`
    fn bias(&self, shares: &[f64], step: &Step) -> f64 {
        let pairs = self.all.eigenvalues().iter().zip(shares).rev();
        let sum: f64 = pairs.map(|(&s, &t)| self.kept(step, s, t).powi(2)).sum();
        sum + self.outside(step)
    }

    /// `(d - r)(1 - z0/z)^2`
    fn outside(&self, step: &Step) -> f64 {
        (self.all.dim() - self.all.rank()) as f64 * (step.ridge / step.point()).powi(2)
    }

    /// The losses by the r eigenvalues s of the covariance C of the others, with the rows about their mean:
    ///
    /// ```text
    /// G = (C + z)^-1,   d loss_i = tr (1 - z0 G)^2 + (d - r)(1 - z0/z)^2 + z0 y_i'G^2 y_i
    /// ```
    ///
    /// The decomposition serves all steps.
    fn in_the_eigenbasis(&self, steps: &[Step]) -> Result<Vec<Vec<f64>>, EigenError> {
        let (count, rank) = self.left.shape();
        let rows = self.in_directions(self.members);
        let sums = rows.transpose() * Col::<f64>::ones(count);
        let mean = sums * Scale(-1.0 / self.others());
        let covariance = full(self.covariance_of_others(rows.as_ref(), &mean));
        let (mut eigenvalues, vectors) = symmetric_eigen(covariance.as_ref())?;
        // Rounding leaves some where there are none.
        eigenvalues.iter_mut().for_each(|s| *s = s.max(0.0));
        let along = centred(rows, &mean) * vectors;
        let squares = Mat::from_fn(count, rank, |i, j| along[(i, j)].powi(2));
        let weights = Mat::from_fn(rank, steps.len(), |j, t| {
            let step = &steps[t];
            step.noise / (eigenvalues[j] + step.point()).powi(2)
        });
        let forms = squares * weights;
        let of_step = |(t, step): (usize, &Step)| {
            let kept = |s: &f64| ((s + step.ridge) / (s + step.point())).powi(2);
            let bias = eigenvalues.iter().rev().map(kept).sum::<f64>() + self.outside(step);
            let losses = forms.col(t).iter();
            losses
                .map(|form| (bias + form) / self.all.dim() as f64)
                .collect()
        };
        Ok(steps.iter().enumerate().map(of_step).collect())
    }

    /// `n = N - k`
    fn others(&self) -> f64 {
        self.samples() - self.members.len() as f64
    }

    /// Some rows in the eigenbasis, about the mean of all.
    fn in_directions(&self, members: &[usize]) -> Mat<f64> {
        let eigenvalues = self.all.eigenvalues();
        Mat::from_fn(members.len(), self.all.rank(), |i, j| {
            self.all.left()[(members[i], j)] * (self.samples() * eigenvalues[j]).sqrt()
        })
    }

    /// The covariance of the others on and below the diagonal: `C = a S - P'P/n - m m'`, with the group's rows P and
    /// the mean m of the others; from the others themselves if they are few, or hold little of all variance.
    fn covariance_of_others(&self, rows: MatRef<'_, f64>, mean: &Col<f64>) -> Mat<f64> {
        let (count, rank) = rows.shape();
        let mut product = Mat::zeros(rank, rank);
        let removed = rows.squared_norm_l2() / self.samples();
        let all: f64 = self.all.eigenvalues().iter().sum();
        if self.others() < count as f64 || removed > 0.5 * all {
            let mut left_out = vec![false; self.all.samples()];
            self.members.iter().for_each(|&row| left_out[row] = true);
            let others: Vec<usize> = (0..left_out.len()).filter(|&row| !left_out[row]).collect();
            let kept = centred(self.in_directions(&others), mean);
            lower_product(&mut product, kept.transpose());
            return product * Scale(1.0 / self.others());
        }
        lower_product(&mut product, rows.transpose());
        let eigenvalues = self.all.eigenvalues();
        Mat::from_fn(rank, rank, |i, j| {
            let of_all = if i == j {
                self.growth * eigenvalues[j]
            } else {
                0.0
            };
            of_all - product[(i, j)] / self.others() - mean[i] * mean[j]
        })
    }
}

fn centred(mut rows: Mat<f64>, mean: &Col<f64>) -> Mat<f64> {
    for (column, mean) in rows.col_iter_mut().zip(mean.iter()) {
        column.iter_mut().for_each(|x| *x -= mean);
    }
    rows
}

/// `out = A A'` on and below the diagonal.
fn lower_product(out: &mut Mat<f64>, a: MatRef<'_, f64>) {
    let all = BlockStructure::Rectangular;
    let lower = BlockStructure::TriangularLower;
    let transposed = a.transpose();
    triangular_matmul(
        out,
        lower,
        Accum::Replace,
        a,
        all,
        transposed,
        all,
        1.0,
        Par::Seq,
    );
}

/// The symmetric matrix of what is on and below the diagonal.
fn full(lower: Mat<f64>) -> Mat<f64> {
    Mat::from_fn(lower.nrows(), lower.ncols(), |i, j| {
        lower[(i.max(j), i.min(j))]
    })
}

/// `sum_ij A_ij B_ij`
fn dot(a: MatRef<'_, f64>, b: MatRef<'_, f64>) -> f64 {
    let columns = a.col_iter().zip(b.col_iter());
    columns
        .map(|(a, b)| a.iter().zip(b.iter()).map(|(a, b)| a * b).sum::<f64>())
        .sum()
}
