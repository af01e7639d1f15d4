//! The truth: a synthetic spectrum, or the Gaussian of rows that were read.

use std::path::Path;

use faer::{Col, Mat, Scale as Times};

use super::{DataError, Frame, Moments, Spectrum, SpectrumError, Table, read_rows};
use crate::config::{DataConfig, RealData, Scale, Source, numbers};
use crate::gaussian::{Gaussian, symmetric_eigen};

/// The law that stands for the population, and what is known of how it came about.
pub struct Population {
    pub law: Gaussian,
    pub frame: Frame,
    /// Directions that were dropped.
    pub dropped: usize,
    /// The rows that it is of, as they were read; none of a synthetic source.
    pub(super) table: Option<Table>,
}

impl Population {
    /// How many rows it is of: P.
    pub fn rows(&self) -> Option<usize> {
        Some(self.table.as_ref()?.rows.count())
    }
}

/// The truth of a source: of a synthetic one its diagonal covariance, of real data the Gaussian with the mean and
/// the 1/P-covariance of all P rows, small directions dropped, then scaled.
pub fn population(config: &DataConfig) -> Result<Population, DataError> {
    match &config.source {
        Source::PowerLaw { dim, exponent } => {
            let spectrum = Spectrum::power_law(*dim, *exponent);
            Ok(synthetic(spectrum.map_err(at("data.exponent"))?))
        }
        Source::Spiked { dim, spikes } => {
            let spectrum = Spectrum::spiked(*dim, spikes);
            Ok(synthetic(spectrum.map_err(at("data.spikes"))?))
        }
        Source::Spectrum { path } => Ok(synthetic(read_eigenvalues(path)?)),
        Source::Real(real) => of_rows(real),
    }
}

fn at(key: &'static str) -> impl FnOnce(SpectrumError) -> DataError {
    move |error| DataError::setting(key, error.to_string())
}

fn read_eigenvalues(path: &Path) -> Result<Spectrum, DataError> {
    let text = std::fs::read_to_string(path).map_err(DataError::io(path))?;
    let values = numbers(&text).map_err(|problem| DataError::content(path, problem))?;
    Spectrum::from_eigenvalues(values).map_err(|e| DataError::content(path, e.to_string()))
}

fn synthetic(spectrum: Spectrum) -> Population {
    let dim = spectrum.dim();
    let eigenvalues = spectrum.eigenvalues().to_vec();
    Population {
        law: Gaussian::from_spectral(Col::zeros(dim), Mat::identity(dim, dim), eigenvalues),
        frame: Frame::identity(dim),
        dropped: 0,
        table: None,
    }
}

/// The Gaussian of rows that were read, in their own coordinates, or in the eigenvectors that are kept.
///
/// With the eigenvectors v of the rows' covariance (1/P), a direction is kept if its variance is at least
/// `min_variance` times the mean variance; all of them with `min_variance = 0`, be there rows in them or not. With
/// all kept, the rows stay as they are but for the scale, x = scale row, and the frame's origin is 0. With V the
/// columns of those kept, x = scale V' row, and the origin is what the mean has outside of them, (I - V V') mean,
/// so that `origin + V x / scale` is the row, up to what it had in the directions that were dropped.
fn of_rows(real: &RealData) -> Result<Population, DataError> {
    let table = read_rows(real)?;
    let read = Moments::of_read(&table.rows);
    let (values, vectors) = symmetric_eigen(read.covariance.as_ref())?;
    // Rounding leaves a little below zero where there is nothing.
    let values: Vec<f64> = values.into_iter().map(|v| v.max(0.0)).collect();
    let (dim, total) = (values.len(), values.iter().sum::<f64>());
    let threshold = real.min_variance * total / dim as f64;
    let kept = values.iter().filter(|&&v| v >= threshold).count();
    if kept == 0 || total == 0.0 {
        return Err(nothing_kept(total, real.min_variance, table.rows.count()));
    }
    let scale = match real.scale {
        Scale::Trace => (kept as f64 / values[..kept].iter().sum::<f64>()).sqrt(),
        Scale::None => 1.0,
    };
    let (law, frame) = match kept == dim {
        true => in_read_coordinates(read, scale)?,
        false => {
            let basis = vectors.subcols(0, kept).to_owned();
            in_kept_directions(&read, basis, &values[..kept], scale)
        }
    };
    Ok(Population {
        law,
        frame,
        dropped: dim - kept,
        table: Some(table),
    })
}

fn nothing_kept(total: f64, min_variance: f64, rows: usize) -> DataError {
    if total == 0.0 {
        let problem = format!("the {rows} rows are all alike: no direction has any variance");
        return DataError::setting("data", problem);
    }
    let problem = format!(
        "{min_variance} times the mean variance is more than any direction has: give at most 1"
    );
    DataError::setting("data.min_variance", problem)
}

fn in_read_coordinates(read: Moments, scale: f64) -> Result<(Gaussian, Frame), DataError> {
    let covariance = read.covariance * Times(scale * scale);
    let frame = Frame {
        scale,
        ..Frame::identity(covariance.nrows())
    };
    let law = Gaussian::from_covariance(read.mean * Times(scale), covariance.as_ref())?;
    Ok((law, frame))
}

fn in_kept_directions(
    read: &Moments,
    basis: Mat<f64>,
    values: &[f64],
    scale: f64,
) -> (Gaussian, Frame) {
    let along = basis.transpose() * &read.mean;
    let origin = &read.mean - &basis * &along;
    let variances: Vec<f64> = values.iter().map(|v| v * scale * scale).collect();
    let identity = Mat::identity(values.len(), values.len());
    let law = Gaussian::from_spectral(along * Times(scale), identity, variances);
    let frame = Frame {
        origin,
        basis,
        scale,
    };
    (law, frame)
}
