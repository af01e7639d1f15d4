//! `lindiff sample`

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::bars::SamplingBar;
use super::checkpoint::usual_or;
use super::evaluate::{refuse_keep, refuse_member};
use super::failure::Failure;
use super::output::Output;
use crate::data::{Laws, Rows, write_npy, write_npy_f32};
use crate::memory::bytes;
use crate::report::{CONTACT_SHEET_MOST, contact_sheet};
use crate::run::{
    NeuralSampler, RunDirectory, RunError, Setup, WhichCheckpoint, check_draws, rows_beside,
};
use crate::sampling::DrawOptions;
use crate::score::{Snapshot, draw};
use crate::text::{ResultFile, without_ending};

/// Draw vectors by the reverse process, in the coordinates that were read
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff sample artifacts/digits --draws 1000 --out samples.npy
  lindiff sample artifacts/digits --draws 64 --out digits.png
  lindiff sample artifacts/digits --checkpoint best --out samples.csv
  lindiff sample artifacts/mlp --draws 25 --out pairs.png --beside rows")]
pub(super) struct Sample {
    /// The run directory
    run: PathBuf,
    /// How many vectors
    #[arg(long, value_name = "M", default_value_t = 100, value_parser = clap::value_parser!(u64).range(1..))]
    draws: u64,
    /// The seed of the draws (default: that of the run)
    #[arg(long, value_name = "S")]
    seed: Option<u64>,
    /// The checkpoint: an epoch, "last" or "best" (default: the last; the best of a run that stopped early)
    #[arg(long, value_name = "EPOCH|best|last")]
    checkpoint: Option<WhichCheckpoint>,
    /// Walk this many steps of the full schedule instead of those that were trained (time-basis networks)
    #[arg(long, value_name = "STEPS")]
    keep: Option<usize>,
    /// Where to write them: .npy (f32, M x D; f64 where f32 does not reach), .csv, or .png (the first 100 as pictures,
    /// square unless --image says)
    #[arg(long, value_name = "FILE", default_value = "samples.npy")]
    out: PathBuf,
    /// Pictures of W x H pixels: also write the first 100 as a .png beside --out
    #[arg(long, num_args = 2, value_names = ["W", "H"])]
    image: Option<Vec<usize>>,
    /// Show the nearest training row beside each sample in the picture, and count copies
    #[arg(long, value_name = "WHAT")]
    beside: Option<Neighbours>,
    /// One of several networks that are not linear, counted from 0 (default: 0)
    #[arg(long, value_name = "I")]
    member: Option<usize>,
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
    /// The share of samples that are copies of a training row, with --beside rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    copies: Option<f64>,
}

/// What is shown beside each sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
enum Neighbours {
    /// The nearest training row.
    Rows,
}

/// A network of either kind with its sampler.
enum Network {
    Linear {
        setup: Box<Setup>,
        snapshot: Box<Snapshot>,
    },
    Neural(Box<NeuralSampler>),
}

impl Network {
    fn laws(&self) -> &Laws {
        match self {
            Self::Linear { setup, .. } => setup.laws(),
            Self::Neural(sampler) => sampler.laws(),
        }
    }

    fn seed(&self) -> u64 {
        match self {
            Self::Linear { setup, .. } => setup.experiment().seed,
            Self::Neural(sampler) => sampler.seed(),
        }
    }

    /// Draws in the coordinates of the training.
    fn draw(
        &self,
        options: DrawOptions,
        progress: impl FnMut(usize, usize),
    ) -> Result<Rows, RunError> {
        match self {
            Self::Linear { setup, snapshot } => {
                let denoiser = snapshot.denoiser(setup.schedule())?;
                let (rules, device) = (setup.evaluator().rules(), setup.device().inner());
                Ok(draw(rules, &denoiser, options, &device, progress))
            }
            Self::Neural(sampler) => Ok(sampler.draw(options, progress)),
        }
    }
}

/// The format of a file of samples, by the ending of its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Npy,
    Csv,
    Png,
}

impl Format {
    /// A name without an ending means `.npy`. The 5 of `tau=1.5` is not an ending.
    fn of(path: &Path) -> Result<Self, RunError> {
        let digits = |ending: &&OsStr| ending.as_encoded_bytes().iter().all(u8::is_ascii_digit);
        let Some(ending) = path.extension().filter(|ending| !digits(ending)) else {
            return Ok(Self::Npy);
        };
        let known = [("npy", Self::Npy), ("csv", Self::Csv), ("png", Self::Png)];
        let found = known
            .into_iter()
            .find(|(name, _)| ending.eq_ignore_ascii_case(name));
        found.map(|(_, format)| format).ok_or_else(|| {
            let path = path.display();
            RunError::Invalid(format!(
                "--out {path}: the ending says what is written: .npy, .csv, or .png for a picture"
            ))
        })
    }
}

/// The files to write.
struct Files {
    /// The file of numbers; `None` if only a picture is requested.
    numbers: Option<(Format, ResultFile)>,
    picture: Option<ResultFile>,
}

impl Sample {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let files = self.files()?;
        let directory = RunDirectory::open(&self.run)?;
        let network = self.network(&directory, output)?;
        let laws = network.laws();
        let frame = &laws.frame;
        let size = match files.picture {
            Some(_) => Some(self.image_size(frame.origin.nrows())?),
            None => None,
        };
        let draws = usize::try_from(self.draws).unwrap_or(usize::MAX);
        // Once as drawn, and twice in the coordinates that were read.
        let numbers = bytes([2, frame.origin.nrows()]).saturating_add(laws.dim());
        check_draws(draws, numbers)?;
        let options = DrawOptions {
            draws,
            seed: self.seed.unwrap_or(network.seed()),
        };
        let bar = SamplingBar::new(output);
        let drawn = network.draw(options, |n, all| bar.step(n, all))?;
        drop(bar);
        let rows = frame.read_coordinates(&drawn);
        let beside = match self.beside {
            None => None,
            Some(Neighbours::Rows) => {
                let member = self.member.unwrap_or(0);
                Some(rows_beside(&directory, member, &drawn)?)
            }
        };
        if let Some((format, file)) = &files.numbers {
            file.write_with(|path| write_numbers(*format, path, &rows))?;
        }
        if let (Some(file), Some((width, height))) = (&files.picture, size) {
            let neighbours = beside.as_ref().map(|b| frame.read_coordinates(&b.rows));
            file.write_with(|path| match &neighbours {
                None => contact_sheet(&rows, width, height, path),
                Some(others) => {
                    let pairs = side_by_side(&rows, others, width);
                    contact_sheet(&pairs, 2 * width, height, path)
                }
            })?;
        }
        let done = Done {
            out: self.out,
            draws: rows.count(),
            dim: rows.dim(),
            image: files.picture.map(|file| file.path().to_owned()),
            copies: beside.map(|beside| beside.copies),
        };
        output.result(&done, |_| {
            let (draws, dim, out) = (done.draws, done.dim, done.out.display());
            let what = match files.numbers {
                None => format!("the first {} as pictures", draws.min(CONTACT_SHEET_MOST)),
                Some(_) => format!("{draws} x {dim} numbers"),
            };
            let image = done.image.as_ref().filter(|image| **image != done.out);
            let image = image.map_or_else(String::new, |p| format!(" and {}", p.display()));
            let copies = done.copies.map_or_else(String::new, |copies| {
                let share = 100.0 * copies;
                format!(
                    "\neach beside its nearest training row; {share:.1} % of them are copies of it"
                )
            });
            format!("{what} in {out}{image}{copies}")
        })?;
        Ok(ExitCode::SUCCESS)
    }

    /// The network of the requested checkpoint.
    fn network(&self, directory: &RunDirectory, output: &Output) -> Result<Network, Failure> {
        if directory.neural_experiment()?.is_some() {
            refuse_keep(self.keep)?;
            let which = usual_or(self.checkpoint, directory, output)?;
            let member = self.member.unwrap_or(0);
            let sampler = NeuralSampler::open(directory, which, member)?;
            return Ok(Network::Neural(Box::new(sampler)));
        }
        refuse_member(self.member)?;
        let setup = Box::new(Setup::open_with_steps(directory, self.keep)?);
        let which = usual_or(self.checkpoint, directory, output)?;
        let snapshot = Box::new(directory.checkpoint(which)?.snapshot);
        setup.check_fits(&snapshot)?;
        Ok(Network::Linear { setup, snapshot })
    }

    /// The files to write. None of them may exist without --overwrite.
    fn files(&self) -> Result<Files, RunError> {
        let out = ResultFile::new(&self.out, self.overwrite)?;
        let format = Format::of(&self.out)?;
        if format == Format::Png {
            return Ok(Files {
                numbers: None,
                picture: Some(out),
            });
        }
        let beside = || ResultFile::new(image_beside(&self.out), self.overwrite);
        Ok(Files {
            numbers: Some((format, out)),
            picture: self.image.is_some().then(beside).transpose()?,
        })
    }

    /// Width and height of a row as a picture: as given, or those of a square.
    fn image_size(&self, numbers: usize) -> Result<(usize, usize), RunError> {
        let side = numbers.isqrt();
        let asked = self.image.as_deref().map(|size| (size[0], size[1]));
        let (width, height) = asked.unwrap_or((side, side));
        if width.checked_mul(height) == Some(numbers) {
            return Ok((width, height));
        }
        Err(RunError::Invalid(match asked {
            Some(_) => format!(
                "--image {width} {height}: the vectors have {numbers} numbers, so W x H must be {numbers}"
            ),
            None => format!(
                "--out {}: {numbers} numbers do not make a square picture: give --image W H with W x H = {numbers}",
                self.out.display()
            ),
        }))
    }
}

/// Pictures of one width, each with that of the same index on its right.
fn side_by_side(left: &Rows, right: &Rows, width: usize) -> Rows {
    let lines = |i: usize| {
        let left = left.row(i).chunks_exact(width);
        left.zip(right.row(i).chunks_exact(width))
    };
    let both = (0..left.count()).flat_map(lines);
    let numbers = both.flat_map(|(left, right)| left.iter().chain(right).copied());
    Rows::new(numbers.collect(), 2 * left.dim())
}

fn write_numbers(format: Format, path: &Path, rows: &Rows) -> Result<(), RunError> {
    let written = match format {
        Format::Csv => std::fs::write(path, csv(rows)),
        _ if single(rows) => write_npy_f32(path, &[rows.count(), rows.dim()], rows.values()),
        _ => write_npy(path, &[rows.count(), rows.dim()], rows.values()),
    };
    written.map_err(RunError::io(path))
}

/// Whether f32 can hold the rows: the largest number must neither overflow nor lose all its digits.
fn single(rows: &Rows) -> bool {
    let finite = rows.values().iter().filter(|x| x.is_finite());
    let largest = finite.fold(0.0, |most: f64, x| most.max(x.abs()));
    largest == 0.0 || (f64::from(f32::MIN_POSITIVE)..=f64::from(f32::MAX)).contains(&largest)
}

/// A header `x0,x1,...`, then one line for each row. Numbers are in f32 (in f64 where f32 does not reach), as short
/// as possible.
fn csv(rows: &Rows) -> String {
    let single = single(rows);
    let names: Vec<String> = (0..rows.dim()).map(|j| format!("x{j}")).collect();
    let mut text = names.join(",") + "\n";
    for i in 0..rows.count() {
        let cells: Vec<String> = rows
            .row(i)
            .iter()
            .map(|x| {
                if single {
                    (*x as f32).to_string()
                } else {
                    x.to_string()
                }
            })
            .collect();
        text += &cells.join(",");
        text.push('\n');
    }
    text
}

/// `samples.png` for `samples.npy`.
fn image_beside(out: &Path) -> PathBuf {
    let mut path = without_ending(out, &["npy", "csv"]).into_os_string();
    path.push(".png");
    path.into()
}
