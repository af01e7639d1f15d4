//! The command line, with one file for each subcommand. Arguments become one call of the library, and its result is
//! printed.
//!
//! Results go to stdout: a table, or with `--json` one document. Notes and errors go to stderr. On a terminal text is
//! laid out for its width (or COLUMNS). In a pipe or file it has one line for each sentence. With `--json` an error is
//! a line of JSON, the last on stderr. The exit statuses stand at the end of `lindiff --help`.

#[cfg(feature = "burn")]
mod backends;
#[cfg(feature = "burn")]
mod bars;
#[cfg(feature = "burn")]
mod checkpoint;
mod common;
#[cfg(feature = "burn")]
mod compare;
mod completions;
#[cfg(feature = "burn")]
mod demo;
mod distance;
#[cfg(feature = "burn")]
mod evaluate;
#[cfg(feature = "burn")]
mod export;
mod failure;
mod forecast;
#[cfg(feature = "burn")]
mod inspect;
// Commands without networks begin nothing that could be resumed. There no signal raises a flag, and nothing is timed.
#[cfg_attr(not(feature = "burn"), allow(dead_code))]
mod interrupt;
mod keys;
#[cfg_attr(not(feature = "burn"), allow(dead_code))]
mod output;
mod predict;
mod probe;
mod progress;
#[cfg(feature = "burn")]
mod reproduce;
#[cfg(feature = "burn")]
mod sample;
mod screen;
#[cfg(feature = "burn")]
mod script;
#[cfg(feature = "serve")]
mod serve;
#[cfg(feature = "burn")]
mod shard;
mod source;
mod spectrum;
#[cfg(feature = "burn")]
mod sweep;
mod threads;
#[cfg(feature = "burn")]
mod train;
mod unknown_flag;

use std::ffi::OsString;
use std::io::{self, Write};
use std::process::ExitCode;

#[cfg(not(feature = "burn"))]
use clap::error::{ContextKind, ContextValue};
use clap::{CommandFactory, Parser, Subcommand};

use common::Common;
use failure::Failure;
use output::Output;
use screen::Screen;
use unknown_flag::suggest_key;

/// The exit statuses, as `--help` lists them.
const STATUSES: &str = "\
Exit status:
  0    done
  1    it failed while running, a run of a sweep failed, or the result could not be written
  2    the input is wrong
  75   SIGTERM stopped `train` or `sweep`, and all is saved: the same work can go on
  129  SIGHUP stopped it
  130  Ctrl-C stopped it
  143  SIGTERM stopped another command";

/// Linear diffusion models: trained by autodiff, exact by linear algebra, predicted by random-matrix theory.
#[derive(Debug, Parser)]
#[command(name = "lindiff", version, arg_required_else_help = true, after_help = STATUSES)]
struct Arguments {
    #[command(flatten)]
    common: Common,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    #[cfg(feature = "burn")]
    Train(train::Train),
    #[cfg(feature = "burn")]
    Sample(sample::Sample),
    #[cfg(feature = "burn")]
    Evaluate(evaluate::Evaluate),
    #[cfg(feature = "burn")]
    Inspect(inspect::Inspect),
    #[cfg(feature = "burn")]
    Compare(compare::Compare),
    #[cfg(feature = "burn")]
    Export(export::Export),
    Predict(Box<predict::Predict>),
    Forecast(forecast::ForecastOf),
    Spectrum(spectrum::SpectrumOf),
    Probe(probe::ProbeOf),
    Distance(distance::DistanceOf),
    #[cfg(feature = "burn")]
    Sweep(sweep::Sweep),
    #[cfg(feature = "burn")]
    Reproduce(reproduce::Reproduce),
    #[cfg(feature = "serve")]
    Serve(serve::Serve),
    #[cfg(feature = "burn")]
    Demo(demo::Demo),
    #[cfg(feature = "burn")]
    Backends(backends::Backends),
    Keys(keys::Keys),
    Completions(completions::Completions),
}

/// Runs the command that was typed.
pub fn main() -> ExitCode {
    run(std::env::args_os().skip(1))
}

/// Runs the command of some words, which stand behind the name of the program. It listens to signals and writes to the
/// standard streams, so a process runs it once.
pub fn run(words: impl IntoIterator<Item = OsString>) -> ExitCode {
    let words: Vec<OsString> = words.into_iter().collect();
    let typed = std::iter::once(OsString::from("lindiff")).chain(words.iter().cloned());
    let arguments = match Arguments::try_parse_from(typed) {
        Ok(arguments) => arguments,
        Err(error) => return unparsed(error, &words),
    };
    let output = Output::new(&arguments.common);
    threads::start(arguments.common.threads, &output);
    let done = match arguments.command {
        #[cfg(feature = "burn")]
        Command::Train(command) => command.run(&output),
        #[cfg(feature = "burn")]
        Command::Sample(command) => command.run(&output),
        #[cfg(feature = "burn")]
        Command::Evaluate(command) => command.run(&output),
        #[cfg(feature = "burn")]
        Command::Inspect(command) => command.run(&output),
        #[cfg(feature = "burn")]
        Command::Compare(command) => command.run(&output),
        #[cfg(feature = "burn")]
        Command::Export(command) => command.run(&output),
        Command::Predict(command) => command.run(&output),
        Command::Forecast(command) => command.run(&output),
        Command::Spectrum(command) => command.run(&output),
        Command::Probe(command) => command.run(&output),
        Command::Distance(command) => command.run(&output),
        #[cfg(feature = "burn")]
        Command::Sweep(command) => command.run(&output),
        #[cfg(feature = "burn")]
        Command::Reproduce(command) => command.run(&output),
        #[cfg(feature = "serve")]
        Command::Serve(command) => command.run(&output),
        #[cfg(feature = "burn")]
        Command::Demo(command) => command.run(&output),
        #[cfg(feature = "burn")]
        Command::Backends(command) => command.run(&output),
        Command::Keys(command) => command.run(&output),
        Command::Completions(command) => command.run(Arguments::command(), &output),
    };
    done.unwrap_or_else(|failure| {
        #[cfg(feature = "burn")]
        let failure = match failure {
            Failure::Stopped => output.interrupts.failure("stopped".to_owned()),
            failure => failure,
        };
        output.fail(&failure);
        ExitCode::from(failure.status())
    })
}

/// Help and version go to stdout and are not errors. Wrong usage has the status 2.
fn unparsed(mut error: clap::Error, words: &[OsString]) -> ExitCode {
    let mut flags = words.iter().take_while(|word| *word != "--");
    let screen = Screen::new(flags.any(|word| word == "--json"));
    let words: Vec<String> = words
        .iter()
        .map(|word| word.to_string_lossy().into_owned())
        .collect();
    #[cfg(not(feature = "burn"))]
    if let Some(command) = needs_burn(&error) {
        screen.fail(&without_burn(command), 2);
        return ExitCode::from(2);
    }
    suggest_key(&mut error, &Arguments::command(), &words);
    if error.use_stderr() {
        let status = error.exit_code() as u8;
        screen.misused(&error, status);
        ExitCode::from(status)
    } else {
        match error.print().and_then(|()| io::stdout().flush()) {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                let failure = Failure::Unwritten(error);
                failure.tell(&screen);
                ExitCode::from(failure.status())
            }
        }
    }
}

/// The command that was typed, if it is one of those that this build leaves out.
#[cfg(not(feature = "burn"))]
fn needs_burn(error: &clap::Error) -> Option<&str> {
    const COMMANDS: [&str; 10] = [
        "train",
        "sample",
        "evaluate",
        "inspect",
        "compare",
        "export",
        "sweep",
        "reproduce",
        "demo",
        "backends",
    ];
    match error.get(ContextKind::InvalidSubcommand) {
        Some(ContextValue::String(typed)) => COMMANDS.into_iter().find(|name| name == typed),
        _ => None,
    }
}

/// How to get a command that needs networks.
#[cfg(not(feature = "burn"))]
fn without_burn(command: &str) -> String {
    format!(
        "`lindiff {command}` needs networks, which this build leaves out. The full program is built from the source of \
         lindiff, with Rust and a C compiler, in about eight minutes: cargo install --path ."
    )
}
