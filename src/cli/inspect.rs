//! `lindiff inspect`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;

use super::checkpoint::usual_or;
use super::evaluate::refuse_member;
use super::failure::Failure;
use super::output::Output;
use super::progress::Waiting;
use crate::neural::NetworkKind;
use crate::report::ChartFiles;
use crate::run::{
    Inspection, NeuralInspection, RunDirectory, RunError, WhichCheckpoint, inspect, inspect_neural,
};
use crate::text::Page;
use crate::text::{Table, number};

/// What is in a checkpoint: sizes, norms, distance to the optimum, the learned spectrum
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff inspect artifacts/digits
  lindiff inspect artifacts/digits/checkpoints/epoch-000500
  lindiff inspect model.safetensors --json
  lindiff inspect artifacts/digits --plot spectra")]
pub(super) struct Inspect {
    /// A run directory, a checkpoint's folder, or a model.safetensors
    run_or_checkpoint: PathBuf,
    /// The checkpoint: an epoch, "last" or "best" (default: the last; the best of a run that stopped early)
    #[arg(long, value_name = "EPOCH|best|last")]
    checkpoint: Option<WhichCheckpoint>,
    /// Draw the learned spectrum of the chosen steps into this folder
    #[arg(long, value_name = "DIR")]
    plot: Option<PathBuf>,
    /// Replace the files of --plot if they exist
    #[arg(long, requires = "plot")]
    overwrite: bool,
    /// One of several networks that are not linear, counted from 0 (default: 0)
    #[arg(long, value_name = "I")]
    member: Option<usize>,
}

impl Inspect {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        if let Ok(directory) = RunDirectory::open(&self.run_or_checkpoint)
            && directory.neural_experiment()?.is_some()
        {
            return self.run_neural(&directory, output);
        }
        refuse_member(self.member)?;
        let waiting = Waiting::new(output, "comparing with the data");
        let which = match RunDirectory::open(&self.run_or_checkpoint) {
            Ok(directory) => usual_or(self.checkpoint, &directory, output)?,
            Err(_) => self.checkpoint.unwrap_or_default(),
        };
        let inspection = inspect(&self.run_or_checkpoint, which)?;
        if let Some(folder) = &self.plot {
            let charts = inspection.charts();
            if charts.is_empty() {
                let problem =
                    "--plot needs a run directory: a bare checkpoint has no data beside it";
                return Err(RunError::Invalid(problem.to_owned()).into());
            }
            std::fs::create_dir_all(folder).map_err(RunError::io(folder))?;
            // All names are checked before the first file is written.
            let files = charts
                .iter()
                .map(|(name, _)| ChartFiles::new(&folder.join(name), self.overwrite));
            let files: Vec<_> = files.collect::<Result<_, _>>()?;
            for (files, (_, chart)) in files.iter().zip(&charts) {
                files.save(chart)?;
            }
        }
        drop(waiting);
        let pictures = pictures(&self.run_or_checkpoint);
        output.result(&inspection, |page| text(&inspection, page) + &pictures)?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Inspect {
    fn run_neural(self, directory: &RunDirectory, output: &Output) -> Result<ExitCode, Failure> {
        if self.plot.is_some() {
            let problem = "--plot draws the spectrum that a linear network has learned";
            return Err(RunError::Invalid(problem.to_owned()).into());
        }
        let waiting = Waiting::new(output, "measuring the affine part");
        let which = usual_or(self.checkpoint, directory, output)?;
        let inspection = inspect_neural(directory, which, self.member.unwrap_or(0))?;
        drop(waiting);
        let pictures = pictures(&self.run_or_checkpoint);
        output.result(&inspection, |page| {
            neural_text(&inspection, page) + &pictures
        })?;
        Ok(ExitCode::SUCCESS)
    }
}

/// Where pictures of the samples at the end of the run are.
fn pictures(run: &Path) -> String {
    let path = run.join("plots/samples.svg");
    match path.is_file() {
        true => format!("\nPictures of samples: {}\n", path.display()),
        false => String::new(),
    }
}

fn neural_text(inspection: &NeuralInspection, page: Page) -> String {
    let NeuralInspection {
        epoch,
        target,
        dim,
        networks,
        member,
        parameters,
        dtype,
        ..
    } = inspection;
    let what = match inspection.kind {
        NetworkKind::Mlp { width, layers } => format!("mlp ({layers} layers of {width} units)"),
        NetworkKind::UNet {
            channels,
            image: [height, width],
        } => format!("unet ({channels} channels, pictures of {height} x {width})"),
    };
    let mut text = format!(
        "{what} at epoch {epoch}, predicts {target}: {dim} pixels, {parameters} parameters, {dtype}; network {member} of {networks}\n"
    );
    if let Some(tensor) = &inspection.non_finite {
        text += &format!("NOT FINITE: {tensor}\n");
    }
    let mut table = Table::new(["tensor", "shape", "norm"]);
    for tensor in &inspection.tensors {
        let shape: Vec<String> = tensor.shape.iter().map(usize::to_string).collect();
        table.row([tensor.name.clone(), shape.join(" x "), number(tensor.norm)]);
    }
    text += &format!("\n{}", table.on(page));
    if let Some(reason) = &inspection.not_measured {
        return text + &format!("\nhow much of it is affine was not measured: {reason}\n");
    }
    let mut table = Table::new([
        "step",
        "alpha_bar",
        "affine share",
        "test loss of x0",
        "Wiener",
        "affine excess",
        "not affine",
    ]);
    for level in &inspection.levels {
        table.row([
            level.step.to_string(),
            number(level.alpha_bar),
            format!(
                "{} ± {}",
                number(level.affine_share),
                number(level.affine_share_error)
            ),
            number(level.test_loss),
            number(level.wiener),
            number(level.affine_excess),
            format!(
                "{} ± {}",
                number(level.nonlinear),
                number(level.nonlinear_error)
            ),
        ]);
    }
    text + &format!("\n{}", table.on(page))
}

fn text(inspection: &Inspection, page: Page) -> String {
    let Inspection {
        kind,
        target,
        dim,
        parameters,
        dtype,
        ..
    } = inspection;
    let epoch = inspection
        .epoch
        .map_or_else(String::new, |e| format!(" at epoch {e}"));
    let size = match (inspection.basis, inspection.width) {
        (Some(basis), _) => format!(" ({basis} functions of time)"),
        (_, Some(width)) => format!(" ({width} hidden units)"),
        _ => String::new(),
    };
    let steps = match inspection.steps {
        Some(steps) => format!("{steps} steps"),
        None => "any step".to_owned(),
    };
    let mut text = format!(
        "{kind} network{size}{epoch}, predicts {target}: {steps}, {dim} dimensions, {parameters} parameters, {dtype}\n"
    );
    if let Some(broken) = &inspection.non_finite {
        let (tensor, step) = (broken.tensor, broken.step);
        text += &format!("NOT FINITE: {tensor} at step {step}\n");
    }
    let mut header = vec!["step", "alpha_bar", "norm", "asymmetry"];
    let layers = inspection.per_step.iter().any(|step| step.layers.is_some());
    if layers {
        header.extend(["balance", "rank in use"]);
    }
    header.extend(["distance to optimum", "diagonal share"]);
    let mut table = Table::new(header);
    for step in &inspection.per_step {
        let data = step.against_data.as_ref();
        let mut row = vec![
            step.step
                .map_or_else(|| "-".to_owned(), |step| step.to_string()),
            number(step.alpha_bar),
            number(step.norm),
            number(step.asymmetry),
        ];
        if let Some(layers) = &step.layers {
            row.extend([number(layers.balance), layers.rank.to_string()]);
        }
        row.extend([
            number(data.map(|d| d.distance_to_optimum)),
            number(data.map(|d| d.diagonal_share)),
        ]);
        table.row(row);
    }
    text + &format!("\n{}", table.on(page))
}
