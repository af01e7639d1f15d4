//! The flag `--threads`.

use std::num::NonZero;

use super::common::cores;
use super::output::Output;

/// Starts the threads for computing: the requested number, at most one for each core.
pub(super) fn start(wanted: Option<NonZero<usize>>, output: &Output) {
    let Some(wanted) = wanted else {
        return;
    };
    let threads = cores().map_or(wanted, |cores| wanted.min(cores));
    if threads < wanted {
        output.note(format!(
            "note: --threads {wanted} is more than the cores here; the number of threads is {threads}"
        ));
    }
    // This fails only if a pool was made before; none was.
    let _ = rayon::ThreadPoolBuilder::new()
        .num_threads(threads.get())
        .build_global();
}
