//! The flag `--threads`.

use std::num::NonZero;
use std::thread::available_parallelism;

use super::output::Output;

/// A number of threads, from 1.
pub(super) fn parse(text: &str) -> Result<NonZero<usize>, String> {
    text.parse().map_err(|_| {
        let cores =
            cores().map_or_else(String::new, |cores| format!(" to {cores}, the cores here"));
        format!("a whole number is needed, from 1{cores}")
    })
}

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

fn cores() -> Option<NonZero<usize>> {
    available_parallelism().ok()
}
