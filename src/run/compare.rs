//! Several runs side by side.

use std::path::{Path, PathBuf};

use serde::Serialize;

use super::{EvaluateOptions, RunDirectory, RunError, Summary, evaluate};

/// The output of `compare --json`.
#[derive(Debug, Clone, Serialize)]
pub struct Comparison {
    /// The runs.
    pub runs: Vec<ComparedRun>,
    /// The keys in which the experiments differ, with the value of each run; `null` if a run does not have the key.
    pub differences: Vec<Difference>,
}

#[derive(Debug, Clone, Serialize)]
pub struct ComparedRun {
    /// The run directory.
    pub run: PathBuf,
    /// The name of the experiment.
    pub name: String,
    #[serde(flatten)]
    pub summary: Summary,
}

#[derive(Debug, Clone, Serialize)]
pub struct Difference {
    /// The key.
    pub key: String,
    /// The value of each run.
    pub values: Vec<Option<String>>,
}

/// Evaluates the last checkpoint of each run (the best, if it stopped early), exactly and without drawing, and finds
/// the differences between their experiments.
pub fn compare(roots: &[impl AsRef<Path>]) -> Result<Comparison, RunError> {
    let mut runs = Vec::new();
    let mut experiments = Vec::new();
    for root in roots {
        let directory = RunDirectory::open(root.as_ref())?;
        let experiment = directory.experiment()?;
        let options = EvaluateOptions {
            draws: Some(0),
            ..EvaluateOptions::default()
        };
        runs.push(ComparedRun {
            run: root.as_ref().to_owned(),
            name: experiment.name.clone(),
            summary: evaluate(&directory, options, |_, _| {})?,
        });
        experiments.push(experiment.settings());
    }
    let mut keys: Vec<&String> = experiments.iter().flat_map(|e| e.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    let differences = keys.into_iter().filter_map(|key| {
        let values: Vec<Option<String>> = experiments.iter().map(|e| e.get(key).cloned()).collect();
        let differ = values.iter().any(|value| *value != values[0]);
        differ.then(|| Difference {
            key: key.clone(),
            values,
        })
    });
    Ok(Comparison {
        differences: differences.collect(),
        runs,
    })
}
