//! Closed forms: the optimum of the exact objective as a network.

use faer::{Col, Mat, MatRef};

use crate::config::{Mean, ModelConfig, ModelKind, Precision};
use crate::denoiser::ModelOptimum;
use crate::diffusion::{Schedule, TimeBasis};
use crate::gaussian::spectral_matrix;
use crate::score::{Numbers, Parameters, Snapshot};

/// The optimum of the exact objective as a network in f64: `V diag(f) V'` at each step (or function of the basis).
/// Two layers are balanced: `B = V diag(f/sqrt|f|)` and `A = diag(sqrt|f|) V'`, for the largest `|f|`.
pub fn exact_optimum(optimum: &ModelOptimum, schedule: &Schedule, mean: Mean) -> Snapshot {
    let law = optimum.law();
    let (basis, dim) = (law.basis(), law.dim());
    let coefficients = optimum.coefficients();
    let full = |kind: ModelKind| {
        let matrices = coefficients
            .iter()
            .map(|along| spectral_matrix(basis, along));
        Matrices::Full(kind, matrices.collect())
    };
    let matrices = match optimum.model().kind {
        ModelKind::TwoLayer { width } => {
            let layers = |along: &Vec<f64>| {
                let mut order: Vec<usize> = (0..dim).collect();
                order.sort_by(|&i, &j| along[j].abs().total_cmp(&along[i].abs()));
                order.truncate(width);
                let singular = order.iter().map(|&k| along[k].abs());
                let left = Mat::from_fn(dim, order.len(), |i, j| {
                    basis[(i, order[j])] * along[order[j]].signum()
                });
                let right = Mat::from_fn(dim, order.len(), |i, j| basis[(i, order[j])]);
                balanced(
                    left.as_ref(),
                    &singular.collect::<Vec<_>>(),
                    right.as_ref(),
                    width,
                )
            };
            Matrices::Layers(coefficients.iter().map(layers).collect())
        }
        kind => full(kind),
    };
    // Centred on the training mean the optimum has the offset 0.
    let offsets = mean
        .is_fitted()
        .then(|| vec![Col::zeros(dim); coefficients.len()]);
    matrices.snapshot(optimum.model(), offsets, schedule, law.mean())
}

/// `A = diag(sqrt s) V'` `[width, d]` and `B = U diag(sqrt s)` `[d, width]`, filled with zeros if the width is
/// larger.
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

/// The weights of a network in closed form.
pub(super) enum Matrices {
    /// One matrix for each step, or for each function of the basis.
    Full(ModelKind, Vec<Mat<f64>>),
    /// A and B of each step.
    Layers(Vec<[Mat<f64>; 2]>),
}

impl Matrices {
    pub(super) fn snapshot(
        self,
        model: &ModelConfig,
        offsets: Option<Vec<Col<f64>>>,
        schedule: &Schedule,
        mean: &Col<f64>,
    ) -> Snapshot {
        let dim = mean.nrows();
        let vectors = |vectors: Vec<Col<f64>>| {
            let shape = [vectors.len(), dim];
            let values = vectors.iter().flat_map(|c| c.iter().copied());
            Numbers::rounded(Precision::F64, &shape, values.collect::<Vec<_>>())
        };
        let bias = || vectors(vec![Col::zeros(dim); schedule.len()]);
        let parameters = match self {
            Matrices::Full(ModelKind::TimeBasis { basis }, weights) => {
                let none = || vec![Col::zeros(dim); basis];
                Parameters::TimeBasis {
                    basis: TimeBasis::new(basis, schedule.log_snr_range()),
                    weight: by_rows(&weights),
                    offset: vectors(offsets.unwrap_or_else(none)),
                    mean: None,
                }
            }
            Matrices::Full(_, weights) => Parameters::PerStep {
                weight: by_rows(&weights),
                diagonal: None,
                bias: bias(),
                offset: offsets.map(vectors),
            },
            Matrices::Layers(layers) => {
                let (down, up): (Vec<_>, Vec<_>) = layers.into_iter().map(|[a, b]| (a, b)).unzip();
                Parameters::TwoLayer {
                    down: by_rows(&down),
                    up: by_rows(&up),
                    bias: bias(),
                    offset: offsets.map(vectors),
                }
            }
        };
        let target = model.target;
        Snapshot { target, parameters }.with_biases(schedule, mean)
    }
}

/// Matrices of one shape as a tensor, row by row.
fn by_rows(matrices: &[Mat<f64>]) -> Numbers {
    let (rows, columns) = matrices[0].shape();
    let shape = [matrices.len(), rows, columns];
    let values = matrices
        .iter()
        .flat_map(|matrix| (0..rows * columns).map(move |k| matrix[(k / columns, k % columns)]));
    Numbers::rounded(Precision::F64, &shape, values)
}
