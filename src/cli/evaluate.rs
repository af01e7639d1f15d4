//! `lindiff evaluate`

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::bars::SamplingBar;
use super::checkpoint::usual_or;
use super::failure::Failure;
use super::output::Output;
use super::progress::Waiting;
use crate::gaussian::Divergence;
use crate::run::{
    Cause, EvaluateOptions, NeuralLosses, NeuralSummary, PredictedPath, RunDirectory, RunError,
    Summary, WhichCheckpoint, evaluate, evaluate_neural,
};
use crate::text::Page;
use crate::text::{Table, number};

/// Exact losses and divergences of a checkpoint, and where its error comes from
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff evaluate artifacts/digits
  lindiff evaluate artifacts/digits --checkpoint 500 --draws 0 --json
  lindiff evaluate artifacts/time-basis --keep 1000")]
pub(super) struct Evaluate {
    /// The run directory
    run: PathBuf,
    /// The checkpoint: an epoch, "last" or "best" (default: the last; the best of a run that stopped early)
    #[arg(long, value_name = "EPOCH|best|last")]
    checkpoint: Option<WhichCheckpoint>,
    /// Draws of the Monte-Carlo check; 0: exact only (default: as the experiment says)
    #[arg(long, value_name = "M")]
    draws: Option<usize>,
    /// Evaluate at this many steps of the full schedule instead of those that were trained (time-basis networks)
    #[arg(long, value_name = "STEPS")]
    keep: Option<usize>,
    /// One of several networks that are not linear, counted from 0 (default: all of them)
    #[arg(long, value_name = "I")]
    member: Option<usize>,
}

impl Evaluate {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let directory = RunDirectory::open(&self.run)?;
        if directory.neural_experiment()?.is_some() {
            return self.run_neural(&directory, output);
        }
        refuse_member(self.member)?;
        let options = EvaluateOptions {
            checkpoint: usual_or(self.checkpoint, &directory, output)?,
            draws: self.draws,
            keep: self.keep,
        };
        let waiting = Waiting::new(output, "evaluating");
        let bar = SamplingBar::new(output);
        let summary = evaluate(&directory, options, |done, all| bar.step(done, all));
        drop((bar, waiting));
        let summary = summary?;
        output.result(&summary, |page| summary_text(&summary, page))?;
        Ok(ExitCode::SUCCESS)
    }
}

impl Evaluate {
    fn run_neural(self, directory: &RunDirectory, output: &Output) -> Result<ExitCode, Failure> {
        refuse_keep(self.keep)?;
        let checkpoint = usual_or(self.checkpoint, directory, output)?;
        let waiting = Waiting::new(output, "evaluating");
        let bar = SamplingBar::new(output);
        let mut step = |done, all| bar.step(done, all);
        let progress: Option<&mut dyn FnMut(usize, usize)> = Some(&mut step);
        let summary = evaluate_neural(directory, checkpoint, self.member, self.draws, progress);
        drop((bar, waiting));
        let summary = summary?;
        output.result(&summary, |page| neural_text(&summary, page))?;
        Ok(ExitCode::SUCCESS)
    }
}

/// A summary of networks that are not linear as tables.
pub(super) fn neural_text(summary: &NeuralSummary, page: Page) -> String {
    let NeuralSummary {
        kind,
        target,
        epoch,
        dim,
        samples,
        steps,
        networks,
        ..
    } = summary;
    let which = match (summary.member, networks) {
        (Some(member), _) => format!("network {member} of {networks}"),
        (None, 1) => "one network".to_owned(),
        (None, _) => format!("{networks} networks, means of all"),
    };
    let mut text = format!(
        "epoch {epoch}: {kind} that predicts {target}, {samples} samples, {dim} pixels, {steps} steps; {which}\n\n"
    );
    let mut table = Table::new([
        "step",
        "alpha_bar",
        "train loss",
        "test loss",
        "linear, train",
        "linear, test",
        "Wiener",
    ]);
    let mut row = |names: [String; 2], loss: &NeuralLosses| {
        let losses = [
            number(loss.train_loss),
            number(loss.test_loss),
            number(loss.linear_train_loss),
            number(loss.linear_test_loss),
            number(loss.oracle_loss),
        ];
        table.row(names.into_iter().chain(losses));
    };
    for level in &summary.levels {
        row(
            [level.step.to_string(), number(level.alpha_bar)],
            &level.loss,
        );
    }
    row(["mean".to_owned(), String::new()], &summary.loss);
    for member in &summary.members {
        row(
            [format!("network {}", member.member), String::new()],
            &member.loss,
        );
    }
    text += &table.on(page);
    if let Some(copies) = summary.copies {
        let draws = summary.draws;
        text += &format!(
            "\n{:.1} % of {draws} samples are copies of a training row\n",
            100.0 * copies
        );
    }
    if let Some(overlap) = summary.overlap {
        text += &format!(
            "overlap of the samples of two networks, from the same noise: {}\n",
            number(overlap)
        );
    }
    text
}

/// A linear run has one network.
pub(super) fn refuse_member(member: Option<usize>) -> Result<(), RunError> {
    member.map_or(Ok(()), |member| {
        Err(RunError::Invalid(format!(
            "--member {member}: a run of a linear network has no others"
        )))
    })
}

/// Networks that are not linear are not asked for other steps than those of their run.
pub(super) fn refuse_keep(keep: Option<usize>) -> Result<(), RunError> {
    keep.map_or(Ok(()), |keep| {
        Err(RunError::Invalid(format!(
            "--keep {keep}: --keep needs a time-basis network"
        )))
    })
}

/// A summary as tables.
pub(super) fn summary_text(summary: &Summary, page: Page) -> String {
    let Summary {
        epoch,
        dim,
        samples,
        steps,
        ..
    } = summary;
    let mut text = format!("epoch {epoch}: {samples} samples, {dim} dimensions, {steps} steps\n\n");
    text += &losses(summary).on(page);
    text += &format!("\n{}", divergences(summary).on(page));
    if let Some(w2) = summary.w2 {
        text += &format!("\n2-Wasserstein distance, sqrt(W2^2/d): {}\n", number(w2));
    }
    for warning in &summary.warnings {
        text += &format!("warning: {warning}\n");
    }
    text
}

fn losses(summary: &Summary) -> Table {
    let loss = &summary.loss;
    let mut table = Table::new(["loss per component", "train", "test"]);
    let mut row = |name: &str, train: Option<f64>, test: Option<f64>| {
        table.row([name.to_owned(), number(train), number(test)]);
    };
    row("trained", Some(loss.train_loss), loss.test_loss);
    if let Some(predicted) = &summary.predicted {
        let name = format!("predicted, {}", path_text(predicted.path));
        row(&name, predicted.train_loss, Some(predicted.test_loss));
    }
    row(
        "optimum on the training set",
        loss.optimum_train_loss,
        loss.optimum_test_loss,
    );
    row("oracle", loss.oracle_loss, loss.oracle_loss);
    table
}

fn divergences(summary: &Summary) -> Table {
    let mut table = Table::new([
        "divergence, nats per dimension",
        "KL(true||sampled)",
        "KL(sampled||true)",
        "test loss",
    ]);
    for rung in &summary.ladder {
        table.row([
            cause_text(rung.cause).to_owned(),
            number(rung.kl_true_sampled.value()),
            number(rung.kl_sampled_true.value()),
            number(rung.test_loss),
        ]);
    }
    if let Some(predicted) = &summary.predicted {
        let value = |d: Option<Divergence>| number(d.map(Divergence::value));
        table.row([
            format!("predicted, {}", path_text(predicted.path)),
            value(predicted.kl_true_sampled),
            value(predicted.kl_sampled_true),
            number(predicted.test_loss),
        ]);
    }
    if let Some(check) = &summary.monte_carlo {
        table.row([
            format!("measured from {} draws", check.draws),
            with_error(check.kl_true_sampled, check.standard_error),
            with_error(check.kl_sampled_true, check.standard_error_sampled_true),
        ]);
    }
    if let Some(kl) = &summary.kl_train {
        table.row([
            "from the training law".to_owned(),
            number(kl.true_sampled.value()),
            number(kl.sampled_true.value()),
        ]);
    }
    table
}

fn cause_text(cause: Cause) -> &'static str {
    match cause {
        Cause::Discretisation => "oracle (discretisation)",
        Cause::Model => "+ a network that cannot be every map",
        Cause::Data => "+ finite data",
        Cause::Ridge => "+ ridge",
        Cause::Optimisation => "+ training = this network, exactly",
    }
}

pub(super) fn path_text(path: PredictedPath) -> &'static str {
    match path {
        PredictedPath::Descent => "by the law of descent",
        PredictedPath::Flow => "by gradient flow",
        PredictedPath::Converged => "when converged",
    }
}

fn with_error(value: f64, error: f64) -> String {
    format!("{} ± {}", number(value), number(error))
}
