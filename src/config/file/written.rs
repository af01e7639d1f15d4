//! What was written, before it means anything: the file's table with the `--set` values laid over it.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::error::{ConfigError, Origin, Problem};
use super::keys;
use super::meant::nearest_key;
use super::setting::Setting;
use crate::config::{Mean, Named};

/// The longest value that a message repeats in full.
const LONGEST_SHOWN: usize = 80;

/// The merged table, and where each part of it was written.
#[derive(Debug)]
pub(super) struct Written {
    table: Table,
    file: Origin,
    /// The folder that relative paths of the file start from.
    base_dir: PathBuf,
    /// The keys that `--set` gave.
    set: Vec<String>,
    /// Keys of before that were written, and what is written now.
    notes: Vec<String>,
}

impl Written {
    pub fn parse(
        text: &str,
        file: Origin,
        base_dir: &Path,
        settings: &[Setting],
    ) -> Result<Self, ConfigError> {
        // Editors on Windows begin a file with a byte order mark.
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let table = text
            .parse::<Table>()
            .map_err(|error| syntax(text, &error).at(file.clone()))?;
        let mut written = Self {
            table,
            file: file.clone(),
            base_dir: base_dir.to_owned(),
            set: Vec::new(),
            notes: Vec::new(),
        };
        written.translate().map_err(|problem| problem.at(file))?;
        // The file first, so that what is wrong in it is not put down to what was laid over it.
        written.refuse_unknown(&written.table, "")?;
        for setting in settings {
            let laid = written.lay_over(setting).and_then(|()| written.translate());
            laid.map_err(|problem| problem.at(Origin::Set))?;
        }
        written.refuse_unknown(&written.table, "")?;
        Ok(written)
    }

    /// Lays a key and its value over the table.
    fn lay_over(&mut self, Setting { key, value }: &Setting) -> Result<(), Problem> {
        let malformed = || Problem::Setting {
            argument: format!("{key}={}", shown(value)),
        };
        let mut segments: Vec<&str> = key.split('.').map(str::trim).collect();
        let last = segments.pop().ok_or_else(malformed)?;
        let mut table = &mut self.table;
        let mut path = String::new();
        for segment in segments {
            path = keys::join(&path, segment);
            let entry = table
                .entry(segment)
                .or_insert_with(|| Value::Table(Table::new()));
            if !entry.is_table() && keys::is_section(&path) {
                return Err(not_a_table(&path, entry));
            }
            if !entry.is_table() {
                // A key that holds no others: what was meant is unknown, and is said to be so below.
                *entry = Value::Table(Table::new());
            }
            let Value::Table(inner) = entry else {
                return Err(malformed());
            };
            table = inner;
        }
        table.insert(last.to_owned(), value.clone());
        self.set.push(keys::join(&path, last));
        Ok(())
    }

    /// Puts `data.mean` in the place of `data.center`, as it was written before.
    fn translate(&mut self) -> Result<(), Problem> {
        let Some(Value::Table(data)) = self.table.get_mut("data") else {
            return Ok(());
        };
        let Some(center) = data.remove("center") else {
            return Ok(());
        };
        let mean = match center {
            Value::Boolean(true) => Mean::Fitted,
            Value::Boolean(false) => Mean::Known,
            other => {
                return Err(Problem::Invalid {
                    key: "data.center".to_owned(),
                    value: shown(&other),
                    allowed: r#"true or false; it is now written data.mean = "fitted" or "known""#
                        .to_owned(),
                    nearest: None,
                });
            }
        };
        let before = data.insert("mean".to_owned(), mean.name().into());
        if before.is_some() && self.set.is_empty() {
            return Err(Problem::Conflict {
                key: "data.center",
                value: center.to_string(),
                reason: "data.mean says it too: leave data.center out".to_owned(),
            });
        }
        for key in &mut self.set {
            if key == "data.center" {
                *key = "data.mean".to_owned();
            }
        }
        self.notes.push(format!(
            "data.center = {center} is now written data.mean = {:?}",
            mean.name()
        ));
        Ok(())
    }

    /// What the reader of the experiment should be told of how it is written.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    fn refuse_unknown(&self, table: &Table, section: &str) -> Result<(), ConfigError> {
        for (name, value) in table {
            if name.contains('.') {
                // A quoted key with a dot in it is no path of keys.
                let problem = Problem::UnknownKey {
                    key: keys::join(section, &format!("{name:?}")),
                    nearest: nearest_key(&keys::join(section, name)),
                    known: keys::inside(section),
                };
                return Err(problem.at(self.origin(section)));
            }
            let key = keys::join(section, name);
            match value {
                _ if keys::is_section(&key) => match value {
                    Value::Table(inner) => self.refuse_unknown(inner, &key)?,
                    other => return Err(not_a_table(&key, other).at(self.origin(&key))),
                },
                // A table where a number or word belongs: an unknown key inside of it.
                Value::Table(inner) if keys::find(&key).is_some() && !inner.is_empty() => {
                    return Err(invalid(&key, value, None).at(self.origin(&key)));
                }
                _ if keys::find(&key).is_some() => {}
                _ => {
                    let problem = Problem::UnknownKey {
                        nearest: nearest_key(&key),
                        known: keys::inside(section),
                        key: key.clone(),
                    };
                    return Err(problem.at(self.origin(&key)));
                }
            }
        }
        Ok(())
    }

    /// What was written for a key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        let mut segments = key.split('.');
        let first = self.table.get(segments.next()?)?;
        segments.try_fold(first, |value, segment| value.as_table()?.get(segment))
    }

    /// Where a key was written; the file, if nowhere.
    pub fn origin(&self, key: &str) -> Origin {
        if self.is_set(key) {
            Origin::Set
        } else {
            self.file.clone()
        }
    }

    fn is_set(&self, key: &str) -> bool {
        let inside = |set: &str| set.strip_prefix(key).is_some_and(|r| r.starts_with('.'));
        let is_leaf = keys::find(key).is_some();
        ancestors(key).any(|name| self.set.iter().any(|set| set == name))
            || is_leaf && self.set.iter().any(|set| inside(set))
    }

    /// A path that was written for `key`, made absolute: relative ones start from the folder of the file that
    /// names them, or from the current directory where `--set` does.
    pub fn absolute(&self, key: &str, path: &str) -> std::io::Result<PathBuf> {
        if self.is_set(key) {
            std::path::absolute(path)
        } else {
            std::path::absolute(self.base_dir.join(path))
        }
    }
}

/// `a.b.c`, `a.b`, `a`; an index in brackets is cut too.
fn ancestors(key: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(key), |name| {
        name.rfind(['.', '[']).map(|end| &name[..end])
    })
}

fn syntax(text: &str, error: &toml::de::Error) -> Problem {
    let at = error.span().map_or(0, |span| span.start).min(text.len());
    let before = text.get(..at).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |newline| newline + 1);
    Problem::Syntax {
        line: before.matches('\n').count() + 1,
        column: before[line_start..].chars().count() + 1,
        message: error.message().trim().replace('\n', "; "),
    }
}

fn not_a_table(key: &str, value: &Value) -> Problem {
    Problem::Invalid {
        key: key.to_owned(),
        value: shown(value),
        allowed: format!("a table, such as [{key}]"),
        nearest: None,
    }
}

/// The value is not what the key allows.
pub(super) fn invalid(key: &str, value: &Value, nearest: Option<String>) -> Problem {
    let allowed = keys::find(key).map(|key| key.allowed.to_string());
    Problem::Invalid {
        key: key.to_owned(),
        value: shown(value),
        allowed: allowed.unwrap_or_default(),
        nearest,
    }
}

/// A value as a message shows it: on one line and not too long.
pub(super) fn shown(value: &Value) -> String {
    let full = match value {
        // TOML would take several lines for it.
        Value::String(text) if text.contains(char::is_control) => format!("{text:?}"),
        Value::Table(_) => "a table".to_owned(),
        Value::Float(number) => format!("{number:?}"),
        Value::Array(values) => {
            let shown: Vec<String> = values.iter().take(LONGEST_SHOWN).map(shown).collect();
            format!("[{}]", shown.join(", "))
        }
        other => other.to_string(),
    };
    if full.chars().count() <= LONGEST_SHOWN {
        return full;
    }
    let start: String = full.chars().take(LONGEST_SHOWN).collect();
    format!("{start}...")
}
