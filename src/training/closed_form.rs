//! Networks in closed form: the optimum of the exact objective as a network, and that of a frozen objective.

use faer::{Col, Mat, MatRef};

use super::moments::{FrozenMoments, frozen_moments};
use crate::config::{ModelConfig, ModelKind, Precision, TrainingConfig};
use crate::data::Rows;
use crate::diffusion::{Schedule, TimeBasis};
use crate::gaussian::{EigenError, ModelOptimum, spectral_matrix, symmetric_eigen};
use crate::score::{Numbers, Parameters, Snapshot};

/// Directions whose share of the largest second moment is below this times p are not determined by the draws.
const RANK_TOLERANCE: f64 = f64::EPSILON;

/// The optimum of the exact objective as a network in f64, `V diag(f) V'` at each step (or function of the basis); two
/// layers are balanced, `B = V diag(f/sqrt|f|)` and `A = diag(sqrt|f|) V'` of the largest `|f|`.
pub fn exact_optimum(optimum: &ModelOptimum, schedule: &Schedule, fitted: bool) -> Snapshot {
    let law = optimum.law();
    let (basis, dim) = (law.basis(), law.dim());
    let numbers = optimum.numbers();
    let full = |kind: ModelKind| {
        let matrices = numbers.iter().map(|along| spectral_matrix(basis, along));
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
            Matrices::Layers(numbers.iter().map(layers).collect())
        }
        kind => full(kind),
    };
    // Centred on the training mean the optimum has the offset 0.
    let offsets = fitted.then(|| vec![Col::zeros(dim); numbers.len()]);
    matrices.snapshot(optimum.model(), offsets, schedule, law.mean())
}

/// `A = diag(sqrt s) V'` `[width, d]` and `B = U diag(sqrt s)` `[d, width]`, with zeros where the width is larger.
fn balanced(
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
enum Matrices {
    /// One matrix a step, or a function of the basis.
    Full(ModelKind, Vec<Mat<f64>>),
    /// A and B of each step.
    Layers(Vec<[Mat<f64>; 2]>),
}

impl Matrices {
    fn snapshot(
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

/// Which draws are frozen.
pub struct FrozenDraws<'a> {
    /// `[N, d]`
    pub centred_rows: &'a Rows,
    pub seed: u64,
    pub draws: usize,
    /// Whether there is an offset to train.
    pub fitted: bool,
}

/// The optimum of a network on frozen draws, in f64, as descent from 0 ends in it: where the draws do not determine it,
/// the solution of least norm. With `y = (sqrt(ab)(x - m) + r eps, 1)`, f the target, `M = mean of y y'`,
/// `K = mean of f y'`, and the ridge and the decay on weights alone:
///
/// ```text
/// per-step     (W, c) = K (M + gamma_t + decay)^+
/// time-basis   the same with phi_k(t) y for all k in the place of y, and sums over t of M and K
/// two-layer    W = [K C^(-1/2)]_width C^(-1/2), C = M + gamma_t, of the deviations from the means where c is trained
/// ```
///
/// (theory.md section 6; the optimum of the frozen objective is not that of the noise's mean. Two layers: Eckart and Young
/// in the metric of the inputs.) `None` for two layers that decay: a penalty on singular values, which has no closed form
/// here.
pub fn frozen_optimum(
    draws: &FrozenDraws<'_>,
    mean: &Col<f64>,
    schedule: &Schedule,
    model: &ModelConfig,
    training: &TrainingConfig,
) -> Result<Option<Snapshot>, EigenError> {
    let FrozenDraws {
        centred_rows,
        seed,
        draws,
        fitted,
    } = *draws;
    let decay = training.coupled_decay();
    if decay > 0.0 && matches!(model.kind, ModelKind::TwoLayer { .. }) {
        return Ok(None);
    }
    let dim = mean.nrows();
    let mut solved = Vec::with_capacity(schedule.len());
    let mut failed = None;
    let mut sums: Option<FrozenMoments> = None;
    let phi = match model.kind {
        ModelKind::TimeBasis { basis } => {
            TimeBasis::new(basis, schedule.log_snr_range()).at(schedule)
        }
        _ => Vec::new(),
    };
    let mut visit = |index: usize, moments: FrozenMoments| {
        let gamma = training.objective_ridge(&schedule.step(index));
        let solution = match model.kind {
            ModelKind::PerStep => solve(moments.with_ridge(gamma + decay))
                .map(|whole| Solution::of(whole.as_ref(), dim)),
            ModelKind::TwoLayer { width } => {
                reduced_rank(moments, gamma, fitted, width).map(|(layers, c)| Solution {
                    matrices: layers.to_vec(),
                    offset: c,
                })
            }
            ModelKind::TimeBasis { .. } => {
                let kronecker = moments.with_ridge(gamma).expanded(&phi[index]);
                match &mut sums {
                    None => sums = Some(kronecker),
                    Some(sums) => sums.add(&kronecker),
                }
                return;
            }
        };
        match solution {
            Ok(solution) => solved.push(solution),
            Err(error) => {
                failed.get_or_insert(error);
            }
        }
    };
    let target = model.target;
    frozen_moments(
        centred_rows,
        schedule,
        seed,
        draws,
        fitted,
        target,
        &mut visit,
    );
    if let Some(error) = failed {
        return Err(error);
    }
    if let Some(mut sums) = sums {
        let size = dim + usize::from(fitted);
        for i in (0..sums.inputs.nrows()).filter(|i| i % size < dim) {
            sums.inputs[(i, i)] += decay;
        }
        let whole = solve(sums)?;
        let function = |k: usize| Solution::of(whole.subcols(k * size, size), dim);
        solved = (0..phi[0].len()).map(function).collect();
    }
    let offsets = fitted.then(|| solved.iter().map(|s| s.offset.clone()).collect());
    let matrices = match model.kind {
        ModelKind::TwoLayer { .. } => Matrices::Layers(
            solved
                .into_iter()
                .map(|s| s.matrices.try_into().expect("two layers"))
                .collect(),
        ),
        kind => {
            let weights = solved.into_iter().map(|mut s| s.matrices.remove(0));
            Matrices::Full(kind, weights.collect())
        }
    };
    Ok(Some(matrices.snapshot(model, offsets, schedule, mean)))
}

/// Weights and offset of a step, or of a function of the basis.
struct Solution {
    matrices: Vec<Mat<f64>>,
    /// 0 where none is trained.
    offset: Col<f64>,
}

impl Solution {
    /// Of `(W, c)` `[d, p]`.
    fn of(whole: MatRef<'_, f64>, dim: usize) -> Self {
        let offset = match whole.ncols() > dim {
            true => whole.col(dim).to_owned(),
            false => Col::zeros(dim),
        };
        Self {
            matrices: vec![whole.subcols(0, dim).to_owned()],
            offset,
        }
    }
}

impl FrozenMoments {
    /// With a ridge on the weights, not on the offset.
    fn with_ridge(mut self, ridge: f64) -> Self {
        for i in 0..self.cross.nrows() {
            self.inputs[(i, i)] += ridge;
        }
        self
    }

    /// Of the inputs `phi_k y` for all k.
    fn expanded(&self, phi: &[f64]) -> Self {
        let (dim, size) = self.cross.shape();
        let all = phi.len() * size;
        Self {
            inputs: Mat::from_fn(all, all, |i, j| {
                phi[i / size] * phi[j / size] * self.inputs[(i % size, j % size)]
            }),
            cross: Mat::from_fn(dim, all, |i, j| phi[j / size] * self.cross[(i, j % size)]),
        }
    }

    fn add(&mut self, other: &Self) {
        self.inputs += &other.inputs;
        self.cross += &other.cross;
    }
}

/// `K M^+`
fn solve(FrozenMoments { inputs, cross }: FrozenMoments) -> Result<Mat<f64>, EigenError> {
    Ok(cross * inverse_power(inputs.as_ref(), 1.0)?)
}

/// `C^(-power)` on the directions that are determined, 0 on the others.
fn inverse_power(matrix: MatRef<'_, f64>, power: f64) -> Result<Mat<f64>, EigenError> {
    let (values, vectors) = symmetric_eigen(matrix)?;
    let floor = values[0] * RANK_TOLERANCE * values.len() as f64;
    let inverse = |value: &f64| {
        if *value > floor {
            value.powf(-power)
        } else {
            0.0
        }
    };
    let values: Vec<f64> = values.iter().map(inverse).collect();
    Ok(spectral_matrix(vectors.as_ref(), &values))
}

/// The best two layers through `width` hidden units, balanced, and the offset.
fn reduced_rank(
    moments: FrozenMoments,
    ridge: f64,
    fitted: bool,
    width: usize,
) -> Result<([Mat<f64>; 2], Col<f64>), EigenError> {
    let dim = moments.cross.nrows();
    let mut inputs = moments.inputs.submatrix(0, 0, dim, dim).to_owned();
    let mut cross = moments.cross.subcols(0, dim).to_owned();
    let means = fitted.then(|| {
        let input = moments.inputs.col(dim).subrows(0, dim).to_owned();
        (input, moments.cross.col(dim).to_owned())
    });
    if let Some((input, output)) = &means {
        inputs -= input * input.transpose();
        cross -= output * input.transpose();
    }
    (0..dim).for_each(|i| inputs[(i, i)] += ridge);
    let root = inverse_power(inputs.as_ref(), 0.5)?;
    let whitened = &cross * &root;
    // Of the best approximation U S V' of `K C^(-1/2)`: W = U S (C^(-1/2) V)', balanced again.
    let (gains, left) = symmetric_eigen((&whitened * whitened.transpose()).as_ref())?;
    let rank = gains.iter().take(width).filter(|g| **g > 0.0).count();
    let left = left.subcols(0, rank);
    let weight = left * (left.transpose() * (whitened * root));
    let layers = layers(weight.as_ref(), width)?;
    let offset = match means {
        Some((input, output)) => output - &weight * input,
        None => Col::zeros(dim),
    };
    Ok((layers, offset))
}

/// Balanced layers whose product is W, of a rank of at most `width`.
fn layers(weight: MatRef<'_, f64>, width: usize) -> Result<[Mat<f64>; 2], EigenError> {
    let svd = weight.thin_svd().map_err(|_| EigenError {
        dim: weight.nrows(),
    })?;
    let kept = width.min(weight.nrows());
    let singular: Vec<f64> = svd.S().column_vector().iter().take(kept).copied().collect();
    let (u, v) = (svd.U().subcols(0, kept), svd.V().subcols(0, kept));
    Ok(balanced(u, &singular, v, width))
}
