//! Are your rows enough, which ridge is best, when should training stop, what would more rows bring?
//!
//! Every answer comes from the rows alone, whatever their law ([`equations`](crate::equations) section 9): no truth is
//! known, and no rows are held out. The loss with the rows as they are is measured by leave-one-out, exactly. So are
//! the best ridge and the best time to stop. For other numbers of rows it is carried over
//! ([`Transport`](crate::theory::Transport)).

mod checks;
mod choice;
mod covariances;
mod divergence;
mod error;
mod found;
mod gaussian;
mod gaussianity;
mod interval;
mod levels;
mod now;
mod progress;
mod question;
mod result;
mod rows;
mod settings;
mod spectrum;
mod verdict;

use self::checks::Checked;
use self::covariances::Folds;
use self::divergence::Divergences;
use self::found::Found;
use self::gaussian::GaussianRows;
use self::levels::Levels;
use self::now::Now;
use self::question::{Answer, Answers, Question};
use self::rows::ForecastRows;
use self::verdict::verdict;
#[cfg(feature = "files")]
use crate::config::{CheckedExperiment, RealData, Source};
#[cfg(feature = "files")]
use crate::data::{DataError, different_units, read_rows, rows_of_bytes};
use crate::data::{Parts, ReadRows, Table, far_apart, in_units};
#[cfg(feature = "files")]
use crate::gaussian::Covariance;
use crate::theory::{LeaveOneOut, RowProducts};

pub use checks::{Concentration, Copies, GroupsLeftOut, LeftOutTogether, RowChecks, RowOrder};
pub use choice::{best_covariance_ridge, best_ridge};
pub use error::{ForecastError, LEAST_ROWS};
pub use gaussianity::Gaussianity;
pub use progress::{Observer, Progress};
pub use result::{
    Basis, BestRidge, BestTime, Covariances, CurvePoint, Estimate, Forecast, Forecasted, Gain,
    GaussianRule, OfCovariance, OfSteps, Quantity, StepForecast, WithSamples,
};
pub use settings::Settings;
#[cfg(feature = "files")]
pub use spectrum::spectrum_report;
pub use spectrum::{EffectiveDimension, SamplesForKl, SpectrumReport, spectrum_of_rows};

/// The number of parts of the jackknife, whose spread gives the intervals.
const PARTS: usize = 10;
/// The number of noise levels of the search for the best time, and of the standard errors by step.
const FINE: usize = 64;
const COARSE: usize = 24;

/// A forecast from all rows of an experiment's source, for them and for other numbers of rows. If no numbers are
/// given, it is for twice and ten times as many. Denoisers that are built on the covariances are compared, see
/// [`Settings::covariances`]. `observer` hears of the progress.
///
/// # Errors
/// A source without rows, anything wrong with its file, and the errors of [`of_rows`].
#[cfg(feature = "files")]
pub fn forecast(
    experiment: &CheckedExperiment,
    samples: &[usize],
    with_curve: bool,
    covariances: &[Covariance],
    observer: Observer<'_>,
) -> Result<Forecast, ForecastError> {
    of_read(
        experiment,
        read_rows,
        (samples, with_curve, covariances),
        observer,
    )
}

/// As [`forecast`], from the bytes of the experiment's file, where they are in memory already, such as in a web page.
///
/// # Errors
/// The errors of [`forecast`].
#[cfg(feature = "files")]
pub fn of_bytes(
    experiment: &CheckedExperiment,
    bytes: Vec<u8>,
    samples: &[usize],
    with_curve: bool,
    covariances: &[Covariance],
    observer: Observer<'_>,
) -> Result<Forecast, ForecastError> {
    let read = |real: &RealData| rows_of_bytes(real, bytes);
    of_read(
        experiment,
        read,
        (samples, with_curve, covariances),
        observer,
    )
}

#[cfg(feature = "files")]
fn of_read(
    experiment: &CheckedExperiment,
    read: impl FnOnce(&RealData) -> Result<Table, DataError>,
    (samples, with_curve, covariances): (&[usize], bool, &[Covariance]),
    observer: Observer<'_>,
) -> Result<Forecast, ForecastError> {
    let Source::Real(real) = &experiment.data.source else {
        return Err(ForecastError::NoRows);
    };
    let settings = Settings::of(experiment, real)?
        .samples(samples)
        .curve(with_curve)
        .covariances(covariances);
    settings.check()?;
    let table = read(real)?;
    let mut warnings: Vec<String> = different_units(&table, real).into_iter().collect();
    if experiment.training.tau.is_some() {
        warnings.push(
            "training.tau does not count in a forecast: it is of training to the end, and of the best time to stop".to_owned(),
        );
    }
    let mut forecast = of_checked(table, &settings, observer)?;
    warnings.append(&mut forecast.warnings);
    forecast.warnings = warnings;
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
/// assert_eq!((found.now.samples, found.with_samples[0].samples), (11, 100));
/// assert!(found.with_samples[0].test_loss.value < found.now.test_loss.value);
/// # Ok::<(), forecast::ForecastError>(())
/// ```
///
/// # Errors
/// Fewer than [`LEAST_ROWS`] rows; numbers that are not finite; rows that are all equal; more memory than there is;
/// settings out of their range.
pub fn of_rows(rows: impl Into<ReadRows>, settings: &Settings) -> Result<Forecast, ForecastError> {
    of_rows_observed(rows, settings, &mut |_| ())
}

/// As [`of_rows`]; `observer` hears of the progress.
///
/// # Errors
/// The errors of [`of_rows`].
pub fn of_rows_observed(
    rows: impl Into<ReadRows>,
    settings: &Settings,
    observer: Observer<'_>,
) -> Result<Forecast, ForecastError> {
    let rows = rows.into();
    settings.check()?;
    rows.check_finite()?;
    let warnings = far_apart(&rows, settings.scale);
    let mut forecast = of_checked(Table::of_rows(rows), settings, observer)?;
    forecast.warnings.splice(0..0, warnings);
    Ok(forecast)
}

fn of_checked(
    table: Table,
    settings: &Settings,
    observer: Observer<'_>,
) -> Result<Forecast, ForecastError> {
    let groups = settings.groups.clone().or_else(|| table.group_numbers());
    let (read, units) = in_units(table.rows, settings.scale)?;
    let rows = ForecastRows::new(&read, settings)?;
    drop(read);
    let covariances = rows.covariances(&settings.covariances, &units)?;
    let count = rows.rows.count();
    let parts = Parts::new(count, groups.as_deref(), PARTS, settings.seed)?;
    let mut progress = Progress::begun(parts.count);
    let products = RowProducts::new(rows.rows.as_matrix());
    let all: Vec<usize> = (0..count).collect();
    let whole = products.leave_one_out(&all)?;
    progress.tell(observer);
    let question = settings.question(count);
    let now = Now::new(&whole, &settings.schedule, &question);
    progress.test_loss = groups.is_none().then(|| now.test_loss().value);
    progress.tell(observer);
    // Training leaves out directions without variance unless it is told not to.
    let all_directions = if whole.rank() < whole.dim() {
        " --set data.min_variance=0"
    } else {
        ""
    };
    let advised = settings.other_network.is_none();
    let best_ridge = advised.then(|| now.best_ridge(all_directions));
    progress.tell(observer);
    let fine = Levels::new(&settings.schedule, FINE);
    let best_time = advised.then(|| now.best_time(settings.init, &fine, all_directions));
    progress.tell(observer);
    let mut folds = Folds::new(&rows.rows, &question, &covariances);
    let answers = Answers {
        whole: question.answer(&whole)?,
        parts: without_parts(&products, &parts, &question, &mut folds, || {
            progress.tell(observer);
        })?,
    };
    let checks = checks(&rows, groups.as_deref(), &whole, &now, &question, settings)?;
    let gaussian = GaussianRows::new(&whole, &question)?;
    let found = Found {
        answers,
        question: &question,
        divergences: Divergences::new(&whole, &question, settings),
    };
    let now_at = found.now(count, now.test_loss(), checks.groups_left_out.as_ref());
    let mut forecast = Forecast {
        source: settings.source.clone(),
        rows: count,
        dimensions: rows.dimensions,
        rank: whole.rank(),
        steps: settings.schedule.len(),
        ridge: settings.ridge,
        covariance_ridge: settings.covariance_ridge,
        train_loss: now.train_loss(),
        oracle_loss: found.answers.loss(|answer| answer.oracle),
        by_step: now.by_step(&Levels::new(&settings.schedule, COARSE)),
        with_samples: found.others(),
        covariances: folds.compared(&whole, advised.then_some(all_directions))?,
        curve: found.curve(&gaussian)?,
        best_ridge,
        best_time: best_time.transpose()?,
        gaussian: match now_at.excess_loss.known() {
            Some(excess) => gaussian.rule(excess.value)?,
            None => None,
        },
        now: now_at,
        of_steps: found.divergences.steps,
        verdict: Vec::new(),
        warnings: warnings(&checks, groups.is_some(), settings),
        checks,
        notes: table.notes,
    };
    forecast.verdict = verdict(&forecast);
    Ok(forecast)
}

/// What the rows say without each of the parts, and the losses on each part of denoisers of the others.
fn without_parts(
    products: &RowProducts<'_>,
    parts: &Parts,
    question: &Question,
    folds: &mut Folds<'_>,
    mut tell: impl FnMut(),
) -> Result<Vec<Answer>, ForecastError> {
    let mut of_part = |part: usize| {
        let others = parts.without(part);
        let left_out = products.leave_one_out(&others)?;
        let answer = question.answer(&left_out)?;
        folds.test(parts.rows_of(part), &others, &left_out)?;
        tell();
        Ok(answer)
    };
    (0..parts.count).map(&mut of_part).collect()
}

/// Everything that speaks against the rows or the experiment.
fn warnings(checks: &RowChecks, grouped: bool, settings: &Settings) -> Vec<String> {
    let other_network = settings.other_network.iter().cloned();
    checks
        .sentences(if grouped { "groups" } else { "rows" })
        .into_iter()
        .chain(other_network)
        .collect()
}

/// Checks the rows, each left out in turn.
fn checks(
    rows: &ForecastRows,
    groups: Option<&[usize]>,
    left_out: &LeaveOneOut,
    now: &Now<'_>,
    question: &Question,
    settings: &Settings,
) -> Result<RowChecks, ForecastError> {
    let steps = question.steps(question.ridge);
    let checked = Checked {
        rows: &rows.rows,
        groups,
        left_out,
        steps: &steps,
        losses: now.by_row(),
        seed: settings.seed,
    };
    checked.checks(|some| {
        let others: Vec<usize> = (0..rows.rows.count())
            .filter(|i| !some.contains(i))
            .collect();
        let (read, _) = in_units(rows.rows.select(&others).into(), settings.scale)?;
        let rows = ForecastRows::new(&read, settings)?;
        let left_out = LeaveOneOut::new(rows.rows.as_matrix())?;
        Ok(left_out.losses(&steps).mean())
    })
}
