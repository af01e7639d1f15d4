//! Weights in panels of rows: the unit of work for value and gradient.
//!
//! The rows of all `W_t` are independent of each other. So a panel of some rows of one `W_t` can be multiplied while
//! it is in a core's cache. Sums have a fixed order, so results do not depend on the number of threads.

use faer::{MatMut, MatRef};
use rayon::prelude::*;

use crate::score::Real;

/// The most rows of a panel.
const PANEL_ROWS: usize = 256;
/// The least number of values that a thread processes at once.
const LEAST_NUMBERS: usize = 1 << 14;

/// Some rows of one `W_t`, with the memory for their gradient.
pub(super) struct Panel<'a, E> {
    /// The position of the step in its block.
    pub step: usize,
    pub first_row: usize,
    pub weight: &'a [E],
    pub gradient: &'a mut [E],
}

/// The number of rows of a panel, for a matrix with `rows` rows.
pub(super) fn panel_rows(rows: usize) -> usize {
    rows.div_ceil(rows.div_ceil(PANEL_ROWS))
}

/// The panels of weights `[T, rows, d]`.
pub(super) fn panels<'a, E>(
    weight: &'a [E],
    gradient: &'a mut [E],
    rows: usize,
    dim: usize,
) -> Vec<Panel<'a, E>> {
    let panel = panel_rows(rows);
    let weights = weight.chunks_exact(rows * dim);
    let steps = weights.zip(gradient.chunks_exact_mut(rows * dim));
    let panels = steps.enumerate().flat_map(|(step, (weight, gradient))| {
        let parts = weight.chunks(panel * dim);
        let parts = parts.zip(gradient.chunks_mut(panel * dim));
        parts
            .enumerate()
            .map(move |(index, (weight, gradient))| Panel {
                step,
                first_row: index * panel,
                weight,
                gradient,
            })
    });
    panels.collect()
}

/// Sums the results of `each` over panels of at most `size` values, in their order.
pub(super) fn sum<P: Send>(
    panels: Vec<P>,
    size: usize,
    each: impl Fn(P) -> f64 + Sync + Send,
) -> f64 {
    let panels = panels.into_par_iter();
    let at_once = panels.with_min_len(LEAST_NUMBERS.div_ceil(size));
    let values: Vec<f64> = at_once.map(each).collect();
    values.iter().sum()
}

/// Row-major numbers as a matrix.
pub(super) fn matrix<E>(numbers: &[E], columns: usize) -> MatRef<'_, E> {
    MatRef::from_row_major_slice(numbers, numbers.len() / columns, columns)
}

/// Row-major numbers as a mutable matrix.
pub(super) fn matrix_mut<E>(numbers: &mut [E], columns: usize) -> MatMut<'_, E> {
    let rows = numbers.len() / columns;
    MatMut::from_row_major_slice_mut(numbers, rows, columns)
}

/// Sums the results of `each` over pairs of values, in lanes that the compiler can vectorise.
#[inline(always)]
pub(super) fn accumulate<E: Real>(
    fixed: &[E],
    changed: &mut [E],
    each: impl Fn(E, &mut E) -> E,
) -> f64 {
    const LANES: usize = 16;
    let mut lanes = [E::rounded(0.0); LANES];
    let (fixed, fixed_rest) = fixed.as_chunks::<LANES>();
    let (changed, changed_rest) = changed.as_chunks_mut::<LANES>();
    for (fixed, changed) in fixed.iter().zip(changed) {
        for k in 0..LANES {
            lanes[k] += each(fixed[k], &mut changed[k]);
        }
    }
    let rest = fixed_rest.iter().zip(changed_rest);
    let rest: f64 = rest.map(|(x, y)| each(*x, y).widened()).sum();
    rest + lanes.iter().map(|x| x.widened()).sum::<f64>()
}
