//! What is wrong with a value of an experiment.

use super::error::Problem;
use super::keys::find;
use super::resolved::plain;
use crate::config::Experiment;

/// The problem of a value out of its range.
pub(super) fn invalid(experiment: &mut Experiment, key: &'static str) -> Problem {
    Problem::Invalid {
        key: key.to_owned(),
        value: shown(experiment, key),
        allowed: find(key).map_or(String::new(), |key| key.allowed.to_string()),
        nearest: None,
    }
}

/// The problem of a value that contradicts something else.
pub(super) fn conflict(
    experiment: &mut Experiment,
    key: &'static str,
    reason: impl Into<String>,
) -> Problem {
    Problem::Conflict {
        key,
        value: shown(experiment, key),
        reason: reason.into(),
    }
}

/// The value of a key as it would be written.
fn shown(experiment: &mut Experiment, key: &str) -> String {
    let value = find(key).and_then(|key| key.write(experiment));
    value.as_ref().map_or("none".to_owned(), plain)
}
