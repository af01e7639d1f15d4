//! Answers from the rows of a file: those of `lindiff forecast --json` and `lindiff spectrum --json`.

use std::path::Path;

use lindiff::config::{CheckedExperiment, ConfigError, Draft, Setting};
use lindiff::data::rows_of_bytes;
use lindiff::forecast::{
    self, Forecast, ForecastError, Settings, SpectrumReport, spectrum_of_rows,
};
use serde::Serialize;

use crate::memory::progress;

/// An answer, and how the settings were read.
#[derive(Serialize)]
pub struct Answer<T> {
    #[serde(flatten)]
    answer: T,
    /// Notes on settings that do not count.
    settings_notes: Vec<String>,
}

/// The experiment that the command makes of a file and its settings.
fn experiment(
    name: &str,
    sets: &[String],
) -> Result<(CheckedExperiment, Vec<String>), ConfigError> {
    let loaded = Draft::of_data(Path::new(name))?.with(&Setting::all_typed(sets)?)?;
    Ok((loaded.experiment, loaded.notes))
}

pub fn forecast(
    name: &str,
    sets: &[String],
    samples: &[usize],
    bytes: Vec<u8>,
) -> Result<Answer<Forecast>, ForecastError> {
    let (experiment, settings_notes) = experiment(name, sets)?;
    let mut tell = |at: forecast::Progress| progress(at.done, at.all, at.test_loss);
    let answer = forecast::of_bytes(&experiment, bytes, samples, true, &[], &mut tell)?;
    Ok(Answer {
        answer,
        settings_notes,
    })
}

pub fn spectrum(
    name: &str,
    sets: &[String],
    bytes: Vec<u8>,
) -> Result<Answer<SpectrumReport>, ForecastError> {
    let (experiment, settings_notes) = experiment(name, sets)?;
    let real = experiment.data.source.real().ok_or(ForecastError::NoRows)?;
    let table = rows_of_bytes(real, bytes)?;
    let settings = Settings::default()
        .source(experiment.name.clone())
        .scale(real.scale)
        .min_variance(real.min_variance)
        .seed(experiment.seed);
    let answer = spectrum_of_rows(table.rows, &settings)?;
    Ok(Answer {
        answer,
        settings_notes,
    })
}
