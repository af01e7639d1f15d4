//! Sums over the eigenvalues for blocks of rows and chunks of points z.

use std::marker::PhantomData;
use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par, c64};

use super::leave_one_out::LeaveOneOut;
use super::number::Number;
use crate::parallel;

/// The number of rows that a thread works on at a time.
const ROWS: usize = 128;
/// The number of real parts of z whose sums are held at a time.
const PARTS: usize = 256;

/// What is summed over the eigenvalues `s_j` with the weights `U_ij^2`, where `D_j = 1/(a s_j + z)` and `t_j = z D_j`.
#[derive(Debug, Clone, Copy)]
pub(super) enum Summand {
    /// `t_j`
    T,
    /// `s_j D_j`
    SD,
    /// `s_j D_j^2`
    SD2,
    /// `s_j D_j^3`
    SD3,
    /// `s_j t_j^2`, which does not underflow
    ST2,
    /// `s_j t_j^3`
    ST3,
}

impl Summand {
    fn of<T: Number>(self, s: f64, d: T, t: T) -> T {
        match self {
            Self::T => t,
            Self::SD => d * s,
            Self::SD2 => d * d * s,
            Self::SD3 => d * d * d * s,
            Self::ST2 => t * t * s,
            Self::ST3 => t * t * t * s,
        }
    }
}

/// Some sums of a block of rows at a chunk of points z.
pub(super) struct Block<'a, T, const K: usize> {
    /// The rows, of all.
    pub rows: Range<usize>,
    /// `n_i` of each row.
    null: &'a [f64],
    /// `a = N/(N - 1)`
    growth: f64,
    /// The points, of all.
    pub points: Range<usize>,
    /// A row for each row; the columns by summand, real part and point.
    sums: Mat<f64>,
    number: PhantomData<T>,
}

impl<T: Number, const K: usize> Block<'_, T, K> {
    /// The sums of a row at a point; both count from 0 in the block.
    pub fn sums(&self, row: usize, point: usize) -> [T; K] {
        let points = self.points.len();
        std::array::from_fn(|kind| {
            T::from_parts(|part| self.sums[(row, (kind * T::PARTS + part) * points + point)])
        })
    }

    /// `1/den`, with `den = a (sum_j U_ij^2 t_j + n_i) = 1 - y' (a C + z)^-1 y/N`, from the sum of t. A real den is
    /// above 0 and at most 1.
    pub fn inverse_den(&self, row: usize, t: T) -> T {
        self.inverse_den_of(self.null[row], t)
    }

    /// `1/den` of a row with `n_i` = `null`.
    pub fn inverse_den_of(&self, null: f64, t: T) -> T {
        ((t + null) * self.growth).inverse()
    }

    /// `n_i` of each row.
    pub fn null(&self) -> &[f64] {
        self.null
    }

    /// Real part number `part` of the sums of all rows at a point.
    fn column(&self, kind: usize, part: usize, point: usize) -> &[f64] {
        let column = (kind * T::PARTS + part) * self.points.len() + point;
        let column = self.sums.col(column).try_as_col_major();
        column.expect("columns are contiguous").as_slice()
    }
}

impl<const K: usize> Block<'_, f64, K> {
    /// The sums of all rows at a point.
    pub fn columns(&self, point: usize) -> [&[f64]; K] {
        std::array::from_fn(|kind| self.column(kind, 0, point))
    }
}

impl<const K: usize> Block<'_, c64, K> {
    /// The real and imaginary parts of the sums of all rows at a point.
    pub fn columns(&self, point: usize) -> [[&[f64]; 2]; K] {
        std::array::from_fn(|kind| [0, 1].map(|part| self.column(kind, part, point)))
    }
}

impl LeaveOneOut {
    /// Calls `visit` with every block of rows at every chunk of points. The results come by chunk, then by block. One
    /// thread holds 128 K sums for each of up to 256 real parts.
    pub(super) fn by_blocks<T: Number, R: Send, const K: usize>(
        &self,
        z: &[T],
        summands: [Summand; K],
        visit: impl Fn(&Block<'_, T, K>) -> R + Sync + Send,
    ) -> Vec<Vec<R>> {
        let size = PARTS / T::PARTS;
        let chunks = z.chunks(size).enumerate();
        let of_chunk = |(index, z): (usize, &[T])| {
            let weights = self.weights(z, summands);
            let points = index * size..index * size + z.len();
            parallel::map(0..self.samples().div_ceil(ROWS), |index| {
                let rows = index * ROWS..self.samples().min((index + 1) * ROWS);
                let left = self.left().subrows(rows.start, rows.len());
                let squares = Mat::from_fn(rows.len(), self.rank(), |i, j| left[(i, j)].powi(2));
                let mut sums = Mat::zeros(rows.len(), weights.ncols());
                matmul(&mut sums, Accum::Replace, &squares, &weights, 1.0, Par::Seq);
                visit(&Block {
                    null: &self.null()[rows.clone()],
                    growth: self.growth(),
                    rows,
                    points: points.clone(),
                    sums,
                    number: PhantomData,
                })
            })
        };
        chunks.map(of_chunk).collect()
    }

    /// The summands: a row for each eigenvalue; the columns by summand, real part and point.
    fn weights<T: Number, const K: usize>(&self, z: &[T], summands: [Summand; K]) -> Mat<f64> {
        let mut weights = Mat::zeros(self.rank(), K * T::PARTS * z.len());
        for (point, &z) in z.iter().enumerate() {
            for (j, &s) in self.eigenvalues().iter().enumerate() {
                let inverse = self.resolvent(s, z);
                for (kind, summand) in summands.into_iter().enumerate() {
                    let value = summand.of(s, inverse, z * inverse);
                    for part in 0..T::PARTS {
                        let column = (kind * T::PARTS + part) * weights.ncols() / (K * T::PARTS);
                        weights[(j, column + point)] = value.part(part);
                    }
                }
            }
        }
        weights
    }

    /// `a = N/(N - 1)`
    pub(super) fn growth(&self) -> f64 {
        let samples = self.samples() as f64;
        samples / (samples - 1.0)
    }

    /// `D = 1/(a s + z)`
    pub(super) fn resolvent<T: Number>(&self, s: f64, z: T) -> T {
        (z + self.growth() * s).inverse()
    }

    /// `sum_j f(D_j) + (d - r) f(1/z)`: the trace of `f((a C + z)^-1)`.
    pub(super) fn trace<T: Number>(&self, z: T, f: impl Fn(T) -> T) -> T {
        let zeros = (self.dim() - self.rank()) as f64;
        let start = match zeros {
            0.0 => T::from(0.0),
            zeros => f(z.inverse()) * zeros,
        };
        let smallest_first = self.eigenvalues().iter().rev();
        smallest_first.fold(start, |sum, &s| sum + f(self.resolvent(s, z)))
    }
}
