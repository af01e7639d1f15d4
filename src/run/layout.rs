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
