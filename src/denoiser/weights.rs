//! The weights of a network in closed form.

use faer::{Col, Mat, MatRef};

/// The matrices of a network, in f64.
#[derive(Debug, Clone)]
pub enum Matrices {
    /// One matrix `[d, d]` a step, or a function of the basis.
    Full(Vec<Mat<f64>>),
    /// A `[width, d]` and B `[d, width]` of each step, `W = B A`.
    Layers(Vec<[Mat<f64>; 2]>),
}

/// The weights of a network whose optimum is known in closed form.
#[derive(Debug, Clone)]
pub struct ClosedForm {
    /// The matrices.
    pub matrices: Matrices,
    /// The offset `[d]` of each step, or function of the basis; `None` where the mean is known.
    pub offsets: Option<Vec<Col<f64>>>,
}

/// `A = diag(sqrt s) V'` `[width, d]` and `B = U diag(sqrt s)` `[d, width]`, filled with zeros if the width is larger.
pub(super) fn balanced(
    left: MatRef<'_, f64>,
    singular: &[f64],
    right: MatRef<'_, f64>,
    width: usize,
) -> [Mat<f64>; 2] {
    let dim = left.nrows();
    let number = |matrix: MatRef<'_, f64>, i: usize, k: usize| match singular.get(k) {
        Some(s) => matrix[(i, k)] * s.sqrt(),
        None => 0.0,
    };
    [
        Mat::from_fn(width, dim, |k, j| number(right, j, k)),
        Mat::from_fn(dim, width, |i, k| number(left, i, k)),
    ]
}
