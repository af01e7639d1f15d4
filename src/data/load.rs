//! From the `[data]` table of an experiment to its truth, training set and test set.

use super::draw::gaussian_rows;
use super::population::{Population, population};
use super::split::split;
use super::{DataError, Dataset, Laws, Moments, Rows};
use crate::config::{DataConfig, Draw, Samples, Source};

/// Rows over a training set below which drawing without replacement shows.
const MANY_ROWS: usize = 4;
/// Rows over dimensions below which a truth is itself a rough estimate.
const FEW_ROWS: usize = 5;

/// Reads or makes the truth, and draws or splits off the training set (interface: 'the truth, the training set and
/// the test set').
///
/// # Errors
/// Whatever is wrong with the input: a file that cannot be read or used, more samples than there are rows, and
/// keys that contradict each other.
pub fn load(config: &DataConfig, seed: u64) -> Result<Dataset, DataError> {
    refuse_contradictions(config)?;
    let population = population(config)?;
    match (config.samples, config.draw, &population.table) {
        (Samples::Count(samples), Draw::Gaussian, _) => {
            let rows = gaussian_rows(&population.law, samples, seed);
            let warnings = rough_truth(&population).into_iter().collect();
            Ok(dataset(config, population, rows, None, warnings))
        }
        (Samples::Count(samples), Draw::Rows, Some(table)) => {
            let split = split(table, samples, seed)?;
            let frame = &population.frame;
            // The rows left over are many, and only their moments are wanted: these are turned, not the rows.
            let test = frame.trained_moments(&Moments::of_selected(&table.rows, &split.test));
            let rows = frame.trained_coordinates(&table.rows.select(&split.train));
            let warnings = rough_truth(&population)
                .into_iter()
                .chain(few_rows(samples, table.rows.count()))
                .collect();
            Ok(dataset(config, population, rows, Some(test), warnings))
        }
        (Samples::All, _, Some(table)) => {
            let rows = population.frame.trained_coordinates(&table.rows);
            Ok(without_truth(population, rows))
        }
        (_, _, None) => {
            let problem = "a synthetic source has no rows to take: use draw = \"gaussian\" and a number of samples";
            Err(DataError::setting("data.draw", problem))
        }
    }
}

fn refuse_contradictions(config: &DataConfig) -> Result<(), DataError> {
    if config.samples == Samples::All && !config.center {
        let problem = "samples = \"all\" leaves no truth whose mean could be known: it is fitted, center = true";
        return Err(DataError::setting("data.center", problem));
    }
    let groups = matches!(&config.source, Source::Real(real) if real.group.is_some());
    let drawn = config.draw == Draw::Gaussian && config.samples != Samples::All;
    if groups && drawn {
        let problem = "draws from a Gaussian have no groups: use draw = \"rows\"";
        return Err(DataError::setting("data.group", problem));
    }
    Ok(())
}

fn dataset(
    config: &DataConfig,
    population: Population,
    train_rows: Rows,
    test: Option<Moments>,
    warnings: Vec<String>,
) -> Dataset {
    let train = match config.center {
        true => Moments::of(&train_rows),
        false => Moments::about(&train_rows, population.law.mean().clone()),
    };
    Dataset {
        laws: Laws {
            train,
            test,
            truth: Some(population.law),
            frame: population.frame,
        },
        train_rows,
        dropped: population.dropped,
        warnings,
    }
}

/// All rows are the training set: nothing is left to be the truth, or to test on.
fn without_truth(population: Population, train_rows: Rows) -> Dataset {
    Dataset {
        laws: Laws {
            truth: None,
            train: Moments::of(&train_rows),
            test: None,
            frame: population.frame,
        },
        train_rows,
        dropped: population.dropped,
        warnings: Vec::new(),
    }
}

fn rough_truth(population: &Population) -> Option<String> {
    let rows = population.rows()?;
    let dim = population.law.dim();
    (rows <= FEW_ROWS * dim).then(|| {
        format!(
            "the truth is itself an estimate: {rows} rows in {dim} dimensions (more than {} would be better)",
            FEW_ROWS * dim
        )
    })
}

fn few_rows(samples: usize, rows: usize) -> Option<String> {
    (samples * MANY_ROWS > rows).then(|| {
        format!(
            "{samples} of {rows} rows are trained on: as the truth is that of these rows, divergences come out \
             lower by about the factor {:.2} than from ever new rows",
            1.0 - samples as f64 / rows as f64
        )
    })
}
