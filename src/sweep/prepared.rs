//! A sweep's folder before its first run.

use std::path::Path;

use super::data_digests::DataDigests;
use super::directory::SweepDirectory;
use super::grid::{Axis, GridPoint};
use super::identity::GridRun;
use super::manifest::Manifest;
use super::run_set::RunSet;
use super::shape::GridShape;
use crate::run::RunError;

/// Makes a folder that of this sweep, or checks that it is, as [`sweep`](super::sweep) does before its first run. So
/// what is wrong is found before tasks wait in a queue.
///
/// # Errors
/// A folder that no sweep made; a sweep there with runs that this grid does not have; data that cannot be read.
pub fn prepare(axes: &[Axis], points: Vec<GridPoint>, root: &Path) -> Result<(), RunError> {
    let mut digests = DataDigests::default();
    let shape = GridShape::of(axes, &points);
    let runs = points.into_iter();
    let runs: Vec<GridRun> = runs
        .map(|point| GridRun::new(point, &mut digests))
        .collect::<Result<_, _>>()?;
    let run_set = RunSet::of(runs.iter().map(|run| (run.name, run.settings())));
    let mut manifest = Manifest::new(digests.known, shape, run_set);
    let directory = SweepDirectory::open(root)?;
    let _writing = directory.writing()?;
    manifest.check(root)?;
    manifest.write(root)
}
