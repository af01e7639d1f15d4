//! The written experiment, before it is interpreted: the table of the file with the `--set` values on top of it.

use std::path::{Path, PathBuf};

use toml::{Table, Value};

use super::error::{ConfigError, Origin, Problem};
use super::keys;
use super::meant::nearest_key;
use super::setting::Setting;
use crate::config::{Mean, Named};

/// The longest value that a message repeats completely.
const LONGEST_SHOWN: usize = 80;

/// The merged table, and the place where each part was written.
#[derive(Debug)]
pub(super) struct Written {
    table: Table,
    file: Origin,
    /// The folder from which relative paths of the file start.
    base_dir: PathBuf,
    /// The keys that `--set` gave.
    set: Vec<String>,
    /// Notes on old keys, with their new form.
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
        // The file is checked first, so that its errors are not blamed on the settings.
        written.refuse_unknown(&written.table, "")?;
        for setting in settings {
            let laid = written.lay_over(setting).and_then(|()| written.translate());
            laid.map_err(|problem| problem.at(Origin::Set))?;
        }
        written.refuse_unknown(&written.table, "")?;
        Ok(written)
    }

    /// Puts a key and its value on top of the table.
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
                // A key that holds no others. What was meant is not known; the check below says so.
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

    /// Replaces the old key `data.center` by `data.mean`.
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

    /// Notes on how the experiment is written.
    pub fn notes(&self) -> &[String] {
        &self.notes
    }

    fn refuse_unknown(&self, table: &Table, section: &str) -> Result<(), ConfigError> {
        for (name, value) in table {
            if name.contains('.') {
                // A quoted key with a dot in it is not a path of keys.
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
                // A table in place of a number or word: it is reported as an unknown key inside.
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

    /// The written value of a key.
    pub fn value(&self, key: &str) -> Option<&Value> {
        let mut segments = key.split('.');
        let first = self.table.get(segments.next()?)?;
        segments.try_fold(first, |value, segment| value.as_table()?.get(segment))
    }

    /// The place where a key was written; the file, if it was not written.
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

    /// A written path of `key`, made absolute. Relative paths start from the folder of the file, or from the current
    /// directory if `--set` gave them.
    pub fn absolute(&self, key: &str, path: &str) -> std::io::Result<PathBuf> {
        let path = if self.is_set(key) {
            PathBuf::from(path)
        } else {
            self.base_dir.join(path)
        };
        match std::path::absolute(&path) {
            // A machine without folders, such as WebAssembly: there a path is the name of what is in memory.
            Err(error) if error.kind() == std::io::ErrorKind::Unsupported => Ok(path),
            result => result,
        }
    }
}

/// The prefixes of a dotted name: `a.b.c`, `a.b`, `a`. An index in brackets is cut too.
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

/// The problem of a value that the key does not allow.
pub(super) fn invalid(key: &str, value: &Value, nearest: Option<String>) -> Problem {
    let allowed = keys::find(key).map(|key| key.allowed.to_string());
    Problem::Invalid {
        key: key.to_owned(),
        value: shown(value),
        allowed: allowed.unwrap_or_default(),
        nearest,
    }
}

/// A value as messages show it: on one line and not too long.
pub(super) fn shown(value: &Value) -> String {
    let full = match value {
        // TOML would write it in several lines.
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
