//! Exports a run for Python, R or Julia.

use std::fs;
use std::path::{Path, PathBuf};

use faer::Mat;

use super::{RunDirectory, RunError, WhichCheckpoint};
use crate::data::write_npy;
use crate::denoiser::{AffineDenoiser, Denoiser};
use crate::diffusion::Schedule;
use crate::score::Snapshot;
use crate::text::{FileError, write_whole};

/// Exports into a new folder. The tensors of the network, their maps to the noise (`eps_weight`, `eps_bias`), the
/// moments and the frame are written as `.npy` (f64, row-major), schedule and metrics as `.csv`. Returns the written
/// files.
///
/// # Errors
/// A file of an export that exists, unless `overwrite`; a run directory as the folder; anything that cannot be read
/// or written.
pub fn export(
    directory: &RunDirectory,
    checkpoint: WhichCheckpoint,
    out: &Path,
    overwrite: bool,
) -> Result<Vec<PathBuf>, RunError> {
    // Files of an earlier export would be taken for this run's, even if this run has none of that name.
    let names = ARRAYS.iter().map(|name| format!("{name}.npy"));
    let taken = refuse_taken(out, names, overwrite)?;
    let snapshot = directory.checkpoint(checkpoint)?.snapshot;
    let laws = directory.read_data()?.laws;
    let schedule = directory.experiment()?.schedule.build()?;
    fs::create_dir_all(out).map_err(RunError::io(out))?;
    for path in taken {
        fs::remove_file(&path).map_err(RunError::io(&path))?;
    }
    let mut export = Export {
        out,
        written: Vec::new(),
    };
    let dim = snapshot.dim();
    for (name, tensor) in snapshot.tensors() {
        export.array(name, tensor.shape(), tensor.all())?;
    }
    export.maps_to_noise(&snapshot, &schedule)?;
    let column = |mean: &faer::Col<f64>| mean.iter().copied().collect::<Vec<f64>>();
    export.array("train_mean", &[dim], column(&laws.train.mean))?;
    export.matrix("train_covariance", &laws.train.covariance)?;
    if let Some(test) = &laws.test {
        export.array("test_mean", &[dim], column(&test.mean))?;
        export.matrix("test_covariance", &test.covariance)?;
    }
    if let Some(truth) = &laws.truth {
        export.array("true_mean", &[dim], column(truth.mean()))?;
        export.matrix("true_covariance", &truth.covariance())?;
    }
    let origin = column(&laws.frame.origin);
    export.array("origin", &[origin.len()], origin)?;
    export.matrix("basis", &laws.frame.basis)?;
    export.array("scale", &[1], vec![laws.frame.scale])?;

    export
        .written
        .extend(export_tables(directory, &schedule, out)?);
    Ok(export.written)
}

/// The files of an earlier export in a folder: those with these names, and the tables.
///
/// # Errors
/// Such a file, unless it may be overwritten; a run directory as the folder.
pub(super) fn refuse_taken(
    out: &Path,
    names: impl IntoIterator<Item = String>,
    overwrite: bool,
) -> Result<Vec<PathBuf>, RunError> {
    if RunDirectory::open(out).is_ok() {
        let problem = "is a run directory: choose another --out".to_owned();
        let path = out.to_owned();
        return Err(RunError::Data { path, problem });
    }
    let names = names.into_iter().chain(TABLES.map(str::to_owned));
    let taken: Vec<PathBuf> = names
        .map(|name| out.join(name))
        .filter(|path| path.symlink_metadata().is_ok())
        .collect();
    match taken.first().filter(|_| !overwrite) {
        None => Ok(taken),
        Some(path) => Err(FileError::Exists {
            path: path.to_owned(),
        }
        .into()),
    }
}

/// Writes the tables of a run, and that of its schedule, into a folder. Returns the written files.
pub(super) fn export_tables(
    directory: &RunDirectory,
    schedule: &Schedule,
    out: &Path,
) -> Result<Vec<PathBuf>, RunError> {
    let mut text = "step,alpha_bar,beta,time_step\n".to_owned();
    for (index, step) in schedule.iter().enumerate() {
        let original = schedule.original_step(index);
        text += &format!(
            "{original},{},{},{}\n",
            step.alpha_bar, step.beta, step.time_step
        );
    }
    let [first, tables @ ..] = TABLES;
    let mut texts = vec![(first, text)];
    for name in tables {
        let path = directory.path(name);
        let text = fs::read_to_string(&path).map_err(RunError::io(&path))?;
        texts.push((name, text));
    }
    let write = |(name, text): (&str, String)| {
        let path = out.join(name);
        write_whole(&path, text.as_bytes())?;
        Ok(path)
    };
    texts.into_iter().map(write).collect()
}

/// The name of every array that an export may hold, for any kind of network.
const ARRAYS: [&str; 19] = [
    "weight",
    "diagonal",
    "bias",
    "offset",
    "basis_weight",
    "basis_bias",
    "down",
    "up",
    "eps_weight",
    "eps_bias",
    "train_mean",
    "train_covariance",
    "test_mean",
    "test_covariance",
    "true_mean",
    "true_covariance",
    "origin",
    "basis",
    "scale",
];
/// The tables of an export: that of the schedule, and those of the run.
const TABLES: [&str; 3] = ["schedule.csv", "metrics.csv", "losses_by_step.csv"];

struct Export<'a> {
    out: &'a Path,
    written: Vec<PathBuf>,
}

impl Export<'_> {
    /// The maps `eps = W x + b` at every step, for any kind of network and any target.
    fn maps_to_noise(&mut self, snapshot: &Snapshot, schedule: &Schedule) -> Result<(), RunError> {
        let (steps, dim) = (schedule.len(), snapshot.dim());
        let network = snapshot.denoiser(schedule)?;
        let (mut weights, mut biases) = (Vec::new(), Vec::new());
        for index in 0..steps {
            let AffineDenoiser { weight, bias } = network.at(index);
            weights.extend((0..dim * dim).map(|k| weight[(k / dim, k % dim)]));
            biases.extend(bias.iter().copied());
        }
        self.array("eps_weight", &[steps, dim, dim], weights)?;
        self.array("eps_bias", &[steps, dim], biases)
    }

    fn array(&mut self, name: &str, shape: &[usize], values: Vec<f64>) -> Result<(), RunError> {
        debug_assert!(ARRAYS.contains(&name), "{name}: not in the list of arrays");
        let path = self.out.join(format!("{name}.npy"));
        write_npy(&path, shape, &values).map_err(RunError::io(&path))?;
        self.written.push(path);
        Ok(())
    }

    fn matrix(&mut self, name: &str, matrix: &Mat<f64>) -> Result<(), RunError> {
        let shape = [matrix.nrows(), matrix.ncols()];
        let values = (0..shape[0] * shape[1]).map(|k| matrix[(k / shape[1], k % shape[1])]);
        self.array(name, &shape, values.collect())
    }
}
