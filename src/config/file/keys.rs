//! Questions to the table of keys: find a key, when does it count, its default, the tables of the documentation.

use super::key::Key;
use super::resolved::plain;
use super::table::KEYS;
use crate::config::{EarlyStopping, Experiment, Source};

/// The key with that dotted name.
pub fn find(name: &str) -> Option<&'static Key> {
    KEYS.iter().find(|key| key.name == name)
}

/// Whether `name` is a table that holds keys, such as `training`.
pub(super) fn is_section(name: &str) -> bool {
    KEYS.iter().any(|key| {
        let rest = key.name.strip_prefix(name);
        rest.is_some_and(|rest| rest.starts_with('.'))
    })
}

/// The content of a table: its keys and the tables inside it, by their dotted names.
pub(super) fn inside(section: &str) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for key in KEYS {
        let rest = match section {
            "" => Some(key.name),
            _ => key
                .name
                .strip_prefix(section)
                .and_then(|r| r.strip_prefix('.')),
        };
        let Some(first) = rest.and_then(|rest| rest.split('.').next()) else {
            continue;
        };
        let name = join(section, first);
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

pub(super) fn join(section: &str, key: &str) -> String {
    match section {
        "" => key.to_owned(),
        _ => format!("{section}.{key}"),
    }
}

impl Key {
    /// The table of the key, such as `training`; empty for a key outside of any table.
    pub fn section(&self) -> &'static str {
        self.name.split_once('.').map_or("", |(section, _)| section)
    }

    /// The default as it would be written, or in words if it is not a single value.
    pub fn default_text(&self) -> String {
        match self.default {
            Some(words) => words.to_owned(),
            None => {
                let default = self.write(&mut self.example());
                default.map_or("none".to_owned(), |value| plain(&value))
            }
        }
    }

    /// An experiment with all defaults in which the key counts.
    pub(super) fn example(&self) -> Experiment {
        let mut example = Experiment::new(Source::power_law(200, 1.0), 400);
        example.training.early_stopping = Some(EarlyStopping::default());
        let chooser = self
            .only
            .and_then(|only| Some((find(only.key)?, only.values)));
        if let Some((chooser, values)) = chooser {
            let read = chooser.read(&mut example, &values[0].into());
            debug_assert_eq!(read, Ok(()), "{self:?} counts for a word that there is");
        }
        example
    }

    /// Whether the key counts in an experiment. If not, the error is the key that decides and its value.
    pub(super) fn counts(&self, experiment: &mut Experiment) -> Result<(), (&'static str, String)> {
        let Some(only) = self.only else {
            return Ok(());
        };
        let chosen = find(only.key).and_then(|chooser| chooser.write(experiment));
        match chosen {
            Some(chosen)
                if only
                    .values
                    .iter()
                    .any(|value| chosen.as_str() == Some(value)) =>
            {
                Ok(())
            }
            chosen => Err((only.key, chosen.as_ref().map_or(String::new(), plain))),
        }
    }

    /// When the key counts, in words; empty if it always does.
    pub fn counts_text(&self) -> String {
        match self.only {
            None => String::new(),
            Some(only) => {
                let values: Vec<String> = only.values.iter().map(|v| format!("{v:?}")).collect();
                format!("{} = {}", only.key, values.join(", "))
            }
        }
    }
}

/// The keys of a table of the file as a Markdown table, for the documentation of the section.
pub fn markdown(section: &str) -> String {
    let mut text =
        "| key | default | range | what it says | counts where |\n|---|---|---|---|---|\n"
            .to_owned();
    for key in KEYS.iter().filter(|key| key.section() == section) {
        let default = match (key.default, key.default_text()) {
            (Some(words), _) => words.to_owned(),
            (None, value) => format!("`{value}`"),
        };
        let meaning = key.meaning.replace('|', "\\|");
        let counts = key.counts_text();
        let counts = if counts.is_empty() {
            counts
        } else {
            format!("`{counts}`")
        };
        let row = format!(
            "| `{}` | {default} | {} | {meaning} | {counts} |\n",
            key.name, key.allowed
        );
        text.push_str(&row);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::super::key::{Allowed, Kind};
    use super::*;

    #[test]
    fn a_table_lists_what_stands_in_it() {
        assert_eq!(
            inside("sampling"),
            ["sampling.kind", "sampling.variance", "sampling.draws"]
        );
        assert!(inside("training").contains(&"training.early_stopping".to_owned()));
        assert!(inside("").contains(&"backend".to_owned()));
        assert!(is_section("training.early_stopping") && !is_section("train"));
    }

    /// The tables of the documentation, by section.
    const DOCUMENTED: [(&str, &str); 7] = [
        ("", include_str!("../tables/experiment.md")),
        ("data", include_str!("../tables/data.md")),
        ("schedule", include_str!("../tables/schedule.md")),
        ("model", include_str!("../tables/model.md")),
        ("training", include_str!("../tables/training.md")),
        ("sampling", include_str!("../tables/sampling.md")),
        ("backend", include_str!("../tables/backend.md")),
    ];

    #[test]
    fn the_documentation_of_each_section_shows_its_keys() {
        let known = |section| DOCUMENTED.iter().any(|(name, _)| *name == section);
        assert!(KEYS.iter().all(|key| known(key.section())));
        let wrong = DOCUMENTED
            .into_iter()
            .filter(|(section, text)| *text != markdown(section));
        let wrong: Vec<String> = wrong
            .map(|(section, _)| format!("[{section}]\n{}", markdown(section)))
            .collect();
        assert!(
            wrong.is_empty(),
            "src/config/tables should be\n{}",
            wrong.concat()
        );
    }

    #[test]
    fn a_key_that_decides_whether_others_count_stands_before_them() {
        for (place, key) in KEYS.iter().enumerate() {
            let Some(only) = key.only else { continue };
            let chooser = KEYS[..place].iter().find(|other| other.name == only.key);
            let Some(Allowed::Words(words)) = chooser.map(|chooser| chooser.allowed) else {
                panic!("{key:?}: no choice before it is called {}", only.key)
            };
            for value in only.values {
                assert!(words().contains(value), "{key:?} counts for {value}");
            }
        }
    }

    #[test]
    fn a_key_that_counts_has_a_value_unless_it_has_no_default() {
        for key in KEYS {
            let mut example = key.example();
            assert!(key.counts(&mut example).is_ok(), "{key:?}");
            let without = ["all", "none", "the only one", "that of the data"];
            let without = key.default.is_some_and(|words| without.contains(&words));
            let written = key.write(&mut example).is_some();
            assert!(written || without, "{key:?}");
        }
    }

    #[test]
    fn every_default_is_in_its_range_and_is_read_as_it_is_written() {
        for key in KEYS.iter().filter(|key| key.kind != Kind::Path) {
            let mut example = key.example();
            if let Some(value) = key.write(&mut example) {
                assert!(key.allowed.admits(&value), "{key:?} = {value}");
                key.read(&mut example, &value).unwrap();
                assert_eq!(key.write(&mut example), Some(value), "{key:?}");
            }
        }
    }

    /// A number, or a list of numbers, whether written with a point or without.
    fn numbers(value: &toml::Value) -> Option<Vec<f64>> {
        let values = value.as_array();
        let values = values.map_or(std::slice::from_ref(value), |values| values);
        let whole = |value: &toml::Value| value.as_integer().map(|whole| whole as f64);
        let number = |value: &toml::Value| value.as_float().or_else(|| whole(value));
        values.iter().map(number).collect()
    }

    /// Whatever a key is given, what is written is what was read.
    #[test]
    fn a_value_of_every_key_is_written_as_it_was_read() {
        let values = |key: &Key| -> Vec<toml::Value> {
            match key.allowed {
                Allowed::Words(words) => words().into_iter().map(Into::into).collect(),
                Allowed::Range(..) => vec![
                    3.into(),
                    16.into(),
                    vec![4, 6].into(),
                    0.25.into(),
                    "0..3".into(),
                    "half".into(),
                    "log".into(),
                    vec![0.5, 0.25].into(),
                ],
            }
        };
        for key in KEYS {
            let mut example = key.example();
            let taken = values(key).into_iter().filter(|value| {
                let admitted = key.allowed.admits(value) && key.read(&mut example, value).is_ok();
                if admitted {
                    let again = key.write(&mut example);
                    let same = again.as_ref() == Some(value)
                        || again.as_ref().and_then(numbers) == numbers(value);
                    assert!(same, "{key:?} = {value}");
                }
                admitted
            });
            assert!(taken.count() > 0, "{key:?} takes none of the values");
        }
    }
}
