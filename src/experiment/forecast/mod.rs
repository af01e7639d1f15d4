//! What a person with rows of their own wants to know: are they enough, which ridge, when to stop, what would more bring?
//!
//! Everything comes from the rows alone (theory.md section 6), no truth being known and none held out.

mod question;
mod rows;

use serde::Serialize;

use self::question::{Answer, Based, Question};
use self::rows::ForecastRows;
use super::RunError;
use crate::config::{Experiment, Source};
use crate::data::{Dimensions, in_range, read_rows};
use crate::diffusion::NoiseLevel;
use crate::report::number;

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
    pub train: f64,
    pub test: Forecasted,
    /// The test loss less the oracle's.
    pub excess: Forecasted,
    /// `sqrt(W2^2/d)` of the ideal sampler without any ridge.
    pub w2: Forecasted,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct StepForecast {
    pub step: usize,
    pub alpha_bar: f64,
    pub test: f64,
    pub low: f64,
    pub high: f64,
}

/// The closed-form denoiser on four fifths of the rows, measured on the others, beside the forecast for as many rows.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct CrossValidation {
    pub folds: usize,
    pub samples: usize,
    pub test: f64,
    pub standard_error: f64,
    pub forecast: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct BestRidge {
    pub ridge: f64,
    pub test: f64,
    pub test_without: f64,
}

#[derive(Debug, Clone, Copy, Serialize)]
pub struct BestTime {
    /// tau, the sum of the learning rates of full-batch steps; absent where training to the end is best.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub time: Option<f64>,
    pub test: f64,
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
    pub oracle: Forecasted,
    pub by_step: Vec<StepForecast>,
    pub cross_validation: CrossValidation,
    pub best_ridge: BestRidge,
    pub best_time: BestTime,
    pub with_samples: Vec<WithSamples>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub tail: Option<Tail>,
    pub verdict: Vec<String>,
}

/// Forecasts from all rows of an experiment's source, for them and for other numbers of rows (twice and ten times as
/// many, if none are given).
pub fn forecast(experiment: &Experiment, samples: &[usize]) -> Result<Forecast, RunError> {
    let Source::Real(real) = &experiment.data.source else {
        let problem =
            "a forecast is made from rows: of a synthetic spectrum `lindiff predict` knows more";
        return Err(RunError::Invalid(problem.to_owned()));
    };
    let (read, _) = in_range(read_rows(real)?.rows, real.scale)?;
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
        .collect::<Result<_, RunError>>()?;
    let with_samples: Vec<WithSamples> = (0..question.samples.len())
        .map(|k| WithSamples {
            samples: question.samples[k],
            train: whole.with_samples[k].train,
            test: interval(&whole, &parts, |a| a.with_samples[k].test),
            excess: interval(&whole, &parts, |a| a.with_samples[k].excess),
            w2: interval(&whole, &parts, |a| a.with_samples[k].w2),
        })
        .collect();
    let by_step = (0..schedule.len())
        .map(|index| {
            let test = interval(&whole, &parts, |a| (a.by_step[index], Basis::Identified));
            StepForecast {
                step: schedule.original_step(index),
                alpha_bar: schedule.step(index).alpha_bar,
                test: test.value,
                low: test.low,
                high: test.high,
            }
        })
        .collect();
    let mut forecast = Forecast {
        source: experiment.name.clone(),
        rows: count,
        dimensions: rows.dimensions,
        steps: schedule.len(),
        ridge: training.constant_ridge(),
        covariance_ridge: training.covariance_ridge,
        now: with_samples[0].clone(),
        oracle: interval(&whole, &parts, |a| a.oracle),
        by_step,
        cross_validation: question.cross_validation(&rows, &spectrum)?,
        best_ridge: question.best_ridge(&spectrum)?,
        best_time: question.best_time(&spectrum)?,
        with_samples: with_samples[1..].to_vec(),
        tail: whole.tail,
        verdict: Vec::new(),
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

/// Do you have enough rows, which ridge, when to stop.
fn verdict(forecast: &Forecast) -> Vec<String> {
    let (test, oracle) = (forecast.now.test.value, forecast.oracle.value);
    let share = forecast.now.excess.value / oracle;
    let (rows, dim) = (forecast.rows, forecast.dimensions.dim);
    let assumed = match forecast.now.excess.basis {
        Basis::Identified => "",
        Basis::AssumesTheTail => ", assuming the tail",
    };
    let enough = if share < 0.05 {
        "You have enough rows"
    } else if share < 0.3 {
        "More rows would help"
    } else {
        "You have too few rows for training to the end without a ridge"
    };
    let mut sentences = vec![format!(
        "{enough}: with {rows} in {dim} dimensions the test loss is forecast to be {}, {:.0} % above the least possible, \
         {}{assumed}.",
        number(test),
        100.0 * share,
        number(oracle)
    )];
    let BestRidge {
        ridge,
        test,
        test_without,
    } = forecast.best_ridge;
    sentences.push(match test < test_without * (1.0 - 1e-3) {
        true => format!(
            "The best ridge is {}: test loss {} in the place of {} (ridge gamma; weight decay is twice that).",
            number(ridge),
            number(test),
            number(test_without)
        ),
        false => "No ridge is needed.".to_owned(),
    });
    sentences.push(match forecast.best_time.time {
        Some(time) => format!(
            "Without another ridge stop at time tau = {} (the sum of the learning rates): test loss {}.",
            number(time),
            number(forecast.best_time.test)
        ),
        None => "Training to the end does no harm.".to_owned(),
    });
    let check = forecast.cross_validation;
    let ratio = (check.test - oracle) / (check.forecast - oracle);
    if check.test - check.forecast > 3.0 * check.standard_error && ratio > 1.1 {
        sentences.push(format!(
            "Cross-validation measures {ratio:.1} times the excess loss that is forecast for as many rows: yours are not \
             Gaussian, and the excess losses above are too low by about as much."
        ));
    }
    sentences
}
