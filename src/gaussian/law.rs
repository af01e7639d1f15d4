//! A Gaussian law in spectral form.

use faer::{Col, Mat, MatRef, Side};

/// The eigendecomposition of a symmetric matrix did not converge, because its numbers are not finite or too extreme.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error(
    "the eigenvalues of a {dim} x {dim} matrix could not be found: are all of its numbers finite?"
)]
pub struct EigenError {
    /// The size of the matrix.
    pub dim: usize,
}

/// Below this an eigenvalue of `dim` is rounding: `dim` times the precision of a double times the largest.
pub fn numerical_floor(largest: f64, dim: usize) -> f64 {
    largest * dim as f64 * f64::EPSILON
}

/// Eigenvalues (largest first) and eigenvectors (columns) of a symmetric matrix. Only its lower half is read.
pub fn symmetric_eigen(matrix: MatRef<'_, f64>) -> Result<(Vec<f64>, Mat<f64>), EigenError> {
    let dim = matrix.nrows();
    let eigen = matrix
        .self_adjoint_eigen(Side::Lower)
        .map_err(|_| EigenError { dim })?;
    let (values, vectors) = (eigen.S(), eigen.U());
    let values: Vec<f64> = (0..dim).rev().map(|i| values[i]).collect();
    if values.iter().any(|v| !v.is_finite()) {
        return Err(EigenError { dim });
    }
    let vectors = Mat::from_fn(dim, dim, |i, j| vectors[(i, dim - 1 - j)]);
    Ok((values, vectors))
}

/// The diagonal of a diagonal matrix whose entries descend and are not negative; `None` for any other matrix.
fn descending_diagonal(matrix: MatRef<'_, f64>) -> Option<Vec<f64>> {
    let dim = matrix.nrows();
    let zero = |i: usize| (0..dim).all(|j| i == j || matrix[(i, j)] == 0.0);
    let diagonal: Vec<f64> = (0..dim).map(|i| matrix[(i, i)]).collect();
    let descends = diagonal.windows(2).all(|pair| pair[0] >= pair[1]);
    let positive = diagonal.iter().all(|v| v.is_finite() && *v >= 0.0);
    (descends && positive && (0..dim).all(zero)).then_some(diagonal)
}

/// A Gaussian law `N(mean, V diag(variances) V')`.
///
/// It is stored by its eigenvectors V (columns) and variances (largest first if it was decomposed). So
/// log-determinants and inverses suffer as little rounding as possible.
///
/// ```
/// use lindiff::faer::{Col, mat};
/// use lindiff::gaussian::{Gaussian, kl};
///
/// let wide = Gaussian::from_covariance(Col::zeros(2), mat![[2.0, 1.0], [1.0, 2.0]].as_ref())?;
/// let narrow = Gaussian::from_covariance(Col::zeros(2), mat![[1.0, 0.0], [0.0, 1.0]].as_ref())?;
/// // (tr C - d - log det C)/2d, in nats per dimension: C has the variances 3 and 1.
/// let expected = (4.0 - 2.0 - 3f64.ln()) / 4.0;
/// assert!((kl(&wide, &narrow).true_sampled.value() - expected).abs() < 1e-12);
/// # Ok::<(), lindiff::gaussian::EigenError>(())
/// ```
#[derive(Debug, Clone)]
pub struct Gaussian {
    mean: Col<f64>,
    basis: Mat<f64>,
    variances: Vec<f64>,
    resolution: f64,
}

impl Gaussian {
    /// The law with a mean `[d]` and a covariance `[d, d]`.
    ///
    /// Variances are known to `d` times the machine epsilon of the largest. Below that they count as zero; see
    /// [`Gaussian::with_resolution`]. The variances of a diagonal covariance, largest first, are known to full
    /// precision.
    pub fn from_covariance(
        mean: Col<f64>,
        covariance: MatRef<'_, f64>,
    ) -> Result<Self, EigenError> {
        if let Some(variances) = descending_diagonal(covariance) {
            let dim = variances.len();
            return Ok(Self::from_spectral(
                mean,
                Mat::identity(dim, dim),
                variances,
            ));
        }
        let (variances, basis) = symmetric_eigen(covariance)?;
        let resolution = numerical_floor(1.0, variances.len());
        Ok(Self {
            mean,
            basis,
            variances,
            resolution,
        })
    }

    /// The law with the given eigenvectors (columns of an orthogonal `[d, d]`) and variances, known to full
    /// precision.
    pub fn from_spectral(mean: Col<f64>, basis: Mat<f64>, variances: Vec<f64>) -> Self {
        Self {
            mean,
            basis,
            variances,
            resolution: 0.0,
        }
    }

    /// The placeholder of a law whose numbers overflowed: every variance is infinite.
    pub fn not_finite(dim: usize) -> Self {
        let variances = vec![f64::INFINITY; dim];
        Self::from_spectral(Col::zeros(dim), Mat::identity(dim, dim), variances)
    }

    /// Whether all numbers are finite.
    pub fn is_finite(&self) -> bool {
        self.variances.iter().all(|v| v.is_finite()) && self.mean.iter().all(|m| m.is_finite())
    }

    /// Raises (never lowers) the relative floor below which a variance counts as zero.
    /// [`equations`](crate::equations) section 3 takes `(d eps)^2`, where eps is the precision of the weights that
    /// generated the law.
    pub fn with_resolution(mut self, resolution: f64) -> Self {
        self.resolution = self.resolution.max(resolution);
        self
    }

    /// The dimension d.
    pub fn dim(&self) -> usize {
        self.variances.len()
    }

    /// The mean.
    pub fn mean(&self) -> &Col<f64> {
        &self.mean
    }

    /// The eigenvectors, as columns `[d, d]`.
    pub fn basis(&self) -> MatRef<'_, f64> {
        self.basis.as_ref()
    }

    /// The variance along each eigenvector; variances below the floor are given as 0.
    pub fn variances(&self) -> Vec<f64> {
        let floor = self.floor();
        let zeroed = |v: f64| if v <= floor { 0.0 } else { v };
        self.variances.iter().map(|&v| zeroed(v)).collect()
    }

    /// The variance along eigenvector k as it was computed, even below the floor.
    pub fn variance(&self, k: usize) -> f64 {
        self.variances[k]
    }

    fn floor(&self) -> f64 {
        let largest = self.variances.iter().fold(0.0, |a: f64, &b| a.max(b));
        self.resolution * largest
    }

    /// The number of directions with a variance above zero.
    pub fn rank(&self) -> usize {
        self.variances().iter().filter(|&&v| v > 0.0).count()
    }

    /// The trace of the covariance.
    pub fn trace(&self) -> f64 {
        self.variances.iter().sum()
    }

    /// `V diag(variances) V'`, symmetric by construction.
    pub fn covariance(&self) -> Mat<f64> {
        spectral_matrix(self.basis.as_ref(), &self.variances)
    }
}

/// `V diag(values) V'`, made symmetric.
pub(crate) fn spectral_matrix(basis: MatRef<'_, f64>, values: &[f64]) -> Mat<f64> {
    let scaled = Mat::from_fn(basis.nrows(), basis.ncols(), |i, j| {
        basis[(i, j)] * values[j]
    });
    let product = scaled * basis.transpose();
    symmetrised(product.as_ref())
}

/// `(A + A')/2`.
pub(crate) fn symmetrised(matrix: MatRef<'_, f64>) -> Mat<f64> {
    Mat::from_fn(matrix.nrows(), matrix.ncols(), |i, j| {
        0.5 * (matrix[(i, j)] + matrix[(j, i)])
    })
}
