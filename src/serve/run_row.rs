//! A run in the list: what its experiment file says, and the last row of its table.

use std::path::Path;

use serde::Serialize;

use super::metrics::{LastRow, Number};
use super::row::Row;
use super::settings::{self, Settings};
use super::stamp::Stamp;
use super::walk::Found;

/// How much older than the table a summary may be. Copies may round times to two seconds.
const ROUNDING: f64 = 2.0;

/// What a run has come to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(super) enum State {
    /// It has a summary, which is not older than its table.
    Finished,
    /// It has no summary yet. Whether it still trains cannot be told from its files: the age of the last row shows it.
    Unfinished,
    /// Its files cannot be read.
    Broken,
}

/// A run in the list.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(super) struct RunRow {
    id: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    sweep: Option<String>,
    state: State,
    /// Why its files cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
    name: Option<String>,
    model: Option<String>,
    source: Option<String>,
    samples: Option<String>,
    /// The epochs that are to be trained.
    epochs: Option<u64>,
    /// The last epoch that was evaluated, and its values.
    epoch: Option<Number>,
    train_loss: Option<Number>,
    test_loss: Option<Number>,
    oracle_loss: Option<Number>,
    predicted_test_loss: Option<Number>,
    /// When that row was written, in seconds since 1970.
    changed: Option<f64>,
}

/// The stamps of its files: experiment, table, summary.
type Stamps = [Option<Stamp>; 3];

impl Row for RunRow {
    type Stamps = Stamps;

    fn stamps(path: &Path) -> Stamps {
        ["config.toml", "metrics.csv", "summary.json"].map(|name| Stamp::of(&path.join(name)))
    }

    fn read(found: &Found, stamps: &Stamps) -> Self {
        let [_, table, summary] = stamps;
        let settings = settings::read(&found.path.join("config.toml"));
        let last = match table {
            Some(_) => LastRow::read(&found.path.join("metrics.csv")),
            None => Ok(None),
        };
        let changed = table.or(stamps[0]).and_then(Stamp::seconds);
        let finished = summary
            .and_then(Stamp::seconds)
            .is_some_and(|ended| changed.is_none_or(|changed| changed <= ended + ROUNDING));
        let state = match finished {
            true => State::Finished,
            false => State::Unfinished,
        };
        let error = settings.as_ref().err().or(last.as_ref().err()).cloned();
        let state = error.as_ref().map_or(state, |_| State::Broken);
        let settings = settings.unwrap_or_default();
        let of = |key: &str| settings.get(key).cloned();
        let last = last.ok().flatten();
        let cell = |name: &str| last.as_ref().and_then(|last| last.of(name));
        Self {
            id: found.id.clone(),
            sweep: found.sweep.clone(),
            state,
            error,
            name: of("name"),
            model: of("model.kind"),
            source: source(&settings),
            samples: of("data.samples"),
            epochs: of("training.epochs").and_then(|text| text.parse().ok()),
            epoch: cell("epoch"),
            train_loss: cell("train_loss"),
            test_loss: cell("test_loss"),
            oracle_loss: cell("oracle_loss"),
            predicted_test_loss: cell("predicted_test_loss"),
            changed,
        }
    }
}

/// Where the rows come from: the name of a file, or of the source.
fn source(settings: &Settings) -> Option<String> {
    let path = settings.get("data.path").map(Path::new);
    let file = path.and_then(|path| path.file_name());
    let file = file.map(|name| name.to_string_lossy().into_owned());
    file.or_else(|| settings.get("data.source").cloned())
}
