//! `lindiff probe`

mod view;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use self::view::{chart, text};
use super::failure::Failure;
use super::output::Output;
use super::progress::Waiting;
use crate::config::{Named, Target};
use crate::data::Rows;
use crate::probe::{ProbeError, Question, probe, read_arrays, read_file_rows};
use crate::report::ChartFiles;

/// What a network trained anywhere has learned, from its predictions on noised rows
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff probe arrays.npz --clean rows.npy
  lindiff probe arrays.npz --clean rows.npy --train train.npy --target v
  lindiff probe arrays.npz --clean rows.npy --train train.npy \\
      --samples samples.npy --plot probe.png --json
ARRAYS is an .npz, as numpy.savez writes it, with x_t [n, d], prediction [n, d],
alpha_bar [n] and row [n]: x_t is sqrt(alpha_bar) x0 + sqrt(1 - alpha_bar) noise,
x0 the clean row of that number, from 0. Draw each of a few noise levels at least
2 d + 2 times, better 30 d times. docs/python.md has an example with PyTorch.")]
pub(super) struct ProbeOf {
    /// The arrays: an .npz
    arrays: PathBuf,
    /// The clean rows that the draws were made from, in the units that the network sees
    #[arg(long, value_name = "FILE")]
    clean: PathBuf,
    /// The rows that the network was trained on. Clean rows among them are no test rows: they tell whether training has
    /// ended
    #[arg(long, value_name = "FILE")]
    train: Option<PathBuf>,
    /// Samples of the network, to be looked through for copies of training rows
    #[arg(long, value_name = "FILE", requires = "train")]
    samples: Option<PathBuf>,
    /// What the network predicts: eps, x0, v, score
    #[arg(long, value_name = "TARGET", default_value = "eps", value_parser = target)]
    target: Target,
    /// Rows are images of W x H pixels (default: square, or as the arrays say)
    #[arg(long, num_args = 2, value_names = ["W", "H"])]
    image: Option<Vec<usize>>,
    /// Draw the parts of the loss by noise level into FILE.svg and FILE.png
    #[arg(long, value_name = "FILE")]
    plot: Option<PathBuf>,
    /// Replace the files of --plot if they exist
    #[arg(long, requires = "plot")]
    overwrite: bool,
}

fn target(name: &str) -> Result<Target, String> {
    Target::named(name).ok_or_else(|| {
        let names = Target::NAMES.iter().map(|(name, _)| *name);
        format!("one of {} is needed", names.collect::<Vec<_>>().join(", "))
    })
}

impl ProbeOf {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let plot = self.plot.as_ref();
        let plot = plot.map(|file| ChartFiles::new(file, self.overwrite));
        let plot = plot.transpose()?;
        let question = self.question(output)?;
        let waiting = Waiting::new(output, "probing");
        let mut tell = |done, all| waiting.tell(format!("probing: {done} of {all} noise levels"));
        let found = probe(&question, &mut tell);
        drop(waiting);
        let found = found?;
        if let Some(files) = plot {
            files.save(&chart(&found))?;
        }
        output.notes(&found.notes);
        output.result(&found, |page| text(&found, page))?;
        Ok(ExitCode::SUCCESS)
    }

    fn question(&self, output: &Output) -> Result<Question, ProbeError> {
        let (arrays, shown) = read_arrays(&self.arrays)?;
        let mut image = shown;
        let mut rows = |path: &Path| -> Result<Rows, ProbeError> {
            let read = read_file_rows(path)?;
            output.notes(&read.notes);
            image = image.or(read.image);
            Ok(read.rows)
        };
        let mut question = Question::new(arrays, rows(&self.clean)?)?.target(self.target);
        if let Some(path) = &self.train {
            question = question.train(rows(path)?)?;
        }
        if let Some(path) = &self.samples {
            question = question.samples(rows(path)?)?;
        }
        if let Some(size) = &self.image {
            image = Some((size[1], size[0]));
        }
        if let Some((height, width)) = image {
            question = question.image(height, width)?;
        }
        let name = self.arrays.file_stem().unwrap_or_default();
        Ok(question.source(name.to_string_lossy()))
    }
}
