//! The exact law that a reverse process generates.

use faer::linalg::matmul::matmul;
use faer::reborrow::ReborrowMut;
use faer::{Accum, Col, Mat, MatMut, MatRef, Par, Side};

use super::StepRule;
use super::exact::{
    AffineStep, add_to_diagonal, affine_steps, last_variances, mean_along, step_groups,
};
use crate::denoiser::{Denoiser, InEigenbasis};
use crate::gaussian::{EigenError, Gaussian};
use crate::parallel;

/// Below this fraction of the largest variance the covariance recursion has lost most digits.
const TOLD_APART: f64 = 1e-7;
/// Number of steps between two checks of the condition, and the share of the largest variance that all must exceed.
const LOOK: usize = 32;
const WELL_APART: f64 = 1e-4;

/// The exact law that the sampler generates from `N(0, I)`, for any denoiser:
/// `m <- A m + a`, `C <- A C A' + sigma^2 I`, two products a step.
///
/// A covariance knows its variances to d eps of the largest (eps of f64). If some variances are smaller than that,
/// the last steps are walked once more for a square root of the covariance, which knows them to `(d eps)^2`.
///
/// A denoiser [in its eigenbasis](Denoiser::in_eigenbasis) needs no product: a scalar recursion for each direction
/// gives the same law.
///
/// A recursion that overflows, as with diverging weights, gives [`Gaussian::not_finite`]. Variances below `(d eps)^2`
/// of the largest count as zero ([`equations`](crate::equations) section 3); eps is the relative
/// [precision of the weights](Denoiser::weight_epsilon). The largest is that of the sampled law or that before the last
/// step, whichever is larger, because the numbers that cancel in the last step have this size.
pub fn law<D: Denoiser + ?Sized>(rules: &[StepRule], denoiser: &D) -> Result<Gaussian, EigenError> {
    let weight_epsilon = denoiser.weight_epsilon();
    if let Some(denoiser) = denoiser.in_eigenbasis() {
        return Ok(law_along(rules, &denoiser, weight_epsilon));
    }
    let dim = denoiser.dim();
    let mut walk = Walk::new(rules.len(), dim);
    parallel::on_a_thread(|| {
        for steps in step_groups(rules.len(), dim) {
            for step in affine_steps(rules, denoiser, steps) {
                walk.take(&step);
            }
        }
    });
    if !walk.mean.is_all_finite() || !walk.covariance.is_all_finite() {
        return Ok(Gaussian::not_finite(dim));
    }
    let law = Gaussian::from_covariance(walk.mean.clone(), walk.covariance.as_ref())?;
    let variances = (0..dim).map(|k| law.variance(k));
    let (least, largest) = variances.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| {
        (low.min(v), high.max(v))
    });
    let law = if least < TOLD_APART * largest {
        walk.by_square_roots(rules, denoiser)?
    } else {
        law
    };
    Ok(told_apart(law, rules, walk.before, weight_epsilon))
}

/// The law with its smallest variances counted as zero. The last step began from the variance `before`.
fn told_apart(law: Gaussian, rules: &[StepRule], before: f64, weight_epsilon: f64) -> Gaussian {
    let resolution = (law.dim() as f64 * weight_epsilon).powi(2);
    let largest = (0..law.dim()).map(|k| law.variance(k)).fold(0.0, f64::max);
    let cancelled = rules[0].point.powi(2) * before;
    if largest > 0.0 {
        law.with_resolution(resolution * (cancelled / largest).max(1.0))
    } else {
        law
    }
}

/// The state of a recursion of mean and covariance.
struct Walk {
    mean: Col<f64>,
    covariance: Mat<f64>,
    /// Space for the next covariance.
    next: Mat<f64>,
    /// The largest variance of a component before the latest step.
    before: f64,
    /// The number of steps still to take.
    left: usize,
    /// The last well-conditioned point: the number of steps left there, and a Cholesky factor of the covariance.
    well_apart: (usize, Mat<f64>),
}

impl Walk {
    fn new(steps: usize, dim: usize) -> Self {
        let identity = Mat::<f64>::identity(dim, dim);
        Self {
            mean: Col::zeros(dim),
            covariance: identity.clone(),
            next: Mat::zeros(dim, dim),
            before: 1.0,
            left: steps,
            well_apart: (steps, identity),
        }
    }

    fn take(&mut self, step: &AffineStep) {
        self.before = largest_of_diagonal(&self.covariance);
        self.mean = &step.matrix * &self.mean + &step.shift;
        let next = self.next.as_mut();
        congruence(step.matrix.as_ref(), self.covariance.as_ref(), next);
        add_to_diagonal(&mut self.next, step.sigma * step.sigma);
        std::mem::swap(&mut self.covariance, &mut self.next);
        self.left -= 1;
        // Once lost, the condition does not come back: the noise only decreases.
        let was_well = self.well_apart.0 <= self.left + LOOK;
        if self.left.is_multiple_of(LOOK) && was_well {
            self.look();
        }
    }

    fn look(&mut self) {
        let Ok(root) = self.covariance.llt(Side::Lower) else {
            return;
        };
        let pivots = root.L().diagonal().column_vector().iter();
        let least = pivots.fold(f64::INFINITY, |least: f64, p| least.min(p * p));
        if least > WELL_APART * largest_of_diagonal(&self.covariance) {
            self.well_apart = (self.left, root.L().to_owned());
        }
    }

    /// Walks the last steps with a factor F, `C = F F'`: `F <- A F`, and with noise `F F' <- F F' + sigma^2 I`, by a
    /// QR decomposition of F' stacked on sigma I.
    fn by_square_roots<D: Denoiser + ?Sized>(
        &self,
        rules: &[StepRule],
        denoiser: &D,
    ) -> Result<Gaussian, EigenError> {
        let dim = denoiser.dim();
        let (left, mut factor) = self.well_apart.clone();
        for steps in step_groups(left, dim) {
            for AffineStep { matrix, sigma, .. } in affine_steps(rules, denoiser, steps) {
                factor = matrix * factor;
                if sigma > 0.0 {
                    let stacked = Mat::from_fn(2 * dim, dim, |i, j| match i < dim {
                        true => factor[(j, i)],
                        false if i - dim == j => sigma,
                        false => 0.0,
                    });
                    factor = stacked.qr().thin_R().transpose().to_owned();
                }
            }
        }
        let svd = factor.thin_svd().map_err(|_| EigenError { dim })?;
        let deviations = svd.S().column_vector();
        let variances = deviations.iter().map(|s| s * s).collect();
        let mean = self.mean.clone();
        Ok(Gaussian::from_spectral(mean, svd.U().to_owned(), variances))
    }
}

fn largest_of_diagonal(matrix: &Mat<f64>) -> f64 {
    let diagonal = matrix.diagonal().column_vector();
    diagonal.iter().copied().fold(0.0, f64::max)
}

/// The number of columns of a covariance that are computed together.
const PANEL_COLUMNS: usize = 32;

/// `out = A C A'` of a symmetric C, symmetric to the last bit. Column by column it is `A (C a)`, with a the rows of
/// A, below the diagonal only. Each thread takes panels of columns.
fn congruence(matrix: MatRef<'_, f64>, covariance: MatRef<'_, f64>, mut out: MatMut<'_, f64>) {
    let dim = matrix.nrows();
    let fill = |index: usize, panel: MatMut<'_, f64>| {
        let first = index * PANEL_COLUMNS;
        let rows = matrix.subrows(first, panel.ncols());
        let mut product = Mat::zeros(dim, panel.ncols());
        let replace = Accum::Replace;
        matmul(
            &mut product,
            replace,
            covariance,
            rows.transpose(),
            1.0,
            Par::Seq,
        );
        let below = panel.subrows_mut(first, dim - first);
        let rows = matrix.subrows(first, dim - first);
        matmul(below, replace, rows, &product, 1.0, Par::Seq);
    };
    parallel::for_each_panel(out.rb_mut(), PANEL_COLUMNS, fill);
    for j in 1..dim {
        for i in 0..j {
            out[(i, j)] = out[(j, i)];
        }
    }
}

/// The law of what a denoiser in its eigenbasis generates: a scalar recursion for each direction.
fn law_along(rules: &[StepRule], denoiser: &InEigenbasis<'_>, weight_epsilon: f64) -> Gaussian {
    let InEigenbasis {
        law,
        signal_scales,
        weights,
    } = denoiser;
    let dim = law.dim();
    let (before, variances): (Vec<f64>, Vec<f64>) = (0..dim)
        .map(|k| last_variances(rules, |index| weights[index][k]))
        .unzip();
    let before = before.into_iter().fold(0.0, f64::max);
    // The denoiser is W (x - sqrt(ab) m): the generated law is the response of the mean plus a centred part.
    let response: Vec<f64> = (0..dim)
        .map(|k| {
            mean_along(rules, |index| {
                let weight = weights[index][k];
                (weight, -signal_scales[index] * weight)
            })
        })
        .collect();
    let along = law.basis().transpose() * law.mean();
    let moved = Col::from_fn(dim, |k| response[k] * along[k]);
    let mean = law.basis() * moved;
    let sampled = Gaussian::from_spectral(mean, law.basis().to_owned(), variances);
    told_apart(sampled, rules, before, weight_epsilon)
}
