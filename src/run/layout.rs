//! The names of files and folders in a run directory.

/// The file of the resolved experiment.
pub(super) const CONFIG: &str = "config.toml";
/// The initial weights, if they were given.
pub(super) const INIT: &str = "init.safetensors";
/// The file that marks a folder as made by a run.
pub(super) const MARKER: &str = ".lindiff-run";
pub(super) const LOCK: &str = ".lock";
pub(super) const CHECKPOINTS: &str = "checkpoints";
pub(super) const PLOTS: &str = "plots";

/// The number of a file that stands in for the lock `lock`: N of `lock.N`.
pub(super) fn number_of_lock(name: &str, lock: &str) -> Option<u64> {
    name.strip_prefix(lock)?.strip_prefix('.')?.parse().ok()
}

/// Whether a file of this name belongs to the lock `lock`.
pub(crate) fn is_of_lock(name: &str, lock: &str) -> bool {
    name == lock || number_of_lock(name, lock).is_some()
}
