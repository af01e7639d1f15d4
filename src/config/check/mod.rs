//! From what was written to an experiment that can be run: defaults, ranges, contradictions.

mod data;
mod model;
mod schedule;
mod training;

use super::error::{ConfigError, Problem};
use super::keys::{self, KEYS};
use super::names::{Named, SamplerName};
use super::raw::{RawBackend, RawExperiment, RawSampling};
use super::resolved::plain;
use super::written::{Written, invalid, shown};
use super::{
    BackendConfig, BackendName, Experiment, Precision, SamplerKind, Samples, SamplingConfig,
    Variance,
};

/// Checks what was written; `stem` names an experiment that gives itself no name.
///
/// Returns it with a note for each key that was written in the manner of before, or does not count.
pub(super) fn check(
    written: &Written,
    stem: Option<&str>,
) -> Result<(Experiment, Vec<String>), ConfigError> {
    let raw = written.raw()?;
    let check = Check { written };
    let experiment = check.experiment(&raw, stem)?;
    let mut notes = written.notes().to_vec();
    notes.extend(check.notes(&experiment));
    Ok((experiment, notes))
}

/// Checks one key after another.
struct Check<'a> {
    written: &'a Written,
}

impl Check<'_> {
    fn experiment(
        &self,
        raw: &RawExperiment,
        stem: Option<&str>,
    ) -> Result<Experiment, ConfigError> {
        let data = self.data(&raw.data)?;
        let fallback = stem.and_then(folder_name);
        let name = match &raw.name {
            Some(name) if names_a_folder(name) => name.clone(),
            Some(_) => return Err(self.invalid("name")),
            None => fallback.unwrap_or_else(|| data.source.name().to_owned()),
        };
        let schedule = self.schedule(&raw.schedule)?;
        let model = self.model(&raw.model, &schedule)?;
        let training = self.training(&raw.training)?;
        self.fit_together(&model, &training)?;
        if training.early_stopping.is_some() && data.samples == Samples::All {
            return Err(self.conflict(
                "data.samples",
                "training.early_stopping needs a test set, and with all rows there is none",
            ));
        }
        let seed = match raw.seed {
            // The largest whole number that TOML holds.
            Some(seed) if i64::try_from(seed).is_err() => return Err(self.invalid("seed")),
            seed => seed.unwrap_or(1),
        };
        Ok(Experiment {
            name,
            seed,
            data,
            schedule,
            model,
            training,
            sampling: self.sampling(&raw.sampling)?,
            backend: self.backend(&raw.backend)?,
        })
    }

    fn sampling(&self, raw: &RawSampling) -> Result<SamplingConfig, ConfigError> {
        let kind = match self.choice("sampling.kind", &raw.kind, SamplerName::Ddpm)? {
            SamplerName::Ddpm => {
                let variance = self.choice("sampling.variance", &raw.variance, Variance::Beta)?;
                SamplerKind::Ddpm(variance)
            }
            SamplerName::Sde => SamplerKind::Sde,
            SamplerName::Ode => SamplerKind::Ode,
            SamplerName::Heun => SamplerKind::Heun,
            SamplerName::Ddim => SamplerKind::Ddim,
        };
        Ok(SamplingConfig {
            kind,
            draws: raw.draws.unwrap_or(10_000),
        })
    }

    fn backend(&self, raw: &RawBackend) -> Result<BackendConfig, ConfigError> {
        Ok(BackendConfig {
            name: self.choice("backend.name", &raw.name, BackendName::Flex)?,
            precision: self.choice("backend.precision", &raw.precision, Precision::F32)?,
        })
    }

    /// A word that stands for a choice.
    fn choice<T: Named>(
        &self,
        key: &'static str,
        word: &Option<String>,
        default: T,
    ) -> Result<T, ConfigError> {
        let Some(word) = word else { return Ok(default) };
        T::named(word).ok_or_else(|| {
            let words = T::NAMES.iter().map(|(name, _)| *name);
            let nearest = keys::nearest_word(word, words).map(|name| format!("{name:?}"));
            self.invalid_near(key, nearest)
        })
    }

    fn number(
        &self,
        key: &'static str,
        number: Option<f64>,
        default: f64,
        allowed: impl Fn(f64) -> bool,
    ) -> Result<f64, ConfigError> {
        match number {
            Some(number) if !allowed(number) => Err(self.invalid(key)),
            // -0.0 is 0.0
            number => Ok(number.unwrap_or(default) + 0.0),
        }
    }

    fn count(
        &self,
        key: &'static str,
        count: Option<usize>,
        default: usize,
        allowed: impl Fn(usize) -> bool,
    ) -> Result<usize, ConfigError> {
        match count {
            Some(count) if !allowed(count) => Err(self.invalid(key)),
            count => Ok(count.unwrap_or(default)),
        }
    }

    /// The value that was written for `key` is out of its range.
    fn invalid(&self, key: &'static str) -> ConfigError {
        self.invalid_near(key, None)
    }

    fn invalid_near(&self, key: &'static str, near: Option<String>) -> ConfigError {
        let absent = toml::Value::String(String::new());
        let mut problem = invalid(key, self.written.value(key).unwrap_or(&absent));
        if let Problem::Invalid { nearest, .. } = &mut problem {
            *nearest = near;
        }
        problem.at(self.written.origin(key))
    }

    /// What was written for `key` contradicts something else.
    fn conflict(&self, key: &'static str, reason: impl Into<String>) -> ConfigError {
        let value = match self.written.value(key) {
            Some(value) => shown(value),
            None => format!(
                "{} (the default)",
                keys::find(key).map_or("", |k| k.default)
            ),
        };
        let reason = reason.into();
        Problem::Conflict { key, value, reason }.at(self.written.origin(key))
    }

    fn missing(&self, key: &'static str) -> ConfigError {
        let allowed = keys::find(key).map_or("a value", |key| key.allowed);
        Problem::Missing { key, allowed }.at(self.written.origin(key))
    }

    fn at_file(&self, problem: Problem, key: &str) -> ConfigError {
        problem.at(self.written.origin(key))
    }

    /// A note for each key that was written and, for another choice that was made, does not count.
    fn notes(&self, experiment: &Experiment) -> Vec<String> {
        let entries = experiment.entries();
        let chosen = |key: &str| {
            let entry = entries.iter().find(|(name, _)| *name == key);
            entry.and_then(|(_, value)| value.as_str())
        };
        let note = |key: &keys::Key| {
            let only = key.only?;
            let chosen = chosen(only.key)?;
            self.written.value(key.name)?;
            let counts = only.values.contains(&chosen);
            let (name, chooser) = (key.name, only.key);
            (!counts).then(|| format!("{name} is ignored: {chooser} is {}", plain(&chosen.into())))
        };
        KEYS.iter().filter_map(note).collect()
    }
}

fn not_negative(number: f64) -> bool {
    number.is_finite() && number >= 0.0
}

fn positive(count: usize) -> bool {
    count > 0
}

/// Bytes of the longest name of an experiment.
const LONGEST_NAME: usize = 200;

/// A run directory is called by the experiment's name.
fn names_a_folder(name: &str) -> bool {
    let separator = |c: char| c == '/' || c == '\\' || c.is_control();
    let trimmed = name.trim();
    !trimmed.is_empty()
        && trimmed == name
        && name.len() <= LONGEST_NAME
        && !name.contains(separator)
        && name != "."
        && name != ".."
}

/// A name that a folder can have, as near to `text` as may be.
fn folder_name(text: &str) -> Option<String> {
    let allowed = |c: char| {
        if c == '/' || c == '\\' || c.is_control() {
            '-'
        } else {
            c
        }
    };
    let name: String = text.chars().map(allowed).collect();
    let end = name.floor_char_boundary(LONGEST_NAME);
    Some(name[..end].trim().to_owned()).filter(|name| names_a_folder(name))
}
