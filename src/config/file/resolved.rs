//! Writes an experiment out again, including all defaults.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Value;

use super::table::KEYS;
use crate::config::{Experiment, ScheduleKind};

impl Experiment {
    /// The experiment as a TOML file with every key that counts. Paths are absolute, so that the file means the same
    /// in any place. Reading it gives the same experiment.
    pub fn to_toml(&self) -> String {
        let mut text = String::new();
        let mut section = "";
        for (key, value) in self.entries() {
            let (table, name) = key.rsplit_once('.').unwrap_or(("", key));
            if table != section {
                section = table;
                text.push_str(&format!("\n[{table}]\n"));
            }
            text.push_str(&format!("{name} = {}\n", plain(&value)));
        }
        text
    }

    /// Every key that counts, with dots as in `training.epochs`, and its value as it would be written.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let entries = self.entries().into_iter();
        entries
            .map(|(key, value)| (key.to_owned(), plain(&value)))
            .collect()
    }

    /// The files and folders that the experiment reads.
    pub fn input_files(&self) -> Vec<&Path> {
        let schedule = match &self.schedule.kind {
            ScheduleKind::File { path } => Some(path),
            ScheduleKind::Linear { .. } | ScheduleKind::Cosine { .. } => None,
        };
        let schedule = schedule.map(PathBuf::as_path);
        self.data.path().into_iter().chain(schedule).collect()
    }

    /// Every key that counts with its value, table by table.
    fn entries(&self) -> Vec<(&'static str, Value)> {
        // The parts of an experiment can be found only in a mutable one.
        let mut copy = self.clone();
        let mut entries = Vec::new();
        for key in KEYS {
            if key.counts(&mut copy).is_ok()
                && let Some(value) = key.write(&mut copy)
            {
                entries.push((key.name, value));
            }
        }
        entries
    }
}

/// A value as a file holds it.
pub(super) fn plain(value: &Value) -> String {
    match value {
        // As short as possible without changing the number: 1e-12, not 0.000000000001.
        Value::Float(number) => format!("{number:?}"),
        Value::Array(values) => {
            let written: Vec<String> = values.iter().map(plain).collect();
            format!("[{}]", written.join(", "))
        }
        other => other.to_string(),
    }
}
