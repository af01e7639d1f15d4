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
    Cause, EvaluateOptions, PredictedPath, RunDirectory, Summary, WhichCheckpoint, evaluate,
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
}

impl Evaluate {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let directory = RunDirectory::open(&self.run)?;
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
