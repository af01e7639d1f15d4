//! An experiment written out again, every default included.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use toml::Value;

use super::names::Named;
use super::{
    Evaluate, Experiment, ModelKind, Objective, Optimizer, RealData, RowsOrigin, SamplerKind,
    Samples, ScheduleKind, Source,
};

/// A key and its value.
type Entry = (&'static str, Value);

impl Experiment {
    /// The experiment as a TOML file in which every key that counts stands. Paths are absolute, so that it
    /// means the same wherever it lies; reading it again gives the same experiment.
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

    /// Every key that counts, dotted as in `training.epochs`, and its value as it would be written.
    pub fn settings(&self) -> BTreeMap<String, String> {
        let entries = self.entries().into_iter();
        entries
            .map(|(key, value)| (key.to_owned(), plain(&value)))
            .collect()
    }

    /// The files and folders that it reads.
    pub fn input_files(&self) -> Vec<&Path> {
        let data = match &self.data.source {
            Source::Spectrum { path } => Some(path),
            Source::Real(real) => match &real.origin {
                RowsOrigin::File { path, .. } => Some(path),
                RowsOrigin::Digits => None,
            },
            Source::PowerLaw { .. } | Source::Spiked { .. } => None,
        };
        let schedule = match &self.schedule.kind {
            ScheduleKind::File { path } => Some(path),
            ScheduleKind::Linear { .. } | ScheduleKind::Cosine { .. } => None,
        };
        let paths = data.into_iter().chain(schedule);
        paths.map(PathBuf::as_path).collect()
    }

    /// Every key that counts with its value, table by table.
    pub(super) fn entries(&self) -> Vec<Entry> {
        let mut entries = vec![
            ("name", Value::from(self.name.as_str())),
            ("seed", whole(self.seed)),
        ];
        self.data_entries(&mut entries);
        self.schedule_entries(&mut entries);
        entries.push(("model.kind", self.model.kind.name().into()));
        match self.model.kind {
            ModelKind::PerStep => {}
            ModelKind::TimeBasis { basis } => entries.push(("model.basis", count(basis))),
            ModelKind::TwoLayer { width } => entries.push(("model.width", count(width))),
        }
        entries.extend([
            ("model.init", self.model.init.into()),
            ("model.target", word(self.model.target)),
        ]);
        self.training_entries(&mut entries);
        entries.push(("sampling.kind", self.sampling.kind.name().into()));
        if let SamplerKind::Ddpm(variance) = self.sampling.kind {
            entries.push(("sampling.variance", word(variance)));
        }
        entries.extend([
            ("sampling.draws", count(self.sampling.draws)),
            ("backend.name", word(self.backend.name)),
            ("backend.precision", word(self.backend.precision)),
        ]);
        entries
    }

    fn data_entries(&self, entries: &mut Vec<Entry>) {
        let data = &self.data;
        entries.push(("data.source", data.source.name().into()));
        match &data.source {
            Source::PowerLaw { dim, exponent } => entries.extend([
                ("data.dim", count(*dim)),
                ("data.exponent", (*exponent).into()),
            ]),
            Source::Spiked { dim, spikes } => entries.extend([
                ("data.dim", count(*dim)),
                ("data.spikes", Value::from(spikes.clone())),
            ]),
            Source::Spectrum { path } => entries.push(("data.path", path_value(path))),
            Source::Real(real) => real_entries(real, entries),
        }
        let samples = match data.samples {
            Samples::Count(samples) => count(samples),
            Samples::Half => "half".into(),
            Samples::All => "all".into(),
        };
        entries.extend([
            ("data.samples", samples),
            ("data.draw", word(data.draw)),
            ("data.mean", word(data.mean)),
        ]);
    }

    fn schedule_entries(&self, entries: &mut Vec<Entry>) {
        let (kind, steps) = match &self.schedule.kind {
            ScheduleKind::Linear { steps, .. } => ("linear", Some(*steps)),
            ScheduleKind::Cosine { steps } => ("cosine", Some(*steps)),
            ScheduleKind::File { .. } => ("file", None),
        };
        entries.push(("schedule.kind", kind.into()));
        entries.extend(steps.map(|steps| ("schedule.steps", count(steps))));
        match &self.schedule.kind {
            ScheduleKind::Linear {
                beta_start,
                beta_end,
                ..
            } => entries.extend([
                ("schedule.beta_start", (*beta_start).into()),
                ("schedule.beta_end", (*beta_end).into()),
            ]),
            ScheduleKind::Cosine { .. } => {}
            ScheduleKind::File { path } => entries.push(("schedule.path", path_value(path))),
        }
        let keep = self.schedule.keep.or(steps);
        entries.extend(keep.map(|keep| ("schedule.keep", count(keep))));
    }

    fn training_entries(&self, entries: &mut Vec<Entry>) {
        let training = &self.training;
        let (objective, draws) = match training.objective {
            Objective::Exact => ("exact", None),
            Objective::Sampled(draws) => ("sampled", Some(draws)),
            Objective::Frozen(draws) => ("frozen", Some(draws)),
        };
        entries.push(("training.objective", objective.into()));
        if let Some(draws) = draws {
            entries.extend([
                ("training.noise_draws", count(draws.noise_draws)),
                ("training.batch_size", count(draws.batch_size.unwrap_or(0))),
            ]);
        }
        let (optimizer, rate) = match training.optimizer {
            Optimizer::Sgd { learning_rate, .. } => (
                "sgd",
                Some(learning_rate.map_or("auto".into(), Value::from)),
            ),
            Optimizer::Adam { learning_rate } => ("adam", Some(learning_rate.into())),
            Optimizer::AdamW { learning_rate } => ("adamw", Some(learning_rate.into())),
            Optimizer::ClosedForm => ("closed-form", None),
        };
        entries.push(("training.optimizer", optimizer.into()));
        if let Optimizer::Sgd { momentum, .. } = training.optimizer {
            entries.push(("training.momentum", momentum.into()));
        }
        if let Some(rate) = rate {
            entries.extend([
                ("training.learning_rate", rate),
                ("training.lr_schedule", word(training.lr_schedule)),
            ]);
        }
        let evaluate = match training.evaluate {
            Evaluate::Log => "log".into(),
            Evaluate::Every(interval) => count(interval),
        };
        entries.extend([("training.epochs", count(training.epochs))]);
        entries.extend(training.tau.map(|tau| ("training.tau", tau.into())));
        entries.extend([
            ("training.weight_decay", training.weight_decay.into()),
            ("training.ridge", training.ridge.into()),
            (
                "training.covariance_ridge",
                training.covariance_ridge.into(),
            ),
            ("training.evaluate", evaluate),
            ("training.basis", word(training.basis)),
            ("training.checkpoints", count(training.checkpoints)),
        ]);
        if let Some(stopping) = training.early_stopping {
            entries.extend([
                ("training.early_stopping.patience", count(stopping.patience)),
                (
                    "training.early_stopping.min_delta",
                    stopping.min_delta.into(),
                ),
            ]);
        }
    }
}

fn real_entries(real: &RealData, entries: &mut Vec<Entry>) {
    if let RowsOrigin::File { path, array } = &real.origin {
        entries.push(("data.path", path_value(path)));
        entries.extend(
            array
                .as_ref()
                .map(|name| ("data.array", name.as_str().into())),
        );
        if let Some(columns) = &real.columns {
            entries.push(("data.columns", columns.to_string().into()));
        }
        entries.extend(real.group.map(|group| ("data.group", count(group))));
        let reading = real.reading;
        entries.extend([
            ("data.header", word(reading.header)),
            ("data.delimiter", word(reading.delimiter)),
            ("data.decimal", word(reading.decimal)),
            ("data.color", word(reading.color)),
        ]);
    }
    entries.extend([
        ("data.pool", count(real.pool)),
        ("data.scale", word(real.scale)),
        ("data.min_variance", real.min_variance.into()),
    ]);
}

fn word<T: Named>(choice: T) -> Value {
    choice.name().into()
}

fn count(number: usize) -> Value {
    whole(number as u64)
}

/// TOML's whole numbers are signed; a checked experiment has no larger ones.
fn whole(number: u64) -> Value {
    Value::Integer(i64::try_from(number).unwrap_or(i64::MAX))
}

fn path_value(path: &std::path::Path) -> Value {
    Value::String(path.to_string_lossy().into_owned())
}

/// A value as it is written in a file.
pub(super) fn plain(value: &Value) -> String {
    match value {
        // As short as it can be and still be the same number: 1e-12, not 0.000000000001.
        Value::Float(number) => format!("{number:?}"),
        Value::Array(values) => {
            let written: Vec<String> = values.iter().map(plain).collect();
            format!("[{}]", written.join(", "))
        }
        other => other.to_string(),
    }
}
