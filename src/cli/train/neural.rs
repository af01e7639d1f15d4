//! Training of networks that are not linear.

use std::path::Path;
use std::process::ExitCode;

use serde::Serialize;

use super::dry_run::estimate_text;
use super::report::{Ended, cost_text};
use super::{Train, tell_folder, tell_lost_rows, tell_outcome};
use crate::cli::bars::{SamplingBar, TrainingBar};
use crate::cli::evaluate::neural_text;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::config::CheckedNeural;
use crate::memory;
use crate::run::{
    Evaluations, NeuralOptions, NeuralSetup, NeuralSummary, NeuralTrained, RunDirectory, RunError,
    estimate_neural, extend_neural, resume_command, resume_neural, resume_neural_from,
    train_neural,
};

impl Train {
    pub(super) fn begin_neural(
        &self,
        experiment: CheckedNeural,
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        if self.init.is_some() {
            let problem = "--init: networks that are not linear start from their seed";
            return Err(RunError::Invalid(problem.to_owned()).into());
        }
        let root = self.root(&experiment);
        if !self.dry_run {
            RunDirectory::check_free(&root, self.overwrite)?;
            RunDirectory::check_inputs(&root, &experiment, None)?;
        }
        let setup = NeuralSetup::new(experiment)?;
        let estimate = estimate_neural(&setup)?;
        let fits = estimate.check_neural(memory::available());
        if self.dry_run {
            // The run may be meant for another machine.
            if let Err(error) = &fits {
                output.warn(error.to_string());
            }
            output.result(&estimate, |_| {
                format!("{}\n{}", setup.training_set(), size_text(&setup, &estimate))
            })?;
            return Ok(ExitCode::SUCCESS);
        }
        fits?;
        let directory = RunDirectory::create(&root, setup.experiment(), self.overwrite)?;
        tell_folder(output, &directory);
        go(output, &setup, &directory, None)
    }

    pub(super) fn resume_neural(
        &self,
        directory: &RunDirectory,
        experiment: CheckedNeural,
        output: &Output,
    ) -> Result<ExitCode, Failure> {
        let experiment = match self.epochs {
            Some(epochs) => extend_neural(directory, experiment, epochs)?,
            None => experiment,
        };
        let from = self.resumed_from(directory)?;
        let found = resume_neural_from(directory, &experiment, from)?;
        tell_lost_rows(output, directory, found, from);
        let setup = NeuralSetup::open(directory, experiment)?;
        go(output, &setup, directory, Some(from))
    }
}

/// Trains, or resumes from the epoch that is given, and tells the result.
fn go(
    output: &Output,
    setup: &NeuralSetup,
    directory: &RunDirectory,
    resume: Option<Option<usize>>,
) -> Result<ExitCode, Failure> {
    output.note(setup.training_set());
    output.notes(&setup.pixels().notes);
    output.note(size_text(setup, &estimate_neural(setup)?));
    let go_on = format!("go on with\n  {}", resume_command(directory.root(), None));
    let stopped = format!("stopped; {go_on}");
    output.interrupts.work_is_saved();
    output.interrupts.end(&stopped);
    let mut bar = TrainingBar::new(output, setup.experiment().training.epochs, stopped);
    let sampling = SamplingBar::new(output);
    let options = NeuralOptions {
        interrupt: Some(output.interrupts.flag()),
        epoch: Some(&mut |event| {
            let losses = event.losses.map(|loss| (loss.train_loss, loss.test_loss));
            bar.show(event.state.epoch, losses, event.stop);
        }),
        progress: Some(&mut |done, all| sampling.step(done, all)),
    };
    let outcome = match resume {
        Some(from) => resume_neural(setup, directory, from, options),
        None => train_neural(setup, directory, options),
    };
    drop((bar, sampling));
    tell_outcome(output, directory, outcome, &go_on, |trained| {
        report(output, directory.root(), trained)
    })
}

fn size_text(setup: &NeuralSetup, estimate: &crate::run::Estimate) -> String {
    let experiment = setup.experiment();
    let dimensions = format!("{} pixels", estimate.dim);
    let schedule = setup.schedule();
    estimate_text(&experiment.name, &dimensions, schedule, estimate)
}

#[derive(Serialize)]
struct Done<'a> {
    #[serde(flatten)]
    ended: Ended,
    verdict: Vec<String>,
    #[serde(flatten)]
    evaluations: &'a Evaluations<NeuralSummary>,
}

fn report(output: &Output, root: &Path, trained: &NeuralTrained) -> Result<(), Failure> {
    let done = Done {
        ended: Ended::of(output, root, trained.stop, &trained.state),
        verdict: trained.verdict(),
        evaluations: &trained.evaluations,
    };
    output.result(&done, |page| {
        let mut text = neural_text(&trained.evaluations.last, page);
        text += "\n";
        for sentence in &done.verdict {
            text += &format!("{sentence}\n");
        }
        text + &cost_text(&done.ended)
    })
}
