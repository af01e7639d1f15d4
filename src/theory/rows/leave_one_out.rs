//! The loss on each row of a model that never saw it.

use faer::MatRef;

use super::decomposed::{Decomposed, RowProducts};
use crate::theory::TheoryError;

/// Below this the part of a row that no other row shares is rounding.
const NO_PART: f64 = 1e-9;

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
/// give the traces and quadratic forms of [`LeftOut`]. Every term is positive, so nothing cancels, neither for N <= d
/// nor for copies of a row. The cost is one eigendecomposition, then four products `[N, r]` by `[r, points]`. Beside
/// the rows it holds U: `8 N r` bytes. Past the paper ([`equations`](crate::equations) section 9).
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
        let count = decomposed.left.nrows();
        let mut shared = vec![1.0 / count as f64; count];
        for column in decomposed.left.col_iter() {
            let squares = shared.iter_mut().zip(column.iter());
            squares.for_each(|(shared, u)| *shared += u * u);
        }
        let own = |shared: f64| match 1.0 - shared {
            part if part < NO_PART => 0.0,
            part => part,
        };
        Self {
            null: shared.into_iter().map(own).collect(),
            decomposed,
        }
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

    /// U, `[N, r]`
    pub(super) fn left(&self) -> MatRef<'_, f64> {
        self.decomposed.left.as_ref()
    }

    /// `n_i`
    pub(super) fn null(&self, row: usize) -> f64 {
        self.null[row]
    }
}
