//! What a denoiser said of noised test rows, at one noise level.

use std::ops::Range;

use faer::MatRef;

use crate::diffusion::NoiseLevel;
use crate::gaussian::{EigenError, Gaussian, MomentSums};

/// Why draws cannot be measured.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[non_exhaustive]
#[allow(missing_docs, reason = "each message says what its variant means")]
pub enum DrawsError {
    #[error("{what} has the shape [{rows}, {columns}], not [{wanted_rows}, {wanted_columns}]")]
    Shape {
        what: &'static str,
        rows: usize,
        columns: usize,
        wanted_rows: usize,
        wanted_columns: usize,
    },
    #[error(
        "{draws} draws are too few for the affine part of a map in {dim} dimensions: at least {needed} are needed"
    )]
    TooFew {
        draws: usize,
        dim: usize,
        needed: usize,
    },
    #[error(
        "draw {draw} comes from clean row {row}, but there are {rows} clean rows (the first is row 0)"
    )]
    Row {
        draw: usize,
        row: usize,
        rows: usize,
    },
    #[error("{what} of draw {draw} is not finite")]
    NotFinite { what: &'static str, draw: usize },
    #[error("the draws vary too little in some direction: the affine part is not determined")]
    Singular,
    #[error(transparent)]
    Eigen(#[from] EigenError),
}

/// Clean rows that a denoiser is tested on, with their mean m and their covariance S (1/M).
///
/// The *test law* is that of these M rows, each as likely as the others. What is computed exactly for it, such as the
/// Wiener filter `S (S + z)^-1`, is that of these rows and not of the law that they were drawn from.
#[derive(Debug, Clone)]
pub struct TestRows<'a> {
    rows: MatRef<'a, f64>,
    law: Gaussian,
}

impl<'a> TestRows<'a> {
    /// Takes the clean rows `[M, d]`.
    ///
    /// # Errors
    /// The covariance has no eigenvalues, because a number is not finite.
    ///
    /// # Panics
    /// If there are no rows or no columns.
    pub fn new(rows: MatRef<'a, f64>) -> Result<Self, EigenError> {
        let (count, dim) = rows.shape();
        assert!(count > 0 && dim > 0, "clean rows of shape [{count}, {dim}]");
        let values = |range: Range<usize>| -> Vec<f64> {
            let chosen = rows.subrows(range.start, range.len());
            chosen
                .row_iter()
                .flat_map(|row| row.iter().copied())
                .collect()
        };
        let moments = MomentSums::of_doubles(count, dim, &values).moments();
        let law = moments.law()?;
        Ok(Self { rows, law })
    }

    /// The rows, `[M, d]`.
    pub fn rows(&self) -> MatRef<'a, f64> {
        self.rows
    }

    /// The number M of rows.
    pub fn count(&self) -> usize {
        self.rows.nrows()
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.rows.ncols()
    }

    /// The Gaussian with the mean and the covariance of the rows. Its eigenvectors `u_k` are the directions of all
    /// measures, the largest variance first.
    pub fn law(&self) -> &Gaussian {
        &self.law
    }
}

/// Draws `x = x_0 + sqrt(z) eps` of test rows `x_0` at one noise level, with `z = (1 - ab)/ab`, and what a denoiser said
/// of them. A draw `x_t = sqrt(ab) x_0 + sqrt(1 - ab) eps` is brought to this scale by `x = x_t/sqrt(ab)`.
#[derive(Debug, Clone)]
pub struct Draws<'a> {
    test: &'a TestRows<'a>,
    level: NoiseLevel,
    x: MatRef<'a, f64>,
    denoised: MatRef<'a, f64>,
    /// The draws, sorted by their row.
    order: Vec<usize>,
    /// For each row with draws: the row, and where its draws are in `order`.
    rows: Vec<(usize, Range<usize>)>,
}

impl<'a> Draws<'a> {
    /// Takes the noised rows `x` `[n, d]`, the denoised rows (the predicted `x_0`) `[n, d]`, and the clean row of each
    /// draw. `None` means that draw i is of row i. Several draws of one row are allowed: measures count them as one
    /// independent item.
    ///
    /// # Errors
    /// Other shapes, a row that does not exist, numbers that are not finite, and fewer than `2 d + 2` draws.
    pub fn new(
        test: &'a TestRows<'a>,
        level: NoiseLevel,
        x: MatRef<'a, f64>,
        denoised: MatRef<'a, f64>,
        row: Option<&[usize]>,
    ) -> Result<Self, DrawsError> {
        let (draws, dim) = (x.nrows(), test.dim());
        check_shape("x", x, draws, dim)?;
        check_shape("the denoised rows", denoised, draws, dim)?;
        check_count(draws, dim)?;
        if let Some(row) = row {
            check_shape(
                "the list of rows",
                MatRef::from_column_major_slice(row, row.len(), 1),
                draws,
                1,
            )?;
        }
        check_finite("x", x)?;
        check_finite("the denoised row", denoised)?;
        let row_of = |draw: usize| row.map_or(draw, |row| row[draw]);
        let wrong = (0..draws).find(|&draw| row_of(draw) >= test.count());
        if let Some(draw) = wrong {
            let (row, rows) = (row_of(draw), test.count());
            return Err(DrawsError::Row { draw, row, rows });
        }
        let mut order: Vec<usize> = (0..draws).collect();
        order.sort_by_key(|&draw| row_of(draw));
        let mut start = 0;
        let of_one_row = order.chunk_by(|&a, &b| row_of(a) == row_of(b));
        let rows = of_one_row.map(|draws| {
            let range = start..start + draws.len();
            start = range.end;
            (row_of(draws[0]), range)
        });
        Ok(Self {
            test,
            level,
            x,
            denoised,
            rows: rows.collect(),
            order,
        })
    }

    /// The clean rows.
    pub fn test(&self) -> &'a TestRows<'a> {
        self.test
    }

    /// The noise level.
    pub fn level(&self) -> NoiseLevel {
        self.level
    }

    /// The noised rows, `[n, d]`.
    pub fn x(&self) -> MatRef<'a, f64> {
        self.x
    }

    /// The denoised rows, `[n, d]`.
    pub fn denoised(&self) -> MatRef<'a, f64> {
        self.denoised
    }

    /// The number n of draws.
    pub fn count(&self) -> usize {
        self.order.len()
    }

    /// The number of different rows that were drawn.
    pub fn rows_drawn(&self) -> usize {
        self.rows.len()
    }

    /// The mean of `|x - x_0|^2/(d z)` over the draws. It is 1, with the standard deviation `sqrt(2/(n d))`, if the
    /// scale of x, the noise level, and the row of each draw are right.
    pub fn noise_ratio(&self) -> f64 {
        let clean = self.test.rows();
        let distance = |(row, range): &(usize, Range<usize>)| -> f64 {
            let draws = self.order[range.clone()].iter();
            draws
                .map(|&draw| (self.x.row(draw) - clean.row(*row)).squared_norm_l2())
                .sum()
        };
        let total: f64 = self.rows.iter().map(distance).sum();
        total / (self.x.nrows() * self.x.ncols()) as f64 / self.level.noise_to_signal()
    }
}

/// The fewest draws for an affine part in `dim` dimensions: `2 d + 2`, two for each number of a row of `(A, b)`.
pub(super) fn check_count(draws: usize, dim: usize) -> Result<(), DrawsError> {
    let needed = 2 * dim + 2;
    if draws < needed {
        return Err(DrawsError::TooFew { draws, dim, needed });
    }
    Ok(())
}

pub(super) fn check_shape<T>(
    what: &'static str,
    matrix: MatRef<'_, T>,
    wanted_rows: usize,
    wanted_columns: usize,
) -> Result<(), DrawsError> {
    let (rows, columns) = matrix.shape();
    if (rows, columns) == (wanted_rows, wanted_columns) {
        return Ok(());
    }
    Err(DrawsError::Shape {
        what,
        rows,
        columns,
        wanted_rows,
        wanted_columns,
    })
}

fn check_finite(what: &'static str, matrix: MatRef<'_, f64>) -> Result<(), DrawsError> {
    let finite = |draw: &usize| matrix.row(*draw).iter().all(|x| x.is_finite());
    match (0..matrix.nrows()).find(|draw| !finite(draw)) {
        Some(draw) => Err(DrawsError::NotFinite { what, draw }),
        None => Ok(()),
    }
}
