//! The optimum of a frozen objective: least squares on the draws.

use faer::{Col, Mat, MatRef};

use super::weights::{ClosedForm, Matrices, balanced};
use crate::config::{Mean, ModelConfig, ModelKind, Penalties, Target};
use crate::diffusion::{Schedule, TimeBasis};
use crate::gaussian::{EigenError, numerical_floor, spectral_matrix, symmetric_eigen};

/// The map W `[d, d]` and c `[d]`.
type Map = (Mat<f64>, Col<f64>);

/// The moments of the frozen draws of one step, with `y = (centred noised vector, 1)`, or without the 1 if no offset is
/// trained, and with the target f.
#[derive(Debug, Clone)]
pub struct FrozenMoments {
    /// The mean of `y y'`, `[p, p]`.
    pub inputs: Mat<f64>,
    /// The mean of `f y'`, `[d, p]`.
    pub cross: Mat<f64>,
}

/// Draws that were made once for each row and step.
pub trait FrozenSet {
    /// The data dimension d.
    fn dim(&self) -> usize;

    /// The steps of the draws.
    fn schedule(&self) -> &Schedule;

    /// Whether there is an offset to train: where the mean is fitted.
    fn mean(&self) -> Mean;

    /// Hands the moments of each step to `each`, in order; one step is in memory at a time.
    ///
    /// # Errors
    /// The first of `each`.
    fn visit(
        &self,
        target: Target,
        each: &mut dyn FnMut(usize, FrozenMoments) -> Result<(), EigenError>,
    ) -> Result<(), EigenError>;
}

/// The results of `each` for the moments of every step, in order.
fn by_step<R>(
    draws: &dyn FrozenSet,
    target: Target,
    mut each: impl FnMut(usize, FrozenMoments) -> Result<R, EigenError>,
) -> Result<Vec<R>, EigenError> {
    let mut made = Vec::with_capacity(draws.schedule().len());
    draws.visit(target, &mut |index, moments| {
        made.push(each(index, moments)?);
        Ok(())
    })?;
    Ok(made)
}

/// The optimum of a network on frozen draws, in f64, which descent from 0 approaches. Where the draws do not
/// determine it, it is the solution of least norm. Here `y = (sqrt(ab)(x - m) + r eps, 1)`, f is the target, `M =
/// mean of y y'` and `K = mean of f y'`; ridge and decay act on the weights alone:
///
/// ```text
/// per-step     (W, c) = K (M + gamma_t + decay)^+
/// time-basis   the same regression with phi_k(t) y for all k instead of y, and sums over t of M and K
/// two-layer    W = [K C^(-1/2)]_width C^(-1/2), C = M + gamma_t, of the deviations from the means if c is trained
/// ```
///
/// See [`equations`](crate::equations) section 6. The optimum of the frozen objective differs from that of the
/// averaged noise. Two layers follow Eckart and Young, in the metric of the inputs. The result is `None` for two
/// layers with decay: that is a penalty on singular values, which has no closed form here.
pub fn frozen_optimum(
    draws: &dyn FrozenSet,
    model: &ModelConfig,
    penalties: Penalties,
) -> Result<Option<ClosedForm>, EigenError> {
    let decay = penalties.decay;
    let ridge = |index: usize| penalties.at(draws.schedule().step(index).alpha_bar);
    let (matrices, offsets) = match model.kind {
        ModelKind::PerStep => full(by_step(draws, model.target, |index, moments| {
            let whole = moments.with_ridge(ridge(index) + decay).solve()?;
            Ok(parted(whole.as_ref()))
        })?),
        ModelKind::TimeBasis { basis } => {
            full(in_time_basis(draws, model.target, basis, penalties)?)
        }
        ModelKind::TwoLayer { .. } if decay > 0.0 => return Ok(None),
        ModelKind::TwoLayer { width } => {
            let maps = by_step(draws, model.target, |index, moments| {
                moments.through_width(ridge(index), draws.mean(), width)
            })?;
            let (layers, offsets): (Vec<_>, Vec<_>) = maps.into_iter().unzip();
            (Matrices::Layers(layers), offsets)
        }
    };
    Ok(Some(ClosedForm {
        matrices,
        offsets: draws.mean().is_fitted().then_some(offsets),
    }))
}

fn full(maps: Vec<Map>) -> (Matrices, Vec<Col<f64>>) {
    let (weights, offsets) = maps.into_iter().unzip();
    (Matrices::Full(weights), offsets)
}

/// W and c from `(W, c)` `[d, p]`; c is 0 if there is none.
fn parted(whole: MatRef<'_, f64>) -> Map {
    let dim = whole.nrows();
    let offset = if whole.ncols() > dim {
        whole.col(dim).to_owned()
    } else {
        Col::zeros(dim)
    };
    (whole.subcols(0, dim).to_owned(), offset)
}

/// The coefficients of every function of the basis, by one regression on the inputs of all steps.
fn in_time_basis(
    draws: &dyn FrozenSet,
    target: Target,
    basis: usize,
    penalties: Penalties,
) -> Result<Vec<Map>, EigenError> {
    let (dim, schedule) = (draws.dim(), draws.schedule());
    let size = dim + draws.mean().degrees();
    let phi = TimeBasis::new(basis, schedule.log_snr_range()).at(schedule);
    let mut sums = FrozenMoments {
        inputs: Mat::zeros(basis * size, basis * size),
        cross: Mat::zeros(dim, basis * size),
    };
    draws.visit(target, &mut |index, moments| {
        let phi = &phi[index];
        let ridge = penalties.at(schedule.step(index).alpha_bar);
        let FrozenMoments { inputs, cross } = moments.with_ridge(ridge);
        sums.inputs += Mat::from_fn(basis * size, basis * size, |i, j| {
            phi[i / size] * phi[j / size] * inputs[(i % size, j % size)]
        });
        sums.cross += Mat::from_fn(dim, basis * size, |i, j| {
            phi[j / size] * cross[(i, j % size)]
        });
        Ok(())
    })?;
    for i in (0..basis * size).filter(|i| i % size < dim) {
        sums.inputs[(i, i)] += penalties.decay;
    }
    let whole = sums.solve()?;
    let function = |k: usize| parted(whole.subcols(k * size, size));
    Ok((0..basis).map(function).collect())
}

impl FrozenMoments {
    /// Adds a ridge on the weights, but not on the offset.
    fn with_ridge(mut self, ridge: f64) -> Self {
        for i in 0..self.cross.nrows() {
            self.inputs[(i, i)] += ridge;
        }
        self
    }

    /// `K M^+`
    fn solve(self) -> Result<Mat<f64>, EigenError> {
        Ok(self.cross * inverse_power(self.inputs.as_ref(), 1.0)?)
    }

    /// The best two layers through `width` hidden units, balanced, and the offset.
    fn through_width(
        self,
        ridge: f64,
        mean: Mean,
        width: usize,
    ) -> Result<([Mat<f64>; 2], Col<f64>), EigenError> {
        let dim = self.cross.nrows();
        let mut inputs = self.inputs.submatrix(0, 0, dim, dim).to_owned();
        let mut cross = self.cross.subcols(0, dim).to_owned();
        let means = mean.is_fitted().then(|| {
            let input = self.inputs.col(dim).subrows(0, dim).to_owned();
            (input, self.cross.col(dim).to_owned())
        });
        if let Some((input, output)) = &means {
            inputs -= input * input.transpose();
            cross -= output * input.transpose();
        }
        (0..dim).for_each(|i| inputs[(i, i)] += ridge);
        let root = inverse_power(inputs.as_ref(), 0.5)?;
        let whitened = &cross * &root;
        // The best approximation of that rank is the part along the left singular vectors of the largest singular
        // values.
        let (gains, left) = symmetric_eigen((&whitened * whitened.transpose()).as_ref())?;
        let rank = gains.iter().take(width).filter(|g| **g > 0.0).count();
        let left = left.subcols(0, rank);
        let weight = left * (left.transpose() * (whitened * root));
        let offset = match means {
            Some((input, output)) => output - &weight * input,
            None => Col::zeros(dim),
        };
        Ok((layers(weight.as_ref(), width)?, offset))
    }
}

/// `C^(-power)` in the determined directions, 0 in the others.
fn inverse_power(matrix: MatRef<'_, f64>, power: f64) -> Result<Mat<f64>, EigenError> {
    let (values, vectors) = symmetric_eigen(matrix)?;
    let floor = numerical_floor(values[0], values.len());
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

/// Balanced layers whose product is W, of a rank of at most `width`.
fn layers(weight: MatRef<'_, f64>, width: usize) -> Result<[Mat<f64>; 2], EigenError> {
    let dim = weight.nrows();
    let svd = weight.thin_svd().map_err(|_| EigenError { dim })?;
    let kept = width.min(dim);
    let singular: Vec<f64> = svd.S().column_vector().iter().take(kept).copied().collect();
    let (u, v) = (svd.U().subcols(0, kept), svd.V().subcols(0, kept));
    Ok(balanced(u, &singular, v, width))
}
