//! `lindiff sample`

mod compared;
mod numbers;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use self::compared::{Compared, OfRows, OfSample, OfTwin};
use self::numbers::{Format, write_numbers};
use super::bars::SamplingBar;
use super::checkpoint::usual_or;
use super::evaluate::{refuse_keep, refuse_member};
use super::failure::Failure;
use super::output::Output;
use crate::data::Rows;
use crate::memory::bytes;
use crate::report::Looks;
use crate::run::{
    Neighbourhood, RunDirectory, RunError, RunSampler, SampleSheet, Twins, Typical,
    WhichCheckpoint, check_draws,
};
use crate::sampling::DrawOptions;
use crate::text::{ResultFile, without_ending};

/// The most samples whose nearest rows are listed.
const MOST_TOLD: usize = 100;

/// Draw vectors by the reverse process, in the coordinates that were read
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff sample artifacts/digits --draws 1000 --out samples.npy
  lindiff sample artifacts/digits --draws 64 --out digits.png
  lindiff sample artifacts/digits --checkpoint best --out samples.csv
  lindiff sample artifacts/mlp --draws 30 --out pairs.png --beside
  lindiff sample artifacts/digits --out twins.png --twin artifacts/digits-2")]
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
    /// Show the nearest training row of each sample, and say how near it is
    #[arg(long)]
    beside: bool,
    /// Show what the network of a second run, trained on other rows, makes of the same noise (with --beside)
    #[arg(long, value_name = "RUN")]
    twin: Option<PathBuf>,
    /// One of several networks that are not linear, counted from 0 (default: 0)
    #[arg(long, value_name = "I")]
    member: Option<usize>,
    /// The network of --twin, if that run has several (default: 0)
    #[arg(long, value_name = "I", requires = "twin")]
    twin_member: Option<usize>,
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
    #[serde(flatten)]
    compared: Option<Compared>,
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
        let second = self.second(&network)?;
        let laws = network.laws();
        let frame = &laws.frame;
        // Known before anything is drawn, unless the rows are needed for it.
        let known = files.picture.is_some() && (self.image.is_some() || !self.compares());
        let looks = known.then(|| self.looks(frame.origin.nrows(), None));
        let looks = looks.transpose()?;
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
        let of_second = second.map(|second| second.draw(options, |_, _| {}));
        drop(bar);
        let compared = match self.compares() {
            false => None,
            true => Some(self.compare(&directory, &drawn, of_second.transpose()?)?),
        };
        let rows = frame.read_coordinates(&drawn);
        if let Some((format, file)) = &files.numbers {
            file.write_with(|path| write_numbers(*format, path, &rows))?;
        }
        let looks = looks.or(compared.as_ref().and_then(|compared| compared.looks));
        if let (Some(file), Some(looks)) = (&files.picture, looks) {
            let name = self.run.file_name().unwrap_or(self.run.as_os_str());
            let name = name.to_string_lossy();
            let sheet = SampleSheet {
                name: &name,
                laws,
                looks,
                samples: &drawn,
                beside: compared.as_ref().map(|compared| &compared.drawn),
                twins: compared
                    .as_ref()
                    .and_then(|compared| compared.twins.as_ref()),
            };
            file.write(&sheet.sheet().draw().map_err(RunError::from)?.png)
                .map_err(RunError::from)?;
        }
        let done = Done {
            out: self.out,
            draws: rows.count(),
            dim: rows.dim(),
            image: files.picture.map(|file| file.path().to_owned()),
            compared,
        };
        output.result(&done, |_| done.text(files.numbers.is_some()))?;
        Ok(ExitCode::SUCCESS)
    }

    /// Whether samples are compared with rows.
    fn compares(&self) -> bool {
        self.beside || self.twin.is_some()
    }

    /// The second network, if there is one.
    fn second(&self, first: &RunSampler) -> Result<Option<RunSampler>, RunError> {
        let Some(path) = &self.twin else {
            return Ok(None);
        };
        let directory = RunDirectory::open(path)?;
        let which = self.checkpoint.unwrap_or_default();
        let member = self.twin_member.unwrap_or(0);
        let second = RunSampler::open(&directory, which, member, self.keep)?;
        first.check_comparable(&second, path)?;
        Ok(Some(second))
    }

    fn compare(
        &self,
        directory: &RunDirectory,
        samples: &Rows,
        of_second: Option<Rows>,
    ) -> Result<Compared, RunError> {
        let near = Neighbourhood::of_run(directory, self.member.unwrap_or(0))?;
        let drawn = near.beside(samples)?;
        let twins = of_second.map(|second| Twins::new(samples, second, drawn.unit));
        let twin = match (&self.twin, &twins) {
            (Some(path), Some(twins)) => {
                let member = self.twin_member.unwrap_or(0);
                let other = Neighbourhood::of_run(&RunDirectory::open(path)?, member)?;
                Some(OfTwin {
                    run: path.clone(),
                    distance: Typical::of(&twins.distances),
                    overlap: twins.overlap,
                    rows: other.rows().count(),
                    shared_rows: other.shared_with(&near),
                })
            }
            _ => None,
        };
        let dim = directory.read_data()?.laws.frame.origin.nrows();
        let of_sample = |i: usize| OfSample {
            row: drawn.places[i],
            distance: drawn.distances[i],
            twin_distance: twins.as_ref().map(|twins| twins.distances[i]),
        };
        Ok(Compared {
            beside: OfRows {
                unit: drawn.unit,
                distance: Typical::of(&drawn.distances),
            },
            copies: drawn.copies,
            twin,
            samples: (0..samples.count().min(MOST_TOLD)).map(of_sample).collect(),
            looks: Some(self.looks(dim, near.image())?),
            drawn,
            twins,
        })
    }

    /// The network of the requested checkpoint.
    fn network(&self, directory: &RunDirectory, output: &Output) -> Result<RunSampler, Failure> {
        match directory.neural_experiment()?.is_some() {
            true => refuse_keep(self.keep)?,
            false => refuse_member(self.member)?,
        }
        let which = usual_or(self.checkpoint, directory, output)?;
        let member = self.member.unwrap_or(0);
        Ok(RunSampler::open(directory, which, member, self.keep)?)
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

    /// How rows of some numbers are shown: as --image says, as the data are known, else as squares, grey or in colour.
    /// Beside other rows those that are no pictures are shown as lines.
    fn looks(&self, numbers: usize, known: Option<[usize; 2]>) -> Result<Looks, RunError> {
        let known = known.and_then(|[height, width]| Looks::picture(width, height, numbers));
        match self.image.as_deref() {
            Some(size) => Looks::picture(size[0], size[1], numbers).ok_or_else(|| {
                let (width, height) = (size[0], size[1]);
                RunError::Invalid(format!(
                    "--image {width} {height}: the vectors have {numbers} numbers, so W x H must be {numbers} (or a third \
                     of it, for red, green and blue)"
                ))
            }),
            None => match known.or(Looks::square(numbers)) {
                Some(looks) => Ok(looks),
                None if self.compares() => Ok(Looks::Lines),
                None => Err(RunError::Invalid(format!(
                    "--out {}: {numbers} numbers do not make a square picture: give --image W H with W x H = {numbers}",
                    self.out.display()
                ))),
            },
        }
    }
}

impl Done {
    /// What was written, and how near the samples are to training rows and to a second network.
    fn text(&self, has_numbers: bool) -> String {
        let (draws, dim, out) = (self.draws, self.dim, self.out.display());
        let what = match has_numbers {
            false => "the first of them as pictures".to_owned(),
            true => format!("{draws} x {dim} numbers"),
        };
        let image = self.image.as_ref().filter(|image| **image != self.out);
        let image = image.map_or_else(String::new, |p| format!(" and {}", p.display()));
        let compared = self
            .compared
            .as_ref()
            .map_or_else(String::new, Compared::text);
        format!("{what} in {out}{image}{compared}")
    }
}

/// `samples.png` for `samples.npy`.
fn image_beside(out: &Path) -> PathBuf {
    let mut path = without_ending(out, &["npy", "csv"]).into_os_string();
    path.push(".png");
    path.into()
}
