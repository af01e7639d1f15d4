//! Real rows: the loss of rows that were not drawn beside leave-one-out, and the divergence beside the kurtosis.

use super::optimum::{
    Found, HALF, MANY, Optimum, REPEATS, each, last_mean, noise_levels, optimum_losses, scaled,
};
use crate::config::{Draw, RealData, Samples};
use crate::data::Rows;
use crate::diffusion::NoiseLevel;
use crate::gaussian::{self, Gaussian};
use crate::reproduce::case::Case;
use crate::reproduce::group::{Group, Regime};
use crate::reproduce::lab::{Lab, samples};
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::reproduce::study::ideal_kl;
use crate::run::{RunError, RunTheory, Setup};
use crate::text::statistics::mean_and_error;
use crate::theory::LeaveOneOut;

/// The number of those of few real rows, whose losses vary much.
const FEW_REPEATS: usize = 150;
/// N/d of real rows whose loss is compared.
const FEW: f64 = 0.5;
/// The margin for real rows.
const REAL_MARGIN: f64 = 0.05;

pub(super) fn measure_real(
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
