//! `copying`: below which noise does the denoiser of N rows copy one of them? Past the paper
//! ([`equations`](crate::equations) section 10).

use faer::{Mat, MatRef, Scale};
use rayon::prelude::*;

use serde::{Deserialize, Serialize};

use crate::config::{DataConfig, Mean, Source};
use crate::data::{Rows, pixels};
use crate::denoiser::{CommutingDenoiser, Copying, PointDenoiser, clean_vectors};
use crate::diffusion::{NoiseLevel, Schedule};
use crate::gaussian::{Gaussian, Moments, Spectrum};
use crate::random::{Purpose, fill_normal, stream};
use crate::report::{Axis, Chart, Dash, Hue, KeyOf};
use crate::reproduce::draw::between;
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::lab::{Lab, check};
use crate::reproduce::pixel_rows::PixelRows;
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::reproduce::seeds::seed;
use crate::reproduce::sources::sources;
use crate::run::RunError;
use crate::text::statistics::{FAMILY_WISE, Interval, mean_and_error};
use crate::theory::{Ensemble, TheoryError, copying_scale};

/// Noise levels, as shares of the copying scale.
const SHARES: [f64; 7] = [0.25, 0.5, 0.75, 1.0, 1.5, 2.0, 3.0];
/// The dimension of drawn rows, also of the quick set: it is that of the digits.
const DIM: usize = 64;
/// Numbers of training rows.
const SAMPLES: [usize; 7] = [50, 100, 200, 400, 800, 1600, 3200];
const QUICK_SAMPLES: [usize; 2] = [50, 800];
/// The number of training sets, and of test rows of each.
const REPEATS: usize = 24;
const QUICK_REPEATS: usize = 12;
const TESTS: usize = 300;
/// Where the mean largest weight is at the copying scale.
const BAND: (f64, f64) = (0.35, 0.6);

pub(super) struct CopyingScale;

/// Where training and test rows are taken from.
enum Origins {
    Drawn(Spectrum),
    Read(PixelRows),
}

/// Rows of one kind.
pub(super) struct Part {
    name: String,
    origin: Origins,
    spectrum: Spectrum,
}

/// What was seen with one number of training rows.
#[derive(Serialize, Deserialize)]
pub(super) struct Curve {
    samples: usize,
    scale: f64,
    /// Mean largest weights at the copying scale, by training set; at that of `N^2` rows, and at twice the noise.
    right: Vec<f64>,
    of_square: Vec<f64>,
    of_twice: Vec<f64>,
}

/// The mean over test rows at one noise level. Losses are of `x_0`, per component.
#[derive(Debug, Clone, Copy)]
struct Seen {
    largest_weight: f64,
    /// Excess of the copying denoiser over Wiener's filter.
    excess: f64,
    /// That of the linear optimum on the same rows.
    linear_excess: f64,
}

type OfSeen = fn(&Seen) -> f64;

impl Figure for CopyingScale {
    const NAME: &'static str = "copying";
    const CLAIM: &'static str = "Past the paper: a network without limits copies one of its N rows below the noise at which a noised \
                                 row tells log N nats of itself; so to generate without copying it needs exponentially many rows, \
                                 where a linear network needs a few times d.";
    const CHARTS: &'static [&'static str] = &["", "-excess"];
    type Part = Part;
    type Found = Vec<Curve>;

    fn plan(lab: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let spectrum = Spectrum::power_law(DIM, 1.0).map_err(TheoryError::from)?;
        let mut parts = vec![Part {
            name: "power law".to_owned(),
            origin: Origins::Drawn(spectrum.clone()),
            spectrum,
        }];
        for (name, real) in sources(lab.data) {
            let rows = PixelRows::of(real)?;
            let variances = rows.law.variances().iter().map(|v| v.max(0.0)).collect();
            parts.push(Part {
                name,
                spectrum: Spectrum::from_eigenvalues(variances).map_err(TheoryError::from)?,
                origin: Origins::Read(rows),
            });
        }
        Ok(parts)
    }

    fn label(part: &Part) -> String {
        part.name.clone()
    }

    fn measure(
        lab: &Lab<'_>,
        part: &Part,
        points: &mut MeasuredPoints,
    ) -> Result<Vec<Curve>, RunError> {
        let samples: &[usize] = if lab.quick { &QUICK_SAMPLES } else { &SAMPLES };
        let enough = |samples: &&usize| part.has(**samples);
        let curves = samples.iter().filter(enough);
        curves
            .map(|&samples| curve(lab, part, samples, points))
            .collect()
    }

    fn judge(parts: &[(Part, Vec<Curve>)], points: &MeasuredPoints) -> Judgement {
        let curves: usize = parts.iter().map(|(_, curves)| curves.len()).sum();
        let probability = FAMILY_WISE / curves as f64;
        let of = |values: &[f64]| Interval::of_mean(values, probability);
        let (low, high) = BAND;
        let tests = parts.iter().flat_map(|(part, curves)| {
            let all = |is: &dyn Fn(&Curve) -> bool| curves.iter().all(is);
            let in_band = all(&|curve| of(&curve.right).is_between(low, high));
            let rejects =
                all(&|curve| of(&curve.of_square).low > high && of(&curve.of_twice).high < low);
            [
                (
                    "at the copying scale the mean largest weight is between 0.35 and 0.6",
                    in_band,
                ),
                (
                    "wrong scales are seen: at that of N^2 rows it is above, at twice the noise below",
                    rejects,
                ),
            ]
            .map(|(text, passed)| Test::new(format!("{}: {text}", part.name), passed))
        });
        let texts = parts
            .iter()
            .map(|(part, curves)| told(part, curves, points));
        Judgement {
            measured: format!(
                "The mean largest weight on new rows at the copying scale sigma_c, {}.",
                texts.collect::<Vec<_>>().join("; ")
            ),
            tests: tests.collect(),
        }
    }

    fn draw(parts: &[(Part, Vec<Curve>)], points: &MeasuredPoints) -> Vec<Chart> {
        let against_noise = |title: &str, y_label: &str| {
            let x = Axis::log("sigma over the copying scale");
            Chart::new(title, x, Axis::linear(y_label))
                .key(KeyOf::Bars, "mean over training sets, ± 1 standard error")
                .marked(Some((1.0, "the copying scale".to_owned())))
        };
        let mut weights = against_noise(
            "How much of a clean vector is one training row",
            "mean largest weight on new rows",
        );
        let mut excess = against_noise(
            "Excess over Wiener's filter",
            "loss of x_0 per component over that of Wiener's filter",
        )
        .key(KeyOf::Line(Dash::Solid), "theory of the linear network");
        let mut places = 0;
        for (place, (part, curves)) in parts.iter().enumerate() {
            for curve in curves {
                let name = part.series(curve.samples);
                let series = format!("largest weight, {name}");
                let drawn = points.draw(&series, &name, Hue::nth(places), Dash::Solid);
                weights = weights.with(match place {
                    0 => drawn,
                    _ => drawn.hollow(),
                });
                places += 1;
            }
            if let Some(curve) = curves.last() {
                let name = part.series(curve.samples);
                let copying = format!("excess of copying, {name}");
                let linear = format!("excess of the linear network, {name}");
                let hue = Hue::nth(2 * place);
                let drawn = points.draw(&copying, &format!("copying, {name}"), hue, Dash::Solid);
                excess = excess.with(drawn);
                let hue = Hue::nth(2 * place + 1);
                let own = points.draw(&linear, &format!("linear, {name}"), hue, Dash::Solid);
                excess = excess.with(own);
            }
        }
        vec![weights, excess]
    }
}

impl Part {
    /// Whether there are so many training rows, and test rows beside them.
    fn has(&self, samples: usize) -> bool {
        match &self.origin {
            Origins::Drawn(_) => true,
            Origins::Read(read) => samples + TESTS <= read.rows.count(),
        }
    }

    /// Training and test rows of a seed, and the law that they are of.
    fn rows(&self, samples: usize, seed: u64) -> Result<([Rows; 2], Gaussian), RunError> {
        match &self.origin {
            Origins::Read(read) => {
                let [train, rest] = read.split(samples, seed);
                let tests: Vec<usize> = (0..TESTS).collect();
                Ok(([train, rest.select(&tests)], read.law.clone()))
            }
            Origins::Drawn(spectrum) => {
                let source = Source::power_law(spectrum.dim(), 1.0);
                let drawn = pixels(&DataConfig::new(source, samples), 1, seed)?;
                let tests = drawn.test(0, TESTS).expect("draws are as many as wanted");
                let truth = drawn.laws.truth.clone().expect("what is drawn from");
                Ok(([drawn.train(0), tests], truth))
            }
        }
    }

    fn series(&self, samples: usize) -> String {
        format!("{}, N = {samples}", self.name)
    }
}

fn level(sigma: f64) -> NoiseLevel {
    NoiseLevel::from_alpha_bar(1.0 / (1.0 + sigma * sigma)).expect("a noise level above 0")
}

/// Measures one number of training rows.
fn curve(
    lab: &Lab<'_>,
    part: &Part,
    samples: usize,
    points: &mut MeasuredPoints,
) -> Result<Curve, RunError> {
    let rows = samples as f64;
    let scale = copying_scale(&part.spectrum, rows)?;
    let mut sigmas = SHARES.map(|share| share * scale).to_vec();
    sigmas.push(copying_scale(&part.spectrum, rows * rows)?);
    let repeats = if lab.quick { QUICK_REPEATS } else { REPEATS };
    let case = format!("copying: {}", part.series(samples));
    let interrupt = lab.interrupt;
    let sets = (0..repeats).into_par_iter().map(|repeat| {
        check(interrupt)?;
        let seed = seed(&case, repeat);
        let ([train, tests], law) = part.rows(samples, seed)?;
        seen(&train, tests.as_matrix(), &law, &sigmas, seed)
    });
    let sets: Vec<Vec<Seen>> = sets.collect::<Result<_, RunError>>()?;
    let by_set =
        |k: usize, of: OfSeen| -> Vec<f64> { sets.iter().map(|seen| of(&seen[k])).collect() };
    let kinds: [(&str, OfSeen); 3] = [
        ("largest weight", |seen| seen.largest_weight),
        ("excess of copying", |seen| seen.excess),
        ("excess of the linear network", |seen| seen.linear_excess),
    ];
    for (what, of) in kinds {
        let series = format!("{what}, {}", part.series(samples));
        for (k, share) in SHARES.into_iter().enumerate() {
            points.add(&series, share, Origin::ClosedForm, &by_set(k, of), None);
        }
    }
    let ensemble = Ensemble::new(&part.spectrum, samples, Mean::Fitted)?;
    let predicted = |share: f64| -> Result<f64, RunError> {
        let sigma = share * scale;
        let loss = ensemble
            .expected_losses(&level(sigma), 0.0)?
            .losses
            .test_loss;
        let oracle = part.spectrum.oracle_loss(&level(sigma));
        Ok((loss - oracle) * sigma * sigma)
    };
    let linear = format!("excess of the linear network, {}", part.series(samples));
    for share in between(0.99 * SHARES[0], 1.01 * SHARES[SHARES.len() - 1], 60) {
        points.add_theory(&linear, share, predicted(share)?);
    }
    let largest = |k: usize| by_set(k, |seen| seen.largest_weight);
    let at_share = |wanted: f64| {
        let place = SHARES.iter().position(|share| *share == wanted);
        largest(place.expect("a share that is measured"))
    };
    Ok(Curve {
        samples,
        scale,
        right: at_share(1.0),
        of_square: largest(SHARES.len()),
        of_twice: at_share(2.0),
    })
}

/// Measures a training set at each noise level, with the same noise for all denoisers.
fn seen(
    train: &Rows,
    tests: MatRef<'_, f64>,
    truth: &Gaussian,
    sigmas: &[f64],
    seed: u64,
) -> Result<Vec<Seen>, RunError> {
    let law = Moments::of(train).law()?;
    let (count, dim) = tests.shape();
    let mut values = vec![0.0; count * dim];
    fill_normal(&mut stream(seed, Purpose::FrozenNoise, 0), &mut values);
    let noise = MatRef::from_row_major_slice(&values, count, dim);
    let at = |sigma: &f64| {
        let level = level(*sigma);
        let schedule = Schedule::from_alpha_bar(&[level.alpha_bar()]).expect("one level");
        let points: Mat<f64> =
            Scale(level.signal_scale()) * tests + Scale(level.noise_scale()) * noise;
        let loss = |clean: &Mat<f64>| (clean - tests).squared_norm_l2() / (count * dim) as f64;
        let linear = |law: &Gaussian| {
            let optimum = CommutingDenoiser::optimum(law, &schedule, |_| 0.0);
            let noise = optimum.predicted_noise(points.as_ref(), 0);
            loss(&clean_vectors(points.as_ref(), noise.as_ref(), &level))
        };
        let copied = Copying::new(train.as_matrix(), &schedule).copy(points.as_ref(), &level);
        let wiener = linear(truth);
        Seen {
            largest_weight: copied.largest_weight.iter().sum::<f64>() / count as f64,
            excess: loss(&copied.clean) - wiener,
            linear_excess: linear(&law) - wiener,
        }
    };
    Ok(sigmas.iter().map(at).collect())
}

/// The largest weights of a source at the copying scale in words, and the excesses there with most rows.
fn told(part: &Part, curves: &[Curve], points: &MeasuredPoints) -> String {
    let weight = |curve: &Curve| {
        let mean = mean_and_error(&curve.right).0.unwrap_or(f64::NAN);
        let (samples, scale) = (curve.samples, curve.scale);
        format!("{mean:.2} for N = {samples} (sigma_c = {scale:.2})")
    };
    let weights: Vec<String> = curves.iter().map(weight).collect();
    let Some(last) = curves.last() else {
        return format!("{}: too few rows", part.name);
    };
    let at_scale = |what: &str| {
        let means = points.means(&format!("{what}, {}", part.series(last.samples)));
        let found = means.iter().find(|point| point.0 == 1.0);
        found.map_or(f64::NAN, |point| point.1)
    };
    format!(
        "{}: {}; there the loss of {} copied rows is that of Wiener's filter {:+.3}, of the linear network {:+.4}",
        part.name,
        weights.join(", "),
        last.samples,
        at_scale("excess of copying"),
        at_scale("excess of the linear network"),
    )
}
