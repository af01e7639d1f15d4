//! Rows that are drawn, noised and denoised, for the tests of what a denoiser's affine part says.

use faer::linalg::solvers::Solve;
use faer::{Col, Mat, MatRef, Scale, Side};
use lindiff::diffusion::NoiseLevel;
use lindiff::random::{Purpose, fill_normal, stream};

/// Standard normal numbers `[rows, columns]`.
pub fn normals(rows: usize, columns: usize, seed: u64, purpose: Purpose) -> Mat<f64> {
    let mut values = vec![0.0; rows * columns];
    fill_normal(&mut stream(seed, purpose, 0), &mut values);
    MatRef::from_row_major_slice(&values, rows, columns).to_owned()
}

/// Gaussian rows with a diagonal covariance.
pub fn gaussian_rows(variances: &[f64], rows: usize, seed: u64) -> Mat<f64> {
    let normal = normals(rows, variances.len(), seed, Purpose::Data);
    Mat::from_fn(rows, variances.len(), |i, j| {
        normal[(i, j)] * variances[j].sqrt()
    })
}

/// The level with `z = (1 - ab)/ab`.
pub fn level_of(z: f64) -> NoiseLevel {
    NoiseLevel::from_alpha_bar(1.0 / (1.0 + z)).unwrap()
}

/// `x_0 + sqrt(z) eps`, several draws of each row: draw i is of row `i % rows`.
pub fn noised(
    rows: MatRef<'_, f64>,
    draws_of_each: usize,
    z: f64,
    seed: u64,
) -> (Mat<f64>, Vec<usize>) {
    let (count, dim) = rows.shape();
    let row: Vec<usize> = (0..draws_of_each * count).map(|i| i % count).collect();
    let noise = normals(row.len(), dim, seed, Purpose::FrozenNoise);
    let x = Mat::from_fn(row.len(), dim, |i, j| {
        rows[(row[i], j)] + z.sqrt() * noise[(i, j)]
    });
    (x, row)
}

/// The mean and the covariance (1/N) of rows.
pub fn moments(rows: MatRef<'_, f64>) -> (Col<f64>, Mat<f64>) {
    let count = rows.nrows() as f64;
    let mean = Col::from_fn(rows.ncols(), |j| rows.col(j).sum() / count);
    let centred = Mat::from_fn(rows.nrows(), rows.ncols(), |i, j| rows[(i, j)] - mean[j]);
    (mean, Scale(1.0 / count) * (centred.transpose() * &centred))
}

/// `C (C + ridge)^-1`
pub fn filter(covariance: MatRef<'_, f64>, ridge: f64) -> Mat<f64> {
    let dim = covariance.nrows();
    let shifted = covariance + Scale(ridge) * Mat::<f64>::identity(dim, dim);
    let factors = shifted.llt(Side::Lower).unwrap();
    factors.solve(covariance).transpose().to_owned()
}

/// The linear network that is trained to the end on rows, with the ridge c: `D = A (x - m) + m`.
pub struct Linear {
    pub weight: Mat<f64>,
    pub mean: Col<f64>,
}

impl Linear {
    pub fn trained(rows: MatRef<'_, f64>, z: f64, ridge: f64) -> Self {
        let (mean, covariance) = moments(rows);
        Self {
            weight: filter(covariance.as_ref(), z + ridge),
            mean,
        }
    }

    pub fn denoised(&self, x: MatRef<'_, f64>) -> Mat<f64> {
        let centred = Mat::from_fn(x.nrows(), x.ncols(), |i, j| x[(i, j)] - self.mean[j]);
        let moved = centred * self.weight.transpose();
        Mat::from_fn(x.nrows(), x.ncols(), |i, j| moved[(i, j)] + self.mean[j])
    }
}
