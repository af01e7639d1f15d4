//! From the `[data]` table of an experiment to its truth, training set and test set.

use super::population::{Population, population};
use super::split::split;
use super::{DataError, Dataset, Draws, Laws, Moments, Table, TrainingRows, row_weights};
use crate::config::{DataConfig, Draw, Mean, RowWeights, Samples, Source};

/// If there are fewer rows than this times the training set, drawing without replacement shows.
const MANY_ROWS: usize = 4;
/// If there are fewer rows than this times the dimensions, the truth is itself a rough estimate.
const FEW_ROWS: usize = 5;

/// Reads or makes the truth, and draws the training set or splits it off.
///
/// # Errors
/// Anything wrong with the input: a file that cannot be read or used, more samples than rows, keys that contradict
/// each other.
pub fn load(config: &DataConfig, seed: u64) -> Result<Dataset, DataError> {
    refuse_contradictions(config)?;
    let mut population = population(config)?;
    let table = population.table.take();
    let rows = table.as_ref().map_or(0, |table| table.rows.count());
    match (config.samples.of_rows(rows), config.draw, table) {
        (Some(samples), Draw::Gaussian, table) => {
            let weights = row_weights(config.row_weights)?;
            let draws = Draws::new(population.law.clone(), weights, samples, seed)?;
            let train = draws.sums().moments();
            let rows = TrainingRows::Drawn(draws);
            let warnings = rough_truth(&population, table.as_ref());
            let warnings = warnings.into_iter().collect();
            Ok(dataset(config, population, (train, rows), None, warnings))
        }
        (Some(samples), Draw::Rows, Some(table)) => {
            let split = split(&table, samples, seed)?;
            let moments = |chosen: &[usize]| population.frame.moments_of(&table.rows, chosen);
            let (train, test) = (moments(&split.train), moments(&split.test));
            let warnings = rough_truth(&population, Some(&table))
                .into_iter()
                .chain(few_rows(samples, table.rows.count()))
                .collect();
            let rows = read_rows_of(table, [split.train, split.test], &population);
            Ok(dataset(
                config,
                population,
                (train, rows),
                Some(test),
                warnings,
            ))
        }
        (None, _, Some(table)) => {
            let all: Vec<usize> = (0..table.rows.count()).collect();
            let train = population.frame.moments_of(&table.rows, &all);
            let rows = read_rows_of(table, [all, Vec::new()], &population);
            Ok(without_truth(population, train, rows))
        }
        (_, _, None) => {
            let problem = "a synthetic source has no rows to take: use draw = \"gaussian\" and a number of samples";
            Err(DataError::setting("data.draw", problem))
        }
    }
}

fn read_rows_of(
    table: Table,
    [chosen, others]: [Vec<usize>; 2],
    population: &Population,
) -> TrainingRows {
    TrainingRows::Read {
        rows: table.rows,
        chosen,
        others,
        image: table.image.map(|(height, width)| [height, width]),
        frame: population.frame.clone(),
    }
}

fn refuse_contradictions(config: &DataConfig) -> Result<(), DataError> {
    if config.samples == Samples::All && config.mean == Mean::Known {
        let problem = "samples = \"all\" leaves no truth whose mean could be known: it is fitted, mean = \"fitted\"";
        return Err(DataError::setting("data.mean", problem));
    }
    let groups = matches!(&config.source, Source::Real(real) if real.group.is_some());
    let drawn = config.draw == Draw::Gaussian && config.samples != Samples::All;
    if groups && drawn {
        let problem = "draws from a Gaussian have no groups: use draw = \"rows\"";
        return Err(DataError::setting("data.group", problem));
    }
    if config.row_weights != RowWeights::None && !drawn {
        let problem = "rows that are read have no weights: use draw = \"gaussian\"";
        return Err(DataError::setting("data.row_weights", problem));
    }
    Ok(())
}

fn dataset(
    config: &DataConfig,
    population: Population,
    (train, train_rows): (Moments, TrainingRows),
    test: Option<Moments>,
    warnings: Vec<String>,
) -> Dataset {
    let train = match config.mean {
        Mean::Fitted => train,
        Mean::Known => train.about(population.law.mean().clone()),
    };
    Dataset {
        laws: Laws {
            train,
            test,
            truth: Some(population.law),
            frame: population.frame,
        },
        train_rows,
        dropped: population.dimensions.dropped,
        constant: population.dimensions.constant,
        notes: population.notes,
        warnings: population.warning.into_iter().chain(warnings).collect(),
    }
}

/// Makes all rows the training set. Nothing remains for a truth or a test.
fn without_truth(population: Population, train: Moments, train_rows: TrainingRows) -> Dataset {
    Dataset {
        laws: Laws {
            truth: None,
            train,
            test: None,
            frame: population.frame,
        },
        train_rows,
        dropped: population.dimensions.dropped,
        constant: population.dimensions.constant,
        notes: population.notes,
        warnings: population.warning.into_iter().collect(),
    }
}

fn rough_truth(population: &Population, table: Option<&Table>) -> Option<String> {
    let rows = table?.rows.count();
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
