//! What a person with rows of their own wants to know: are they enough, which ridge, when to stop, what would more bring?
//!
//! Everything comes from the rows alone ([`equations`](crate::equations) section 6), no truth being known and none held
//! out.

mod divergence;
mod error;
mod question;
mod rows;
mod spectrum;
mod verdict;

use serde::Serialize;

use self::divergence::divergences;
use self::question::{Answer, Based, Question};
use self::rows::ForecastRows;
use self::verdict::verdict;
use crate::config::{Experiment, Source};
use crate::data::{Dimensions, different_units, in_units, read_rows};
use crate::diffusion::NoiseLevel;
use crate::gaussian::KlPair;

pub use error::{ForecastError, LEAST_ROWS};
pub use spectrum::{
    EffectiveDimension, Gaussianity, SamplesForKl, SpectrumReport, spectrum_report,
};

/// Parts of the jackknife, whose spread gives the intervals, and Student's quantile for their number.
const PARTS: usize = 10;
const STUDENT: f64 = 2.262;
const FOLDS: usize = 5;

/// What a value rests on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// The rows say it.
    Identified,
    /// It rests on eigenvalues that the rows do not show: a power law, fitted to those that they do.
    AssumesTheTail,
}

/// A value with its 95 % interval, from a jackknife over ten parts of the rows.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Forecasted {
    pub value: f64,
    pub low: f64,
    pub high: f64,
    pub basis: Basis,
}

/// Losses per component, averaged over the steps, with a number of rows.
#[derive(Debug, Clone, Serialize)]
pub struct WithSamples {
    pub samples: usize,
    pub train_loss: f64,
    pub test_loss: Forecasted,
    /// The test loss less the oracle's.
    pub excess_loss: Forecasted,
    /// `sqrt(W2^2/d)` of the ideal sampler without any ridge.
    pub w2: Forecasted,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct StepForecast {
    pub step: usize,
    pub alpha_bar: f64,
    pub test_loss: f64,
    pub low: f64,
    pub high: f64,
}

/// The closed-form denoiser on four fifths of the rows, measured on the others, beside the forecast for as many rows.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CrossValidation {
    pub folds: usize,
    pub samples: usize,
    pub test_loss: f64,
    pub standard_error: f64,
    pub forecast: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct BestRidge {
    pub ridge: f64,
    pub test_loss: f64,
    pub test_loss_without: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct BestTime {
    /// tau, the sum of the learning rates of full-batch steps; absent where training to the end is best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tau: Option<f64>,
    pub test_loss: f64,
}

/// What was assumed below what the rows show.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct Tail {
    /// kappa_N(0): eigenvalues well below it are not shown.
    pub least_effective_ridge: f64,
    /// The power law is `nu^-exponent`.
    pub exponent: f64,
}

/// What `forecast --json` prints.
#[derive(Debug, Clone, Serialize)]
pub struct Forecast {
    pub source: String,
    pub rows: usize,
    #[serde(flatten)]
    pub dimensions: Dimensions,
    pub steps: usize,
    pub ridge: f64,
    pub covariance_ridge: f64,
    pub now: WithSamples,
    pub oracle_loss: Forecasted,
    /// Of what is sampled after training to the end, for Gaussian rows with this spectrum: of the sampler's steps, and without
    /// a ridge of finitely many rows.
    #[serde(flatten)]
    pub kl: KlPair,
    pub by_step: Vec<StepForecast>,
    pub cross_validation: CrossValidation,
    pub best_ridge: BestRidge,
    pub best_time: BestTime,
    pub with_samples: Vec<WithSamples>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    pub verdict: Vec<String>,
    pub warnings: Vec<String>,
    /// How the rows were read, where that was not certain.
    pub notes: Vec<String>,
}

/// Forecasts from all rows of an experiment's source, for them and for other numbers of rows (twice and ten times as
/// many, if none are given).
pub fn forecast(experiment: &Experiment, samples: &[usize]) -> Result<Forecast, ForecastError> {
    let Source::Real(real) = &experiment.data.source else {
        return Err(ForecastError::NoRows);
    };
    if let Some(&samples) = samples.iter().find(|samples| **samples < 3) {
        return Err(ForecastError::FewSamples { samples });
    }
    let mut table = read_rows(real)?;
    let mut warnings: Vec<String> = different_units(&table, real).into_iter().collect();
    if experiment.training.tau.is_some() {
        warnings.push(
            "training.tau does not count in a forecast: it is of training to the end, and of the best time to stop".to_owned(),
        );
    }
    let notes = std::mem::take(&mut table.notes);
    let (read, _) = in_units(table.rows, real.scale)?;
    let rows = ForecastRows::new(&read, real, experiment.seed)?;
    let count = rows.rows.count();
    let schedule = experiment.schedule.build()?;
    let training = &experiment.training;
    let question = Question {
        steps: schedule
            .iter()
            .map(|step| (NoiseLevel::from(&step), training.total_ridge(&step)))
            .collect(),
        samples: match samples {
            [] => vec![count, 2 * count, 10 * count],
            given => std::iter::once(count)
                .chain(given.iter().copied())
                .collect(),
        },
    };
    let all: Vec<usize> = (0..count).collect();
    let spectrum = rows.spectrum(&all)?;
    let whole = question.answer(&spectrum)?;
    let parts: Vec<Answer> = (0..PARTS)
        .map(|part| question.answer(&rows.spectrum(&rows.without(part, PARTS))?))
        .collect::<Result<_, ForecastError>>()?;
    let with_samples: Vec<WithSamples> = (0..question.samples.len())
        .map(|k| WithSamples {
            samples: question.samples[k],
            train_loss: whole.with_samples[k].train,
            test_loss: interval(&whole, &parts, |a| a.with_samples[k].test),
            excess_loss: interval(&whole, &parts, |a| a.with_samples[k].excess),
            w2: interval(&whole, &parts, |a| a.with_samples[k].w2),
        })
        .collect();
    let by_step = (0..schedule.len())
        .map(|index| {
            let test = interval(&whole, &parts, |a| (a.by_step[index], Basis::Identified));
            StepForecast {
                step: schedule.original_step(index),
                alpha_bar: schedule.step(index).alpha_bar,
                test_loss: test.value,
                low: test.low,
                high: test.high,
            }
        })
        .collect();
    let ridged = training.constant_ridge() > 0.0 || training.covariance_ridge > 0.0;
    let mut forecast = Forecast {
        source: experiment.name.clone(),
        rows: count,
        dimensions: rows.dimensions,
        steps: schedule.len(),
        ridge: training.constant_ridge(),
        covariance_ridge: training.covariance_ridge,
        now: with_samples[0].clone(),
        oracle_loss: interval(&whole, &parts, |a| a.oracle),
        kl: divergences(&spectrum, &schedule, experiment.sampling.kind, ridged)?,
        by_step,
        cross_validation: question.cross_validation(&rows, &spectrum)?,
        best_ridge: question.best_ridge(&spectrum)?,
        best_time: question.best_time(&spectrum)?,
        with_samples: with_samples[1..].to_vec(),
        tail: whole.tail,
        verdict: Vec::new(),
        warnings,
        notes,
    };
    forecast.verdict = verdict(&forecast);
    Ok(forecast)
}

/// The whole rows' value, with the jackknife's interval: `se^2 = (g - 1)/g sum (value_part - mean)^2`.
fn interval(whole: &Answer, parts: &[Answer], of: impl Fn(&Answer) -> Based) -> Forecasted {
    let (value, basis) = of(whole);
    let count = parts.len() as f64;
    let values: Vec<f64> = parts.iter().map(|part| of(part).0).collect();
    let mean = values.iter().sum::<f64>() / count;
    let squares: f64 = values.iter().map(|v| (v - mean).powi(2)).sum();
    let half = STUDENT * ((count - 1.0) / count * squares).sqrt();
    Forecasted {
        value,
        low: value - half,
        high: value + half,
        basis,
    }
}
