//! A sweep before its first run.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::data_digests::DataDigests;
use super::directory::SweepDirectory;
use super::grid::{Axis, GridPoint};
use super::identity::GridRun;
use super::manifest::Manifest;
use super::run_set::RunSet;
use super::shape::GridShape;
use crate::run::RunError;

/// The runs of a grid, and the record of their sweep.
pub(super) struct Prepared {
    pub runs: Vec<GridRun>,
    /// The SHA-256 of each data file.
    pub data: BTreeMap<PathBuf, String>,
    pub manifest: Manifest,
}

impl Prepared {
    pub fn of(axes: &[Axis], points: Vec<GridPoint>) -> Result<Self, RunError> {
        let mut digests = DataDigests::default();
        let shape = GridShape::of(axes, &points);
        let runs: Vec<GridRun> = points
            .into_iter()
            .map(|point| GridRun::new(point, &mut digests))
            .collect::<Result<_, _>>()?;
        let run_set = RunSet::of(runs.iter().map(|run| (run.name, run.settings())));
        let data = digests.known;
        Ok(Self {
            manifest: Manifest::new(data.clone(), shape, run_set),
            runs,
            data,
        })
    }
}

/// Makes a folder that of this sweep, or checks that it is, as [`sweep`](super::sweep) does before its first run. So
/// what is wrong is found before tasks wait in a queue.
///
/// # Errors
/// A folder that no sweep made; a sweep there with runs that this grid does not have; data that cannot be read.
pub fn prepare(axes: &[Axis], points: Vec<GridPoint>, root: &Path) -> Result<(), RunError> {
    let mut manifest = Prepared::of(axes, points)?.manifest;
    let directory = SweepDirectory::open(root)?;
    let _writing = directory.writing()?;
    manifest.check(root)?;
    manifest.write(root)
}
