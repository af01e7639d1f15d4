//! The runs of a sweep, and the values that each key takes over them: does one sweep extend another?

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use serde::{Deserialize, Serialize};

use super::identity::RunName;

/// The most differences that a message names.
const NAMED: usize = 4;
/// The most values of a key that a message lists.
const LISTED: usize = 8;
/// The value of a key in a run without that key.
const ABSENT: &str = "absent";

/// The runs of a sweep. They decide whether another sweep extends it; the values of the keys say why not.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RunSet {
    /// The names of the runs in the order of the grid. A run that several points share is there several times.
    pub runs: Vec<RunName>,
    /// Every key that counts and all values that it takes, as `config.toml` has them.
    pub settings: BTreeMap<String, BTreeSet<String>>,
}

impl RunSet {
    /// The set of runs with the given names and settings.
    pub fn of(runs: impl IntoIterator<Item = (RunName, BTreeMap<String, String>)>) -> Self {
        let mut set = Self::default();
        let mut counts = BTreeMap::<String, usize>::new();
        for (name, settings) in runs {
            set.runs.push(name);
            for (key, value) in settings {
                *counts.entry(key.clone()).or_default() += 1;
                set.settings.entry(key).or_default().insert(value);
            }
        }
        for (key, values) in &mut set.settings {
            if counts[key] < set.runs.len() {
                values.insert(ABSENT.to_owned());
            }
        }
        set
    }

    /// Whether this set contains every run of another one: then nothing of the other is lost.
    pub fn extends(&self, other: &Self) -> bool {
        self.lost(other) == 0
    }

    /// How many runs of another set this one does not have.
    fn lost(&self, other: &Self) -> usize {
        let here: HashSet<&RunName> = self.runs.iter().collect();
        let lost = other.runs.iter().filter(|run| !here.contains(run));
        lost.collect::<HashSet<_>>().len()
    }

    /// What this set lacks of another one that it does not extend.
    pub fn lacks(&self, other: &Self) -> String {
        let mut differences = Vec::new();
        let none = BTreeSet::from([ABSENT.to_owned()]);
        for (key, there) in &other.settings {
            let here = self.settings.get(key).unwrap_or(&none);
            let missing: Vec<&String> = there.difference(here).collect();
            if missing.is_empty() {
                continue;
            }
            let hint = match key.as_str() {
                "seed" if there.len() > 1 => " (--repeats)",
                _ => "",
            };
            differences.push(match (there.len(), here.len()) {
                (1, 1) => format!("{key} is {} there and {} here", list(there), list(here)),
                _ => format!(
                    "{key} takes {} there and not here{hint}, where it is {}",
                    list(missing),
                    list(here)
                ),
            });
        }
        if differences.is_empty() {
            let lost = self.lost(other);
            let all = other.runs.iter().collect::<HashSet<_>>().len();
            return format!("{lost} of its {all} runs are no points of this grid");
        }
        let more = differences.len().saturating_sub(NAMED);
        differences.truncate(NAMED);
        if more > 0 {
            differences.push(format!("{more} keys more"));
        }
        differences.join("; ")
    }
}

/// The values, in numerical order if they are numbers.
fn list<'a>(values: impl IntoIterator<Item = &'a String>) -> String {
    let mut values: Vec<&str> = values.into_iter().map(String::as_str).collect();
    let number = |text: &str| text.parse::<f64>().ok();
    values.sort_by(|a, b| match (number(a), number(b)) {
        (Some(a), Some(b)) => a.total_cmp(&b),
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (None, None) => a.cmp(b),
    });
    let more = values.len().saturating_sub(LISTED);
    values.truncate(LISTED);
    let listed = values.join(", ");
    match more {
        0 => listed,
        more => format!("{listed} and {more} more"),
    }
}

#[cfg(test)]
mod tests {
    use std::hash::{DefaultHasher, Hash, Hasher};

    use super::*;

    fn set(runs: &[&[(&str, &str)]]) -> RunSet {
        let settings = |run: &[(&str, &str)]| -> BTreeMap<String, String> {
            run.iter()
                .map(|(k, v)| (k.to_string(), v.to_string()))
                .collect()
        };
        let name = |run: &[(&str, &str)]| {
            let mut hasher = DefaultHasher::new();
            run.hash(&mut hasher);
            format!("{:016x}", hasher.finish()).parse().unwrap()
        };
        RunSet::of(runs.iter().map(|run| (name(run), settings(run))))
    }

    #[test]
    fn a_set_with_the_same_runs_and_more_extends_another_whatever_their_order() {
        let small = set(&[&[("n", "5")], &[("n", "10")]]);
        let large = set(&[&[("n", "20")], &[("n", "10")], &[("n", "5")]]);
        assert!(large.extends(&small) && small.extends(&small));
        assert!(!small.extends(&large));
        assert_eq!(
            small.lacks(&large),
            "n takes 20 there and not here, where it is 5, 10"
        );
    }

    #[test]
    fn the_keys_that_differ_are_named_with_the_values_of_both() {
        let then = set(&[
            &[("ridge", "0.0"), ("n", "5")],
            &[("ridge", "0.0"), ("n", "6")],
        ]);
        let ridge = set(&[
            &[("ridge", "0.1"), ("n", "5")],
            &[("ridge", "0.1"), ("n", "6")],
        ]);
        assert_eq!(ridge.lacks(&then), "ridge is 0.0 there and 0.1 here");
        let without = set(&[&[("n", "5")], &[("n", "6")]]);
        assert_eq!(without.lacks(&then), "ridge is 0.0 there and absent here");
        let other_points = set(&[&[("ridge", "0.0"), ("n", "5"), ("x", "1")]]);
        assert!(
            other_points
                .lacks(&then)
                .starts_with("n takes 6 there and not here")
        );
    }

    #[test]
    fn runs_that_are_lost_without_a_key_that_says_so_are_counted() {
        let full = set(&[
            &[("a", "1"), ("b", "1")],
            &[("a", "1"), ("b", "2")],
            &[("a", "2"), ("b", "1")],
            &[("a", "2"), ("b", "2")],
        ]);
        let diagonal = set(&[&[("a", "1"), ("b", "1")], &[("a", "2"), ("b", "2")]]);
        assert_eq!(
            diagonal.lacks(&full),
            "2 of its 4 runs are no points of this grid"
        );
    }
}
