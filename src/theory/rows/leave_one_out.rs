//! The loss on each row of a model that never saw it.

use faer::{Mat, MatRef};

use super::decomposed::{Decomposed, RowProducts};
use crate::memory::bytes;
use crate::parallel;
use crate::theory::TheoryError;

/// Below this the part of a row that no other row shares is rounding.
const NO_PART: f64 = 1e-20;

/// N rows, each left out in turn: exact test losses for any rows, without a truth and without training N times.
///
/// With the eigenvalues `s_j` of the rows' covariance (`1/N`, own mean) and the left singular vectors U of the
/// centred rows,
///
/// ```text
/// a = N/(N - 1),   D_j = 1/(a s_j + z),   n_i = 1 - 1/N - sum_j U_ij^2
/// h, g, l = sum_j U_ij^2 s_j (D_j, D_j^2, D_j^3),   den = a (z sum_j U_ij^2 D_j + n_i)
/// ```
///
/// give the traces and quadratic forms of [`LeftOut`](super::LeftOut). Every term is positive, so nothing cancels, neither for N <= d
/// nor for copies of a row. The cost is one eigendecomposition, then three or four products `[N, r]` by
/// `[r, points]`. Beside the rows it holds U, `8 N r` bytes; [`LeaveOneOut::bytes`] says what is needed to make it.
/// Eigenvalues are known to the precision of a double relative to the largest. Past the paper
/// ([`equations`](crate::equations) section 9).
///
/// ```
/// use lindiff::data::Rows;
/// use lindiff::diffusion::NoiseLevel;
/// use lindiff::theory::LeaveOneOut;
///
/// let rows = Rows::from_slice(2, &[1.0, 0.0, -1.0, 0.0, 0.0, 2.0, 0.0, -2.0]);
/// let level = NoiseLevel::from_alpha_bar(0.5).unwrap();
/// let losses = LeaveOneOut::new(rows.as_matrix())?.losses(&[(level, 0.0)]);
/// assert_eq!(losses.by_row.len(), 4);
/// assert!(losses.mean() > 0.0);
/// # Ok::<(), lindiff::theory::TheoryError>(())
/// ```
#[derive(Debug, Clone)]
pub struct LeaveOneOut {
    decomposed: Decomposed,
    /// `n_i`
    null: Vec<f64>,
}

impl RowProducts<'_> {
    /// The chosen rows, each left out in turn of the chosen ones.
    ///
    /// # Errors
    /// Fewer than 2 rows, or numbers that are not finite.
    pub fn leave_one_out(&self, chosen: &[usize]) -> Result<LeaveOneOut, TheoryError> {
        Ok(LeaveOneOut::of(self.decomposed(chosen)?))
    }
}

impl LeaveOneOut {
    /// Decomposes rows `[N, d]` with any mean.
    ///
    /// # Errors
    /// Fewer than 2 rows, or numbers that are not finite.
    pub fn new(rows: MatRef<'_, f64>) -> Result<Self, TheoryError> {
        let all: Vec<usize> = (0..rows.nrows()).collect();
        RowProducts::new(rows).leave_one_out(&all)
    }

    fn of(decomposed: Decomposed) -> Self {
        Self {
            null: own_parts(decomposed.left.as_ref()),
            decomposed,
        }
    }

    /// The bytes of memory that decomposing rows `[N, d]` and their losses take at most, beside the rows: 270 MB for
    /// 10,000 rows in 784 dimensions on 2 threads.
    pub fn bytes(samples: usize, dim: usize) -> usize {
        /// The rows of a block of [`MomentSums`](crate::gaussian::MomentSums).
        const BLOCK: usize = 4096;
        let (side, threads) = (samples.min(dim), parallel::threads());
        let of_moments = match samples > dim {
            true => bytes([
                8,
                2,
                threads.min(samples.div_ceil(BLOCK)),
                samples.min(BLOCK),
                dim,
            ]),
            false => 0,
        };
        bytes([8, side, samples.saturating_mul(2)])
            .saturating_add(bytes([8, 8, side, side]))
            .saturating_add(bytes([8, threads, 128, side.saturating_add(1024)]))
            .saturating_add(of_moments)
    }

    /// The number N of rows.
    pub fn samples(&self) -> usize {
        self.null.len()
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.decomposed.dim
    }

    /// The number r of eigenvalues above 0.
    pub fn rank(&self) -> usize {
        self.decomposed.eigenvalues.len()
    }

    /// The eigenvalues above 0 of the covariance (`1/N`) of all rows, largest first.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.decomposed.eigenvalues
    }

    /// The left singular vectors U of the centred rows, `[N, r]`.
    pub fn left(&self) -> MatRef<'_, f64> {
        self.decomposed.left.as_ref()
    }

    /// `n_i` of each row.
    pub(super) fn null(&self) -> &[f64] {
        &self.null
    }

    /// The rows along their first `count` eigenvectors alone, as rows of that dimension.
    pub fn leading(&self, count: usize) -> Self {
        let rank = count.min(self.rank());
        Self::of(Decomposed {
            dim: count.min(self.dim()),
            eigenvalues: self.eigenvalues()[..rank].to_vec(),
            left: self.left().subcols(0, rank).to_owned(),
        })
    }
}

/// `n_i = 1 - 1/N - sum_j U_ij^2`. Small ones, which rows have that are far longer than the others, keep their digits
/// as `||e_i - 1/N - U U_i'||^2`.
fn own_parts(left: MatRef<'_, f64>) -> Vec<f64> {
    /// Above this the difference itself has 12 digits.
    const SMALL: f64 = 1e-3;
    const AT_ONCE: usize = 128;
    let (count, rank) = left.shape();
    if rank + 1 == count {
        return vec![0.0; count];
    }
    let share = 1.0 / count as f64;
    let mut own = vec![1.0 - share; count];
    for column in left.col_iter() {
        let squares = own.iter_mut().zip(column.iter());
        squares.for_each(|(own, u)| *own -= u * u);
    }
    let small: Vec<usize> = (0..count).filter(|&i| own[i] < SMALL).collect();
    for rows in small.chunks(AT_ONCE) {
        let some = Mat::from_fn(rank, rows.len(), |j, k| left[(rows[k], j)]);
        let shared = left * some;
        for (&row, shared) in rows.iter().zip(shared.col_iter()) {
            let rest = |(i, shared): (usize, &f64)| {
                let unit = if i == row { 1.0 } else { 0.0 };
                (unit - share - shared).powi(2)
            };
            let part: f64 = shared.iter().enumerate().map(rest).sum();
            own[row] = if part < NO_PART { 0.0 } else { part };
        }
    }
    own
}
