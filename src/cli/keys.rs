//! `lindiff keys`

use std::process::ExitCode;

use clap::Args;
use serde::Serialize;

use super::failure::Failure;
use super::output::Output;
use crate::config::{KEYS, Key};

/// The keys of an experiment file, with their defaults and ranges
#[derive(Debug, Args)]
#[command(after_help = "Examples:
  lindiff keys
  lindiff keys training
  lindiff keys ridge --json")]
pub(super) struct Keys {
    /// Only keys with this in their names
    word: Option<String>,
}

#[derive(Serialize)]
struct Listed {
    keys: Vec<Shown>,
}

#[derive(Serialize)]
struct Shown {
    key: &'static str,
    meaning: &'static str,
    default: String,
    range: String,
    /// The choice under which the key counts; absent if it always does.
    #[serde(skip_serializing_if = "String::is_empty")]
    counts_where: String,
}

impl From<&Key> for Shown {
    fn from(key: &Key) -> Self {
        Self {
            key: key.name,
            meaning: key.meaning,
            default: key.default_text(),
            range: key.allowed.to_string(),
            counts_where: key.counts_text(),
        }
    }
}

impl Shown {
    /// The key with its default, what it means, and what it may be.
    fn lines(&self) -> String {
        let counts = match self.counts_where.as_str() {
            "" => String::new(),
            counts => format!("\n    counts where {counts}"),
        };
        format!(
            "{} (default: {})\n    {}\n    {}{counts}\n",
            self.key, self.default, self.meaning, self.range
        )
    }
}

impl Keys {
    pub(super) fn run(self, output: &Output) -> Result<ExitCode, Failure> {
        let word = self.word.as_deref().unwrap_or_default();
        let named = KEYS.iter().filter(|key| key.name.contains(word));
        let keys = named.map(Shown::from).collect();
        let listed = Listed { keys };
        output.result(&listed, |_| listed.keys.iter().map(Shown::lines).collect())?;
        Ok(ExitCode::SUCCESS)
    }
}
