//! From the `[data]` table of an experiment to its truth, training set and test set.

use std::path::Path;

use faer::{Col, Mat, Scale as Times};
use rayon::prelude::*;

use super::split::split;
use super::{DataError, Dataset, Frame, Laws, Moments, Rows, Table, read_rows};
use crate::config::{DataConfig, Draw, RealData, Samples, Scale, Source, numbers};
use crate::gaussian::{Gaussian, symmetric_eigen};
use crate::random::{Purpose, fill_normal, stream};

/// Rows over a training set below which drawing without replacement shows.
const MANY_ROWS: usize = 4;
/// Rows over dimensions below which a truth is itself a rough estimate.
const FEW_ROWS: usize = 5;

/// The law that stands for the population, and what is known of how it came about.
pub struct Population {
    pub law: Gaussian,
    pub frame: Frame,
    /// Directions that were dropped.
    pub dropped: usize,
    /// The rows that it is of, in the kept coordinates, and their groups; none of a synthetic source.
    rows: Option<(Rows, Option<Vec<String>>)>,
}

/// Reads or makes the truth, and draws or splits off the training set (interface: 'the truth, the training set and
/// the test set').
pub fn load(config: &DataConfig, seed: u64) -> Result<Dataset, DataError> {
    let population = population(config)?;
    let mut warnings = Vec::new();
    let (train_rows, test) = match (config.samples, config.draw, &population.rows) {
        (Samples::Count(samples), Draw::Gaussian, _) => {
            warnings.extend(rough_truth(&population));
            (gaussian_rows(&population.law, samples, seed), None)
        }
        (Samples::Count(samples), Draw::Rows, Some((rows, groups))) => {
            warnings.extend(rough_truth(&population));
            warnings.extend(few_rows(samples, rows.count()));
            let split = split(rows.count(), groups.as_deref(), samples, seed)?;
            let test = Moments::of(&rows.select(&split.test));
            (rows.select(&split.train), Some(test))
        }
        (Samples::All, _, Some((rows, _))) => return all_rows(config, &population, rows),
        (_, _, None) => {
            let problem = "a synthetic source has no rows to take: use draw = \"gaussian\" and a number of samples";
            return Err(DataError::setting("data.draw", problem));
        }
    };
    let train = match config.center {
        true => Moments::of(&train_rows),
        false => Moments::about(&train_rows, population.law.mean().clone()),
    };
    Ok(Dataset {
        laws: Laws {
            train,
            test,
            truth: Some(population.law),
            frame: population.frame,
        },
        train_rows,
        dropped: population.dropped,
        warnings,
    })
}

/// All rows are the training set: nothing is left to be the truth.
fn all_rows(
    config: &DataConfig,
    population: &Population,
    rows: &Rows,
) -> Result<Dataset, DataError> {
    if !config.center {
        let problem =
            "samples = \"all\" leaves no truth whose mean could be known: the mean is fitted";
        return Err(DataError::setting("data.center", problem));
    }
    Ok(Dataset {
        laws: Laws {
            truth: None,
            train: Moments::of(rows),
            test: None,
            frame: population.frame.clone(),
        },
        train_rows: rows.clone(),
        dropped: population.dropped,
        warnings: Vec::new(),
    })
}

/// The truth of a source: of a synthetic one its diagonal covariance, of real data the Gaussian with the mean and
/// the 1/P-covariance of all P rows, small directions dropped, then scaled.
pub fn population(config: &DataConfig) -> Result<Population, DataError> {
    match &config.source {
        Source::PowerLaw { dim, exponent } => Ok(synthetic(power_law(*dim, *exponent))),
        Source::Spiked { dim, spikes } => Ok(synthetic(spiked(*dim, spikes)?)),
        Source::Spectrum { path } => Ok(synthetic(read_eigenvalues(path)?)),
        Source::Real(real) => of_rows(real),
    }
}

/// `lambda_nu = d nu^-k / sum nu^-k`, so that the trace is d.
fn power_law(dim: usize, exponent: f64) -> Vec<f64> {
    let decay: Vec<f64> = (1..=dim).map(|nu| (nu as f64).powf(-exponent)).collect();
    let sum: f64 = decay.iter().sum();
    decay.into_iter().map(|x| dim as f64 * x / sum).collect()
}

/// The spikes, then ones.
fn spiked(dim: usize, spikes: &[f64]) -> Result<Vec<f64>, DataError> {
    if spikes.len() > dim {
        let problem = format!("{} spikes in {dim} dimensions", spikes.len());
        return Err(DataError::setting("data.spikes", problem));
    }
    let mut eigenvalues = vec![1.0; dim];
    eigenvalues[..spikes.len()].copy_from_slice(spikes);
    Ok(eigenvalues)
}

fn read_eigenvalues(path: &Path) -> Result<Vec<f64>, DataError> {
    let text = std::fs::read_to_string(path).map_err(DataError::io(path))?;
    let values = numbers(&text).map_err(|problem| DataError::content(path, problem))?;
    if let Some(index) = values.iter().position(|v| !(v.is_finite() && *v >= 0.0)) {
        let problem = format!(
            "eigenvalue {} is {}: it must be a number from 0 up",
            index + 1,
            values[index]
        );
        return Err(DataError::content(path, problem));
    }
    if values.iter().all(|v| *v == 0.0) {
        return Err(DataError::content(path, "no eigenvalue above 0"));
    }
    Ok(values)
}

fn synthetic(mut eigenvalues: Vec<f64>) -> Population {
    eigenvalues.sort_unstable_by(|a, b| b.total_cmp(a));
    let dim = eigenvalues.len();
    Population {
        law: Gaussian::from_spectral(Col::zeros(dim), Mat::identity(dim, dim), eigenvalues),
        frame: Frame::identity(dim),
        dropped: 0,
        rows: None,
    }
}

/// The Gaussian of rows that were read, in their own coordinates, or in the eigenvectors that are kept.
///
/// Where directions are dropped, what the mean has in them goes into the frame's origin.
fn of_rows(real: &RealData) -> Result<Population, DataError> {
    let Table { rows, groups, .. } = read_rows(real)?;
    let read = Moments::of(&rows);
    let (values, vectors) = symmetric_eigen(read.covariance.as_ref())?;
    let dim = values.len();
    let threshold = real.min_variance * values.iter().sum::<f64>() / dim as f64;
    let kept = values
        .iter()
        .filter(|&&v| v > 0.0 && v >= threshold)
        .count();
    if kept == 0 {
        let problem = format!("no direction of the {} rows has any variance", rows.count());
        return Err(DataError::setting("data", problem));
    }
    let scale = match real.scale {
        Scale::Trace => (kept as f64 / values[..kept].iter().sum::<f64>()).sqrt(),
        Scale::None => 1.0,
    };
    let basis = match kept == dim {
        true => Mat::identity(dim, dim),
        false => vectors.subcols(0, kept).to_owned(),
    };
    let along = basis.transpose() * &read.mean;
    let origin = match kept == dim {
        true => Col::zeros(dim),
        false => &read.mean - &basis * &along,
    };
    let mean = along * Times(scale);
    let law = if kept == dim {
        let covariance = read.covariance * Times(scale * scale);
        Gaussian::from_covariance(mean, covariance.as_ref())?
    } else {
        let variances = values[..kept].iter().map(|v| v * scale * scale).collect();
        Gaussian::from_spectral(mean, Mat::identity(kept, kept), variances)
    };
    let frame = Frame {
        origin,
        basis,
        scale,
    };
    Ok(Population {
        law,
        rows: Some((frame.trained_coordinates(&rows), groups)),
        frame,
        dropped: dim - kept,
    })
}

/// N draws from a law, row i from a stream of its own: `x = m + V sqrt(lambda) xi`.
fn gaussian_rows(law: &Gaussian, samples: usize, seed: u64) -> Rows {
    let dim = law.dim();
    let roots: Vec<f64> = law.variances().iter().map(|v| v.sqrt()).collect();
    let mut along = vec![0.0; samples * dim];
    along.par_chunks_mut(dim).enumerate().for_each(|(i, row)| {
        fill_normal(&mut stream(seed, Purpose::Data, i as u64), row);
        row.iter_mut().zip(&roots).for_each(|(x, root)| *x *= root);
    });
    let turned = Rows::new(along, dim).as_matrix() * law.basis().transpose();
    let mean = law.mean();
    let values = (0..samples * dim).map(|k| turned[(k / dim, k % dim)] + mean[k % dim]);
    Rows::new(values.collect(), dim)
}

fn rough_truth(population: &Population) -> Option<String> {
    let rows = population.rows.as_ref()?.0.count();
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
