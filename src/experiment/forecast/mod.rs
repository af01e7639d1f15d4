//! What a person with rows of their own wants to know: are they enough, which ridge, when to stop, what would more bring?
//!
//! Everything comes from the rows alone (theory.md section 6), no truth being known and none held out.

mod rows;

use serde::Serialize;

use self::rows::ForecastRows;
use super::RunError;
use crate::config::{Experiment, Scale, Source};
use crate::data::read_rows;
use crate::diffusion::NoiseLevel;
use crate::report::number;
use crate::theory::{
    AssumedSpectrum, Ensemble, FromRows, Minimum, RowsSpectrum, TheoryError, minimise,
};

/// Parts of the jackknife, whose spread gives the intervals, and Student's quantile for their number.
const PARTS: usize = 10;
const STUDENT: f64 = 2.262;
const FOLDS: usize = 5;
/// Noise levels that the best ridge and time are sought at.
const COARSE: usize = 25;

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
    pub dim: usize,
    /// Columns that are the same in all rows, and left out.
    pub constant: usize,
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
    let read = read_rows(real)?.rows;
    let rows = ForecastRows::new(&read, real.scale == Scale::Trace, experiment.seed)?;
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
        dim: rows.rows.dim(),
        constant: rows.constant,
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

/// What is asked of every set of rows.
struct Question {
    steps: Vec<(NoiseLevel, f64)>,
    /// Rows of the wanted forecasts; those at hand first.
    samples: Vec<usize>,
}

type Based = (f64, Basis);

struct Answer {
    by_step: Vec<f64>,
    oracle: Based,
    with_samples: Vec<Averages>,
    tail: Option<Tail>,
}

struct Averages {
    train: f64,
    test: Based,
    excess: Based,
    w2: Based,
}

impl Question {
    /// The forecasts that a set of rows gives. `samples` stay those of all rows, also where some are left out.
    fn answer(&self, rows: &RowsSpectrum) -> Result<Answer, RunError> {
        let assumed = rows.assumed_spectrum()?;
        let oracle = self.average(rows, &assumed, f64::INFINITY)?;
        let least = rows.least_kappa();
        let w2_basis = match least > 0.0 {
            true => Basis::AssumesTheTail,
            false => Basis::Identified,
        };
        let mut with_samples = Vec::new();
        let mut by_step = Vec::new();
        for (k, &samples) in self.samples.iter().enumerate() {
            let average = self.average(rows, &assumed, samples as f64)?;
            let basis = match (average.basis, oracle.basis) {
                (Basis::Identified, Basis::Identified) => Basis::Identified,
                _ => Basis::AssumesTheTail,
            };
            let ensemble = Ensemble::new(&assumed.spectrum, samples, rows.mean())?;
            with_samples.push(Averages {
                train: average.train,
                test: (average.test, average.basis),
                excess: (average.test - oracle.test, basis),
                w2: (ensemble.wasserstein()?, w2_basis),
            });
            if k == 0 {
                by_step = average.by_step;
            }
        }
        Ok(Answer {
            by_step,
            oracle: (oracle.test, oracle.basis),
            with_samples,
            tail: (least > 0.0).then_some(Tail {
                least_effective_ridge: least,
                exponent: assumed.exponent,
            }),
        })
    }

    /// Losses with a number of rows, averaged over the steps: of each step what the rows say, or else what the assumed
    /// spectrum does.
    fn average(
        &self,
        rows: &RowsSpectrum,
        assumed: &AssumedSpectrum,
        samples: f64,
    ) -> Result<Average, RunError> {
        let (mut train, mut by_step) = (0.0, Vec::new());
        let mut basis = Basis::Identified;
        for (level, gamma) in &self.steps {
            // The oracle has no use for a ridge.
            let gamma = if samples.is_finite() { *gamma } else { 0.0 };
            let losses = match rows.losses(samples, level, gamma)? {
                FromRows::Identified(losses) => losses,
                FromRows::NeedsTail => {
                    basis = Basis::AssumesTheTail;
                    let many = samples.min(1e15);
                    Ensemble::at(&assumed.spectrum, many, rows.mean())?.losses(level, gamma)?
                }
            };
            train += losses.train;
            by_step.push(losses.test);
        }
        let count = self.steps.len() as f64;
        Ok(Average {
            train: train / count,
            test: by_step.iter().sum::<f64>() / count,
            by_step,
            basis,
        })
    }

    /// A few of the steps, from all over the schedule.
    fn coarse(&self) -> Vec<(NoiseLevel, f64)> {
        let count = self.steps.len().min(COARSE);
        let at = |i: usize| self.steps[((2 * i + 1) * self.steps.len()) / (2 * count)];
        (0..count).map(at).collect()
    }

    fn best_ridge(&self, rows: &RowsSpectrum) -> Result<BestRidge, RunError> {
        let samples = rows.samples();
        let test = |steps: &[(NoiseLevel, f64)], ridge: Option<f64>| {
            let mut total = 0.0;
            for (level, gamma) in steps {
                // At their own number the rows always say it.
                match rows.losses(samples, level, ridge.unwrap_or(*gamma))? {
                    FromRows::Identified(losses) => total += losses.test,
                    FromRows::NeedsTail => return Ok(f64::NAN),
                }
            }
            Ok::<f64, TheoryError>(total / steps.len() as f64)
        };
        let coarse = self.coarse();
        let scale = 1.0 + rows.trace() / rows.dim() as f64;
        let best = minimise(
            |ridge| test(&coarse, Some(ridge)),
            1e-9 * scale,
            1e4 * scale,
        )?;
        Ok(BestRidge {
            ridge: best.at,
            test: test(&self.steps, Some(best.at))?,
            test_without: test(&self.steps, Some(0.0))?,
        })
    }

    fn best_time(&self, rows: &RowsSpectrum) -> Result<BestTime, RunError> {
        let coarse = self.coarse();
        let average = |steps: &[(NoiseLevel, f64)], time: f64| {
            let loss = |(level, gamma): &(NoiseLevel, f64)| rows.test_loss_at(level, *gamma, time);
            steps.iter().map(loss).sum::<f64>() / steps.len() as f64
        };
        let test = |time: f64| Ok(average(&coarse, time));
        let scale = 1.0 / (1.0 + rows.trace() / rows.dim() as f64);
        let high = 1e5 * scale;
        let Minimum { at, value } = minimise(test, 1e-2 * scale, high)?;
        let end = test(high)?;
        // What it gains must be worth the name.
        let time = (value < end * (1.0 - 1e-3)).then_some(at);
        Ok(BestTime {
            time,
            test: average(&self.steps, time.unwrap_or(high)),
        })
    }

    fn cross_validation(
        &self,
        rows: &ForecastRows,
        spectrum: &RowsSpectrum,
    ) -> Result<CrossValidation, RunError> {
        let mut losses = Vec::new();
        for fold in 0..FOLDS {
            let held_out = rows.held_out(&rows.without(fold, FOLDS))?;
            let loss = |(level, gamma): &(NoiseLevel, f64)| {
                let (signal, noise) = (level.alpha_bar(), level.noise_variance());
                let weight = |s: f64| noise.sqrt() / (signal * s + noise + gamma);
                let along = |s: f64, square: f64| {
                    let w = weight(s);
                    w * (w * (signal * square + noise) - 2.0 * noise.sqrt())
                };
                let pairs = held_out.eigenvalues.iter().zip(&held_out.squares);
                let shown: f64 = pairs.map(|(&s, &q)| along(s, q)).sum();
                let empty = rows.rows.dim() - held_out.eigenvalues.len();
                let rest = held_out.total - held_out.squares.iter().sum::<f64>();
                let lost = match empty {
                    0 => 0.0,
                    _ => empty as f64 * along(0.0, rest / empty as f64),
                };
                1.0 + (shown + lost) / rows.rows.dim() as f64
            };
            losses.push(self.steps.iter().map(loss).sum::<f64>() / self.steps.len() as f64);
        }
        let folds = FOLDS as f64;
        let test = losses.iter().sum::<f64>() / folds;
        let squares: f64 = losses.iter().map(|l| (l - test).powi(2)).sum();
        let samples = rows.without(0, FOLDS).len();
        let assumed = spectrum.assumed_spectrum()?;
        Ok(CrossValidation {
            folds: FOLDS,
            samples,
            test,
            standard_error: (squares / (folds * (folds - 1.0))).sqrt(),
            forecast: self.average(spectrum, &assumed, samples as f64)?.test,
        })
    }
}

struct Average {
    train: f64,
    test: f64,
    by_step: Vec<f64>,
    basis: Basis,
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
    let (rows, dim) = (forecast.rows, forecast.dim);
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
