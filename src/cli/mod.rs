//! The command line: a file a subcommand; arguments become one library call, whose result is printed.
//!
//! Text for people goes to stderr, but for a command's table; with `--json` one document goes to stdout and
//! nothing else. Exit status: 0 done, 1 it failed while running, 2 the input is wrong.

mod backends;
mod compare;
mod completions;
mod evaluate;
mod export;
mod forecast;
mod inspect;
mod interrupt;
mod output;
mod predict;
mod progress;
mod reproduce;
mod sample;
mod source;
mod spectrum;
mod sweep;
mod train;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::experiment::RunError;
use output::Output;

/// Linear diffusion models: trained by autodiff, exact by linear algebra, predicted by random-matrix theory.
#[derive(Debug, Parser)]
#[command(name = "lindiff", version, arg_required_else_help = true)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

/// Flags that mean the same wherever they occur.
#[derive(Debug, Clone, clap::Args)]
struct Common {
    /// Threads to compute with (default: all cores)
    #[arg(long, global = true, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    threads: Option<u16>,
    /// No progress bars, no notes; errors and results only
    #[arg(long, global = true)]
    quiet: bool,
    /// One JSON document on stdout, and nothing else there
    #[arg(long, global = true)]
    json: bool,
}

#[derive(Debug, Subcommand)]
enum Command {
    Train(train::Train),
    Sample(sample::Sample),
    Evaluate(evaluate::Evaluate),
    Inspect(inspect::Inspect),
    Compare(compare::Compare),
    Export(export::Export),
    Predict(Box<predict::Predict>),
    Forecast(forecast::ForecastOf),
    Spectrum(spectrum::SpectrumOf),
    Sweep(sweep::Sweep),
    Reproduce(reproduce::Reproduce),
    Backends(backends::Backends),
    Completions(completions::Completions),
}

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    let arguments = match Arguments::try_parse() {
        Ok(arguments) => arguments,
        Err(error) => {
            // clap's own status for wrong usage is 2; help and version are no errors.
            let _ = error.print();
            return ExitCode::from(error.exit_code() as u8);
        }
    };
    let output = Output::new(&arguments.common);
    if let Some(threads) = arguments.common.threads {
        // Only fails if a pool was made before, and none was.
        let _ = rayon::ThreadPoolBuilder::new()
            .num_threads(threads.into())
            .build_global();
    }
    let done = match arguments.command {
        Command::Train(command) => command.run(&output),
        Command::Sample(command) => command.run(&output),
        Command::Evaluate(command) => command.run(&output),
        Command::Inspect(command) => command.run(&output),
        Command::Compare(command) => command.run(&output),
        Command::Export(command) => command.run(&output),
        Command::Predict(command) => command.run(&output),
        Command::Forecast(command) => command.run(&output),
        Command::Spectrum(command) => command.run(&output),
        Command::Sweep(command) => command.run(&output),
        Command::Reproduce(command) => command.run(&output),
        Command::Backends(command) => command.run(&output),
        Command::Completions(command) => command.run(&output),
    };
    match done {
        Ok(status) => status,
        Err(error) => {
            eprintln!("error: {error}");
            status_of(&error)
        }
    }
}

fn status_of(error: &RunError) -> ExitCode {
    ExitCode::from(if error.is_input() { 2 } else { 1 })
}
