//! Rows drawn with weights, beside the theory of weighted rows; Gaussian rows are the control.

use rayon::prelude::*;

use super::optimum::{
    Found, HALF, MANY, Optimum, REPEATS, each, last_mean, noise_levels, optimum_losses, scaled,
};
use crate::config::{Mean, RowWeights};
use crate::data::row_weights;
use crate::gaussian::{self, KlPair, Spectrum};
use crate::reproduce::case::Case;
use crate::reproduce::draw::samples_between;
use crate::reproduce::group::{Group, Regime};
use crate::reproduce::lab::{Lab, samples};
use crate::reproduce::loss_pair::LossPair;
use crate::reproduce::points::{LossesAgainst, MeasuredPoints, Origin};
use crate::reproduce::study::swapped;
use crate::run::RunError;
use crate::theory::{Ensemble, TheoryError};

/// The dimension of drawn rows, also of the quick set: theory with weights has no term of order 1/d.
const DIM: usize = 200;
/// N/d of drawn rows.
pub(super) const RATIOS: [f64; 5] = [0.25, 0.5, 2.0, 4.0, 8.0];
/// What is wrong with the control of divergences.
const GAUSSIAN: &str = "Gaussian rows";

/// A direction of the divergence.
type OfPair = fn(&KlPair) -> f64;

pub(super) fn measure_drawn(
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
