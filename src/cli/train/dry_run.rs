//! What a run would take: its sizes, its memory, and the losses that theory predicts.

use std::process::ExitCode;

use serde::Serialize;

use crate::cli::evaluate::path_text;
use crate::cli::failure::Failure;
use crate::cli::output::Output;
use crate::diffusion::Schedule;
use crate::gaussian::Divergence;
use crate::memory;
use crate::run::{Estimate, Predicted, RunError, RunTheory, Setup};
use crate::text::number;

/// The output of `--dry-run`.
#[derive(Serialize)]
struct DryRun {
    #[serde(flatten)]
    estimate: Estimate,
    /// The prediction for the end of training.
    #[serde(skip_serializing_if = "Option::is_none")]
    predicted: Option<Predicted>,
}

/// Refuses a run that does not fit into the free memory.
pub(super) fn check_memory(setup: &Setup, given_weights: bool) -> Result<(), RunError> {
    Estimate::of(setup, given_weights)?.check(setup, memory::available())
}

pub(super) fn dry_run(
    output: &Output,
    setup: &Setup,
    given_weights: bool,
) -> Result<ExitCode, Failure> {
    // The run may be meant for another machine.
    let fits = check_memory(setup, given_weights);
    if let Err(error) = &fits {
        output.warn(error.to_string());
    }
    let predicted = match RunTheory::of(setup, given_weights)? {
        None => None,
        // The search for the learning rate may not fit either.
        Some(_) if fits.is_err() => None,
        // Without a prediction the sizes are still shown.
        Some(theory) => theory
            .at(setup, &theory.end_state(setup.learning_rate()?))
            .ok(),
    };
    let result = DryRun {
        estimate: Estimate::of(setup, given_weights)?,
        predicted,
    };
    output.result(&result, |_| {
        let mut text = format!("{}\n", setup.training_set());
        text += &size_text(setup, &result.estimate);
        if let Some(predicted) = &predicted {
            let kl = |d: Option<Divergence>| number(d.map(Divergence::value));
            text += &format!(
                "\npredicted {}: train loss {}, test loss {}, KL(true||sampled) {}, KL(sampled||true) {}",
                path_text(predicted.path),
                number(predicted.train_loss),
                number(predicted.test_loss),
                kl(predicted.kl_true_sampled),
                kl(predicted.kl_sampled_true)
            );
        }
        text
    })?;
    Ok(ExitCode::SUCCESS)
}

pub(super) fn size_text(setup: &Setup, estimate: &Estimate) -> String {
    let dimensions = setup.dataset().dimensions().to_string();
    estimate_text(
        &setup.experiment().name,
        &dimensions,
        setup.schedule(),
        estimate,
    )
}

/// The sizes of a run with that name, and its memory.
pub(super) fn estimate_text(
    name: &str,
    dimensions: &str,
    schedule: &Schedule,
    estimate: &Estimate,
) -> String {
    let Estimate {
        samples,
        steps,
        parameters,
        state_bytes,
        peak_bytes,
        ..
    } = *estimate;
    let megabytes = |bytes: usize| bytes / 1_000_000;
    format!(
        "{name}: {samples} samples in {dimensions}, {steps} steps, alpha_bar_T = {last:.4}\n\
         {parameters} parameters; weights and optimiser {} MB, at most about {} MB at the peak",
        megabytes(state_bytes),
        megabytes(peak_bytes),
        last = schedule.terminal_alpha_bar(),
    )
}
