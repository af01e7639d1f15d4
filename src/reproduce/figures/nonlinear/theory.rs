//! What linear theory says beside the networks.

use crate::gaussian::Spectrum;
use crate::reproduce::points::{MeasuredPoints, Origin};
use crate::run::RunError;
use crate::theory::{Ensemble, Mean, TheoryError};

use super::charts::{AFFINE, OVERLAP, SHRINKAGE, along, series_of_theory};
use super::plan::Networks;
use super::results::{GROUPS, LEADING};
use super::sets::Split;
use super::training::at_sigmas;

/// Adds the predictions for the linear networks at sigma = 1.
///
/// The excess is measured against the Wiener filter of the M test rows, which has an error of its own. To leading order
/// both errors add up, also where the test rows are all rows that are not trained on: the excess is that of
/// `1/(1/N + 1/M)` rows.
pub(super) fn add(plan: &Networks, points: &mut MeasuredPoints) -> Result<(), RunError> {
    let level = at_sigmas(&[1.0])?.step(0).level();
    let noise = level.noise_to_signal();
    for &samples in &plan.samples {
        let split = Split::new(plan.data, &[samples], 1, 0)?;
        let variances = split.truth.variances();
        let variances = variances.into_iter().map(|v| v.max(0.0)).collect();
        let spectrum = Spectrum::from_eigenvalues(variances).map_err(TheoryError::from)?;
        let tested = split.sets[0].test.count() as f64;
        let together = 1.0 / (1.0 / samples as f64 + 1.0 / tested);
        let losses = Ensemble::at(&spectrum, together, Mean::Fitted)?;
        let losses = losses.losses_by_direction(&level, 0.0)?;
        let mut add = |quantity: &str, value: f64| {
            let series = series_of_theory(plan.data, quantity);
            points.add(series, samples as f64, Origin::Theory, &[value], None);
        };
        // Losses of the noise; the ratio is the same.
        let oracle = |k: usize| {
            let lambda = spectrum.eigenvalues()[k];
            lambda / (lambda + noise)
        };
        for (ranks, name) in &GROUPS {
            let least: f64 = ranks.clone().map(oracle).sum();
            let loss: f64 = losses[ranks.clone()].iter().sum();
            add(&along(AFFINE, name), loss / least - 1.0);
        }
        let ensemble = Ensemble::new(&spectrum, samples, Mean::Fitted)?;
        let kappa = ensemble.effective_ridge(noise)?.kappa;
        let leading = spectrum.eigenvalues()[..LEADING].iter();
        let shrinkage: f64 = leading.map(|l| 1.0 - (l + noise) / (l + kappa)).sum();
        add(SHRINKAGE, shrinkage / LEADING as f64);
        add(OVERLAP, ensemble.overlap()?);
    }
    Ok(())
}
