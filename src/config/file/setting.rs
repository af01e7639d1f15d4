//! Settings: values that replace those of an experiment file.

use std::path::Path;

use toml::Value;

use super::error::{ConfigError, Origin, Problem};
use super::key::Kind;
use super::keys::find;

/// A key, with dots as in `training.epochs`, and its value.
#[derive(Debug, Clone, PartialEq)]
pub struct Setting {
    pub(super) key: String,
    pub(super) value: Value,
}

impl Setting {
    /// A setting of a key.
    pub fn new(key: &str, value: impl Into<Value>) -> Self {
        Self {
            key: key.to_owned(),
            value: value.into(),
        }
    }

    /// A path, passed without going through TOML text.
    ///
    /// # Errors
    /// A path that is not UTF-8, because an experiment could not be written out with it.
    pub fn path(key: &'static str, path: &Path) -> Result<Self, ConfigError> {
        match path.to_str() {
            Some(text) => Ok(Self::new(key, text)),
            None => {
                let path = path.to_owned();
                Err(Problem::NotUtf8 { key, path }.at(Origin::Set))
            }
        }
    }

    /// A typed `KEY=VALUE`. The value is read as TOML if possible, else as a string.
    pub fn typed(argument: &str) -> Result<Self, ConfigError> {
        let malformed = || {
            let argument = argument.to_owned();
            Problem::Setting { argument }.at(Origin::Set)
        };
        let (key, value) = argument.split_once('=').ok_or_else(malformed)?;
        let (key, value) = (key.trim(), value.trim_ascii());
        if key.split('.').any(|segment| segment.trim().is_empty()) {
            return Err(malformed());
        }
        let text = || Value::String(value.to_owned());
        let value = match value.parse::<Value>() {
            // No key takes a date, so a value that looks like one is a name.
            Ok(Value::Datetime(_)) | Err(_) => text(),
            Ok(Value::String(quoted)) => Value::String(quoted),
            // `--set name=2024`
            Ok(_) if find(key).is_some_and(|key| key.kind != Kind::Value) => text(),
            Ok(parsed) => parsed,
        };
        Ok(Self::new(key, value))
    }

    /// Several typed settings, in their order.
    pub fn all_typed(arguments: &[String]) -> Result<Vec<Self>, ConfigError> {
        arguments
            .iter()
            .map(|argument| Self::typed(argument))
            .collect()
    }
}
