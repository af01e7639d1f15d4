//! `rows`: losses and divergences of rows that are not Gaussian, drawn and real. Past the paper
//! ([`equations`](crate::equations) section 9).

use rayon::prelude::*;

use crate::config::{Draw, Mean, RealData, RowWeights, Samples};
use crate::data::{Rows, row_weights};
use crate::denoiser::{CommutingDenoiser, mean};
use crate::diffusion::NoiseLevel;
use crate::gaussian::{self, Gaussian, KlPair, Spectrum};
use crate::report::{Axis, Chart, Dash, Hue, KeyOf, Quantity};
use crate::reproduce::case::Case;
use crate::reproduce::draw::{samples_between, theory_and_means};
use crate::reproduce::figure::Figure;
use crate::reproduce::finding::{Judgement, Test};
use crate::reproduce::group::{Group, Regime};
use crate::reproduce::lab::{Lab, check, samples};
use crate::reproduce::loss_pair::LossPair;
use crate::reproduce::points::{LossesAgainst, MeasuredPoints, Origin};
use crate::reproduce::sources::sources;
use crate::reproduce::study::{ideal_kl, swapped};
use crate::run::{RunError, RunTheory, Setup};
use crate::text::statistics::mean_and_error;
use crate::theory::{Ensemble, LeaveOneOut, PredictedLosses, Query, TheoryError};

/// The laws of the weights of drawn rows.
const LAWS: [(&str, RowWeights); 3] = [
    ("two-point", RowWeights::TwoPoint { higher: 2.0 }),
    ("log-normal", RowWeights::LogNormal { deviation: 0.6 }),
    ("student", RowWeights::Student { degrees: 10.0 }),
];
/// The dimension of drawn rows, also of the quick set: theory with weights has no term of order 1/d.
const DIM: usize = 200;
/// The number of training sets.
const REPEATS: usize = 24;
/// The number of those of few real rows, whose losses vary much.
const FEW_REPEATS: usize = 150;
/// N/d of drawn rows.
const RATIOS: [f64; 5] = [0.25, 0.5, 2.0, 4.0, 8.0];
/// N/d of real rows whose loss is compared.
const FEW: f64 = 0.5;
/// N/d at which divergences are told.
const MANY: f64 = 8.0;
/// The margin for real rows.
const REAL_MARGIN: f64 = 0.05;
/// Directions of real rows with less than this times the mean variance are dropped.
const LEAST: f64 = 0.01;
/// What is wrong with the control.
const GAUSSIAN: &str = "Gaussian rows";
const HALF: &str = "half as many samples";

pub(super) struct NotGaussian;

/// A direction of the divergence.
type OfPair = fn(&KlPair) -> f64;

/// Rows of one kind.
pub(super) enum Part {
    Drawn { name: &'static str, law: RowWeights },
    Real { name: String, rows: RealData },
}

/// The divergence of the ideal sampler at N = 8d.
pub(super) struct Found {
    /// `4N/d KL(sampled||true)`, a mean over training sets.
    coefficient: f64,
    /// `E w^2`, its limit for many samples. Of real rows w is `x'Sigma^-1 x/d`, so that this is Mardia's kurtosis.
    mean_square: f64,
}

impl Figure for NotGaussian {
    const NAME: &'static str = "rows";
    const CLAIM: &'static str = "Past the paper: rows that are not Gaussian follow the theory of elliptical rows where the Gaussian \
                                 one fails; d/(4N) becomes E w^2 d/(4N), so that the approach to the truth does depend on the \
                                 tails of the data.";
    const CHARTS: &'static [&'static str] = &["", "-kl"];
    type Part = Part;
    type Found = Found;

    fn plan(lab: &Lab<'_>) -> Result<Vec<Part>, RunError> {
        let drawn = LAWS.map(|(name, law)| Part::Drawn { name, law });
        let real = sources(lab.data).into_iter().map(|(name, rows)| {
            let rows = rows.min_variance(LEAST);
            Part::Real { name, rows }
        });
        Ok(drawn.into_iter().chain(real).collect())
    }

    fn label(part: &Part) -> String {
        match part {
            Part::Drawn { name, .. } => format!("{name} weights"),
            Part::Real { name, .. } => format!("{name}, real rows"),
        }
    }

    fn measure(lab: &Lab<'_>, part: &Part, points: &mut MeasuredPoints) -> Result<Found, RunError> {
        match part {
            Part::Drawn { law, .. } => measure_drawn(lab, &Self::label(part), *law, points),
            Part::Real { rows, .. } => measure_real(lab, &Self::label(part), rows, points),
        }
    }

    fn judge(parts: &[(Part, Found)], _: &MeasuredPoints) -> Judgement {
        let texts = parts.iter().map(|(part, found)| {
            let Found {
                coefficient,
                mean_square,
            } = found;
            let label = Self::label(part);
            format!("{label}: {coefficient:.3}, E w^2 = {mean_square:.3}")
        });
        // Half of the way from Gaussian rows to the limit, and more.
        let is_at_limit = |(part, found): &(Part, Found)| match part {
            Part::Drawn { .. } => found.coefficient > (1.0 + found.mean_square) / 2.0,
            Part::Real { .. } => true,
        };
        Judgement {
            measured: format!(
                "At N = 8d, 4N/d KL(sampled||true) of the ideal sampler, whose limit for many samples is E w^2, and 1 for \
                 Gaussian rows: {}. Of P real rows N were drawn without replacement, which lowers it by about N/P.",
                texts.collect::<Vec<_>>().join("; "),
            ),
            tests: vec![Test::new(
                "of drawn rows the coefficient is nearer to E w^2 than to 1",
                parts.iter().all(is_at_limit),
            )],
        }
    }

    fn draw(parts: &[(Part, Found)], points: &MeasuredPoints) -> Vec<Chart> {
        let mut losses = theory_and_means(
            "Losses of rows with weights, k = 1",
            Axis::log("N/d"),
            Axis::log("loss per component"),
        );
        let many = |ratio: &f64| *ratio > 1.0;
        let limit = |value: f64| {
            let ratios = RATIOS.into_iter().filter(many);
            ratios.map(move |ratio| (ratio, value))
        };
        let mut divergences = theory_and_means(
            "4N/d KL(sampled||true) of rows that are not Gaussian",
            Axis::log("N/d"),
            Axis::log("4N/d KL(sampled||true)"),
        )
        .key(
            KeyOf::Line(Dash::Dotted),
            "E w^2, the limit of many samples",
        )
        .with(Quantity::new("Gaussian rows", Hue::Ink).line_as(Dash::Dotted, limit(1.0)));
        for (index, (part, found)) in parts.iter().enumerate() {
            let (label, hue) = (Self::label(part), Hue::nth(index));
            if let Part::Drawn { .. } = part {
                for (what, dash) in [("train", Dash::Dashed), ("test", Dash::Solid)] {
                    let name = format!("{what}, {label}");
                    losses = losses.with(points.draw(&name, &name, hue, dash));
                }
            }
            let drawn = points.draw(&scaled(&label), &label, hue, Dash::Solid);
            let drawn = drawn.line_as(Dash::Dotted, limit(found.mean_square));
            divergences = divergences.with(drawn);
        }
        vec![losses, divergences]
    }
}

/// The series of the divergence times 4N/d.
fn scaled(label: &str) -> String {
    format!("4N/d KL(sampled||true), {label}")
}

/// A training set, with the optimum on it.
struct Optimum {
    losses: LossPair,
    kl: KlPair,
}

impl Optimum {
    fn of(setup: &Setup) -> Result<Self, RunError> {
        let law = setup.laws().train.law()?;
        let denoiser = CommutingDenoiser::optimum(&law, setup.schedule(), |_| 0.0);
        let (train, test) = setup.evaluator().losses(&denoiser);
        Ok(Self {
            losses: LossPair {
                train_loss: mean(&train),
                test_loss: mean(&test.expect("a truth or rows to test on")),
            },
            kl: ideal_kl(setup)?,
        })
    }
}

/// A measurement of the training set of every repeat.
fn each<T: Send>(
    lab: &Lab<'_>,
    case: &Case,
    repeats: usize,
    measure: impl Fn(&Setup) -> Result<T, RunError> + Sync,
) -> Result<Vec<T>, RunError> {
    let interrupt = lab.interrupt;
    let set = |repeat| {
        check(interrupt)?;
        measure(&case.untrained(repeat)?)
    };
    (0..repeats).into_par_iter().map(set).collect()
}

fn noise_levels(setup: &Setup) -> Vec<NoiseLevel> {
    setup.schedule().iter().map(|step| step.level()).collect()
}

/// The predicted losses of the optimum without a ridge, averaged over noise levels.
fn optimum_losses(
    ensemble: &Ensemble<'_>,
    levels: &[NoiseLevel],
) -> Result<PredictedLosses, TheoryError> {
    Ok(ensemble.query_losses(&Query::new(levels))?.losses)
}

fn measure_drawn(
    lab: &Lab<'_>,
    label: &str,
    law: RowWeights,
    points: &mut MeasuredPoints,
) -> Result<Found, RunError> {
    let dim = DIM;
    let spectrum = Spectrum::power_law(dim, 1.0).map_err(TheoryError::from)?;
    let weights = row_weights(law)?.expect("rows that are not Gaussian");
    let mut coefficient = f64::NAN;
    for ratio in RATIOS {
        let regime = Regime::of(ratio);
        let case = Case::power_law(dim, &format!("rows, {label}"), 1.0, ratio);
        let case = case.with_row_weights(law);
        let sets = each(lab, &case, REPEATS, Optimum::of)?;
        let levels = noise_levels(&case.untrained(0)?);
        let gaussian = Ensemble::new(&spectrum, samples(dim, ratio), Mean::Fitted)?;
        let elliptical = gaussian.with_row_weights(&weights);
        let predicted = optimum_losses(&elliptical, &levels)?;
        let (control_is, control) = if regime == Regime::Many {
            ("no gap: the other loss", swapped(predicted))
        } else {
            // Without a ridge test losses of few rows hardly depend on the weights.
            let half = Ensemble::new(&spectrum, samples(dim, ratio / 2.0), Mean::Fitted)?;
            (
                HALF,
                optimum_losses(&half.with_row_weights(&weights), &levels)?,
            )
        };
        let against = LossesAgainst {
            regime,
            predicted,
            control,
            control_is,
        };
        let losses: Vec<LossPair> = sets.iter().map(|set| set.losses).collect();
        let series = |what: &str| format!("{what}, {label}");
        points.add_losses(series, ratio, &losses, &against);
        if ratio <= 1.0 {
            continue;
        }
        let times = 4.0 * ratio;
        let [predicted, control] =
            [elliptical, gaussian].map(|ensemble| ensemble.expected_divergences(0.0));
        let (predicted, control) = (predicted?.kl, control?.kl);
        let directions: [(&str, OfPair); 2] = [
            ("KL(true||sampled)", |kl| kl.true_sampled.value()),
            ("KL(sampled||true)", |kl| kl.sampled_true.value()),
        ];
        for (name, of) in directions {
            let values: Vec<f64> = sets.iter().map(|set| times * of(&set.kl)).collect();
            let group = Group::new(name, regime, GAUSSIAN);
            let against = group.at(times * of(&predicted), times * of(&control));
            let series = format!("4N/d {name}, {label}");
            points.add(series, ratio, Origin::ClosedForm, &values, against);
        }
        if ratio == MANY {
            coefficient = last_mean(points, label);
        }
    }
    add_lines(&spectrum, &weights, label, points)?;
    Ok(Found {
        coefficient,
        mean_square: weights.mean_square(),
    })
}

/// Adds theory between the measured numbers of samples.
fn add_lines(
    spectrum: &Spectrum,
    weights: &gaussian::RowWeights,
    label: &str,
    points: &mut MeasuredPoints,
) -> Result<(), RunError> {
    let levels = noise_levels(&Case::power_law(DIM, "rows", 1.0, 1.0).untrained(0)?);
    let fine = samples_between(DIM, &RATIOS, 5).into_par_iter();
    let fine = fine.map(|samples| {
        let ensemble = Ensemble::new(spectrum, samples, Mean::Fitted)?;
        let ensemble = ensemble.with_row_weights(weights);
        let kl = match samples > 2 * DIM {
            true => Some(ensemble.expected_divergences(0.0)?.kl),
            false => None,
        };
        Ok((samples, optimum_losses(&ensemble, &levels)?, kl))
    });
    for (samples, losses, kl) in fine.collect::<Result<Vec<_>, RunError>>()? {
        let ratio = samples as f64 / DIM as f64;
        points.add_theory_of_losses(|what| format!("{what}, {label}"), ratio, &losses);
        if let Some(kl) = kl {
            points.add_theory(scaled(label), ratio, 4.0 * ratio * kl.sampled_true.value());
        }
    }
    Ok(())
}

/// The last mean of `4N/d KL(sampled||true)`.
fn last_mean(points: &MeasuredPoints, label: &str) -> f64 {
    let means = points.means(&scaled(label));
    means.last().map_or(f64::NAN, |point| point.1)
}

fn measure_real(
    lab: &Lab<'_>,
    label: &str,
    rows: &RealData,
    points: &mut MeasuredPoints,
) -> Result<Found, RunError> {
    let case = |samples: Samples| {
        let name = format!("rows, {label}, {samples:?}");
        Case::new(name, rows.clone(), samples).with_draw(Draw::Rows)
    };
    let all = case(Samples::All).untrained(0)?;
    let truth = all.laws().train.law()?;
    let all_rows = all
        .dataset()
        .train_rows
        .rows()
        .expect("rows that were read");
    let weights = mahalanobis_weights(&all_rows, &truth)?;
    let dim = truth.dim();

    // Leave-one-out of N + 1 rows tells the loss of N.
    let count = samples(dim, FEW);
    let held_out = each(lab, &case(Samples::Count(count)), FEW_REPEATS, HeldOut::of)?;
    let left_out = each(
        lab,
        &case(Samples::Count(count + 1)),
        FEW_REPEATS,
        left_out_loss,
    )?;
    let over = |of: fn(&HeldOut) -> f64| -> Vec<f64> {
        let pairs = held_out.iter().zip(&left_out);
        pairs.map(|(set, left_out)| of(set) / left_out).collect()
    };
    let (half, _) = mean_and_error(&over(|set| set.half));
    let group = Group::new(
        "loss of other rows over leave-one-out",
        Regime::of(FEW),
        HALF,
    );
    let against = group
        .with_margin(REAL_MARGIN)
        .at(1.0, half.unwrap_or(f64::NAN));
    let series = format!("loss over leave-one-out, {label}");
    points.add(
        series,
        FEW,
        Origin::ClosedForm,
        &over(|set| set.measured),
        against,
    );

    let count = samples(dim, MANY);
    let sets = each(lab, &case(Samples::Count(count)), REPEATS, ideal_kl)?;
    let times = 4.0 * count as f64 / dim as f64;
    let values = sets.iter().map(|kl| times * kl.sampled_true.value());
    let values: Vec<f64> = values.collect();
    // The kurtosis tells the first order alone, too little at N = 8d.
    points.add(scaled(label), MANY, Origin::ClosedForm, &values, None);
    Ok(Found {
        coefficient: last_mean(points, label),
        mean_square: weights.mean_square(),
    })
}

/// The weights `x'Sigma^-1 x/d` of centred rows, as if they were elliptical.
fn mahalanobis_weights(rows: &Rows, law: &Gaussian) -> Result<gaussian::RowWeights, RunError> {
    let (basis, dim) = (law.basis(), law.dim());
    let weight = |i: usize| {
        let centred = faer::Col::from_fn(dim, |j| rows.row(i)[j] - law.mean()[j]);
        let turned = basis.transpose() * centred;
        let squares = (0..dim).map(|k| turned[k].powi(2) / law.variance(k));
        squares.sum::<f64>() / dim as f64
    };
    let weights: Vec<f64> = (0..rows.count()).map(weight).collect();
    let law = gaussian::RowWeights::from_values(&weights);
    law.map_err(|wrong| RunError::Invalid(wrong.to_string()))
}

/// The loss of the optimum on real rows.
struct HeldOut {
    /// On the rows that were not drawn.
    measured: f64,
    /// The control: as half as many Gaussian rows of the same covariance would have it.
    half: f64,
}

impl HeldOut {
    fn of(setup: &Setup) -> Result<Self, RunError> {
        let theory = RunTheory::of(setup, false)?.expect("data with a known truth");
        let fewer = theory.with_samples(setup.laws().train.count / 2);
        let half = optimum_losses(&fewer.ensemble()?, &noise_levels(setup))?;
        Ok(Self {
            measured: Optimum::of(setup)?.losses.test_loss,
            half: half.test_loss,
        })
    }
}

/// The mean loss on each row of the optimum on the others.
fn left_out_loss(setup: &Setup) -> Result<f64, RunError> {
    let rows = setup
        .dataset()
        .train_rows
        .rows()
        .expect("rows that were read");
    let steps: Vec<(NoiseLevel, f64)> = noise_levels(setup)
        .into_iter()
        .map(|level| (level, 0.0))
        .collect();
    Ok(LeaveOneOut::new(rows.as_matrix())?.losses(&steps).mean())
}
