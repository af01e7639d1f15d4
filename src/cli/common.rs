//! The flags of every command.

use std::num::NonZero;
use std::thread::available_parallelism;

/// Flags that mean the same wherever they occur.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Common {
    /// Threads to compute with (default: all cores, which is also the most)
    #[arg(long, global = true, value_name = "N", value_parser = threads)]
    pub(super) threads: Option<NonZero<usize>>,
    /// No progress bars and no notes: results, warnings and errors only
    #[arg(long, global = true)]
    pub(super) quiet: bool,
    /// One JSON document on stdout, and nothing else there
    #[arg(long, global = true)]
    pub(super) json: bool,
}

/// A number of threads, from 1.
fn threads(text: &str) -> Result<NonZero<usize>, String> {
    text.parse().map_err(|_| {
        let cores =
            cores().map_or_else(String::new, |cores| format!(" to {cores}, the cores here"));
        format!("a whole number is needed, from 1{cores}")
    })
}

/// The number of cores, if the machine tells it.
pub(super) fn cores() -> Option<NonZero<usize>> {
    available_parallelism().ok()
}
