//! Work shared between threads: those of rayon with the feature `rayon`, else the caller's alone. Results do not depend
//! on which, nor on the number of threads.

use std::ops::Range;

use faer::MatMut;

/// Both results, computed side by side.
pub(crate) fn join<A: Send, B: Send>(
    first: impl FnOnce() -> A + Send,
    second: impl FnOnce() -> B + Send,
) -> (A, B) {
    #[cfg(feature = "rayon")]
    return rayon::join(first, second);
    #[cfg(not(feature = "rayon"))]
    return (first(), second());
}

/// How many threads compute.
pub(crate) fn threads() -> usize {
    #[cfg(feature = "rayon")]
    return rayon::current_num_threads();
    #[cfg(not(feature = "rayon"))]
    return 1;
}

/// One result for each index, in their order.
pub(crate) fn map<R: Send>(range: Range<usize>, f: impl Fn(usize) -> R + Sync + Send) -> Vec<R> {
    #[cfg(feature = "rayon")]
    use rayon::prelude::*;
    #[cfg(feature = "rayon")]
    let range = range.into_par_iter();
    range.map(f).collect()
}

/// The results of `of` for the blocks of `size` indices of a range, merged in pairs. So rounding grows with the logarithm
/// of the number of blocks, and few results are in memory at a time.
pub(crate) fn merged<R: Send>(
    range: Range<usize>,
    size: usize,
    of: &(impl Fn(Range<usize>) -> R + Sync),
    merge: &(impl Fn(R, R) -> R + Sync),
) -> R {
    let blocks = range.len().div_ceil(size);
    if blocks <= 1 {
        return of(range);
    }
    let middle = range.start + blocks / 2 * size;
    let (first, second) = join(
        || merged(range.start..middle, size, of, merge),
        || merged(middle..range.end, size, of, merge),
    );
    merge(first, second)
}

/// Calls `f` with the number of each chunk of `size` values, and with the chunk.
pub(crate) fn for_each_chunk<T: Send>(
    values: &mut [T],
    size: usize,
    f: impl Fn(usize, &mut [T]) + Sync + Send,
) {
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        let chunks = values.par_chunks_mut(size).enumerate();
        chunks.for_each(|(index, chunk)| f(index, chunk));
    }
    #[cfg(not(feature = "rayon"))]
    for (index, chunk) in values.chunks_mut(size).enumerate() {
        f(index, chunk);
    }
}

/// Runs `f` on one of the threads that compute, which takes its part of shared work without being woken.
pub(crate) fn on_a_thread(f: impl FnOnce() + Send) {
    #[cfg(feature = "rayon")]
    rayon::scope(|_| f());
    #[cfg(not(feature = "rayon"))]
    f();
}

/// Calls `f` with the number of each panel of `width` columns, and with the panel.
pub(crate) fn for_each_panel(
    matrix: MatMut<'_, f64>,
    width: usize,
    f: impl Fn(usize, MatMut<'_, f64>) + Sync + Send,
) {
    #[cfg(feature = "rayon")]
    {
        use rayon::prelude::*;
        let panels = matrix.par_col_chunks_mut(width).enumerate();
        panels.for_each(|(index, panel)| f(index, panel));
    }
    #[cfg(not(feature = "rayon"))]
    {
        let mut rest = matrix;
        for index in 0..rest.ncols().div_ceil(width) {
            let here = width.min(rest.ncols());
            let (panel, after) = rest.split_at_col_mut(here);
            f(index, panel);
            rest = after;
        }
    }
}
