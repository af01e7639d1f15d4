//! What is stored of a run: a line of a log.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserializer, Error as _, MapAccess, Visitor};
use serde::ser::{SerializeMap, Serializer};
use serde::{Deserialize, Serialize};

use super::identity::RunName;
use crate::gaussian::Divergence;
use crate::run::{Measured, PredictedPath, RunError};

/// A measured column of the tables.
pub(super) struct Column {
    pub name: &'static str,
    /// The unit of its numbers.
    #[cfg_attr(not(feature = "parquet"), expect(dead_code))]
    pub unit: &'static str,
    /// Its number in a run; `None` if the run has none.
    pub of: fn(&Measured) -> Option<f64>,
}

const LOSS: &str = "mean squared error per component";
const NATS: &str = "nats per dimension";

macro_rules! column {
    ($name:literal, $unit:expr, $of:expr) => {
        Column {
            name: $name,
            unit: $unit,
            of: $of,
        }
    };
}

/// The measured columns in the order of the table.
pub(super) const COLUMNS: [Column; 12] = [
    column!("train_loss", LOSS, |m| Some(m.loss.train_loss)),
    column!("test_loss", LOSS, |m| m.loss.test_loss),
    column!("oracle_loss", LOSS, |m| m.loss.oracle_loss),
    column!("optimum_train_loss", LOSS, |m| m.loss.optimum_train_loss),
    column!("optimum_test_loss", LOSS, |m| m.loss.optimum_test_loss),
    column!("kl_true_sampled", NATS, |m| Some(
        m.kl?.true_sampled.value()
    )),
    column!("kl_sampled_true", NATS, |m| Some(
        m.kl?.sampled_true.value()
    )),
    column!("predicted_train_loss", LOSS, |m| m.predicted?.train_loss),
    column!("predicted_test_loss", LOSS, |m| Some(
        m.predicted?.test_loss
    )),
    column!("predicted_kl_true_sampled", NATS, |m| {
        m.predicted?.kl_true_sampled.map(Divergence::value)
    }),
    column!("predicted_kl_sampled_true", NATS, |m| {
        m.predicted?.kl_sampled_true.map(Divergence::value)
    }),
    column!("epochs", "passes over the training set", |m| Some(
        m.epochs as f64
    )),
];

/// The column that says what is predicted: the run's own path of training, or its optimum.
pub(super) const PATH: &str = "predicted_path";

/// The measured numbers of a run.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub(super) struct Numbers {
    /// In the order of [`COLUMNS`].
    pub values: [Option<f64>; COLUMNS.len()],
    pub path: Option<PredictedPath>,
}

impl Numbers {
    pub fn of(measured: &Measured) -> Self {
        let predicted = measured.predicted.as_ref();
        Self {
            values: COLUMNS.map(|column| (column.of)(measured)),
            path: predicted.map(|predicted| predicted.path),
        }
    }

    fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// A map from columns to their numbers, written as in the table, because JSON has no infinity.
impl Serialize for Numbers {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(None)?;
        for (column, value) in COLUMNS.iter().zip(self.values) {
            if let Some(value) = value {
                map.serialize_entry(column.name, &value.to_string())?;
            }
        }
        if let Some(path) = self.path {
            map.serialize_entry(PATH, &path)?;
        }
        map.end()
    }
}

impl<'de> Deserialize<'de> for Numbers {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Map;
        impl<'de> Visitor<'de> for Map {
            type Value = Numbers;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("columns with their numbers")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Numbers, A::Error> {
                let mut numbers = Numbers::default();
                while let Some(name) = map.next_key::<&str>()? {
                    if name == PATH {
                        numbers.path = Some(map.next_value()?);
                        continue;
                    }
                    let text: &str = map.next_value()?;
                    if let Some(at) = COLUMNS.iter().position(|column| column.name == name) {
                        let number = text.parse();
                        let wrong = |_| A::Error::custom(format!("{name}: {text:?}"));
                        numbers.values[at] = Some(number.map_err(wrong)?);
                    }
                }
                Ok(numbers)
            }
        }
        deserializer.deserialize_map(Map)
    }
}

/// How a run ended.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct RunRow {
    pub run: RunName,
    #[serde(default, skip_serializing_if = "Numbers::is_empty")]
    pub measured: Numbers,
    /// The time that it took.
    pub seconds: f64,
    /// Seconds since the process began to work on the sweep.
    pub at: f64,
    /// How often it had failed before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub failures: u32,
    /// Why it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Box<str>>,
}

fn is_zero(count: &u32) -> bool {
    *count == 0
}

impl RunRow {
    /// The row of a run that ended, as if it had taken no time and never failed before.
    pub fn of(run: RunName, outcome: Result<&Measured, &RunError>) -> Self {
        Self {
            run,
            measured: outcome.map_or_else(|_| Numbers::default(), Numbers::of),
            seconds: 0.0,
            at: 0.0,
            failures: 0,
            error: outcome.err().map(|error| error.to_string().into()),
        }
    }
}

/// What decides which of several rows of one run counts, and what the state of a sweep is made of.
pub(super) trait Ended {
    fn run(&self) -> RunName;
    fn failures(&self) -> u32;
    fn has_failed(&self) -> bool;

    /// Whether this row counts in place of another one of its run: a run that was done counts before one that failed,
    /// and a later failure before an earlier one. Two rows of a run that was done twice have equal numbers.
    fn supersedes(&self, other: &Self) -> bool {
        match (self.has_failed(), other.has_failed()) {
            (true, true) => self.failures() > other.failures(),
            (mine, others) => !mine && others,
        }
    }
}

impl Ended for RunRow {
    fn run(&self) -> RunName {
        self.run
    }

    fn failures(&self) -> u32 {
        self.failures
    }

    fn has_failed(&self) -> bool {
        self.error.is_some()
    }
}

/// A row without its numbers: how a run ended, and when.
#[derive(Debug, Deserialize)]
pub(super) struct RowEnd {
    pub run: RunName,
    pub seconds: f64,
    pub at: f64,
    #[serde(default)]
    pub failures: u32,
    #[serde(default)]
    pub error: Option<Box<str>>,
}

impl Ended for RowEnd {
    fn run(&self) -> RunName {
        self.run
    }

    fn failures(&self) -> u32 {
        self.failures
    }

    fn has_failed(&self) -> bool {
        self.error.is_some()
    }
}

/// The keys in which a run differs from the base of its log, with their values; `None` for a key that it does not have.
pub(super) type Differences = BTreeMap<String, Option<String>>;

/// The differences of settings from those of a base.
pub(super) fn differences(
    settings: &BTreeMap<String, String>,
    base: &BTreeMap<String, String>,
) -> Differences {
    let here = settings
        .iter()
        .filter(|(key, value)| base.get(*key) != Some(value));
    let here = here.map(|(key, value)| (key.clone(), Some(value.clone())));
    let absent = base.keys().filter(|key| !settings.contains_key(*key));
    here.chain(absent.map(|key| (key.clone(), None))).collect()
}

/// The settings that differ from those of a base.
pub(super) fn differing(
    base: &BTreeMap<String, String>,
    differences: Differences,
) -> BTreeMap<String, String> {
    let mut settings = base.clone();
    for (key, value) in differences {
        match value {
            Some(value) => settings.insert(key, value),
            None => settings.remove(&key),
        };
    }
    settings
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(failures: u32, error: Option<&str>) -> RunRow {
        RunRow {
            run: "0123456789abcdef".parse().unwrap(),
            measured: Numbers::default(),
            seconds: 1.5,
            at: 2.0,
            failures,
            error: error.map(Into::into),
        }
    }

    #[test]
    fn a_row_is_read_as_it_was_written_with_infinite_numbers() {
        let mut done = row(0, None);
        done.measured.values[1] = Some(0.1 + 0.2);
        done.measured.values[5] = Some(f64::INFINITY);
        done.measured.path = Some(PredictedPath::Flow);
        for row in [done, row(3, Some("not \"finite\"\n"))] {
            let text = serde_json::to_string(&row).unwrap();
            assert!(!text.contains('\n'));
            assert_eq!(serde_json::from_str::<RunRow>(&text).unwrap(), row);
        }
    }

    #[test]
    fn a_run_that_was_done_counts_before_failures_and_a_later_failure_before_an_earlier_one() {
        let order = [row(0, Some("a")), row(1, Some("b")), row(0, None)];
        for (i, earlier) in order.iter().enumerate() {
            for (j, later) in order.iter().enumerate() {
                assert_eq!(later.supersedes(earlier), j > i, "{i} {j}");
            }
        }
    }

    #[test]
    fn settings_follow_from_a_base_and_the_differences_from_it() {
        let of = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            let owned = |(k, v): &(&str, &str)| (k.to_string(), v.to_string());
            pairs.iter().map(owned).collect()
        };
        let base = of(&[("a", "1"), ("b", "2"), ("c", "3")]);
        let settings = of(&[("a", "1"), ("b", "4"), ("d", "5")]);
        let found = differences(&settings, &base);
        assert_eq!(found.keys().collect::<Vec<_>>(), ["b", "c", "d"]);
        assert_eq!(differing(&base, found), settings);
    }
}
