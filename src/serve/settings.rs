//! The settings of a run, by their keys.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use toml::{Table, Value};

/// The keys of an experiment file, such as `data.samples`, each with its value as text.
pub(super) type Settings = BTreeMap<String, String>;

/// Reads the settings from a resolved experiment file. Keys that this version does not know are kept.
///
/// # Errors
/// Says what is wrong with the file.
pub(super) fn read(path: &Path) -> Result<Settings, String> {
    let text = fs::read_to_string(path).map_err(|error| format!("config.toml: {error}"))?;
    of_text(&text).map_err(|error| format!("config.toml: {error}"))
}

/// The settings of a text.
pub(super) fn of_text(text: &str) -> Result<Settings, String> {
    let table: Table = toml::from_str(text).map_err(|error| first_lines(error.message()))?;
    let mut settings = Settings::new();
    flatten("", &table, &mut settings);
    Ok(settings)
}

fn first_lines(message: &str) -> String {
    message.replace('\n', ", ")
}

fn flatten(prefix: &str, table: &Table, settings: &mut Settings) {
    for (key, value) in table {
        let key = format!("{prefix}{key}");
        match value {
            Value::Table(inner) => flatten(&format!("{key}."), inner, settings),
            Value::String(text) => _ = settings.insert(key, text.clone()),
            other => _ = settings.insert(key, other.to_string()),
        }
    }
}
