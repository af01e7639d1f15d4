//! `structured`: when does a local or a circulant linear network learn images better than a full one? Past the paper
//! ([`equations`](crate::equations) section 10).

use rayon::prelude::*;

use serde::{Deserialize, Serialize};

use crate::config::Mean;
use crate::denoiser::{CommutingDenoiser, Denoiser, Structure, Structured};
use crate::diffusion::Schedule;
use crate::gaussian::{Gaussian, Moments};
use crate::report::{Axis, Chart, Dash, Hue, Quantity};
use crate::reproduce::draw::{between, theory_and_means};
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::group::{Group, Regime};
use crate::reproduce::lab::{Lab, check};
use crate::reproduce::pixel_rows::PixelRows;
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::reproduce::seeds::seed;
use crate::reproduce::sources::sources;
use crate::run::RunError;
use crate::text::statistics::{FAMILY_WISE, Interval};
use crate::theory::Circulant;

/// Noise levels: the standard deviation of the noise, in units of the data.
const SIGMAS: [f64; 2] = [0.2, 1.0];
/// Numbers of training rows.
const SAMPLES: [usize; 7] = [10, 20, 50, 100, 200, 400, 800];
const QUICK_SAMPLES: [usize; 4] = [10, 20, 50, 800];
/// The number of training sets of small images, and of large ones, for which each takes long.
const REPEATS: usize = 300;
const LARGE_REPEATS: usize = 60;
const LARGE: usize = 100;
/// Where locality is judged at little noise, and the full matrix at much.
const FEW: usize = 50;
const MANY: usize = 800;
/// The margin for excesses, which are small differences of losses of real rows.
const EXCESS_MARGIN: f64 = 0.05;
/// Up to so many rows half as many change the loss by more than the margin.
const TOLD_APART: usize = 20;

const HALF: &str = "half as many samples";
const FULL: &str = "full";
const LOCAL_3: &str = "local 3x3";
const LOCAL_5: &str = "local 5x5";
const CIRCULANT: &str = "circulant";
const WIENER: &str = "Wiener's filter";

pub(super) struct StructuredNetworks;

/// Images of one kind.
pub(super) struct Part {
    name: String,
    rows: PixelRows,
    image: [usize; 2],
    theory: Circulant,
}

/// Test losses of a training set at one noise level, of `x_0` and per component.
#[derive(Debug, Clone, Copy, Serialize, Deserialize)]
pub(super) struct Losses {
    full: f64,
    local_3: f64,
    local_5: f64,
    circulant: f64,
    /// Of the best circulant filter for the test rows.
    best_circulant: f64,
    wiener: f64,
}

type OfLosses = fn(&Losses) -> f64;

/// The losses of all training sets, with the noise level and the number of rows.
#[derive(Serialize, Deserialize)]
pub(super) struct Found {
    sigma: f64,
    samples: usize,
    losses: Vec<Losses>,
}

impl Figure for StructuredNetworks {
    const NAME: &'static str = "structured";
    const CLAIM: &'static str = "Past the paper: of few images and at little noise a linear network that looks at the pixels around \
                                 each pixel alone learns more than a full one, at much noise and of many images less; one filter \
                                 for all pixels needs the fewest images, as d scalar problems predict.";
    const CHARTS: &'static [&'static str] = &["", "-much-noise", "-circulant"];
    type Part = Part;
    type Found = Vec<Found>;

    fn plan(lab: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let mut parts = Vec::new();
        for (name, real) in sources(lab.data) {
            let rows = PixelRows::of(real)?;
            if let Some(image) = rows.image {
                let theory = Circulant::new(&rows.law, image)?;
                parts.push(Part {
                    name,
                    rows,
                    image,
                    theory,
                });
            }
        }
        Ok(parts)
    }

    fn label(part: &Part) -> String {
        let [height, width] = part.image;
        format!("{}, {height} x {width} pixels", part.name)
    }

    fn measure(
        lab: &Lab<'_>,
        part: &Part,
        points: &mut MeasuredPoints,
    ) -> Result<Vec<Found>, RunError> {
        let samples: &[usize] = if lab.quick { &QUICK_SAMPLES } else { &SAMPLES };
        let enough = |samples: &&usize| 2 * **samples <= part.rows.rows.count();
        let mut found = Vec::new();
        add_lines(part, samples, points)?;
        for &samples in samples.iter().filter(enough) {
            let sets = sets(lab, part, samples)?;
            for (k, sigma) in SIGMAS.into_iter().enumerate() {
                let losses: Vec<Losses> = sets.iter().map(|set| set[k]).collect();
                add(part, sigma, &losses, samples, points)?;
                found.push(Found {
                    sigma,
                    samples,
                    losses,
                });
            }
        }
        Ok(found)
    }

    fn judge(parts: &[(Part, Vec<Found>)], _: &MeasuredPoints) -> Judgement {
        let differences: Vec<Difference> = parts.iter().flat_map(differences).collect();
        let all = |sigma: f64, is: fn(&Interval) -> bool| {
            let mut of_level = differences.iter().filter(|d| d.sigma == sigma);
            of_level.all(|d| is(&d.interval))
        };
        let texts: Vec<String> = differences.iter().map(Difference::text).collect();
        Judgement {
            measured: format!(
                "Local 3x3 filters against the full matrix, relative test losses: {}.",
                texts.join("; ")
            ),
            tests: vec![
                Test::new(
                    "of 50 images at sigma = 0.2 local filters lose less than the full matrix",
                    all(SIGMAS[0], |interval| interval.high < 0.0),
                ),
                Test::new(
                    "of 800 images at sigma = 1 they lose more",
                    all(SIGMAS[1], |interval| interval.low > 0.0),
                ),
            ],
        }
    }

    fn draw(parts: &[(Part, Vec<Found>)], points: &MeasuredPoints) -> Vec<Chart> {
        let of_level = |sigma: f64| {
            let mut chart = theory_and_means(
                format!("Structured linear networks, sigma = {sigma}"),
                Axis::log("training rows N"),
                Axis::log("test loss of x_0 per component"),
            );
            for (place, (part, _)) in parts.iter().enumerate() {
                // With one source of rows its name is not needed.
                let named = |what: &str| match parts.len() {
                    1 => what.to_owned(),
                    _ => format!("{what}, {}", part.name),
                };
                for (index, what) in [FULL, LOCAL_3, LOCAL_5, CIRCULANT].into_iter().enumerate() {
                    let series = part.series(what, sigma);
                    let dash = if place == 0 {
                        Dash::Solid
                    } else {
                        Dash::Dashed
                    };
                    let drawn = points.draw(&series, &named(what), Hue::nth(index), dash);
                    chart = chart.with(drawn.joined());
                }
                let wiener = points.means(&part.series(WIENER, sigma));
                let wiener = Quantity::new(named(WIENER), Hue::Ink).line_as(Dash::Dotted, wiener);
                chart = chart.with(wiener);
            }
            chart
        };
        let mut excess = theory_and_means(
            "One filter for all pixels, beside its theory",
            Axis::log("training rows N"),
            Axis::log("excess over the best such filter"),
        );
        for (place, (part, _)) in parts.iter().enumerate() {
            for (k, sigma) in SIGMAS.into_iter().enumerate() {
                let series = part.series("excess of circulant", sigma);
                let name = format!("{}, sigma = {sigma}", part.name);
                let hue = Hue::nth(2 * place + k);
                excess = excess.with(points.draw(&series, &name, hue, Dash::Solid));
            }
        }
        vec![of_level(SIGMAS[0]), of_level(SIGMAS[1]), excess]
    }
}

impl Part {
    fn series(&self, what: &str, sigma: f64) -> String {
        format!("{what}, {}, sigma = {sigma}", self.name)
    }
}

/// The losses of every training set, by noise level.
fn sets(lab: &Lab<'_>, part: &Part, samples: usize) -> Result<Vec<Vec<Losses>>, RunError> {
    let interrupt = lab.interrupt;
    let case = format!("structured: {}, N = {samples}", part.name);
    let set = |repeat: usize| {
        check(interrupt)?;
        let [train, rest] = part.rows.split(samples, seed(&case, repeat));
        let (train, test) = (Moments::of(&train).law()?, Moments::of(&rest).law()?);
        let at = |sigma: &f64| losses(part, *sigma, &train, &test);
        SIGMAS.iter().map(at).collect()
    };
    let is_large = part.rows.rows.dim() > LARGE;
    let repeats = if is_large { LARGE_REPEATS } else { REPEATS };
    (0..repeats).into_par_iter().map(set).collect()
}

fn schedule(sigma: f64) -> Schedule {
    Schedule::from_alpha_bar(&[1.0 / (1.0 + sigma * sigma)]).expect("one level")
}

fn losses(part: &Part, sigma: f64, train: &Gaussian, test: &Gaussian) -> Result<Losses, RunError> {
    let (schedule, image) = (schedule(sigma), part.image);
    let covariance = test.covariance();
    let loss = |denoiser: &dyn Denoiser| {
        let losses = denoiser.losses(&schedule, &[(test.mean(), covariance.as_ref())]);
        losses[0][0] * sigma * sigma
    };
    let structured = |structure: Structure, law: &Gaussian| -> Result<f64, RunError> {
        let optimum = Structured::optimum(structure, law, &schedule, |_| 0.0);
        Ok(loss(&optimum.map_err(crate::theory::TheoryError::from)?))
    };
    let local = |patch| structured(Structure::Local { patch, image }, train);
    let circulant = |law| structured(Structure::Circulant { image }, law);
    let full = |law| loss(&CommutingDenoiser::optimum(law, &schedule, |_| 0.0));
    Ok(Losses {
        full: full(train),
        local_3: local(3)?,
        local_5: local(5)?,
        circulant: circulant(train)?,
        best_circulant: circulant(test)?,
        wiener: full(test),
    })
}

/// Adds the points of a number of training rows; the circulant ones beside their theory.
fn add(
    part: &Part,
    sigma: f64,
    losses: &[Losses],
    samples: usize,
    points: &mut MeasuredPoints,
) -> Result<(), RunError> {
    let level = schedule(sigma).step(0).level();
    let (rows, all) = (samples as f64, part.rows.rows.count() as f64);
    // Each of the scalar problems has one dimension, or two: no number of rows is near it.
    let regime = Regime::of(rows);
    let test_loss = |rows: f64| -> Result<f64, RunError> {
        let losses = part.theory.losses(rows, Mean::Fitted, &level, 0.0)?;
        Ok(losses.test_loss * sigma * sigma)
    };
    let limit = part.theory.limit(&level) * sigma * sigma;
    let values = |of: OfLosses| -> Vec<f64> { losses.iter().map(of).collect() };
    let kinds: [(&str, OfLosses); 5] = [
        (FULL, |l| l.full),
        (LOCAL_3, |l| l.local_3),
        (LOCAL_5, |l| l.local_5),
        (CIRCULANT, |l| l.circulant),
        (WIENER, |l| l.wiener),
    ];
    for (what, of) in kinds {
        let told = what == CIRCULANT && samples <= TOLD_APART;
        let against = if told {
            let quantity = format!("test loss of circulant networks, {}", part.name);
            let group = Group::new(&quantity, regime, HALF);
            Some(group.at(test_loss(rows)?, test_loss(rows / 2.0)?))
        } else {
            None
        };
        let series = part.series(what, sigma);
        points.add(series, rows, Origin::ClosedForm, &values(of), against);
    }
    // The test rows are the others of P: their own best filter differs as that of P - N rows.
    let seen = 1.0 / (1.0 / rows + 1.0 / (all - rows));
    let quantity = format!("excess of circulant networks, {}", part.name);
    let group = Group::new(&quantity, regime, HALF).with_margin(EXCESS_MARGIN);
    let against = group.at(test_loss(seen)? - limit, test_loss(seen / 2.0)? - limit);
    let excess = values(|l| l.circulant - l.best_circulant);
    let series = part.series("excess of circulant", sigma);
    points.add(series, rows, Origin::ClosedForm, &excess, against);
    Ok(())
}

/// Adds the theory of circulant networks between the numbers of training rows that are measured.
fn add_lines(part: &Part, samples: &[usize], points: &mut MeasuredPoints) -> Result<(), RunError> {
    let all = part.rows.rows.count() as f64;
    let measured = samples.iter().map(|samples| *samples as f64);
    let measured: Vec<f64> = measured.filter(|rows| 2.0 * rows <= all).collect();
    let (Some(first), Some(last)) = (measured.first(), measured.last()) else {
        return Ok(());
    };
    for sigma in SIGMAS {
        let level = schedule(sigma).step(0).level();
        let limit = part.theory.limit(&level);
        for rows in between(*first, *last, 60) {
            let seen = 1.0 / (1.0 / rows + 1.0 / (all - rows));
            let losses = part.theory.losses(seen, Mean::Fitted, &level, 0.0)?;
            let excess = (losses.test_loss - limit) * sigma * sigma;
            points.add_theory(part.series("excess of circulant", sigma), rows, excess);
            let losses = part.theory.losses(rows, Mean::Fitted, &level, 0.0)?;
            let loss = losses.test_loss * sigma * sigma;
            points.add_theory(part.series(CIRCULANT, sigma), rows, loss);
        }
    }
    Ok(())
}

/// How much more local filters lose than the full matrix, relative to it, over training sets.
struct Difference {
    name: String,
    sigma: f64,
    samples: usize,
    interval: Interval,
}

/// The differences that are judged.
fn differences((part, found): &(Part, Vec<Found>)) -> Vec<Difference> {
    let judged = found.iter().filter(|found| {
        [(SIGMAS[0], FEW), (SIGMAS[1], MANY)].contains(&(found.sigma, found.samples))
    });
    let difference = |found: &Found| {
        let relative = found.losses.iter().map(|l| l.local_3 / l.full - 1.0);
        Difference {
            name: part.name.clone(),
            sigma: found.sigma,
            samples: found.samples,
            interval: Interval::of_mean(&relative.collect::<Vec<_>>(), FAMILY_WISE),
        }
    };
    judged.map(difference).collect()
}

impl Difference {
    fn text(&self) -> String {
        let Self {
            name,
            sigma,
            samples,
            interval,
        } = self;
        let percent = 100.0 * interval.mean;
        format!("{percent:+.0} % for {samples} {name} at sigma = {sigma}")
    }
}
