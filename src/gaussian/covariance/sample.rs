//! The eigenvectors and eigenvalues of rows.

use faer::{Col, ColRef, Mat, MatRef, Scale};

use super::error::CovarianceError;
use super::given::check_finite;
use crate::gaussian::law::{EigenError, numerical_floor, symmetric_eigen};
use crate::gaussian::{MomentSums, Moments};

/// The eigenvectors and eigenvalues of N rows about their own mean or a known one. They serve all the estimators of
/// [`Covariance`](super::Covariance).
#[derive(Debug, Clone)]
pub struct SampleCovariance {
    pub(super) mean: Col<f64>,
    /// The eigenvectors with an eigenvalue above 0, `[d, r]`
    pub(super) basis: Mat<f64>,
    /// The eigenvalues above 0 of the covariance (1/N), largest first
    pub(super) eigenvalues: Vec<f64>,
    /// `(1/N) sum_i |y_i|^4 / (tr C)^2`, at least 1
    pub(super) fourth: f64,
    /// N
    pub(super) count: usize,
    /// N - 1 with a fitted mean, N with a known one
    pub(super) degrees: usize,
}

impl SampleCovariance {
    /// Decomposes rows `[N, d]`, about their own mean or about a known one `[d]`.
    ///
    /// # Errors
    /// Fewer than 2 rows (1 with a known mean); numbers that are not finite or too extreme; a mean of another size.
    pub fn new(
        rows: MatRef<'_, f64>,
        known_mean: Option<ColRef<'_, f64>>,
    ) -> Result<Self, CovarianceError> {
        let (count, dim) = rows.shape();
        let least = if known_mean.is_some() { 1 } else { 2 };
        if count < least {
            return Err(CovarianceError::FewRows { rows: count, least });
        }
        check_finite("a number", rows)?;
        if let Some(size) = known_mean.map(|m| m.nrows()).filter(|size| *size != dim) {
            return Err(CovarianceError::Mean { size, dim });
        }
        let (mean, eigenvalues, basis) = if count > dim {
            let moments = of_rows(rows);
            let moments = match known_mean {
                Some(mean) => moments.about(mean.to_owned()),
                None => moments,
            };
            let (eigenvalues, basis) = symmetric_eigen(moments.covariance.as_ref())?;
            (moments.mean, eigenvalues, basis)
        } else {
            let mean = known_mean.map_or_else(|| column_means(rows), |mean| mean.to_owned());
            let (eigenvalues, basis) = of_few(rows, &mean)?;
            (mean, eigenvalues, basis)
        };
        let degrees = count - (least - 1);
        let floor = numerical_floor(eigenvalues.first().copied().unwrap_or(0.0), dim.max(count));
        let above = eigenvalues.iter().take_while(|s| **s > floor).count();
        let rank = above.min(degrees);
        let eigenvalues = eigenvalues[..rank].to_vec();
        let trace: f64 = eigenvalues.iter().sum();
        let square = |i: usize| {
            (0..dim)
                .map(|j| (rows[(i, j)] - mean[j]).powi(2))
                .sum::<f64>()
        };
        let fourth = (0..count).map(|i| (square(i) / trace).powi(2)).sum::<f64>() / count as f64;
        Ok(Self {
            mean,
            basis: basis.subcols(0, rank).to_owned(),
            eigenvalues,
            fourth,
            count,
            degrees,
        })
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.mean.nrows()
    }

    /// The eigenvalues above 0 of the covariance (1/N), largest first.
    pub fn eigenvalues(&self) -> &[f64] {
        &self.eigenvalues
    }
}

fn of_rows(rows: MatRef<'_, f64>) -> Moments {
    let dim = rows.ncols();
    let block = |range: std::ops::Range<usize>| {
        let places = range.flat_map(|i| (0..dim).map(move |j| (i, j)));
        places.map(|place| rows[place]).collect::<Vec<f64>>()
    };
    MomentSums::of_doubles(rows.nrows(), dim, &block).moments()
}

fn column_means(rows: MatRef<'_, f64>) -> Col<f64> {
    let share = 1.0 / rows.nrows() as f64;
    let rough = Col::from_fn(rows.ncols(), |j| rows.col(j).sum() * share);
    // What rounding left.
    let left = |j: usize| rows.col(j).iter().map(|x| x - rough[j]).sum::<f64>() * share;
    Col::from_fn(rows.ncols(), |j| rough[j] + left(j))
}

/// The eigenvalues (1/N) and eigenvectors `[d, N]` of at most as many rows as dimensions, by the singular values of
/// the rows. They lose no digits, where inner products lose half.
fn of_few(rows: MatRef<'_, f64>, mean: &Col<f64>) -> Result<(Vec<f64>, Mat<f64>), EigenError> {
    let (count, dim) = rows.shape();
    let share = (1.0 / count as f64).sqrt();
    let columns = Mat::from_fn(dim, count, |j, i| rows[(i, j)] - mean[j]) * Scale(share);
    let svd = columns.thin_svd().map_err(|_| EigenError { dim })?;
    let singular = svd.S().column_vector();
    let eigenvalues: Vec<f64> = singular.iter().map(|s| s * s).collect();
    if eigenvalues.iter().any(|s| !s.is_finite()) {
        return Err(EigenError { dim });
    }
    Ok((eigenvalues, svd.U().to_owned()))
}
