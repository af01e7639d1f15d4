//! An unknown flag that is meant as a key of the experiment.

use clap::builder::StyledStr;
use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::{Command, Error};

use crate::config::keys_named;

/// Adds the `--set KEY=VALUE` that was probably meant to the error of an unknown flag. `words` are the typed words.
pub(super) fn suggest_key(error: &mut Error, command: &Command, words: &[String]) {
    if error.kind() != ErrorKind::UnknownArgument || !takes_set(command, words) {
        return;
    }
    let Some(ContextValue::String(flag)) = error.get(ContextKind::InvalidArg) else {
        return;
    };
    let Some(name) = flag.strip_prefix("--") else {
        return;
    };
    let value = value_of(flag, words).unwrap_or_else(|| "VALUE".to_owned());
    let sets: Vec<StyledStr> = keys_named(name)
        .into_iter()
        .map(|key| format!("a key of the experiment is set with '--set {key}={value}'").into())
        .collect();
    if !sets.is_empty() {
        error.insert(ContextKind::Suggested, ContextValue::StyledStrs(sets));
    }
}

/// Whether the typed command has the flag `--set`.
fn takes_set(command: &Command, words: &[String]) -> bool {
    let typed = words.iter().find_map(|word| command.find_subcommand(word));
    typed.is_some_and(|typed| {
        typed
            .get_arguments()
            .any(|argument| argument.get_id() == "set")
    })
}

/// The typed value of a flag: `--epochs 5` or `--epochs=5`.
fn value_of(flag: &str, words: &[String]) -> Option<String> {
    let with = format!("{flag}=");
    words.iter().enumerate().find_map(|(index, word)| {
        let next = words.get(index + 1).filter(|next| !next.starts_with("--"));
        match word.strip_prefix(&with) {
            Some(value) => Some(value.to_owned()),
            None => next.filter(|_| word == flag).cloned(),
        }
    })
}
