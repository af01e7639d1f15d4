//! Value and gradient of the exact objective in one pass over the weights.

use faer::linalg::matmul::matmul;
use faer::{Accum, Mat, Par};

use super::panels::{Panel, accumulate, matrix, matrix_mut, panels, sum};
use super::terms::StepTerms;
use crate::score::Real;

/// The covariance of the training set `[d, d]`, in the form that products need.
pub(super) enum Product<E> {
    Full(Mat<E>),
    /// The centred rows over `sqrt(N)`, `[N, d]`, for `N < d/2`: `W S = (W X') X`, two thin products.
    Thin(Mat<E>),
    /// Its eigenvalues `[d]`: the weights are diagonal too.
    Diagonal(Vec<E>),
}

impl<E: Real> Product<E> {
    fn dim(&self) -> usize {
        match self {
            Product::Full(matrix) | Product::Thin(matrix) => matrix.ncols(),
            Product::Diagonal(eigenvalues) => eigenvalues.len(),
        }
    }

    /// `out = scale W Sigma_N` for some rows of a weight.
    fn multiply(&self, weight: &[E], out: &mut [E], scale: f64) {
        let (dim, scale, replace) = (self.dim(), E::rounded(scale), Accum::Replace);
        match self {
            Product::Full(covariance) => {
                let out = matrix_mut(out, dim);
                matmul(
                    out,
                    replace,
                    matrix(weight, dim),
                    covariance,
                    scale,
                    Par::Seq,
                );
            }
            Product::Thin(rows) => {
                let weight = matrix(weight, dim);
                let mut along = Mat::zeros(weight.nrows(), rows.nrows());
                matmul(
                    &mut along,
                    replace,
                    weight,
                    rows.transpose(),
                    E::rounded(1.0),
                    Par::Seq,
                );
                matmul(matrix_mut(out, dim), replace, &along, rows, scale, Par::Seq);
            }
            Product::Diagonal(eigenvalues) => {
                for ((out, w), eigenvalue) in out.iter_mut().zip(weight).zip(eigenvalues) {
                    *out = scale * *w * *eigenvalue;
                }
            }
        }
    }

    /// The positions of the weight's diagonal in a panel.
    fn diagonal(&self, panel: &Panel<'_, E>) -> impl Iterator<Item = usize> + use<E> {
        let dim = self.dim();
        let (first, step, count) = match self {
            Product::Diagonal(_) => (0, 1, dim),
            _ => (panel.first_row, dim + 1, panel.weight.len() / dim),
        };
        (0..count).map(move |i| first + i * step)
    }
}

/// The exact objective over some steps, and its gradient, for weights `[T, d, d]`, or diagonal ones `[T, 1, d]`:
///
/// ```text
/// P = ab W Sigma_N + (1 - ab + gamma) W,     M = p r I + q a Sigma_N
/// sum_t <W, P> - 2 <W, M> + p^2 d + q^2 tr Sigma_N,     2 P - 2 M
/// ```
///
/// `covariance` is Sigma_N row by row, or its diagonal if the weights are diagonal.
pub(super) fn exact<E: Real>(
    product: &Product<E>,
    covariance: &[E],
    trace: f64,
    terms: &[StepTerms],
    weight: &[E],
    gradient: &mut [E],
) -> f64 {
    let dim = product.dim();
    let rows = weight.len() / (terms.len() * dim);
    let panels = panels(weight, gradient, rows, dim);
    let value = sum(panels, rows * dim, |panel| {
        let StepTerms { step, parts, ridge } = terms[panel.step];
        let diagonal = product.diagonal(&panel);
        let Panel {
            first_row,
            weight,
            gradient,
            ..
        } = panel;
        product.multiply(weight, gradient, step.alpha_bar);
        let rest = E::rounded(step.noise_variance + ridge);
        let rows = weight.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim));
        let quadratic: f64 = rows.map(|(w, g)| complete(w, g, rest)).sum();
        let of_noise = parts.noise * step.noise_scale();
        let mut along = 0.0;
        for i in diagonal {
            along += weight[i].widened();
            gradient[i] -= E::rounded(2.0 * of_noise);
        }
        let of_data = parts.data * step.signal_scale();
        let cross = match of_data {
            0.0 => 0.0,
            _ => {
                let covariance = &covariance[first_row * dim..][..weight.len()];
                subtract(covariance, E::rounded(2.0 * of_data), weight, gradient)
            }
        };
        quadratic - 2.0 * of_noise * along - 2.0 * of_data * cross
    });
    let constant =
        |t: &StepTerms| t.parts.noise.powi(2) * dim as f64 + t.parts.data.powi(2) * trace;
    value + terms.iter().map(constant).sum::<f64>()
}

/// Subtracts `factor Sigma_N` from some rows of a gradient, and returns `<W, Sigma_N>` for these rows.
fn subtract<E: Real>(covariance: &[E], factor: E, weight: &[E], gradient: &mut [E]) -> f64 {
    for (g, c) in gradient.iter_mut().zip(covariance) {
        *g -= factor * *c;
    }
    let rows = weight.chunks(1024).zip(covariance.chunks(1024));
    let inner = |(w, c): (&[E], &[E])| w.iter().zip(c).map(|(w, c)| *w * *c).sum::<E>().widened();
    rows.map(inner).sum()
}

/// Turns `ab W Sigma_N` into `2 P = 2 (ab W Sigma_N + rest W)`, and returns `<W, P>`.
fn complete<E: Real>(weight: &[E], product: &mut [E], rest: E) -> f64 {
    accumulate(weight, product, |w, p| {
        let whole = *p + rest * w;
        *p = whole + whole;
        w * whole
    })
}

/// The offsets `[T, d]` of a block: they add `|| c ||^2`, with the gradient 2 c.
pub(super) fn exact_offset<E: Real>(offset: &[E], gradient: &mut [E]) -> f64 {
    accumulate(offset, gradient, |c, g| {
        *g = c + c;
        c * c
    })
}
