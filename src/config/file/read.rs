//! Turns a written experiment into one that can be run.

use toml::Value;

use super::check::checked;
use super::error::{ConfigError, Problem};
use super::field::Misread;
use super::key::{Key, Kind};
use super::table::{KEYS, LONGEST_NAME, names_a_folder, parts_a_path};
use super::written::{Written, invalid, shown};
use crate::config::{Checked, Draw, EarlyStopping, Experiment, Samples, Source};

/// Reads a written experiment, fills in the defaults and checks the whole. `stem` is the name of an experiment that
/// does not give one.
///
/// Also returns a note for each key that is written in an older way or does not count.
pub(super) fn read(
    written: &Written,
    stem: Option<&str>,
) -> Result<(Checked, Vec<String>), ConfigError> {
    let mut notes = written.notes().to_vec();
    let mut experiment = Experiment::new(Source::power_law(200, 1.0), Samples::default());
    if written.value("training.early_stopping").is_some() {
        experiment.training.early_stopping = Some(EarlyStopping::default());
    }
    for key in KEYS {
        let note = read_key(&mut experiment, key, written)
            .map_err(|problem| problem.at(written.origin(key.name)))?;
        notes.extend(note);
    }
    fill_in(&mut experiment, written, stem);
    let checked = checked(experiment).map_err(|problem| placed(problem, written))?;
    Ok((checked, notes))
}

/// Reads one key, if it is written. A key that does not count is ignored with a note, if its type is right.
fn read_key(
    experiment: &mut Experiment,
    key: &'static Key,
    written: &Written,
) -> Result<Option<String>, Problem> {
    let counts = key.counts(experiment);
    let Some(value) = written.value(key.name) else {
        return match key.required && counts.is_ok() {
            true => Err(Problem::Missing {
                key: key.name,
                allowed: key.allowed.to_string(),
            }),
            false => Ok(None),
        };
    };
    let wrong = |misread| match misread {
        Misread::Type => invalid(key.name, value, None),
        Misread::Word(nearest) => invalid(key.name, value, nearest),
        Misread::Because(reason) => Problem::Conflict {
            key: key.name,
            value: shown(value),
            reason: reason.to_owned(),
        },
    };
    match counts {
        Ok(()) if key.kind == Kind::Path => {
            let path = absolute(key, value, written)?;
            key.read(experiment, &path).map_err(wrong)?;
            Ok(None)
        }
        Ok(()) => key.read(experiment, value).map_err(wrong).map(|()| None),
        Err((chooser, chosen)) => match key.read(&mut key.example(), value) {
            Err(Misread::Type) => Err(wrong(Misread::Type)),
            _ => Ok(Some(format!(
                "{} is ignored: {chooser} is {chosen}",
                key.name
            ))),
        },
    }
}

/// A written path, made absolute from the folder that it starts from.
fn absolute(key: &Key, value: &Value, written: &Written) -> Result<Value, Problem> {
    let invalid = || invalid(key.name, value, None);
    if !key.allowed.admits(value) {
        return Err(invalid());
    }
    let path = value.as_str().unwrap_or_default();
    let path = written.absolute(key.name, path).map_err(|_| invalid())?;
    match path.to_str() {
        Some(text) => Ok(text.into()),
        None => {
            let key = key.name;
            Err(Problem::NotUtf8 { key, path })
        }
    }
}

/// Fills in the defaults that depend on other keys.
fn fill_in(experiment: &mut Experiment, written: &Written, stem: Option<&str>) {
    let absent = |key| written.value(key).is_none();
    let (no_samples, no_draw) = (absent("data.samples"), absent("data.draw"));
    let data = &mut experiment.data;
    if no_draw {
        let samples = (!no_samples).then_some(data.samples);
        data.draw = Draw::of(&data.source, samples);
    }
    if no_samples && data.draw == Draw::Rows && data.source.is_file() {
        data.samples = Samples::Half;
    }
    if let Source::Spiked { dim, spikes } = &mut data.source
        && absent("data.spikes")
    {
        // The default must also fit into a single dimension.
        spikes.truncate(*dim);
    }
    if absent("name") {
        let fallback = || experiment.data.source.name().to_owned();
        experiment.name = stem.and_then(folder_name).unwrap_or_else(fallback);
    }
    if absent("model.init") && experiment.network.is_none() {
        experiment.model.init = experiment.model.kind.init();
    }
}

/// Adds the place of a problem, and shows the value as it was written there.
pub(super) fn placed(mut problem: Problem, written: &Written) -> ConfigError {
    let origin = written.origin(problem.key().unwrap_or_default());
    match &mut problem {
        Problem::Invalid { key, value, .. } => {
            if let Some(there) = written.value(key) {
                *value = shown(there);
            }
        }
        Problem::Conflict { key, value, .. } => match written.value(key) {
            Some(there) => *value = shown(there),
            None => value.push_str(" (the default)"),
        },
        _ => {}
    }
    problem.at(origin)
}

/// A valid name of a folder, as near to `text` as possible.
fn folder_name(text: &str) -> Option<String> {
    let name = text.replace(parts_a_path, "-");
    let end = name.floor_char_boundary(LONGEST_NAME);
    Some(name[..end].trim().to_owned()).filter(|name| names_a_folder(name))
}
