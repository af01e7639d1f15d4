//! Value and gradient of the objective over drawn noise, computed while rows and weights are in a core's cache.

use std::ops::Range;

use faer::linalg::matmul::matmul;
use faer::{Accum, Par};

use super::panels::{Panel, accumulate, matrix, matrix_mut, panel_rows, panels, sum};
use super::terms::StepTerms;
use crate::score::Real;
use crate::training::noise::NoisedRows;

/// The number of noised vectors that are multiplied with a panel at once.
const VECTORS: usize = 512;
/// The number of noise values that are drawn at once.
const NOISE_NUMBERS: usize = 1 << 21;

/// Some of the offsets `[T, d]`, with the memory for their gradient.
type Offsets<'a, E> = Option<(&'a [E], &'a mut [E])>;

/// `1/n sum || p eps + q x - W y - c ||^2 + gamma || W ||^2` for some steps, and its gradient. With the errors e it
/// is `-2/n sum e y' + 2 gamma W` and `-2/n sum e`.
pub(super) fn drawn<E: Real>(
    rows: &mut NoisedRows<'_>,
    terms: &[StepTerms],
    weight: &[E],
    gradient: &mut [E],
    mut offsets: Offsets<'_, E>,
) -> f64 {
    let dim = rows.dim();
    let mut value = ridges(terms, weight, gradient, dim);
    if let Some((_, gradient)) = &mut offsets {
        gradient.fill(E::rounded(0.0));
    }
    let part = (VECTORS / rows.draws()).max(1);
    let group = (NOISE_NUMBERS / (part * rows.draws() * dim)).max(1);
    let mut noise = Vec::new();
    for first in (0..terms.len()).step_by(group) {
        let steps = first..(first + group).min(terms.len());
        let numbers = |per_step: usize| steps.start * per_step..steps.end * per_step;
        for start in (0..rows.rows()).step_by(part) {
            let chosen = start..(start + part).min(rows.rows());
            rows.draw(steps.len(), chosen.clone(), &mut noise);
            let batch = Batch {
                rows,
                chosen,
                terms: &terms[steps.clone()],
                noise: &noise,
            };
            let of_weights = numbers(dim * dim);
            let panels = panels(
                &weight[of_weights.clone()],
                &mut gradient[of_weights],
                dim,
                dim,
            );
            let offsets = offsets
                .as_mut()
                .map(|(c, gradient)| (&c[numbers(dim)], &mut gradient[numbers(dim)]));
            let panels = panels
                .into_iter()
                .zip(in_panels(offsets, dim, steps.len()))
                .collect();
            value += sum(panels, dim * dim, |(panel, offsets)| {
                batch.meet(panel, offsets)
            });
        }
    }
    value
}

/// `sum gamma || W ||^2`. Its gradient is written where the other terms are added.
fn ridges<E: Real>(terms: &[StepTerms], weight: &[E], gradient: &mut [E], dim: usize) -> f64 {
    sum(panels(weight, gradient, dim, dim), dim * dim, |panel| {
        let twice = E::rounded(2.0 * terms[panel.step].ridge);
        accumulate(panel.weight, panel.gradient, |w, g| {
            *g = twice * w;
            w * *g
        }) / 2.0
    })
}

/// The offsets of each panel.
fn in_panels<E>(offsets: Offsets<'_, E>, dim: usize, steps: usize) -> Vec<Offsets<'_, E>> {
    let panel = panel_rows(dim);
    match offsets {
        None => (0..steps * dim.div_ceil(panel)).map(|_| None).collect(),
        Some((offset, gradient)) => {
            let steps = offset.chunks_exact(dim).zip(gradient.chunks_exact_mut(dim));
            let panels = steps.flat_map(|(c, g)| c.chunks(panel).zip(g.chunks_mut(panel)));
            panels.map(Some).collect()
        }
    }
}

/// Some rows with their noise for some steps.
struct Batch<'a, 'b, E> {
    rows: &'a NoisedRows<'b>,
    chosen: Range<usize>,
    terms: &'a [StepTerms],
    /// The noise, `[rows, steps, draws, d]`
    noise: &'a [E],
}

impl<E: Real> Batch<'_, '_, E> {
    /// Adds to the gradients of a panel, and returns its part of the value.
    fn meet(&self, panel: Panel<'_, E>, offsets: Offsets<'_, E>) -> f64 {
        let dim = self.rows.dim();
        let outputs = panel.weight.len() / dim;
        let (centred, mut errors) = self.noised(panel.step, panel.first_row, outputs);
        if let Some((offset, _)) = &offsets {
            for errors in errors.chunks_exact_mut(outputs) {
                errors.iter_mut().zip(*offset).for_each(|(e, c)| *e -= *c);
            }
        }
        let centred = matrix(&centred, dim);
        let weight = matrix(panel.weight, dim).transpose();
        let errors_mut = matrix_mut(&mut errors, outputs);
        matmul(
            errors_mut,
            Accum::Add,
            centred,
            weight,
            E::rounded(-1.0),
            Par::Seq,
        );
        let share = 1.0 / self.rows.vectors() as f64;
        let factor = E::rounded(-2.0 * share);
        let gradient = matrix_mut(panel.gradient, dim);
        let transposed = matrix(&errors, outputs).transpose();
        matmul(gradient, Accum::Add, transposed, centred, factor, Par::Seq);
        if let Some((_, gradient)) = offsets {
            for errors in errors.chunks_exact(outputs) {
                let pairs = gradient.iter_mut().zip(errors);
                pairs.for_each(|(g, e)| *g += factor * *e);
            }
        }
        share * errors.chunks_exact(outputs).map(squares).sum::<f64>()
    }

    /// The noised vectors of a step `[n, d]`, and `outputs` components of their targets `[n, outputs]`.
    fn noised(&self, step: usize, first: usize, outputs: usize) -> (Vec<E>, Vec<E>) {
        let (dim, draws) = (self.rows.dim(), self.rows.draws());
        let StepTerms {
            step: terms, parts, ..
        } = self.terms[step];
        let signal = terms.signal_scale();
        let (of_noise, of_data) = (E::rounded(parts.noise), parts.data);
        let scale = E::rounded(terms.noise_scale());
        let vectors = self.chosen.len() * draws;
        let mut centred = Vec::with_capacity(vectors * dim);
        let mut wanted = Vec::with_capacity(vectors * outputs);
        let per_row = self.terms.len() * draws * dim;
        for (index, row) in self.chosen.clone().enumerate() {
            let row = self.rows.row(row);
            let drawn = &self.noise[index * per_row + step * draws * dim..][..draws * dim];
            for eps in drawn.chunks_exact(dim) {
                let pairs = row.iter().zip(eps);
                centred.extend(pairs.map(|(x, eps)| E::rounded(signal * x) + scale * *eps));
                let outputs = first..first + outputs;
                let pairs = row[outputs.clone()].iter().zip(&eps[outputs]);
                wanted.extend(pairs.map(|(x, eps)| of_noise * *eps + E::rounded(of_data * x)));
            }
        }
        (centred, wanted)
    }
}

/// `sum x^2`, row by row, so that only few values are added in the precision of the tensors.
fn squares<E: Real>(numbers: &[E]) -> f64 {
    numbers.iter().map(|x| *x * *x).sum::<E>().widened()
}
