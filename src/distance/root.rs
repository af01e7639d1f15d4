//! Means and roots of covariances, without forming a covariance: a square costs half of the digits.

use faer::{Col, Mat, MatRef};

/// The number of some rows, their mean, and a root R `[m, d]` of their scatter, `R'R = sum (y - mean)(y - mean)'`.
#[derive(Debug, Clone)]
pub(super) struct Scatter {
    pub count: usize,
    pub mean: Col<f64>,
    root: Mat<f64>,
}

impl Scatter {
    /// That of rows that are given as columns `[d, n]`.
    pub fn of(mut columns: Mat<f64>) -> Self {
        let count = columns.ncols();
        let ones = Col::<f64>::ones(count);
        let mean = &columns * ones * faer::Scale(1.0 / count as f64);
        for mut column in columns.col_iter_mut() {
            column -= &mean;
        }
        Self {
            count,
            mean,
            root: triangular(columns.transpose()),
        }
    }

    /// That of all rows of several sets.
    pub fn merged(parts: &[&Self]) -> Self {
        let count = parts.iter().map(|part| part.count).sum();
        let dim = parts[0].mean.nrows();
        let mut mean = Col::zeros(dim);
        for part in parts {
            mean += &part.mean * faer::Scale(part.count as f64 / count as f64);
        }
        let height = parts.iter().map(|part| part.root.nrows() + 1).sum();
        let mut stacked = Mat::zeros(height, dim);
        let mut at = 0;
        for part in parts {
            let rows = part.root.nrows();
            stacked.subrows_mut(at, rows).copy_from(&part.root);
            let weight = (part.count as f64).sqrt();
            let apart = (&part.mean - &mean) * faer::Scale(weight);
            stacked.row_mut(at + rows).copy_from(apart.transpose());
            at += rows + 1;
        }
        Self {
            count,
            mean,
            root: triangular(stacked.as_ref()),
        }
    }

    /// The law whose covariance is the scatter over N - 1.
    pub fn law(self) -> Law {
        let scale = 1.0 / (self.count as f64 - 1.0).sqrt();
        Law {
            root: self.root * faer::Scale(scale),
            mean: self.mean,
            count: Some(self.count),
        }
    }
}

/// The factor R of a QR decomposition, or the matrix itself if it has no more rows than columns.
fn triangular(matrix: MatRef<'_, f64>) -> Mat<f64> {
    if matrix.nrows() <= matrix.ncols() {
        return matrix.to_owned();
    }
    matrix.qr().thin_R().to_owned()
}

/// A mean, a root R of the covariance, `R'R`, and the number of rows that both are from, if they are from rows.
#[derive(Debug, Clone)]
pub(super) struct Law {
    pub mean: Col<f64>,
    pub root: Mat<f64>,
    pub count: Option<usize>,
}

impl Law {
    pub fn trace(&self) -> f64 {
        self.root.squared_norm_l2()
    }

    /// The variance of each column.
    pub fn variances(&self) -> Vec<f64> {
        let columns = self.root.col_iter();
        columns.map(|column| column.squared_norm_l2()).collect()
    }

    /// `tr S/N`, by which the square of the mean is too large on average.
    pub fn variance_of_mean(&self) -> f64 {
        self.count.map_or(0.0, |count| self.trace() / count as f64)
    }
}
