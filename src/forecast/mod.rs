//! Are your rows enough, which ridge is best, when should training stop, what would more rows bring?
//!
//! Every answer comes from the rows alone ([`equations`](crate::equations) section 6). No truth is known, and no rows
//! are held out.

mod checks;
mod divergence;
mod error;
mod question;
mod result;
mod rows;
mod settings;
mod spectrum;
mod verdict;

use self::checks::Checked;
use self::divergence::divergences;
use self::question::{Answer, Based, Question};
use self::rows::ForecastRows;
use self::verdict::verdict;
#[cfg(feature = "files")]
use crate::config::{CheckedExperiment, Source};
use crate::data::{ReadRows, far_apart, in_units};
#[cfg(feature = "files")]
use crate::data::{different_units, read_rows};
use crate::diffusion::Schedule;
use crate::text::statistics::jackknife;
use crate::theory::LeaveOneOut;

pub use checks::{Concentration, Copies, GroupsLeftOut, LeftOutTogether, RowChecks, RowOrder};
pub use error::{ForecastError, LEAST_ROWS};
pub use result::{
    Basis, BestRidge, BestTime, CrossValidation, Forecast, Forecasted, StepForecast, Tail,
    WithSamples,
};
pub use settings::Settings;
#[cfg(feature = "files")]
pub use spectrum::spectrum_report;
pub use spectrum::{
    EffectiveDimension, Gaussianity, SamplesForKl, SpectrumReport, spectrum_of_rows,
};

/// The number of parts of the jackknife, whose spread gives the intervals, and Student's quantile for that number.
const PARTS: usize = 10;
/// Student's quantile at 95 % for [`PARTS`] values, to three digits.
const STUDENT: f64 = 2.262;

/// A forecast from all rows of an experiment's source, for them and for other numbers of rows. If no numbers are
/// given, it is for twice and ten times as many.
///
/// # Errors
/// A source without rows, anything wrong with its file, and the errors of [`of_rows`].
#[cfg(feature = "files")]
pub fn forecast(
    experiment: &CheckedExperiment,
    samples: &[usize],
) -> Result<Forecast, ForecastError> {
    let Source::Real(real) = &experiment.data.source else {
        return Err(ForecastError::NoRows);
    };
    let settings = Settings::of(experiment, real)?.samples(samples);
    settings.check()?;
    let table = read_rows(real)?;
    let mut warnings: Vec<String> = different_units(&table, real).into_iter().collect();
    if experiment.training.tau.is_some() {
        warnings.push(
            "training.tau does not count in a forecast: it is of training to the end, and of the best time to stop".to_owned(),
        );
    }
    let groups = table.groups.as_deref().map(numbered);
    let mut forecast = of_checked(table.rows, groups.as_deref(), &settings)?;
    forecast.warnings.splice(0..0, warnings);
    forecast.notes = table.notes;
    Ok(forecast)
}

/// A forecast from rows in memory, for them and for other numbers of rows.
///
/// ```
/// use lindiff::data::Rows;
/// use lindiff::forecast::{self, Settings};
///
/// // Twelve rows in two dimensions, the second a tenth as wide as the first.
/// let rows = Rows::new((0..24).map(|i| ((i * i) % 7) as f64 / [1.0, 10.0][i % 2]).collect(), 2);
/// let settings = Settings::default().samples(&[100]);
/// let found = forecast::of_rows(rows, &settings)?;
/// assert_eq!(found.with_samples[0].samples, 100);
/// assert!(found.with_samples[0].excess_loss.value < found.now.excess_loss.value);
/// # Ok::<(), forecast::ForecastError>(())
/// ```
///
/// # Errors
/// Fewer than [`LEAST_ROWS`] rows; numbers that are not finite; rows that are all equal; more memory than there is;
/// settings out of their range.
pub fn of_rows(rows: impl Into<ReadRows>, settings: &Settings) -> Result<Forecast, ForecastError> {
    let rows = rows.into();
    settings.check()?;
    rows.check_finite()?;
    let warnings = far_apart(&rows, settings.scale);
    let mut forecast = of_checked(rows, None, settings)?;
    forecast.warnings.splice(0..0, warnings);
    Ok(forecast)
}

fn of_checked(
    rows: ReadRows,
    groups: Option<&[usize]>,
    settings: &Settings,
) -> Result<Forecast, ForecastError> {
    let (read, _) = in_units(rows, settings.scale)?;
    let rows = ForecastRows::new(&read, settings)?;
    let count = rows.rows.count();
    let question = Question {
        steps: settings.steps(),
        samples: settings.samples_from(count),
    };
    let all: Vec<usize> = (0..count).collect();
    let spectrum = rows.spectrum(&all)?;
    let answers = Answers {
        whole: question.answer(&spectrum)?,
        parts: (0..PARTS)
            .map(|part| question.answer(&rows.spectrum(&rows.without(part, PARTS))?))
            .collect::<Result<_, ForecastError>>()?,
    };
    let checks = checks(&read, &rows, groups, &question, settings)?;
    let with_samples = answers.with_samples(&question.samples);
    let ridged = settings.ridge > 0.0 || settings.covariance_ridge > 0.0;
    let mut forecast = Forecast {
        source: settings.source.clone(),
        rows: count,
        dimensions: rows.dimensions,
        steps: settings.schedule.len(),
        ridge: settings.ridge,
        covariance_ridge: settings.covariance_ridge,
        now: with_samples[0].clone(),
        oracle_loss: answers.interval(|a| a.oracle),
        kl: divergences(&spectrum, &settings.schedule, settings.sampler, ridged)?,
        by_step: answers.by_step(&settings.schedule),
        cross_validation: question.cross_validation(&rows, &spectrum)?,
        best_ridge: question.best_ridge(&spectrum)?,
        best_time: question.best_time(&spectrum)?,
        with_samples: with_samples[1..].to_vec(),
        tail: answers.whole.tail,
        verdict: Vec::new(),
        warnings: checks.sentences(if groups.is_some() { "groups" } else { "rows" }),
        checks,
        notes: Vec::new(),
    };
    forecast.verdict = verdict(&forecast);
    Ok(forecast)
}

/// Groups by name as numbers, from 0 by first rows.
#[cfg(feature = "files")]
fn numbered(names: &[String]) -> Vec<usize> {
    let mut numbers = std::collections::HashMap::new();
    let number = |name| {
        let next = numbers.len();
        *numbers.entry(name).or_insert(next)
    };
    names.iter().map(number).collect()
}

/// Checks the rows, each left out in turn.
fn checks(
    read: &ReadRows,
    rows: &ForecastRows,
    groups: Option<&[usize]>,
    question: &Question,
    settings: &Settings,
) -> Result<RowChecks, ForecastError> {
    let left_out = LeaveOneOut::new(rows.rows.as_matrix())?;
    let losses = left_out.losses(&question.steps);
    let checked = Checked {
        rows: &rows.rows,
        groups,
        left_out: &left_out,
        steps: &question.steps,
        losses: &losses.by_row,
        seed: settings.seed,
    };
    let without = |some: &[usize]| {
        let others: Vec<usize> = (0..read.count()).filter(|i| !some.contains(i)).collect();
        let (read, _) = in_units(read.select(&others).into(), settings.scale)?;
        let rows = ForecastRows::new(&read, settings)?;
        Ok(LeaveOneOut::new(rows.rows.as_matrix())?
            .losses(&question.steps)
            .mean())
    };
    checked.checks(without)
}

/// The answers of all rows, and of the rows without each of the parts.
struct Answers {
    whole: Answer,
    parts: Vec<Answer>,
}

impl Answers {
    fn with_samples(&self, samples: &[usize]) -> Vec<WithSamples> {
        let one = |(k, &samples): (usize, &usize)| WithSamples {
            samples,
            train_loss: self.whole.with_samples[k].train,
            test_loss: self.interval(|a| a.with_samples[k].test),
            excess_loss: self.interval(|a| a.with_samples[k].excess),
            w2: self.interval(|a| a.with_samples[k].w2),
        };
        samples.iter().enumerate().map(one).collect()
    }

    fn by_step(&self, schedule: &Schedule) -> Vec<StepForecast> {
        let one = |index: usize| {
            let test = self.interval(|a| (a.by_step[index], Basis::Identified));
            StepForecast {
                step: schedule.original_step(index),
                alpha_bar: schedule.step(index).alpha_bar,
                test_loss: test.value,
                low: test.low,
                high: test.high,
            }
        };
        (0..schedule.len()).map(one).collect()
    }

    /// The value of all rows with the interval of the jackknife: `se^2 = (g - 1)/g sum (value_part - mean)^2`.
    fn interval(&self, of: impl Fn(&Answer) -> Based) -> Forecasted {
        let (value, basis) = of(&self.whole);
        let values: Vec<f64> = self.parts.iter().map(|part| of(part).0).collect();
        let half = STUDENT * jackknife(&values);
        Forecasted {
            value,
            low: value - half,
            high: value + half,
            basis,
        }
    }
}
