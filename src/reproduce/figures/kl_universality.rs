//! `kl-universality`: the divergence times 4N/d, for many spectra.

use rayon::prelude::*;

use serde::{Deserialize, Serialize};

use crate::config::{self, Source};
use crate::report::{Axis, Chart, Dash, Hue, KeyOf, Measured, Quantity};
use crate::reproduce::case::Case;
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::group::Group;
use crate::reproduce::lab::{Lab, samples};
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::reproduce::sources::sources;
use crate::reproduce::study::ideal_kl;
use crate::run::{RunError, RunTheory, Setup};
use crate::text::statistics::{Interval, mean_and_error, worst};

/// The ratio N/d.
const RATIO: f64 = 8.0;
const EXPONENTS: [f64; 5] = [0.0, 0.5, 1.0, 1.5, 2.0];
const SPIKES: [f64; 3] = [20.0, 10.0, 5.0];
/// Directions of real rows with less than this times the mean variance are dropped.
const LEAST: f64 = 0.01;
/// Values with at most this relative difference are called equal.
const SPREAD: f64 = 0.1;

/// The endings of the names of series; a chart uses them as names.
const IDEAL: &str = "ideal sampler";
const TRAINED: &str = "trained, T = 1000";
const REAL_ROWS: &str = "real rows";

pub(super) struct KlUniversality;

/// A data set.
pub(super) struct Part {
    /// Its place on the x axis, from 1.
    place: usize,
    name: String,
    case: Case,
    draw: Draw,
}

/// How training sets are drawn.
enum Draw {
    /// From the Gaussian law of the data, which has `dim` dimensions.
    Gaussian { dim: usize },
    /// Rows of the data, without replacement.
    Rows,
}

/// `4N/d KL(sampled||true)` of the ideal sampler, a mean over training sets.
#[derive(Serialize, Deserialize)]
pub(super) enum Found {
    Gaussian {
        interval: Interval,
    },
    Rows {
        mean: f64,
        error: f64,
        expected: f64,
    },
}

impl Figure for KlUniversality {
    const NAME: &'static str = "kl-universality";
    const CLAIM: &'static str = "The approach to the truth does not depend on the spectrum: KL times 4N/d is the same for all \
                                 data.";
    type Part = Part;
    type Found = Found;

    fn plan(lab: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let dim = lab.dim();
        let mut sets: Vec<(String, Case, Draw)> = Vec::new();
        for exponent in EXPONENTS {
            let case = Case::power_law(lab.dim(), Self::NAME, exponent, RATIO);
            sets.push((format!("k = {exponent}"), case, Draw::Gaussian { dim }));
        }
        let named = |name: &str| format!("{}: {name}", Self::NAME);
        let spiked = Case::new(
            named("three spikes"),
            Source::spiked(dim, SPIKES),
            samples(dim, RATIO),
        );
        sets.push(("three spikes".to_owned(), spiked, Draw::Gaussian { dim }));
        let mut real = Vec::new();
        for (name, rows) in sources(lab.data) {
            let rows = rows.min_variance(LEAST);
            let few = Case::new(named(&name), rows.clone(), 10);
            let dim = few.untrained(0)?.laws().dim();
            let case = Case::new(named(&name), rows.clone(), samples(dim, RATIO));
            let drawn = Case::new(
                named(&format!("{name}, Gaussian draws")),
                rows,
                samples(dim, RATIO),
            );
            let drawn = drawn.with_draw(config::Draw::Gaussian);
            sets.push((
                format!("{name}, Gaussian draws"),
                drawn,
                Draw::Gaussian { dim },
            ));
            real.push((name, case.with_draw(config::Draw::Rows), Draw::Rows));
        }
        sets.extend(real);
        let part = |(place, (name, case, draw))| Part {
            place,
            name,
            case,
            draw,
        };
        Ok((1..).zip(sets).map(part).collect())
    }

    fn label(part: &Part) -> String {
        match part.draw {
            Draw::Gaussian { .. } => part.name.clone(),
            Draw::Rows => format!("{}, {REAL_ROWS}", part.name),
        }
    }

    fn measure(lab: &Lab<'_>, part: &Part, points: &mut MeasuredPoints) -> Result<Found, RunError> {
        match part.draw {
            Draw::Gaussian { dim } => measure_draws(lab, part, dim, points),
            Draw::Rows => measure_rows(lab, part, points),
        }
    }

    fn judge(parts: &[(Part, Found)], _: &MeasuredPoints) -> Judgement {
        let found = || parts.iter().map(|(_, found)| found);
        let draws = found().filter_map(|found| match found {
            Found::Gaussian { interval } => Some(*interval),
            Found::Rows { .. } => None,
        });
        let draws: Vec<Interval> = draws.collect();
        let center = draws.iter().map(|found| found.mean).sum::<f64>() / draws.len() as f64;
        let (least, most) = (center * (1.0 - SPREAD / 2.0), center * (1.0 + SPREAD / 2.0));
        let is_as_gaussian = |found: &Found| match found {
            Found::Gaussian { .. } => true,
            Found::Rows { mean, expected, .. } => (mean / expected - 1.0).abs() < SPREAD,
        };
        let means = || draws.iter().map(|found| found.mean);
        Judgement {
            measured: format!(
                "At N = 8d, 4N/d KL(sampled||true) of the ideal sampler is {:.4} to {:.4} over {} spectra with training sets of \
                 their own (1 in the limit of many samples). Trained networks of the steepest spectra lie elsewhere, as theory \
                 says: descent is slow along small variances, and the sampler's steps err there. Real rows, drawn without \
                 replacement (which lowers the divergence by about 1 - N/P), are not Gaussian: {}.",
                means().fold(f64::INFINITY, f64::min),
                worst(means()),
                draws.len(),
                texts_of_rows(parts).join("; ")
            ),
            tests: vec![
                Test::new(
                    "the 95 % intervals of all spectra of Gaussian draws within 5 % of their mean",
                    draws.iter().all(|found| found.is_between(least, most)),
                ),
                Test::new(
                    "all real rows within 10 % of Gaussian ones",
                    found().all(is_as_gaussian),
                ),
            ],
        }
    }

    fn draw(parts: &[(Part, Found)], points: &MeasuredPoints) -> Vec<Chart> {
        let label = "4N/d KL(sampled||true), 1 in the limit of many samples";
        let names = parts.iter().map(|(part, _)| Self::label(part));
        let mut chart = Chart::new(
            "4N/d KL(sampled||true) at N = 8d",
            Axis::log(label),
            Axis::names(names),
        )
        .key(KeyOf::Line(Dash::Solid), "theory")
        .key(KeyOf::Bars, "mean over training sets, ± 1 standard error")
        .marked(Some((1.0, "the limit d/(4N)".to_owned())));
        let kinds = [IDEAL, TRAINED, REAL_ROWS].into_iter().enumerate();
        for (index, kind) in kinds {
            // The data sets are names on the vertical axis, and the kinds lie beside each other.
            let aside = 0.25 * (index as f64 - 1.0);
            let measured = points.measured_of_all(kind).into_iter();
            let turned = measured.map(|point| Measured {
                x: point.y,
                y: point.x - 1.0 + aside,
                ..point
            });
            let mut quantity = Quantity::new(kind, Hue::nth(index)).measured(turned);
            for (place, value) in points.predicted_of_all(kind) {
                let at = |end: f64| (value, place - 1.0 + aside + end);
                quantity = quantity.line([at(-0.2), at(0.2)]);
            }
            chart = chart.with(quantity);
        }
        vec![chart]
    }
}

fn measure_draws(
    lab: &Lab<'_>,
    part: &Part,
    dim: usize,
    points: &mut MeasuredPoints,
) -> Result<Found, RunError> {
    let times = 4.0 * samples(dim, RATIO) as f64 / dim as f64;
    let case = part.case.clone().with_all_steps();
    let study = case.study(lab, lab.repeats(), &[lab.epochs(2000)])?;
    points.add_departure(study.departure);
    let regime = study.regime()?;
    let x = part.place as f64;
    let ideal = study.try_each(|run| Ok(ideal_kl(&run.setup)?.sampled_true.value() * times))?;
    let exact = study.ensemble()?.exact_wishart()?.sampled_true.value() * times;
    let group = Group::new("KL(sampled||true), ideal sampler", regime, "d/(4N)");
    let series = format!("{}, {IDEAL}", part.name);
    points.add(series, x, Origin::ClosedForm, &ideal, group.at(exact, 1.0));
    let trained = study.each(|run| run.kl(0).sampled_true.value() * times);
    let predicted = study.predicted(0)?.kl_sampled_true;
    let group = Group::new("KL(sampled||true), trained", regime, "an ideal sampler");
    let against = predicted.map(|kl| group.at(kl.value() * times, exact));
    let series = format!("{}, {TRAINED}", part.name);
    points.add(series, x, Origin::Descent, &trained, against);
    let interval = Interval::of_mean(&ideal, 0.05);
    Ok(Found::Gaussian { interval })
}

fn measure_rows(
    lab: &Lab<'_>,
    part: &Part,
    points: &mut MeasuredPoints,
) -> Result<Found, RunError> {
    let sets = (0..lab.repeats()).into_par_iter();
    let sets = sets.map(|repeat| DrawnRows::of(&part.case.untrained(repeat)?));
    let sets = sets.collect::<Result<Vec<_>, RunError>>()?;
    let values: Vec<f64> = sets.iter().map(|set| set.measured).collect();
    points.add(
        format!("{}, {REAL_ROWS}", part.name),
        part.place as f64,
        Origin::ClosedForm,
        &values,
        None,
    );
    let (mean, error) = mean_and_error(&values);
    Ok(Found::Rows {
        mean: mean.unwrap_or(f64::NAN),
        error: error.unwrap_or(f64::NAN),
        expected: sets[0].exact * sets[0].left,
    })
}

/// A training set of real rows: its divergence times 4N/d.
struct DrawnRows {
    measured: f64,
    /// The mean for as many Gaussian rows.
    exact: f64,
    /// `1 - N/P`: the share of the P rows that was not drawn.
    left: f64,
}

impl DrawnRows {
    fn of(setup: &Setup) -> Result<Self, RunError> {
        let theory = RunTheory::of(setup, false)?.expect("data with a known truth");
        let laws = setup.laws();
        let samples = laws.train.count as f64;
        let times = 4.0 * samples / laws.dim() as f64;
        let test = laws.test.as_ref().map_or(0, |test| test.count) as f64;
        Ok(Self {
            measured: ideal_kl(setup)?.sampled_true.value() * times,
            exact: theory.ensemble()?.exact_wishart()?.sampled_true.value() * times,
            left: test / (samples + test),
        })
    }
}

/// The result for each set of real rows, beside that of Gaussian rows.
fn texts_of_rows(parts: &[(Part, Found)]) -> Vec<String> {
    let texts = parts.iter().filter_map(|(part, found)| match found {
        Found::Gaussian { .. } => None,
        Found::Rows {
            mean,
            error,
            expected,
        } => Some(format!(
            "{}: {mean:.3} +- {error:.3}, where Gaussian rows would have about {expected:.3}",
            part.name
        )),
    });
    texts.collect()
}
