//! The properties of a key.

use std::fmt;

use toml::Value;

use super::field::{Field, Misread};
use crate::config::{Experiment, Named};

/// A key that an experiment file may hold.
#[derive(Clone, Copy)]
pub struct Key {
    /// The name with dots, as in `training.epochs`.
    pub name: &'static str,
    /// The meaning of the key, in a few words.
    pub meaning: &'static str,
    /// The values that the key may have.
    pub allowed: Allowed,
    /// The choice under which the key counts. Under any other choice it is ignored with a note. `None`: it always
    /// counts.
    pub only: Option<Only>,
    /// Whether the key must be given where it counts.
    pub required: bool,
    /// The default in words, if it is not a single value.
    pub(super) default: Option<&'static str>,
    pub(super) kind: Kind,
    pub(super) access: Access,
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

/// A key counts only where `key` is one of `values`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Only {
    /// The key that decides.
    pub key: &'static str,
    /// The values under which the key counts.
    pub values: &'static [&'static str],
}

/// The values that a key may have.
#[derive(Clone, Copy)]
pub enum Allowed {
    /// One of these words.
    Words(fn() -> Vec<&'static str>),
    /// A range in words, and whether a value is in it.
    Range(&'static str, fn(&Value) -> bool),
}

impl Allowed {
    /// The words of a choice.
    pub(super) const fn words<T: Named>() -> Self {
        Allowed::Words(|| T::NAMES.iter().map(|(name, _)| *name).collect())
    }

    pub(super) fn admits(&self, value: &Value) -> bool {
        match self {
            Allowed::Words(words) => value.as_str().is_some_and(|word| words().contains(&word)),
            Allowed::Range(_, admits) => admits(value),
        }
    }
}

/// Formatted to follow "must be".
impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Allowed::Range(text, _) => f.write_str(text),
            Allowed::Words(words) => {
                let quoted: Vec<String> = words().iter().map(|word| format!("{word:?}")).collect();
                let (last, others) = quoted.split_last().expect("a choice has words");
                write!(f, "{} or {last}", others.join(", "))
            }
        }
    }
}

/// How the text of a setting, `KEY=VALUE`, is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// As TOML.
    Value,
    /// As text, whatever it looks like: `name=2024`.
    Text,
    /// As the path of a file.
    Path,
}

/// Where an experiment holds the value of a key.
#[derive(Clone, Copy)]
pub(super) enum Access {
    /// In this part; `None` where the key does not count.
    Part(fn(&mut Experiment) -> Option<&mut dyn Field>),
    /// In a part that is written in another way than its type elsewhere.
    Own {
        write: fn(&Experiment) -> Option<Value>,
        read: fn(&mut Experiment, &Value) -> Result<(), Misread>,
    },
}

impl Key {
    /// The value in an experiment; `None` if the key is not written.
    pub(super) fn write(&self, experiment: &mut Experiment) -> Option<Value> {
        match self.access {
            Access::Part(part) => part(experiment)?.write(),
            Access::Own { write, .. } => write(experiment),
        }
    }

    /// Sets the value in an experiment in which the key counts.
    pub(super) fn read(&self, experiment: &mut Experiment, value: &Value) -> Result<(), Misread> {
        match self.access {
            Access::Part(part) => part(experiment).map_or(Ok(()), |part| part.read(value)),
            Access::Own { read, .. } => read(experiment, value),
        }
    }
}
