//! The command line: a file a subcommand; arguments become one library call, whose result is printed.
//!
//! Text for people goes to stderr, but for a command's table; with `--json` one document goes to stdout and
//! nothing else. Text is laid out for the terminal that shows it (its width, or COLUMNS); where it is piped or kept
//! it has a line a sentence. Exit status: 0 done, 1 it failed while running (or its result could not be written), 2 the
//! input is wrong, 130 Ctrl-C, 143 SIGTERM, 129 SIGHUP. With `--json` an error is a line of JSON, the last on stderr.

mod backends;
mod checkpoint;
mod common;
mod compare;
mod completions;
mod evaluate;
mod export;
mod failure;
mod forecast;
mod inspect;
mod interrupt;
mod output;
mod predict;
mod progress;
mod reproduce;
mod sample;
mod screen;
mod source;
mod spectrum;
mod sweep;
mod threads;
mod train;
mod unknown_flag;

use std::io::{self, Write};
use std::process::ExitCode;

use clap::{CommandFactory, Parser, Subcommand};

use crate::run::RunError;
use common::Common;
use failure::Failure;
use output::Output;
use screen::Screen;
use unknown_flag::suggest_key;

/// Linear diffusion models: trained by autodiff, exact by linear algebra, predicted by random-matrix theory.
#[derive(Debug, Parser)]
#[command(name = "lindiff", version, arg_required_else_help = true)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
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
        Err(mut error) => {
            let words: Vec<String> = std::env::args().skip(1).collect();
            suggest_key(&mut error, &Arguments::command(), &words);
            return unparsed(&error);
        }
    };
    let output = Output::new(&arguments.common);
    threads::start(arguments.common.threads, &output);
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
        Command::Completions(command) => command.run(Arguments::command(), &output),
    };
    done.unwrap_or_else(|failure| {
        let failure = match failure {
            Failure::Run(RunError::Stopped) => output.interrupts.failure("stopped".to_owned()),
            failure => failure,
        };
        output.fail(&failure);
        ExitCode::from(failure.status())
    })
}

/// Help and version go to stdout and are no errors; wrong usage has the status 2.
fn unparsed(error: &clap::Error) -> ExitCode {
    let screen = Screen::new(
        std::env::args_os()
            .take_while(|a| a != "--")
            .any(|a| a == "--json"),
    );
    match error.use_stderr() {
        true => {
            let status = error.exit_code() as u8;
            screen.misused(error, status);
            ExitCode::from(status)
        }
        false => match error.print().and_then(|()| io::stdout().flush()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let failure = Failure::Unwritten(error);
                failure.tell(&screen);
                ExitCode::from(failure.status())
            }
        },
    }
}
