//! The flags of every command.

use std::num::NonZero;

/// Flags that mean the same wherever they occur.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Common {
    /// Threads to compute with (default: all cores, which is also the most)
    #[arg(long, global = true, value_name = "N", value_parser = super::threads::parse)]
    pub(super) threads: Option<NonZero<usize>>,
    /// No progress bars and no notes: results, warnings and errors only
    #[arg(long, global = true)]
    pub(super) quiet: bool,
    /// One JSON document on stdout, and nothing else there
    #[arg(long, global = true)]
    pub(super) json: bool,
}
