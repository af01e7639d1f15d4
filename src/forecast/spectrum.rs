//! The report on a covariance spectrum.

use serde::Serialize;

use super::{ForecastError, Gaussianity, Settings};
use crate::config::Scale;
#[cfg(feature = "files")]
use crate::config::{CheckedExperiment, Source};
#[cfg(feature = "files")]
use crate::data::truth;
use crate::data::{Dimensions, ReadRows, Truth};
use crate::gaussian::{PowerLawFit, Spectrum};
use crate::theory::{Ensemble, Mean, TheoryError, samples_for};

/// The output of `spectrum --json`.
#[derive(Debug, Clone, Serialize)]
pub struct SpectrumReport {
    /// The name of the data.
    pub source: String,
    /// The number of dimensions, and what was left out.
    #[serde(flatten)]
    pub dimensions: Dimensions,
    /// The number of directions with variance: eigenvalues above 0.
    pub rank: usize,
    /// The number of rows behind the covariance.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rows: Option<usize>,
    /// The trace.
    pub trace: f64,
    /// The power law nearest to the eigenvalues; absent if there is only one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub power_law: Option<PowerLawFit>,
    /// `(tr Sigma)^2/tr Sigma^2`
    pub participation_ratio: f64,
    /// `exp(-sum p log p)`, `p = lambda/tr Sigma`
    pub entropy_dimension: f64,
    /// `df1 = sum lambda/(lambda + kappa)` at kappa = 1, 0.1 and 0.01 of the mean eigenvalue.
    pub effective_dimensions: Vec<EffectiveDimension>,
    /// The number of samples (fitted mean, no ridge) for KL(true || sampled) of 0.1 and 0.01 nats per dimension.
    pub samples_for_kl: Vec<SamplesForKl>,
    /// How far the rows are from Gaussian; absent without rows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gaussianity: Option<Gaussianity>,
    /// The eigenvalues, largest first.
    pub eigenvalues: Vec<f64>,
    /// How the data were read, where that was not certain.
    pub notes: Vec<String>,
    /// Warnings.
    pub warnings: Vec<String>,
}

/// The effective dimension df1 at one effective ridge.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct EffectiveDimension {
    /// kappa, in units of the mean eigenvalue
    pub relative_ridge: f64,
    /// The effective dimension.
    pub df1: f64,
}

/// The number of samples that reaches a divergence.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct SamplesForKl {
    /// The divergence to reach.
    pub kl_true_sampled: f64,
    /// The number of samples that reaches it.
    pub samples: usize,
}

/// The spectrum of an experiment's truth. It is the theory's only input besides the number of samples.
///
/// # Errors
/// Anything wrong with the data.
#[cfg(feature = "files")]
pub fn spectrum_report(experiment: &CheckedExperiment) -> Result<SpectrumReport, ForecastError> {
    let truth = truth(&experiment.data)?;
    let scale = match &experiment.data.source {
        Source::Real(real) => real.scale,
        _ => Scale::None,
    };
    report(truth, &experiment.name, scale, experiment.seed)
}

/// The spectrum of rows in memory. Settings that concern only a forecast do not count.
///
/// # Errors
/// The errors of [`Truth::of_rows`].
pub fn spectrum_of_rows(
    rows: impl Into<ReadRows>,
    settings: &Settings,
) -> Result<SpectrumReport, ForecastError> {
    let truth = Truth::of_rows(rows, settings.scale, settings.min_variance)?;
    report(truth, &settings.source, settings.scale, settings.seed)
}

fn report(
    truth: Truth,
    source: &str,
    scale: Scale,
    seed: u64,
) -> Result<SpectrumReport, ForecastError> {
    let (spectrum, dimensions) = truth.whole(scale);
    let (spectrum, rows) = (&spectrum, truth.count());
    // Other rows also vary where the given rows do not.
    let every_direction = match rows {
        Some(_) => &Spectrum::power_law(spectrum.dim(), 0.0).map_err(TheoryError::from)?,
        None => spectrum,
    };
    let dim = spectrum.dim();
    let mut warnings: Vec<String> = truth.warning().cloned().into_iter().collect();
    if let Some(rows) = rows.filter(|rows| *rows <= 5 * dim) {
        warnings.push(format!(
            "{rows} rows in {dim} dimensions: the spectrum is an estimate, whose small eigenvalues follow the number of \
             rows; `lindiff forecast` is meant for that"
        ));
    }
    let gaussianity = truth
        .rows()
        .map(|(rows, principal)| Gaussianity::of(&rows, principal, seed));
    Ok(SpectrumReport {
        source: source.to_owned(),
        dimensions,
        rank: spectrum.rank(),
        rows,
        trace: spectrum.trace(),
        power_law: spectrum.power_law_fit(),
        participation_ratio: spectrum.participation_ratio(),
        entropy_dimension: entropy_dimension(spectrum),
        effective_dimensions: [1.0, 0.1, 0.01]
            .map(|r| effective_dimension(spectrum, r))
            .into(),
        samples_for_kl: [0.1, 0.01]
            .into_iter()
            .map(|kl| samples_for_kl(every_direction, kl))
            .collect::<Result<_, _>>()?,
        gaussianity,
        eigenvalues: spectrum.eigenvalues().to_vec(),
        notes: truth.notes,
        warnings,
    })
}

fn entropy_dimension(spectrum: &Spectrum) -> f64 {
    let trace = spectrum.trace();
    let entropy = spectrum
        .positive()
        .iter()
        .map(|l| -(l / trace) * (l / trace).ln());
    entropy.sum::<f64>().exp()
}

fn effective_dimension(spectrum: &Spectrum, relative_ridge: f64) -> EffectiveDimension {
    let kappa = relative_ridge * spectrum.trace() / spectrum.dim() as f64;
    EffectiveDimension {
        relative_ridge,
        df1: spectrum.positive().iter().map(|l| l / (l + kappa)).sum(),
    }
}

fn samples_for_kl(spectrum: &Spectrum, wanted: f64) -> Result<SamplesForKl, TheoryError> {
    // Exact at finite d and N, where the spectrum does not matter.
    let kl = |ensemble: &Ensemble<'_>| Ok(ensemble.exact_wishart()?.true_sampled.value());
    Ok(SamplesForKl {
        kl_true_sampled: wanted,
        samples: samples_for(spectrum, Mean::Fitted, wanted, kl)?,
    })
}
