//! `lindiff sample`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::output::Output;
use super::progress::SamplingBar;
use crate::data::write_npy_f32;
use crate::experiment::{ResultFile, RunDirectory, RunError, Setup, without_ending};
use crate::report::contact_sheet;
use crate::sampling::{DrawOptions, draw};

/// Draw vectors by the reverse process, in the coordinates that were read
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff sample artifacts/digits --draws 1000 --out samples.npy
  lindiff sample artifacts/digits --draws 64 --image 8 8")]
pub(super) struct Sample {
    /// The run directory
    run: PathBuf,
    /// How many vectors
    #[arg(long, value_name = "M", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
    draws: u32,
    /// The seed of the draws (default: that of the run)
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The epoch of the checkpoint (default: the last)
    #[arg(long, value_name = "EPOCH")]
    checkpoint: Option<usize>,
    /// Walk this many steps of the full schedule in the place of those that were trained (time-basis networks)
    #[arg(long, value_name = "STEPS")]
    keep: Option<usize>,
    /// Where to write them: .npy, f32, M x D
    #[arg(long, value_name = "FILE.npy", default_value = "samples.npy")]
    out: PathBuf,
    /// Also write a PNG of the first 100 as images of W x H pixels, beside the .npy
    #[arg(long, num_args = 2, value_names = ["W", "H"])]
    image: Option<Vec<usize>>,
    /// Replace the files if they exist
    #[arg(long)]
    overwrite: bool,
}

#[derive(Serialize)]
struct Done {
    out: PathBuf,
    draws: usize,
    dim: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    image: Option<PathBuf>,
}

impl Sample {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let out = ResultFile::new(&self.out, self.overwrite)?;
        let sheet = match self.image {
            Some(_) => Some(ResultFile::new(image_beside(&self.out), self.overwrite)?),
            None => None,
        };
        let directory = RunDirectory::open(&self.run)?;
        let setup = Setup::open_with_steps(&directory, self.keep)?;
        let snapshot = directory.checkpoint(self.checkpoint)?.snapshot;
        setup.check_fits(&snapshot)?;
        let frame = &setup.laws().frame;
        let image = self.image_size(frame.origin.nrows())?;
        let options = DrawOptions {
            draws: self.draws as usize,
            seed: self.seed.unwrap_or(setup.experiment.seed),
        };
        let bar = SamplingBar::new(output);
        let device = setup.device.inner();
        let rules = setup.evaluator.rules();
        let network = snapshot.denoiser(&setup.schedule)?;
        let drawn = draw(rules, &network, options, &device, |n, all| bar.step(n, all));
        drop(bar);
        let rows = frame.read_coordinates(&drawn);
        let shape = [rows.count(), rows.dim()];
        out.write_with(|path| {
            write_npy_f32(path, &shape, rows.values()).map_err(RunError::io(&self.out))
        })?;
        if let (Some(sheet), Some((width, height))) = (&sheet, image) {
            sheet.write_with(|path| contact_sheet(&rows, width, height, path))?;
        }
        let done = Done {
            out: self.out,
            draws: rows.count(),
            dim: rows.dim(),
            image: sheet.map(|sheet| sheet.path().to_owned()),
        };
        output.result(&done, |_| {
            let image = done.image.as_ref();
            let image = image.map_or_else(String::new, |p| format!(" and {}", p.display()));
            let (draws, dim) = (done.draws, done.dim);
            format!("{draws} x {dim} numbers in {}{image}", done.out.display())
        })?;
        Ok(ExitCode::SUCCESS)
    }

    fn image_size(&self, numbers: usize) -> Result<Option<(usize, usize)>, RunError> {
        let Some(size) = &self.image else {
            return Ok(None);
        };
        let (width, height) = (size[0], size[1]);
        if width.checked_mul(height) == Some(numbers) {
            return Ok(Some((width, height)));
        }
        Err(RunError::Invalid(format!(
            "--image {width} {height}: the vectors have {numbers} numbers, so W x H must be {numbers}"
        )))
    }
}

/// `samples.png` beside `samples.npy`.
fn image_beside(out: &Path) -> PathBuf {
    let mut path = without_ending(out, &["npy"]).into_os_string();
    path.push(".png");
    path.into()
}
