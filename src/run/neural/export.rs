//! Exports networks that are not linear, with a program in PyTorch that runs them.

use std::fs;
use std::path::{Path, PathBuf};

use super::checkpoint::NeuralCheckpoint;
use super::summary::chosen;
use crate::data::write_npy;
use crate::neural::write_networks;
use crate::run::export::{export_tables, refuse_taken};
use crate::run::{RunDirectory, RunError, WhichCheckpoint};
use crate::score::TensorDevice;
use crate::text::write_whole;

/// The program in PyTorch.
const SCRIPT: &str = include_str!("../../../tests/independent/torch_networks.py");

const NETWORKS: &str = "networks.safetensors";
const SCRIPT_FILE: &str = "torch_networks.py";
const ORIGIN: &str = "origin.npy";
const SCALE: &str = "scale.npy";

/// Exports into a new folder: the networks (or one `member`) as `networks.safetensors`, `torch_networks.py` that runs
/// them, `origin.npy` and `scale.npy` (a network sees `scale (row - origin)`), and the tables of the run. Returns the
/// written files.
///
/// # Errors
/// A file of an export that exists, unless `overwrite`; a run directory as the folder; no such checkpoint or member.
pub fn export_neural(
    directory: &RunDirectory,
    checkpoint: WhichCheckpoint,
    member: Option<usize>,
    out: &Path,
    overwrite: bool,
) -> Result<Vec<PathBuf>, RunError> {
    let names = [NETWORKS, SCRIPT_FILE, ORIGIN, SCALE].map(str::to_owned);
    let taken = refuse_taken(out, names, overwrite)?;
    let experiment = directory.any_neural_experiment()?;
    let device = TensorDevice::new(experiment.backend)?;
    let read = |path: &Path| NeuralCheckpoint::read(path, &device);
    let networks = directory.checkpoint_by(checkpoint, &read)?.average;
    let networks = match member {
        None => networks,
        Some(member) => {
            chosen(Some(member), networks.members())?;
            networks.member(member)
        }
    };
    let frame = directory.read_data()?.laws.frame;
    let schedule = experiment.schedule.build()?;
    fs::create_dir_all(out).map_err(RunError::io(out))?;
    for path in taken {
        fs::remove_file(&path).map_err(RunError::io(&path))?;
    }
    let [weights, script, origin, scale] =
        [NETWORKS, SCRIPT_FILE, ORIGIN, SCALE].map(|name| out.join(name));
    write_networks(&weights, &networks).map_err(crate::training::CheckpointError::from)?;
    write_whole(&script, SCRIPT.as_bytes())?;
    let numbers: Vec<f64> = frame.origin.iter().copied().collect();
    write_npy(&origin, &[numbers.len()], &numbers).map_err(RunError::io(&origin))?;
    write_npy(&scale, &[1], &[frame.scale]).map_err(RunError::io(&scale))?;
    let mut written = vec![weights, script, origin, scale];
    written.extend(export_tables(directory, &schedule, out)?);
    Ok(written)
}
